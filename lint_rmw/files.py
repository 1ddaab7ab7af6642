"""Which files a run reads: those named, and in named folders the Python files that neither git nor the user leaves out."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pathspec

from lint_rmw.finding import FileError
from lint_rmw.gitignore import decision, spec_of

SUFFIXES = (".py", ".pyi")
# Folders that hold other people's code wherever they stand; hidden folders and virtual environments are told by form.
_FOREIGN = frozenset({"__pycache__", "node_modules", "__pypackages__"})
_ENVIRONMENT_MARK = "pyvenv.cfg"
# A device may give bytes without end; source of this size could not be judged either.
_MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class File:
    """One file to judge: where it is, and its name in reports (relative to the working directory, with `/`)."""

    path: Path
    shown: str


Excluded = Callable[[Path, bool], bool]
"""Whether the user's `exclude` leaves out a path; the second argument says whether it is a folder."""


def shown(path: Path) -> str:
    """The name of `path` in reports; characters that cannot be printed are escaped."""
    try:
        name = os.path.relpath(path)
    except ValueError:
        name = str(path)
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace(os.sep, "/")


def walk(paths: Sequence[Path], excluded: Excluded) -> Iterator[File | FileError]:
    """The files to judge, each once: a named file always, a folder's in the order of their names.

    A path that does not exist and a folder without any Python file come as a `FileError`.
    """
    seen: set[str] = set()
    for path in paths:
        try:
            is_folder, exists = path.is_dir(), os.path.lexists(path) and path.exists()
        except (OSError, ValueError) as error:
            yield FileError(shown_or_raw(path), f"cannot be read: {_reason(error)}")
            continue
        if not exists:
            yield FileError(shown(path), "does not exist")
        elif not is_folder:
            yield from _once(path, seen)
        else:
            found = _Walk(path, excluded)
            for item in found:
                if isinstance(item, FileError):
                    yield item
                else:
                    yield from _once(item, seen)
            if not found.saw_python:
                yield FileError(shown(path), "has no Python files in it")


def read_bytes(path: Path) -> bytes:
    """All bytes of a file; raises `OSError`, also for one that is too large, or has no end, to be source."""
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {_MOST_BYTES // 10**6} MB")
    return data


def shown_or_raw(path: Path) -> str:
    """The name of a path that may not even be a legal one."""
    try:
        return shown(path)
    except (OSError, ValueError):
        return ascii(str(path))[1:-1]


def _once(path: Path, seen: set[str]) -> Iterator[File]:
    key = os.path.abspath(path)
    if key not in seen:
        seen.add(key)
        yield File(path, shown(path))


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


class _Walk:
    """The Python files below one folder; `saw_python` tells afterwards whether there were any, excluded ones included."""

    def __init__(self, root: Path, excluded: Excluded) -> None:
        self._root = root
        self._excluded = excluded
        self._rules = _IgnoreRules(root)
        self.saw_python = False

    def __iter__(self) -> Iterator[Path | FileError]:
        # A list of what is still to do, not recursion: folders nest deeper than Python's stack.
        pending = [(self._root, True)]
        while pending:
            path, is_folder = pending.pop()
            if not is_folder:
                yield path
                continue
            try:
                pending.extend(reversed(self._children(path)))
            except OSError as error:
                self.saw_python = True
                yield FileError(shown(path), f"cannot be read: {_reason(error)}")

    def _children(self, folder: Path) -> list[tuple[Path, bool]]:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        self._rules.enter(folder, {entry.name for entry in entries})
        kept: list[tuple[Path, bool]] = []
        for entry in entries:
            path = folder / entry.name
            # A link to a folder may lead back up; git does not follow it either.
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and _is_foreign(path):
                continue
            if not is_folder and (not entry.name.endswith(SUFFIXES) or not _is_regular(entry)):
                continue
            excluded = self._excluded(path, is_folder)
            if excluded or not is_folder:
                self.saw_python = True
            if not excluded and not self._rules.ignore(path, is_folder):
                kept.append((path, is_folder))
        return kept


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_foreign(folder: Path) -> bool:
    return (
        folder.name.startswith(".") or folder.name in _FOREIGN or os.path.lexists(folder / _ENVIRONMENT_MARK)
    )


class _IgnoreRules:
    """The `.gitignore` files that hold below a folder, those above it up to the top of its repository included."""

    def __init__(self, root: Path) -> None:
        self._specs: list[tuple[str, pathspec.GitIgnoreSpec]] = []
        top = os.path.abspath(root)
        above = [Path(top), *Path(top).parents]
        repository = next((i for i, place in enumerate(above) if os.path.lexists(place / ".git")), None)
        if repository is not None:
            self._read(above[repository], Path(".git", "info", "exclude"))
            for place in reversed(above[1 : repository + 1]):
                self._read(place, Path(".gitignore"))
            # The user named this folder, so a rule that leaves it out cannot be meant.
            if any(self.ignore(place, True) for place in above[:repository]):
                self._specs.clear()

    def enter(self, folder: Path, names: set[str]) -> None:
        """Takes in the rules of `folder`, which holds `names`, and drops those of folders left behind."""
        here = os.path.join(os.path.abspath(folder), "")
        self._specs = [(base, spec) for base, spec in self._specs if here.startswith(base)]
        if ".gitignore" in names:
            self._read(Path(here), Path(".gitignore"))

    def ignore(self, path: Path, is_folder: bool) -> bool:
        """Whether git would leave `path` out, given that it does not leave out the folder it is in."""
        target = os.path.abspath(path)
        for base, spec in reversed(self._specs):
            if target.startswith(base):
                inside = target[len(base) :].replace(os.sep, "/") + ("/" if is_folder else "")
                said = decision(spec, inside)
                if said is not None:
                    return said
        return False

    def _read(self, place: Path, name: Path) -> None:
        try:
            lines = (place / name).read_text("utf-8", "surrogateescape").splitlines()
        except OSError:
            return
        base = os.path.join(place, "")
        self._specs.append((base, spec_of(lines)))
