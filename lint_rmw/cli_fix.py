"""The command `fix`: repairs files in place, or says what it would do."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from lint_rmw import __version__
from lint_rmw.atomic import replace_file
from lint_rmw.cli_options import (
    BROKEN,
    CLEAN,
    FOUND,
    Progress,
    choices,
    color_wanted,
    complain,
    complain_of,
    epilog,
    from_stdin,
    meant,
    read_stdin,
    say,
    selection,
    sources,
    write_bytes,
)
from lint_rmw.files import File, read_bytes, walk
from lint_rmw.finding import FileError, Finding, Outcome
from lint_rmw.inspection import internal_error
from lint_rmw.repair import Repaired, repair
from lint_rmw.run import Choices
from lint_rmw.source import SourceError


@dataclass(frozen=True)
class _Mode:
    """What to do with a repaired file."""

    unsafe: bool
    diff: bool
    check: bool

    @property
    def writes(self) -> bool:
        return not self.diff and not self.check


_EPILOG = epilog(
    ("lint-rmw fix --diff", "show what the safe fixes would change"),
    ("lint-rmw fix", "make the safe fixes"),
    ("lint-rmw fix --unsafe-fixes src/agent.py", "make every fix that is offered for one file"),
)


@click.command(epilog=_EPILOG)
@sources
@click.option(
    "--unsafe-fixes", is_flag=True, help="Make fixes too that may change more than interleaved runs."
)
@click.option("--diff", is_flag=True, help="Print what would change as a unified diff and write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something would change.")
@selection
def fix(
    paths: tuple[str, ...],
    stdin_filename: str | None,
    force_exclude: bool,
    unsafe_fixes: bool,
    diff: bool,
    check: bool,
    select: Sequence[str],
    ignore: Sequence[str],
    min_confidence: str | None,
) -> int:
    """Repair stale read-modify-write in PATHS, in place.

    Only safe fixes are made: those that change nothing but runs in which another writer comes between. What was not
    fixed is reported with the reasons. With `-`, the repaired text goes to standard output. Files are replaced whole,
    keeping encoding, line ends and mode; suppressed findings are left alone.
    """
    mode = _Mode(unsafe_fixes, diff, check)
    chosen = choices(select, ignore, min_confidence)
    stdin = from_stdin(paths, stdin_filename)
    files: Sequence[File | FileError]
    if stdin is None:
        files = list(walk(meant(paths, chosen, force_exclude=force_exclude), chosen.excluded))
    else:
        files = [stdin]
        if force_exclude and chosen.leaves_out(stdin.path):
            write_bytes(b"" if diff or check else read_stdin())
            return CLEAN
    progress = Progress(len(files))
    tally = _Tally()
    for file in files:
        if isinstance(file, FileError):
            tally.errors.append(file)
        else:
            _one(file, chosen, mode, tally, is_stdin=stdin is not None)
        progress.step()
    progress.clear()
    _report(tally, mode, is_stdin=stdin is not None)
    if tally.errors:
        return BROKEN
    if tally.remaining or (tally.fixed and not mode.writes):
        return FOUND
    return CLEAN


class _Tally:
    """What a run has come to so far."""

    def __init__(self) -> None:
        self.fixed: list[Finding] = []
        self.remaining: list[Finding] = []
        self.hidden: list[Finding] = []
        self.errors: list[FileError] = []
        self.lines: dict[str, Sequence[str]] = {}
        self.files = 0
        self.changed = 0


def _one(file: File, chosen: Choices, mode: _Mode, tally: _Tally, *, is_stdin: bool) -> None:
    options = chosen.options(file.path)
    data = None
    try:
        data = read_stdin() if is_stdin else read_bytes(file.path)
        done = repair(data, file.shown, options, unsafe=mode.unsafe)
        if mode.diff:
            say("".join(_diff(data, done, file.shown)))
        elif is_stdin and mode.writes:
            write_bytes(done.source.data if done.fixed else data)
        elif done.fixed and mode.writes:
            replace_file(file.path, done.source.data, expected=data)
    except SourceError as error:
        tally.errors.append(FileError(file.shown, str(error)))
        if is_stdin and mode.writes and data is not None:
            write_bytes(data)
        return
    except OSError as error:
        does = "read" if data is None else "written"
        tally.errors.append(FileError(file.shown, f"cannot be {does}: {error.strerror or error}"))
        return
    except (RecursionError, MemoryError):
        tally.errors.append(FileError(file.shown, "is nested too deep to analyse"))
        return
    except Exception as error:
        # See `inspect`: one file must not end the run. `ConfigError` and failures of the door come before this.
        if isinstance(error, click.ClickException):
            raise
        tally.errors.append(FileError(file.shown, internal_error(error)))
        return
    tally.files += 1
    tally.changed += bool(done.fixed)
    tally.fixed += done.fixed
    tally.remaining += done.remaining
    tally.hidden += done.hidden
    if done.remaining or done.hidden:
        tally.lines[file.shown] = done.source.lines


def _diff(data: bytes, done: Repaired, name: str) -> Iterator[str]:
    """Lines of a unified diff that `git apply` takes; a file without changes has none."""
    if not done.fixed:
        return
    encoding = done.source.encoding
    before, after = (_lines(each.decode(encoding)) for each in (data, done.source.data))
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines of a diff end at line feeds only, other than Python's."""
    return list(io.StringIO(text, newline="\n"))


def _report(tally: _Tally, mode: _Mode, *, is_stdin: bool) -> None:
    """What was not fixed goes to standard output like any report, unless that holds a diff or the text itself."""
    from lint_rmw.reports.text import render

    remaining = Outcome(
        version=__version__,
        findings=tuple(sorted(tally.remaining, key=Finding.sort_key)),
        suppressed=tuple(tally.hidden),
        errors=tuple(tally.errors),
        files=tally.files,
        lines=tally.lines,
    )
    taken = mode.diff or is_stdin
    if tally.remaining and not taken:
        say(render(remaining, color=color_wanted()))
    elif tally.remaining:
        complain(render(remaining).rstrip("\n"))
    else:
        complain_of(tally.errors)
    done = "fixed" if mode.writes else "would fix"
    number, files = len(tally.fixed), tally.changed
    complain(
        f"{done} {number} finding{'' if number == 1 else 's'} in {files} file{'' if files == 1 else 's'}"
        f"{f', {len(tally.remaining)} not fixed' if tally.remaining else ''}"
    )
