"""How often a loop goes round: at least once for certain, and never a second time."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from lint_rmw.fixes.syntax import LOOPS, Code


def entered(loop: ast.stmt) -> bool:
    """Whether a loop certainly runs once."""
    match loop:
        case ast.While(test=ast.Constant(value=True)):
            return True
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(rounds))])):
            return rounds > 0
        case ast.For(iter=ast.List(elts=[_, *_]) | ast.Tuple(elts=[_, *_])):
            return True
    return False


def once(loop: ast.AST) -> bool:
    """Whether a loop never comes to a second round: it goes over one thing, or every round ends by leaving it."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(rounds))])):
            if rounds <= 1:
                return True
        case ast.For(iter=ast.List(elts=[_]) | ast.Tuple(elts=[_]) | ast.Set(elts=[_])):
            if not isinstance(loop.iter.elts[0], ast.Starred):  # type: ignore[attr-defined]
                return True
    if not isinstance(loop, LOOPS):
        return False
    leaving = isinstance(loop.body[-1], ast.Break | ast.Return | ast.Raise)
    return leaving and not any(isinstance(n, ast.Continue) for n in _own(loop.body))


def going_round(around: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Of the statements around a place, the loops that may come to it more than once."""
    return [a for a in around if isinstance(a, LOOPS) and not once(a)]


def over(code: Code, node: ast.expr) -> ast.For | ast.AsyncFor | None:
    """The loop that goes over a mapping while it runs; none if all of it is taken before."""
    here: ast.AST = node
    for around in code.around(node):
        match around:
            case ast.For(iter=first) | ast.AsyncFor(iter=first):
                return around if first is here else None
            case ast.Attribute(attr="items" | "keys" | "values"):
                pass
            case ast.Call(func=function) if function is here:
                pass
            case ast.Call(func=ast.Name(id="enumerate" | "zip" | "map" | "filter" | "reversed" | "iter")):
                pass
            case _:
                return None
        here = around
    return None


def _own(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """What belongs to a loop itself, and not to one inside it."""
    pending: list[ast.AST] = list(nodes)
    while pending:
        here = pending.pop()
        yield here
        if isinstance(here, LOOPS):
            pending += here.orelse
        elif not isinstance(here, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += ast.iter_child_nodes(here)
