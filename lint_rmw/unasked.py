"""Whether a repaired section still hangs on a test of what was read before it, which the repair did not bring inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lint_rmw.finding import Edit
from lint_rmw.flow.analysis import analyse
from lint_rmw.flow.questions import Inquiry
from lint_rmw.source import Source
from lint_rmw.store import StoreProfile

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run
    from lint_rmw.source import Piece


def unasked(source: Source, edits: Sequence[Edit], profiles: Iterable[StoreProfile]) -> int | None:
    """The 1-based line, in the text as it was, of the first such test that an edited section hangs on; None if there is none."""
    made = replace(source, text=source.apply(edits))
    inquiries: list[Inquiry] = []

    def watch(run: Run) -> Callable[[cst.CSTNode, str, Any], None]:
        inquiries.append(Inquiry(run))
        return lambda node, name, value: None

    analyse(made, profiles, observe=watch)
    ordered = sorted(edits, key=lambda edit: edit.span.start)
    touched = [
        range(top.lineno, (top.end_lineno or top.lineno) + 1)
        for top in source.tree.body
        if any(top.lineno <= e.span.end.line and e.span.start.line <= (top.end_lineno or 0) for e in edits)
    ]

    def line(piece: Piece, node: cst.CSTNode) -> int:
        return _before(ordered, piece.spans([node])[node].start.line)

    lines: set[int] = set()
    for write, stop in (pair for inquiry in inquiries for pair in inquiry.unasked()):
        section = write.section
        places = line(write.piece, write.node), line(section.opened_in, section.opener)
        if any(place in top for place in places for top in touched):
            lines.add(line(stop.piece, stop.node))
    return min(lines, default=None)


def _before(edits: Sequence[Edit], line: int) -> int:
    """The line that a line of the edited text was before; one of a replacement is where that begins."""
    moved = 0
    for edit in edits:
        first, last, more = edit.span.start.line, edit.span.end.line, edit.replacement.count("\n")
        if line < first + moved:
            break
        if line <= first + moved + more:
            return min(line - moved, last)
        moved += more - (last - first)
    return line - moved
