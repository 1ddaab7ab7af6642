"""Rewrites of the functions of a program: their form, what stands around their bodies, how they are reached."""

from __future__ import annotations

import ast
from copy import deepcopy

from tests.generator.bodies import Bodies, Function

STORE_MODULE = "fixtures.session_store"
PARAMETERS = {
    "load_session_store": ("store_path",),
    "load_session_entry": ("session_key",),
    "load_session_entry_async": ("session_key",),
    "update_session_store": ("store_path", "mutator"),
    "update_session_store_async": ("store_path", "mutator"),
    "update_session_store_entry": ("store_path", "session_key", "update"),
    "update_session_store_entry_async": ("store_path", "session_key", "update"),
    "locked_session_store": ("store_path",),
    "locked_session_store_async": ("store_path",),
    "save_session_store": ("store_path", "store"),
    "session_mutator": ("store_path",),
}
"""The names under which the functions of the store take their positional arguments."""


class NegatedCondition(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node.test)):
            return node
        return ast.If(ast.UnaryOp(ast.Not(), node.test), node.orelse or [ast.Pass()], node.body)


def _after_declarations(body: list[ast.stmt]) -> int:
    for index, statement in enumerate(body):
        documents = (
            index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )
        if not documents and not isinstance(statement, ast.Nonlocal | ast.Global):
            return index
    return len(body)


class DeadBranch(Bodies):
    def _function(self, node: Function) -> ast.AST:
        super()._function(node)
        name = ast.Name(self.fresh_name("never"), ast.Store())
        at = _after_declarations(node.body)
        node.body.insert(at, ast.If(ast.Constant(False), [ast.Assign([name], ast.Constant(None))], []))
        return node


class Finally(Bodies):
    def _function(self, node: Function) -> ast.AST:
        super()._function(node)
        at = _after_declarations(node.body)
        if node.body[at:]:
            node.body[at:] = [ast.Try(node.body[at:], [], [], [ast.Pass()])]
        return node


class DefToLambda(Bodies):
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self._turned(statement) for statement in body]

    def _turned(self, statement: ast.stmt) -> ast.stmt:
        match statement:
            case ast.FunctionDef(
                name=name, args=arguments, body=[ast.Return(value=ast.expr() as value)], decorator_list=[]
            ):
                bare = deepcopy(arguments)
                for parameter in [*bare.posonlyargs, *bare.args, *bare.kwonlyargs]:
                    parameter.annotation = None
                return ast.Assign([ast.Name(name, ast.Store())], ast.Lambda(bare, value))
        return statement


class LambdaToDef(Bodies):
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=arguments, body=value)):
                    made.append(self._definition(name, arguments, value))
                    continue
                case (
                    ast.Expr(value=ast.Call(args=arguments) as call)
                    | ast.Return(value=ast.Call(args=arguments) as call)
                ):
                    for index, argument in enumerate(arguments):
                        if isinstance(argument, ast.Lambda):
                            name = self.fresh_name("named")
                            made.append(self._definition(name, argument.args, argument.body))
                            call.args[index] = ast.Name(name, ast.Load())
            made.append(statement)
        return made

    @staticmethod
    def _definition(name: str, arguments: ast.arguments, value: ast.expr) -> ast.stmt:
        return ast.FunctionDef(name, arguments, [ast.Return(value)], [])


class AliasedImport(ast.NodeTransformer):
    """Imports every name of the store under another one."""

    def __init__(self) -> None:
        self.renamed: dict[str, str] = {}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.module == STORE_MODULE:
            for name in node.names:
                name.asname = f"_{name.name}"
                self.renamed[name.name] = name.asname
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.renamed.get(node.id, node.id)
        return node


class AliasedCallback(Bodies):
    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Expr | ast.Return | ast.Assign):
                for node in ast.walk(statement):
                    if (
                        isinstance(node, ast.Call)
                        and isinstance(node.func, ast.Name)
                        and "update_session" in node.func.id
                    ):
                        last = node.args[-1]
                        if isinstance(last, ast.Name):
                            name = self.fresh_name("chosen")
                            made.append(ast.Assign([ast.Name(name, ast.Store())], last))
                            node.args[-1] = ast.Name(name, ast.Load())
            made.append(statement)
        return made


class NamedArguments(ast.NodeTransformer):
    """Calls the functions of the store with named arguments."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in PARAMETERS:
            names = PARAMETERS[node.func.id]
            node.keywords = [
                *(ast.keyword(name, value) for name, value in zip(names, node.args, strict=True)),
                *node.keywords,
            ]
            node.args = []
        return node


class ModuleImport(ast.NodeTransformer):
    """Imports the module of the store and reaches its functions as attributes."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.module != STORE_MODULE:
            return node
        self.names |= {name.name for name in node.names}
        return ast.Import([ast.alias(STORE_MODULE, "session_api")])

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.names:
            return ast.Attribute(ast.Name("session_api", ast.Load()), node.id, ast.Load())
        return node
