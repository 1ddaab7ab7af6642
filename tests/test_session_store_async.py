"""The asynchronous twins: tasks wait without blocking the loop, and lose nothing to each other or to threads."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import filelock
import pytest

from fixtures.session_store import (
    Entry,
    NestedStoreUpdate,
    Store,
    StoreCorrupt,
    StoreLockTimeout,
    configure,
    document,
    foreign_writer,
    load_session_entry_async,
    load_session_store,
    lock_hook,
    locked_session_store_async,
    patch_session,
    stale_cache,
    update_session_store,
    update_session_store_async,
    update_session_store_entry_async,
)
from fixtures.session_store.lock import line_lengths

KEY = "agent:main:main"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Skips fsync, and leaves no configuration behind and no section open or queued."""
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")
    yield
    configure(None)
    assert line_lengths() == {}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "sessions.json")


async def count_up(store: Store) -> int:
    """Counts up with a pause between read and write, as only a section allows."""
    count = store.get(KEY, {}).get("count", 0)
    await asyncio.sleep(0)
    store[KEY] = {"count": count + 1}
    return int(count) + 1


def test_concurrent_increments_all_count_in_the_order_they_came(path: str) -> None:
    async def run() -> list[int]:
        return await asyncio.gather(*(update_session_store_async(path, count_up) for _ in range(10)))

    assert asyncio.run(run()) == list(range(1, 11))
    assert load_session_store(path) == {KEY: {"count": 10}}


def test_concurrent_entry_patches_are_all_kept(path: str) -> None:
    patch_session(path, KEY, {"n": 0})

    async def touch(entry: Entry, field: str) -> Entry:
        await asyncio.sleep(0)
        return {field: entry["n"] + 1}

    async def run() -> None:
        await asyncio.gather(
            *(update_session_store_entry_async(path, KEY, partial(touch, field=field)) for field in "abc")
        )

    asyncio.run(run())
    assert load_session_store(path)[KEY] == {"n": 0, "a": 1, "b": 1, "c": 1}


def test_mutators_and_updates_need_not_be_coroutines(path: str) -> None:
    async def run() -> tuple[Entry, Entry | None, Entry | None, Entry | None]:
        return (
            await update_session_store_async(path, lambda store: store.setdefault(KEY, {"n": 1})),
            await update_session_store_entry_async(path, KEY, lambda entry: {"m": entry["n"]}),
            await update_session_store_entry_async(path, KEY, lambda entry: None),
            await update_session_store_entry_async(path, "missing", lambda entry: {"m": 1}),
        )

    assert asyncio.run(run()) == ({"n": 1}, {"n": 1, "m": 1}, {"n": 1, "m": 1}, None)
    assert load_session_store(path) == {KEY: {"n": 1, "m": 1}}


def test_an_entry_update_may_change_its_copy_in_vain(path: str) -> None:
    patch_session(path, KEY, {"tags": []})

    async def update(entry: Entry) -> Entry:
        entry["tags"].append("in vain")
        return {"n": 1}

    asyncio.run(update_session_store_entry_async(path, KEY, update))
    assert load_session_store(path) == {KEY: {"tags": [], "n": 1}}


def test_async_with_block_saves_on_a_clean_exit_only(path: str) -> None:
    async def run() -> None:
        async with locked_session_store_async(path) as store:
            store[KEY] = {"n": 1}
        with pytest.raises(RuntimeError):
            async with locked_session_store_async(path) as store:
                store[KEY] = {"n": 2}
                raise RuntimeError

    asyncio.run(run())
    assert load_session_store(path) == {KEY: {"n": 1}}


def test_entry_is_read_through_the_cache(path: str) -> None:
    cfg = configure(path)
    patch_session(path, KEY, {"n": 1})
    with foreign_writer():
        patch_session(path, KEY, {"n": 2})
    with stale_cache():
        assert asyncio.run(load_session_entry_async(KEY)) == (cfg, path, {"n": 1}, KEY)
    assert asyncio.run(load_session_entry_async(KEY)).entry == {"n": 2}


def test_failing_tasks_do_not_hinder_the_next(path: str) -> None:
    async def fail(store: Store) -> None:
        store[KEY] = {"count": 99}
        raise RuntimeError

    async def run() -> list[object]:
        updates = [update_session_store_async(path, fail) for _ in range(3)]
        return await asyncio.gather(
            *updates, update_session_store_async(path, count_up), return_exceptions=True
        )

    assert [type(result) for result in asyncio.run(run())] == [RuntimeError] * 3 + [int]
    assert load_session_store(path) == {KEY: {"count": 1}}


