"""Each `bad.py` is repaired into the `fixed.py` beside it, or says in an `# unfixable` comment why it is not.

`pytest --update` writes both; what is compared here is what the tool makes of the file without its expectations.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from lint_rmw.finding import Finding, Safety
from lint_rmw.lint import Fixed, Options, apply_fixes, lint
from lint_rmw.source import Source
from tests.expectations import cases, plain, shown, unfixable, with_reasons, without_reasons
from tests.oracle import equivalent_alone

BAD = cases("bad.py")
FIXED = cases("fixed.py")


@cache
def repaired(path: Path) -> Fixed:
    """What the tool makes of a file with all its fixes, the unsafe ones too."""
    return apply_fixes(Source.from_text(plain(path.read_text()), shown(path)), Options(), unsafe=True)


def _reasons(text: str, path: Path) -> dict[int, str]:
    """Why the findings of a file with expectations have no fix, by line."""
    findings = lint(Source.from_text(text, shown(path)), Options(), propose_fixes=True)
    return {finding.line: _reason(finding) for finding in findings if not (finding.fix and finding.fix.edits)}


def _reason(finding: Finding) -> str:
    assert finding.fix is not None
    assert finding.fix.safety is Safety.MANUAL
    # The comment moves the lines it speaks of.
    return re.sub(r"line \d+", "a line", finding.fix.reasons[-1].replace('"', "'"))


@pytest.mark.parametrize("path", BAD, ids=shown)
def test_a_bad_fixture_is_fixed_or_says_why_not(path: Path, update: bool) -> None:
    text = path.read_text()
    beside = path.with_name("fixed.py")
    outcome = repaired(path)
    whole = bool(outcome.fixed) and not outcome.remaining
    if update:
        if not whole:
            beside.unlink(missing_ok=True)
            bare = without_reasons(text)
            path.write_text(with_reasons(text, _reasons(bare, path)))
        else:
            beside.write_text(outcome.text)
            path.write_text(without_reasons(text))
        return
    if whole:
        assert beside.read_text() == outcome.text
        assert unfixable(text) == []
        return
    assert not beside.exists()
    found = _reasons(text, path)
    expected = unfixable(text)
    assert {line for line, _ in expected} == set(found)
    for line, reason in expected:
        assert reason in found[line]


@pytest.mark.parametrize("path", FIXED, ids=shown)
def test_fixing_again_changes_nothing(path: Path) -> None:
    text = path.read_text()
    again = apply_fixes(Source.from_text(text, shown(path)), Options(), unsafe=True)
    assert (again.text, again.fixed) == (text, ())


@pytest.mark.parametrize("path", FIXED, ids=shown)
def test_a_safe_fix_changes_nothing_while_nobody_else_writes(path: Path) -> None:
    original = plain(path.with_name("bad.py").read_text())
    safe = apply_fixes(Source.from_text(original, shown(path)), Options())
    assert equivalent_alone(original, safe.text) is None


def test_every_fixed_file_stands_beside_what_it_was_made_from() -> None:
    assert [shown(path) for path in FIXED if not path.with_name("bad.py").exists()] == []
