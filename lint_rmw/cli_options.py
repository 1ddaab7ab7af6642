"""What the commands share: options, the files they mean, and writing to streams that may refuse."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import click

from lint_rmw.atomic import replace_file
from lint_rmw.config import nearest
from lint_rmw.files import File, shown_or_raw
from lint_rmw.finding import Confidence, FileError
from lint_rmw.run import Choices

Command = TypeVar("Command", bound=Callable[..., Any])

CLEAN, FOUND, BROKEN, INTERRUPTED = 0, 1, 2, 130
EXIT_CODES = """\b
Exit codes:
  0    nothing found, or everything fixed
  1    findings remain, or a fix would change something (fix --check, --diff)
  2    usage, configuration, or a file that cannot be read or parsed
  130  interrupted"""


def epilog(*examples: tuple[str, str]) -> str:
    """What stands below the options of a command: examples, each with what it does, and the exit codes."""
    width = max((len(line) for line, _ in examples), default=0)
    lines = ["\b", "Examples:", *(f"  {line:{width}}  {does}" for line, does in examples), ""]
    return "\n".join([*(lines if examples else []), EXIT_CODES])


class Failure(click.ClickException):
    """A run that cannot go on: one line on stderr, exit 2."""

    exit_code = BROKEN

    def show(self, file: Any = None) -> None:
        """Prints the line."""
        complain(f"error: {self.message}")


class OneOf(click.Choice[str]):
    """A choice that names the nearest of its words when it is given none of them."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Returns the word; raises `BadParameter`."""
        if value not in self.choices:
            self.fail(
                f"unknown word {value!r}{nearest(str(value), map(str, self.choices))}", parameter, context
            )
        return str(value)


def _words(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """The words of lists separated by commas, without blanks around them."""
    words = tuple(word.strip() for text in given for word in text.split(",") if word.strip())
    if given and not words and parameter.name == "select":
        raise click.BadParameter("no rule is named", context, parameter)
    return words


def selection(command: Command) -> Command:
    """Adds the options that choose rules."""
    for option in (
        click.option(
            "--min-confidence",
            type=OneOf([level.value for level in Confidence]),
            help="Report findings that are at least this sure (default: medium).",
        ),
        click.option(
            "--ignore",
            multiple=True,
            metavar="CODES",
            callback=_words,
            help="Leave out these rules as well: codes, names or prefixes of codes, separated by commas.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="CODES",
            callback=_words,
            help="Apply only these rules: codes, names or prefixes of codes, separated by commas.",
        ),
    ):
        command = option(command)
    return command


def sources(command: Command) -> Command:
    """Adds the arguments that say what to read."""
    command = click.option(
        "--force-exclude",
        is_flag=True,
        help="Honour `exclude` of the configuration for files that are named, too.",
    )(command)
    command = click.option(
        "--stdin-filename",
        metavar="FILE",
        help="With `-`: the name the text has in reports, and for which configuration is looked up.",
    )(command)
    # A file that cannot be read is told like any other trouble with a file, and the others are judged.
    kind = click.Path(allow_dash=True, readable=False)
    paths = click.argument("paths", nargs=-1, metavar="[PATHS]...", type=kind)
    return paths(command)


def meant(paths: Sequence[str], chosen: Choices, *, force_exclude: bool) -> list[Path]:
    """The paths to read, the working directory if none is given; without those left out, if that is asked for."""
    if "" in paths:
        # What a shell makes of a variable that was never set; the working directory is not what was meant.
        raise click.UsageError("a path is empty.")
    named = [Path(path) for path in paths or (".",)]
    return [path for path in named if not (force_exclude and chosen.leaves_out(path))]


def choices(select: Sequence[str], ignore: Sequence[str], min_confidence: str | None) -> Choices:
    """What the command line says of rules."""
    return Choices(select or None, ignore, Confidence(min_confidence) if min_confidence else None)


def from_stdin(paths: Sequence[str], stdin_filename: str | None) -> File | None:
    """The file that standard input stands for, if `-` is among the paths; it must be the only one."""
    if "-" not in paths:
        if stdin_filename is not None:
            raise click.UsageError("--stdin-filename needs `-` as the path.")
        return None
    if len(paths) > 1:
        raise click.UsageError("`-` cannot be combined with other paths.")
    name = stdin_filename or "stdin.py"
    return File(Path(name), shown_or_raw(Path(name)) if stdin_filename else "-")


def read_stdin() -> bytes:
    """All bytes of standard input; raises `Failure`."""
    if sys.stdin is None:
        raise Failure("standard input cannot be read: it is closed")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise Failure(f"standard input cannot be read: {error.strerror or error}") from None


def color_wanted() -> bool:
    """Whether standard output is a terminal whose user has not asked for plain text."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and _is_terminal(sys.stdout)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def say(text: str) -> None:
    """Writes text to standard output, characters it cannot show escaped; raises `Failure`."""
    encoding = sys.stdout.encoding if sys.stdout is not None else None
    write_bytes(text.encode(encoding or "utf-8", "backslashreplace"))


def write_bytes(data: bytes) -> None:
    """Writes bytes to standard output; a reader that went away is no failure, any other trouble is a `Failure`."""
    if sys.stdout is None:
        raise Failure("standard output cannot be written: it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        _silence_stdout()
        if error.errno != errno.EPIPE:
            raise Failure(f"standard output cannot be written: {error.strerror or error}") from None


def write_report(text: str, output: str | None, *, utf8: bool) -> None:
    """Writes a report to a file, whole or not at all, or to standard output; raises `Failure`."""
    if output is not None:
        try:
            replace_file(Path(output), text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise Failure(f"{output or repr(output)}: cannot be written: {error.strerror or error}") from None
    elif utf8:
        write_bytes(text.encode("utf-8", "backslashreplace"))
    else:
        say(text)


def complain(line: str) -> None:
    """Writes one line to standard error; where that is closed too, there is nobody left to tell."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        data = f"{line}\n".encode(sys.stderr.encoding or "utf-8", "backslashreplace")
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()


def complain_of(errors: Sequence[FileError]) -> None:
    """Says why files could not be judged."""
    for error in errors:
        complain(f"{error.path}: {error.message}")


def leave(code: int) -> NoReturn:
    """Ends the process; what is left in standard output's buffer may fail to be written, which is exit 2."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except (OSError, ValueError):
        _silence_stdout()
        complain("error: standard output cannot be written")
        code = BROKEN
    sys.exit(code)


def _silence_stdout() -> None:
    """Python writes its buffer once more at exit, and would print a traceback of its own."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


class Progress:
    """A counter on standard error while a long run lasts; says nothing where that is no terminal."""

    _QUIET_SECONDS = 0.5

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown = False
        self._begin = 0.0
        self._terminal = _is_terminal(sys.stderr)

    def step(self) -> None:
        """One more file is done."""
        self._done += 1
        if not self._terminal:
            return
        now = time.monotonic()
        self._begin = self._begin or now
        if now - self._begin > self._QUIET_SECONDS and (self._done % 10 == 0 or self._done == self._total):
            self._shown = True
            sys.stderr.write(f"\r{self._done} of {self._total} files")
            sys.stderr.flush()

    def clear(self) -> None:
        """Takes the counter off the screen."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
