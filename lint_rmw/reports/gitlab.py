"""The report for GitLab's code quality widget: a JSON array in which every fingerprint occurs once."""

from __future__ import annotations

import hashlib

from lint_rmw.finding import Confidence, Finding, Outcome, Severity
from lint_rmw.reports.jsontext import to_json

_SEVERITIES = {
    (Severity.ERROR, Confidence.HIGH): "critical",
    (Severity.ERROR, Confidence.MEDIUM): "major",
    (Severity.ERROR, Confidence.LOW): "minor",
    (Severity.WARNING, Confidence.HIGH): "major",
    (Severity.WARNING, Confidence.MEDIUM): "minor",
    (Severity.WARNING, Confidence.LOW): "info",
}


def render(outcome: Outcome) -> str:
    """The array: one object a finding, and one for each file that could not be judged."""
    taken: set[str] = set()
    rows = [
        _row(
            f"{finding.code} {finding.message}",
            finding.name,
            _unique(_fingerprint(finding, outcome), taken),
            _SEVERITIES[finding.severity, finding.confidence],
            finding.path,
            finding.line,
        )
        for finding in outcome.findings
    ]
    rows += [
        _row(
            error.message,
            "unjudged-file",
            _unique(_digest("unjudged-file", error.path, error.message), taken),
            "blocker",
            error.path,
            1,
        )
        for error in outcome.errors
    ]
    return to_json(rows)


def _row(
    description: str, check: str, fingerprint: str, severity: str, path: str, line: int
) -> dict[str, object]:
    return {
        "description": description,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }


def _fingerprint(finding: Finding, outcome: Outcome) -> str:
    if finding.fingerprint:
        # Copies of a file hold equal findings; numbering them would depend on which other files are reported.
        return _digest(finding.path, finding.fingerprint)
    # A line number would make every finding below an inserted line look new, so the words of the line stand for it.
    lines = outcome.lines.get(finding.path, ())
    words = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    return _digest(finding.code, finding.path, finding.store, *finding.fields, words)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _unique(fingerprint: str, taken: set[str]) -> str:
    candidate, count = fingerprint, 1
    while candidate in taken:
        count += 1
        candidate = f"{fingerprint}-{count}"
    taken.add(candidate)
    return candidate
