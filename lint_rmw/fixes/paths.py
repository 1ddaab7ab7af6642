"""The way from the fresh state to what an expression spells, as steps: a text where it is known, None where not.

And the fields that a change at its end is about.
"""

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


def named_fields(call: ast.Call) -> tuple[str, ...]:
    """The fields that a call which changes an entry is about; none if that cannot be told."""
    assert isinstance(call.func, ast.Attribute)
    found: list[str] = [k.arg for k in call.keywords if k.arg]
    if len(found) < len(call.keywords):
        return ()
    if call.func.attr == "update":
        for given in call.args:
            if not isinstance(given, ast.Dict):
                return ()
            for key in given.keys:
                if not isinstance(key, ast.Constant):
                    return ()
                found.append(str(key.value))
    elif call.args and isinstance(call.args[0], ast.Constant) and call.func.attr in ("pop", "setdefault"):
        found.append(str(call.args[0].value))
    else:
        return ()
    return tuple(found)
