"""The parts of what a reader gives back that are no state, and the key that they, or a name for them, stand for."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from lint_rmw.fixes.syntax import Function, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.roots import Reads

_LOOKING_UP = frozenset({"get", "pop", "setdefault"})


def same_key(reads: Reads, function: Function, text: str) -> str:
    """The key that an entry was read under, as it is spelled there, of which `text` is another spelling; else the text."""
    known: dict[str, str] = {}
    for name, value in _bound_once(function):
        part, whole = _part_of(value)
        key = reads.key_of(whole) if isinstance(whole, ast.Call) else None
        if key is not None and part is None:
            known |= {_spelled(name, each): key for each in reads.key_parts}
        elif key is not None and part in reads.key_parts:
            known[name] = key
        elif ast.unparse(value) in known:
            known[name] = known[ast.unparse(value)]
    return known.get(text, text)


def unpacked_key(reads: Reads, target: ast.Tuple, inside: Collection[ast.AST]) -> str | None:
    """The name an unpacking gives the settled key, if the section looks entries up by it."""
    names = {
        element.id
        for place, element in enumerate(target.elts)
        if place in reads.key_parts and isinstance(element, ast.Name)
    }
    used = {name for part in inside for node in ast.walk(part) for name in _keys(node)}
    return next(iter(sorted(names & used)), None)


def _keys(node: ast.AST) -> Iterator[str]:
    """The names that a piece of code uses as a key."""
    asked: list[ast.expr | None] = []
    match node:
        case ast.Subscript(slice=key):
            asked = [key]
        case ast.Dict(keys=keys):
            asked = list(keys)
        case ast.Call(func=ast.Attribute(attr=attr), args=[key, *_]) if attr in _LOOKING_UP:
            asked = [key]
    yield from (key.id for key in asked if isinstance(key, ast.Name))


def _bound_once(function: Function) -> Iterator[tuple[str, ast.expr]]:
    """Names bound in one place, each with its value; an unpacked one with the part of the value it stands for."""
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    for node in shallow(function.body):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        pairs: list[tuple[ast.expr, ast.expr]] = [(target, value)]
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            pairs = list(zip(target.elts, value.elts, strict=True))
        elif isinstance(target, ast.Tuple):
            pairs = [
                (element, ast.Subscript(value, ast.Constant(place), ast.Load()))
                for place, element in enumerate(target.elts)
            ]
        for one, given in pairs:
            if isinstance(one, ast.Name) and stored.count(one.id) == 1:
                yield one.id, given


def _part_of(value: ast.expr) -> tuple[object, ast.expr]:
    """The part that a value is of something, None if it is all of it, and that."""
    part: object = None
    match value:
        case ast.Attribute(value=inner, attr=attr):
            value, part = inner, attr
        case ast.Subscript(value=inner, slice=ast.Constant(value=place)):
            value, part = inner, place
    return part, value.value if isinstance(value, ast.Await) else value


def _spelled(name: str, part: int | str) -> str:
    return f"{name}[{part}]" if isinstance(part, int) else f"{name}.{part}"
