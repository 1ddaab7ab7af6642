"""What a comprehension makes of the elements it goes through, in a scope of its own."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow.objects import together
from lint_rmw.flow.provenance import ANY
from lint_rmw.flow.run import Run
from lint_rmw.flow.selections import chosen, conjuncts, keeps_all
from lint_rmw.flow.values import Object, Root, Value
from lint_rmw.flow.writes import filling


def comprehension(run: Run, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Value:
    frame = run.frame
    outer = frame.scope
    scope = run.open_scope(outer)
    first: cst.CompFor | None = node.for_in
    source = run.evaluate(node.for_in.iter)
    guards = run.state.guards
    some = False
    frame.scope = scope
    try:
        turns = run.each(source) if not node.for_in.ifs and node.for_in.inner_for_in is None else None
        if turns is not None:
            return _turns(run, node, turns)
        while first is not None:
            if first is not node.for_in:
                source = run.evaluate(first.iter)
            run.assign(first.target, run.element(source, first.iter))
            for condition in (part for each in first.ifs for part in conjuncts(each.test)):
                proved = run.test(condition).true
                some = some or not (
                    keeps_all(condition) or any(g.kind in ("among", "unless") for g in proved)
                )
                run.state.guards = run.state.guards | proved
            first = first.inner_for_in
        if isinstance(node, cst.DictComp):
            return _dict_comprehension(run, node, some=some)
        element = run.evaluate(node.elt)
        if isinstance(node, cst.SetComp):
            return run.derived(run.origins(element), node, "it is collected")._replace(shape="set")
        return run.sequence((element,), node, exact=False)
    finally:
        frame.scope = outer
        run.state.guards = guards
        if scope not in run.kept:
            run.state.scopes.pop(scope, None)


def _turns(
    run: Run, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp, elements: list[Value]
) -> Value:
    """What is made of a few known elements, one by one, so that each is told from the others."""
    parts: list[Value] = []
    thing = run.blank(node).having(literal=False)
    for element in elements:
        run.assign(node.for_in.target, element)
        if isinstance(node, cst.DictComp):
            key = run.evaluate(node.key).ident or ("opaque", id(node))
            part = filling(run, key, run.evaluate(node.value))
            thing = thing.having(fields={**thing.fields, key: part})
        else:
            parts.append(run.evaluate(node.elt))
    if isinstance(node, cst.DictComp):
        return run.allocate(thing)
    if isinstance(node, cst.SetComp):
        return run.derived(run.origins(together(parts)), node, "it is collected")._replace(shape="set")
    return run.sequence(parts, node)


def _dict_comprehension(run: Run, node: cst.DictComp, *, some: bool) -> Value:
    """`some`: only some of the pairs are taken, and it is not known which."""
    key = run.evaluate(node.key)
    value = filling(run, key.ident or ("opaque", id(node)), run.evaluate(node.value))
    thing = run.blank(node).having(literal=False)
    whole = _rebuilt(run, key, value)
    if whole is not None:
        skips = chosen(run.state.guards, "unless", key.ident) | (frozenset((ANY,)) if some else frozenset())
        picked = chosen(run.state.guards, "among", key.ident)
        if not picked:
            return run.allocate(thing.having(roots=(whole._replace(skips=skips),)))
        entry = run.allocate(Object(roots=(whole,)))
        return run.allocate(thing.having(fields={name: run.get(entry, name, node) for name in picked}))
    return run.allocate(thing.having(fields={key.ident or ("opaque", id(node)): value}))


def _rebuilt(run: Run, key: Value, value: Value) -> Root | None:
    """`{f: v for f, v in entry.items()}` copies the entry field by field."""
    if key.ident is None or len(value.refs) != 1:
        return None
    for _, thing in run.state.objects(value):
        if len(thing.roots) != 1:
            return None
        root = thing.roots[0]
        label = root.origin.label
        if len(label.where) != 2 or label.where[1] != key.ident:
            return None
        whole = root.origin._replace(label=label._replace(where=label.where[:1]))
        return root._replace(origin=whole)
    return None
