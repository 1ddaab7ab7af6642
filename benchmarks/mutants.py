"""Small faults that may be put into a function, one a mutant: a condition turned round, an operand or a statement left out."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_SPLIT = (ast.Add, ast.Sub, ast.BitOr, ast.BitAnd)
_DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Return, ast.Continue, ast.Break)
_CHANGING = frozenset({"having", "_replace"})

Function = ast.FunctionDef


@dataclass(frozen=True)
class Mutant:
    """One fault: in which function, at which line, what stands there and what is put in its place."""

    module: str
    function: str
    line: int
    before: str
    after: str
    node: Function
    place: int
    number: int

    def code(self) -> CodeType:
        """The code of the function with the fault in it; whoever holds the original may be given it."""
        twin = copy.deepcopy(self.node)
        _put(twin, *list(_faults(list(ast.walk(twin))[self.place]))[self.number])
        return _compiled(twin)

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function}: {self.before}  =>  {self.after}"


def mutants(module: str, text: str) -> Iterator[Mutant]:
    """Every mutant of the functions and methods of a module."""
    for name, function in functions(ast.parse(text)):
        nodes = list(ast.walk(function))
        untouched = {id(node) for node in _untouched(function)}
        for place, node in enumerate(nodes):
            if id(node) in untouched:
                continue
            for number, (old, new) in enumerate(_faults(node)):
                line: int = getattr(old, "lineno", getattr(node, "lineno", function.lineno))
                yield Mutant(module, name, line, _shown(old), _shown(new), function, place, number)


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions of a module, and the methods of its classes, with the names they are reached by."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{part.name}", part) for part in node.body if isinstance(part, Function)
            )


def _untouched(function: Function) -> Iterator[ast.AST]:
    """What says nothing about the behaviour: annotations, decorators, assertions, defaults, the docstring."""
    for node in ast.walk(function):
        parts: list[ast.AST | None] = []
        if isinstance(node, Function):
            parts = [node.args, node.returns, *node.decorator_list]
            if ast.get_docstring(node) is not None:
                parts.append(node.body[0])
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.Assert | ast.JoinedStr):
            parts = [node]
        for part in parts:
            yield from ast.walk(part) if part is not None else ()


def _faults(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Pairs of a node and what may be put in its place."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test, _not(node.test)
    if isinstance(node, ast.IfExp):
        yield node, node.body
        yield node, node.orelse
    if isinstance(node, ast.comprehension):
        yield from ((condition, _not(condition)) for condition in node.ifs)
    if isinstance(node, ast.BoolOp):
        yield node.op, ast.Or() if isinstance(node.op, ast.And) else ast.And()
        for value in node.values:
            rest = [other for other in node.values if other is not value]
            yield node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node.ops[0], _SWAPPED[type(node.ops[0])]()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    if isinstance(node, ast.BinOp) and isinstance(node.op, _SPLIT):
        yield node, node.left
        yield node, node.right
    if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield node.value, ast.Constant(None)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield node, ast.Constant(node.value + 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        for keyword in node.keywords:
            yield (
                node,
                ast.Call(node.func, node.args, [each for each in node.keywords if each is not keyword]),
            )
    if isinstance(node, _DROPPED):
        yield node, ast.Pass()


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _put(root: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Puts a node where another stands."""
    for node in ast.walk(root):
        for name, value in ast.iter_fields(node):
            if value is old and node is not new:
                setattr(node, name, new)
            elif isinstance(value, list) and node is not new:
                value[:] = [new if each is old else each for each in value]


def _compiled(function: Function) -> CodeType:
    function.decorator_list = []
    future = ast.ImportFrom("__future__", [ast.alias("annotations")], 0)
    module = ast.fix_missing_locations(ast.Module([future, function], []))
    made = compile(module, "<mutant>", "exec").co_consts
    return next(part for part in made if isinstance(part, CodeType) and part.co_name == function.name)


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.operator | ast.cmpop | ast.boolop):
        return type(node).__name__
    text = " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-28:]}"
