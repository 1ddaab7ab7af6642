"""Why nothing is reported is told by what the analysis saw: every silent fixture gets the reason of its folder."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from lint_rmw.lint import Options
from lint_rmw.silence import explain_silence
from lint_rmw.source import Source
from lint_rmw.store import parse_profile
from tests.expectations import FIXTURES

FRESH = "read from the fresh state in this section"
ELSEWHERE = "and does not get here"
OPENERS = (
    "update_session_store",
    "update_session_store_entry",
    "locked_session_store",
    "locked_session_store_async",
    "save_session_store",
)

# The words that one of the answers for each handler has to have; a handler that is silent for another reason than its
# neighbours has words of its own. `lint-rmw why` is asked at each call that opens a section.
REASONS: dict[str, tuple[str, ...]] = {
    "alias-migration": (FRESH, "gives only what is no state"),
    "blind-constant": ("the entry is a constant, so every run writes the same",),
    "blind-looked-at": ("the fresh entry is looked at before", "the entry is built inside"),
    "blind-no-fresh-state": (
        "nothing that was loaded from the store is saved",
        "overwrites nothing",
        "no name to the fresh state",
    ),
    "blind-unknown": ("where the entry comes from is not known",),
    "brand-new-entries": ("the key is minted by this run", "it was read from another entry"),
    "builder-on-both-sides": (FRESH,),
    "comparison-only": ("is compared at line",),
    "constants": ("what is written is a constant",),
    "dead-branch": ("no run comes to line",),
    "deletes": ("it only removes", "the name 'DELETE'"),
    "double-checked": ("is compared at line",),
    "enclosing-section": (FRESH,),
    "exceptions": ("is part of an error", "is returned at line", "what is read at line 30 does not get here"),
    "field-check": (
        "the fresh field 'count' is compared",
        "the fresh field 'enabled'",
        "the fresh field 'left'",
        "the fresh field 'label' is compared with it first",
    ),
    "fields-told-apart": ("what is written is handed in as", "does not get here"),
    "fill-if-missing": ("only where the fresh",),
    "fresh-wins": ("the fresh entry wins the merge",),
    "joins-with-fresh": (
        "an operation that only grows",
        "a set of fresh values, which only grows",
        "to keep the greater or the smaller of both",
        "only where the fresh value has no such element",
        "handed in as 'amount'",
        "handed in as 'message'",
    ),
    "key-only": ("says which entry is meant", "gives only what is no state", "what is read at line 35"),
    "known-empty": ("it is known to be empty, so that adding it changes nothing",),
    "log-and-reply": ("is handed to info()", "is handed to notify()", "is returned at line"),
    "maintenance": (FRESH, "it only removes"),
    "minted-values": ("minted by this run",),
    "missing-entry-filled": ("it is written only where the fresh state has none",),
    "no-write": ("overwrites nothing; what is read at line",),
    "other-key": ("it was read from another entry",),
    "other-store": ("read from another store", "what is written is a constant"),
    "pass-through": ("handed in",),
    "rebound-to-fresh": (FRESH, "handed in as 'label'"),
    "request-data": ("handed in as", '`{*request.tags, "seen"}`, into which no read of the store went'),
    "request-patch-onto-fresh": (f"{FRESH} and parts that come from elsewhere", "handed in as"),
    "results-carried-out": ("handed in as", "overwrites nothing"),
    "seeding": ("nothing that was loaded from the store is saved", "read from another store"),
    "setdefault": ("`setdefault` leaves what is there",),
    "shadowing": (FRESH, "handed in as 'state'"),
    "three-way-merge": (
        "only where the fresh value is still what was read",
        "only what this code made different",
        "is compared at line",
    ),
    "updaters-result": (FRESH, "handed in as 'label'", "overwrites nothing"),
    "version-check": (
        "the fresh field 'version' is compared with it first",
        "the fresh field 'updated_at' is compared with it first",
        "is compared at line",
    ),
    "whole-entry-check": (
        "the fresh entry is compared with it first",
        "the fresh store is compared",
        "only where the fresh value is still what was read",
    ),
}
FOLDERS = sorted(path.parent.name for path in FIXTURES.glob("silent/*/ok.py"))


def answers(path: Path) -> dict[tuple[str, int], list[str]]:
    """What is told at each call that opens a section, by function and line."""
    source = Source.from_text(path.read_text(), path.name)
    found = {}
    for function in source.tree.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OPENERS:
                    place = (function.name, node.lineno)
                    found[place] = explain_silence(source, Options(), node.lineno)
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_silent_fixture_is_given_the_reason_of_its_folder(folder: str) -> None:
    told = answers(FIXTURES / "silent" / folder / "ok.py")
    words = REASONS[folder]
    assert told
    assert {place: said for place, said in told.items() if not any(w in s for s in said for w in words)} == {}
    assert [w for w in words if not any(w in s for said in told.values() for s in said)] == []


def why(text: str, line: int) -> str:
    (told,) = explain_silence(Source.from_text(text, "a.py"), Options(), line)
    return told


TWO_WRITES = """
def handle(path, key, label):
    entry = load_session_entry(key).entry
    def mutator(store):
        store[key]["count"] = max(store[key]["count"], entry["count"])
        store[key]["label"] = label
    update_session_store(path, mutator)
