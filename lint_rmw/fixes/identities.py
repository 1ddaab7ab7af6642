"""The parts of what a reader gives back that are no state, and the key that they, or a name for them, stand for."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lint_rmw.fixes.moves import Move
from lint_rmw.fixes.root import Root
from lint_rmw.fixes.syntax import Function, bound, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.roots import Reads
    from lint_rmw.fixes.slices import Slicer

_LOOKING_UP = frozenset({"get", "pop", "setdefault"})


def same_key(reads: Reads, function: Function, text: str) -> str:
    """The key that an entry was read under, as it is spelled there, of which `text` is another spelling; else the text."""
    known: dict[str, str] = {}
    for name, value in _bound_once(reads, function):
        part, whole = _part_of(value)
        key = reads.key_of(whole) if isinstance(whole, ast.Call) else None
        if key is not None and part is None:
            known |= {_spelled(name, each): key for each in reads.key_parts}
        elif key is not None and part in reads.key_parts:
            known[name] = key
        elif ast.unparse(value) in known:
            known[name] = known[ast.unparse(value)]
    return known.get(text, text)


def unpacked(slicer: Slicer, statement: ast.stmt, before: dict[str, Root]) -> bool:
    """Whether a statement takes apart what was read of one entry, which is noted."""
    match statement:
        case ast.Assign(targets=[ast.Tuple() | ast.List() as target], value=value):
            root = slicer.reads.root(value, slicer.roots)
        case _:
            return False
    if root is None or root.kind != "record":
        return False
    names = parts_taken(slicer.reads, target)
    entry = next((name for place, name in names.items() if place in slicer.reads.entry_parts), None)
    if entry is None:
        return False
    slicer.forget(bound(statement))
    made = Root("entry", root.spelled, root.key, doubt=root.doubt, helpers=root.helpers)
    used = {name for part in slicer.region() for node in ast.walk(part) for name in _keys(node)}
    settled = sorted(n for place, n in names.items() if place in slicer.reads.key_parts and n in used)
    made = slicer.reads.keyed(made, settled[0]) if settled else made
    slicer.roots[entry] = made
    slicer.moves[statement] = Move(statement, "root", before, entry, made, value)
    return True


def taken_apart(slicer: Slicer, inside: Collection[ast.AST]) -> dict[str, Root]:
    """The names of what is read of one entry inside the region; notes what only gave an entry there."""
    found: dict[str, Root] = {}
    nodes = [n for part in inside for n in ast.walk(part)]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    for node in nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        root = slicer.reads.root(node.value, slicer.roots)
        if root is None or root.kind != "record":
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name):
            uses = [n for n in names if n.id == target.id and n is not target]
            if any(isinstance(n.ctx, ast.Store) for n in uses):
                continue
            found[target.id] = root
            if all(_gives_entry(slicer, n) for n in uses) and len(slicer.code.block(node) or ()) > 1:
                slicer.found.records.append(node)
        elif isinstance(target, ast.Tuple | ast.List):
            taken = parts_taken(slicer.reads, target)
            others = {n for place, n in taken.items() if place not in slicer.reads.entry_parts}
            entries = [n for place, n in taken.items() if place in slicer.reads.entry_parts]
            if len(entries) == 1 and not any(n.id in others and isinstance(n.ctx, ast.Load) for n in names):
                slicer.found.taken_apart[node] = (node.value, replace(root, kind="entry"))
    return found


def _gives_entry(slicer: Slicer, name: ast.Name) -> bool:
    """Whether of what was read no more than the entry is looked at."""
    match slicer.code.parents.get(name):
        case ast.Attribute(attr=part) | ast.Subscript(slice=ast.Constant(value=part)):
            return part in slicer.reads.entry_parts
    return False


def entry_name(reads: Reads, statement: ast.Assign) -> str:
    """The name an unpacking gives the entry."""
    target = statement.targets[0]
    assert isinstance(target, ast.Tuple | ast.List)
    return next(n for place, n in parts_taken(reads, target).items() if place in reads.entry_parts)


def parts_taken(reads: Reads, target: ast.Tuple | ast.List) -> dict[int, str]:
    """The names that an unpacking gives the parts of a read, by place; none where that is not all it does."""
    if not all(
        isinstance(n, ast.Name | ast.Starred | ast.expr_context) for n in ast.walk(target) if n is not target
    ):
        return {}
    starred = [place for place, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    # Behind a star the places count from the end.
    shift = reads.width - len(target.elts) if starred else 0
    return {
        place + (shift if starred and place > starred[0] else 0): element.id
        for place, element in enumerate(target.elts)
        if isinstance(element, ast.Name)
    }


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


def _bound_once(reads: Reads, function: Function) -> Iterator[tuple[str, ast.expr]]:
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
        elif isinstance(target, ast.Tuple | ast.List):
            pairs = [
                (ast.Name(name, ast.Store()), ast.Subscript(value, ast.Constant(place), ast.Load()))
                for place, name in parts_taken(reads, target).items()
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
