"""Each barrier that keeps the linter silent is needed: with it switched off, its silent fixture is reported."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lint_rmw.lint import Options, lint
from lint_rmw.source import Source
from lint_rmw.store import StoreProfile, builtin_profiles, parse_profile
from tests.barriers import BARRIERS, Barrier
from tests.expectations import FIXTURES, shown
from tests.mutants import switch_off


def reported_in(path: Path, options: Options) -> set[str]:
    """Returns the names of the handlers in which something is written that is reported."""
    text = path.read_text()
    spans = {
        node.name: range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    lines = {each.line for each in lint(Source.from_text(text, shown(path)), options)}
    return {name for name, span in spans.items() if lines & set(span)}


@pytest.mark.parametrize("barrier", BARRIERS, ids=lambda each: each.name)
def test_a_barrier_is_needed(barrier: Barrier, monkeypatch: pytest.MonkeyPatch) -> None:
    path = FIXTURES / "silent" / barrier.reason / "ok.py"
    assert reported_in(path, Options()) == set()
    for target, old, new in barrier.besides:
        switch_off(monkeypatch, target, old, new)
    assert reported_in(path, Options()).isdisjoint(barrier.reported)
    switch_off(monkeypatch, barrier.target, barrier.old, barrier.new)
    assert reported_in(path, Options()) >= set(barrier.reported)


AMBIENT = """
def register(cache, key, label):
    entry = {"label": label, "count": 0}
    with cache.transact():
        cache[key] = entry
"""


def test_a_lock_that_hands_nothing_over_is_overwritten_blindly_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {"section": ["with STORE.transact(...)"], "write": ["STORE[KEY] = VALUE"]}
    options = Options(profiles=(parse_profile("cache", table, "pyproject.toml"),))
    source = Source.from_text(AMBIENT, "register.py")
    assert lint(source, options) == ()
    switch_off(monkeypatch, "losses:_is_blind", "if not section.hands_over or", "if")
    assert [each.code for each in lint(source, options)] == ["RMW105"]


REENTERED = """
def register(path, key, label):
    entry = {"label": label, "count": 0}
    with edit(path) as state:
        if key not in state:
            with edit(path) as same:
                same[key] = entry
"""


def test_what_the_section_around_looked_at_is_not_overwritten_blindly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {"section": ["with edit(STORE) as FRESH"]}
    options = Options(profiles=(parse_profile("own", table, "pyproject.toml"),))
    source = Source.from_text(REENTERED, "register.py")
    assert lint(source, options) == ()
    switch_off(
        monkeypatch, "activations:open_section", "looked=set() if outer is None else outer.looked,", ""
    )
    assert [each.code for each in lint(source, options)] == ["RMW105"]


@pytest.mark.parametrize(
    ("silenced", "reason", "reported"),
    [
        (lambda profile: replace(profile, identity=()), "key-only", "handle_canonical_written"),
        (lambda profile: replace(profile, fresh=()), "enclosing-section", "handle_uncached"),
        (lambda profile: replace(profile, versions=()), "version-check", "handle_return"),
    ],
    ids=["identity parts", "uncached readers", "version fields"],
)
def test_what_a_profile_says_is_needed(
    silenced: Callable[[StoreProfile], StoreProfile], reason: str, reported: str
) -> None:
    path = FIXTURES / "silent" / reason / "ok.py"
    without = tuple(silenced(profile) for profile in builtin_profiles())
    assert reported in reported_in(path, Options(profiles=without))


UNION = """
def keep(path, key):
    captured = load_session_entry(key).entry

    def mutator(store):
        store[key]["flags"].update(captured["flags"])

    update_session_store(path, mutator)
"""


def test_update_below_an_entry_may_be_that_of_a_set_which_only_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source.from_text(UNION, "keep.py")
    assert lint(source, Options()) == ()
    switch_off(monkeypatch, "methods:_updated", "not of_a_mapping and", "False and")
    assert [each.code for each in lint(source, Options())] == ["RMW102"]


NARROWED = """
def keep(path, key):
    captured = load_session_entry(key).entry

    def mutator(store):
        store[key]["flags"].{change}(captured["flags"])

    update_session_store(path, mutator)
"""


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("intersection_update", ["RMW103"]),
        ("symmetric_difference_update", ["RMW103"]),
        ("difference_update", []),
        ("update", []),
        ("__ior__", []),
    ],
)
def test_a_set_of_the_store_that_only_grows_or_loses_elements_is_no_write(
    change: str, codes: list[str]
) -> None:
    source = Source.from_text(NARROWED.format(change=change), "keep.py")
    assert [each.code for each in lint(source, Options())] == codes


def test_every_silent_fixture_is_there_for_something_the_analysis_could_report() -> None:
    nothing_to_report = [
        shown(path)
        for path in FIXTURES.glob("silent/*/ok.py")
        if "fixtures.session_store" not in path.read_text()
    ]
    assert nothing_to_report == []
