"""What one turn of the agent handler makes of a session when nobody comes in between, and what it answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
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
    load_session_store,
    lock_hook,
    patch_session,
    save_session_store,
)
from fixtures.session_store.agent import BLOCKED, AgentReply, AgentRequest, AgentRuntime, canonical_parent

Handler = Callable[[AgentRequest, AgentRuntime], AgentReply]

KEY = "agent:main:main"
FORMS = [agent_whole.handle_agent, agent_patch.handle_agent, agent_fixed.handle_agent]
NOW = int(time.time() * 1000)
RUN: Entry = {
    "status": "done",
    "started_at": 1,
    "ended_at": 2,
    "runtime_ms": 3,
    "aborted_last_run": True,
    "session_file": "s-1.jsonl",
}
CLI: Entry = {
    "cli_session_ids": {"claude": "c-1"},
    "cli_session_bindings": {"claude": {"id": "c-1"}},
    "claude_cli_session_id": "c-1",
}
SESSION: Entry = {"session_id": "s-1", "updated_at": NOW - 5_000, "session_started_at": NOW - 9_000}

every_form = pytest.mark.parametrize("handle", FORMS, ids=["whole", "patch", "fixed"])


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")
    store_path = str(tmp_path / "sessions.json")
    configure(store_path)
    yield store_path
    configure(None)


def turn(path: str, store: Store, request: AgentRequest) -> Entry:
    """Returns what the fixed form makes of the entry under `KEY`; empty if there is none."""
    save_session_store(path, store)
    agent_fixed.handle_agent(request)
    return load_session_store(path)[KEY]


@every_form
def test_a_new_session_is_stored_and_answered(path: str, handle: Handler) -> None:
    runs: list[tuple[Entry, str]] = []
    runtime = AgentRuntime(run=lambda entry, message: runs.append((entry, message)))
    reply = handle(AgentRequest(f" {KEY.upper()}", "hello", label="new"), runtime)
    stored = load_session_store(path)[KEY]
    assert uuid.UUID(stored["session_id"])
    assert reply == AgentReply(KEY, stored, is_new=True)
    assert runs == [(stored, "hello")]


@every_form
def test_a_known_session_keeps_its_id(path: str, handle: Handler) -> None:
    save_session_store(path, {KEY: SESSION | CLI})
    reply = handle(AgentRequest(KEY), AgentRuntime())
    assert not reply.is_new
    assert reply.entry == load_session_store(path)[KEY]
    assert reply.entry == reply.entry | CLI | {"session_id": "s-1", "session_started_at": NOW - 9_000}
    assert reply.entry["updated_at"] >= NOW


@every_form
def test_a_session_without_cli_ids_gets_none(path: str, handle: Handler) -> None:
    save_session_store(path, {KEY: SESSION})
    entry = handle(AgentRequest(KEY), AgentRuntime()).entry
    assert [entry.get(name) for name in CLI] == [None] * 3


@every_form
def test_aliases_are_pruned_and_the_freshest_is_kept(path: str, handle: Handler) -> None:
    alias = SESSION | {"session_id": "s-2", "updated_at": NOW - 1, "label": "freshest"}
    save_session_store(path, {KEY: SESSION, "agent:main:MAIN": alias, "agent:main:work": {"n": 1}})
    handle(AgentRequest(KEY), AgentRuntime())
    store = load_session_store(path)
    assert store.keys() == {KEY, "agent:main:work"}
    assert (store[KEY]["session_id"], store[KEY]["label"]) == ("s-2", "freshest")


@every_form
def test_a_denied_message_is_not_sent_and_changes_nothing(path: str, handle: Handler) -> None:
    runs: list[Entry] = []
    save_session_store(path, {KEY: SESSION | {"send_policy": "deny"}})
    before = document.fingerprint(path)
    runtime = AgentRuntime(run=lambda entry, message: runs.append(entry))
    assert handle(AgentRequest(KEY, deliver=True, to="+1"), runtime).error == BLOCKED
    assert runs == []
    assert document.fingerprint(path) == before
    assert handle(AgentRequest(KEY, deliver=False), runtime).error is None


@every_form
def test_without_a_store_the_turn_is_taken_in_memory(tmp_path: Path, handle: Handler) -> None:
    runs: list[Entry] = []
    runtime = AgentRuntime(run=lambda entry, message: runs.append(entry))
    reply = handle(AgentRequest(KEY, label="asked", session_id="s-7"), runtime)
    assert (reply.error, reply.is_new, reply.session_key) == (None, True, KEY)
    assert (reply.entry["session_id"], reply.entry["label"]) == ("s-7", "asked")
    assert runs == [reply.entry]
    assert list(tmp_path.iterdir()) == []


def test_without_a_store_the_policy_is_judged_on_the_merged_entry() -> None:
    runtime = AgentRuntime(
        resolve_send_policy=lambda entry: "deny" if entry.get("channel") == "x" else "allow"
    )
    request = AgentRequest(KEY, channel="x", deliver=True)
    assert agent_fixed.handle_agent(request, runtime).error == BLOCKED


def test_the_reply_holds_the_entry_as_it_was_stored(path: str) -> None:
    save_session_store(path, {KEY: SESSION})
    with lock_hook(
        lambda store_path: patch_session(store_path, KEY, {"session_id": "s-2", "label": "fresh"})
    ):
        reply = agent_fixed.handle_agent(AgentRequest(KEY))
    assert reply.entry == load_session_store(path)[KEY]
    assert (reply.entry["session_id"], reply.entry["label"], reply.is_new) == ("s-2", "fresh", False)


def test_a_requested_id_rotates_the_session_and_clears_what_belonged_to_its_run(path: str) -> None:
    entry = turn(path, {KEY: SESSION | RUN | CLI | {"label": "kept"}}, AgentRequest(KEY, session_id="s-2"))
    assert {name: entry[name] for name in (*RUN, *CLI)} == dict.fromkeys((*RUN, *CLI))
    assert (entry["session_id"], entry["label"]) == ("s-2", "kept")
    assert entry["session_started_at"] >= NOW


def test_a_requested_id_that_is_already_the_session_clears_nothing(path: str) -> None:
    entry = turn(path, {KEY: SESSION | RUN | CLI}, AgentRequest(KEY, session_id="s-1"))
    assert entry == entry | RUN | CLI | {"session_started_at": NOW - 9_000}


@pytest.mark.parametrize(("rested_ms", "kept"), [(1_000, True), (60_000, False)])
def test_a_session_that_rested_too_long_gets_a_new_id(path: str, rested_ms: int, kept: bool) -> None:
    configure(path, idle_ms=30_000)
    store = {KEY: SESSION | RUN | {"updated_at": int(time.time() * 1000) - rested_ms}}
    entry = turn(path, store, AgentRequest(KEY))
    assert (entry["session_id"] == "s-1", entry["status"] == "done") == (kept, kept)


def test_an_expired_session_is_not_resumed_under_a_requested_id(path: str) -> None:
    configure(path, idle_ms=30_000)
    entry = turn(path, {KEY: SESSION | {"updated_at": 1}}, AgentRequest(KEY, session_id="s-1"))
    assert entry["session_id"] != "s-1"


def test_a_requested_id_is_taken_by_a_new_session(path: str) -> None:
    configure(path, idle_ms=30_000)
    assert turn(path, {}, AgentRequest(KEY, session_id="s-9"))["session_id"] == "s-9"


@pytest.mark.parametrize("idle_ms", [None, 30_000])
def test_an_id_rotated_meanwhile_stands_against_the_request_and_the_clock(
    path: str, idle_ms: int | None
) -> None:
    configure(path, idle_ms=idle_ms)
    save_session_store(path, {KEY: SESSION})
    with lock_hook(lambda store_path: patch_session(store_path, KEY, {"session_id": "s-2", "updated_at": 1})):
        agent_fixed.handle_agent(AgentRequest(KEY, session_id="s-9"))
    assert load_session_store(path)[KEY]["session_id"] == "s-2"


def test_the_owner_is_set_with_the_first_entry_only(path: str) -> None:
    assert turn(path, {}, AgentRequest(KEY, plugin_owner_id="first"))["plugin_owner_id"] == "first"
    agent_fixed.handle_agent(AgentRequest(KEY, plugin_owner_id="second"))
    assert load_session_store(path)[KEY]["plugin_owner_id"] == "first"


def test_the_request_only_fills_gaps_of_the_delivery(path: str) -> None:
    known = {"channel": "signal", "delivery_context": {"channel": "telegram"}, "last_to": "+1"}
    entry = turn(path, {KEY: SESSION | known}, AgentRequest(KEY, channel="discord", to="+2", thread_id="t-2"))
    assert entry["delivery_context"] == {"channel": "telegram", "to": "+1", "thread_id": "t-2"}
    assert (entry["last_channel"], entry["last_to"], entry["last_thread_id"]) == ("telegram", "+1", "t-2")
    assert (entry["channel"], "last_account_id" in entry) == ("signal", False)


def test_fields_nobody_gave_are_not_written(path: str) -> None:
    written = {"session_id", "updated_at", "session_started_at", "last_interaction_at"}
    assert turn(path, {KEY: SESSION}, AgentRequest(KEY, label="")).keys() == written


def test_the_group_is_that_of_the_session_or_its_parent_and_not_the_word_of_the_request(path: str) -> None:
    parent = {"agent:main:parent": {"group_id": "g-1"}}
    request = AgentRequest(KEY, spawned_by="parent", group_id="g-1", group_channel="general")
    entry = turn(path, {KEY: SESSION, **parent}, request)
    assert (entry["group_id"], entry["group_channel"]) == ("g-1", "general")
    entry = turn(path, {KEY: SESSION | {"group_id": "g-2"}, **parent}, request)
    assert (entry["group_id"], entry.get("group_channel")) == ("g-2", None)
    entry = turn(path, {KEY: SESSION}, AgentRequest(KEY, group_id="g-3"))
    assert "group_id" not in entry


@pytest.mark.parametrize(
    ("spawned_by", "session_key", "parent"),
    [
        (" Asker ", "agent:main:main", "agent:main:asker"),
        ("asker", "agent:ops:main", "agent:ops:asker"),
        ("Agent:Ops:Main", "agent:main:main", "agent:ops:main"),
        ("asker", "global", "agent:main:asker"),
        ("", "agent:main:main", None),
        (None, "agent:main:main", None),
    ],
)
def test_a_parent_is_named_by_its_full_key(
    spawned_by: str | None, session_key: str, parent: str | None
) -> None:
    assert canonical_parent(spawned_by, session_key) == parent
