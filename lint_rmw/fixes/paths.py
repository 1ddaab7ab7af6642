"""The way from the fresh state to what an expression spells, as steps: a text where it is known, None where not."""

from __future__ import annotations

import ast
from collections.abc import Mapping

Path = tuple[str | None, ...]


def path_of(node: ast.expr, paths: Mapping[str, Path]) -> Path | None:
    """The steps from the fresh store to what an expression spells; None if it is spelled in another way."""
    match node:
        case ast.Name(id=name):
            return paths.get(name)
        case ast.NamedExpr(value=value):
            return path_of(value, paths)
        case ast.BoolOp(values=[first, *_]):
            return path_of(first, paths)
        case ast.Subscript(value=value, slice=key):
            step = constant(key)
        case ast.Attribute(value=value, attr=attr):
            step = attr
        case ast.Call(func=ast.Attribute(value=value, attr="get" | "setdefault"), args=[key, *_]):
            step = constant(key)
        case _:
            return None
    path = path_of(value, paths)
    return None if path is None else (*path, step)


def constant(node: ast.expr) -> str | None:
    """The text that an expression is, if it is one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
