"""Which fields a copy leaves out: a test of the name a loop is at, against names that are all known, tells which.

Where fresh fields are copied over an old entry, the old one shows through for those left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rmw.flow.provenance import Ident, Label
from lint_rmw.flow.values import Guard, Guards, Root, Test, Value

if TYPE_CHECKING:
    from lint_rmw.flow.objects import Objects
    from lint_rmw.flow.run import Run


_TEXT = ("const", "str")
_SETTLED = frozenset({"const", "param", "attr", "format", "global"})
_NAMING = frozenset({"keys", "set", "frozenset"})


def names_in(run: Objects, container: Value) -> tuple[Ident, ...] | None:
    """The literals a collection is made of, None where they are not all known."""
    if container.ident is not None and container.ident[:2] == ("call", "set"):
        names = container.ident[2:]
        known = container.ident not in run.grown and all(_is_literal(name) for name in names)
        return names if known else None  # type: ignore[return-value]
    things = run.state.objects(container)
    if len(things) != 1 or container.origins:
        return None
    thing = things[0][1]
    if not thing.built or thing.roots or thing.rest is not None or thing.opaque or thing.gaps:
        return None
    idents = [part.ident for part in thing.fields.values()] if thing.sequence else list(thing.fields)
    return tuple(ident for ident in idents if ident) if all(map(_is_literal, idents)) else None


def _is_literal(ident: object) -> bool:
    return isinstance(ident, tuple) and ident[:1] == ("const",)


def is_among(run: Run, name: Value, names: Value) -> bool | None:
    """Whether a literal is one of a few literals, None where that is not known; an empty list may be filled by others."""
    known = names_in(run, names) if name.constant else None
    return None if not known else name.ident in known


def is_equal(one: Value, other: Value) -> bool | None:
    """Whether two names are the same, None where one of them is no literal."""
    if one.ident is None or other.ident is None or not one.ident[:2] == other.ident[:2] == _TEXT:
        return None
    return one.ident == other.ident


def is_settled(name: Value) -> bool:
    """Whether a name is one and the same wherever it is met: a literal, or made of what was handed in."""
    return name.ident is not None and not name.origins and name.ident[0] in _SETTLED


def one_of(key: Value, names: tuple[Ident, ...] | None) -> Test | None:
    """What it proves that the name a loop is at is one of these, None if it is at none."""
    if names is None or key.ident is None or key.ident[0] not in ("iter", "each"):
        return None
    return Test(
        true=frozenset((Guard("among", 0, names, key.ident),)),
        false=frozenset((Guard("unless", 0, names, key.ident),)),
    )


def listed_place(names: Value) -> Label | None:
    """The place in a store whose names are listed by `mapping.keys()` or `set(mapping)`."""
    ident = names.ident
    if ident is None or ident[0] != "call" or ident[1] not in _NAMING or len(ident) != 3:
        return None
    of = ident[2]
    return of[1] if isinstance(of, tuple) and of[0] == "data" and isinstance(of[1], Label) else None


def sifted(run: Run, names: Value, other: Value, node: cst.CSTNode, *, common: bool) -> Value | None:
    """Those of some names that `other` lists too, or lacks, with what that proves of the one a loop is at."""
    if run.origins(names) or not (names.refs or listed_place(names)):
        return None
    key: Ident = ("iter", id(node), run.number())
    known = names_in(run, other)
    place = listed_place(other)
    if known is not None and common:
        listed = run.sequence([Value(ident=name) for name in known], node)
        run.replace(listed, lambda thing: thing.having(gaps=frozenset(thing.fields)))
        return listed
    if known is not None:
        proved = Guard("unless", 0, known, key)
    elif place is not None and not common and run.section_of(place.epoch) is not None:
        proved = Guard("missing", place.epoch, (*place.where, key))
    else:
        return None
    run.state.guards = run.state.guards | {proved}
    return run.sequence((Value(ident=key),), node, exact=False)


def chosen(guards: Guards, kind: str, key: Ident | None) -> frozenset[Ident]:
    """The names that the one a loop is at is known to be `among`, or `unless` it is one of them."""
    return frozenset(
        name for guard in guards if guard.kind == kind and guard.value == key for name in guard.where
    )


def conjuncts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The conditions that all hold where this one does."""
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And):
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    else:
        yield node


def keeps_all(node: cst.BaseExpression) -> bool:
    """Whether a condition leaves out no more than what is missing anyway: `value is not None`."""
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return False
    target = node.comparisons[0]
    none = target.comparator
    return isinstance(target.operator, cst.IsNot) and isinstance(none, cst.Name) and none.value == "None"


def copied_whole(run: Run, key: Ident | None, value: Value) -> Root | None:
    """The entry that is copied field by field, where a loop over all of it meets this value under this name."""
    things = run.state.objects(value)
    if key is None or key[0] != "iter" or len(things) != 1 or len(things[0][1].roots) != 1:
        return None
    root = things[0][1].roots[0]
    label = root.origin.label
    if len(label.where) != 2 or label.where[1] != key:
        return None
    return root._replace(origin=root.origin._replace(label=label._replace(where=label.where[:1])))
