"""The report for reviewdog (0.18 or newer), which turns a fix into a suggestion under the changed line of a review.

Older ones refuse a report with related locations in it, as they refuse every field they do not know. Columns count the
bytes of the line in UTF-8, from 1, and the end of a range is exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lint_rmw.finding import Edit, Finding, Outcome, Position, Safety, Span
from lint_rmw.reports.excerpt import excerpt
from lint_rmw.reports.jsontext import to_json
from lint_rmw.reports.story import fix_hint


def render(outcome: Outcome) -> str:
    """One `DiagnosticResult`: a diagnostic a finding, and one for each file that could not be judged."""
    diagnostics = [_diagnostic(finding, outcome) for finding in outcome.findings]
    diagnostics += [
        {"message": error.message, "location": {"path": error.path}, "severity": "ERROR"}
        for error in outcome.errors
    ]
    return to_json({"source": {"name": "lint-rmw"}, "diagnostics": diagnostics})


def _diagnostic(finding: Finding, outcome: Outcome) -> dict[str, object]:
    lines = outcome.lines.get(finding.path, ())
    diagnostic: dict[str, object] = {
        "message": _message(finding),
        "location": {"path": finding.path, "range": _range(finding.span, lines)},
        "severity": finding.severity.value.upper(),
        "code": {"value": finding.code},
        "related_locations": [
            {
                "message": f"{number} {step.kind.value}: {step.message}",
                "location": {
                    "path": step.path,
                    "range": _range(step.span, outcome.lines.get(step.path, ())),
                },
            }
            for number, step in enumerate(finding.steps, 1)
        ],
    }
    if finding.fix is not None and finding.fix.edits and lines:
        edit = _joined(finding.fix.edits, lines, outcome.line_ends.get(finding.path, "\n"))
        if edit is not None:
            diagnostic["suggestions"] = [{"range": _range(edit.span, lines), "text": edit.replacement}]
    return diagnostic


def _message(finding: Finding) -> str:
    fix = finding.fix
    if fix is None or fix.safety is not Safety.UNSAFE:
        return finding.message
    return f"{finding.message}\n{fix_hint(fix)}"


def _joined(edits: Sequence[Edit], lines: Sequence[str], line_end: str) -> Edit | None:
    """One edit that does what all do: every suggestion is accepted by itself, and half a fix is a new bug.

    None where what stands between them cannot be said, because its lines end in different ways.
    """
    ordered = sorted(edits, key=lambda edit: edit.span)
    parts = [ordered[0].replacement]
    for before, edit in pairwise(ordered):
        between = excerpt(lines, Span(before.span.end, edit.span.start))
        if "\n" in between and not line_end:
            return None
        parts += [between.replace("\n", line_end), edit.replacement]
    return Edit(Span(ordered[0].span.start, ordered[-1].span.end), "".join(parts))


def _range(span: Span, lines: Sequence[str]) -> dict[str, object]:
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(position: Position, lines: Sequence[str]) -> dict[str, int]:
    if position.line > len(lines):
        return {"line": position.line, "column": position.column}
    head = lines[position.line - 1][: position.column - 1]
    return {"line": position.line, "column": len(head.encode("utf-8", "surrogatepass")) + 1}
