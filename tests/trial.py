"""One generated program before judge and linter: what is true of it, what was reported, what a fix made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from lint_rmw import lint as linter
from lint_rmw.finding import Confidence, Finding, Safety
from lint_rmw.lint import Options
from lint_rmw.source import Source
from tests.generator import Program, flips, generate, rewrites
from tests.oracle import judge, judge_fix, severity_of

RACES = frozenset({"RMW101", "RMW102", "RMW103", "RMW104", "RMW201", "RMW301", "RMW302"})
"""The codes that claim a stale write; the others find something that is no race."""


@dataclass(frozen=True)
class Report:
    """One finding as far as it is counted."""

    code: str
    confidence: Confidence
    line: int
    safety: Safety | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """Everything counted of one seed; `errors` name what went wrong besides a wrong verdict."""

    seed: int
    axes: dict[str, str]
    breaking: frozenset[str]
    write_lines: tuple[int, ...]
    reports: tuple[Report, ...]
    rewritten: tuple[tuple[str, bool], ...] = ()
    flipped: tuple[tuple[str, bool], ...] = ()
    fixes: tuple[tuple[str, str | None], ...] = ()
    errors: tuple[str, ...] = field(default=())

    @property
    def severity(self) -> str | None:
        """S1, S2, S3 or None, as the judge has it."""
        return severity_of(self.breaking)

    @property
    def wrong(self) -> bool:
        """Whether the program really loses an update, deletions and re-creations aside."""
        return self.severity in ("S1", "S2")

    @property
    def by_control(self) -> bool:
        """Whether the program was made so that a stale test decides: much of that is below the default level."""
        family = self.axes["family"]
        return family in ("inserted", "deleted") or self.axes.get("guard", "").startswith("stale")

    def races(self, least: Confidence = Confidence.MEDIUM) -> tuple[Report, ...]:
        """The stale writes reported with that confidence or more."""
        return tuple(each for each in self.reports if each.code in RACES and each.confidence.at_least(least))

    @property
    def reported(self) -> bool:
        """Whether a stale write is reported at the default level."""
        return bool(self.races())


def findings_in(source: str, *, fixes: bool = False) -> tuple[Finding, ...]:
    """Returns what the linter says of a program at its default level."""
    return linter.lint(Source.from_text(source, "handler.py"), Options(), propose_fixes=fixes)


def _reported(source: str) -> bool:
    return any(
        each.code in RACES and each.confidence.at_least(Confidence.MEDIUM) for each in findings_in(source)
    )


def _is_wrong(source: str) -> bool:
    return judge(source).severity in ("S1", "S2")


def tried(seed: int, *, variants: bool, fixes: bool) -> Trial:
    """Returns the trial of a seed; `variants` adds its rewrites and flips, `fixes` what the fixer makes of it."""
    program = generate(seed)
    breaking = judge(program.source).breaking
    try:
        findings = findings_in(program.source, fixes=fixes)
        reports = tuple(
            Report(
                each.code,
                each.confidence,
                each.line,
                each.fix.safety if each.fix else None,
                each.fix.reasons if each.fix else (),
            )
            for each in findings
        )
        before = Trial(seed, program.axes, breaking, program.write_lines, reports)
        rewritten: tuple[tuple[str, bool], ...] = ()
        flipped: tuple[tuple[str, bool], ...] = ()
        if variants:
            rewritten = tuple(
                (name, _reported(text) == before.reported) for name, text in rewrites(program.source)
            )
            flipped = tuple((name, _reported(text) == _is_wrong(text)) for name, text in flips(program))
        repaired = _repaired(program, reports) if fixes and reports else ()
    except ImportError:
        raise
    except Exception as error:
        # One program that the linter cannot bear must not hide the verdicts on the others.
        return Trial(
            seed,
            program.axes,
            breaking,
            program.write_lines,
            (),
            errors=(f"{type(error).__name__}: {error}",),
        )
    return Trial(seed, program.axes, breaking, program.write_lines, reports, rewritten, flipped, repaired)


def _repaired(program: Program, reports: tuple[Report, ...]) -> tuple[tuple[str, str | None], ...]:
    """Applies the safe fixes, then all of them; returns (kind, what is wrong with the outcome)."""
    found: list[tuple[str, str | None]] = []
    source = program.source
    if any(each.safety is Safety.SAFE for each in reports):
        text, flaw = _applied(source, unsafe=False)
        found.append(("safe", flaw or judge_fix(source, text).difference))
    if any(each.safety is Safety.UNSAFE for each in reports):
        text, flaw = _applied(source, unsafe=True)
        # It may change undisturbed runs; what it may not do is leave the race. A writer between two sections is one
        # that no fix of either can take away.
        once = program.axes.get("turns", "once") == "once"
        severity = judge(text).severity if once and not flaw else None
        found.append(("unsafe", f"still {severity}" if severity in ("S1", "S2") else flaw))
    return tuple(found)


def _applied(source: str, *, unsafe: bool) -> tuple[str, str | None]:
    """Returns the fixed text, and what is wrong with it at first sight."""
    fixed = linter.apply_fixes(Source.from_text(source, "handler.py"), Options(), unsafe=unsafe)
    again = linter.apply_fixes(Source.from_text(fixed.text, "handler.py"), Options(), unsafe=unsafe)
    if not fixed.fixed:
        return fixed.text, "offered, but not applied"
    if again.text != fixed.text:
        return fixed.text, "a second run changes it again"
    try:
        compile(fixed.text, "handler.py", "exec")
    except SyntaxError as error:
        return fixed.text, f"does not compile: {error}"
    return fixed.text, None
