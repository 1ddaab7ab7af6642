"""A fixed handler reads as a colleague would have written it: nothing left over, nothing moved out of line, the formatter content."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.oracle import judge_fix
from tests.test_fixes import code, proved, repaired


def test_a_read_that_stays_only_because_it_may_raise_keeps_no_name() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if not request.label:
                return "nothing"
            changed = {**entry, "label": request.label}

            def put(store):
                store[key] = changed

            update_session_store(path, put)
            return "stored"
        """,
        """
        def handle(path, key, request):
            load_session_store(path)[key]
            if not request.label:
                return "nothing"

            def put(store):
                fresh_entry = store[key]
                changed = {**fresh_entry, "label": request.label}
                store[key] = changed

            update_session_store(path, put)
            return "stored"
        """,
    )


def test_a_test_that_read_the_entry_keeps_no_name_for_it() -> None:
    proved(
        """
        def handle(path, key, request):
            if (entry := load_session_store(path).get(key)) is None:
                return None
            changed = {**entry, "label": request.label}

            def put(store):
                store[key] = changed

            update_session_store(path, put)
        """,
        """
        def handle(path, key, request):
            if load_session_store(path).get(key) is None:
                return None

            def put(store):
                fresh_entry = store.get(key)
                if fresh_entry is None:
                    return None
                changed = {**fresh_entry, "label": request.label}
                store[key] = changed

            update_session_store(path, put)
        """,
    )


def test_an_annotation_is_said_once() -> None:
    proved(
        """
        def handle(path, key, request):
            entry: dict = load_session_store(path)[key]
            count: int = entry["count"] + 1

            def put(store) -> None:
                store[key]["count"] = count

            update_session_store(path, put)
            return count
        """,
        """
        def handle(path, key, request):
            entry: dict = load_session_store(path)[key]
            count: int = entry["count"] + 1

            def put(store) -> None:
                nonlocal count
                fresh_entry = store[key]
                count = fresh_entry["count"] + 1
                store[key]["count"] = count

            update_session_store(path, put)
            return count
        """,
    )


def test_a_store_of_the_same_name_outside_is_simply_the_fresh_one_inside() -> None:
    proved(
        """
        def handle(path, key, request):
            store = load_session_store(path)
            entry = store[key]
            changed = {**entry, "label": request.label}

            def put(store):
                store[key] = changed

            update_session_store(path, put)
        """,
        """
        def handle(path, key, request):
            def put(store):
                fresh_entry = store[key]
                changed = {**fresh_entry, "label": request.label}
                store[key] = changed

            update_session_store(path, put)
        """,
    )


def test_two_answers_are_told_apart_behind_the_section() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if not entry:
                return "missing"
            if entry.get("policy") == "deny":
                return {
                    "ok": False,
                    "why": "denied",
                }
            changed = {**entry, "label": request.label}
            update_session_store(path, lambda store: store.update({key: changed}))
            return "stored"
        """,
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if not entry:
                return "missing"
            if entry.get("policy") == "deny":
                return {
                    "ok": False,
                    "why": "denied",
                }

            declined = False
            declined_2 = False

            def mutator(store):
                nonlocal declined, declined_2
                fresh_entry = store.get(key)
                if not fresh_entry:
                    declined = True
                    return None
                if fresh_entry.get("policy") == "deny":
                    declined_2 = True
                    return None
                changed = {**fresh_entry, "label": request.label}
                store.update({key: changed})

            update_session_store(path, mutator)
            if declined:
                return "missing"
            if declined_2:
                return {
                    "ok": False,
                    "why": "denied",
                }
            return "stored"
        """,
    )


