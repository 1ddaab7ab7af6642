"""The session store in memory: the public names and the behaviour of `fixtures.session_store`, without file and lock.

Documents are kept as text, as on disk, so what JSON cannot carry is refused here as well.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from copy import deepcopy
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from fixtures.session_store import (
    DELETE,
    CoroutineMutator,
    Entry,
    LoadedSession,
    NestedStoreUpdate,
    SessionConfig,
    SessionStoreError,
    Store,
    StoreCorrupt,
    StoreLockTimeout,
    canonical_key,
    configure,
    current_config,
    foreign_writer,
    lock_hook,
    lock_hooks,
    merge_entry,
    migrate_aliases,
    stale_cache,
)
from fixtures.session_store.config import StorePath
from fixtures.session_store.document import parse, same_document
from fixtures.session_store.entries import freshest_alias
from fixtures.session_store.seams import call_lock_hooks, is_cache_stale, is_foreign
from fixtures.session_store.sections import refuse_awaitable, refuse_coroutine_function
from fixtures.session_store.store import apply_patch

__all__ = [
    "DELETE",
    "CoroutineMutator",
    "Entry",
    "LoadedSession",
    "NestedStoreUpdate",
    "SessionConfig",
    "SessionStoreError",
    "Store",
    "StoreCorrupt",
    "StoreLockTimeout",
    "canonical_key",
    "configure",
    "current_config",
    "foreign_writer",
    "load_session_entry",
    "load_session_entry_async",
    "load_session_store",
    "lock_hook",
    "lock_hooks",
    "locked_session_store",
    "locked_session_store_async",
    "merge_entry",
    "migrate_aliases",
    "patch_session",
    "save_session_store",
    "session_mutator",
    "stale_cache",
    "update_session_store",
    "update_session_store_async",
    "update_session_store_entry",
    "update_session_store_entry_async",
]

P = ParamSpec("P")
R = TypeVar("R")

_encode = json.JSONEncoder(allow_nan=False).encode
_open: ContextVar[tuple[str, ...]] = ContextVar("open", default=())


class Memory:
    """Everything that survives a call: the documents, the read cache, the held locks and what was seen of a run."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.cached: dict[str, str] = {}
        self.held: set[str] = set()
        self.locks = 0
        self.replay_differs = False

    def plant(self, path: str, text: str) -> None:
        """Makes `text` the only document, known to nobody, and starts watching a new run."""
        self.texts = {path: text}
        self.cached = {}
        self.held.clear()
        self.locks = 0
        self.replay_differs = False


memory = Memory()
"""`replay_differs` says whether a cache that was stale from the start could show something the first lock does not."""


def _name(store_path: StorePath) -> str:
    path = os.fspath(store_path)
    if not isinstance(path, str):
        raise TypeError(f"store path must be text, not {type(path).__name__}")
    if not path:
        raise ValueError("store path is empty")
    return path


def _serialize(store: Any, path: str) -> str:
    if not isinstance(store, dict) or not all(
        isinstance(key, str) and isinstance(entry, dict) for key, entry in store.items()
    ):
        raise StoreCorrupt(f"{path}: not a table of entries")
    return _encode(store)


class _Section:
    """One activation: the fresh store on entry, saved on a clean exit."""

    def __init__(self, path: str) -> None:
        self.path = path

    def announce(self) -> None:
        outer = _open.get()
        if self.path in outer:
            raise NestedStoreUpdate(f"{self.path}: already inside a section of this store")
        if not outer and not is_foreign():
            memory.locks += 1
            call_lock_hooks(self.path)

    def begin(self) -> Store:
        if self.path in memory.held:
            raise StoreLockTimeout(f"{self.path}: held by a task that waits for this one")
        self.before = memory.texts.get(self.path, "{}")
        self.store = parse(self.before, self.path)
        memory.held.add(self.path)
        self.outer = _open.get()
        _open.set((*self.outer, self.path))
        return self.store

    def end(self, clean: bool) -> None:
        _open.set(self.outer)
        memory.held.discard(self.path)
        if clean:
            after = _serialize(self.store, self.path)
            # Reordering keeps the length, so most unequal texts are told apart without parsing them.
            if after != self.before and (
                len(after) != len(self.before) or not same_document(self.before, after)
            ):
                memory.texts[self.path] = after
                if not is_foreign():
                    memory.cached[self.path] = after

    def __enter__(self) -> Store:
        self.announce()
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(clean=kind is None)

    async def __aenter__(self) -> Store:
        self.announce()
        while self.path in memory.held:
            await asyncio.sleep(0)
        return self.begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(clean=kind is None)


