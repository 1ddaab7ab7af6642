"""What the functions of `itertools` make of sequences: rows, pairs, copies and selections of their elements."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from lint_rmw.flow import conditions, rows
from lint_rmw.flow.known import Arguments
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import merge
from lint_rmw.flow.traversals import picked
from lint_rmw.flow.values import Value, join_values

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run

# A row has one element of each sequence, of which none is known to be beside which.
_BESIDE = frozenset({"product", "zip_longest"})
# A row has some elements of the only sequence.
_AMONG = frozenset({"pairwise", "batched", "combinations", "permutations", "combinations_with_replacement"})


def function(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function of `itertools` that others do not know, None if this is none."""
    if not arguments:
        return None
    first, *others = (argument.value for argument in arguments)
    if name in _BESIDE:
        filling = [a.value for a in arguments if a.keyword == "fillvalue"]
        row = [run.element(a.value, node) for a in arguments if a.keyword is None]
        parts = [reduce(join_values, filling, part) for part in row]
        return run.sequence((run.sequence(parts, node),), node, exact=False)
    if name in _AMONG:
        some = run.sequence((run.element(first, node),), node, exact=False)
        return run.sequence((some,), node, exact=False)
    if name == "filterfalse" and others:
        element = run.element(others[0], node)
        handed = (Argument(None, "", element, arguments[1].node),)
        told = conditions.truth(run, run.invoke(first, handed, node))
        return picked(run, element, told.false, node)
    if name == "compress":
        copied = run.copy(first, node)
        run.replace(copied, rows.loose)
        return copied
    if name == "tee":
        return run.sequence((run.copy(first, node),), node, exact=False)
    if name == "repeat":
        often = run.derived(run.origins(others[0]), node, "it tells how often") if others else Value()
        listed = run.sequence((first,), node, exact=False)
        return listed._replace(origins=merge(listed.origins, often.origins))
    return None
