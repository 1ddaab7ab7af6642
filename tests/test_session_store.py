"""What readers and updaters of the session store return and what they write."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.session_store import (
    DELETE,
    Entry,
    Store,
    configure,
    document,
    load_session_entry,
    load_session_store,
    lock_hook,
    locked_session_store,
    merge_entry,
    migrate_aliases,
    patch_session,
    save_session_store,
    session_mutator,
    update_session_store,
    update_session_store_entry,
)

KEY = "agent:main:main"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Skips fsync, and leaves no configuration behind."""
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")
    yield
    configure(None)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "sessions.json")


def on_disk(path: str) -> Any:
    return json.loads(Path(path).read_text())


def test_absent_store_is_empty_and_stays_absent_when_nothing_changes(path: str) -> None:
    assert load_session_store(path) == {}
    assert update_session_store(path, len) == 0
    assert not os.path.exists(path)


def test_update_returns_the_result_and_saves_what_the_mutator_did(path: str) -> None:
    def mutator(store: Store) -> str:
        store[KEY] = {"label": "new"}
        return "done"

    assert update_session_store(path, mutator) == "done"
    assert on_disk(path) == {KEY: {"label": "new"}}


def test_a_returned_store_is_not_stored(path: str) -> None:
    update_session_store(path, lambda store: {**store, KEY: {}})
    assert load_session_store(path) == {}


def test_an_equal_document_writes_nothing(path: str) -> None:
    Path(path).write_text('{\n  "b": {"n": 1, "m": 2},  "a": {}\n}')
    before = document.fingerprint(path)
    update_session_store(path, lambda store: store.update({"b": {"m": 2, "n": 1}, "a": store.pop("a")}))
    save_session_store(path, {"a": {}, "b": {"m": 2, "n": 1}})
    assert document.fingerprint(path) == before


def test_one_and_true_are_different_documents(path: str) -> None:
    patch_session(path, KEY, {"enabled": 1})
    patch_session(path, KEY, {"enabled": True})
    assert load_session_store(path)[KEY]["enabled"] is True


def test_entry_is_loaded_from_the_configured_store(path: str) -> None:
    cfg = configure(path, idle_ms=5)
    patch_session(path, KEY, {"label": "x"})
    loaded = load_session_entry(f" {KEY.upper()} ")
    assert (loaded.cfg, loaded.store_path, loaded.entry, loaded.canonical_key) == (
        cfg,
        path,
        {"label": "x"},
        KEY,
    )


def test_entry_is_none_without_an_entry_and_path_is_none_without_a_store(path: str) -> None:
    assert load_session_entry(KEY, store_path=path)[1:] == (path, None, KEY)
    assert load_session_entry(KEY)[1:] == (None, None, KEY)


def test_entry_is_the_freshest_alias(path: str) -> None:
    aliases: Store = {KEY: {"updated_at": 1}, KEY.upper(): {"updated_at": 2}, f" {KEY}": {"label": "undated"}}
    save_session_store(path, aliases)
    assert load_session_entry(KEY, store_path=path).entry == {"updated_at": 2}


def test_a_patch_migrates_aliases_to_the_canonical_key(path: str) -> None:
    save_session_store(path, {KEY: {"updated_at": 1, "old": 1}, KEY.upper(): {"updated_at": 2}, "other": {}})
    assert patch_session(path, KEY.title(), {"label": "x"}) == {"updated_at": 2, "label": "x"}
    assert on_disk(path) == {KEY: {"updated_at": 2, "label": "x"}, "other": {}}


def test_canonical_spelling_wins_among_equally_fresh_aliases() -> None:
    store: Store = {KEY.upper(): {"label": "alias"}, KEY: {"label": "canonical"}}
    assert migrate_aliases(store, KEY) == KEY
    assert store == {KEY: {"label": "canonical"}}


def test_merge_keeps_absent_fields_stores_none_and_removes_deleted_ones() -> None:
    existing = {"kept": 1, "cleared": 2, "removed": 3}
    patch = {"cleared": None, "removed": DELETE, "never": DELETE, "new": [4]}
    merged = merge_entry(existing, patch)
    assert merged == {"kept": 1, "cleared": None, "new": [4]}
    assert merged["new"] is not patch["new"]
    assert existing == {"kept": 1, "cleared": 2, "removed": 3}


