"""What a comprehension makes of the elements it goes through, in a scope of its own."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow import questions
from lint_rmw.flow.conditions import both, truth
from lint_rmw.flow.fallbacks import either, under
from lint_rmw.flow.narrowing import pick
from lint_rmw.flow.objects import together
from lint_rmw.flow.provenance import ANY, Ident, Origin, merge
from lint_rmw.flow.run import Run
from lint_rmw.flow.selections import chosen, conjuncts, copied_whole, keeps_all
from lint_rmw.flow.sweeps import finish
from lint_rmw.flow.values import Object, Test, Value
from lint_rmw.flow.writes import filling


def comprehension(run: Run, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Value:
    """What a comprehension makes, or will make."""
    return questions.enclosed(run, lambda: _made(run, node))


def _made(run: Run, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Value:
    frame = run.frame
    outer = frame.scope
    scope = run.open_scope(outer)
    first: cst.CompFor | None = node.for_in
    before = run.number()
    source = run.evaluate(node.for_in.iter)
    guards = run.state.guards
    some = False
    counted: tuple[Origin, ...] = ()
    frame.scope = scope
    place: tuple[int, Ident] | None = None
    try:
        turns = run.turns(source) if isinstance(node, cst.DictComp) or not node.for_in.ifs else None
        if turns is not None and not (isinstance(node, cst.DictComp) or all(sure for _, sure in turns)):
            turns = None
        inner = node.for_in.inner_for_in
        if turns is not None and inner is None:
            return _turns(run, node, turns)
        if turns is not None and not node.for_in.ifs and inner is not None and isinstance(node, cst.DictComp):
            return _layers(run, node, [part for part, _ in turns], inner)
        while first is not None:
            if first is not node.for_in:
                source = run.evaluate(first.iter)
            element = run.element(source, first.iter)
            place = run.swept(source, element, before)
            run.assign(first.target, element)
            for condition in (part for each in first.ifs for part in conjuncts(each.test)):
                proved = run.test(condition).true
                if not isinstance(node, cst.DictComp) and isinstance(node.elt, cst.BaseNumber):
                    counted = merge(counted, run.origins(run.evaluate(condition)))
                some = some or not (
                    keeps_all(condition) or any(g.kind in ("among", "unless") for g in proved)
                )
                run.state.guards = run.state.guards | proved
                pick(run, proved, condition)
            first = first.inner_for_in
        if isinstance(node, cst.DictComp):
            return _dict_comprehension(run, node, some=some)
        element = run.evaluate(node.elt)
        if counted:
            # `sum(1 for row in rows if row["done"])` counts those of which it is so.
            fields = tuple(_of_which(o) for o in counted if len(o.label.where) > 1)
            element = element._replace(origins=run.derived(fields, node, "it is counted").origins)
        if place is not None and not isinstance(node, cst.GeneratorExp):
            # Who changes an entry in passing changes each of them.
            through = inner is None and not node.for_in.ifs
            finish(run, run.state.fork(), *place, through=through)
        if isinstance(node, cst.SetComp):
            return run.derived(run.origins(element), node, "it is collected")._replace(shape="set")
        made = run.sequence((element,), node, exact=False)
        if some or run.state.guards != guards:
            told = run.state.guards - guards
            run.replace(made, lambda thing: thing.having(opaque=True, told=told))
        return made
    finally:
        frame.scope = outer
        run.state.guards = guards
        if scope not in run.kept:
            run.state.scopes.pop(scope, None)


def _turns(
    run: Run,
    node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp,
    elements: list[tuple[Value, bool]],
) -> Value:
    """What is made of a few known elements, one by one, so that each is told from the others."""
    parts: list[Value] = []
    thing = run.blank(node).having(literal=False)
    guards = run.state.guards
    for element, certain in elements:
        run.assign(node.for_in.target, element)
        tests = [run.evaluate(condition.test) for condition in node.for_in.ifs]
        if any(test.constant and test.ident is not None and not test.ident[2] for test in tests):
            continue
        run.state.guards = guards.union(*(truth(run, test).true for test in tests))
        if isinstance(node, cst.DictComp):
            name = run.evaluate(node.key)
            key = name.ident or ("opaque", id(node))
            part = filling(run, key, run.evaluate(node.value))
            thing = run.under(thing, name).holding(key, part)
            if not certain or not all(test.constant for test in tests):
                thing = thing.having(gaps=thing.gaps | {key})
        else:
            parts.append(run.evaluate(node.elt))
    if isinstance(node, cst.DictComp):
        return run.allocate(thing)
    if isinstance(node, cst.SetComp):
        return run.derived(run.origins(together(parts)), node, "it is collected")._replace(shape="set")
    return run.sequence(parts, node)


def _of_which(origin: Origin) -> Origin:
    """What was counted by a field: of all the entries of a store it is the entries themselves."""
    label = origin.label
    return (
        origin._replace(label=label._replace(where=label.where[:1]))
        if label.where[0][0] == "each"
        else origin
    )


def _layers(run: Run, node: cst.DictComp, elements: list[Value], inner: cst.CompFor) -> Value:
    """`{n: v for layer in (below, above) for n, v in layer.items()}` lays one over the other."""
    thing = run.blank(node).having(literal=False)
    flat = node.with_changes(for_in=inner)
    for element in elements:
        run.assign(node.for_in.target, element)
        thing = run.overlay(thing, comprehension(run, flat))
    return run.allocate(thing)


def first_of(run: Run, node: cst.GeneratorExp) -> Value | None:
    """What `next` takes of a few known elements: the first that passes, so each later one only where none did."""
    frame = run.frame
    source = run.evaluate(node.for_in.iter)
    turns = run.each(source) if node.for_in.inner_for_in is None else None
    if turns is None:
        return None
    outer, guards = frame.scope, run.state.guards
    frame.scope = run.open_scope(outer)
    result: Value | None = None
    try:
        for element in turns:
            run.assign(node.for_in.target, element)
            proved = Test()
            for condition in node.for_in.ifs:
                proved = both(proved, run.test(condition.test), conjunction=True)
            value = under(run, Test(proved.true), node.elt)
            result = value if result is None else either(run, result, value)
            run.state.guards = run.state.guards | (proved.false if len(node.for_in.ifs) == 1 else frozenset())
    finally:
        frame.scope = outer
        run.state.guards = guards
    return result


def _dict_comprehension(run: Run, node: cst.DictComp, *, some: bool) -> Value:
    """`some`: only some of the pairs are taken, and it is not known which."""
    key = run.evaluate(node.key)
    value = filling(run, key.ident or ("opaque", id(node)), run.evaluate(node.value))
    thing = run.under(run.blank(node).having(literal=False), key)
    whole = copied_whole(run, key.ident, value)
    if whole is not None:
        skips = chosen(run.state.guards, "unless", key.ident) | (frozenset((ANY,)) if some else frozenset())
        among = chosen(run.state.guards, "among", key.ident)
        picked = among - skips
        if not among:
            made = thing.having(roots=(whole._replace(skips=skips),))
            # What the mapping lists itself is met under the same name, and is not in the entry it copies.
            own = {key.ident or ("opaque", id(node)): Value(origins=value.origins)} if value.origins else {}
            return run.allocate(made.having(fields=own))
        entry = run.allocate(Object(roots=(whole,)))
        return run.allocate(thing.having(fields={name: run.get(entry, name, node) for name in picked}))
    name = key.ident or ("opaque", id(node))
    return run.allocate(thing.having(fields={name: value}, gaps=frozenset((name,)) if some else frozenset()))
