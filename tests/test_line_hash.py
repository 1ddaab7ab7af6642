"""The line hash agrees with the tool whose value code scanning compares, and it follows a line that moves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint_rmw.reports.line_hash import line_hashes

GOLDEN = json.loads((Path(__file__).parent / "data" / "line_hashes.json").read_text(encoding="utf-8"))[
    "files"
]
LINES = st.lists(st.text(st.characters(exclude_characters="\r\n")), min_size=1)


@pytest.mark.parametrize("pairs", GOLDEN, ids=lambda pairs: f"{len(pairs)} lines")
def test_every_line_has_the_hash_the_reference_tool_gives(pairs: list[list[str]]) -> None:
    assert line_hashes([line for line, _ in pairs]) == tuple(expected for _, expected in pairs)


def test_the_reference_covers_many_lines_and_some_outside_ascii() -> None:
    lines = [line for pairs in GOLDEN for line, _ in pairs]
    assert len(lines) >= 200
    assert sum(not line.isascii() for line in lines) >= 50


def test_equal_stretches_are_counted() -> None:
    block = ["x = 1"] * 40
    hashes = line_hashes(block)
    assert hashes[0].endswith(":1")
    assert hashes[1] == hashes[0].replace(":1", ":2")


@given(LINES, st.lists(st.sampled_from(["    ", "\t", ""])))
def test_indentation_does_not_count(lines: list[str], margins: list[str]) -> None:
    margins += [""] * len(lines)
    indented = [margin + line for margin, line in zip(margins, lines, strict=False)]
    assert line_hashes(indented) == line_hashes(lines)


@given(LINES, LINES)
def test_a_line_above_changes_no_hash_below(above: list[str], below: list[str]) -> None:
    moved = line_hashes(above + below)[len(above) :]
    assert [value.split(":")[0] for value in moved] == [value.split(":")[0] for value in line_hashes(below)]


@given(LINES)
def test_no_two_lines_of_a_file_share_a_hash_and_count(lines: list[str]) -> None:
    hashes = line_hashes(lines)
    assert len(hashes) == len(set(hashes)) == len(lines)
