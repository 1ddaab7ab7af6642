"""The report for people: each finding with its source, the steps of its story numbered in the margin."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from lint_rmw.finding import Confidence, Finding, Outcome, Severity, Span
from lint_rmw.reports.story import fix_hint, totals

_TAB_WIDTH = 4
# A gap this short reads better filled than left out.
_LONGEST_FILLED_GAP = 2
# Of a longer line, which may have a million characters, a stretch around what is told of it is shown.
_LONGEST_LINE = 200
_BEFORE_FOCUS = 60
_CUT = "…"
_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}
_CONFIDENCE_STYLES = {Confidence.HIGH: "bold", Confidence.MEDIUM: "", Confidence.LOW: "dim"}
# Controls move the cursor, format characters reorder or join what stands beside them in ways terminals disagree on,
# separators break the line, surrogates fit no stream.
_UNPRINTABLE = {"Cc", "Cf", "Zl", "Zp", "Cs"}

_Chunk = tuple[str, str]
_Row = Sequence[_Chunk]


def render(outcome: Outcome, color: bool = False) -> str:
    """The findings, the files that could not be judged, and one line of totals; ends with a line end.

    With `color` the same characters carry ANSI escapes. Characters that a terminal would obey rather than show
    are spelled as Python escapes.
    """
    rows: list[_Row] = []
    for finding in outcome.findings:
        rows += [*_finding(finding, outcome), []]
    for error in outcome.errors:
        rows.append([(_visible(error.path), "bold"), (": ", ""), (_visible(error.message), "red")])
    if outcome.errors and outcome.findings:
        rows.append([])
    rows.append([(totals(outcome), "bold")])
    written = _painted if color else _plain
    return "".join(f"{written(row)}\n" for row in rows)


def _finding(finding: Finding, outcome: Outcome) -> Iterator[_Row]:
    start = finding.span.start
    yield [
        (_visible(finding.path), "bold"),
        (f":{start.line}:{start.column}: ", ""),
        (finding.code, _SEVERITY_STYLES[finding.severity]),
        (f" {_visible(finding.message)} ", ""),
        (f"[{finding.confidence.value}]", _CONFIDENCE_STYLES[finding.confidence]),
    ]
    for path in dict.fromkeys([finding.path, *(step.path for step in finding.steps)]):
        lines = outcome.lines.get(path, ())
        if path != finding.path and lines:
            yield [("  in ", "dim"), (_visible(path), "bold")]
        yield from _excerpt(finding, path, lines)
    for index, step in enumerate(finding.steps):
        where = f"line {step.span.start.line}"
        if step.path != finding.path:
            where = f"{_visible(step.path)}:{step.span.start.line}"
        yield [
            (f"  {index + 1} ", "bold cyan"),
            (step.kind.value, "cyan"),
            (f", {where}: {_visible(step.message)}", ""),
            (" (changed)" if index in finding.touched else "", "magenta"),
        ]
    if finding.fix is not None:
        yield [("  ", ""), (_visible(fix_hint(finding.fix)), "green" if finding.fix.edits else "dim")]


def _excerpt(finding: Finding, path: str, lines: Sequence[str]) -> Iterator[_Row]:
    """The lines of one file on which something happens, between them the short gaps and the holes."""
    marks: dict[int, list[int]] = {}
    for number, step in enumerate(finding.steps, 1):
        if step.path == path:
            marks.setdefault(step.span.start.line, []).append(number)
    primary = finding.span if path == finding.path else None
    wanted = set(marks) | ({primary.start.line, primary.end.line} if primary else set())
    told = sorted(line for line in wanted if 1 <= line <= len(lines))
    if not told:
        return
    margins = {line: ",".join(map(str, numbers)) for line, numbers in marks.items()}
    margin_width = max([1, *map(len, margins.values())])
    number_width = len(str(told[-1]))
    for line, hidden in _with_gaps(told):
        if hidden:
            yield [(" " * (margin_width + 4), ""), ("...", "dim")]
            continue
        focus = _focus(finding, path, line)
        source, shift = _cut(lines[line - 1], focus)
        yield [
            (f"  {margins.get(line, ''):>{margin_width}}  ", "bold cyan"),
            (f"{line:>{number_width}} | ", "dim"),
            (_expanded(source), ""),
        ]
        if primary is not None:
            before, width = _underline(source, line, primary, shift)
            if width:
                blank = " " * (margin_width + 4 + number_width)
                yield [(f"{blank} | ", "dim"), (" " * before, ""), ("^" * width, "bold red")]


def _with_gaps(told: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """The lines to print, short gaps filled; a pair with True stands for a hole behind the line before it."""
    for index, line in enumerate(told):
        previous = told[index - 1] if index else line - 1
        hidden = range(previous + 1, line)
        if len(hidden) > _LONGEST_FILLED_GAP:
            yield previous, True
        else:
            yield from ((between, False) for between in hidden)
        yield line, False


def _focus(finding: Finding, path: str, line: int) -> int:
    """The 0-based column of what is told of a line: the stale expression, else the first step that begins there."""
    spans = [finding.span] if path == finding.path else []
    spans += [step.span for step in finding.steps if step.path == path]
    return next((span.start.column - 1 for span in spans if span.start.line == line), 0)


def _cut(source: str, focus: int) -> tuple[str, int]:
    """The line, or a stretch of it around `focus`, and how far its characters have moved to the left."""
    if len(source) <= _LONGEST_LINE:
        return source, 0
    begin = max(0, min(focus - _BEFORE_FOCUS, len(source) - _LONGEST_LINE))
    end = begin + _LONGEST_LINE
    front, back = _CUT if begin else "", _CUT if end < len(source) else ""
    return f"{front}{source[begin:end]}{back}", begin - len(front)


def _underline(source: str, line: int, span: Span, shift: int) -> tuple[int, int]:
    """How many cells stand before the part of the span on this line, and how many it takes; (0, 0) for none."""
    if not span.start.line <= line <= span.end.line:
        return 0, 0
    first, last = len(source) - len(source.lstrip()), len(source.rstrip())
    if line == span.start.line:
        first = min(max(0, span.start.column - 1 - shift), len(source))
    if line == span.end.line:
        last = min(max(0, span.end.column - 1 - shift), len(source))
    if line != span.start.line and last <= first:
        return 0, 0
    # Measured up to a place in the whole line, since a tab and a joined character take what stands before them.
    before = cell_len(_expanded(source[:first]))
    return before, max(1, cell_len(_expanded(source[:last])) - before)


def _expanded(source: str) -> str:
    """The line as it is printed: tabs to the next stop, and nothing that a terminal would obey."""
    if "\t" not in source:
        return _visible(source)
    printed = ""
    for position, part in enumerate(source.split("\t")):
        if position:
            printed += " " * (_TAB_WIDTH - cell_len(printed) % _TAB_WIDTH)
        printed += _visible(part)
    return printed


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    if unicodedata.category(character) in _UNPRINTABLE:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _plain(row: _Row) -> str:
    return "".join(text for text, _ in row).rstrip(" ")


def _painted(row: _Row) -> str:
    """The plain row with escapes: the spaces that end a row are left out of both."""
    from rich.color import ColorSystem
    from rich.style import Style

    room = len(_plain(row))
    painted = ""
    for text, style in row:
        kept, room = text[:room], max(0, room - len(text))
        painted += Style.parse(style).render(kept, color_system=ColorSystem.STANDARD) if style else kept
    return painted
