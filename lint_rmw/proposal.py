"""The fix of a finding: the smallest that its rule trusts, with calls written out for it where that must be, and proved."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lint_rmw.finding import Finding, Fix, Safety, Span
from lint_rmw.fix import TRUSTED, Ground, propose, proved
from lint_rmw.fixes.across import Bench, Case, Way, repaired
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.site import Refused, Unfit
from lint_rmw.fixes.syntax import Code
from lint_rmw.source import Source, SourceError
from lint_rmw.unasked import unasked

if TYPE_CHECKING:
    from lint_rmw.flow.provenance import Stop
    from lint_rmw.lint import Judged, Options


@dataclass(frozen=True, eq=False)
class Proposals:
    """The fixes for what was found in a source; `judge` tells what would be found in another text."""

    source: Source
    options: Options
    found: Sequence[Judged]
    judge: Callable[[Source, Options], Sequence[Judged]]

    def of(self, raw: Judged) -> Fix:
        """The proved fix of one finding, or the reasons why there is none."""
        case = self._case(self.source, raw)
        offered = case.offer(case.ground())
        if offered.edits or not case.way.calls:
            return self._proof(self.source, raw.finding, offered)
        try:
            return repaired(self.source, case, Bench(self._cases, self._proof))
        except (Unfit, SourceError, RecursionError):
            return offered
        except Refused as refused:
            if _unnumbered(str(refused)) in _unnumbered(offered.reasons[-1]):
                return offered
            told = f"{offered.reasons[-1]}; {refused}"
            return replace(offered, reasons=(*offered.reasons[:-1], told))

    def _judged(self, source: Source) -> Sequence[Judged]:
        """What is found in a text; for the file as it is that is known, and each finding asks for it again."""
        return self.found if source.text == self.source.text else self.judge(source, self.options)

    def _findings(self, source: Source) -> list[Finding]:
        return [judged.finding for judged in self._judged(source)]

    def _cases(self, source: Source) -> list[Case]:
        return [self._case(source, judged) for judged in self._judged(source)]

    def _proof(self, source: Source, finding: Finding, fix: Fix) -> Fix:
        outcome = proved(source, finding, fix, self._findings, self._findings(source))
        if outcome.safety is not Safety.SAFE:
            return outcome
        line = unasked(source, outcome.edits, self.options.profiles)
        if line is None:
            return outcome
        reason = f"line {line} decides on what was read before, and that is not asked again inside"
        return replace(outcome, safety=Safety.UNSAFE, reasons=(*outcome.reasons, reason))

    def _case(self, source: Source, raw: Judged) -> Case:
        """A finding with its repair and the way its value came."""
        section = raw.objections[0].write.section
        profiles = tuple(p for p in self.options.profiles if p.family == section.family)
        names = raw.rule.fixes or TRUSTED.get(raw.rule.code, ())

        def opener() -> Span:
            return section.opened_in.spans([section.opener]).get(section.opener, raw.finding.span)

        def body() -> Span:
            return section.piece.spans([section.body]).get(section.body, raw.finding.span)

        def ground() -> Ground:
            code = Code(source)
            writes = tuple(objection.write for objection in raw.objections)
            return Ground(source, code, Knowledge(code), raw.finding, writes, opener(), body(), profiles)

        return Case(
            raw.finding,
            frozenset(p.word for profile in profiles for p in profile.section if p.word),
            ground,
            lambda where: propose(where, names),
            lambda: _way(raw, opener(), body()) if names else Way(),
        )


def _unnumbered(reason: str) -> str:
    """A reason without the lines it names."""
    return re.sub(r"\d+", "", reason)


def _way(raw: Judged, opener: Span, body: Span) -> Way:
    """The calls between a read and the section that it was written in."""
    ways = [(objection.write, loss) for objection in raw.objections for loss in objection.losses]
    for write, loss in ways:
        back, down = write.calls_between(loss)
        handed = [span for span in map(_place, down) if not body.start <= span.start < body.end]
        if handed or back:
            read = loss.trail.stops()[0]
            behind = (opener, raw.finding.span) if handed else (_place(read),)
            return Way(tuple(handed), tuple(map(_place, back)), behind)
    return Way()


def _place(stop: Stop) -> Span:
    return stop.piece.span(stop.node)
