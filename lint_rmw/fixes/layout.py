"""Statements as text: taken from the file with changes inside, set at another indentation, and what surrounds them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable

from lint_rmw.finding import Edit, Span
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import Code, first_line

Change = tuple[int, int, str]
_KEYWORD = re.compile(r"\b(?:if|elif|while|not|and|or|in|is|return|else|assert)$")


def changed_text(code: Code, start: int, end: int, changes: Iterable[Change]) -> str:
    """The text of a stretch with changes made inside it; changes that overlap an outer one are dropped."""
    text, last = code.text[start:end], end
    for low, high, new in sorted(_outermost(changes), reverse=True):
        if low < start or high > end or high > last:
            continue
        text = text[: low - start] + new + text[high - start :]
        last = low
    return text


def _outermost(changes: Iterable[Change]) -> list[Change]:
    kept: list[Change] = []
    for change in sorted(set(changes), key=lambda c: (c[0], -c[1])):
        if kept and change[0] < kept[-1][1]:
            continue
        kept.append(change)
    return kept


def edits(code: Code, changes: Iterable[Change]) -> tuple[Edit, ...]:
    """Changes by offset as edits by position; several insertions at one place become one."""
    changes = list(changes)
    taken = [(start, end) for start, end, text in changes if not text and start < end]
    merged: dict[tuple[int, int], str] = {}
    for start, end, text in changes:
        # What is put where something is taken out replaces it.
        place = next((t for t in taken if start == end and t[0] <= start < t[1]), (start, end))
        merged[place] = merged.get(place, "") + text
    return tuple(
        Edit(Span(code.source.position(start), code.source.position(end)), text)
        for (start, end), text in sorted(merged.items())
    )


def line_start(code: Code, line: int) -> int:
    """The offset of the first character of a 1-based line."""
    return code.source.line_starts[line - 1]


def comments_above(code: Code, statement: ast.stmt) -> int:
    """The first line of the comments that stand directly above a statement at its own indentation."""
    indent = code.indent(statement)
    line = first_line(statement)
    while line > 1:
        text = code.source.lines[line - 2]
        if not text.lstrip().startswith("#") or text[: len(text) - len(text.lstrip())] != indent:
            break
        line -= 1
    return line


def grouped(code: Code, node: ast.expr) -> tuple[int, int]:
    """Where an expression begins and ends with the brackets that only group it."""
    start, end, text = code.start(node), code.end(node), code.text
    while True:
        opened = len(text[:start].rstrip()) - 1
        closed = end + len(text[end:]) - len(text[end:].lstrip())
        if text[opened : opened + 1] != "(" or text[closed : closed + 1] != ")":
            return start, end
        before = text[:opened].rstrip(" \t")
        if re.search(r"[\w)\]]$", before) and not _KEYWORD.search(before):
            return start, end
        start, end = opened, closed + 1


def owns_its_lines(code: Code, statement: ast.stmt) -> bool:
    """Whether nothing but a comment shares the first and last line of a statement."""
    low = line_start(code, first_line(statement))
    if code.text[low : code.start_of(statement)].strip():
        return False
    rest = code.source.lines[statement.end_lineno - 1]  # type: ignore[operator]
    tail = code.text[code.end(statement) : line_start(code, statement.end_lineno) + len(rest)]  # type: ignore[arg-type]
    return not tail.strip() or tail.lstrip().startswith("#")


def lifted(
    code: Code, statement: ast.stmt, changes: Iterable[Change], indent: str, *, comments: bool
) -> list[str]:
    """The lines of a statement at another indentation; `comments` takes along those above and behind it."""
    first = comments_above(code, statement) if comments else first_line(statement)
    start = line_start(code, first)
    end = code.end(statement)
    if comments:
        last = statement.end_lineno or statement.lineno
        end = line_start(code, last) + len(code.source.lines[last - 1])
    if code.text[line_start(code, first_line(statement)) : code.start_of(statement)].strip():
        raise Refused(f"line {statement.lineno} holds more than one statement")
    text = changed_text(code, start, end, changes)
    return indented(text, code.indent(statement), indent)


def indented(text: str, old: str, new: str) -> list[str]:
    """The lines of a piece of code at another indentation; what stands within a text stays where it is."""
    lines = re.split(r"\r\n|\r|\n", text)
    verbatim = _within_texts(text)
    return [
        line if number in verbatim else f"{new}{line.removeprefix(old)}" if line.strip() else ""
        for number, line in enumerate(lines)
    ]


def deeper(code: Code, first: int, last: int, step: str) -> list[Change]:
    """Sets the 1-based lines from `first` to `last` further in, but for what stands within a text."""
    start = line_start(code, first)
    end = line_start(code, last) + len(code.source.lines[last - 1])
    verbatim = _within_texts(code.text[start:end])
    return [
        (line_start(code, line), line_start(code, line), step)
        for line in range(first, last + 1)
        if code.source.lines[line - 1].strip() and line - first not in verbatim
    ]


def _within_texts(text: str) -> set[int]:
    """The 0-based lines that begin inside a text of several lines; raises `Refused` if that cannot be told."""
    if not any(mark in text for mark in ('"""', "'''", "\\\n", "\\\r")):
        return set()
    found: set[int] = set()
    depth, first = 0, 0
    try:
        # Two more brackets, so that it is no matter how the lines are indented.
        for token in tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline):
            kind = tokenize.tok_name[token.type]
            if kind == "STRING" and token.start[0] != token.end[0]:
                found |= set(range(token.start[0], token.end[0]))
            elif kind in ("FSTRING_START", "TSTRING_START"):
                first = first if depth else token.start[0]
                depth += 1
            elif kind in ("FSTRING_END", "TSTRING_END"):
                depth -= 1
                if not depth:
                    found |= set(range(first, token.end[0]))
    except (tokenize.TokenError, SyntaxError) as error:
        raise Refused("the lines of a text cannot be told from the code around it") from error
    return found


