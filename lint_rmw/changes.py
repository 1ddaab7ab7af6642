"""The gate of a review: which findings a change brought, or touches a step of, and which it merely stands beside."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from unidiff.errors import UnidiffParseError
from unidiff.patch import Line, PatchedFile, PatchSet

from lint_rmw.files import SUFFIXES, read_bytes
from lint_rmw.finding import Finding, StepKind, Suppression
from lint_rmw.fingerprint import stem
from lint_rmw.git import GitError, Repository

_NAMES = {StepKind.DERIVE: "the building", StepKind.CALL: "the call"}
_NO_FILE = "/dev/null"
# Lines git puts before a file's own header. They say nothing more, and split at the wrong blank for some names.
_HEADERS = re.compile(r"(?:diff --git |new file mode |deleted file mode |GIT binary patch).*\n?")
# With `diff.mnemonicPrefix` git writes what it compares: index, work tree, commit, object; `-R` changes the sides.
_PREFIX = re.compile(r"[abciow12]/")
_LINE = re.compile(rb"(?<=\n)")


@dataclass(frozen=True)
class Change:
    """What happened to one file: its bytes before (None: it is new) and the 1-based lines that are new or different."""

    before: bytes | None
    lines: frozenset[int]

    def touches(self, first: int, last: int) -> bool:
        """Whether one of the lines `first` to `last` is new or different; in a new file all are."""
        return self.before is None or any(line in self.lines for line in range(first, last + 1))


class Changes(Protocol):
    """A change to many files."""

    def of(self, path: str) -> Change | None:
        """What happened to the file, named as in findings; None if nothing did. Raises `GitError`."""
        ...


class GitChanges:
    """The change from the base of a repository to its work tree or index."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def of(self, path: str) -> Change | None:
        """See `Changes`."""
        owner = self._repository.owner(Path(os.path.abspath(path)))
        if owner is None:
            raise GitError(f"{path} is outside of the repository, so it cannot be compared")
        repository, inside = owner
        before = repository.before(inside)
        if before is None:
            return Change(None, frozenset())
        lines = _new_lines(_parse(repository.diff(inside).decode("utf-8", "surrogateescape"), path))
        return Change(before, lines)


class DiffChanges:
    """The change that a unified diff describes, whose result the files are; paths as in `git diff`.

    `closed` are the submodules it moves to another commit without saying what that changed.
    """

    def __init__(self, text: str, name: str, roots: Sequence[Path]) -> None:
        self._files: dict[str, PatchedFile] = {}
        closed = []
        for file in _parse(text, name):
            target = _unquoted(file.target_file.rstrip("\r"))
            if target == _NO_FILE:
                continue
            candidates = [root / inside for root in roots for inside in _stripped(target)]
            there = next((c for c in candidates if c.exists()), None)
            if there is not None and there.is_dir():
                closed.append(_stripped(target)[0])
            elif there is not None:
                self._files[os.path.realpath(there)] = file
            elif target.endswith(SUFFIXES):
                raise GitError(
                    f"{name}: there is no {_stripped(target)[0]} here: apply the diff, or run where its paths start"
                )

        self.closed = tuple(closed)

    def of(self, path: str) -> Change | None:
        """See `Changes`; raises `GitError` when the file is not what the diff leads to."""
        file = self._files.get(os.path.realpath(path))
        if file is None:
            return None
        if file.source_file == _NO_FILE:
            return Change(None, frozenset())
        try:
            after = read_bytes(Path(path))
        except OSError as error:
            raise GitError(f"{path} cannot be read: {error.strerror}") from None
        return Change(_undone(after, file, path), _new_lines([file]))


