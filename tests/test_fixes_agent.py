"""The tool's own fix of the two vulnerable agent handlers, held against the table of what they used to lose."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from fixtures.session_store import agent_patch, agent_whole
from lint_rmw.lint import Options, apply_fixes, lint
from lint_rmw.source import Source
from tests import test_agent_handler as races
from tests import test_agent_handler_turn as turns
from tests.test_agent_handler import SCHEDULES, Losses, Play, path

__all__ = ["path"]

VULNERABLE = {"whole": agent_whole, "patch": agent_patch}

# What no fix of the race may change: these are lost without any other writer, because the author left them out.
UNLISTED: dict[str, dict[str, set[str]]] = {
    "unlisted_field_set_meanwhile": {"whole": {"compaction_count"}},
    "nobody_in_between": {"whole": {"compaction_count"}},
    # A transcript read before the lock belongs to the old session: a rule of the handler, not a read of the store.
    "rotated_meanwhile": {
        "whole": {"session_started_at", "status", "started_at"},
        "patch": {"session_started_at"},
    },
}


def fixed_source(module: ModuleType) -> str:
    file = Path(str(module.__file__))
    result = apply_fixes(Source.from_bytes(file.read_bytes(), file.name), Options(), unsafe=True)
    assert len(result.fixed) == 1
    assert result.remaining == ()
    return result.text


@pytest.fixture(scope="module")
def handlers() -> Iterator[dict[str, ModuleType]]:
    """The fixed handlers as modules of the package their sources stand in."""
    made: dict[str, ModuleType] = {}
    for form, module in VULNERABLE.items():
        name = f"{module.__name__}_by_tool"
        spec = importlib.util.spec_from_loader(name, loader=None)
        assert spec is not None
        made[form] = importlib.util.module_from_spec(spec)
        made[form].__package__ = module.__package__
        sys.modules[name] = made[form]
        exec(compile(fixed_source(module), name, "exec"), vars(made[form]))
    yield made
    for module in made.values():
        del sys.modules[module.__name__]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("form", VULNERABLE)
@pytest.mark.parametrize("scenario", races.LOSSES, ids=lambda scenario: scenario.__name__)
def test_nothing_is_lost_any_more_but_what_was_never_written(
    scenario: Callable[[Play], set[str]],
    form: str,
    schedule: str,
    path: str,
    handlers: dict[str, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(races.FORMS, form, handlers[form].handle_agent)
    assert scenario(Play(form, schedule, path)) == UNLISTED.get(scenario.__name__, {}).get(form, set())


def test_the_table_held_losses_to_begin_with() -> None:
    assert sum(bool(vars(losses)[form]) for losses in races.LOSSES.values() for form in VULNERABLE) > 15
    assert Losses() not in [races.LOSSES[races.denied_meanwhile], races.LOSSES[races.overrides_set_meanwhile]]


TURNS = (
    turns.test_a_new_session_is_stored_and_answered,
    turns.test_a_known_session_keeps_its_id,
    turns.test_a_session_without_cli_ids_gets_none,
    turns.test_aliases_are_pruned_and_the_freshest_is_kept,
    turns.test_a_denied_message_is_not_sent_and_changes_nothing,
)


@pytest.mark.parametrize("form", VULNERABLE)
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.__name__)
def test_a_turn_alone_is_what_it_was(
    turn: Callable[[str, turns.Handler], None], form: str, path: str, handlers: dict[str, ModuleType]
) -> None:
    turn(path, handlers[form].handle_agent)


@pytest.mark.parametrize("form", VULNERABLE)
def test_without_a_store_the_turn_is_taken_in_memory(
    form: str, tmp_path: Path, handlers: dict[str, ModuleType]
) -> None:
    turns.test_without_a_store_the_turn_is_taken_in_memory(tmp_path, handlers[form].handle_agent)


@pytest.mark.parametrize("form", VULNERABLE)
def test_the_fix_is_unsafe_and_says_why(form: str) -> None:
    file = Path(str(VULNERABLE[form].__file__))
    (finding,) = lint(Source.from_bytes(file.read_bytes(), file.name), propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety == "unsafe"
    assert any("resolve_send_policy() is called again inside the section" in r for r in finding.fix.reasons)
