"""When the read cache of the session store may answer, and when it must not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NoReturn

import pytest

from fixtures.session_store import (
    cache,
    document,
    foreign_writer,
    load_session_store,
    patch_session,
    save_session_store,
    stale_cache,
    store,
    update_session_store,
)

KEY = "agent:main:main"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skips fsync."""
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "sessions.json")


def test_mutator_gets_the_file_and_not_the_cache(path: str) -> None:
    patch_session(path, KEY, {"count": 1})
    with foreign_writer():
        patch_session(path, KEY, {"count": 5})
    with stale_cache():
        assert load_session_store(path)[KEY] == {"count": 1}
        assert update_session_store(path, lambda store: store[KEY]["count"]) == 5


def test_readers_get_objects_of_their_own(path: str) -> None:
    patch_session(path, KEY, {"tags": ["a"]})
    load_session_store(path)[KEY]["tags"].append("b")
    saved = {KEY: {"tags": ["c"]}}
    save_session_store(path, saved)
    saved[KEY]["tags"].append("d")
    assert load_session_store(path) == {KEY: {"tags": ["c"]}}


def test_cache_sees_every_write_of_another_process(path: str) -> None:
    patch_session(path, KEY, {"n": 100})
    for number in range(101, 301):
        with foreign_writer():
            patch_session(path, KEY, {"n": number})
        assert load_session_store(path)[KEY]["n"] == number


def test_quick_writes_of_one_size_never_share_a_fingerprint(path: str) -> None:
    seen = set()
    for number in range(200):
        patch_session(path, KEY, {"n": 100 + number})
        seen.add(document.fingerprint(path))
    assert len(seen) == 200


def test_fingerprints_differ_even_when_the_clock_stands_still(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    stamps = set()
    for number in range(20):
        patch_session(path, KEY, {"n": 100 + number})
        stamps.add(os.stat(path).st_mtime_ns)
    assert len(stamps) == 20


def test_a_save_refills_the_cache(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch_session(path, KEY, {"n": 1})

    def refuse(path: str) -> NoReturn:
        raise AssertionError("what was just saved is known")

    monkeypatch.setattr(store, "read_document", refuse)
    assert load_session_store(path) == {KEY: {"n": 1}}


def test_cached_text_expires(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    patch_session(path, KEY, {"n": 1})
    seen = document.fingerprint(path)
    real = os.path.realpath(path)
    assert cache.recall(real) is not None
    clock[0] += 44.9
    assert cache.recall(real) is not None
    clock[0] += 0.2
    assert cache.recall(real) is None
    assert document.fingerprint(path) == seen


@pytest.mark.parametrize(("setting", "cached"), [("0", False), ("-5", False), ("60000", True)])
def test_time_to_live_is_set_by_the_environment(
    path: str, monkeypatch: pytest.MonkeyPatch, setting: str, cached: bool
) -> None:
    monkeypatch.setenv(cache.TTL_VARIABLE, setting)
    patch_session(path, KEY, {"n": 1})
    assert (cache.recall(os.path.realpath(path)) is not None) is cached


def test_an_unreadable_time_to_live_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.TTL_VARIABLE, "soon")
    with pytest.raises(ValueError, match=f"{cache.TTL_VARIABLE}.*'soon'"):
        load_session_store(path)


def test_skip_cache_neither_reads_nor_fills_the_cache(path: str) -> None:
    patch_session(path, KEY, {"n": 1})
    with foreign_writer():
        patch_session(path, KEY, {"n": 2})
    with stale_cache():
        assert load_session_store(path, skip_cache=True) == {KEY: {"n": 2}}
        assert load_session_store(path) == {KEY: {"n": 1}}


def test_a_foreign_writer_reads_past_the_cache_of_this_process(path: str) -> None:
    patch_session(path, KEY, {"n": 1})
    with stale_cache(), foreign_writer():
        patch_session(path, KEY, {"n": 2})
        assert load_session_store(path) == {KEY: {"n": 2}}


def test_own_save_ends_the_staleness_of_the_cache(path: str) -> None:
    patch_session(path, KEY, {"n": 1})
    with stale_cache():
        with foreign_writer():
            patch_session(path, KEY, {"m": 2})
        assert load_session_store(path)[KEY] == {"n": 1}
        patch_session(path, KEY, {"n": 3})
        assert load_session_store(path)[KEY] == {"n": 3, "m": 2}


def test_cache_keeps_only_the_stores_read_last(tmp_path: Path) -> None:
    first, second, third, *others = (str(tmp_path / f"{number}.json") for number in range(cache.CAPACITY + 1))
    for path in (first, second, third, *others[:-1]):
        load_session_store(path)
    patch_session(first, KEY, {"n": 1})
    load_session_store(others[-1])
    kept = [path for path in (first, second, third) if cache.recall(os.path.realpath(path)) is not None]
    assert kept == [first, third]