"""


def test_what_clears_one_write_is_not_told_of_another() -> None:
    assert "an operation that only grows at line 5" in why(TWO_WRITES, 5)
    assert "what is written is handed in as 'label'" in why(TWO_WRITES, 6)


FILLED_WITH_FRESH = """
def handle(path, key, other):
    def mutator(store):
        if "note" not in store[key]:
            store[key]["note"] = store[other]["note"]
    update_session_store(path, mutator)
"""


def test_a_value_that_was_not_read_before_is_not_said_to_take_part() -> None:
    told = why(FILLED_WITH_FRESH, 5)
    assert "takes part" not in told and FRESH in told


OTHER_REASONS = {
    "no state": (
        """
        def handle(path, alias):
            found = load_session_entry(alias)
            def mutator(store):
                store[alias]["note"] = found.store_path
            update_session_store(path, mutator)
        """,
        5,
        "a part of a read that is no state",
    ),
    "tested": (
        """
        def handle(path, key, label):
            entry = load_session_entry(key).entry
            if entry["enabled"]:
                update_session_store(path, lambda store: store[key].update(label=label))
        """,
        5,
        "what is read at line 3 is tested at line 4",
    ),
    "negated": (
        """
        def handle(path, key, label):
            entry = load_session_entry(key).entry
            ready = not entry["enabled"]
            update_session_store(path, lambda store: store[key].update(label=label))
            return ready
        """,
        5,
        "what is read at line 3 is tested at line 4",
    ),
    "shown when it was added to": (
        """
        def handle(path, key, label):
            entry = load_session_entry(key).entry
            print(entry["count"] + 1)
            update_session_store(path, lambda store: store[key].update(label=label))
        """,
        5,
        "what is read at line 3 is handed to print() at line 4",
    ),
    "names an entry by get": (
        """
        def handle(path, key, label):
            entry = load_session_entry(key).entry
            def mutator(store):
                store.get(entry["parent"])["label"] = label
            update_session_store(path, mutator)
        """,
        5,
        "says which entry is meant",
    ),
    "a script": (
        """
        with locked_session_store("sessions.json") as store:
            store["main"]["label"] = "new"
        """,
        3,
        "what is written is a constant",
    ),
}


UNDER_A_LOCK = """
def reset(path, settings):
    with settings_lock:
        save_settings(path, {"theme": settings.theme})
"""


def test_a_lock_that_hands_over_nothing_is_said_to_hand_over_nothing() -> None:
    table = {
        "section": ["with LOCK"],
        "read": ["load_settings(STORE)"],
        "save": ["save_settings(STORE, VALUE)"],
    }
    options = Options(profiles=(parse_profile("settings", table, "pyproject.toml"),))
    (told,) = explain_silence(Source.from_text(UNDER_A_LOCK, "a.py"), options, 4)
    assert "the section hands over no fresh state that could be ignored" in told


@pytest.mark.parametrize("name", OTHER_REASONS)
def test_other_reasons_are_said_as_they_are(name: str) -> None:
    text, line, said = OTHER_REASONS[name]
    assert said in why(dedent(text), line)
