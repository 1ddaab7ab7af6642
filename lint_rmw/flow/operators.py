"""What operators make of their operands, written as operators or as the functions of the `operator` module."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from lint_rmw.flow import questions, templates
from lint_rmw.flow.fields import is_mapping
from lint_rmw.flow.known import (
    Arguments,
    has_names,
    joined,
    looked_up,
    overlay_copy,
    pure,
    values_of,
    verdict,
)
from lint_rmw.flow.provenance import const
from lint_rmw.flow.selections import sifted
from lint_rmw.flow.values import Getter, Value
from lint_rmw.flow.writes import accumulate, adds_nothing, fresh_place, put, update

if TYPE_CHECKING:
    from lint_rmw.flow.run import Run

_BINARY: dict[str, type[cst.BaseBinaryOp]] = {
    "add": cst.Add,
    "and_": cst.BitAnd,
    "concat": cst.Add,
    "floordiv": cst.FloorDivide,
    "lshift": cst.LeftShift,
    "matmul": cst.MatrixMultiply,
    "mod": cst.Modulo,
    "mul": cst.Multiply,
    "or_": cst.BitOr,
    "pow": cst.Power,
    "rshift": cst.RightShift,
    "sub": cst.Subtract,
    "truediv": cst.Divide,
    "xor": cst.BitXor,
}
_IN_PLACE = {f"i{name.rstrip('_')}": operator for name, operator in _BINARY.items()}
_COMPARING = frozenset("eq ne lt le gt ge is_ is_not contains".split())
_GETTERS = frozenset({"itemgetter", "attrgetter", "methodcaller"})
_COMPUTING = frozenset("abs neg pos inv invert index not_ truth countOf indexOf length_hint".split())


def function(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function of `operator`, None if it is not known."""
    values = values_of(arguments)
    if not values:
        return None
    if name in _GETTERS:
        return Value(klass=Getter(name, arguments), ident=("opaque", id(node)))
    first, *others = values
    if name == "setitem" and len(values) == 3:
        put(run, first, values[1], values[2], node, arguments[2].node)
        return Value()
    if name == "getitem" and others:
        return looked_up(run, first, others[0], run.get(first, others[0].ident, node), node)
    if name in _IN_PLACE and others:
        return in_place(run, first, _IN_PLACE[name], others[0], node, arguments[1].node)
    if name in _BINARY and others:
        return binary(run, first, _BINARY[name], others[0], node)
    if name in _COMPARING:
        return verdict(run, told_by(run, name, values), questions.of_comparison(run, values, node), node)
    return pure(run, values, node) if name in _COMPUTING else None


def told_by(run: Run, name: str, values: list[Value]) -> list[Value]:
    """What a comparison tells of: not whether there is an entry at all, nor of the names that a mapping has."""
    if name in ("is_", "is_not"):
        return [v for v in values if all(len(o.label.where) > 1 for o in run.origins(v))]
    return values[1:] if name == "contains" and has_names(run, values[0]) else values


def in_place(
    run: Run,
    target: Value,
    operator: type[cst.BaseBinaryOp],
    added: Value,
    node: cst.CSTNode,
    added_node: cst.CSTNode,
) -> Value:
    """`target += added` and its like, or `iadd(target, added)`: what can be changed is, and is the result."""
    if operator is cst.BitOr and target.refs:
        if is_mapping(run, target) or is_mapping(run, added):
            update(run, target, added, node, added_node)
            return target
        if any(thing.live is not None for _, thing in run.state.objects(target)):
            return target
    if accumulate(run, target, added, node, added_node):
        return target
    return binary(run, target, operator, added, node)


def got(
    run: Run, getter: Getter, value: Value, node: cst.CSTNode, call: Callable[[str, Arguments], Value]
) -> Value:
    """What an `itemgetter`, `attrgetter` or `methodcaller` takes out of a value; `call` calls a method of it."""
    if getter.kind == "methodcaller":
        return call(getter.arguments[0].value.text or "", getter.arguments[1:])
    parts = []
    for argument in getter.arguments:
        part, dotted = value, argument.value.text if getter.kind == "attrgetter" else None
        for key in (argument.value.ident,) if dotted is None else map(const, dotted.split(".")):
            part = run.get(part, key, node)
        parts.append(part)
    return parts[0] if len(parts) == 1 else run.sequence(parts, node)


def binary(run: Run, left: Value, operator: type[cst.BaseBinaryOp], right: Value, node: cst.CSTNode) -> Value:
    """The result of an operator; `|` merges mappings and joins sets."""
    if operator is cst.BitOr:
        if is_mapping(run, left) or is_mapping(run, right):
            return overlay_copy(run, left, right, node)
        return joined(run, [left, right], node, "it is combined")
    if operator in (cst.Subtract, cst.BitAnd):
        names = sifted(run, left, right, node, common=operator is cst.BitAnd)
        if names is not None:
            return names
    if operator in (cst.Add, cst.Subtract):
        # The fresh operand decides alone; where both are stale the test that found one empty is what goes wrong.
        if fresh_place(run, left) is not None and adds_nothing(run, right):
            right = Value()
        elif fresh_place(run, right) is not None and adds_nothing(run, left):
            left = Value()
    if operator is cst.Modulo:
        text = templates.percent(run, left, right, node)
        if text is not None:
            return text
    kind = "format" if operator is cst.Add else "call"
    return pure(run, [left, right], node, made=(kind, operator.__name__))