def test_the_lines_of_a_text_stay_where_they_are() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            changed = {**entry, "note": \"\"\"one
          two
            three\"\"\", "label": "four \\
            five"}

            def put(store):
                store[key] = changed

            update_session_store(path, put)
        """,
        """
        def handle(path, key, request):
            def put(store):
                fresh_entry = store[key]
                changed = {**fresh_entry, "note": \"\"\"one
          two
            three\"\"\", "label": "four \\
            five"}
                store[key] = changed

            update_session_store(path, put)
        """,
    )


FORMATTED = {
    "a guard of several lines": """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if (
        entry is None
        or entry.get("policy") == "deny-this-session-and-every-other-one-of-the-same-group"
        or entry.get("state") == "gone"
    ):
        raise LookupError(
            f"nothing to count under {key}, which may have been deleted while this request was waiting",
            key,
        )
    count = entry["count"] + 1

    def put(store):
        store[key]["count"] = count

    update_session_store(path, put)
""",
    "a function that is moved": """
def handle(path, key, request):
    entry = load_session_store(path)[key]

    def build():
        return {**entry, "label": request.label}

    def put(store):
        store[key] = build()

    update_session_store(path, put)
""",
    "a block that begins with a function": """
def handle(path, key, request):
    if request.label:
        count = load_session_store(path)[key]["count"] + 1

        def put(store):
            store[key]["count"] = count

        update_session_store(path, put)
""",
}


@pytest.mark.parametrize("case", FORMATTED)
def test_the_formatter_leaves_alone_what_it_left_alone_before(case: str) -> None:
    text = code(FORMATTED[case])
    fixed = repaired(text)
    for each in (text, fixed):
        ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "-"]
        done = subprocess.run(ruff, input=each, capture_output=True, text=True, check=True)
        assert done.stdout == each
    assert judge_fix(text, fixed).holds


KEPT = {
    "a list of the entry that is changed under a name of its own": """
def handle(path, key, request):
    entry = load_session_entry(key).entry or {}
    tags = entry.setdefault("tags", [])
    tags.append(request.tag)

    def put(store):
        store[key] = entry

    update_session_store(path, put)
""",
    "a function of the file called like a method of a dictionary": """
def update(store, key, entry):
    store[key] = entry
    return entry["label"]


def handle(path, key, request):
    entry = load_session_store(path)[key]
    changed = {**entry, "label": request.label}
    return update_session_store(path, lambda store: update(store, key, changed))
""",
    "a method of something else": """
class Table:
    def __init__(self, store):
        self.store = store

    def insert(self, key, entry):
        self.store[key] = entry
        return key


def handle(path, key, request):
    entry = load_session_store(path)[key]
    changed = {**entry, "label": request.label}
    return update_session_store(path, lambda store: Table(store).insert(key, changed))
""",
    "a store that is worked on before the section": """
def handle(path, key, request):
    sessions = load_session_store(path)
    sessions[key]["label"] = request.label
    sessions[key].setdefault("tags", []).append("seen")

    def put(store):
        store[key] = sessions[key]

    update_session_store(path, put)
""",
    "an entry that is read twice, and asked for between": """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    if entry.get("policy") == "deny":
        return "denied"
    entry = load_session_store(path)[key]
    changed = {**entry, "label": request.label}
    update_session_store(path, lambda store: store.update({key: changed}))
    return "stored"
""",
    "a parameter called like a builtin": """
def handle(path, key, request, dict=None):
    entry = load_session_store(path)[key]
    entry["label"] = request.label

    def put(store):
        store[key] = entry

    update_session_store(path, put)
""",
    "a lambda whose parameter is called like a store outside": """
def handle(path, key, request):
    store = load_session_store(path)
    count = store[key]["count"] + len(store)
    update_session_store(path, lambda store: store[key].update(count=count))
""",
}


@pytest.mark.parametrize("case", KEPT)
def test_names_mean_what_they_meant(case: str) -> None:
    proof = judge_fix(code(KEPT[case]), repaired(code(KEPT[case])))
    assert proof.holds, proof.difference


def test_a_round_of_a_loop_is_left_on_the_fresh_entry_as_well() -> None:
    proved(
        """
        def handle(path, keys, request):
            done = []
            for key in keys:
                entry = load_session_entry(key).entry
                if not entry:
                    continue
                elif entry.get("policy") == "deny":
                    break
                changed = {**entry, "label": request.label}

                def put(store):
                    store[key] = changed

                update_session_store(path, put)
                done.append(key)
            return done
        """,
        """
        def handle(path, keys, request):
            done = []
            for key in keys:
                entry = load_session_entry(key).entry
                if not entry:
                    continue
                elif entry.get("policy") == "deny":
                    break

                declined = False
                declined_2 = False

                def put(store):
                    nonlocal declined, declined_2
                    fresh_entry = store.get(key)
                    if not fresh_entry:
                        declined = True
                        return None
                    if fresh_entry.get("policy") == "deny":
                        declined_2 = True
                        return None
                    changed = {**fresh_entry, "label": request.label}
                    store[key] = changed

                update_session_store(path, put)
                if declined:
                    continue
                if declined_2:
                    break
                done.append(key)
            return done
        """,
    )


def test_what_a_guard_logs_is_logged_by_the_one_that_declines() -> None:
    proved(
        """
        def handle(path, keys, logger):
            for key in keys:
                entry = load_session_entry(key).entry
                if entry is None:
                    logger.info("no %s", key)
                    continue
                with locked_session_store(path) as store:
                    store[key]["count"] = entry.get("count", 0) + 1
        """,
        """
        def handle(path, keys, logger):
            for key in keys:
                entry = load_session_entry(key).entry
                if entry is None:
                    logger.info("no %s", key)
                    continue
                with locked_session_store(path) as store:
                    fresh_entry = store.get(key)
                    if fresh_entry is None:
                        logger.info("no %s", key)
                        continue
                    store[key]["count"] = fresh_entry.get("count", 0) + 1
        """,
    )


def test_a_minted_value_is_the_same_on_both_sides() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            session_id = entry.get("session_id") or str(uuid.uuid4())

            def put(store):
                store[key] = {**store[key], "session_id": session_id}

            update_session_store(path, put)
            return session_id
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            minted = str(uuid.uuid4())
            session_id = entry.get("session_id") or minted

            def put(store):
                nonlocal session_id
                fresh_entry = store[key]
                session_id = fresh_entry.get("session_id") or minted
                store[key] = {**store[key], "session_id": session_id}

            update_session_store(path, put)
            return session_id
        """,
    )


def test_a_copy_that_is_worked_on_is_made_of_the_fresh_entry() -> None:
    proved(
        """
        def handle(path, key, request):
            draft = dict(load_session_store(path)[key])
            draft["label"] = request.label
            if "note" in draft:
                del draft["note"]

            def put(store):
                store[key] = draft

            update_session_store(path, put)
        """,
        """
        def handle(path, key, request):
            def put(store):
                draft = dict(store[key])
                draft["label"] = request.label
                if "note" in draft:
                    del draft["note"]
                store[key] = draft

            update_session_store(path, put)
        """,
    )


def test_a_method_that_reads_is_looked_through() -> None:
    proved(
        """
        class Session:
            def __init__(self, path, key):
                self.path = path
                self.key = key

            def _entry(self):
                return load_session_store(self.path)[self.key]

            def add(self, amount):
                count = self._entry()["count"] + amount
                update_session_store(self.path, lambda store: store[self.key].update(count=count))
                return count


        def handle(path, key, request):
            return Session(path, key).add(request.amount)
        """,
        """
        class Session:
            def __init__(self, path, key):
                self.path = path
                self.key = key

            def _entry(self):
                return load_session_store(self.path)[self.key]

            def add(self, amount):
                count = self._entry()["count"] + amount

                def mutator(store):
                    nonlocal count
                    count = store[self.key]["count"] + amount
                    store[self.key].update(count=count)

                update_session_store(self.path, mutator)
                return count


        def handle(path, key, request):
            return Session(path, key).add(request.amount)
        """,
    )


def test_an_entry_is_looked_up_by_the_settled_key_where_the_read_gave_one() -> None:
    proved(
        """
        def handle(request):
            _cfg, path, entry, key = load_session_entry(request.key)
            if entry is None:
                return None

            def mutator(store):
                store[key] = {**entry, "label": request.label}

            update_session_store(path, mutator)
        """,
        """
        def handle(request):
            _cfg, path, entry, key = load_session_entry(request.key)
            if entry is None:
                return None

            def mutator(store):
                fresh_entry = store.get(key)
                if fresh_entry is None:
                    return None
                store[key] = {**fresh_entry, "label": request.label}

            update_session_store(path, mutator)
        """,
    )


@pytest.mark.parametrize(
    ("read", "entry", "key"),
    [
        ("_cfg, _path, entry, settled = load_session_entry(request.key)", "entry", "settled"),
        ("found = load_session_entry(request.key)", "found.entry", "found.canonical_key"),
        ("found = load_session_entry(request.key)", "found[2]", "found[3]"),
        (
            "found = load_session_entry(request.key)\n            settled = found.canonical_key",
            "found.entry",
            "settled",
        ),
    ],
)
def test_an_entry_updater_may_be_given_the_settled_key(read: str, entry: str, key: str) -> None:
    proved(
        f"""
        def handle(path, request):
            {read}
            if {entry} is None:
                return None
            update_session_store_entry(path, {key}, lambda fresh: {{**{entry}, "label": request.label}})
        """,
        f"""
        def handle(path, request):
            {read}
            if {entry} is None:
                return None
            update_session_store_entry(path, {key}, lambda fresh: {{**fresh, "label": request.label}})
        """,
    )


@pytest.mark.parametrize("answer", ['{"state": %s}', "[key, %s]", "str(%s)", "%s == 'done', request.label"])
def test_a_section_whose_result_is_used_at_once_is_run_in_front_of_that(answer: str) -> None:
    proved(
        f"""
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if entry.get("policy") == "deny":
                return "denied"
            if entry["left"] < 1:
                return None

            def mutator(store):
                store[key]["left"] = entry["left"] - 1
                return "done"

            return {answer % "update_session_store(path, mutator)"}
        """,
        f"""
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if entry.get("policy") == "deny":
                return "denied"
            if entry["left"] < 1:
                return None

            declined = False
            declined_2 = False

            def mutator(store):
                nonlocal declined, declined_2
                fresh_entry = store[key]
                if fresh_entry.get("policy") == "deny":
                    declined = True
                    return None
                if fresh_entry["left"] < 1:
                    declined_2 = True
                    return None
                store[key]["left"] = fresh_entry["left"] - 1
                return "done"

            result = update_session_store(path, mutator)
            if declined:
                return "denied"
            if declined_2:
                return None
            return {answer % "result"}
        """,
    )


def test_a_section_of_a_lambda_is_run_in_front_of_what_its_result_is_used_for() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"
            count = entry["count"] + 1
            return {"count": update_session_store(path, lambda store: store[key].update(count=count) or count)}
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"

            declined = False

            def mutator(store):
                nonlocal declined
                fresh_entry = store.get(key)
                if fresh_entry is None:
                    declined = True
                    return None
                count = fresh_entry["count"] + 1
                return store[key].update(count=count) or count

            result = update_session_store(path, mutator)
            if declined:
                return "gone"
            return {"count": result}
        """,
    )
