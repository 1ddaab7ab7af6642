"""A handler that stores between its read and its section would meet its own work if it read inside: that is never safe."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Safety
from tests.test_fix_refusals import fix_of
from tests.test_fixes import proved

DOUBTED = {
    "a section opened on a stale condition within its statement": (
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            made = lambda store: store.update({key: {**entry, "label": request.label}})
            return update_session_store(path, made) if entry else None
        """,
        "the stale condition at line 19 decides whether the section is opened at all",
    ),
    "a section opened where a stale value is no": (
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            return not entry or update_session_store(path, lambda store: store.update({key: {**entry, "note": "x"}}))
        """,
        "the stale condition at line 18 decides whether the section is opened at all",
    ),
    "a section that is waited for further down": (
        """
        async def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": request.label}
            task = update_session_store_async(path, lambda store: store.update({key: made}))
            await asyncio.gather(task)
        """,
        "the section at line 19 runs later, when what it uses may have been bound again",
    ),
    "a section that is started as a task": (
        """
        async def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": request.label}
            task = asyncio.create_task(update_session_store_async(path, lambda store: store.update({key: made})))
            await task
        """,
        "the section at line 19 runs later, when what it uses may have been bound again",
    ),
    "another section stores in between": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            update_session_store(path, lambda store: store[key].update(label=request.label))
            note = f"was {entry['label']}"
            update_session_store(path, lambda store: store[key].update(note=note))
        """,
        "what line 18 stores in between would be met inside the section",
    ),
    "a block of the store in between": (
        """
        def handle(path, key, request):
            before = load_session_store(path)[key]
            with locked_session_store(path) as store:
                store[key]["state"] = "busy"
            with locked_session_store(path) as store:
                store[key]["state"] = before["state"]
        """,
        "what line 18 stores in between would be met inside the section",
    ),
    "a function of the file stores in between": (
        """
        def mark(path, key):
            with locked_session_store(path) as store:
                store[key]["state"] = "busy"


        def handle(path, key, request):
            entry = load_session_store(path)[key]
            mark(path, key)
            restored = {**entry, "note": request.note}
            update_session_store(path, lambda store: store.update({key: restored}))
        """,
        "what line 23 stores in between would be met inside the section",
    ),
    "a loop around the section": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            for tag in ("a", "b"):
                tags = [*entry["tags"], tag]
                update_session_store(path, lambda store: store[key].update(tags=tags))
        """,
        "the loop at line 18 may come to the entry again, and would meet what it stored itself",
    ),
    "a loop over keys that may be the same": (
        """
        def handle(path, keys, request):
            store = load_session_store(path)
            for key in keys:
                count = store[key]["count"] + request.amount
                update_session_store(path, lambda fresh: fresh[key].update(count=count))
        """,
        "the loop at line 18 may come to the entry again, and would meet what it stored itself",
    ),
    "a mutator that is handed over twice": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1

            def bump(store):
                store[key]["count"] = count

            update_session_store(path, bump)
            if request.label:
                update_session_store(path, bump)
        """,
        "'bump' is used at line 24 as well, and would meet what it stored itself",
    ),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_a_fix_that_would_meet_what_the_handler_stored_itself_is_unsafe(case: str) -> None:
    text, reason = DOUBTED[case]
    fix = fix_of(text)
    assert (fix.safety, fix.reasons) == (Safety.UNSAFE, (reason,))


def test_a_locked_function_that_is_called_twice_keeps_its_parameters() -> None:
    fix = fix_of(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            @session_mutator(path)
            def put(store, made):
                store[key] = made

            put({**entry, "label": request.label})
            put({"label": ""})
        """
    )
    assert (fix.safety, fix.reasons) == (Safety.MANUAL, ("'put' is used at line 24 as well",))


def test_a_loop_that_is_left_after_the_section_stores_once() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            changed = {**entry, "label": request.label}
            for _ in range(3):
                try:
                    update_session_store(path, lambda store: store.update({key: changed}))
                except TimeoutError:
                    continue
                break
        """,
        """
        def handle(path, key, request):
            for _ in range(3):
                try:

                    def mutator(store):
                        fresh_entry = store[key]
                        changed = {**fresh_entry, "label": request.label}
                        store.update({key: changed})

                    update_session_store(path, mutator)
                except TimeoutError:
                    continue
                break
        """,
    )


def test_a_loop_over_what_the_store_held_comes_to_each_entry_once() -> None:
    proved(
        """
        def handle(path, request):
            for key, entry in load_session_store(path).items():
                with locked_session_store(path) as store:
                    store[key]["count"] = entry["count"] + request.amount
        """,
        """
        def handle(path, request):
            for key, entry in load_session_store(path).items():
                with locked_session_store(path) as store:
                    if key not in store:
                        continue
                    store[key]["count"] = store[key]["count"] + request.amount
        """,
    )
