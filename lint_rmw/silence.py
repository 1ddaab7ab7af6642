"""Why nothing is reported at a line, and which one fact would turn it into a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rmw.finding import Confidence, Finding, Span
from lint_rmw.inspection import judge
from lint_rmw.lint import Options, could_matter, rules
from lint_rmw.source import Source

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.facts import Write
    from lint_rmw.flow.sections import Section
    from lint_rmw.reasons import Reasons
    from lint_rmw.rule import Objection

_NO_STORE = (
    "this line is in no section of a known store, and saves none; if it calls an updater or a lock of yours, "
    "declare that as a store profile"
)
_FOLLOWED_ELSEWHERE = "this line names a function of a known store, but nothing it writes was found here; ask for the line that writes"


def explain_silence(source: Source, options: Options, line: int) -> list[str]:
    """The reasons, one sentence each, for the 1-based line; raises `SourceError` where the file cannot be judged.

    A line that writes nothing itself is answered for by what it belongs to: the writes of its section, for the call or
    the block that opens one too, or the findings whose story goes through it.
    """
    if not could_matter(source.data, options.profiles):
        return [
            "this file names no updater, lock or saver of a known store: declare yours as a store profile"
        ]
    from lint_rmw.reasons import Reasons

    reasons = Reasons(source, options.profiles)
    facts = reasons.facts
    answer = _Answer(source, reasons, options)
    found = [*facts.skipped, *(answer.at(line) or answer.about_sections(line) or answer.about_stories(line))]
    if not found:
        named = any(word in source.lines[line - 1] for profile in options.profiles for word in profile.words)
        found.append(_FOLLOWED_ELSEWHERE if named else _NO_STORE)
    return list(dict.fromkeys(found))


class _Answer:
    """What can be said of the lines of one file."""

    def __init__(self, source: Source, reasons: Reasons, options: Options) -> None:
        self._facts = facts = reasons.facts
        self._told_by = reasons
        self._options = options
        judged = judge(source, options, noqa=True)
        self._shown, self._hidden = judged.shown, judged.hidden
        self._objections = [(rule.code, objection) for rule in rules() for objection in rule.check(facts)]

    def at(self, line: int) -> list[str]:
        """The reasons for what is written on the line."""
        return self._told([write for write in self._facts.writes if _covers(_place(write), line)])

    def about_sections(self, line: int) -> list[str]:
        """The reasons for what is written in the innermost section that is opened, or stands, on the line."""
        spans = self._spans
        inside = [
            (_height(spans[section.body if section.body in spans else section.opener]), section)
            for section in self._facts.sections
            if any(_covers(spans[n], line) for n in (section.body, section.opener) if n in spans)
        ]
        smallest = min((height for height, _ in inside), default=0)
        return [told for height, section in inside if height == smallest for told in self._about(section)]

    @cached_property
    def _spans(self) -> Mapping[cst.CSTNode, Span]:
        """Where sections and their openers stand; a mutator may stand in another piece than the call that runs it."""
        pieces = {id(section.piece): section.piece for section in self._facts.sections}
        for write in self._facts.writes:
            stops = [stop for loss in write.losses for stop in (*loss.trail.stops(), *loss.trail.calls)]
            pieces |= {id(p): p for p in (write.piece, *(stop.piece for stop in (*write.calls, *stops)))}
        wanted = [n for section in self._facts.sections for n in (section.body, section.opener)]
        spans: dict[cst.CSTNode, Span] = {}
        for piece in pieces.values():
            spans |= piece.spans(wanted)
        return spans

    def _about(self, section: Section) -> Iterator[str]:
        writes = [write for write in self._facts.writes if write.section is section]
        by_line: dict[int, list[Write]] = {}
        for write in writes:
            by_line.setdefault(_place(write).start.line, []).append(write)
        for line, here in by_line.items():
            yield from (f"line {line}: {reason}" for reason in self._told(here))
        if not writes:
            yield from self._told_by.of_section(section)

    def _told(self, writes: Sequence[Write]) -> list[str]:
        """The reasons for writes that stand on one line; that of one clears the others of nothing."""
        found = [reason for write in writes for reason in self._reasons(write)]
        return found or [reason for write in writes for reason in self._told_by.of_write(write)]

    def about_stories(self, line: int) -> list[str]:
        """The findings one of whose steps stands on the line."""
        return [
            f"a step of {finding.code} at line {finding.line}, which is {how}"
            for findings, how in ((self._shown, "reported there"), (self._hidden, "suppressed by a comment"))
            for finding in findings
            if any(_covers(step.span, line) for step in finding.steps)
        ]

    def _reasons(self, write: Write) -> list[str]:
        return [
            *(self._judged(code, each, write) for code, each in self._objections if each.write is write),
            *(
                f"a value read outside this section is written, but {reason}: without that it would be a finding"
                for reason in write.silenced
            ),
        ]

    def _judged(self, code: str, objection: Objection, write: Write) -> str:
        options = self._options
        if not options.wants(code):
            return f"{code} applies, but is not selected"
        if not objection.confidence.at_least(options.min_confidence):
            return (
                f"{code} applies with {objection.confidence} confidence: below {options.min_confidence}, for "
                f"{_unresolved(objection)}; with that resolved it would be a finding"
            )
        if _names(self._hidden, code, write) and not _names(self._shown, code, write):
            return f"{code} applies, but a comment suppresses it"
        return f"{code} is reported here"


def _names(findings: Sequence[Finding], code: str, write: Write) -> bool:
    return any(f.code == code and _covers(_place(write), f.line) for f in findings)


def _covers(span: Span, line: int) -> bool:
    return span.start.line <= line <= span.end.line


def _height(span: Span) -> int:
    return span.end.line - span.start.line


def _place(write: Write) -> Span:
    return write.piece.span(write.node)


def _unresolved(objection: Objection) -> str:
    hops = min((loss.hops for loss in objection.losses), default=0)
    if objection.confidence is Confidence.LOW and hops:
        return f"{hops} step{'s' if hops > 1 else ''} on the way from the read could not be resolved"
    return "it may be meant"
