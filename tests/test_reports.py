"""Each report for a machine is what its reader documents, whatever characters the findings hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lint_rmw.finding import Confidence, Edit, FileError, Fix, Outcome, Position, Safety, Severity, Span
from lint_rmw.report import FORMATS
from lint_rmw.reports import github
from tests.doors import STALE, lint_rmw, write
from tests.report_example import AGENT, AGENT_LINES, CACHE, counter, outcome, overwrite

DATA = Path(__file__).parent / "data"
COMMAND = re.compile(r"::(error|warning) ([^\r\n]*?)::([^\r\n]*)")
ANY_TEXT = st.text() | st.text("%0AD3:,|\\`\r\n\0\u2028\ud800\udcff\ufffe日😀")


def schema(name: str) -> Draft202012Validator:
    """The validator of one of our own schemas, which is itself checked first."""
    described = json.loads((DATA / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described)


def said(name: str, run: Outcome) -> Any:
    """The JSON report of that format, read back."""
    return json.loads(FORMATS[name](run))


def commands(run: Outcome) -> list[tuple[str, dict[str, str], str]]:
    """What the runner of GitHub reads: name, properties and message of each line, unescaped."""
    read = []
    for line in FORMATS["github"](run).split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match is not None
        pairs = (pair.partition("=") for pair in match[2].split(","))
        properties = {key: unescaped(value, in_property=True) for key, _, value in pairs}
        read.append((match[1], properties, unescaped(match[3])))
    return read


def unescaped(text: str, in_property: bool = False) -> str:
    """The text as the runner turns it back, the percent sign last."""
    marks = [("%0D", "\r"), ("%0A", "\n")] + ([("%3A", ":"), ("%2C", ",")] if in_property else [])
    for mark, character in marks:
        text = text.replace(mark, character)
    return text.replace("%25", "%")


def test_every_format_of_the_command_line_has_a_report() -> None:
    assert set(FORMATS) == {"text", "json", "sarif", "github", "gitlab", "rdjson", "junit"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_ends_with_a_line_end_and_is_the_same_each_time(name: str) -> None:
    text = FORMATS[name](outcome())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text == FORMATS[name](outcome())


def test_only_the_text_report_loads_rich() -> None:
    program = (
        "import sys; from lint_rmw.report import FORMATS; from lint_rmw.finding import Outcome;"
        "[FORMATS[name](Outcome('0')) for name in FORMATS if name != 'text']; print('rich' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def test_json_has_the_keys_of_the_contract_and_no_others() -> None:
    document = said("json", outcome())
    assert list(document) == ["version", "tool", "findings", "errors", "summary"]
    assert document["version"] == 1
    assert document["tool"] == {"name": "lint-rmw", "version": "0.1.0"}
    assert document["summary"] == {"files": 4, "findings": 2, "fixable": 1}
    assert document["errors"] == [
        {"path": "src/broken.py", "message": "is not valid Python at line 3: '{' was never closed"}
    ]
    finding = document["findings"][0]
    assert " ".join(finding) == (
        "code name severity confidence message path start end store fields steps fix fingerprint"
    )
    assert (finding["path"], finding["severity"], finding["confidence"]) == (AGENT, "error", "high")
    assert (finding["start"], finding["end"]) == ({"line": 15, "column": 29}, {"line": 15, "column": 39})
    assert finding["steps"][0] == {
        "kind": "read",
        "path": AGENT,
        "line": 7,
        "column": 13,
        "message": "'entry' is read outside the section",
    }
    assert finding["fix"] == {"safety": "safe", "title": "build the entry inside 'mutator'", "reasons": []}


def test_json_of_a_finding_without_a_fix_says_null() -> None:
    document = said("json", replace(outcome(), findings=(replace(overwrite(), fix=None),)))
    assert document["findings"][0]["fix"] is None


@given(ANY_TEXT)
def test_json_carries_any_text_in_ascii(text: str) -> None:
    run = replace(outcome(), findings=(replace(overwrite(), message=text),))
    written = FORMATS["json"](run)
    assert written.isascii()
    assert json.loads(written)["findings"][0]["message"] == re.sub("[\ud800-\udfff]", "\ufffd", text)


def test_github_puts_errors_before_warnings_and_the_surest_first() -> None:
    unsure = replace(overwrite(), confidence=Confidence.LOW, path="a.py")
    run = replace(outcome(), findings=(counter(), unsure, overwrite()), errors=())
    assert [(name, properties["file"]) for name, properties, _ in commands(run)] == [
        ("error", AGENT),
        ("error", "a.py"),
        ("warning", CACHE),
    ]


def test_github_names_the_place_and_tells_the_story() -> None:
    broken, first, _ = commands(outcome())
    assert broken[1]["file"] == "src/broken.py"
    assert first[1] == {
        "file": AGENT,
        "line": "15",
        "col": "29",
        "endLine": "15",
        "endColumn": "39",
        "title": "RMW101 stale-entry-overwrite (high)",
    }
    assert first[2].split("\n")[1] == f"1 read, {AGENT}:7: 'entry' is read outside the section"


def test_github_gives_no_columns_to_a_place_of_several_lines() -> None:
    tall = replace(overwrite(), span=Span(Position(3, 5), Position(4, 2)))
    (_, properties, _), *_ = commands(Outcome("0.1.0", (tall,)))
    assert "col" not in properties
    assert "endColumn" not in properties
    assert (properties["line"], properties["endLine"]) == ("3", "4")


def test_github_says_nothing_of_a_clean_run() -> None:
    assert FORMATS["github"](Outcome("0.1.0", files=3)) == ""


@given(ANY_TEXT, ANY_TEXT)
def test_github_escapes_any_path_and_message(path: str, message: str) -> None:
    ((_, properties, words),) = commands(Outcome("0.1.0", errors=(FileError(path, message),)))
    assert properties["file"] == re.sub("[\ud800-\udfff]", "?", path)
    assert words == re.sub("[\ud800-\udfff]", "?", message)


def test_the_job_summary_has_totals_and_a_table() -> None:
    summary = github.job_summary(outcome())
    assert "2 findings in 4 files, 1 fixable, 2 suppressed, 1 file not judged\n" in summary
    assert "| error | high | RMW101 stale-entry-overwrite | src/agent händler/会话 \\#1.py:15 | " in summary
    assert "| src/broken.py | is not valid Python" in summary
    assert "no findings in 3 files" in github.job_summary(Outcome("0.1.0", files=3))


def test_the_job_summary_stops_and_says_so() -> None:
    summary = github.job_summary(replace(outcome(), findings=(overwrite(),) * 1003, errors=()))
    assert summary.count("| error |") == 1000
    assert summary.endswith("\n… and 3 more\n")


@given(ANY_TEXT)
def test_the_job_summary_keeps_a_finding_on_one_row_of_five_cells(text: str) -> None:
    finding = replace(overwrite(), message=text, path=text)
    summary = github.job_summary(Outcome("0.1.0", (finding,), files=1))
    (row,) = (line for line in summary.splitlines() if line.startswith("| error"))
    unescaped_pipes = re.sub(r"\\.", "", row).count("|")
    assert unescaped_pipes == 6


def test_gitlab_is_what_its_documentation_lists() -> None:
    report = said("gitlab", outcome())
    schema("gitlab-code-quality").validate(report)
    assert [row["severity"] for row in report] == ["critical", "minor", "blocker"]
    assert report[0]["location"] == {"path": AGENT, "lines": {"begin": 15}}
    assert said("gitlab", Outcome("0.1.0")) == []


def test_gitlab_fingerprints_occur_once() -> None:
    run = replace(outcome(), findings=(overwrite(), overwrite(), replace(overwrite(), fingerprint="")))
    prints = [row["fingerprint"] for row in said("gitlab", run)]
    assert prints[1] == f"{prints[0]}-2"
    assert len(set(prints)) == len(prints)


TWICE = """def handle(path, key):
    entry = load_session_entry(key).entry
    with locked_session_store(path) as store:
        store[key] = entry
    with locked_session_store(path) as store:
        store[key] = entry
