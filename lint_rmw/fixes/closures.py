"""What changes by a function that is handed on, or that is called without anybody knowing which one it is."""

from __future__ import annotations

import ast

from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.syntax import Function, bound, own_names, parameters, shallow

_DEEPEST = 4


def hidden(knowledge: Knowledge, statement: ast.stmt, function: Function) -> set[str]:
    """The names of a function whose objects may change in a statement, by what is called there under no name of its own."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return set()
    found: set[str] = set()
    for node in shallow(statement):
        if not isinstance(node, ast.Call):
            continue
        for given in (*node.args, *(k.value for k in node.keywords)):
            known = knowledge.definition(given.id, given) if isinstance(given, ast.Name) else given
            if isinstance(known, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                found |= _changed_outside(knowledge, known)
        if _is_anyones(knowledge, node.func):
            found |= {n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)}
            for inner in ast.walk(function):
                if (
                    isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                    and inner is not function
                ):
                    found |= _changed_outside(knowledge, inner)
    return found & (bound(function.body) | set(parameters(function)))


def rebound(knowledge: Knowledge, nodes: ast.AST | list[ast.stmt], depth: int = 0) -> set[str]:
    """The names that get another value by the functions called in some code, or handed on there, which call them `nonlocal`."""
    found: set[str] = set()
    if isinstance(nodes, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return found
    for node in shallow(nodes):
        if not isinstance(node, ast.Call) or depth >= _DEEPEST:
            continue
        for given in (node.func, *node.args, *(k.value for k in node.keywords)):
            known = knowledge.definition(given.id, given) if isinstance(given, ast.Name) else None
            if isinstance(known, ast.FunctionDef | ast.AsyncFunctionDef):
                outer = {n for s in shallow(known.body) if isinstance(s, ast.Nonlocal) for n in s.names}
                inner = rebound(knowledge, known.body, depth + 1)
                found |= (outer & bound(known.body)) | (inner - own_names(known))
    return found


def _changed_outside(knowledge: Knowledge, function: Function | ast.Lambda) -> set[str]:
    return set(knowledge.changed(function.body)) - own_names(function)


def _is_anyones(knowledge: Knowledge, function: ast.expr) -> bool:
    """Whether what is called was handed on, looked up or made, so that it may be any function of the place."""
    if isinstance(function, ast.Name):
        return knowledge.definition(function.id, function) is None and knowledge.is_local(
            function.id, function
        )
    return isinstance(function, ast.Call | ast.Subscript)
