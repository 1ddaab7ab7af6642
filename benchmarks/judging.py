"""Files judged one at a time in a process of its own, so that neither a crash nor a hang ends the run."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from benchmarks.claims import PROFILES
from lint_rmw.finding import Finding
from lint_rmw.inspection import inspect


@dataclass(frozen=True)
class Verdict:
    """What became of one file: CPU seconds, and what was found or went wrong."""

    path: Path
    size: int
    seconds: float
    findings: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def crashed(self) -> bool:
        """Whether the fault is the linter's, not the file's."""
        return self.error.startswith(("internal error", "the process died"))


class Judge:
    """A process that judges with one of `claims.PROFILES`; a new one takes over where it died or ran out of time.

    `patience` is how many seconds of wall time a file may take before the process is ended.
    """

    def __init__(self, profile: str, patience: float = 120.0) -> None:
        self._profile = profile
        self._patience = patience
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._profile), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()

    def verdict(self, path: Path) -> Verdict:
        """Judges one file."""
        started = time.monotonic()
        size = path.stat().st_size
        try:
            self._pipe.send(path)
            if self._pipe.poll(self._patience):
                answer = self._pipe.recv()
                assert isinstance(answer, Verdict)
                return answer
            trouble = "no end within the time allowed"
        except (EOFError, ConnectionError):
            trouble = "the process died"
        self._process.kill()
        self._process.join()
        self._start()
        return Verdict(path, size, time.monotonic() - started, error=trouble)


def _serve(pipe: Connection, profile: str) -> None:
    options = PROFILES[profile]()
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        data = path.read_bytes()
        started = time.process_time()
        judged = inspect(data, str(path), options)
        spent = time.process_time() - started
        pipe.send(
            Verdict(path, len(data), spent, judged.findings, judged.error.message if judged.error else "")
        )