def test_entry_update_merges_the_patch_and_returns_the_merged_entry(path: str) -> None:
    save_session_store(path, {KEY.upper(): {"n": 1, "m": 1}})
    assert update_session_store_entry(path, KEY, lambda entry: {"n": entry["n"] + 1}) == {"n": 2, "m": 1}
    assert on_disk(path) == {KEY: {"n": 2, "m": 1}}


def test_entry_update_of_a_missing_key_is_not_called(path: str) -> None:
    def update(entry: Entry) -> Entry:
        raise AssertionError("there is nothing to update")

    assert update_session_store_entry(path, KEY, update) is None


def test_entry_update_that_returns_none_saves_nothing_of_what_it_did_to_its_copy(path: str) -> None:
    patch_session(path, KEY, {"tags": []})
    before = document.fingerprint(path)

    def update(entry: Entry) -> None:
        entry["tags"].append("in vain")

    assert update_session_store_entry(path, KEY, update) == {"tags": []}
    assert document.fingerprint(path) == before


def test_with_block_saves_on_a_clean_exit_only(path: str) -> None:
    with locked_session_store(path) as store:
        store[KEY] = {"n": 1}
    with pytest.raises(RuntimeError), locked_session_store(path) as store:
        store[KEY] = {"n": 2}
        raise RuntimeError
    assert on_disk(path) == {KEY: {"n": 1}}


def test_with_block_left_by_return_saves(path: str) -> None:
    def rename() -> str:
        with locked_session_store(path) as store:
            store[KEY] = {"label": "x"}
            return "renamed"

    assert rename() == "renamed"
    assert on_disk(path) == {KEY: {"label": "x"}}


def test_every_call_of_a_decorated_mutator_is_one_section(path: str) -> None:
    @session_mutator(path)
    def add(store: Store, amount: int, *, key: str = KEY) -> int:
        """Adds."""
        entry = store.setdefault(key, {"n": 0})
        entry["n"] += amount
        return int(entry["n"])

    assert [add(1), add(amount=2), add(3, key="other")] == [1, 3, 3]
    assert on_disk(path) == {KEY: {"n": 3}, "other": {"n": 3}}
    assert (add.__name__, add.__doc__) == ("add", "Adds.")


def test_a_new_file_is_private_and_an_old_one_keeps_its_mode(path: str) -> None:
    patch_session(path, KEY, {"n": 1})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    os.chmod(path, 0o640)
    patch_session(path, KEY, {"n": 2})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640


def test_a_store_behind_a_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    patch_session(real, KEY, {"n": 1})
    link.symlink_to(real)
    patch_session(link, KEY, {"n": 2})
    assert link.is_symlink()
    assert load_session_store(real) == {KEY: {"n": 2}}


@pytest.mark.parametrize(("setting", "calls"), [("0", 0), ("1", 2), (None, 2)])
def test_a_save_syncs_file_and_folder_unless_told_not_to(
    path: str, monkeypatch: pytest.MonkeyPatch, setting: str | None, calls: int
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    if setting is None:
        monkeypatch.delenv(document.FSYNC_VARIABLE)
    else:
        monkeypatch.setenv(document.FSYNC_VARIABLE, setting)
    patch_session(path, KEY, {"n": 1})
    assert len(synced) == calls


def test_a_hook_runs_before_the_lock_of_an_outermost_section_only(path: str, tmp_path: Path) -> None:
    seen: list[str] = []

    def write(store_path: str) -> None:
        seen.append(store_path)
        patch_session(store_path, KEY, {"n": len(seen)})

    def mutator(store: Store) -> int:
        patch_session(tmp_path / "other.json", KEY, {"nested": True})
        return int(store[KEY]["n"])

    with lock_hook(write):
        assert update_session_store(path, mutator) == 1
        assert update_session_store_entry(path, KEY, lambda entry: {"seen": entry["n"]}) == {
            "n": 2,
            "seen": 2,
        }
    patch_session(path, KEY, {"n": 0})
    assert seen == [os.path.realpath(path)] * 2
