"""Which fields of an entry are mappings: what a file does with fields of that name tells, or what they are called.

`x.update(y)` and `x | y` lay one mapping over the other, but only add to a set, where an old value loses nothing.
"""

from __future__ import annotations

import ast
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rmw.flow.run import Run
    from lint_rmw.flow.values import Object, Value

_OF_MAPPINGS = frozenset("get items keys values setdefault popitem".split())
_OF_SETS = frozenset("add discard difference_update intersection_update symmetric_difference_update".split())
_MAKING = {
    **dict.fromkeys(
        "dict defaultdict OrderedDict Counter Dict Mapping MutableMapping TypedDict".split(), True
    ),
    **dict.fromkeys("set frozenset Set FrozenSet AbstractSet MutableSet".split(), False),
}
_LOCAL = "local "
# What has such a name holds things by their names, whatever file it is in.
_USUAL = frozenset(
    "meta metadata options settings config configuration preferences prefs params parameters headers context attributes attrs "
    "properties props extra extras details env environment payload".split()
)


def is_mapping(run: Run, value: Value) -> bool:
    """Whether a value is a mapping: one that is made here, a store, an entry, or a field that is used or named as one."""
    return any(
        not thing.sequence and (thing.built or _is_of_names(run, thing))
        for _, thing in run.state.objects(value)
    )


def _is_of_names(run: Run, thing: Object) -> bool:
    place = thing.place if thing.place is not None else thing.roots[-1].origin if thing.roots else None
    if place is None:
        return False
    where = place.label.where
    if len(where) < 2:
        return True
    name = where[-1][2] if where[-1][0] == "const" else None
    return isinstance(name, str) and run.module.is_mapping(name)


def is_mapping_in(tree: ast.Module, lines: Sequence[str], name: str) -> bool:
    """Whether a file uses fields of that name as mappings, or the name is usual for one, but never as sets."""
    naming = [number for number, line in enumerate(lines, 1) if name in line]
    told: set[bool] = {True} if name in _USUAL else set()
    for unit in _units(tree.body):
        # Where the name does not stand nothing can be told of it.
        first = bisect(naming, unit.lineno - 1)
        if first < len(naming) and naming[first] <= (unit.end_lineno or unit.lineno):
            told |= {is_mapping for is_mapping, names in _told_in(unit).items() if name in names}
    return told == {True}


def _told_in(unit: ast.stmt) -> dict[bool, set[str]]:
    """The names of what is a mapping by what a piece of code says, and of what is a set."""
    told: dict[bool, set[str]] = {True: set(), False: set()}
    aliases: dict[str, set[str]] = defaultdict(set)
    times: dict[str, int] = defaultdict(int)
    for node in ast.walk(unit):
        for owner, is_mapping in _told(node):
            told[is_mapping].update(_names(owner))
        if isinstance(node, ast.Assign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (name for target in targets for name in _names(target)):
                aliases[name] |= _names(node.value)
                times[name] += 1
    for is_mapping, names in told.items():
        # A name that is given another value may be made a set of what it was, but never the mapping.
        for name in tuple(names):
            names |= aliases[name] if is_mapping or times[name] == 1 else set()
    return told


def _units(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, and those of its classes: a local name means the same within each of them."""
    for statement in statements:
        if isinstance(statement, ast.ClassDef):
            yield from _units(statement.body)
        else:
            yield statement


def _told(node: ast.AST) -> Iterator[tuple[ast.expr | str, bool]]:
    """What a piece of syntax tells of which expression or name: whether it is a mapping or a set."""
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str())):
            yield owner, True
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=arguments):
            if method in _OF_MAPPINGS or method in _OF_SETS:
                yield owner, method in _OF_MAPPINGS
            match arguments:
                case [ast.Constant(value=str(name)), default]:
                    yield from _made([name], [default])
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is None:
                    yield value, True
                elif isinstance(key, ast.Constant):
                    yield from _made([key], [value])
        case ast.keyword(arg=None, value=owner):
            yield owner, True
        case ast.keyword(arg=str(name), value=value):
            yield from _made([name], [value])
        case ast.Assign(targets=targets, value=value):
            yield from _made(targets, [value])
        case ast.BoolOp(op=ast.Or(), values=[*owners, value]):
            yield from _made(owners, [value])
        case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=annotation):
            yield from _made([name, f"{_LOCAL}{name}"], [annotation])
        case ast.arg(arg=name, annotation=ast.expr() as annotation):
            yield from _made([f"{_LOCAL}{name}"], [annotation])


def _made(of: Iterable[ast.expr | str], values: Iterable[ast.expr]) -> Iterator[tuple[ast.expr | str, bool]]:
    """What a value or an annotation, if it is that of a mapping or of a set, tells of whom."""
    for value in values:
        is_mapping = _kind(value)
        if is_mapping is not None:
            yield from ((each, is_mapping) for each in of)


def _kind(value: ast.expr) -> bool | None:
    """Whether an expression is a mapping or its class (True), a set or its class (False), or neither."""
    match value:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Set() | ast.SetComp():
            return False
        case ast.Call(func=maker) | ast.Subscript(value=maker):
            return _kind(maker)
        case ast.BinOp(left=left, op=ast.BitOr()):
            return _kind(left)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _MAKING.get(name)
    return None


def _names(owner: ast.expr | str) -> set[str]:
    """The name of the field that an expression takes its value from, or, marked so, of the local variable."""
    match owner:
        case ast.Name(id=name):
            return {f"{_LOCAL}{name}"}
        case str(name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return {name}
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return {name}
        case ast.Call(
            func=ast.Attribute(attr="get" | "setdefault" | "pop"), args=[ast.Constant(value=str(name)), *_]
        ):
            return {name}
        case ast.BoolOp(values=[first, *_]) | ast.NamedExpr(value=first):
            return _names(first)
    return set()
