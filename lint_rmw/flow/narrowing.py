"""What a branch knows of the objects of the code itself: a name that is true is none of those that are empty."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import libcst as cst

from lint_rmw.flow.fallbacks import is_empty
from lint_rmw.flow.provenance import Ident
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import UNKNOWN, Guards, Object, Value, is_untouched, join_values
from lint_rmw.flow.writes import differing


def narrow(run: Run, test: cst.BaseExpression, *, holds: bool) -> None:
    """Leaves out what cannot be where a condition holds, or where it does not."""
    for node, true in _parts(test, holds):
        if true and isinstance(node, cst.Name):
            _not_empty(run, node.value)
        elif isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            operator = node.comparisons[0].operator
            if isinstance(operator, cst.NotIn if true else cst.In):
                _lacks(run, node.left, node.comparisons[0].comparator)


def pick(run: Run, proved: Guards, node: cst.CSTNode) -> None:
    """What a loop meets where the name it is at is one of a few: what lies under those of what it goes through.

    Where what it meets is other than what was read there, it is what this code made of it.
    """
    scope = run.frame.scope
    if any(guard.kind == "changed" and guard.where and guard.where[-1][0] == "iter" for guard in proved):
        for name, value in tuple(run.state.scopes[scope].items()):
            if (differs := differing(run, value)) is not value:
                run.state.assign(scope, name, differs)
    for guard in proved:
        if guard.kind == "among" and guard.where and guard.value is not None:
            _pick_one(run, guard.value, guard.where, node)


def _pick_one(run: Run, at: Ident, names: tuple[Ident, ...], node: cst.CSTNode) -> None:
    ref, met = run.met.get(at, (None, UNKNOWN))
    thing = run.state.heap.get(ref.oid) if ref is not None else None
    if ref is None or thing is None or not (_is_changed(thing) or _is_store(thing)):
        return
    scope = run.frame.scope
    found = reduce(join_values, (run.get(Value((ref,)), name, node) for name in names))
    for name, value in tuple(run.state.scopes[scope].items()):
        if value is met and value.ident != at:
            run.state.assign(scope, name, found)
        elif len(names) == 1 and value.ident == at and not value.refs:
            run.state.assign(scope, name, value._replace(ident=names[0]))


def _is_store(thing: Object) -> bool:
    return bool(thing.roots) and not thing.roots[-1].origin.label.where


def _is_changed(thing: Object) -> bool:
    return any(
        not is_untouched(thing, name, part) for name, part in thing.fields.items() if name[0] == "const"
    )


def _parts(node: cst.BaseExpression, holds: bool) -> Iterator[tuple[cst.BaseExpression, bool]]:
    """The simplest conditions that all hold, or do not, where this one does."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield from _parts(node.expression, not holds)
    elif isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And if holds else cst.Or):
        yield from _parts(node.left, holds)
        yield from _parts(node.right, holds)
    elif isinstance(node, cst.NamedExpr):
        yield node.target, holds
    else:
        yield node, holds


def _not_empty(run: Run, name: str) -> None:
    value = run.find(name)
    if value is None or len(value.refs) < 2:
        return
    kept = tuple(ref for ref in value.refs if not is_empty(run, Value((ref,))))
    if kept and len(kept) < len(value.refs):
        run.rebind(name, value._replace(refs=kept))


def _lacks(run: Run, key: cst.BaseExpression, container: cst.BaseExpression) -> None:
    if not isinstance(container, cst.Name) or not isinstance(key, cst.SimpleString):
        return
    value = run.find(container.value)
    name = run.evaluate(key).ident
    if value is None or name is None:
        return
    if all(thing.built and not thing.roots for _, thing in run.state.objects(value)):
        run.replace(value, lambda thing: thing if thing.sequence else thing.without(name))
