"""Sections of one store follow each other, in threads and processes, and a late one never runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import filelock
import pytest

from fixtures.session_store import (
    Entry,
    Store,
    StoreLockTimeout,
    document,
    load_session_store,
    locked_session_store,
    patch_session,
    update_session_store,
    update_session_store_entry,
)
from fixtures.session_store.lock import ThreadTicket, join_line, leave_line, line_lengths

KEY = "agent:main:main"
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Skips fsync, and leaves no section open or queued."""
    monkeypatch.setenv(document.FSYNC_VARIABLE, "0")
    yield
    assert line_lengths() == {}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "sessions.json")


@contextmanager
def section_held_elsewhere(path: str) -> Iterator[None]:
    """Another thread is inside a section of the store for the block."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with locked_session_store(path):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    try:
        yield
    finally:
        leave.set()
        thread.join()


def count_up(store: Store) -> None:
    entry = store.setdefault(KEY, {"count": 0})
    entry["count"] += 1


def touch(field: str, entry: Entry) -> Entry:
    return {field: entry["n"] + 1}


def is_queued(real_path: str, sections: int) -> bool:
    """Whether so many sections wait behind the open one."""
    return line_lengths()[real_path] == sections + 1


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_increments_of_many_threads_all_count(path: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        for job in [pool.submit(update_session_store, path, count_up) for _ in range(100)]:
            job.result()
    assert load_session_store(path) == {KEY: {"count": 100}}


def test_patches_of_different_fields_are_all_kept(path: str) -> None:
    patch_session(path, KEY, {"n": 0})
    fields = [f"field-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for field in fields:
            pool.submit(update_session_store_entry, path, KEY, partial(touch, field))
    assert load_session_store(path)[KEY] == {"n": 0, **dict.fromkeys(fields, 1)}


def test_increments_of_many_processes_all_count(path: str) -> None:
    script = (
        "import sys; from fixtures.session_store import update_session_store\n"
        "def count_up(store): entry = store.setdefault('n', {'count': 0}); entry['count'] += 1\n"
        "for _ in range(40): update_session_store(sys.argv[1], count_up)"
    )
    crew = [subprocess.Popen([sys.executable, "-c", script, path], cwd=REPOSITORY) for _ in range(4)]
    assert [process.wait(30) for process in crew] == [0] * 4
    assert load_session_store(path) == {"n": {"count": 160}}


def test_waiting_sections_run_in_the_order_they_came(path: str) -> None:
    order: list[int] = []
    real = os.path.realpath(path)
    with ThreadPoolExecutor(5) as pool, section_held_elsewhere(path):
        for number in range(5):
            pool.submit(update_session_store, path, lambda _, number=number: order.append(number))
            wait_until(partial(is_queued, real, number + 1))
    assert order == [0, 1, 2, 3, 4]


def test_an_update_that_times_out_in_the_line_never_runs(path: str) -> None:
    with section_held_elsewhere(path):
        start = time.monotonic()
        with pytest.raises(StoreLockTimeout, match=r"sessions\.json: no lock within 0.05 s"):
            update_session_store(path, count_up, timeout=0.05)
        assert 0.05 <= time.monotonic() - start < 2
    patch_session(path, "other", {})
    assert load_session_store(path) == {"other": {}}


def test_an_update_that_times_out_at_the_file_lock_never_runs(path: str) -> None:
    with filelock.FileLock(f"{os.path.realpath(path)}.lock"), pytest.raises(StoreLockTimeout):
        update_session_store(path, count_up, timeout=0.05)
    update_session_store(path, len)
    assert load_session_store(path) == {}


def test_time_in_the_line_counts_against_the_time_for_the_file_lock(path: str) -> None:
    real = os.path.realpath(path)
    before = ThreadTicket()
    join_line(real, before)
    threading.Timer(0.3, leave_line, (real, before)).start()
    start = time.monotonic()
    with filelock.FileLock(f"{real}.lock"), pytest.raises(StoreLockTimeout):
        update_session_store(path, count_up, timeout=0.4)
    assert 0.4 <= time.monotonic() - start < 0.65


def test_a_failed_section_lets_the_next_one_in(path: str) -> None:
    def fail(store: Store) -> None:
        raise RuntimeError

    with ThreadPoolExecutor(4) as pool:
        failing = [pool.submit(update_session_store, path, fail) for _ in range(3)]
        counting = pool.submit(update_session_store, path, count_up)
    assert [type(job.exception()) for job in failing] == [RuntimeError] * 3
    assert counting.exception() is None
    assert load_session_store(path) == {KEY: {"count": 1}}


def test_different_stores_do_not_wait_for_each_other(path: str, tmp_path: Path) -> None:
    with section_held_elsewhere(path):
        patch_session(tmp_path / "other.json", KEY, {"n": 1}, timeout=1)
        assert line_lengths() == {os.path.realpath(path): 1}


def test_spellings_of_one_path_are_one_store(path: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with section_held_elsewhere(path):
        for spelling in (Path(path), f"{tmp_path}/./sessions.json", tmp_path / "link" / "sessions.json"):
            with pytest.raises(StoreLockTimeout):
                update_session_store(spelling, count_up, timeout=0.01)


def test_lock_file_is_held_during_a_section_and_free_but_present_after(path: str) -> None:
    beside = filelock.FileLock(f"{os.path.realpath(path)}.lock")
    with section_held_elsewhere(path), pytest.raises(filelock.Timeout):
        beside.acquire(blocking=False)
    with beside.acquire(blocking=False):
        assert os.path.exists(beside.lock_file)


def test_another_thread_is_not_taken_for_a_nested_update(path: str) -> None:
    def start_a_writer(store: Store) -> threading.Thread:
        thread = threading.Thread(target=patch_session, args=(path, KEY, {"n": 1}))
        thread.start()
        return thread

    update_session_store(path, start_a_writer).join()
    assert load_session_store(path) == {KEY: {"n": 1}}


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_the_sections_of_its_parent(path: str) -> None:
    with section_held_elsewhere(path):
        child = os.fork()
        if child == 0:
            os._exit(len(line_lengths()))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
