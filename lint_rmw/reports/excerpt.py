"""The characters of a span, cut out of the lines of its file."""

from __future__ import annotations

from collections.abc import Sequence

from lint_rmw.finding import Span


def excerpt(lines: Sequence[str], span: Span) -> str:
    """What stands in the half-open span, its lines joined by line feeds; nothing beyond the end of the lines."""
    start, end = span.start, span.end
    touched = list(lines[start.line - 1 : end.line])
    if not touched:
        return ""
    # The end is cut first: on a single line the start would shift it.
    if end.line <= len(lines):
        touched[-1] = touched[-1][: end.column - 1]
    touched[0] = touched[0][start.column - 1 :]
    return "\n".join(touched)
