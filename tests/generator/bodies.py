"""Rewriting the lists of statements inside functions."""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Bodies(ast.NodeTransformer):
    """Rewrites the statement lists inside functions, innermost first."""

    def __init__(self) -> None:
        self.count = 0
        self.functions: list[Function] = []

    def fresh_name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: Function) -> ast.AST:
        self.functions.append(node)
        self.generic_visit(node)
        self._blocks(node)
        self.functions.pop()
        return node

    def _blocks(self, node: ast.AST) -> None:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                for statement in block:
                    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        self._blocks(statement)
                setattr(node, name, self.block(block))
        for handler in getattr(node, "handlers", []):
            self._blocks(handler)
        for case in getattr(node, "cases", []):
            self._blocks(case)

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Returns what becomes of one list of statements."""
        return body


def simple_target(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def shared_names(tree: ast.AST) -> set[str]:
    declared = [node for node in ast.walk(tree) if isinstance(node, ast.Nonlocal | ast.Global)]
    return {name for node in declared for name in node.names}