def load_session_store(store_path: StorePath, *, skip_cache: bool = False) -> Store:
    """Returns all entries, from the cache while `stale_cache()` holds and `skip_cache` is not asked for."""
    path = _name(store_path)
    current = memory.texts.get(path, "{}")
    if not is_foreign():
        memory.replay_differs |= skip_cache if memory.locks == 0 else not skip_cache
        if not skip_cache:
            if is_cache_stale():
                current = memory.cached.get(path, current)
            memory.cached[path] = current
    return parse(current, path)


def load_session_entry(session_key: str, *, store_path: StorePath | None = None) -> LoadedSession:
    """Returns the freshest alias of `session_key` as the cache shows it."""
    cfg = current_config()
    path = cfg.store_path if store_path is None else _name(store_path)
    key = canonical_key(session_key)
    if path is None:
        return LoadedSession(cfg, None, None, key)
    store = load_session_store(path)
    found = freshest_alias(store, key)
    return LoadedSession(cfg, path, None if found is None else store[found], key)


def locked_session_store(store_path: StorePath, *, timeout: float = 0) -> _Section:
    """Returns the context manager that yields the fresh store; nobody else is there to wait for."""
    return _Section(_name(store_path))


def locked_session_store_async(store_path: StorePath, *, timeout: float = 0) -> _Section:
    """Returns the same for `async with`; it lets other tasks finish first."""
    return _Section(_name(store_path))


def update_session_store(store_path: StorePath, mutator: Callable[[Store], R], *, timeout: float = 0) -> R:
    """Runs `mutator` on the fresh store, saves, and returns its result."""
    refuse_coroutine_function(mutator)
    with locked_session_store(store_path) as store:
        return refuse_awaitable(mutator(store))


def update_session_store_entry(
    store_path: StorePath,
    session_key: str,
    update: Callable[[Entry], Mapping[str, Any] | None],
    *,
    timeout: float = 0,
) -> Entry | None:
    """Merges the patch that `update` returns for the fresh entry; returns the entry, None without one."""
    refuse_coroutine_function(update)
    with locked_session_store(store_path) as store:
        found = freshest_alias(store, session_key)
        if found is None:
            return None
        patch = refuse_awaitable(update(deepcopy(store[found])))
        return store[found] if patch is None else apply_patch(store, session_key, patch)


def patch_session(
    store_path: StorePath, session_key: str, patch: Mapping[str, Any], *, timeout: float = 0
) -> Entry:
    """Merges `patch` onto the fresh entry or a new one."""
    return update_session_store(store_path, lambda store: apply_patch(store, session_key, patch))


def save_session_store(store_path: StorePath, store: Store, *, timeout: float = 0) -> None:
    """Replaces every entry by those of `store`."""
    entries = deepcopy(store)
    with locked_session_store(store_path) as fresh:
        fresh.clear()
        dict.update(fresh, entries)


def session_mutator(
    store_path: StorePath, *, timeout: float = 0
) -> Callable[[Callable[Concatenate[Store, P], R]], Callable[P, R]]:
    """Makes every call of the decorated function one section."""

    def decorate(mutator: Callable[Concatenate[Store, P], R]) -> Callable[P, R]:
        refuse_coroutine_function(mutator)

        @functools.wraps(mutator)
        def apply(*args: P.args, **kwargs: P.kwargs) -> R:
            with locked_session_store(store_path) as store:
                return refuse_awaitable(mutator(store, *args, **kwargs))

        return apply

    return decorate


async def load_session_entry_async(session_key: str, *, store_path: StorePath | None = None) -> LoadedSession:
    """Returns what `load_session_entry` returns, after a pause."""
    await asyncio.sleep(0)
    return load_session_entry(session_key, store_path=store_path)


async def update_session_store_async(
    store_path: StorePath, mutator: Callable[[Store], Awaitable[R] | R], *, timeout: float = 0
) -> R:
    """Runs `mutator`, awaiting it if it needs that."""
    async with locked_session_store_async(store_path) as store:
        return await _settled(mutator(store))


async def update_session_store_entry_async(
    store_path: StorePath,
    session_key: str,
    update: Callable[[Entry], Awaitable[Mapping[str, Any] | None] | Mapping[str, Any] | None],
    *,
    timeout: float = 0,
) -> Entry | None:
    """Merges the patch that `update` returns, awaited if need be."""
    async with locked_session_store_async(store_path) as store:
        found = freshest_alias(store, session_key)
        if found is None:
            return None
        patch = await _settled(update(deepcopy(store[found])))
        return store[found] if patch is None else apply_patch(store, session_key, patch)


async def _settled(result: Awaitable[R] | R) -> R:
    return await result if inspect.isawaitable(result) else result
