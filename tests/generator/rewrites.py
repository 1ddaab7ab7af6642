"""Rewrites that leave what a program does as it is, so that a verdict on it must not change either."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from tests.generator.bodies import shared_names
from tests.generator.functions import (
    AliasedCallback,
    AliasedImport,
    DeadBranch,
    DefToLambda,
    Finally,
    LambdaToDef,
    ModuleImport,
    NamedArguments,
    NegatedCondition,
)
from tests.generator.variables import Annotated, InlinedVariable, NewVariable, Renamed, Walrus, extracted


def rewrites(source: str) -> list[tuple[str, str]]:
    """Returns the rewritten versions of a program as (name of the rewrite, source); one that finds nothing is left out."""
    plain = ast.unparse(ast.parse(source))
    found = [("parenthesised", parenthesised(plain)), ("reformatted", plain)]
    for name, rewrite in _REWRITES.items():
        tree = rewrite(ast.parse(plain))
        found.append((name, ast.unparse(ast.fix_missing_locations(tree))))
    return [(name, text + "\n") for name, text in found if name == "reformatted" or text != plain]


def parenthesised(source: str) -> str:
    """Returns the source with parentheses around every assigned, returned and passed value."""
    spans: list[tuple[int, int, int, int]] = []
    for node in ast.walk(ast.parse(source)):
        values: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Return) and node.value is not None:
            values.append(node.value)
        if isinstance(node, ast.Call):
            values.extend(argument for argument in node.args if not isinstance(argument, ast.Starred))
        for value in values:
            # A generator that is the only argument already has the call's own parentheses.
            if not isinstance(value, ast.GeneratorExp):
                assert value.end_lineno is not None and value.end_col_offset is not None
                spans.append((value.lineno, value.col_offset, value.end_lineno, value.end_col_offset))
    lines = source.split("\n")
    inserted = [(line, column, 0, "(") for line, column, _, _ in spans]
    inserted += [(line, column, 1, ")") for _, _, line, column in spans]
    for line, column, _, text in sorted(
        inserted, key=lambda place: (place[0], place[1], -place[2]), reverse=True
    ):
        before = lines[line - 1].encode()
        lines[line - 1] = (before[:column] + text.encode() + before[column:]).decode()
    return "\n".join(lines)


def _visited(make: Callable[[], ast.NodeTransformer]) -> Callable[[ast.Module], ast.AST]:
    def rewrite(tree: ast.Module) -> ast.AST:
        rewritten: ast.AST = make().visit(tree)
        return rewritten

    return rewrite


_REWRITES: Mapping[str, Callable[[ast.Module], ast.AST]] = {
    "new variable": _visited(NewVariable),
    "inlined variable": _visited(InlinedVariable),
    "negated condition": _visited(NegatedCondition),
    "dead branch": _visited(DeadBranch),
    "finally": _visited(Finally),
    "def to lambda": _visited(DefToLambda),
    "lambda to def": _visited(LambdaToDef),
    "aliased import": _visited(AliasedImport),
    "module import": _visited(ModuleImport),
    "named arguments": _visited(NamedArguments),
    "aliased callback": _visited(AliasedCallback),
    "walrus": lambda tree: Walrus(shared_names(tree)).visit(tree),
    "annotated": lambda tree: Annotated(shared_names(tree)).visit(tree),
    "extracted helper": extracted,
    "renamed": lambda tree: Renamed(tree).visit(tree),
}


def rewrite_names() -> Iterable[str]:
    """Returns the names of all rewrites."""
    return ("parenthesised", "reformatted", *_REWRITES)
