"""`try: entry = snapshot[key]` with `except KeyError` is a question whether the key is there, and is seen as the guard it stands for."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from lint_rmw.fixes.copies import copies
from lint_rmw.fixes.moves import Move
from lint_rmw.fixes.root import EMPTIES
from lint_rmw.fixes.syntax import shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.slices import Slicer

_MISSING = frozenset({"KeyError", "LookupError"})


class Absence(ast.If):
    """A guard made of an `except KeyError` that leaves: it asks whether `key` is not in `container`; `origin` is the `try`."""

    origin: ast.Try
    key: ast.expr
    container: ast.expr


def opened(slicer: Slicer, statement: ast.Try) -> list[ast.stmt] | None:
    """Visits the statements of a `try` one by one; returns them with the guard among them, or None if it is something else."""
    handler = _handler(statement)
    if handler is None:
        return None
    assigned = [s for s in statement.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)]
    looked_up = [n for s in statement.body for n in shallow(s) if isinstance(n, ast.Subscript)]
    if len(assigned) < len(statement.body) or len(looked_up) != 1:
        return None
    last, (found,) = assigned[-1], looked_up
    if not any(found is n for n in shallow(last)) or not _only_reads(slicer, assigned, found):
        return None
    if slicer.leaves(handler.body[-1]):
        guard = Absence(_asked(found), handler.body, [])
        ast.copy_location(guard, statement)
        guard.origin, guard.key, guard.container = statement, found.slice, found.value
        return [*assigned[:-1], guard, last]
    # An entry updater runs its mutator for an entry that is there, so that only the name has to be known.
    name = last.targets[0]
    match handler.body:
        case [ast.Assign(targets=[ast.Name(id=other)], value=value)] if (
            slicer.site.hands_entry
            and last.value is found
            and isinstance(name, ast.Name)
            and other == name.id
            and ast.unparse(value) in EMPTIES
        ):
            return list(assigned)
    return None


def settled(slicer: Slicer, last: ast.stmt) -> None:
    """What was read where an `except` puts something empty in place of a missing entry never raises."""
    move = slicer.moves.get(last)
    if move is not None and move.root is not None and isinstance(last, ast.Assign):
        root = replace(move.root, brittle=False, defaulted=True)
        slicer.roots[move.name] = root
        slicer.moves[last] = Move(last, "root", move.roots, move.name, root, move.value)


def _handler(statement: ast.Try) -> ast.ExceptHandler | None:
    """The only handler, if it catches no more than a missing key."""
    match statement:
        case ast.Try(
            handlers=[ast.ExceptHandler(type=ast.Name(id=name), name=None) as handler],
            orelse=[],
            finalbody=[],
        ) if name in _MISSING:
            again = any(isinstance(n, ast.Raise) and n.exc is None for s in handler.body for n in shallow(s))
            return None if again else handler
    return None


def _only_reads(slicer: Slicer, assigned: list[ast.Assign], found: ast.Subscript) -> bool:
    """Whether the look-up of one entry is all that may miss a key."""
    for statement in assigned:
        value = statement.value
        while (inner := _copied(value)) is not None:
            value = inner
        if value is found:
            value = found.value
        if isinstance(value, ast.Name):
            continue
        root = slicer.reads.root(value, slicer.roots)
        if root is None or root.kind not in ("store", "record", "entry"):
            return False
    return True


def _copied(value: ast.expr) -> ast.expr | None:
    """What a value is a plain copy of; None if it is none."""
    match value:
        case ast.Dict(keys=[None], values=[inner]):
            return inner
        case ast.Call(args=[inner], keywords=[]) if copies(value):
            return inner
        case ast.Call(func=ast.Attribute(value=inner), args=[], keywords=[]) if copies(value):
            return inner
    return None


def _asked(found: ast.Subscript) -> ast.Compare:
    return ast.copy_location(ast.Compare(found.slice, [ast.NotIn()], [found.value]), found)
