"""A value read in one function and written in another: the calls between the two are written out, then it is repaired there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from lint_rmw.finding import Edit, Finding, Fix, Safety, Span
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.inline import inlined
from lint_rmw.fixes.layout import comments_above
from lint_rmw.fixes.site import Refused, Unfit
from lint_rmw.fixes.syntax import Code, Function, last_word
from lint_rmw.source import Source

if TYPE_CHECKING:
    from lint_rmw.fix import Ground

_DEEPEST = 4
_MOST_CALLERS = 4


@dataclass(frozen=True)
class Way:
    """The calls by which a value was handed `down` to its section and came `back` from its read, outermost first.

    `ends` are places in the function that the last call leads to.
    """

    down: tuple[Span, ...] = ()
    back: tuple[Span, ...] = ()
    ends: tuple[Span, ...] = ()

    @property
    def calls(self) -> tuple[Span, ...]:
        """The calls that are to be written out, the first one first."""
        return self.down or self.back


@dataclass(frozen=True, eq=False)
class Case:
    """A finding, the functions that open its kind of section, its repair, and the way its value came."""

    finding: Finding
    openers: frozenset[str]
    ground: Callable[[], Ground]
    offer: Callable[[Ground], Fix]
    trace: Callable[[], Way]

    @cached_property
    def way(self) -> Way:
        """The way its value came."""
        return self.trace()


@dataclass(frozen=True, eq=False)
class Bench:
    """What a text is judged by: its cases, and the proof of a fix of one of its findings."""

    cases: Callable[[Source], Sequence[Case]]
    proved: Callable[[Source, Finding, Fix], Fix]


@dataclass(frozen=True)
class Piece:
    """A stretch that stands for a call written out, and the text it stands for."""

    start: int
    end: int
    original: str


def repaired(source: Source, case: Case, bench: Bench) -> Fix:
    """The proved fix of a finding whose read and section stand in different functions; raises `Refused`, or `Unfit` without a word."""
    here, now = source, case
    reasons: list[str] = []
    title = ""
    before = [c.finding.code for c in bench.cases(source)].count(case.finding.code)
    for _ in range(_MOST_CALLERS):
        work = _Unfolding(here, now, bench)
        fix = work.fix()
        reasons += [reason for reason in (*work.doubts, *fix.reasons) if reason not in reasons]
        title = title or fix.title
        here = _spaced(work.folded(fix))
        left = [c for c in bench.cases(here) if c.finding.code == case.finding.code]
        if len(left) < before:
            break
        again = [c for c in left if c.way.down and _line(here, c.finding) == _line(source, case.finding)]
        if not again:
            break
        now = again[0]
    made = _fix(source, here, title, reasons)
    outcome = bench.proved(source, case.finding, made)
    if outcome.edits:
        return outcome
    raise Refused(outcome.reasons[-1])


def _spaced(source: Source) -> Source:
    """A text without the second blank line above a function within another."""
    code = Code(source)
    inner = [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines: set[int] = set()
    for function in inner:
        top = comments_above(code, function) - 1
        while code.function(function) and top > 1 and not any(map(str.strip, source.lines[top - 2 : top])):
            lines.add(top)
            top -= 1
    starts = source.line_starts
    kept = [source.text[low:high] for n, (low, high) in enumerate(pairwise(starts), 1) if n not in lines]
    return replace(source, text="".join(kept))


def _fix(source: Source, made: Source, title: str, reasons: Sequence[str]) -> Fix:
    safety = Safety.UNSAFE if reasons else Safety.SAFE
    return Fix(safety, title, tuple(reasons), differences(source, made))


def _line(source: Source, finding: Finding) -> str:
    return source.lines[finding.line - 1].strip()


@dataclass(eq=False)
class _Unfolding:
    """One caller in the making: the text with calls written out, and what stood in their place."""

    source: Source
    case: Case
    bench: Bench
    pieces: list[Piece] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def fix(self) -> Fix:
        """The fix of the finding in the text reached, proved there; raises `Refused`."""
        refusal: Refused | None = None
        for _ in range(_DEEPEST):
            if not self.case.way.calls:
                break
            self._write_out()
            fix = self.case.offer(self.case.ground())
            if fix.edits:
                fix = self.bench.proved(self.source, self.case.finding, fix)
                if fix.edits:
                    return fix
            refusal = Refused(self._told(fix.reasons[-1]))
        raise refusal or Unfit("it comes by another way than a call")

    def _write_out(self) -> None:
        """Writes out the next call on the way; raises `Refused`."""
        case, code = self.case, Code(self.source)
        knowledge = Knowledge(code)
        down = bool(case.way.down)
        first, *rest = case.way.calls
        call, helper = _called(code, first, [*rest, *case.way.ends])
        try:
            outcome = inlined(code, knowledge, call, helper, case.openers)
        except Refused as refused:
            line = self._told(f"line {call.lineno}")
            raise Refused(
                f"the call of {helper.name}() at {line} cannot be written out there: {refused}"
            ) from None
        start, end = outcome.start, outcome.end
        text = self.source.text[:start] + outcome.text + self.source.text[end:]
        shift = len(outcome.text) - (end - start)
        write = self.source.offset(case.finding.span.start)
        self._note(Piece(start, start + len(outcome.text), self.source.text[start:end]), end, shift)
        self.doubts += outcome.doubts
        self.source = replace(self.source, text=text)
        low, high = start, start + len(outcome.text)

        def within(place: Span) -> bool:
            return low <= self.source.offset(place.start) < high

        found = [c for c in self.bench.cases(self.source) if c.finding.code == case.finding.code]
        moved = write + shift if write >= end else write
        if down:
            found = [c for c in found if any(map(within, (c.finding.span, *c.way.down)))]
        else:
            found = [c for c in found if self.source.offset(c.finding.span.start) == moved]
        if not found:
            raise Unfit(f"with the call of {helper.name}() written out, nothing is found")
        self.case = found[0]

    def _note(self, piece: Piece, end: int, shift: int) -> None:
        kept: list[Piece] = []
        for old in self.pieces:
            if old.start <= piece.start and end <= old.end:
                piece = Piece(old.start, old.end + shift, old.original)
            elif old.start >= end:
                kept.append(Piece(old.start + shift, old.end + shift, old.original))
            else:
                kept.append(old)
        self.pieces = sorted([*kept, piece], key=lambda p: p.start)

    def _told(self, reason: str) -> str:
        """A reason with the lines of the text that was read."""
        return re.sub(r"\bline (\d+)", lambda found: f"line {self._original(int(found[1]))}", reason)

    def _original(self, line: int) -> int:
        at = self.source.line_starts[min(line, len(self.source.line_starts) - 1) - 1]
        back = 0
        for piece in self.pieces:
            lines = self.source.text.count("\n", piece.start, min(max(at, piece.start), piece.end))
            if at >= piece.end:
                lines = self.source.text.count("\n", piece.start, piece.end) - piece.original.count("\n")
            back += lines
        return line - back

    def folded(self, fix: Fix) -> Source:
        """The text with the fix made, and every call back in its place that the fix left alone."""
        edits = list(fix.edits)
        whole = replace(self.source, text=self.source.apply(edits))
        places = [(self.source.offset(e.span.start), self.source.offset(e.span.end)) for e in edits]
        for piece in self.pieces:
            if all(end <= piece.start or start >= piece.end for start, end in places):
                span = Span(self.source.position(piece.start), self.source.position(piece.end))
                edits.append(Edit(span, piece.original))
        if len(edits) > len(fix.edits):
            proof = self.bench.proved(self.source, self.case.finding, replace(fix, edits=tuple(edits)))
            if proof.safety is fix.safety:
                return replace(self.source, text=self.source.apply(edits))
        return whole


def _called(code: Code, span: Span, behind: Sequence[Span]) -> tuple[ast.Call, Function]:
    """A call and the function of the file it calls, where the way goes on; raises `Refused`."""
    start, end = code.source.offset(span.start), code.source.offset(span.end)
    call = next((n for n in code.covering(start, end) if isinstance(n, ast.Call)), None)
    if call is None:
        raise Unfit("a call on the way cannot be located")
    name = last_word(call.func)
    places = [code.source.offset(place.start) for place in behind]
    for node in ast.walk(code.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            low, high = code.start(node), code.end(node)
            if any(low <= place < high for place in places):
                return call, node
    raise Unfit(f"what {name}() does cannot be told")


def differences(source: Source, made: Source) -> tuple[Edit, ...]:
    """What turns one text into the other: one edit for each top-level statement that changes, and those between."""
    old, new = source.text.splitlines(keepends=True), made.text.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    blocks: list[list[int]] = []
    tops = [(n.lineno - 1, n.end_lineno or n.lineno) for n in source.tree.body]
    for kind, low, high, from_, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        last = blocks[-1] if blocks else None
        if last is not None and any(t[0] <= last[0] and high <= t[1] for t in tops):
            last[1], last[3] = high, to
        else:
            blocks.append([low, high, from_, to])
    return tuple(
        Edit(Span(source.position(starts[low]), source.position(starts[high])), "".join(new[from_:to]))
        for low, high, from_, to in blocks
    )
