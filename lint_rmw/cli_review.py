"""One `check`: the files meant, judged, then passed through the gates of a change and of a baseline."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rmw import __version__, baseline
from lint_rmw.atomic import replace_file
from lint_rmw.cli_options import Failure, Progress, from_stdin, meant, read_stdin
from lint_rmw.comment_rules import COMMENT_RULES
from lint_rmw.files import SUFFIXES, File, read_bytes, shown, walk
from lint_rmw.finding import FileError, Finding, Outcome
from lint_rmw.git import GitError, Repository, open_repository
from lint_rmw.inspection import Inspection, inspect, known_rules
from lint_rmw.lint import rule_cards
from lint_rmw.notes import add_suppressions
from lint_rmw.run import Choices, Task, inspect_all, processes

# Read when a change is asked for only: the parser of diffs is slow to import.
if TYPE_CHECKING:
    from lint_rmw.changes import Changes


@dataclass(frozen=True)
class Wanted:
    """What the command line asks of a `check`, its options as given."""

    paths: tuple[str, ...]
    stdin_filename: str | None = None
    force_exclude: bool = False
    jobs: int | None = None
    diff_base: str | None = None
    diff_file: str | None = None
    staged: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    strict_baseline: bool = False


class Review:
    """Runs the check; `outcome` is what to report, `notes` are lines for standard error.

    Raises `Failure`, `ConfigError`, `GitError` and `BaselineError`.
    """

    def __init__(self, wanted: Wanted, choices: Choices) -> None:
        self._wanted = wanted
        self._choices = choices
        self._stdin = from_stdin(wanted.paths, wanted.stdin_filename)
        if (conflict := _conflict(wanted, is_stdin=self._stdin is not None)) is not None:
            raise Failure(conflict)
        self.notes: list[str] = []
        self.strictly_stale = False
        self.settled = False
        self._errors: list[FileError] = []
        self._tasks = list(self._collected())
        self._inspections = self._judged()
        findings = tuple(f for i in self._inspections for f in i.findings)
        hidden = tuple(f for i in self._inspections for f in i.hidden)
        if (changes := self._changes) is not None and findings:
            from lint_rmw.changes import gate

            findings, old = gate(findings, changes, self._before, self._base_name)
            hidden += old
        self.baseline_written: int | None = None
        if wanted.write_baseline is not None:
            self._write_baseline(Path(wanted.write_baseline), findings)
        elif wanted.baseline is not None:
            findings, hidden = self._compared(Path(wanted.baseline), findings, hidden)
        self.outcome = Outcome(
            version=__version__,
            findings=tuple(sorted(findings, key=Finding.sort_key)),
            suppressed=tuple(sorted(hidden, key=Finding.sort_key)),
            errors=tuple(self._errors),
            files=sum(1 for i in self._inspections if i.error is None),
            lines={i.path: i.lines for i in self._inspections if i.lines},
            line_ends={i.path: i.line_end for i in self._inspections if i.lines},
            rules=(*rule_cards(), *(rule.card for rule in COMMENT_RULES)),
        )

    def add_suppressions(self, reason: str) -> None:
        """Writes a comment with this reason at each finding to show; what could not be suppressed stays to show."""
        if self._stdin is not None or self._wanted.staged:
            raise Failure("--add-suppressions writes files, so it needs paths of files")
        if not reason.strip() or not reason.isprintable():
            raise Failure("--add-suppressions needs a reason that fits on one line")
        left: list[Finding] = []
        written = 0
        for task in self._tasks:
            here = [f for f in self.outcome.findings if f.path == task.file.shown]
            if not here:
                continue
            try:
                data = read_bytes(task.file.path)
                text, remaining = add_suppressions(data, here, task.options, reason)
                if text != data:
                    replace_file(task.file.path, text, expected=data)
            except OSError as error:
                self._fail(task.file.shown, f"cannot be written: {error.strerror or error}")
                continue
            written += len(here) - len(remaining)
            left += remaining
        self.outcome = replace(self.outcome, findings=tuple(left), errors=tuple(self._errors))
        self.notes += [f"{e.path}: {e.message}" for e in self._errors]
        self.notes += [f"{f.path}:{f.line}: {f.code} could not be suppressed by a comment" for f in left]
        self.notes.append(f"added suppressions for {written} finding{'' if written == 1 else 's'}")

    def _collected(self) -> Iterator[Task]:
        if self._stdin is not None:
            data = read_stdin()
            if not (self._wanted.force_exclude and self._choices.leaves_out(self._stdin.path)):
                yield Task(self._stdin, self._choices.options(self._stdin.path), data)
            return
        found = self._staged_files() if self._wanted.staged else self._walked()
        for file in found:
            if isinstance(file, FileError):
                self._errors.append(file)
            elif isinstance(file, Task):
                yield file
            else:
                yield Task(file, self._choices.options(file.path))

    def _walked(self) -> Iterator[File | FileError]:
        return walk(self._meant, self._choices.excluded)

    @property
    def _meant(self) -> list[Path]:
        return meant(self._wanted.paths, self._choices, force_exclude=self._wanted.force_exclude)

    def _staged_files(self) -> Iterator[Task | FileError]:
        """The staged Python files below the paths; what a commit would take, whatever the work tree holds."""
        repository = self._repository
        assert repository is not None
        roots = [_real(path) for path in self._meant]
        self.notes += [
            f"submodule {name} is not checked out, so its change is not judged" for name in repository.absent
        ]
        for root in roots:
            if not os.path.lexists(root) and not repository.tracks(root):
                yield FileError(shown(root), "does not exist")
        for owner, name in repository.staged_files():
            path = owner.root / name
            if not any(path.is_relative_to(root) for root in roots):
                continue
            if path not in roots and (not name.endswith(SUFFIXES) or self._left_out(path, roots)):
                continue
            data = owner.staged_data(name)
            if data is not None:
                yield Task(File(path, shown(path)), self._choices.options(path), data)

    def _left_out(self, path: Path, roots: Sequence[Path]) -> bool:
        above = [p for p in path.parents if any(p != root and p.is_relative_to(root) for root in roots)]
        return self._choices.excluded(path, False) or any(self._choices.excluded(p, True) for p in above)

    def _judged(self) -> list[Inspection]:
        progress = Progress(len(self._tasks))
        found = []
        jobs = processes(self._wanted.jobs, len(self._tasks))
        for inspection in inspect_all(self._tasks, jobs=jobs, propose_fixes=True):
            found.append(inspection)
            progress.step()
            if inspection.error is not None:
                self._errors.append(inspection.error)
        progress.clear()
        return found

    def _fail(self, path: str, message: str) -> None:
        self._errors.append(FileError(path, message))

    @cached_property
    def _repository(self) -> Repository | None:
        if self._wanted.diff_base is None and not self._wanted.staged:
            return None
        return open_repository(self._wanted.diff_base, staged=self._wanted.staged)

    @cached_property
    def _changes(self) -> Changes | None:
        if self._wanted.diff_file is not None:
            return self._from_diff(self._wanted.diff_file)
        if self._repository is None:
            return None
        from lint_rmw.changes import GitChanges

        return GitChanges(self._repository)

    def _from_diff(self, name: str) -> Changes:
        from lint_rmw.changes import DiffChanges

        try:
            data = read_stdin() if name == "-" else read_bytes(Path(name))
        except OSError as error:
            raise Failure(f"{name}: cannot be read: {error.strerror or error}") from None
        roots = [Path.cwd()]
        with contextlib.suppress(GitError):
            roots.insert(0, open_repository(None).root)
        changes = DiffChanges(data.decode("utf-8", "surrogateescape"), name, roots)
        self.notes += [
            f"{name}: does not say what changed in the submodule {module}: make it by `git diff --submodule=diff`"
            for module in changes.closed
        ]
        return changes

    @property
    def _base_name(self) -> str:
        return self._wanted.diff_base or ("HEAD" if self._wanted.staged else "the diff's base")

    def _before(self, path: str, data: bytes) -> list[str]:
        options = next(task.options for task in self._tasks if task.file.shown == path)
        earlier = inspect(data, path, options)
        return [finding.fingerprint for finding in earlier.findings]

    @cached_property
    def _scope(self) -> Mapping[str, set[str]]:
        judged = {i.path for i in self._inspections if i.error is None}
        rules = known_rules()
        codes = {code for task in self._tasks for code in task.options.select or ()}
        return {"judged": judged, "codes": codes or {rule.code for rule in rules}}

    def _write_baseline(self, path: Path, findings: Sequence[Finding]) -> None:
        self.baseline_written = baseline.write(path, findings, **self._scope)
        number = len(findings)
        self.settled = True
        self.notes += [f"{e.path}: {e.message}" for e in self._errors]
        self.notes.append(f"recorded {number} finding{'' if number == 1 else 's'} in {path}")

    def _compared(
        self, path: Path, findings: Sequence[Finding], hidden: Sequence[Finding]
    ) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """What is neither known nor hidden, and the rest: a finding that the change left alone keeps its entry alive."""
        left_alone = [f for f in hidden if f.baseline is not None]
        compared = baseline.compare([*findings, *left_alone], baseline.read(path), path, **self._scope)
        for entry, now in compared.moved:
            self.notes.append(f"{path}: {entry.code} of {entry.path} has moved to {now}")
        for entry in compared.stale:
            self.notes.append(
                f"{path}: {entry.code} {entry.fingerprint} in {entry.path} is stale: no such finding any more"
            )
        self.strictly_stale = self._wanted.strict_baseline and bool(compared.stale)
        shown = tuple(f for f in compared.new if f.suppression is None)
        still_hidden = [f for f in compared.new if f.suppression is not None]
        commented = [f for f in hidden if f.baseline is None]
        return shown, (*commented, *still_hidden, *compared.known)


def _real(path: Path) -> Path:
    """Where git sees a path: links on the way to it are followed, a file that is a link itself is not."""
    place = Path(os.path.abspath(path))
    return place.resolve() if place.is_dir() else place.parent.resolve() / place.name


def _conflict(wanted: Wanted, *, is_stdin: bool) -> str | None:
    """What is asked for that cannot be had together."""
    changes = {
        "--diff-base": wanted.diff_base is not None,
        "--staged": wanted.staged,
        "--diff-file": wanted.diff_file is not None,
    }
    given = [name for name, is_given in changes.items() if is_given]
    if is_stdin and given:
        return "standard input cannot be compared with a change"
    if "--diff-file" in given and len(given) > 1:
        return f"{given[0]} and --diff-file exclude each other"
    if wanted.strict_baseline and wanted.baseline is None:
        return "--strict-baseline needs --baseline"
    if given and wanted.write_baseline is not None:
        return f"--write-baseline records every finding, so {given[0]} cannot be used with it"
    return None
