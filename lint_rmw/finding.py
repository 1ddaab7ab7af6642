"""The words every report speaks: where something stands, how it came there, how sure we are, what would repair it.

Plain frozen data, no syntax trees, so that a finding can cross processes and be printed, stored and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad the loss is: an `ERROR` is broken by a writer of any or the same field, a `WARNING` by fewer."""

    ERROR = "error"
    WARNING = "warning"


class Confidence(StrEnum):
    """How sure the analysis is; each unresolved hop on the path from read to write costs one level."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """3 for high, 2 for medium, 1 for low: larger is surer."""
        return {"high": 3, "medium": 2, "low": 1}[self.value]

    def at_least(self, other: Confidence) -> bool:
        """Whether this is as sure as `other` or surer."""
        return self.rank >= other.rank


class Safety(StrEnum):
    """`SAFE` changes interleaved runs only, `UNSAFE` may change something else, `MANUAL` is not offered as edits."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


class StepKind(StrEnum):
    """What happens to the value at one stop on its way from the read to the write."""

    READ = "read"
    DERIVE = "derive"
    CALL = "call"
    CAPTURE = "capture"
    WRITE = "write"


@dataclass(frozen=True, order=True)
class Position:
    """A place between two characters: 1-based line, 1-based column counted in characters (code points)."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Span:
    """A half-open stretch of one file: `end` is the position just behind the last character."""

    start: Position
    end: Position


@dataclass(frozen=True)
class Step:
    """One stop of the story; `path` is that of the file it stands in, relative to the working directory."""

    kind: StepKind
    path: str
    span: Span
    message: str


@dataclass(frozen=True)
class Edit:
    """Replaces the characters of `span` by `replacement`, measured against the file as it was read."""

    span: Span
    replacement: str


@dataclass(frozen=True)
class Fix:
    """A rewrite offered for a finding: a verb phrase, how safe it is and why, and its edits.

    A `MANUAL` fix has no edits; its `reasons` are the preconditions that failed, in words.
    The edits of several fixes of one file are independent changes to the same text.
    """

    safety: Safety
    title: str
    reasons: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Suppression:
    """Why a finding is not shown: the comment's kind (`"noqa"`, `"rmw"` or `"baseline"`) and its reason, if given."""

    kind: str
    reason: str | None = None


@dataclass(frozen=True)
class Finding:
    """One claim that execution can test: this write loses an update of another writer.

    `span` is the stale expression that is written; `steps` run from read to write; `fields` are the fields at stake
    (empty: the whole entry). `fingerprint` has no line number in it. `baseline` is None, `"new"` or `"unchanged"`;
    `touched` holds the indexes of the steps that stand on a changed line, when a change was given.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    path: str
    span: Span
    store: str
    fields: tuple[str, ...]
    steps: tuple[Step, ...]
    fix: Fix | None = None
    fingerprint: str = ""
    suppression: Suppression | None = None
    baseline: str | None = None
    touched: tuple[int, ...] = ()

    @property
    def line(self) -> int:
        """The 1-based line of the write."""
        return self.span.start.line

    def sort_key(self) -> tuple[str, Position, str]:
        """Orders findings by file, place and code."""
        return (self.path, self.span.start, self.code)


@dataclass(frozen=True)
class FileError:
    """A file that could not be judged, and why, in one line."""

    path: str
    message: str


@dataclass(frozen=True)
class RuleCard:
    """What a report may say of a rule without knowing it: `summary` is one line, `help` is markdown."""

    code: str
    name: str
    severity: Severity
    summary: str
    help: str


@dataclass(frozen=True)
class Outcome:
    """A whole run: what a report renders.

    `findings` are to be shown; `suppressed` carry a `suppression`. `lines` maps a path to the lines of that file,
    without line ends, for every file with a finding, and `line_ends` to how these lines end (empty: not all in the same
    way). `files` counts the files judged.
    """

    version: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    errors: tuple[FileError, ...] = ()
    files: int = 0
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: tuple[RuleCard, ...] = ()
    line_ends: Mapping[str, str] = field(default_factory=dict)

    @property
    def fixable(self) -> int:
        """How many findings have a fix that is safe."""
        return sum(1 for f in self.findings if f.fix is not None and f.fix.safety is Safety.SAFE)