"""


def test_gitlab_fingerprints_of_copies_differ_and_do_not_depend_on_each_other(tmp_path: Path) -> None:
    def prints(*paths: str) -> dict[tuple[str, int], str]:
        rows = json.loads(lint_rmw("check", "--format", "gitlab", *paths, cwd=tmp_path).out)
        return {
            (row["location"]["path"], row["location"]["lines"]["begin"]): row["fingerprint"] for row in rows
        }

    write(tmp_path, a=STALE, b=STALE, twice=TWICE)
    everything = prints("a.py", "b.py", "twice.py")
    assert len(everything) == len(set(everything.values())) == 4
    for some in (["b.py"], ["twice.py", "a.py"], ["b.py", "a.py"]):
        assert prints(*some).items() <= everything.items()


def test_a_gitlab_fingerprint_made_here_follows_the_line_that_moves() -> None:
    bare = replace(overwrite(), fingerprint="")
    lower = replace(bare, span=Span(Position(16, 29), Position(16, 39)))
    moved = Outcome("0.1.0", (lower,), lines={AGENT: ("", *AGENT_LINES)})
    still = Outcome("0.1.0", (bare,), lines={AGENT: AGENT_LINES})
    assert said("gitlab", moved)[0]["fingerprint"] == said("gitlab", still)[0]["fingerprint"]


def test_gitlab_maps_every_severity() -> None:
    for severity in Severity:
        for confidence in Confidence:
            finding = replace(overwrite(), severity=severity, confidence=confidence)
            schema("gitlab-code-quality").validate(said("gitlab", Outcome("0.1.0", (finding,))))


def test_rdjson_is_what_its_definition_lists() -> None:
    report = said("rdjson", outcome())
    schema("rdjson").validate(report)
    assert [diagnostic["severity"] for diagnostic in report["diagnostics"]] == ["ERROR", "WARNING", "ERROR"]
    assert report["diagnostics"][1]["message"].endswith(
        "fix: unsafe, read inside the section: 'current' may log"
    )
    schema("rdjson").validate(said("rdjson", Outcome("0.1.0")))


def test_rdjson_columns_are_bytes() -> None:
    place = said("rdjson", outcome())["diagnostics"][0]["location"]["range"]
    line = AGENT_LINES[14].encode()
    assert line[place["start"]["column"] - 1 : place["end"]["column"] - 1] == b"next_entry"


def test_rdjson_offers_one_suggestion_that_does_the_whole_fix() -> None:
    (suggestion,) = said("rdjson", outcome())["diagnostics"][0]["suggestions"]
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    lines = [line.encode() for line in AGENT_LINES]
    head = lines[start["line"] - 1][: start["column"] - 1]
    tail = lines[end["line"] - 1][end["column"] - 1 :]
    before, behind = lines[: start["line"] - 1], lines[end["line"] :]
    fixed = b"\n".join([*before, head + suggestion["text"].encode() + tail, *behind]).decode()
    whole = list(AGENT_LINES)
    whole[14] = whole[14].replace("next_entry", '{**store.get(key), "label": label}')
    del whole[11]
    assert fixed == "\n".join(whole)


def test_rdjson_suggests_nothing_without_edits_or_source() -> None:
    manual = replace(overwrite(), fix=Fix(Safety.MANUAL, "no", ("it awaits",)))
    assert "suggestions" not in said("rdjson", replace(outcome(), findings=(manual,)))["diagnostics"][0]
    assert "suggestions" not in said("rdjson", replace(outcome(), lines={}))["diagnostics"][0]


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1), st.data())
def test_an_rdjson_insertion_lands_at_its_character(line: str, data: st.DataObject) -> None:
    at = Position(1, data.draw(st.integers(1, len(line) + 1)))
    finding = replace(overwrite(), path="a.py", fix=Fix(Safety.SAFE, "t", (), (Edit(Span(at, at), "X"),)))
    report = said("rdjson", Outcome("0.1.0", (finding,), lines={"a.py": (line,)}))
    (suggestion,) = report["diagnostics"][0]["suggestions"]
    assert suggestion["range"]["start"] == suggestion["range"]["end"]
    cut = suggestion["range"]["start"]["column"] - 1
    assert line.encode()[:cut].decode() == line[: at.column - 1]


def test_junit_has_a_case_for_each_finding_and_error() -> None:
    root = ElementTree.fromstring(FORMATS["junit"](outcome()))
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "2",
        "errors": "1",
    }
    first, _, broken = suite
    assert (first.get("name"), first.get("classname")) == (f"RMW101 {AGENT}:15:29", AGENT)
    failure = first.find("failure")
    assert failure is not None
    assert failure.get("type") == "RMW101"
    assert "\n4 write, " in str(failure.text)
    assert [child.tag for child in broken] == ["error"]


# What the schema of Jenkins' xUnit plugin allows, which refuses a file with anything else in it: for each element the
# attributes it must have, those it may have, and its children.
STRICT_JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
}


@pytest.mark.parametrize("run", [outcome(), Outcome("0.1.0", files=3)], ids=["full", "clean"])
def test_junit_has_nothing_in_it_that_a_strict_reader_refuses(run: Outcome) -> None:
    pending = [ElementTree.fromstring(FORMATS["junit"](run))]
    while pending:
        element = pending.pop()
        required, optional, children = STRICT_JUNIT[element.tag]
        assert required <= set(element.keys()) <= required | optional
        assert {child.tag for child in element} <= children
        pending.extend(element)


def test_junit_of_a_clean_run_has_a_case_that_passes() -> None:
    ((case,),) = ElementTree.fromstring(FORMATS["junit"](Outcome("0.1.0", files=3)))
    assert case.get("name") == "no findings in 3 files"
    assert len(case) == 0


@given(ANY_TEXT)
def test_junit_is_xml_whatever_is_said(text: str) -> None:
    written = FORMATS["junit"](Outcome("0.1.0", errors=(FileError(text, text),)))
    ((case,),) = ElementTree.fromstring(written.encode("utf-8"))
    error = case.find("error")
    assert error is not None
    kept = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    assert error.get("message") == re.sub(kept, "\ufffd", text)
