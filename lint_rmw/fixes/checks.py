"""A statement before a section that only objects to what was read: it stays, and objects once more inside to what is fresh."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.closures import rebound
from lint_rmw.fixes.syntax import LOOPS, bound, last_word, leaving, mutated, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.effects import Knowledge
    from lint_rmw.fixes.slices import Slicer

_DEEPEST = 4
_BLOCKS = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)


def is_check(slicer: Slicer, statement: ast.stmt) -> bool:
    """Whether a statement computes, binds nothing that anything else reads, and raises or leaves in some case."""
    known = slicer.knowledge
    if isinstance(statement, ast.Expr):
        objects = isinstance(statement.value, ast.Call) and _raises(known, statement.value)
    else:
        objects = isinstance(statement, ast.If | ast.For | ast.Match) and _leaves(slicer, statement)
    if not objects or known.changed(statement) or rebound(known, statement):
        return False
    effects = known.of(statement)
    return not (effects.unknown or effects.minted or effects.hidden_minting or effects.awaits)


def _raises(known: Knowledge, call: ast.Call, depth: int = 0) -> bool:
    """Whether a call reaches a function of this file that raises something."""
    match call.func:
        case ast.Name(id=name):
            called = known.definition(name, call)
        case ast.Attribute(value=value, attr=name):
            called = known.method_of(value, name, call)
        case _:
            return False
    if not isinstance(called, ast.FunctionDef) or depth >= _DEEPEST:
        return False
    inside = list(shallow(called.body))
    return any(isinstance(n, ast.Raise | ast.Assert) for n in inside) or any(
        _raises(known, n, depth + 1) for n in inside if isinstance(n, ast.Call)
    )


def _leaves(slicer: Slicer, statement: ast.stmt) -> bool:
    """Whether a statement ends the function in some case, in a way that a section can be left in as well."""
    own = set(ast.walk(statement))
    if any(isinstance(n, _BLOCKS) for n in shallow(statement)):
        return False
    exits = list(leaving([statement]))
    allowed = (ast.Raise, ast.Return) if slicer.site.form == "with" else (ast.Raise,)
    if not exits or not all(isinstance(n, allowed) for n in exits):
        return False
    names = bound(statement)
    return all(
        n in own or n.id not in names for n in ast.walk(slicer.site.function) if isinstance(n, ast.Name)
    )


def may_leave(slicer: Slicer, statement: ast.stmt, last: ast.stmt) -> bool:
    """Whether a statement that builds the value may leave by `last` inside the section as it did before it."""
    if isinstance(last, ast.Break | ast.Continue):
        return isinstance(statement, LOOPS)
    reads = slicer.reads.spelled(statement, slicer.moves[statement].roots)
    caught = any(not isinstance(node, ast.Name) for node, _ in reads)
    for block in (n for n in shallow(statement) if isinstance(n, _BLOCKS)):
        # What a reader raises is not what the look-up in its place raises.
        if caught or not isinstance(block, ast.Try):
            return False
    if isinstance(last, ast.Raise):
        return True
    site, code = slicer.site, slicer.code
    if site.form != "with":
        return False
    if code.block(statement) is not code.block(site.statement):
        return False
    between = site.prior[site.prior.index(statement) + 1 :]
    for other in between:
        effects = slicer.knowledge.of(other)
        if other not in slicer.moves and (effects.unknown or effects.traces or effects.awaits):
            # It would be done before the function is left.
            return False
    return True


def only_suppresses(block: ast.With) -> bool:
    """Whether a block does no more than to pass over some errors."""
    return all(
        isinstance(item.context_expr, ast.Call) and last_word(item.context_expr.func) == "suppress"
        for item in block.items
    )


def doubt(slicer: Slicer) -> None:
    """Notes where the region compares what was read before with what is fresh, and goes on to write either way."""
    for node in slicer.found.kept:
        if not _declines(slicer, node):
            slicer.found.doubts.append(
                f"line {node.lineno} compares what was read before with the fresh state, and goes on either way"
            )


def _declines(slicer: Slicer, node: ast.expr) -> bool:
    """Whether nothing is written where a comparison has one of its outcomes."""
    statement = slicer.code.statement(node)
    match statement:
        case ast.Assert():
            return True
        case ast.If(body=body, orelse=other) if node in set(ast.walk(statement.test)):
            sides = [side for side in (body, other) if side]
        case _:
            return False
    if any(isinstance(side[-1], ast.Return | ast.Raise) and not mutated(side) for side in sides):
        return True
    if other or statement not in slicer.site.body:
        return False
    after = slicer.site.body[slicer.site.body.index(statement) + 1 :]
    return not mutated(after) and not any(isinstance(n, ast.Call) for s in after for n in ast.walk(s))
