"""What objects to an entry before the section objects inside to the fresh one, too; what compares the two is told of."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Safety
from tests.test_fix_closures import handler
from tests.test_fixes import held, proved, told

HELPERS = '''
from contextlib import suppress


class Exhausted(Exception):
    """No quota left."""


def check_quota(entry, amount):
    if entry["left"] < amount:
        raise Exhausted(entry["left"])


def check_all(entry, amount):
    for _ in range(2):
        check_quota(entry, amount)


class Rules:
    def check(self, entry):
        assert entry["left"] >= 0, "negative"


def left_of(path, key):
    found = load_session_store(path).get(key) or {}
    return found.get("left", 0)


def counted(entry):
    if entry["left"] < 0:
        raise Exhausted(entry["left"])
    print("checked")
'''
SAFE = {
    "a function that raises": """
        check_quota(entry, request.amount)
        left = entry["left"] - request.amount

        def mutator(store):
            store[key]["left"] = left

        update_session_store(path, mutator)
        return left
        """,
    "a function that raises by another, before and after a change": """
        check_all(entry, request.amount)
        entry["left"] -= request.amount
        check_all(entry, 0)
        with locked_session_store(path) as store:
            store[key] = entry
        """,
    "a method that asserts": """
        rules = Rules()
        rules.check(entry)
        update_session_store(path, lambda store: store[key].update(left=entry["left"] - 1))
        """,
    "a loop that raises": """
        for tag in request.tags:
            if tag in entry["tags"]:
                raise ValueError(tag)
        tags = entry["tags"] + request.tags
        update_session_store(path, lambda store: store[key].update(tags=tags))
        """,
    "a loop that leaves in front of a block": """
        for tag in request.tags:
            if tag in entry["tags"]:
                return tag
        with locked_session_store(path) as store:
            store[key]["tags"] = entry["tags"] + request.tags
        return None
        """,
    "a branch that raises instead of building": """
        if entry["count"] >= request.limit:
            raise Exhausted(entry["count"])
        else:
            count = entry["count"] + 1
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
    "a case that raises instead of building": """
        match entry.get("state"):
            case "idle":
                state = "busy"
            case "busy":
                raise RuntimeError("busy")
            case other:
                state = f"{other}!"

        def mutator(store):
            store[key]["state"] = state

        update_session_store(path, mutator)
        """,
    "a branch that leaves instead of building, in front of a block": """
        if entry["enabled"]:
            note, count = "on", entry["count"]
        elif request.enabled:
            note, count = "forced", entry["count"] + 1
        else:
            return None
        with locked_session_store(path) as store:
            store[key].update(note=note, count=count)
        return note
        """,
    "an error that becomes another while the value is built": """
        try:
            ratio = entry["tokens"] / entry["count"]
        except ZeroDivisionError:
            ratio = 0
        except (KeyError, TypeError) as error:
            raise ValueError(key) from error
        update_session_store(path, lambda store: store[key].update(tokens=ratio))
        return ratio
        """,
    "a key that may be missing in what is built": """
        made = dict(entry)
        with suppress(KeyError):
            del made["note"]
        with locked_session_store(path) as store:
            store[key] = made
        """,
}
ANSWERS = {
    "what is made of the entry": """
        left = entry["left"] - request.amount
        if left < 0:
            print("left", left)
            return left
        update_session_store(path, lambda store: store[key].update(left=left))
        return "ok"
        """,
    "an annotated name that only the answer needs": """
        problem: str | None = "none left" if entry["left"] < request.amount else None
        if problem:
            return problem

        def mutator(store):
            store[key]["left"] = entry["left"] - request.amount

        update_session_store(path, mutator)
        return None
        """,
    "what was asked for and not found": """
        following = {"idle": "busy", "busy": "done"}
        state = entry.get("state")
        try:
            state = following[state]
        except KeyError:
            print("no way from", state)
            return False
        update_session_store(path, lambda store: store[key].update(state=state))
        return True
        """,
}
NOT_SAFE = {
    "a check that does more": (
        """
        counted(entry)
        update_session_store(path, lambda store: store[key].update(left=entry["left"] - 1))
        """,
        Safety.UNSAFE,
        "counted() at line 50 may change 'entry', and is not called again inside",
    ),
    "a branch that raises, with something done before the section": (
        """
        if entry["count"] >= request.limit:
            raise Exhausted(entry["count"])
        else:
            count = entry["count"] + 1
        print("counting")
        update_session_store(path, lambda store: store[key].update(count=count))
        """,
        Safety.UNSAFE,
        "what line 50 computes may raise, and now does so after print() at line 54",
    ),
    "a branch that leaves, with something done before the section": (
        """
        if entry["enabled"]:
            count = entry["count"] + 1
        else:
            return None
        print("counting")
        with locked_session_store(path) as store:
            store[key].update(count=count)
        """,
        Safety.MANUAL,
        "line 53 leaves the function from within the building of the value",
    ),
    "a test that reads the store by a function of its own": (
        """
        if left_of(path, key) < request.amount:
            return False
        update_session_store(path, lambda store: store[key].update(left=entry["left"] - request.amount))
        return True
        """,
        Safety.UNSAFE,
        "line 50 decides on what was read before, and that is not asked again inside",
    ),
    "a comparison with the fresh state that only says so": (
        """
        def mutator(store):
            current = store[key]
            if current["count"] != entry["count"]:
                current["note"] = "raced"
            current["count"] = entry["count"] + 1

        update_session_store(path, mutator)
        """,
        Safety.UNSAFE,
        "line 52 compares what was read before with the fresh state, and goes on either way",
    ),
    "a comparison with the fresh state that chooses what is written": (
        """
        with locked_session_store(path) as store:
            current = store[key]
            current["note"] = "same" if current["label"] == entry["label"] else "other"
            current["count"] = entry["count"] + 1
        """,
        Safety.UNSAFE,
        "line 52 compares what was read before with the fresh state, and goes on either way",
    ),
}


def checked(body: str) -> str:
    before, after = handler(body).split("\ndef handle")
    return f"{before}{HELPERS}\n\ndef handle{after}"


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_guard_answers_is_carried_out_of_the_mutator(name: str) -> None:
    text = handler(ANSWERS[name])
    fixed = held(text)
    assert "nonlocal declined, " in fixed


@pytest.mark.parametrize("name", SAFE)
def test_an_objection_is_made_again_inside(name: str) -> None:
    text = checked(SAFE[name])
    held(text)


@pytest.mark.parametrize("name", NOT_SAFE)
def test_a_fix_is_not_safe_for(name: str) -> None:
    text, safety, reason = NOT_SAFE[name]
    told(checked(text), safety, reason)


def test_a_comparison_that_declines_stays_as_it_is() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            def mutator(store):
                current = store[key]
                if current["label"] == entry["label"]:
                    current["count"] = entry["count"] + 1

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            def mutator(store):
                fresh_entry = store[key]
                current = store[key]
                if current["label"] == entry["label"]:
                    current["count"] = fresh_entry["count"] + 1

            update_session_store(path, mutator)
        """,
    )
