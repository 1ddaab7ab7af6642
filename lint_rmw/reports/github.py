"""The report for GitHub Actions: workflow commands that annotate lines, and a summary of the whole job.

Only ten errors and ten warnings of a step are shown, so the gravest come first and the summary holds the rest.
"""

from __future__ import annotations

import re

from lint_rmw.finding import Finding, Outcome, Severity
from lint_rmw.reports.story import story, totals

_LONGEST_TABLE = 1000
_CELL_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&#])")


def render(outcome: Outcome) -> str:
    """A workflow command a line, empty when there is nothing to say; the end column is exclusive."""
    commands = [
        _command("error", {"file": error.path, "title": "lint-rmw"}, error.message)
        for error in outcome.errors
    ]
    commands += [_annotation(finding) for finding in sorted(outcome.findings, key=_gravest_first)]
    return "".join(f"{command}\n" for command in commands)


def job_summary(outcome: Outcome) -> str:
    """Markdown for the file that `GITHUB_STEP_SUMMARY` names: totals, then every finding in a table."""
    total = len(outcome.findings)
    rows = ["## lint-rmw", "", _cell(totals(outcome)), ""]
    if outcome.findings:
        shown = sorted(outcome.findings, key=_gravest_first)[:_LONGEST_TABLE]
        rows += ["| Severity | Confidence | Rule | Place | Finding |", "|---|---|---|---|---|"]
        rows += [_row(finding) for finding in shown]
        rows += [f"\n… and {total - len(shown)} more"] if total > len(shown) else []
        rows.append("")
    if outcome.errors:
        rows += ["| Not judged | Why |", "|---|---|"]
        rows += [f"| {_cell(error.path)} | {_cell(error.message)} |" for error in outcome.errors]
        rows.append("")
    return "\n".join(rows)


def _gravest_first(finding: Finding) -> tuple[object, ...]:
    return (finding.severity is not Severity.ERROR, -finding.confidence.rank, finding.sort_key())


def _annotation(finding: Finding) -> str:
    start, end = finding.span.start, finding.span.end
    place = {"file": finding.path, "line": str(start.line)}
    # The runner takes columns only when the annotation stays on one line.
    if start.line == end.line:
        place |= {"col": str(start.column), "endLine": str(end.line), "endColumn": str(end.column)}
    else:
        place |= {"endLine": str(end.line)}
    title = f"{finding.code} {finding.name} ({finding.confidence.value})"
    return _command(
        finding.severity.value, {**place, "title": title}, "\n".join([finding.message, *story(finding)])
    )


def _command(name: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{key}={_escaped_property(value)}" for key, value in properties.items())
    return f"::{name} {written}::{_escaped(message)}"


def _escaped(text: str) -> str:
    # Lone surrogates, from file names that are not valid in their encoding, fit no stream.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _row(finding: Finding) -> str:
    cells = (
        finding.severity.value,
        finding.confidence.value,
        f"{finding.code} {finding.name}",
        f"{finding.path}:{finding.line}",
        finding.message,
    )
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return _CELL_BREAK.sub(" ", _MARKDOWN.sub(r"\\\1", text))
