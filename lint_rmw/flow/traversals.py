"""What goes through sequences element by element, and what each makes of them: `map`, `filter`, `zip`, `reduce` and others."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow import conditions, known, rows
from lint_rmw.flow.known import Arguments, pure, values_of
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Guards, Test, Value
from lint_rmw.flow.writes import differing

_MOST_COUNTED = 3
# Which argument it is that is put in order.
_RANKING = {"sorted": 0, "nlargest": 1, "nsmallest": 1}


def function(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function that goes through a sequence, None if this is none."""
    values = values_of(arguments)
    if name == "enumerate" and values:
        part = run.element(values[0], node)
        pair = run.sequence((Value(ident=("iter", id(node), run.number())), part), node)
        return run.listing(run.sequence((pair,), node, exact=False), run.swept(values[0], part, 0))
    if name == "range" and 0 < len(values) < 4:
        return _counted(run, values, node)
    if name == "zip" and values:
        return _side_by_side(run, values, node)
    if name in ("takewhile", "dropwhile") and len(values) > 1:
        return known.function(run, "islice", arguments[1:2], node)
    if name in ("map", "filter") and len(values) > 1:
        elements = [run.element(value, node) for value in values[1:]]
        result = _applied(run, values[0], elements, arguments[0].node)
        if name == "map":
            return run.sequence((result,), node, exact=False)
        return picked(run, elements[0], conditions.truth(run, result).true, node)
    if name == "starmap" and len(values) > 1:
        row = run.element(values[1], node)
        spread = run.each(row) or [run.element(row, node)]
        return run.sequence((_applied(run, values[0], spread, arguments[0].node),), node, exact=False)
    if name in _RANKING and len(values) > _RANKING[name]:
        source = arguments[_RANKING[name]]
        listed = known.function(run, "sorted", (source,), node)
        if listed is not None:
            keyed = any(argument.keyword == "key" for argument in arguments)
            rows.rank(run, listed, source.value if keyed else Value(), node)
        return listed
    if name == "groupby" and values:
        return _groups(run, arguments, node)
    if name == "reduce" and len(values) > 1:
        return _folded(run, arguments, node)
    if name in ("all", "any") and values:
        return pure(run, values, node)._replace(test=_every(run, first=values[0], name=name))
    return None


def _applied(run: Run, function: Value, elements: list[Value], node: cst.BaseExpression) -> Value:
    """What a function gives back for one element, or one of each sequence."""
    return run.invoke(function, tuple(Argument(None, "", each, node) for each in elements), node)


def picked(run: Run, element: Value, told: Guards, node: cst.CSTNode) -> Value:
    """The elements that pass a test: of a pair each half is what the test says of it."""
    guards = run.state.guards
    run.state.guards = guards | told
    row = next((row for _, thing in run.state.objects(element) if (row := thing.row())), None)
    if row is None:
        part = differing(run, element)
    else:
        part = run.sequence([differing(run, each) for each in row], node)
    run.state.guards = guards
    picked = run.sequence((part,), node, exact=False)
    run.replace(picked, lambda thing: thing.having(opaque=True, told=told))
    return picked


def _groups(run: Run, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`groupby`: pairs of what the elements of a run have in common and those elements."""
    element = run.element(arguments[0].value, node)
    key = next((each for each in arguments[1:]), None)
    shared = element if key is None else _applied(run, key.value, [element], key.node)
    group = run.sequence((element,), node, exact=False)
    return run.sequence((run.sequence((shared, group), node),), node, exact=False)


def _folded(run: Run, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`reduce` of a few known elements, one after the other; of others it is computed from all."""
    function, sequence, *start = values_of(arguments)
    elements = run.each(sequence)
    if elements is None:
        return pure(run, [function, sequence, *start], node)
    result, *others = [*start, *elements]
    for element in others:
        handed = tuple(Argument(None, "", value, arguments[1].node) for value in (result, element))
        result = run.invoke(function, handed, node)
    return result


def _counted(run: Run, values: list[Value], node: cst.CSTNode) -> Value | None:
    """The numbers of a `range` that is written down: the first ones one by one, the others as one."""
    bounds = [value.ident[2] for value in values if value.constant and value.ident is not None]
    whole = [bound for bound in bounds if isinstance(bound, int)]
    if len(whole) < len(values) or (len(whole) > 2 and not whole[2]):
        number = pure(run, values, node, "it is counted")
        each = number if number.origins else Value(ident=("iter", id(node), run.number()))
        return run.sequence((each,), node, exact=False)
    numbers = range(*whole)
    found = run.sequence([Value(ident=const(number)) for number in numbers[:_MOST_COUNTED]], node)
    if len(numbers) > _MOST_COUNTED:
        run.replace(found, lambda thing: thing.having(rest=Value(ident=("iter", id(node), run.number()))))
    return found


def _side_by_side(run: Run, values: list[Value], node: cst.CSTNode) -> Value:
    """What `zip` makes of sequences: row by row where all of them are known, else one row that stands for all."""
    parts = [part for part in map(run.each, values) if part is not None]
    if len(parts) == len(values):
        return run.sequence([run.sequence(row, node) for row in zip(*parts, strict=False)], node)
    row = run.sequence([run.element(value, node) for value in values], node)
    return run.sequence((row,), node, exact=False)


def _every(run: Run, first: Value, name: str) -> Test | None:
    """What `all` of a few known conditions proves where it is true, and `any` where it is false."""
    things = run.state.objects(first)
    if len(things) != 1 or not things[0][1].sequence or things[0][1].rest is not None:
        return None
    tests = [part.test for part in things[0][1].fields.values() if part.test is not None]
    if name == "all":
        return Test(true=frozenset(guard for test in tests for guard in test.true))
    return Test(false=frozenset(guard for test in tests for guard in test.false))
