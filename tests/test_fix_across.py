"""A value read in one function and stored by another: the handler is repaired, and the functions it calls stay as they are."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from lint_rmw.finding import Safety
from lint_rmw.lint import apply_fixes
from lint_rmw.source import Source
from tests.oracle import judge_fix
from tests.test_fix_refusals import fix_of
from tests.test_fixes import code, proved, repaired

PERSIST = """
def _persist(path, key, value):
    def put(store):
        store[key] = value

    update_session_store(path, put)


"""
READ = """
def _read(path, key):
    found = load_session_store(path).get(key)
    return dict(found) if found else None


"""


def beside(helper: str, text: str) -> str:
    """A handler behind what it calls."""
    return helper + dedent(text).lstrip("\n")


def proved_beside(helper: str, text: str, expected: str) -> None:
    proved(beside(helper, text), beside(helper, expected))


def test_a_wrapper_of_a_wrapper_is_written_out_where_the_value_is_made() -> None:
    proved_beside(
        f"""{PERSIST}
def _save(path, key, value):
    _persist(path, key, value)


""",
        """
        def handle(path, session_key, request):
            row = load_session_store(path).get(session_key)
            if row is None:
                return None
            new_value = dict(row, note=request.note)
            _save(path, session_key, new_value)
        """,
        """
        def handle(path, session_key, request):
            row = load_session_store(path).get(session_key)
            if row is None:
                return None

            def put(store):
                fresh_row = store.get(session_key)
                if fresh_row is None:
                    return None
                new_value = dict(fresh_row, note=request.note)
                store[session_key] = new_value

            update_session_store(path, put)
        """,
    )


def test_a_block_in_the_wrapper_keeps_its_comments_and_that_of_the_call() -> None:
    proved_beside(
        """
def _persist(path, key, value):
    # One at a time.
    with locked_session_store(path) as store:
        store[key] = value  # whole


""",
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            _persist(path, value={**entry, "label": request.label}, key=key)  # renamed
        """,
        """
        def handle(path, key, request):
            # One at a time.
            with locked_session_store(path) as store:
                fresh_entry = store[key]
                # renamed
                value = {**fresh_entry, "label": request.label}
                store[key] = value  # whole
        """,
    )


def test_what_the_wrapper_answers_is_answered() -> None:
    proved_beside(
        """
async def _persist(path, key, value):
    \"\"\"Stores a value.\"\"\"

    def put(store):
        store[key] = value
        return value["label"]

    return await update_session_store_async(path, put)


""",
        """
        async def handle(path, key, request):
            entry = load_session_store(path)[key]
            stored = await _persist(path, key, {**entry, "label": request.label})
            return f"stored {stored}"
        """,
        """
        async def handle(path, key, request):
            def put(store):
                fresh_entry = store[key]
                value = {**fresh_entry, "label": request.label}
                store[key] = value
                return value["label"]

            stored = await update_session_store_async(path, put)
            return f"stored {stored}"
        """,
    )


def test_names_of_the_wrapper_that_are_taken_get_others() -> None:
    proved_beside(
        PERSIST,
        """
        def handle(path, key, request):
            put = load_session_store(path)[key]
            value = put["label"]
            _persist(path, key, {**put, "note": request.note})
            return value
        """,
        """
        def handle(path, key, request):
            put = load_session_store(path)[key]
            value = put["label"]

            def put_2(store):
                fresh_put = store[key]
                new_value = {**fresh_put, "note": request.note}
                store[key] = new_value

            update_session_store(path, put_2)
            return value
        """,
    )


