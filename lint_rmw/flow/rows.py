"""The places of a list that the code makes itself: what lies where once elements are put in, taken out or turned round.

Where it is not known how long a list is, or which element goes, one value stands for all that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from lint_rmw.flow.provenance import Ident, const
from lint_rmw.flow.values import Object, Value, join_values

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run


def taken(run: Run, receiver: Value, index: Ident | None, node: cst.CSTNode) -> Value:
    """What `rows.pop(index)` gives back; the others move up."""
    things = run.state.objects(receiver)
    if all(_lists(thing, index) for _, thing in things):
        found = run.get(receiver, index, node)
    else:
        found = run.element(receiver, node)
    remove(run, receiver, index)
    return found


def remove(run: Run, receiver: Value, index: Ident | None) -> None:
    """Takes out the element at a place, None where it is not known which."""

    def change(thing: Object) -> Object:
        row = thing.row()
        if row is None or index is None or not _lists(thing, index):
            return loose(thing)
        del row[index[2]]  # type: ignore[arg-type]
        return placed(thing, row)

    run.replace(receiver, change)


def insert(run: Run, receiver: Value, index: Ident | None, added: Value) -> None:
    """Puts an element in before a place; those behind it move down."""

    def change(thing: Object) -> Object:
        row = thing.row()
        if row is None or index is None or index[:2] != ("const", "int") or run.looping:
            return loose(thing, added)
        row.insert(index[2], added)  # type: ignore[arg-type]
        return placed(thing, row)

    run.replace(receiver, change)


def turn(run: Run, receiver: Value) -> None:
    """Turns a list round."""

    def change(thing: Object) -> Object:
        row = thing.row()
        return loose(thing) if row is None else placed(thing, row[::-1])

    run.replace(receiver, change)


def cut(run: Run, listed: Value, bounds: Sequence[Value | None], node: cst.CSTNode) -> Value:
    """A copy of a part of a list, as `rows[start:end:step]` makes it."""
    places = [
        bound.ident[2] if bound is not None and bound.ident is not None and bound.constant else None
        for bound in bounds
    ]
    whole = [place for place in places if place is None or isinstance(place, int)]
    written = all(bound is None or bound.constant for bound in bounds)
    known = written and len(whole) == len(bounds) and whole[2:] != [0]

    def change(thing: Object) -> Object:
        row = thing.row()
        if row is None or not known:
            return loose(thing) if any(bounds) else thing
        return placed(thing, row[slice(*whole)])

    copied = run.copy(listed, node)
    run.replace(copied, change)
    return copied


def placed(thing: Object, row: Iterable[Value]) -> Object:
    """A list with just these elements in it, in order."""
    return thing.having(fields={const(place): part for place, part in enumerate(row)})


def loose(thing: Object, *more: Value) -> Object:
    """A list of which only is known what may be in it: all it had, and what is put in."""
    if not thing.sequence:
        return thing
    parts = [*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ()), *more]
    rest = reduce(join_values, parts) if parts else None
    return thing.having(fields={}, gaps=frozenset(), rest=rest, opaque=thing.opaque or not more)


def _lists(thing: Object, index: Ident | None) -> bool:
    row = thing.row()
    place = index[2] if index is not None and index[:2] == ("const", "int") else None
    return row is not None and isinstance(place, int) and -len(row) <= place < len(row)
