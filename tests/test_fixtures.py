"""Each fixture shows what its comments say, and the judge agrees: `bad.py` loses updates, `ok.py` does not."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from lint_rmw.finding import Finding, StepKind
from lint_rmw.lint import Options, lint, rules
from lint_rmw.source import Source
from tests.expectations import Expectation, cases, expectations, shown
from tests.oracle import judge

BAD = cases("bad.py")
OK = cases("ok.py")
FIXED = cases("fixed.py")

NO_RACE = {"blind-entry-overwrite": "it erases every time, so that each serial order does the same"}
"""Rules whose findings the judge cannot confirm, and why."""

BRINGS_BACK = {
    "fill-if-missing": "whoever sets the field to None meanwhile gets the old value back, as after a delete"
}
"""Silent fixtures that a writer who takes a value away does break, and how: no linter could report these and be heard."""


@cache
def findings_in(path: Path) -> tuple[Finding, ...]:
    return lint(Source.from_text(path.read_text(), shown(path)), Options())


def _met(expected: Expectation, finding: Finding) -> bool:
    return (finding.line, finding.code) == (expected.line, expected.code) and expected.text in finding.message


def _steps(findings: tuple[Finding, ...]) -> list[tuple[int, str, str]]:
    found = {
        (step.span.start.line, finding.code, step.message)
        for finding in findings
        for step in finding.steps
        if step.kind is not StepKind.WRITE
    }
    return sorted(found)


@pytest.mark.parametrize("path", BAD, ids=shown)
def test_findings_are_those_of_the_comments(path: Path) -> None:
    expected = [each for each in expectations(path.read_text()) if not each.step]
    findings = findings_in(path)
    assert expected, "a bad.py says which finding it is there for"
    assert Counter((each.line, each.code) for each in expected) == Counter(
        (each.line, each.code) for each in findings
    )
    for each in expected:
        assert any(_met(each, finding) for finding in findings), (str(each), [f.message for f in findings])


@pytest.mark.parametrize("path", BAD, ids=shown)
def test_steps_are_those_of_the_comments(path: Path) -> None:
    expected = [each for each in expectations(path.read_text()) if each.step]
    found = _steps(findings_in(path))
    for each in expected:
        assert any(
            (line, code) == (each.line, each.code) and each.text in message for line, code, message in found
        ), (str(each), found)
    for line, code, message in found:
        assert any((line, code) == (each.line, each.code) and each.text in message for each in expected), (
            f"line {line}: no comment speaks of this step of {code}: {message}"
        )


@pytest.mark.parametrize("path", BAD, ids=shown)
def test_a_finding_begins_where_it_was_read_and_ends_at_the_write(path: Path) -> None:
    for finding in findings_in(path):
        assert finding.steps[-1].kind is StepKind.WRITE
        assert finding.steps[-1].span == finding.span
        if finding.code != "RMW105":
            assert finding.steps[0].kind is StepKind.READ


@pytest.mark.parametrize("path", [*OK, *FIXED], ids=shown)
def test_what_is_right_is_left_alone(path: Path) -> None:
    assert [f"line {each.line}: {each.code} {each.message}" for each in findings_in(path)] == []


@pytest.mark.parametrize("path", OK, ids=shown)
def test_each_right_handler_says_why(path: Path) -> None:
    handlers = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("handle")
    ]
    assert handlers
    assert [node.name for node in handlers if not ast.get_docstring(node)] == []
    if path.parent.parent.name == "silent":
        assert len(handlers) >= 3


@pytest.mark.parametrize("path", BAD, ids=shown)
def test_the_judge_breaks_what_is_bad(path: Path, reference: bool) -> None:
    verdict = judge(path.read_text(), name=shown(path), backend="reference" if reference else "model")
    wanted = path.parent.parent.name not in NO_RACE
    assert {name: found.anomalous for name, found in verdict.handlers.items()} == dict.fromkeys(
        verdict.handlers, wanted
    )


@pytest.mark.parametrize("path", [*OK, *FIXED], ids=shown)
def test_the_judge_breaks_nothing_that_is_right(path: Path, reference: bool) -> None:
    verdict = judge(path.read_text(), name=shown(path), backend="reference" if reference else "model")
    accepted = {"clear"} if path.parent.name in BRINGS_BACK else set()
    assert verdict.breaking <= accepted, verdict.witness and verdict.witness.story()
    crashed = [
        (name, error)
        for name, found in verdict.handlers.items()
        for error in found.errors
        if error[0] == "rich"
    ]
    assert crashed == []


SAMPLE = [cases("bad.py", f"{rule.name}/*")[-1] for rule in rules()]


@pytest.mark.parametrize("path", SAMPLE, ids=shown)
def test_the_real_store_judges_as_its_model_does(path: Path) -> None:
    text = path.read_text()
    assert judge(text, backend="reference") == judge(text, backend="model")


@pytest.mark.parametrize("rule", [rule.name for rule in rules()])
def test_each_rule_has_bad_fixtures_with_their_right_shape(rule: str) -> None:
    bad = {path.parent for path in BAD if path.parent.parent.name == rule}
    ok = {path.parent for path in OK if path.parent.parent.name == rule}
    assert len(bad) >= 3
    assert bad == ok


def test_a_bad_fixture_is_there_for_its_own_rule() -> None:
    codes = {rule.name: rule.code for rule in rules()}
    strange = [
        (shown(path), each.code)
        for path in BAD
        for each in expectations(path.read_text())
        if each.code != codes[path.parent.parent.name]
    ]
    assert strange == []
