"""Many files in one run: order, processes that die, bugs of ours, and the counter for those who wait."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lint_rmw import inspection
from lint_rmw.cli_options import Progress
from lint_rmw.files import File
from lint_rmw.inspection import Inspection
from lint_rmw.lint import Options, lint
from lint_rmw.run import Task, inspect_all, processes
from tests.doors import STALE, lint_rmw, write


def inspect_or_die(data: bytes, shown: str, options: Options, **said: Any) -> Inspection:
    """Judges a file as ever, but ends its process without a word at a file named `deadly`."""
    if shown == "deadly":
        os._exit(9)
    return inspection.inspect(data, shown, options, **said)


def test_a_process_that_dies_costs_one_file_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lint_rmw.run.inspect", inspect_or_die)
    names = [f"file{n}" for n in range(6)] + ["deadly"] + [f"file{n}" for n in range(6, 12)]
    tasks = [Task(File(Path(name), name), Options(), STALE.encode()) for name in names]
    found = list(inspect_all(tasks, jobs=2))
    assert [i.path for i in found] == names
    told = [i.error.message for i in found if i.error is not None]
    assert told == ["the analysis of this file crashed"]
    assert all(len(i.findings) == 1 for i in found if i.error is None)


def test_a_bug_of_ours_costs_one_file_and_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(source: Any, *arguments: Any, **said: Any) -> Any:
        if source.path == "odd.py":
            raise KeyError("two\nlines")
        return lint(source, *arguments, **said)

    monkeypatch.setattr("lint_rmw.inspection.lint", trip)
    write(tmp_path, odd=STALE, plain=STALE)
    for command in ("check", "fix"):
        done = lint_rmw(command, cwd=tmp_path)
        said = [line for line in (done.out + done.err).splitlines() if "internal error" in line]
        assert len(said) == 1 and said[0].startswith("odd.py: internal error, please report it: KeyError at ")
        judged = "plain.py:11:22: RMW101" if command == "check" else "fixed 1 finding in 1 file"
        assert (done.code, judged in done.out + done.err) == (2, True)


def test_few_files_need_one_process_and_no_run_more_than_files() -> None:
    assert processes(None, 3) == 1
    assert processes(None, 100_000) == (os.cpu_count() or 1)
    assert (processes(8, 3), processes(2, 100), processes(4, 0)) == (3, 2, 1)


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def counted(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a run of thirty slow files writes to standard error."""
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(Progress, "_QUIET_SECONDS", -1)
    progress = Progress(30)
    for _ in range(30):
        progress.step()
    progress.clear()
    return stream.getvalue()


def test_progress_is_for_terminals_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(io.StringIO(), monkeypatch) == ""
    shown = counted(Terminal(), monkeypatch)
    assert "\r10 of 30 files\r20 of 30 files\r30 of 30 files" in shown
    assert shown.endswith("\r\033[K")


def test_a_short_run_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    progress = Progress(10)
    for _ in range(10):
        progress.step()
    progress.clear()
    assert stream.getvalue() == ""


def test_the_module_runs_like_the_script() -> None:
    done = subprocess.run([sys.executable, "-m", "lint_rmw", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (0, "lint-rmw,")
