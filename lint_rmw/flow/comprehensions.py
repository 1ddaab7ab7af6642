"""What a comprehension makes of the elements it goes through, in a scope of its own."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Object, Value
from lint_rmw.flow.writes import filling


def comprehension(run: Run, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Value:
    frame = run.frame
    outer = frame.scope
    scope = run.open_scope(outer)
    first: cst.CompFor | None = node.for_in
    source = run.evaluate(node.for_in.iter)
    guards = run.state.guards
    frame.scope = scope
    try:
        while first is not None:
            if first is not node.for_in:
                source = run.evaluate(first.iter)
            run.assign(first.target, run.element(source, first.iter))
            for condition in first.ifs:
                run.state.guards = run.state.guards | run.test(condition.test).true
            first = first.inner_for_in
        if isinstance(node, cst.DictComp):
            return _dict_comprehension(run, node)
        element = run.evaluate(node.elt)
        if isinstance(node, cst.SetComp):
            return run.derived(run.origins(element), node, "it is collected")._replace(shape="set")
        return run.sequence((element,), node, exact=False)
    finally:
        frame.scope = outer
        run.state.guards = guards
        if scope not in run.kept:
            run.state.scopes.pop(scope, None)


def _dict_comprehension(run: Run, node: cst.DictComp) -> Value:
    key = run.evaluate(node.key)
    value = filling(run, key.ident or ("opaque", id(node)), run.evaluate(node.value))
    thing = run.blank(node).having(literal=False)
    whole = _rebuilt(run, key, value)
    if whole is not None:
        return run.allocate(thing.having(roots=whole.roots, fields=dict(whole.fields)))
    return run.allocate(thing.having(fields={key.ident or ("opaque", id(node)): value}))


def _rebuilt(run: Run, key: Value, value: Value) -> Object | None:
    """`{f: v for f, v in entry.items()}` copies the entry field by field."""
    if key.ident is None or len(value.refs) != 1:
        return None
    ((_, thing),) = run.state.objects(value)
    if len(thing.roots) != 1:
        return None
    root = thing.roots[0]
    label = root.origin.label
    if len(label.where) != 2 or label.where[1] != key.ident:
        return None
    whole = root.origin._replace(label=label._replace(where=label.where[:1]))
    return Object(roots=(root._replace(origin=whole),))
