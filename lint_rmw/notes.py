"""Suppression comments written in bulk: each beside its finding, so that it hides that finding and little else."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Sequence

from lint_rmw.comments import Ignore
from lint_rmw.finding import Edit, Finding, Position, Span
from lint_rmw.inspection import judge
from lint_rmw.lint import Options
from lint_rmw.source import Source, SourceError


def add_suppressions(
    data: bytes, findings: Sequence[Finding], options: Options, reason: str
) -> tuple[bytes, list[Finding]]:
    """The bytes of a file with a comment for each of its findings, and the findings no comment could hide.

    Comments go behind the code of a line, or above the statement where that line ends inside a string or in a backslash.
    """
    source = Source.from_bytes(data, findings[0].path)
    by_line: defaultdict[int, set[str]] = defaultdict(set)
    for finding in findings:
        if not finding.code.startswith("RMW9"):
            by_line[finding.line].add(finding.code)
    open_lines = _lines_ending_open(source)
    edits = []
    for line, codes in by_line.items():
        comment = str(Ignore(tuple(sorted(codes)), reason))
        text = source.lines[line - 1]
        if line in open_lines or text.endswith("\\"):
            edits.append(_above(source, line, comment))
        else:
            end = Position(line, len(text) + 1)
            edits.append(Edit(Span(Position(line, len(text.rstrip()) + 1), end), f"  {comment}"))
    written = Source(source.path, source.apply(edits), source.encoding, source.bom)
    try:
        left = judge(written, options, noqa=True).shown
        same = ast.dump(source.tree) == ast.dump(written.tree)
        if same:
            return written.data, [f for f in left if not f.code.startswith("RMW9")]
    except SourceError:
        pass
    return data, list(findings)


def _lines_ending_open(source: Source) -> frozenset[int]:
    """The lines whose end is inside a string, where a comment would be text."""
    inside: set[int] = set()
    starts: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source.text, newline=None).readline):
        if token.type == tokenize.STRING:
            inside.update(range(token.start[0], token.end[0]))
        elif tokenize.tok_name[token.type] in ("FSTRING_START", "TSTRING_START"):
            starts.append(token.start[0])
        elif tokenize.tok_name[token.type] in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(starts.pop(), token.end[0]))
    return frozenset(inside)


def _above(source: Source, line: int, comment: str) -> Edit:
    statements = [n for n in ast.walk(source.tree) if isinstance(n, ast.stmt)]
    around = [s.lineno for s in statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    first = max(around, default=line)
    text = source.lines[first - 1]
    indent = text[: len(text) - len(text.lstrip())]
    start = source.line_starts[first] if first < len(source.line_starts) else len(source.text)
    end = source.text[source.line_starts[first - 1] + len(text) : start] or "\n"
    at = Position(first, 1)
    return Edit(Span(at, at), f"{indent}{comment}{end}")
