"""What the session store refuses, and that a refusal changes no byte and hinders no later update."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fixtures.session_store import (
    DELETE,
    CoroutineMutator,
    NestedStoreUpdate,
    SessionStoreError,
    Store,
    StoreCorrupt,
    StoreLockTimeout,
    document,
    load_session_entry,
    load_session_store,
    lock_hook,
    locked_session_store,
    patch_session,
    save_session_store,
    session_mutator,
    update_session_store,
    update_session_store_entry,
)

KEY = "agent:main:main"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skips fsync."""
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "sessions.json")


def test_a_raising_mutator_saves_nothing_and_the_next_update_runs(path: str) -> None:
    patch_session(path, KEY, {"count": 1})

    def spoil(store: Store) -> None:
        store.clear()
        raise RuntimeError("spoilt")

    for _ in range(3):
        with pytest.raises(RuntimeError, match="spoilt"):
            update_session_store(path, spoil)
    assert load_session_store(path) == {KEY: {"count": 1}}
    assert patch_session(path, KEY, {"count": 2}) == {"count": 2}


def test_a_failed_replace_leaves_the_file_and_no_debris(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch_session(path, KEY, {"n": 1})

    def fail(source: str, target: str) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            patch_session(path, KEY, {"n": 2})
    assert load_session_store(path) == {KEY: {"n": 1}}
    assert sorted(os.listdir(os.path.dirname(path))) == ["sessions.json", "sessions.json.lock"]


@pytest.mark.parametrize("wrong", ["", b"sessions.json", None, {"a": {}}])
def test_a_path_that_names_no_file_is_refused(wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        update_session_store(wrong, len)


CORRUPT = [
    b"",
    b"{",
    b"[]",
    b'{"a": 1}',
    b'{"a": {"n": NaN}}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'\xef\xbb\xbf{"a": {}}',
]


@pytest.mark.parametrize("content", CORRUPT)
def test_a_corrupt_file_is_refused_by_readers_and_updaters_and_left_as_it_is(
    path: str, content: bytes
) -> None:
    Path(path).write_bytes(content)
    attempts: list[Callable[[], object]] = [
        partial(load_session_store, path),
        partial(load_session_entry, KEY, store_path=path),
        partial(patch_session, path, KEY, {"n": 1}),
        partial(save_session_store, path, {}),
    ]
    for attempt in attempts:
        with pytest.raises(StoreCorrupt, match=r"sessions\.json"):
            attempt()
    assert Path(path).read_bytes() == content


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), DELETE])
def test_what_json_cannot_carry_is_not_saved(path: str, value: object) -> None:
    patch_session(path, KEY, {"n": 1})
    before = Path(path).read_bytes()
    with pytest.raises((TypeError, ValueError)):
        update_session_store(path, lambda store: store[KEY].update(n=value))
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("store", [{KEY: 1}, {1: {}}, {KEY: None}])
def test_a_document_that_could_not_be_read_again_is_not_saved(path: str, store: Any) -> None:
    patch_session(path, KEY, {"n": 1})
    with pytest.raises(StoreCorrupt):
        save_session_store(path, store)
    assert load_session_store(path) == {KEY: {"n": 1}}


async def coroutine(*_: object) -> None:
    """Never runs: the synchronous API has nobody to await it."""


class AsyncCallable:
    """An instance whose call makes a coroutine."""

    async def __call__(self, *_: object) -> None:
        """Never runs."""


@pytest.mark.parametrize(
    "mutator",
    [coroutine, partial(coroutine, 1), AsyncCallable(), lambda _: coroutine()],
    ids=["function", "partial", "instance", "lambda"],
)
def test_a_coroutine_is_refused_and_nothing_saved(path: str, mutator: Any) -> None:
    patch_session(path, KEY, {"n": 1})
    before = Path(path).read_bytes()
    for attempt in (
        lambda: update_session_store(path, mutator),
        lambda: update_session_store_entry(path, KEY, mutator),
        lambda: session_mutator(path)(mutator)(),
    ):
        with pytest.raises(CoroutineMutator):
            attempt()
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(
    "mutator", [coroutine, partial(coroutine, 1), AsyncCallable()], ids=["function", "partial", "instance"]
)
def test_a_coroutine_function_is_refused_before_the_lock(path: str, mutator: Any) -> None:
    sections: list[str] = []
    with lock_hook(sections.append):
        for attempt in (
            lambda: update_session_store(path, mutator),
            lambda: update_session_store_entry(path, KEY, mutator),
            lambda: session_mutator(path)(mutator),
        ):
            with pytest.raises(CoroutineMutator):
                attempt()
    assert sections == []


@pytest.mark.parametrize(
    "nested",
    [
        lambda path: update_session_store(path, len),
        lambda path: save_session_store(path, {}),
        lambda path: patch_session(path, KEY, {"n": 2}),
        lambda path: update_session_store_entry(path, KEY, dict),
        lambda path: locked_session_store(path).__enter__(),
        lambda path: session_mutator(path)(len)(),
    ],
)
def test_a_section_inside_a_section_of_the_same_store_is_refused_at_once(
    path: str, nested: Callable[[str], object]
) -> None:
    patch_session(path, KEY, {"n": 1})
    before = Path(path).read_bytes()

    def mutator(store: Store) -> None:
        store[KEY]["n"] = 9
        nested(os.path.join(os.path.dirname(path), ".", "sessions.json"))

    start = time.monotonic()
    with pytest.raises(NestedStoreUpdate):
        update_session_store(path, mutator)
    assert time.monotonic() - start < 1
    assert Path(path).read_bytes() == before
    assert patch_session(path, KEY, {"n": 2}) == {"n": 2}


@pytest.mark.parametrize("error", [NestedStoreUpdate, CoroutineMutator, StoreCorrupt, StoreLockTimeout])
def test_every_refusal_is_a_session_store_error(error: type[Exception]) -> None:
    assert issubclass(error, SessionStoreError)
