"""The report as SARIF 2.1.0, for code scanning and editors: each finding a result whose place is the stale expression."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from lint_rmw.finding import (
    FileError,
    Finding,
    Fix,
    Outcome,
    Position,
    RuleCard,
    Safety,
    Span,
    Step,
    StepKind,
)
from lint_rmw.reports.excerpt import excerpt
from lint_rmw.reports.jsontext import to_json
from lint_rmw.reports.line_hash import line_hashes
from lint_rmw.reports.sarif_rule import rule_descriptor

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/lint-rmw/lint_rmw"
_ESSENTIAL = {StepKind.READ, StepKind.WRITE}
_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_Json = dict[str, object]


def render(outcome: Outcome) -> str:
    """One log with one run; places are relative, percent-encoded URIs and columns count characters."""
    rules = _rules(outcome)
    places = {code: place for place, code in enumerate(rules)}
    hashes = {path: line_hashes(lines) for path, lines in outcome.lines.items() if lines}
    everything = [*outcome.findings, *outcome.suppressed]
    compared = any(finding.baseline for finding in everything)
    results = []
    for finding in everything:
        lines = outcome.lines.get(finding.path, ())
        result = _result(finding, places[finding.code], lines, hashes.get(finding.path, ()))
        # The states of a run are all there or all absent; what no comparison has seen counts as new.
        if compared:
            known = finding.suppression is not None and finding.suppression.kind == "baseline"
            result["baselineState"] = finding.baseline or ("unchanged" if known else "new")
        results.append(result)
    driver: _Json = {
        "name": "lint-rmw",
        "version": outcome.version,
        "informationUri": _HOME,
        "rules": [rule_descriptor(card) for card in rules.values()],
    }
    # A Python development version such as 1.0.dev3 is not a semantic one.
    if _SEMANTIC_VERSION.fullmatch(outcome.version):
        driver["semanticVersion"] = outcome.version
    run: _Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "lint-rmw/"},
        "invocations": [
            {
                "executionSuccessful": not outcome.errors,
                "toolExecutionNotifications": [_notification(error) for error in outcome.errors],
            }
        ],
        "results": results,
    }
    return to_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(outcome: Outcome) -> dict[str, RuleCard]:
    cards = {card.code: card for card in outcome.rules}
    for finding in (*outcome.findings, *outcome.suppressed):
        if finding.code not in cards:
            summary = finding.name.replace("-", " ")
            cards[finding.code] = RuleCard(finding.code, finding.name, finding.severity, summary, "")
    return dict(sorted(cards.items()))


def _result(finding: Finding, rule_index: int, lines: Sequence[str], hashes: Sequence[str]) -> _Json:
    steps = finding.steps
    result: _Json = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": _message(finding)},
        "locations": [_primary_location(finding, lines)],
        "partialFingerprints": _fingerprints(finding, hashes),
        "properties": {
            "confidence": finding.confidence.value,
            "store": finding.store,
            "fields": list(finding.fields),
        },
        # An empty list says "not suppressed"; without one a reader cannot tell.
        "suppressions": _suppressions(finding),
    }
    if steps:
        flow = [_flow_location(step, order) for order, step in enumerate(steps, 1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
        result["relatedLocations"] = [
            {"id": number, **_location(step.path, step.span, step.message)}
            for number, step in enumerate(steps, 1)
        ]
    if finding.fix is not None and finding.fix.edits:
        result["fixes"] = [_fix(finding.path, finding.fix)]
    return result


def _message(finding: Finding) -> str:
    links = ", ".join(f"[{step.kind.value}]({number})" for number, step in enumerate(finding.steps, 1))
    text = _literal(finding.message)
    return f"{text}. Steps: {links}." if links else f"{text}."


def _literal(text: str) -> str:
    # In a message a brace opens a placeholder, and a bracket a link when its parenthesis follows.
    return text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _location(path: str, span: Span, message: str | None = None) -> _Json:
    location: _Json = {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": _region(span)}}
    if message is not None:
        location["message"] = {"text": _literal(message)}
    return location


def _primary_location(finding: Finding, lines: Sequence[str]) -> _Json:
    region = _region(finding.span)
    if snippet := excerpt(lines, finding.span):
        region["snippet"] = {"text": snippet}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(finding.path)}, "region": region}}


def _uri(path: str) -> str:
    # A name that is not valid in its encoding keeps its bytes, which reach Python as these surrogates.
    try:
        return quote(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return quote(path.encode("utf-8", "surrogatepass"))


def _region(span: Span) -> _Json:
    return {**_corner("start", span.start), **_corner("end", span.end)}


def _corner(name: str, position: Position) -> _Json:
    return {f"{name}Line": position.line, f"{name}Column": position.column}


def _fingerprints(finding: Finding, hashes: Sequence[str]) -> _Json:
    fingerprints: _Json = {}
    if finding.line <= len(hashes):
        fingerprints["primaryLocationLineHash"] = hashes[finding.line - 1]
    if finding.fingerprint:
        fingerprints["lintRmwFingerprint/v1"] = finding.fingerprint
    return fingerprints


def _suppressions(finding: Finding) -> list[_Json]:
    given = finding.suppression
    if given is None:
        return []
    suppression: _Json = {"kind": "external" if given.kind == "baseline" else "inSource"}
    if given.reason:
        suppression["justification"] = given.reason
    return [suppression]


def _flow_location(step: Step, order: int) -> _Json:
    return {
        "location": _location(step.path, step.span, f"{step.kind.value}: {step.message}"),
        "executionOrder": order,
        "importance": "essential" if step.kind in _ESSENTIAL else "important",
    }


def _fix(path: str, fix: Fix) -> _Json:
    description = (
        fix.title if fix.safety is Safety.SAFE else f"{fix.title} (unsafe: {'; '.join(fix.reasons)})"
    )
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
        for edit in fix.edits
    ]
    return {
        "description": {"text": _literal(description)},
        "artifactChanges": [{"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}],
        "properties": {"safety": fix.safety.value},
    }


def _notification(error: FileError) -> _Json:
    return {
        "level": "error",
        "message": {"text": _literal(error.message)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(error.path)}}}],
    }