def removed(
    code: Code,
    statements: list[ast.stmt],
    replaced: frozenset[ast.stmt] = frozenset(),
    headed: frozenset[ast.stmt] = frozenset(),
) -> list[Change]:
    """Takes out statements with the comments above them, and blank lines that would stand doubled or first.

    Where one of `replaced` stood something else will stand, so the blank lines stay; before one of `headed` something
    is put, so that it comes first no more.
    """
    runs: list[list[ast.stmt]] = []
    for statement in sorted(statements, key=lambda s: s.lineno):
        if not owns_its_lines(code, statement):
            raise Refused(f"line {statement.lineno} holds more than one statement")
        block = code.block(statement) or []
        place = block.index(statement)
        if runs and place and block[place - 1] is runs[-1][-1]:
            runs[-1].append(statement)
        else:
            runs.append([statement])
    return [_removed_run(code, run, headed, blanks=not replaced & set(run)) for run in runs]


def _removed_run(code: Code, run: list[ast.stmt], headed: frozenset[ast.stmt], *, blanks: bool) -> Change:
    lines = code.source.lines
    first, last = comments_above(code, run[0]), run[-1].end_lineno or run[-1].lineno
    block = code.block(run[0]) or []
    leading = bool(block) and block[0] is run[0]
    blank_before = first > 1 and not lines[first - 2].strip()
    after = last
    while blanks and after < len(lines) and not lines[after].strip() and (leading or blank_before):
        after += 1
    rest = block[block.index(run[-1]) + 1 :]
    nested = bool(rest) and isinstance(rest[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    of_function = isinstance(code.parents[run[0]], ast.FunctionDef | ast.AsyncFunctionDef)
    if leading and nested and rest[0] not in headed and after > last and not of_function:
        # Only a function may begin with a function right away.
        after -= 1
    starts = code.source.line_starts
    return line_start(code, first), starts[min(after, len(starts) - 1)], ""
