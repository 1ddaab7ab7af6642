"""The text report tells the story beside the source, aligned on any characters, and colours nothing but itself."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lint_rmw.finding import FileError, Fix, Outcome, Position, Safety, Span
from lint_rmw.reports.text import render
from tests.report_example import AGENT, AGENT_LINES, counter, outcome, overwrite

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
ANY_LINE = st.text(st.characters(exclude_characters="\r\n"), min_size=1)


def test_the_story_is_told_beside_the_source() -> None:
    alone = replace(outcome(), findings=(overwrite(),), suppressed=(), errors=(), files=1)
    assert render(alone).splitlines() == [
        f"{AGENT}:15:29: RMW101 entry read at line 7 is written whole at line 15;"
        " the fresh 'store' is not used [label] [high]",
        "    1   7 |     entry = load_session_entry(key).entry",
        "       ...",
        '    2  12 |     next_entry = {**entry, "label": label}',
        "       13 |",
        "       14 |     def mutator(store):",
        '  3,4  15 |         note = "日本"; store[key] = next_entry',
        "          |                                     ^^^^^^^^^^",
        "  1 read, line 7: 'entry' is read outside the section (changed)",
        "  2 derive, line 12: 'next_entry' is built from {**entry}",
        "  3 capture, line 15: 'mutator' closes over 'next_entry'",
        "  4 write, line 15: the whole entry is overwritten",
        "  fix: safe, build the entry inside 'mutator'",
        "",
        "1 finding in 1 file, 1 fixable",
    ]


def test_a_step_in_another_file_is_shown_with_its_source() -> None:
    told = render(replace(outcome(), findings=(counter(),)))
    assert "  in src/readers.py\n  1  2 |     return CACHE[key]  # 缓存\n" in told
    assert "  1 read, src/readers.py:2: the cached entry is returned\n" in told
    assert "  fix: unsafe, read inside the section: 'current' may log\n" in told


def test_a_refused_fix_gives_its_reasons() -> None:
    refused = replace(overwrite(), fix=Fix(Safety.MANUAL, "move the read", ("it awaits", "it logs")))
    assert "  not fixed: it awaits; it logs\n" in render(replace(outcome(), findings=(refused,)))


def test_a_finding_without_a_fix_gets_no_hint() -> None:
    told = render(replace(outcome(), findings=(replace(overwrite(), fix=None),)))
    assert "fix:" not in told
    assert "not fixed" not in told


def test_nothing_found_takes_one_line() -> None:
    assert render(Outcome("0.1.0", files=3)) == "no findings in 3 files\n"


def test_files_that_could_not_be_judged_are_named() -> None:
    run = Outcome(
        "0.1.0", files=1, errors=(FileError("a.py", "is not Python"), FileError("b.py", "is a pipe"))
    )
    assert render(run) == (
        "a.py: is not Python\nb.py: is a pipe\nno findings in 1 file, 2 files not judged\n"
    )


def test_missing_source_leaves_the_words() -> None:
    told = render(replace(outcome(), lines={}))
    assert "  1 read, line 7: 'entry' is read outside the section (changed)\n" in told
    assert " | " not in told


def test_a_place_behind_the_end_of_the_source_leaves_the_words() -> None:
    told = render(replace(outcome(), findings=(overwrite(),), lines={AGENT: AGENT_LINES[:7]}))
    assert "  4 write, line 15: the whole entry is overwritten\n" in told
    assert "^" not in told


def test_every_line_of_a_long_expression_is_underlined() -> None:
    lines = ("save({", "    **entry,", "})")
    finding = replace(overwrite(), path="a.py", span=Span(Position(1, 6), Position(3, 2)), steps=())
    told = render(Outcome("0.1.0", (finding,), files=1, lines={"a.py": lines})).splitlines()[1:7]
    assert told == [
        "     1 | save({",
        "       |      ^",
        "     2 |     **entry,",
        "       |     ^^^^^^^^",
        "     3 | })",
        "       | ^",
    ]


def test_of_a_very_long_line_a_stretch_around_the_expression_is_shown() -> None:
    line = f"x = {'a' * 999}; save(entry); y = {'b' * 1_000_000}"
    first = line.index("entry")
    finding = replace(
        overwrite(), path="a.py", span=Span(Position(1, first + 1), Position(1, first + 6)), steps=()
    )
    told = render(Outcome("0.1.0", (finding,), files=1, lines={"a.py": (line,)})).splitlines()
    shown = told[1].partition(" | ")[2]
    assert shown.startswith("…aaa") and shown.endswith("bbb…") and len(shown) == 202
    assert told[2].partition(" | ")[2] == " " * shown.index("entry") + "^^^^^"


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    lines = ("x = '\x1b[2J\u202e'\x0c",)
    finding = replace(overwrite(), path="a\x07.py", span=Span(Position(1, 5), Position(1, 12)), steps=())
    told = render(Outcome("0.1.0", (finding,), files=1, lines={"a\x07.py": lines}))
    assert "x = '\\x1b[2J\\u202e'\\x0c" in told
    assert told.startswith("a\\x07.py:1:5: ")
    assert not set("\x1b\x07\x0c\u202e") & set(told)


def test_colour_adds_escapes_and_nothing_else() -> None:
    coloured = render(outcome(), color=True)
    assert coloured != render(outcome())
    assert ESCAPE.sub("", coloured) == render(outcome())


@given(ANY_LINE, st.data())
def test_the_underline_stands_below_its_words_on_any_line(line: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(line) - 1))
    last = data.draw(st.integers(first + 1, len(line)))
    finding = replace(
        overwrite(), path="a.py", span=Span(Position(1, first + 1), Position(1, last + 1)), steps=()
    )
    run = Outcome("0.1.0", (finding,), files=1, lines={"a.py": (line,)})
    plain = render(run)
    assert ESCAPE.sub("", render(run, color=True)) == plain
    _, source, underline, *_ = plain.split("\n")
    # What is printed ends without spaces, so an underline below trailing blanks may stand behind it.
    width = cell_len(source.partition(" | ")[2])
    marked = underline.partition(" | ")[2]
    assert set(marked) == {" ", "^"} or set(marked) == {"^"}
    if line[:last].isascii() and line[:last].isprintable():
        assert (marked.count(" "), marked.count("^")) == (first, last - first)
        assert not line[last - 1].strip() or width >= last


@given(
    st.lists(ANY_LINE, min_size=1, max_size=6),
    st.tuples(st.integers(1, 8), st.integers(1, 12), st.integers(0, 4), st.integers(1, 12)),
)
def test_any_span_on_any_lines_is_rendered(lines: list[str], numbers: tuple[int, int, int, int]) -> None:
    line, column, more, end = numbers
    span = Span(Position(line, column), Position(line + more, max(end, column) if not more else end))
    finding = replace(overwrite(), path="a.py", span=span)
    told = render(Outcome("0.1.0", (finding,), files=1, lines={"a.py": lines}))
    told.encode("utf-8")
    assert told.endswith("1 finding in 1 file, 1 fixable\n")
    assert told.count("\n") == len(told.splitlines())


@given(st.text("a 日é語\t😀e\u0301\u200dｱ", max_size=12), st.text("b 本\t😀", max_size=6))
def test_wide_combining_and_tabbed_characters_keep_the_underline_aligned(before: str, behind: str) -> None:
    line = f"{before}entry{behind}"
    span = Span(Position(1, len(before) + 1), Position(1, len(before) + 6))
    finding = replace(overwrite(), path="a.py", span=span, steps=())
    _, source, underline, *_ = render(Outcome("0.1.0", (finding,), files=1, lines={"a.py": (line,)})).split(
        "\n"
    )
    assert cell_len(source.partition("entry")[0]) == cell_len(underline.partition("^")[0])
    assert underline.count("^") == 5