def test_sections_of_two_stores_overlap(tmp_path: Path) -> None:
    events: list[str] = []

    async def work(name: str) -> None:
        async with locked_session_store_async(tmp_path / name):
            events.append(f"{name} in")
            await asyncio.sleep(0.05)
            events.append(f"{name} out")

    async def run() -> None:
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(run())
    assert events == ["a in", "b in", "a out", "b out"]


def test_an_update_that_times_out_in_the_line_never_runs(path: str) -> None:
    async def hold(inside: asyncio.Event, leave: asyncio.Event) -> None:
        async with locked_session_store_async(path) as store:
            inside.set()
            await leave.wait()
            store["holder"] = {}

    async def run() -> None:
        inside, leave = asyncio.Event(), asyncio.Event()
        holder = asyncio.create_task(hold(inside, leave))
        await inside.wait()
        with pytest.raises(StoreLockTimeout):
            await update_session_store_async(path, count_up, timeout=0.05)
        leave.set()
        await holder

    asyncio.run(run())
    assert load_session_store(path) == {"holder": {}}


def test_no_time_to_wait_is_enough_when_nobody_is_inside(path: str) -> None:
    assert asyncio.run(update_session_store_async(path, count_up, timeout=0)) == 1


def test_a_task_awaited_by_a_section_counts_as_nested(path: str) -> None:
    async def delegate(store: Store) -> None:
        await asyncio.create_task(update_session_store_async(path, count_up))

    with pytest.raises(NestedStoreUpdate):
        asyncio.run(update_session_store_async(path, delegate))
    assert load_session_store(path) == {}


def test_an_update_that_times_out_at_the_file_lock_leaves_the_loop_running(path: str) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    async def run() -> None:
        clock = asyncio.create_task(tick())
        with pytest.raises(StoreLockTimeout):
            await update_session_store_async(path, count_up, timeout=0.1)
        clock.cancel()

    with filelock.FileLock(f"{os.path.realpath(path)}.lock"):
        asyncio.run(run())
    assert ticks >= 5
    assert load_session_store(path) == {}


def test_a_cancelled_task_saves_nothing_and_frees_its_place(path: str) -> None:
    async def hang(store: Store) -> None:
        store[KEY] = {"count": 99}
        await asyncio.sleep(60)

    async def run() -> int:
        inside = asyncio.create_task(update_session_store_async(path, hang))
        await asyncio.sleep(0.02)
        waiting = asyncio.create_task(update_session_store_async(path, hang))
        last = asyncio.create_task(update_session_store_async(path, count_up))
        await asyncio.sleep(0.02)
        waiting.cancel()
        inside.cancel()
        return await last

    assert asyncio.run(run()) == 1
    assert load_session_store(path) == {KEY: {"count": 1}}


def test_a_nested_section_is_refused_and_the_outer_one_not_saved(path: str) -> None:
    async def nest(store: Store) -> None:
        store[KEY] = {"count": 99}
        await update_session_store_async(path, count_up)

    async def nest_in_a_thread(store: Store) -> None:
        store[KEY] = {"count": 99}
        await asyncio.to_thread(update_session_store, path, len)

    for mutator in (nest, nest_in_a_thread):
        start = time.monotonic()
        with pytest.raises(NestedStoreUpdate):
            asyncio.run(update_session_store_async(path, mutator))
        assert time.monotonic() - start < 1
    assert load_session_store(path) == {}


def test_a_task_started_in_a_section_may_update_once_it_is_over(path: str) -> None:
    async def run() -> int:
        over = asyncio.Event()

        async def later() -> int:
            await over.wait()
            return await update_session_store_async(path, count_up)

        async with locked_session_store_async(path):
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        over.set()
        return await task

    assert asyncio.run(run()) == 1


def test_threads_and_tasks_share_one_line(path: str) -> None:
    def count_in_thread() -> None:
        for _ in range(20):
            update_session_store(
                path, lambda store: store.update({KEY: {"count": store.get(KEY, {}).get("count", 0) + 1}})
            )

    async def run() -> None:
        await asyncio.gather(
            *(asyncio.to_thread(count_in_thread) for _ in range(2)),
            *(update_session_store_async(path, count_up) for _ in range(20)),
        )

    asyncio.run(run())
    assert load_session_store(path) == {KEY: {"count": 60}}


def test_the_writer_of_a_hook_lands_before_the_section(path: str) -> None:
    with lock_hook(lambda store_path: patch_session(store_path, KEY, {"count": 41})):
        assert asyncio.run(update_session_store_async(path, count_up)) == 42


def test_a_corrupt_file_is_refused_and_left_as_it_is(path: str) -> None:
    Path(path).write_text("{")
    with pytest.raises(StoreCorrupt):
        asyncio.run(update_session_store_async(path, count_up))
    assert Path(path).read_text() == "{"
