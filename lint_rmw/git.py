"""What git knows of the files of a run: their text at a commit or in the index, their renames, their diffs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_PLAIN = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--text",
    "--find-renames",
    "-l2000",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--ignore-submodules=none",
    "--submodule=short",
)
# Variables that a hook inherits and that would make git look at the outer repository from inside a submodule.
_LOCAL = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
)
_SUBMODULE_MODE = "160000"


class GitError(Exception):
    """Git cannot answer; the one-line message says what to do about it."""


@dataclass(frozen=True)
class Repository:
    """A work tree compared with a commit: `base` is its full hash, None where nothing was there before.

    With `staged` the index is compared, else the work tree. `nested` tells a submodule from the repository of the run;
    the one of a staged change has the commit that the index around it names as its `tip`, for that is what a commit
    would take, whatever is staged or changed inside.
    """

    root: Path
    base: str | None
    staged: bool = False
    nested: bool = False
    tip: str | None = None

    def before(self, path: str) -> bytes | None:
        """The file that `path` (below `root`, with `/`) was at the base, under its name then; None if there was none."""
        if self.base is None:
            return None
        return self._blob(f"{self.base}:{self.renamed.get(path, path)}")

    def staged_data(self, path: str) -> bytes | None:
        """The file as the index holds it; None if it does not."""
        return self._blob(f"{self.tip or ':0'}:{path}")

    def staged_files(self) -> Iterator[tuple[Repository, str]]:
        """The files that are staged, with the repository that holds each: this one, or a submodule that is staged."""
        yield from ((self, path) for path in self.changed)
        for module in self.submodules:
            if module.base != module.tip:
                yield from module.staged_files()

    @cached_property
    def absent(self) -> tuple[str, ...]:
        """The submodules that differ from the base and are not checked out, so that nobody can look inside."""
        return tuple(
            path for path, tip in self._links() if not self._is_there(path) and self._named(path) != tip
        )

    def tracks(self, file: Path) -> bool:
        """Whether the index holds `file`, or anything below it."""
        return bool(self._git("--literal-pathspecs", "ls-files", "-z", "--", str(file)))

    def diff(self, path: str) -> bytes:
        """The unified diff, without context, of one file that was there at the base."""
        assert self.base is not None
        old = self.renamed.get(path, path)
        return self._git("--literal-pathspecs", "diff", "-U0", *self._against(), "--", *sorted({path, old}))

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The old name of each file that was renamed since the base."""
        if self.base is None:
            return {}
        fields = self._git("diff", "--raw", "-z", "--diff-filter=R", *self._against()).split(b"\0")
        return {
            os.fsdecode(new): os.fsdecode(old) for old, new in zip(fields[1::3], fields[2::3], strict=False)
        }

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The files that are there now and differ from the base, sorted."""
        base = self._git("hash-object", "-t", "tree", os.devnull).decode().strip()
        against: tuple[str, ...] = (self.base or base,)
        if self.tip is not None:
            against = (*against, self.tip)
        elif self.staged:
            against = ("--cached", *against)
        names = self._git("diff", *_PLAIN, "--name-only", "-z", "--diff-filter=d", *against, "--").split(
            b"\0"
        )
        return tuple(sorted(os.fsdecode(name) for name in names if name))

    @cached_property
    def submodules(self) -> tuple[Repository, ...]:
        """The checked-out submodules, each against the commit that the base names for it."""
        found = []
        for path, commit in self._links():
            if self._is_there(path):
                tip = self._held(path, commit, "that is staged") if self.staged else None
                base = self._held(path, self._named(path), "of the base")
                found.append(Repository(self.root / path, base, self.staged, True, tip))
        return tuple(found)

    def _links(self) -> Iterator[tuple[str, str]]:
        """The path of each submodule, and the commit that the index, or the tip, names for it."""
        listing = ("ls-files", "-s", "-z") if self.tip is None else ("ls-tree", "-r", "-z", self.tip)
        for record in self._git(*listing).split(b"\0"):
            if record.startswith(_SUBMODULE_MODE.encode()):
                told, _, path = record.partition(b"\t")
                yield os.fsdecode(path), told.split()[1 if self.tip is None else 2].decode()

    def _is_there(self, path: str) -> bool:
        return (self.root / path / ".git").exists()

    def owner(self, file: Path) -> tuple[Repository, str] | None:
        """The repository `file` belongs to, a submodule before the one around it, and its path there."""
        real = Path(os.path.realpath(file.parent)) / file.name
        try:
            inside = real.relative_to(os.path.realpath(self.root))
        except ValueError:
            return None
        for module in self.submodules:
            if (found := module.owner(file)) is not None:
                return found
        return self, inside.as_posix()

    def _named(self, path: str) -> str | None:
        """The commit that the base names for a submodule; None if it was none then."""
        if self.base is None:
            return None
        record = self._git("--literal-pathspecs", "ls-tree", self.base, "--", path).decode()
        return record.split()[2] if record.startswith(_SUBMODULE_MODE) else None

    def _held(self, path: str, commit: str | None, what: str) -> str | None:
        if commit is None:
            return None
        if _run(self.root / path, ("cat-file", "-e", f"{commit}^{{commit}}"), True).returncode != 0:
            raise GitError(f"submodule {path} does not have the commit {commit[:12]} {what}: fetch it")
        return commit

    def _against(self) -> tuple[str, ...]:
        assert self.base is not None
        if self.tip is not None:
            return (*_PLAIN, self.base, self.tip)
        return (*_PLAIN, *(("--cached",) if self.staged else ()), self.base)

    def _blob(self, name: str) -> bytes | None:
        done = _run(self.root, ("cat-file", "blob", name), self.nested)
        return done.stdout if done.returncode == 0 else None

    def _git(self, *arguments: str) -> bytes:
        done = _run(self.root, arguments, self.nested)
        if done.returncode != 0:
            raise GitError(_last_line(done.stderr) or f"git {arguments[0]} failed")
        return done.stdout


def open_repository(reference: str | None, *, staged: bool = False) -> Repository:
    """The repository around the working directory against its merge base with `reference`, or against HEAD.

    Raises `GitError` when there is no repository, no such commit, or no common history here (a shallow clone).
    """
    here = Path.cwd()
    top = _run(here, ("rev-parse", "--show-toplevel"), False)
    if top.returncode != 0:
        raise GitError(_no_repository(top.stderr))
    root = Path(os.fsdecode(top.stdout.removesuffix(b"\n")))
    if reference is None:
        head = _run(root, ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), False)
        return Repository(root, head.stdout.decode().strip() or None, staged)
    shallow = _run(root, ("rev-parse", "--is-shallow-repository"), False).stdout.strip() == b"true"
    advice = "; this clone is shallow: fetch more of it (`git fetch --unshallow`, or `fetch-depth: 0` in CI)"
    hint = advice if shallow else ""
    known = _run(
        root, ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"), False
    )
    if known.returncode != 0:
        raise GitError(f"{reference!r} is not a commit in this repository{hint or '; was it fetched?'}")
    base = _run(root, ("merge-base", known.stdout.decode().strip(), "HEAD"), False)
    if base.returncode != 0:
        raise GitError(f"{reference!r} and HEAD have no common commit here{hint}")
    return Repository(root, base.stdout.decode().split()[0], staged)


def _run(folder: Path, arguments: tuple[str, ...], nested: bool) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    if nested:
        for name in _LOCAL:
            environment.pop(name, None)
    elif (index := environment.get("GIT_INDEX_FILE")) is not None:
        environment["GIT_INDEX_FILE"] = os.path.abspath(index)
    try:
        return subprocess.run(
            ("git", *arguments), cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True
        )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None


def _no_repository(said: bytes) -> str:
    """Why there is no repository to compare with; git also refuses one that belongs to somebody else (in a container)."""
    text = said.decode("utf-8", "replace")
    if "safe.directory" not in text:
        return "the working directory is not in a git repository, so there is nothing to compare with"
    command = next(line.strip() for line in reversed(text.splitlines()) if "safe.directory" in line)
    return f"the repository belongs to another user, so git does not read it: run `{command}`"


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return f"git says: {lines[-1]}" if lines else ""
