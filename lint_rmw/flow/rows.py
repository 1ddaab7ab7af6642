"""The places of a list that the code makes itself: what lies where once elements are put in, taken out or turned round.

Where it is not known how long a list is, or which element goes, one value stands for all that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from lint_rmw.flow.objects import together
from lint_rmw.flow.provenance import Ident, const
from lint_rmw.flow.values import NOTHING, Object, Value, join_values
from lint_rmw.flow.writes import fresh_place

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run


def taken(run: Run, receiver: Value, index: Ident | None, node: cst.CSTNode) -> Value:
    """What `rows.pop(index)` gives back; the others move up."""
    things = run.state.objects(receiver)
    known = all(_at(thing, index) for _, thing in things)
    found = run.get(receiver, index, node) if known else run.element(receiver, node)
    found = at_rank(run, receiver, index, found, node)
    remove(run, receiver, index)
    return found


def lessen(run: Run, receiver: Value) -> None:
    """Notes that something may be taken out of what a value is, so that it may be empty."""
    for ref, thing in run.state.objects(receiver):
        if thing.filled:
            run.state.heap[ref.oid] = thing.having(filled=False)


def remove(run: Run, receiver: Value, index: Ident | None) -> None:
    """Takes out the element at a place, None where it is not known which."""

    def change(thing: Object) -> Object:
        found = _at(thing, index)
        if found is None:
            return loose(thing)
        row, place = found
        return placed(thing, (*row[:place], *row[place + 1 :]))

    run.replace(receiver, change)


def discard(run: Run, receiver: Value, value: Value) -> None:
    """`rows.remove(value)`: of elements that are equal it makes no difference which one goes."""

    def change(thing: Object) -> Object:
        row = thing.row() or []
        same = [
            place for place, part in enumerate(row) if part.ident is not None and part.ident == value.ident
        ]
        return placed(thing, (*row[: same[0]], *row[same[0] + 1 :])) if same else loose(thing)

    run.replace(receiver, change)


def insert(run: Run, receiver: Value, index: Ident | None, added: Value) -> None:
    """Puts an element in before a place; those behind it move down."""

    def change(thing: Object) -> Object:
        row, place = thing.row(), _place(index)
        if row is None or place is None:
            return loose(thing, added)
        row.insert(place, added)
        return placed(thing, row)

    run.replace(receiver, change)


def rank(run: Run, listed: Value, by: Value, node: cst.CSTNode) -> None:
    """Notes that a list was put in order: which of its elements is at which place was read from what they hold.

    `by` is what it was asked for beside the elements themselves.
    """
    origins = run.derived(run.origins(by), node, "it is put in order by it").origins
    run.replace(listed, lambda thing: thing.having(ranked=origins) if thing.sequence else thing)


def at_rank(run: Run, listed: Value, index: Ident | None, found: Value, node: cst.CSTNode) -> Value:
    """What lies at a place of a list that was put in order: any of it, and names are made from what it was ordered by."""
    by = next((thing.ranked for _, thing in run.state.objects(listed) if thing.ranked is not None), None)
    if by is None or _place(index) is None:
        return found
    found = run.element(listed, node)
    if not by:
        return found
    if not found.refs:
        return found if found.origins else found._replace(origins=by)
    pairs = [thing for _, thing in run.state.objects(found)]
    if len(pairs) != 1 or not pairs[0].sequence:
        return found
    fields = {
        key: part if part.refs or part.origins else part._replace(origins=by)
        for key, part in pairs[0].fields.items()
    }
    return run.allocate(pairs[0].having(fields=fields), found.ident)


def turn(run: Run, receiver: Value) -> None:
    """Turns a list round."""

    def change(thing: Object) -> Object:
        row = thing.row()
        return loose(thing) if row is None else placed(thing, row[::-1])

    run.replace(receiver, change)


def cut(run: Run, listed: Value, bounds: Sequence[Value | None], node: cst.CSTNode) -> Value:
    """A copy of a part of a list, as `rows[start:end:step]` makes it."""
    places = [None if bound is None else _place(bound.ident) for bound in bounds]
    known = [bound is None for bound in bounds] == [place is None for place in places] and places[2:] != [0]

    def change(thing: Object) -> Object:
        row = thing.row()
        if row is None or not known or thing.ranked is not None:
            return loose(thing) if any(bounds) else thing
        return placed(thing, row[slice(*places)])

    copied = run.copy(listed, node)
    run.replace(copied, change)
    return copied


def length(run: Run, listed: Value, bounds: Sequence[Value | None], node: cst.CSTNode) -> Value:
    """What tells how much is cut out; of what is fresh something earlier only tells how much of it is dealt with."""
    if fresh_place(run, listed) is not None:
        return Value()
    places = together(bound for bound in bounds if bound is not None)
    return run.derived(run.origins(places), node, "it tells how much is taken")


def placed(thing: Object, row: Iterable[Value]) -> Object:
    """A list with just these elements in it, in order."""
    return thing.having(fields={const(place): part for place, part in enumerate(row)})


def moved_up(thing: Object) -> Object:
    """A list once something is put in at its end: what was known of places counted from there holds no longer."""
    fields = {key: part for key, part in thing.fields.items() if (_place(key) or 0) >= 0}
    return thing if len(fields) == len(thing.fields) else thing.having(fields=fields)


def loose(thing: Object, *more: Value) -> Object:
    """A list of which only is known what may be in it: all it had, and what is put in."""
    if not thing.sequence:
        return thing
    parts = [*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ()), *more]
    rest = reduce(join_values, parts) if parts else None
    told = NOTHING if more else thing.told
    return thing.having(fields={}, gaps=frozenset(), rest=rest, opaque=thing.opaque or not more, told=told)


def _at(thing: Object, index: Ident | None) -> tuple[list[Value], int] | None:
    """The elements of a list and the place among them, counted from the front; None where one is not known."""
    row, place = thing.row(), _place(index)
    if row is None or place is None or not -len(row) <= place < len(row):
        return None
    return row, place % len(row)


def _place(index: Ident | None) -> int | None:
    """The place in a list that is written down; None where it is computed."""
    place = index[2] if index is not None and index[0] == "const" else None
    return place if isinstance(place, int) else None
