"""`why` answers for the call of an updater, for what stands in its section, and for every step of a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rmw.finding import Confidence
from lint_rmw.lint import Options
from lint_rmw.silence import explain_silence
from lint_rmw.source import Source
from tests.doors import FRESH, READ_LINE, STALE, STALE_LINE, lint_rmw, marked, write
from tests.expectations import FIXTURES

UPDATE = "    update_session_store(path, mutator)"
NOTHING_STALE = (
    "no value read from the store 'session' outside this section can overwrite the fresh state here"
)


def why(text: str, at: str, options: Options | None = None) -> list[str]:
    """The answer for the only line that is `at`."""
    lines = text.splitlines()
    assert lines.count(at) == 1
    return explain_silence(Source.from_text(text, "a.py"), options or Options(), lines.index(at) + 1)


def test_the_call_of_an_updater_is_answered_for_by_what_its_section_writes() -> None:
    assert why(STALE, UPDATE) == ["line 11: RMW101 is reported here"]
    (told,) = why(FRESH, UPDATE)
    assert told.startswith(f"line 8: {NOTHING_STALE}")
    assert told.endswith("a value built from such a read would be a finding")


@pytest.mark.parametrize("at", [READ_LINE, '    next_entry = {**entry, "label": label}'])
def test_a_step_of_a_finding_leads_to_it(at: str) -> None:
    assert why(STALE, at) == ["a step of RMW101 at line 11, which is reported there"]
    quiet = marked(STALE, STALE_LINE, "# rmw: ignore[RMW101]")
    assert why(quiet, at) == ["a step of RMW101 at line 11, which is suppressed by a comment"]


@pytest.mark.parametrize("comment", ["# noqa: RMW101", "# rmw: ignore[RMW101]"])
def test_a_suppressed_finding_is_told_as_such(comment: str) -> None:
    text = marked(STALE, STALE_LINE, comment)
    assert why(text, f"{STALE_LINE}  {comment}") == ["RMW101 applies, but a comment suppresses it"]
    assert why(text, UPDATE) == ["line 11: RMW101 applies, but a comment suppresses it"]


def test_what_the_options_leave_out_is_told_as_such() -> None:
    assert why(STALE, STALE_LINE, Options(select=("RMW102",))) == ["RMW101 applies, but is not selected"]
    by_parameter = STALE.replace(f"{READ_LINE}\n", "").replace(
        "(path, key, label)", "(path, entry, key, label)"
    )
    (told,) = why(by_parameter, STALE_LINE, Options(min_confidence=Confidence.HIGH))
    assert told.startswith("RMW101 applies with medium confidence: below high, for ")


def test_a_section_that_overwrites_nothing_says_what_would_be_a_finding() -> None:
    text = STALE.replace(STALE_LINE, "        store.pop(key)")
    (told,) = why(text, "        store.pop(key)")
    assert told.startswith(
        "this section of the store 'session' overwrites nothing; it only removes, and no old data is written thereby; "
        "what is read at line 7 covers nothing; assigning to its fresh store a value read before it would be a finding"
    )


def test_a_line_outside_says_how_to_declare_a_store() -> None:
    (told,) = why(STALE, "def rename(path, key, label):")
    assert "declare that as a store profile" in told
    (told,) = explain_silence(Source.from_text("x = 1\n", "a.py"), Options(), 1)
    assert told.startswith("this file names no updater")


FACTS = [
    ("fresh-wins", "the fresh entry wins the merge: without that it would be a finding"),
    (
        "version-check",
        "the fresh field 'version' is compared with it first: without that it would be a finding",
    ),
    ("other-key", "it was read from another entry: without that it would be a finding"),
    ("missing-entry-filled", "it is written only where the fresh state has none: without that"),
    ("joins-with-fresh", NOTHING_STALE),
    ("deletes", "overwrites nothing"),
]


@pytest.mark.parametrize(("reason", "fact"), FACTS, ids=[reason for reason, _ in FACTS])
def test_a_silent_fixture_is_explained_at_its_updater_calls(reason: str, fact: str) -> None:
    path = FIXTURES / "silent" / reason / "ok.py"
    source = Source.from_text(path.read_text(), path.name)
    calls = [n for n, line in enumerate(source.lines, 1) if line.startswith("    update_session_store(")]
    told = [reason for line in calls for reason in explain_silence(source, Options(), line)]
    assert calls and any(fact in each for each in told), told


def test_no_call_of_an_updater_in_any_fixture_is_left_without_an_answer() -> None:
    """Where something is reported, the call that runs its section says so."""
    silent_about = []
    for path in FIXTURES.glob("*/*/bad.py"):
        source = Source.from_text(path.read_text(), path.name)
        calls = [n for n, line in enumerate(source.lines, 1) if line.startswith("    update_session_store(")]
        told = [reason for line in calls for reason in explain_silence(source, Options(), line)]
        if any("in no section" in reason or "ask for the line" in reason for reason in told):
            silent_about.append(path)
    assert silent_about == []


def test_a_place_may_be_pasted_with_its_column(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    assert lint_rmw("why", "a.py:11:22", cwd=tmp_path).out == "RMW101 is reported here\n"
    (tmp_path / "a.py:11").write_text(FRESH)
    assert "no value read" in lint_rmw("why", "a.py:11:8", cwd=tmp_path).out


def test_a_file_that_the_configuration_leaves_out_is_told_as_such(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / "pyproject.toml").write_text('[tool.lint-rmw]\nexclude = ["a.py"]\n')
    done = lint_rmw("why", "a.py:11", cwd=tmp_path)
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "`exclude` of pyproject.toml leaves this file out when its folder is checked",
            "RMW101 is reported here",
        ],
    )
