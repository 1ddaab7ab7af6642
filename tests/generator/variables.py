"""Rewrites of the variables of a program: more of them, fewer, other names, other ways to bind them."""

from __future__ import annotations

import ast
import builtins
from copy import deepcopy

from tests.generator.bodies import Bodies, simple_target


class NewVariable(Bodies):
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                name = self.fresh_name("step")
                made.append(ast.Assign([ast.Name(name, ast.Store())], statement.value))
                statement.value = ast.Name(name, ast.Load())
            made.append(statement)
        return made


def _loads(tree: ast.AST, name: str) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )


def _stores(tree: ast.AST, name: str) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )


_PURE = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.Dict,
    ast.List,
    ast.BoolOp,
    ast.BinOp,
    ast.UnaryOp,
    ast.IfExp,
    ast.Starred,
    ast.expr_context,
    ast.operator,
    ast.boolop,
    ast.unaryop,
)


def _is_pure(value: ast.expr) -> bool:
    return all(isinstance(node, _PURE) for node in ast.walk(value))


class _Substitute(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return deepcopy(self.value) if node.id == self.name and isinstance(node.ctx, ast.Load) else node


class InlinedVariable(Bodies):
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        function = self.functions[-1]
        made: list[ast.stmt] = []
        pending = list(body)
        while pending:
            statement = pending.pop(0)
            name = simple_target(statement)
            if (
                name is not None
                and isinstance(statement, ast.Assign)
                and _is_pure(statement.value)
                and pending
                and isinstance(pending[0], ast.Assign | ast.Return)
                and not any(isinstance(node, ast.Lambda | ast.comprehension) for node in ast.walk(pending[0]))
                and _loads(function, name) == _loads(pending[0], name) == 1
                and _stores(function, name) == 1
            ):
                pending[0] = _Substitute(name, statement.value).visit(pending[0])
                continue
            made.append(statement)
        return made


class Walrus(Bodies):
    def __init__(self, shared: set[str]) -> None:
        super().__init__()
        self.shared = shared

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self._turned(statement) for statement in body]

    def _turned(self, statement: ast.stmt) -> ast.stmt:
        name = simple_target(statement)
        if name is None or not isinstance(statement, ast.Assign):
            return statement
        return ast.Expr(ast.NamedExpr(ast.Name(name, ast.Store()), statement.value))


class Annotated(Bodies):
    def __init__(self, shared: set[str]) -> None:
        super().__init__()
        self.shared = shared

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        seen: set[str] = set()
        return [self._turned(statement, seen) for statement in body]

    def _turned(self, statement: ast.stmt, seen: set[str]) -> ast.stmt:
        name = simple_target(statement)
        if name is None or name in self.shared or not isinstance(statement, ast.Assign):
            return statement
        return ast.AnnAssign(ast.Name(name, ast.Store()), ast.Name("object", ast.Load()), statement.value, 1)


class _ExtractedFunction(Bodies):
    def __init__(self) -> None:
        super().__init__()
        self.extracted: list[ast.stmt] = []

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        for statement in body:
            if (
                simple_target(statement)
                and isinstance(statement, ast.Assign)
                and self._movable(statement.value)
            ):
                inner = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
                local = sorted(name for name in inner if name in self._locals())
                name = self.fresh_name("_extracted")
                parameters = ast.arguments([], [ast.arg(each) for each in local], None, [], [], None, [])
                self.extracted.append(ast.FunctionDef(name, parameters, [ast.Return(statement.value)], []))
                given: list[ast.expr] = [ast.Name(each, ast.Load()) for each in local]
                statement.value = ast.Call(ast.Name(name, ast.Load()), given, [])
        return body

    def _locals(self) -> set[str]:
        return {name for function in self.functions for name in _bound(function)}

    @staticmethod
    def _movable(value: ast.expr) -> bool:
        refused = (ast.Await, ast.Lambda, ast.NamedExpr, ast.Name, ast.Constant)
        inside = (ast.Await, ast.Lambda, ast.NamedExpr, ast.comprehension)
        return not isinstance(value, refused) and not any(
            isinstance(node, inside) for node in ast.walk(value)
        )


def _bound(function: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if node is not function:
                names.add(name)
    return names


class Renamed(ast.NodeTransformer):
    """Renames what functions assign; parameters keep their names, since they may be passed by name."""

    def __init__(self, tree: ast.Module) -> None:
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        bound = {name for function in functions for name in _bound(function)}
        kept = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        for statement in tree.body:
            if isinstance(statement, ast.Assign):
                kept |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        methods = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        kept |= {node.name for owner in methods for node in owner.body if isinstance(node, ast.FunctionDef)}
        self.names = bound - kept - {node.name for node in functions} - set(dir(builtins))

    def _new(self, name: str) -> str:
        return f"{name}_renamed" if name in self.names else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._new(node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        node.names = [self._new(name) for name in node.names]
        return node

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = self._new(node.name) if node.name else None
        return self.generic_visit(node)


def extracted(tree: ast.Module) -> ast.AST:
    extraction = _ExtractedFunction()
    extraction.visit(tree)
    last_import = max(
        (index for index, node in enumerate(tree.body) if isinstance(node, ast.Import | ast.ImportFrom)),
        default=0,
    )
    tree.body[last_import + 1 : last_import + 1] = extraction.extracted
    return tree