def test_a_default_that_is_asked_for_keeps_its_name() -> None:
    proved_beside(
        """
def _persist(path, key, value, note=None, times=1):
    def put(store):
        store[key] = value
        if note is not None:
            store[key]["note"] = note * times

    update_session_store(path, put)


""",
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            _persist(path, key, {**entry, "label": request.label})
        """,
        """
        def handle(path, key, request):
            note = None

            def put(store):
                fresh_entry = store[key]
                value = {**fresh_entry, "label": request.label}
                store[key] = value
                if note is not None:
                    store[key]["note"] = note * 1

            update_session_store(path, put)
        """,
    )


def test_a_reader_that_the_repair_leaves_alone_is_called_as_before() -> None:
    proved_beside(
        READ,
        """
        def handle(path, key, request):
            if (entry := _read(path, key)) is None:
                return None
            made = {**entry, "label": request.label}

            def put(store):
                store[key] = made

            update_session_store(path, put)
        """,
        """
        def handle(path, key, request):
            if (entry := _read(path, key)) is None:
                return None

            def put(store):
                fresh_found = store.get(key)
                entry = dict(fresh_found) if fresh_found else None
                if entry is None:
                    return None
                made = {**entry, "label": request.label}
                store[key] = made

            update_session_store(path, put)
        """,
    )


def test_reader_and_wrapper_together() -> None:
    proved_beside(
        """
def _read(path, key):
    found = load_session_store(path).get(key)
    if found is None:
        raise LookupError(key)
    return found


def _persist(path, key, value):
    update_session_store(path, lambda store: store.update({key: value}))


""",
        """
        def handle(path, key, request):
            entry = _read(path, key)
            _persist(path, key, {**entry, "count": entry["count"] + request.amount})
        """,
        """
        def handle(path, key, request):
            entry = _read(path, key)

            def mutator(store):
                fresh_entry = store.get(key)
                if fresh_entry is None:
                    raise LookupError(key)
                value = {**fresh_entry, "count": fresh_entry["count"] + request.amount}
                store.update({key: value})

            update_session_store(path, mutator)
        """,
    )


TWO_CALLERS = f"""{PERSIST}
def rename(path, key, label):
    entry = load_session_store(path)[key]
    _persist(path, key, {{**entry, "label": label}})


def handle(path, key, request):
    entry = load_session_store(path)[key]
    _persist(path, key, {{**entry, "note": request.note}})
    rename(path, key, request.label)
"""


def test_every_caller_is_repaired_that_gives_the_wrapper_a_stale_value() -> None:
    fixed = repaired(code(TWO_CALLERS))
    assert fixed.count("update_session_store(path, put)") == 3
    assert "_persist(path, key, {" not in fixed
    again = apply_fixes(Source.from_text(fixed, "handler.py"))
    assert (again.text, again.remaining) == (fixed, ())


def test_one_object_of_its_own_class_is_certain_another_is_not() -> None:
    sessions = """
class Sessions:
    def __init__(self, path):
        self.path = path

    def put(self, key, value):
        def put(store):
            store[key] = value

        update_session_store(self.path, put)


class Service:
    def __init__(self, path):
        self.sessions = Sessions(path)

    def rename(self, key, label):
        entry = load_session_store(self.sessions.path)[key]
        self.sessions.put(key, {**entry, "label": label})


"""
    fix = fix_of(beside(sessions, "def handle(path, key, label):\n    Service(path).rename(key, label)\n"))
    assert (fix.safety, fix.reasons) == (
        Safety.UNSAFE,
        ("put() may be another method than that of Sessions",),
    )
    private = sessions.replace("Sessions", "_Sessions")
    fix = fix_of(beside(private, "def handle(path, key, label):\n    Service(path).rename(key, label)\n"))
    assert (fix.safety, fix.reasons) == (Safety.SAFE, ())


def test_the_fields_that_a_wrapper_collects_are_written_out() -> None:
    helper = """def _put(path, key, value):
    update_session_store(path, lambda store: store.update({key: value}))


def _patch(path, key, value, **fields):
    value = {**value, **fields}
    update_session_store(path, lambda store: store.update({key: value}))


"""
    handler = """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            _patch(path, key, entry, count=entry["count"] + 1, note=request.note)
        """
    text = code(beside(helper, handler))
    fixed = apply_fixes(Source.from_text(text, "handler.py"), unsafe=True)
    assert 'fields = {"count": fresh_entry["count"] + 1, "note": request.note}' in fixed.text
    assert judge_fix(text, fixed.text).holds


def test_no_byte_outside_the_handler_changes() -> None:
    handler = """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            _persist(path, key, {**entry, "label": request.label})


        ODD = {  "a":1 }   # as it was
        """
    text = code(beside(PERSIST, handler)).replace("\n", "\r\n")
    fixed = repaired(text)
    assert fixed.count("\n") == fixed.count("\r\n")
    before, after = text.split("def handle"), fixed.split("def handle")
    assert before[0] == after[0]
    assert before[1][before[1].index("\r\n\r\n\r\n") :] == after[1][after[1].index("\r\n\r\n\r\n") :]
    assert judge_fix(text, fixed).holds


REFUSED = {
    "the wrapper is given what comes": (
        """
        def _persist(path, key, value):
            update_session_store(path, lambda store: store.update({key: value}))
        """,
        "given = [path, key, value]\n_persist(*given)",
        "the call of _persist() at line 24 cannot be written out there: the arguments of _persist() are spread",
    ),
    "the wrapper answers here and there": (
        """
        def _persist(path, key, value):
            if not key:
                return "no key"
            update_session_store(path, lambda store: store.update({key: value}))
            return "stored"
        """,
        "print(_persist(path, key, value))",
        "the call of _persist() at line 26 cannot be written out there: _persist() returns in more than one place",
    ),
    "the key is bound again before": (
        """
        def _persist(path, key, value):
            def put(store):
                store[key] = value

            update_session_store(path, put)
        """,
        "key, old = key.lower(), key\n_persist(path, old, value)",
        "key is bound again at line 26, before the section",
    ),
    "the parameter of the mutator is what is stored": (
        """
        def _persist(path, key, value):
            def put(value_of):
                value_of[key] = value

            update_session_store(path, put)
        """,
        "value_of = {**entry}\n_persist(path, key, value_of)\nreturn value_of",
        "a fix was made and taken back: the parameter 'value_of' of put() would be bound again",
    ),
}


@pytest.mark.parametrize(("helper", "call", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_written_out_is_said(helper: str, call: str, reason: str) -> None:
    handler = f"""
def handle(path, key, request):
    entry = load_session_store(path)[key]
    value = {{**entry, "label": request.label}}
{indent(call, "    ")}
"""
    fix = fix_of(f"{dedent(helper)}\n{handler}")
    assert fix.safety is Safety.MANUAL
    assert fix.reasons[-1].endswith(f"; {reason}")
