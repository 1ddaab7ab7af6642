"""What the reports for people say in the same words: the steps of a finding, its fix and the totals of a run."""

from __future__ import annotations

from lint_rmw.finding import Finding, Fix, Outcome, Safety


def story(finding: Finding) -> tuple[str, ...]:
    """One line a step, numbered from 1 in the order in which things happen."""
    return tuple(
        f"{number} {step.kind.value}, {step.path}:{step.span.start.line}: {step.message}"
        for number, step in enumerate(finding.steps, 1)
    )


def fix_hint(fix: Fix) -> str:
    """What would repair the finding and how safe that is, or why nothing is offered."""
    reasons = "; ".join(fix.reasons)
    if fix.safety is Safety.MANUAL:
        return f"not fixed: {reasons or fix.title}"
    return f"fix: {fix.safety.value}, {fix.title}" + (f": {reasons}" if reasons else "")


def totals(outcome: Outcome) -> str:
    """The run in one line: findings, files, and where there are any: fixable, suppressed, not judged."""
    found = len(outcome.findings)
    line = f"{'no findings' if not found else count(found, 'finding')} in {count(outcome.files, 'file')}"
    if outcome.fixable:
        line += f", {outcome.fixable} fixable"
    if outcome.suppressed:
        line += f", {len(outcome.suppressed)} suppressed"
    if outcome.errors:
        line += f", {count(len(outcome.errors), 'file')} not judged"
    return line


def count(number: int, noun: str) -> str:
    """The number with its noun, which takes an s unless there is one of it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
