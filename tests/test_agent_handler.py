"""The three forms of the agent handler against a writer that comes in between: what each of them loses, and only that.

Every scenario is played twice: the writer lands between the read and the lock, and the read cache is stale from the
start. A scenario returns the names of the fields that did not end as they should.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fixtures.session_store import (
    Entry,
    Store,
    agent_fixed,
    agent_patch,
    agent_whole,
    configure,
    document,
    foreign_writer,
    load_session_store,
    lock_hook,
    save_session_store,
    stale_cache,
)
from fixtures.session_store.agent import BLOCKED, AgentReply, AgentRequest, AgentRuntime, allow_unless_denied

KEY = "agent:main:main"
SCHEDULES = ("between read and lock", "stale cache")
FORMS: dict[str, Callable[[AgentRequest, AgentRuntime], AgentReply]] = {
    "whole": agent_whole.handle_agent,
    "patch": agent_patch.handle_agent,
    "fixed": agent_fixed.handle_agent,
}
NOW = int(time.time() * 1000)
CACHED: Entry = {"session_id": "s-1", "updated_at": NOW - 60_000}
FRESH: Entry = {"session_id": "s-1", "updated_at": NOW - 5_000}
OVERRIDES: Entry = {"model_override": "opus", "provider_override": "anthropic"}
DELIVERY = {"channel": "telegram", "to": "+1", "account_id": "bot", "thread_id": "t-1"}
LEVELS: Entry = {
    "thinking_level": "high",
    "verbose_level": "on",
    "reasoning_level": "stream",
    "fast_mode": True,
}
CLI: Entry = {
    "cli_session_ids": {"claude": "c-1"},
    "cli_session_bindings": {"claude": {"id": "c-1"}},
    "claude_cli_session_id": "c-1",
}
KNOWN: Entry = {
    "send_policy": "allow",
    "skills_snapshot": {"version": 3},
    "system_sent": True,
    "spawn_depth": 2,
    "spawned_workspace_dir": "workspace",
    "spawned_by": "agent:main:parent",
    "label": "stored",
    "channel": "telegram",
    "delivery_context": DELIVERY,
    **{f"last_{name}": value for name, value in DELIVERY.items()},
    **LEVELS,
    **CLI,
    **OVERRIDES,
}
EVERY_KIND = (
    *("thinking_level", "verbose_level", "reasoning_level", "system_sent", "send_policy", "skills_snapshot"),
    *CLI,
    *OVERRIDES,
)


@dataclass
class Play:
    """One form under one schedule; `runs` and `judged` record the entries the agent and the send policy were given."""

    form: str
    schedule: str
    path: str
    recovered: int | None = None
    runs: list[Entry] = field(default_factory=list)
    judged: list[Entry] = field(default_factory=list)

    def turn(self, cached: Store, fresh: Store, request: AgentRequest) -> AgentReply:
        """Handles `request` after `cached` was read and while another process turns the store into `fresh`."""
        save_session_store(self.path, cached)
        load_session_store(self.path)
        if self.schedule == "stale cache":
            with foreign_writer():
                save_session_store(self.path, fresh)
            with stale_cache():
                return self.handle(request)
        with lock_hook(lambda path: save_session_store(path, fresh)):
            return self.handle(request)

    def handle(self, request: AgentRequest) -> AgentReply:
        """Handles `request` with nobody in between."""
        runtime = AgentRuntime(self._run, self._resolve_send_policy, lambda session_key: self.recovered)
        return FORMS[self.form](request, runtime)

    @property
    def stored(self) -> Entry:
        """The entry as it lies on disk; empty if there is none."""
        return load_session_store(self.path, skip_cache=True).get(KEY, {})

    def broken(self, expected: Entry) -> set[str]:
        """The names of the stored fields that are not as expected."""
        return {name for name, value in expected.items() if self.stored.get(name) != value}

    def _run(self, entry: Entry, message: str) -> None:
        self.runs.append(entry)

    def _resolve_send_policy(self, entry: Entry) -> str:
        self.judged.append(entry)
        return allow_unless_denied(entry)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")
    store_path = str(tmp_path / "sessions.json")
    configure(store_path)
    yield store_path
    configure(None)


def overrides_set_meanwhile(play: Play) -> set[str]:
    play.turn({KEY: CACHED}, {KEY: FRESH | OVERRIDES}, AgentRequest(KEY))
    return play.broken({"session_id": "s-1", **OVERRIDES})


def request_against_fresh_label_and_parent(play: Play) -> set[str]:
    cached = CACHED | {"label": "cached", "spawned_by": "agent:main:cached"}
    fresh = FRESH | OVERRIDES | {"label": "store-label", "spawned_by": "agent:main:store"}
    play.turn({KEY: cached}, {KEY: fresh}, AgentRequest(KEY, label="asked", spawned_by=" Asker"))
    return play.broken({"label": "asked", "spawned_by": "agent:main:asker", **OVERRIDES})


def nothing_stored_yet(play: Play) -> set[str]:
    play.turn({}, {}, AgentRequest(KEY, label="asked"))
    minted = {"session_id"} if len(play.stored["session_id"]) != 36 else set()
    return minted | play.broken({"label": "asked", "model_override": None})


def every_kind_of_field_set_meanwhile(play: Play) -> set[str]:
    known = {name: KNOWN[name] for name in EVERY_KIND}
    play.turn({KEY: CACHED}, {KEY: FRESH | known}, AgentRequest(KEY))
    return play.broken(known)


def override_replaced_meanwhile(play: Play) -> set[str]:
    play.turn({KEY: CACHED | {"model_override": "haiku"}}, {KEY: FRESH | OVERRIDES}, AgentRequest(KEY))
    return play.broken(OVERRIDES)


def levels_replaced_meanwhile(play: Play) -> set[str]:
    changed = {"thinking_level": "low", "verbose_level": "off"}
    play.turn({KEY: CACHED | LEVELS}, {KEY: FRESH | LEVELS | changed}, AgentRequest(KEY))
    return play.broken(LEVELS | changed)


def request_against_fresh_override(play: Play) -> set[str]:
    play.turn({KEY: CACHED}, {KEY: FRESH | OVERRIDES}, AgentRequest(KEY, label="asked", spawned_by="asker"))
    return play.broken({"label": "asked", "spawned_by": "agent:main:asker", **OVERRIDES})


def entry_deleted_meanwhile(play: Play) -> set[str]:
    play.turn({KEY: CACHED | OVERRIDES}, {}, AgentRequest(KEY))
    generated = play.stored["session_id"] not in ("s-1", None)
    return (set() if generated else {"session_id"}) | play.broken(dict.fromkeys(OVERRIDES))


def cached_as_fresh(play: Play) -> set[str]:
    play.turn({KEY: FRESH | KNOWN}, {KEY: FRESH | KNOWN}, AgentRequest(KEY))
    return play.broken(KNOWN | {"session_id": "s-1"})


def everything_known_set_meanwhile(play: Play) -> set[str]:
    play.turn({KEY: CACHED}, {KEY: FRESH | KNOWN}, AgentRequest(KEY))
    return play.broken(KNOWN)


def denied_meanwhile(play: Play) -> set[str]:
    fresh = FRESH | {"send_policy": "deny", "channel": "telegram"}
    request = AgentRequest(KEY, channel="discord", to="+2", deliver=True)
    reply = play.turn({KEY: CACHED}, {KEY: fresh}, request)
    judged = {"policy judged"} if play.judged[-1].get("send_policy") != "deny" else set()
    answered = {"reply"} if reply.error != BLOCKED else set()
    ran = {"agent ran"} if play.runs else set()
    touched = {name for name in {*play.stored, *fresh} if play.stored.get(name) != fresh.get(name)}
    return judged | answered | ran | touched


def rotated_meanwhile(play: Play) -> set[str]:
    play.recovered = NOW - 90_000
    fresh = FRESH | {"session_id": "s-2", "status": "running", "started_at": NOW - 4_000}
    play.turn({KEY: CACHED}, {KEY: fresh}, AgentRequest(KEY))
    rotated = {
        "session_id": "s-2",
        "status": "running",
        "started_at": NOW - 4_000,
        "session_started_at": None,
    }
    return play.broken(rotated)


def start_recovered(play: Play) -> set[str]:
    play.recovered = NOW - 5_000
    play.turn({KEY: CACHED}, {KEY: FRESH}, AgentRequest(KEY))
    return play.broken({"session_started_at": NOW - 5_000})


def start_stored_meanwhile(play: Play) -> set[str]:
    play.recovered = NOW - 5_000
    play.turn({KEY: CACHED}, {KEY: FRESH | {"session_started_at": NOW - 2_500}}, AgentRequest(KEY))
    return play.broken({"session_started_at": NOW - 2_500})


def unlisted_field_set_meanwhile(play: Play) -> set[str]:
    play.turn({KEY: CACHED}, {KEY: FRESH | {"compaction_count": 3}}, AgentRequest(KEY))
    return play.broken({"compaction_count": 3})


def nobody_in_between(play: Play) -> set[str]:
    entry = CACHED | KNOWN | {"compaction_count": 3}
    play.turn({KEY: entry}, {KEY: entry}, AgentRequest(KEY))
    return play.broken(KNOWN | {"compaction_count": 3})


@dataclass(frozen=True)
class Losses:
    """What the two vulnerable forms break in one scenario; the fixed form breaks nothing."""

    whole: set[str] = field(default_factory=set)
    patch: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)


def both(*names: str) -> Losses:
    return Losses(set(names), set(names))


LOSSES: dict[Callable[[Play], set[str]], Losses] = {
    overrides_set_meanwhile: both(*OVERRIDES),
    request_against_fresh_label_and_parent: both(*OVERRIDES),
    nothing_stored_yet: both(),
    every_kind_of_field_set_meanwhile: both(*EVERY_KIND),
    override_replaced_meanwhile: both(*OVERRIDES),
    levels_replaced_meanwhile: both("thinking_level", "verbose_level"),
    request_against_fresh_override: both(*OVERRIDES),
    entry_deleted_meanwhile: both("session_id", *OVERRIDES),
    # When nobody changed the entry the vulnerable forms are right, which is why the race is so rarely seen.
    cached_as_fresh: both(),
    everything_known_set_meanwhile: both(*KNOWN),
    denied_meanwhile: both(
        *("policy judged", "reply", "agent ran", "send_policy", "updated_at"),
        *("channel", "delivery_context", "last_channel", "last_to"),
    ),
    rotated_meanwhile: Losses(
        whole={"session_id", "session_started_at", "status", "started_at"},
        patch={"session_id", "session_started_at"},
    ),
    start_recovered: both(),
    start_stored_meanwhile: both("session_started_at"),
    unlisted_field_set_meanwhile: Losses(whole={"compaction_count"}),
    # Not a race: an entry written whole erases what its author did not list.
    nobody_in_between: Losses(whole={"compaction_count"}),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scenario", LOSSES, ids=lambda scenario: scenario.__name__)
def test_a_form_loses_what_the_table_says(
    scenario: Callable[[Play], set[str]], form: str, schedule: str, path: str
) -> None:
    losses: dict[str, set[str]] = vars(LOSSES[scenario])
    assert scenario(Play(form, schedule, path)) == losses[form]
