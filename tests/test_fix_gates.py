"""A section inside an `if` on stale data: the test is asked again inside, and where it fails all goes on as without the section."""

from __future__ import annotations

import pytest

from lint_rmw.fixes.gates import opposite
from lint_rmw.fixes.syntax import Code
from lint_rmw.source import Source
from tests.test_fixes import proved


def test_nothing_has_to_be_said_behind_a_section_that_comes_last() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is not None and entry["label"] != request.label:
                made = {**entry, "label": request.label}
                update_session_store(path, lambda store: store.update({key: made}))
            return {"ok": True}
        """,
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is not None and entry["label"] != request.label:

                def mutator(store):
                    fresh_entry = store.get(key)
                    if not (fresh_entry is not None and fresh_entry["label"] != request.label):
                        return None
                    made = {**fresh_entry, "label": request.label}
                    store.update({key: made})

                update_session_store(path, mutator)
            return {"ok": True}
        """,
    )


def test_what_follows_the_section_is_left_as_the_code_behind_the_if_leaves() -> None:
    proved(
        """
        def handle(path, key, request):
            if (entry := load_session_store(path).get(key)) is not None:
                def write(store):
                    \"\"\"Writes.\"\"\"
                    store[key] = {**entry, "label": request.label}

                update_session_store(path, write)
                return "written"
            return "missing"
        """,
        """
        def handle(path, key, request):
            if load_session_store(path).get(key) is not None:
                declined = False

                def write(store):
                    \"\"\"Writes.\"\"\"
                    nonlocal declined
                    fresh_entry = store.get(key)
                    if fresh_entry is None:
                        declined = True
                        return None
                    store[key] = {**fresh_entry, "label": request.label}

                update_session_store(path, write)
                if declined:
                    return "missing"
                return "written"
            return "missing"
        """,
    )


def test_the_other_branch_is_run_behind_the_section_and_not_inside() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if not entry:
                status = "missing"
                print(status, key)
            else:
                update_session_store(path, lambda store: store.update({key: {**entry, "note": "x"}}))
                status = "written"
            return status
        """,
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if not entry:
                status = "missing"
                print(status, key)
            else:
                declined = False

                def mutator(store):
                    nonlocal declined
                    fresh_entry = store.get(key)
                    if not fresh_entry:
                        declined = True
                        return None
                    store.update({key: {**fresh_entry, "note": "x"}})

                update_session_store(path, mutator)
                if declined:
                    status = "missing"
                    print(status, key)
                    return status
                status = "written"
            return status
        """,
    )


def test_a_block_in_a_loop_goes_to_the_next_round() -> None:
    proved(
        """
        def handle(path, key, request):
            for _ in range(2):
                snapshot = load_session_store(path)
                if key in snapshot:
                    if request.label:
                        with locked_session_store(path) as store:
                            store[key] = {**snapshot[key], "label": request.label}
        """,
        """
        def handle(path, key, request):
            for _ in range(2):
                snapshot = load_session_store(path)
                if key in snapshot:
                    if request.label:
                        with locked_session_store(path) as store:
                            if key not in store:
                                continue
                            store[key] = {**store[key], "label": request.label}
        """,
    )


def test_a_block_that_code_follows_is_put_in_the_if_as_a_whole() -> None:
    proved(
        """
        def handle(path, key, request):
            snapshot = load_session_store(path)
            if key not in snapshot:
                pass
            else:
                if snapshot[key]["count"] < request.limit:
                    with locked_session_store(path) as store:
                        # Keeps what others have stored.
                        text = \"\"\"
        as it is
                        \"\"\"

                        store[key] = {**snapshot[key], "note": text}  # written
            print("done")
        """,
        """
        def handle(path, key, request):
            snapshot = load_session_store(path)
            if key not in snapshot:
                pass
            else:
                if snapshot[key]["count"] < request.limit:
                    with locked_session_store(path) as store:
                        if key in store:
                            if store[key]["count"] < request.limit:
                                # Keeps what others have stored.
                                text = \"\"\"
        as it is
                        \"\"\"

                                store[key] = {**store[key], "note": text}  # written
            print("done")
        """,
    )


def test_an_entry_updater_asks_for_the_entry_itself() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is not None:
                patch = {"count": entry["count"] + request.amount}
                update_session_store_entry(path, key, lambda fresh: patch)
        """,
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is not None:

                def mutator(fresh):
                    patch = {"count": fresh["count"] + request.amount}
                    return patch

                update_session_store_entry(path, key, mutator)
        """,
    )


def test_what_is_said_first_in_an_if_has_no_blank_line_above() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return "missing"
            if request.deliver:
                made = {**entry, "note": "x"}

                def mutator(store):
                    store[key] = made

                update_session_store(path, mutator)
                return "written"
        """,
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return "missing"
            if request.deliver:
                declined = False

                def mutator(store):
                    nonlocal declined
                    fresh_entry = store.get(key)
                    if fresh_entry is None:
                        declined = True
                        return None
                    made = {**fresh_entry, "note": "x"}
                    store[key] = made

                update_session_store(path, mutator)
                if declined:
                    return "missing"
                return "written"
        """,
    )


@pytest.mark.parametrize(
    ("test", "turned"),
    [
        ("a is None", "a is not None"),
        ("(a) is  not  (b)", None),
        ("a not in b", "a in b"),
        ("a == b", "a != b"),
        ("not a", "a"),
        ("a < b", None),
        ("a and b", None),
        ("a == b == c", None),
    ],
)
def test_a_test_is_turned_round_where_one_word_does_it(test: str, turned: str | None) -> None:
    code = Code(Source.from_text(test, "a.py"))
    changes = opposite(code, code.tree.body[0].value)  # type: ignore[attr-defined]
    if turned is None:
        assert changes is None
        return
    assert changes is not None
    ((start, end, new),) = changes
    assert test[:start] + new + test[end:] == turned
