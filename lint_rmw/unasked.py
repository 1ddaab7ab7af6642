"""Whether a repaired section still hangs on a test of what was read before it, which the repair did not bring inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lint_rmw.finding import Edit
from lint_rmw.flow.analysis import analyse
from lint_rmw.flow.questions import Inquiry
from lint_rmw.source import Source, located
from lint_rmw.store import StoreProfile

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run


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

    found = [pair for inquiry in inquiries for pair in inquiry.unasked()]
    places = [(write.piece, write.node) for write, _ in found]
    places += [(write.section.opened_in, write.section.opener) for write, _ in found]
    spans = located([*places, *((stop.piece, stop.node) for _, stop in found)])
    before = {node: _before(ordered, span.start.line) for node, span in spans.items()}
    lines = [
        before[stop.node]
        for write, stop in found
        if any(before[node] in top for node in (write.node, write.section.opener) for top in touched)
    ]
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
