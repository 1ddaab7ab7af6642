"""Many files judged, in order, by one process or several, with the choices that hold for each of them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rmw.config import Config, Configs
from lint_rmw.files import File, read_bytes
from lint_rmw.finding import Confidence, FileError
from lint_rmw.inspection import Inspection, inspect, known_rules, options_for, worth_reading
from lint_rmw.lint import Options

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# Below this many files, starting processes costs more than they save.
_WORTH_PROCESSES = 200
_AHEAD = 4
# What Windows can wait for at once, and more than any machine has a use for.
_MOST_PROCESSES = 61
_ORPHAN_SECONDS = 0.5


class Choices:
    """The configuration of each file: that of its folder, with what the command line says on top.

    Raises `ConfigError` where that names no rule.
    """

    def __init__(
        self,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        min_confidence: Confidence | None = None,
    ) -> None:
        self._configs = Configs(known_rules())
        self._said = (select, ignore, min_confidence)
        # A mistake is told whether or not there is a file to which the choice applies.
        Config(Path()).overridden(*self._said, rules=known_rules())
        self._chosen: dict[Path, Config] = {}

    def config(self, folder: Path) -> Config:
        """What is in force in `folder`; raises `ConfigError`."""
        if folder not in self._chosen:
            self._chosen[folder] = self._configs.nearest(folder).overridden(*self._said, rules=known_rules())
        return self._chosen[folder]

    def options(self, path: Path) -> Options:
        """The options of the file at `path`; raises `ConfigError`."""
        return options_for(self.config(path.parent), path)

    def excluded(self, path: Path, is_folder: bool) -> bool:
        """Whether the user's `exclude` leaves out `path`; raises `ConfigError`."""
        return self.config(path.parent).excludes(path, is_folder)

    def leaves_out(self, path: Path) -> bool:
        """Whether the user's `exclude` leaves out `path` or a folder around it; raises `ConfigError`."""
        try:
            return self.config(path.parent).leaves_out(path)
        except (OSError, ValueError):
            return False


@dataclass(frozen=True)
class Task:
    """One file to judge; `data` is what to judge instead of the file's own bytes, or None."""

    file: File
    options: Options
    data: bytes | None = None


def processes(jobs: int | None, files: int) -> int:
    """How many processes to use: as many as asked for, or what suits the machine and the number of files."""
    if jobs is not None:
        return min(jobs, max(1, files), _MOST_PROCESSES)
    return (os.cpu_count() or 1) if files >= _WORTH_PROCESSES else 1


def inspect_all(tasks: Iterable[Task], *, jobs: int, propose_fixes: bool = False) -> Iterator[Inspection]:
    """Judges the files in their order; a file that cannot be judged comes with its error, and the rest go on."""
    if jobs <= 1:
        for task in tasks:
            read = _read(task)
            yield read if isinstance(read, Inspection) else inspect(*read, propose_fixes=propose_fixes)
        return
    pool = _Pool(jobs, propose_fixes)
    try:
        for task in tasks:
            read = _read(task)
            yield from pool.add(read)
        yield from pool.drain(0)
        pool.close()
    except BaseException:
        pool.kill()
        raise


_Arguments = tuple[bytes, str, Options]


def _read(task: Task) -> Inspection | _Arguments:
    """What to hand to a process, or the end of the matter where a file need not be parsed."""
    shown = task.file.shown
    try:
        data = read_bytes(task.file.path) if task.data is None else task.data
    except OSError as error:
        return Inspection(shown, error=FileError(shown, f"cannot be read: {error.strerror or error}"))
    if not worth_reading(data, task.options):
        return Inspection(shown)
    return data, shown, task.options


class _Pool:
    """Processes that judge files a little ahead of the one whose turn it is."""

    def __init__(self, jobs: int, propose_fixes: bool) -> None:
        self._jobs = jobs
        self._propose_fixes = propose_fixes
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: deque[Inspection | tuple[_Arguments, Future[Inspection]]] = deque()

    def add(self, read: Inspection | _Arguments) -> Iterator[Inspection]:
        """Takes in one more file and gives those that are due."""
        if isinstance(read, Inspection):
            self._waiting.append(read)
        else:
            self._waiting.append((read, self._submit(read)))
        yield from self.drain(self._jobs * _AHEAD)

    def drain(self, left: int) -> Iterator[Inspection]:
        """Gives results in order until no more than `left` are out."""
        while self._waiting and (len(self._waiting) > left or isinstance(self._waiting[0], Inspection)):
            first = self._waiting.popleft()
            yield first if isinstance(first, Inspection) else self._result(*first)

    def close(self) -> None:
        """Lets the processes end; what they have not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def kill(self) -> None:
        """Ends the processes in the midst of what they do: nobody waits for it any more."""
        from multiprocessing import active_children

        for process in active_children():
            process.terminate()
        self.close()

    def _submit(self, read: _Arguments) -> Future[Inspection]:
        if self._pool is None:
            self._pool = _executor(self._jobs)
        try:
            with _no_interrupts():
                return self._pool.submit(inspect, *read, propose_fixes=self._propose_fixes)
        except BrokenExecutor:
            self.close()
            self._pool = None
            return self._submit(read)

    def _result(self, read: _Arguments, future: Future[Inspection]) -> Inspection:
        try:
            return future.result()
        except BrokenExecutor:
            return _alone(read, self._propose_fixes)


def _alone(read: _Arguments, propose_fixes: bool) -> Inspection:
    """A process died with several files in hand; a process of its own tells which of them was the one."""
    try:
        with _executor(1) as pool:
            with _no_interrupts():
                future = pool.submit(inspect, *read, propose_fixes=propose_fixes)
            return future.result()
    except BrokenExecutor:
        return Inspection(read[1], error=FileError(read[1], "the analysis of this file crashed"))


def _executor(processes: int) -> ProcessPoolExecutor:
    # What it imports costs a tenth of a second that a run of one process need not pay.
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(processes, initializer=_serve)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Holds interrupts back while processes are started: they inherit that, and leave them to their parent for good."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve() -> None:
    """Makes a process of the pool leave interrupts to its parent, and end when that one was killed.

    The pipe it waits at does not tell it so: its siblings hold the other end of it, too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_ORPHAN_SECONDS)
    os._exit(1)
