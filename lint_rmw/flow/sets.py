"""What the methods of sets make of two of them, and how those that change a set leave it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import libcst as cst

from lint_rmw.flow.known import Arguments, joined, values_of
from lint_rmw.flow.operators import binary
from lint_rmw.flow.provenance import merge
from lint_rmw.flow.sweeps import of_all
from lint_rmw.flow.values import Object, Value
from lint_rmw.flow.writes import accumulate

if TYPE_CHECKING:
    from lint_rmw.flow.run import Run

_NARROWING: dict[str, type[cst.BaseBinaryOp]] = {
    "intersection": cst.BitAnd,
    "difference": cst.Subtract,
    "symmetric_difference": cst.BitXor,
}


def method(
    run: Run,
    receiver: Value,
    receiver_node: cst.BaseExpression | None,
    name: str,
    arguments: Arguments,
    node: cst.CSTNode,
) -> Value | None:
    """The result of a method of a set, None if this is none; one that changes the set changes what it is known as."""
    others = [_names_of(run, value) for value in values_of(arguments)]
    if name == "union":
        return joined(run, [receiver, *others], node, "it is combined")
    operator = _NARROWING.get(name.removesuffix("_update"))
    if operator is None:
        return None
    if name in _NARROWING:
        return _combined(run, receiver, operator, others, node)
    if not others:
        return None
    if receiver.refs:
        _narrow(run, receiver, name, arguments, node)
    elif isinstance(receiver_node, cst.Name):
        run.rebind(receiver_node.value, _combined(run, receiver, operator, others, node))
    return Value()


def _combined(
    run: Run, receiver: Value, operator: type[cst.BaseBinaryOp], others: list[Value], node: cst.CSTNode
) -> Value:
    return reduce(lambda left, right: binary(run, left, operator, right, node), others, receiver)


def _narrow(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """Changes a set that is an object: taking names out of the fresh state is a deletion, and loses nothing."""
    for argument in arguments:
        if name == "difference_update" and any(t.live is not None for _, t in run.state.objects(receiver)):
            continue
        accumulate(run, receiver, argument.value, node, argument.node)
        told = run.derived(of_all(run, argument.value), node, "it is combined")

        def change(thing: Object, told: Value = told) -> Object:
            rest = thing.rest if thing.rest is not None else Value()
            return thing.having(rest=rest._replace(origins=merge(rest.origins, told.origins)))

        run.replace(receiver, change)


def _names_of(run: Run, value: Value) -> Value:
    """A mapping handed to a method of a set, which goes through its names."""
    is_mapping = any(not thing.sequence for _, thing in run.state.objects(value))
    return value._replace(ident=("call", "keys", value.ident)) if is_mapping and value.ident else value
