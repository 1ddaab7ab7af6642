"""Names that a rewritten function would read before it binds them, or take from a parameter that it now binds anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lint_rmw.fixes.syntax import LOOPS, Block, Function, bound, free_names, outer_names, parameters

_WITHIN = ("body", "orelse", "finalbody")


def misread(old: ast.Module, new: ast.Module) -> str | None:
    """What a text would do wrong with a name, that the one before it did not; None if nothing."""
    before = {(where, name) for where, name, _ in _faults(old)}
    return next((told for where, name, told in _faults(new) if (where, name) not in before), None)


def _faults(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for where, function in _functions(tree, ()):
        own = bound(function.body) - outer_names(function)
        for name in sorted(own & set(parameters(function))):
            yield where, name, f"the parameter '{name}' of {function.name}() would be bound again"
        for name in _early(function.body, own - set(parameters(function))):
            yield where, name, f"'{name}' would be read before it is bound in {function.name}()"


def _functions(node: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Function]]:
    for child in ast.iter_child_nodes(node):
        below = path
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            below = (*path, child.name)
            yield below, child
        elif isinstance(child, ast.ClassDef):
            below = (*path, child.name)
        yield from _functions(child, below)


def _early(block: Block, unbound: set[str]) -> Iterator[str]:
    """The names read in a run of statements before any of them, or of those around it, can have bound them."""
    unbound = set(unbound)
    for statement in block:
        inner = [part for name in _WITHIN for part in getattr(statement, name, [])]
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            unbound.discard(statement.name)
            continue
        if isinstance(statement, ast.Match):
            yield from _read(statement.subject, unbound)
            for case in statement.cases:
                caught = unbound - bound(case.pattern)
                yield from _read(case.guard, caught) if case.guard is not None else ()
                yield from _early(case.body, caught)
        elif isinstance(statement, LOOPS) or not inner:
            # In a loop, what is bound at its end is read at its beginning.
            now = unbound - bound(statement) if inner else unbound
            yield from _read(statement, now)
        elif isinstance(statement, ast.If):
            yield from _read(statement.test, unbound)
            unbound -= bound(statement.test)
            yield from _early(statement.body, unbound)
            yield from _early(statement.orelse, unbound)
        elif isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                yield from _read(item.context_expr, unbound)
                unbound -= bound(item)
            yield from _early(statement.body, unbound)
        elif isinstance(statement, ast.Try | ast.TryStar):
            yield from _early_in_try(statement, unbound)
            unbound -= _bound_by_try(statement)
            continue
        unbound -= bound(statement)


def _early_in_try(node: ast.Try | ast.TryStar, unbound: set[str]) -> Iterator[str]:
    """The same where what handles an exception, and what always runs, may come before anything of the block was bound."""
    yield from _early(node.body, unbound)
    for handler in node.handlers:
        yield from _early(handler.body, unbound - {handler.name or ""})
    yield from _early(node.orelse, unbound - bound(node.body))
    yield from _early(node.finalbody, unbound)


def _bound_by_try(node: ast.Try | ast.TryStar) -> set[str]:
    """The names that are bound behind it whichever way it went."""
    known = bound([*node.body, *node.orelse])
    for handler in node.handlers:
        if not isinstance(handler.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break):
            known &= bound(handler.body)
    return known | bound(node.finalbody)


def _read(node: ast.AST, unbound: set[str]) -> Iterator[str]:
    """A function defined there reads later, and what binds a name in an expression may do so first."""
    lazy = {
        inner
        for scope in ast.walk(node)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp)
        for inner in ast.walk(scope)
    }
    named = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    for name in free_names(node):
        if name.id in unbound and name.id not in named and name not in lazy:
            yield name.id
