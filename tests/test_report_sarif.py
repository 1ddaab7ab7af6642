"""The SARIF report is valid, says where and how in the way code scanning reads, and can be applied as it stands."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from lint_rmw.finding import Edit, FileError, Outcome, Position, RuleCard, Severity, Span
from lint_rmw.reports.line_hash import line_hashes
from lint_rmw.reports.sarif import render
from lint_rmw.source import Source
from tests.report_example import AGENT, AGENT_LINES, CACHE, READERS, counter, outcome, overwrite

SCHEMA = Path(__file__).parent / "data" / "sarif-schema-2.1.0.json"
DESCRIBED = json.loads(SCHEMA.read_bytes())
VALIDATOR = Draft4Validator(DESCRIBED)


def run_of(given_outcome: Outcome) -> Any:
    """The only run of the report, after the whole document has passed the schema."""
    document = json.loads(render(given_outcome))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return run


def test_the_schema_is_the_published_one() -> None:
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest == "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    assert json.loads(render(outcome()))["$schema"] == DESCRIBED["id"]


@pytest.mark.parametrize(
    "run",
    [outcome(), Outcome("0.1.0"), replace(outcome(), lines={}, rules=())],
    ids=["full", "empty", "bare"],
)
def test_every_kind_of_run_is_valid(run: Outcome) -> None:
    assert len(run_of(run)["results"]) == len(run.findings) + len(run.suppressed)


def test_the_place_is_the_stale_expression_in_characters() -> None:
    run = run_of(outcome())
    assert run["columnKind"] == "unicodeCodePoints"
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "src/agent%20h%C3%A4ndler/%E4%BC%9A%E8%AF%9D%20%231.py"},
        "region": {
            "startLine": 15,
            "startColumn": 29,
            "endLine": 15,
            "endColumn": 39,
            "snippet": {"text": "next_entry"},
        },
    }


def test_a_snippet_stops_where_the_source_does() -> None:
    tall = replace(overwrite(), path="a.py", span=Span(Position(1, 3), Position(9, 2)), steps=())
    result = run_of(Outcome("0.1.0", (tall,), lines={"a.py": ("f(x,", "  yz)")}))["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["snippet"] == {"text": "x,\n  yz)"}
    gone = replace(tall, span=Span(Position(7, 1), Position(7, 2)))
    result = run_of(Outcome("0.1.0", (gone,), lines={"a.py": ("f(x,", "  yz)")}))["results"][0]
    assert "snippet" not in result["locations"][0]["physicalLocation"]["region"]


def test_the_steps_are_a_code_flow_and_links_in_the_message() -> None:
    result = run_of(outcome())["results"][1]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    stops = thread["locations"]
    assert [stop["executionOrder"] for stop in stops] == [1, 2, 3]
    assert [stop["importance"] for stop in stops] == ["essential", "important", "essential"]
    uris = [stop["location"]["physicalLocation"]["artifactLocation"]["uri"] for stop in stops]
    assert uris == [READERS, CACHE, CACHE]
    links = dict(re.findall(r"\[(\w+)\]\((\d+)\)", result["message"]["text"]))
    assert links == {"read": "1", "call": "2", "write": "3"}
    assert [related["id"] for related in result["relatedLocations"]] == [1, 2, 3]


def test_text_that_looks_like_a_link_or_placeholder_is_literal() -> None:
    finding = replace(overwrite(), message="f[k](e) is {0}", steps=())
    result = run_of(replace(outcome(), findings=(finding,)))["results"][0]
    assert result["message"]["text"] == "f[k\\](e) is {{0}}."


def test_the_fingerprints_are_the_line_hash_and_our_own() -> None:
    result = run_of(outcome())["results"][0]
    assert result["partialFingerprints"] == {
        "primaryLocationLineHash": line_hashes(AGENT_LINES)[14],
        "lintRmwFingerprint/v1": "a1b2c3d4",
    }
    blank = replace(overwrite(), fingerprint="")
    bare = run_of(Outcome("0.1.0", (blank,), files=1))["results"][0]
    assert bare["partialFingerprints"] == {}


def test_the_fix_can_be_applied_from_the_document_alone() -> None:
    (fix,) = run_of(outcome())["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    edits = []
    for replacement in change["replacements"]:
        region = replacement["deletedRegion"]
        start = Position(region["startLine"], region["startColumn"])
        end = Position(region["endLine"], region["endColumn"])
        edits.append(Edit(Span(start, end), replacement["insertedContent"]["text"]))
    source = Source.from_text("\n".join(AGENT_LINES), AGENT)
    fixed = source.apply(edits)
    assert 'store[key] = {**store.get(key), "label": label}' in fixed
    assert "{**entry" not in fixed
    assert fix["properties"] == {"safety": "safe"}


def test_an_unsafe_fix_says_why() -> None:
    (fix,) = run_of(outcome())["results"][1]["fixes"]
    assert fix["description"]["text"] == "read inside the section (unsafe: 'current' may log)"


def test_suppressed_findings_say_how_and_shown_ones_that_they_are_not() -> None:
    results = run_of(outcome())["results"]
    assert [result["suppressions"] for result in results] == [
        [],
        [],
        [{"kind": "inSource", "justification": "single writer"}],
        [{"kind": "external"}],
    ]


def test_baseline_states_are_all_there_or_all_absent() -> None:
    assert [result["baselineState"] for result in run_of(outcome())["results"]] == [
        "new",
        "unchanged",
        "unchanged",
        "unchanged",
    ]
    plain = replace(outcome(), findings=(replace(overwrite(), baseline=None),), suppressed=())
    assert "baselineState" not in run_of(plain)["results"][0]
    mixed = replace(outcome(), findings=(counter(), replace(overwrite(), baseline=None)), suppressed=())
    assert [result["baselineState"] for result in run_of(mixed)["results"]] == ["unchanged", "new"]


def test_rules_carry_what_code_scanning_shows() -> None:
    driver = run_of(outcome())["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["semanticVersion"]) == ("lint-rmw", "0.1.0", "0.1.0")
    first, second = driver["rules"]
    assert first["id"] == "RMW101"
    assert first["fullDescription"]["text"] == "Whatever another writer stored in between is lost."
    assert "```python" in first["help"]["markdown"]
    assert first["defaultConfiguration"] == {"level": "error"}
    assert first["properties"]["precision"] == "high"
    assert second["help"]["text"] == "A field is set from stale data."
    for result in run_of(outcome())["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_no_description_is_empty_or_too_long() -> None:
    cards = (
        RuleCard("RMW101", "stale-entry-overwrite", Severity.ERROR, "s" * 3000, "# only a heading"),
        RuleCard("RMW103", "stale-derived-field", Severity.WARNING, "", "h" * 3000),
    )
    for rule in run_of(replace(outcome(), rules=cards))["tool"]["driver"]["rules"]:
        for key in ("shortDescription", "fullDescription"):
            assert 1 <= len(rule[key]["text"]) <= 1024
        assert rule["help"]["text"]


def test_a_development_version_is_not_called_semantic() -> None:
    assert "semanticVersion" not in run_of(Outcome("0.1.0.dev3"))["tool"]["driver"]


def test_files_that_could_not_be_judged_are_notifications() -> None:
    run = run_of(outcome())
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "is not valid Python at line 3: '{{' was never closed"
    assert run["automationDetails"] == {"id": "lint-rmw/"}
    assert run_of(Outcome("0.1.0"))["invocations"][0]["executionSuccessful"] is True


def test_a_name_that_is_not_utf8_keeps_its_bytes() -> None:
    run = run_of(Outcome("0.1.0", errors=(FileError("a\udcff.py", "is unreadable"),)))
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%FF.py"


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text())
def test_any_path_and_message_stay_valid_and_readable(path: str, message: str) -> None:
    finding = replace(overwrite(), path=path, message=message)
    (result,) = run_of(Outcome("0.1.0", (finding,), files=1, lines={path: AGENT_LINES}))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri).decode("utf-8") == path
    assert uri.isascii()
    assert ":" not in uri