def gate(
    findings: Sequence[Finding],
    changes: Changes,
    before: Callable[[str, bytes], Iterable[str]],
    base: str,
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings the change answers for, with the step it touched in their message; and those it does not.

    `before(path, data)` gives the fingerprints of the findings in an earlier text of a file; `base` names it in words.
    """
    known = {
        path: changes.of(path) for path in {s.path for f in findings for s in f.steps} | _paths(findings)
    }
    blamed: list[Finding] = []
    old: list[Finding] = []
    for path in sorted(_paths(findings)):
        here = [_touched(f, known) for f in findings if f.path == path]
        change = known[path]
        there: Counter[str] = Counter()
        if change is not None and change.before is not None:
            there = Counter(map(stem, before(path, change.before)))
        elif change is None:
            there = Counter(stem(f.fingerprint) for f in here)
        # Of findings that do not differ, the touched ones are taken for the new ones.
        for finding in sorted(here, key=lambda f: (bool(f.touched), f.sort_key())):
            present = there[stem(finding.fingerprint)] > 0
            there[stem(finding.fingerprint)] -= present
            if finding.touched or not present:
                blamed.append(_told(finding, present))
            else:
                reason = f"unchanged since {base}"
                hidden = replace(finding, baseline="unchanged", suppression=Suppression("baseline", reason))
                old.append(hidden)
    return tuple(sorted(blamed, key=Finding.sort_key)), tuple(sorted(old, key=Finding.sort_key))


def _paths(findings: Sequence[Finding]) -> set[str]:
    return {finding.path for finding in findings}


def _touched(finding: Finding, changes: Mapping[str, Change | None]) -> Finding:
    touched = tuple(
        index
        for index, step in enumerate(finding.steps)
        if (change := changes[step.path]) is not None
        and change.touches(step.span.start.line, step.span.end.line)
    )
    return replace(finding, touched=touched)


def _told(finding: Finding, present: bool) -> Finding:
    steps = [finding.steps[index] for index in finding.touched]
    if not present and len(steps) == len(finding.steps):
        steps = []
    names = [f"{_NAMES.get(s.kind, f'the {s.kind.value}')} at line {s.span.start.line}" for s in steps]
    told = " and ".join(dict.fromkeys(names))
    said = f"this change touches {told}" if told else "new with this change"
    message = f"{finding.message} ({said})"
    return replace(finding, message=message, baseline="unchanged" if present else "new")


def _parse(text: str, name: str) -> Sequence[PatchedFile]:
    # Only line feeds end a line of a diff; Python's own idea of lines would split at form feeds as well.
    lines = io.StringIO(text, newline="\n")
    try:
        files = PatchSet(line for line in lines if not _HEADERS.match(line))
    except (UnidiffParseError, ValueError) as error:
        raise GitError(f"{name}: is not a unified diff: {str(error).splitlines()[0]}") from None
    if not files and text.strip() and not re.search(r"^diff --git ", text, re.MULTILINE):
        raise GitError(f"{name}: is not a unified diff: it names no file")
    return files


def _new_lines(files: Iterable[PatchedFile]) -> frozenset[int]:
    return frozenset(
        line.target_line_no
        for file in files
        for hunk in file
        for line in hunk
        if line.is_added and line.target_line_no is not None
    )


def _undone(after: bytes, file: PatchedFile, path: str) -> bytes:
    """The bytes before the change, made by taking the hunks back."""
    lines = [line for line in _LINE.split(after) if line]
    for hunk in reversed(file):
        start = hunk.target_start - 1 if hunk.target_length else hunk.target_start
        there = [line.rstrip(b"\r\n") for line in lines[start : start + hunk.target_length]]
        if there != [_bytes(line) for line in hunk if line.is_added or line.is_context]:
            raise GitError(
                f"{path} is not what the diff leads to: the hunk at line {hunk.target_start} differs"
            )
        lines[start : start + hunk.target_length] = [
            _bytes(line) + b"\n" for line in hunk if line.is_removed or line.is_context
        ]
    return b"".join(lines)


def _bytes(line: Line) -> bytes:
    return line.value.rstrip("\r\n").encode("utf-8", "surrogateescape")


def _stripped(target: str) -> tuple[str, ...]:
    return (target[2:], target) if _PREFIX.match(target) else (target,)


def _unquoted(name: str) -> str:
    """git writes a name with unusual characters in quotes, its bytes as C escapes."""
    if not (name.startswith('"') and name.endswith('"')):
        return name
    raw = name[1:-1].encode("utf-8", "surrogateescape").decode("latin-1")
    return os.fsdecode(raw.encode("latin-1").decode("unicode_escape").encode("latin-1"))
