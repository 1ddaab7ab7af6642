"""A fix in a report is the fix that `lint-rmw fix` makes: applied from the document alone, it gives the same text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lint_rmw.finding import Finding, Outcome
from lint_rmw.inspection import inspect
from lint_rmw.lint import Options
from lint_rmw.repair import repair
from lint_rmw.report import FORMATS
from tests.expectations import FIXTURES, shown

# Every ninth: each takes a second, and neighbours are alike.
CASES = sorted(FIXTURES.glob("*/*/bad.py"))[::9]
NAME = "src/файл 1.py"
_Corner = tuple[int, int]


def from_sarif(finding: Any) -> list[tuple[_Corner, _Corner, str]]:
    """The replacements of a result, with places in characters."""
    (fix,) = finding["fixes"]
    (change,) = fix["artifactChanges"]
    return [
        (
            (each["deletedRegion"]["startLine"], each["deletedRegion"]["startColumn"]),
            (each["deletedRegion"]["endLine"], each["deletedRegion"]["endColumn"]),
            each["insertedContent"]["text"],
        )
        for each in change["replacements"]
    ]


def by_sarif(text: str, result: Any) -> str:
    """The text after the fix of a SARIF result."""
    starts = _starts(text)
    for start, end, new in sorted(from_sarif(result), reverse=True):
        first, last = (starts[line - 1] + column - 1 for line, column in (start, end))
        text = text[:first] + new + text[last:]
    return text


def by_rdjson(text: str, diagnostic: Any) -> str:
    """The text after the suggestion of a diagnostic, whose columns count bytes."""
    (suggestion,) = diagnostic["suggestions"]
    data = text.encode()
    starts = [len(text[:start].encode()) for start in _starts(text)]
    corners = suggestion["range"]
    first, last = (
        starts[corners[side]["line"] - 1] + int(corners[side]["column"]) - 1 for side in ("start", "end")
    )
    new = str(suggestion["text"])
    return (data[:first] + new.encode() + data[last:]).decode()


def _starts(text: str) -> list[int]:
    return [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]


def wide(text: str) -> str:
    """The same handler with characters of two, three and four bytes before what is edited."""
    return text.replace("label", "lábel").replace("entry", "日本entry").replace("mutator", "变mutator")


VARIANTS: list[Callable[[str], str]] = [str, wide, lambda text: text.replace("\n", "\r\n")]


@pytest.mark.parametrize("variant", VARIANTS, ids=["plain", "wide", "crlf"])
@pytest.mark.parametrize("path", CASES, ids=shown)
def test_a_fix_applied_from_a_report_is_the_one_that_is_made(
    path: Path, variant: Callable[[str], str]
) -> None:
    text = variant(path.read_text())
    judged = inspect(text.encode(), NAME, Options(), propose_fixes=True)
    run = Outcome("0.1.0", judged.findings, lines={NAME: judged.lines}, line_ends={NAME: judged.line_end})
    results = json.loads(FORMATS["sarif"](run))["runs"][0]["results"]
    diagnostics = json.loads(FORMATS["rdjson"](run))["diagnostics"]
    offered = [index for index, finding in enumerate(judged.findings) if _is_offered(finding)]
    assert [i for i, r in enumerate(results) if "fixes" in r] == offered
    assert [i for i, d in enumerate(diagnostics) if "suggestions" in d] == offered
    made = [(by_sarif(text, results[i]), by_rdjson(text, diagnostics[i])) for i in offered]
    assert all(one == other for one, other in made)
    if len(offered) == 1:
        assert made[0][0].encode() == repair(text.encode(), NAME, Options(), unsafe=True).source.data


def test_no_suggestion_is_made_of_lines_that_end_in_different_ways() -> None:
    path = FIXTURES / "stale-entry-overwrite" / "spread" / "bad.py"
    text = path.read_text().replace("\n", "\r\n", 5)
    judged = inspect(text.encode(), NAME, Options(), propose_fixes=True)
    assert judged.line_end == ""
    run = Outcome("0.1.0", judged.findings, lines={NAME: judged.lines}, line_ends={NAME: judged.line_end})
    (diagnostic,) = json.loads(FORMATS["rdjson"](run))["diagnostics"]
    finding = judged.findings[0]
    assert finding.fix is not None and len(finding.fix.edits) > 1 and "suggestions" not in diagnostic


def _is_offered(finding: Finding) -> bool:
    return finding.fix is not None and bool(finding.fix.edits)
