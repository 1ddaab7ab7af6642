"""The report for programs that know lint_rmw: one JSON document with every finding, error and total."""

from __future__ import annotations

from lint_rmw.finding import Finding, Fix, Outcome, Position, Step
from lint_rmw.reports.jsontext import to_json

_VERSION = 1


def render(outcome: Outcome) -> str:
    """The document; lines and columns are 1-based, columns count characters, `end` is exclusive."""
    return to_json(
        {
            "version": _VERSION,
            "tool": {"name": "lint-rmw", "version": outcome.version},
            "findings": [_finding(finding) for finding in outcome.findings],
            "errors": [{"path": error.path, "message": error.message} for error in outcome.errors],
            "summary": {
                "files": outcome.files,
                "findings": len(outcome.findings),
                "fixable": outcome.fixable,
            },
        }
    )


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "path": finding.path,
        "start": _position(finding.span.start),
        "end": _position(finding.span.end),
        "store": finding.store,
        "fields": list(finding.fields),
        "steps": [_step(step) for step in finding.steps],
        "fix": None if finding.fix is None else _fix(finding.fix),
        "fingerprint": finding.fingerprint,
    }


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


def _step(step: Step) -> dict[str, object]:
    return {
        "kind": step.kind.value,
        "path": step.path,
        **_position(step.span.start),
        "message": step.message,
    }


def _fix(fix: Fix) -> dict[str, object]:
    return {"safety": fix.safety.value, "title": fix.title, "reasons": list(fix.reasons)}
