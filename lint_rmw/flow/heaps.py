"""What keeps a list in order: the functions of `heapq` and `bisect`, behind which no element has a place that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.flow import rows
from lint_rmw.flow.known import Arguments
from lint_rmw.flow.values import Value
from lint_rmw.flow.writes import accumulate

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run

_PUTTING = frozenset({"heappush", "insort", "insort_left", "insort_right", "heappushpop"})
_TAKING = frozenset({"heappop", "heappushpop", "heapreplace"})


def function(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function that puts elements in order, None if this is none."""
    if not arguments or name not in _PUTTING | _TAKING | {"heapify"}:
        return None
    listed = arguments[0].value
    if name in _PUTTING and len(arguments) > 1:
        _put(run, arguments, node)
    taken = rows.taken(run, listed, None, node) if name in _TAKING else Value()
    if name == "heapreplace" and len(arguments) > 1:
        _put(run, arguments, node)
    run.replace(listed, rows.loose)
    return taken


def _put(run: Run, arguments: Arguments, node: cst.CSTNode) -> None:
    listed, added, *_ = arguments
    if not accumulate(run, listed.value, added.value, node, added.node):
        rows.insert(run, listed.value, None, added.value)
