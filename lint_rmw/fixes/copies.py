"""Which expressions make a new object, and which names stand for (a part of) the same one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lint_rmw.fixes.syntax import base_name, bindings, loads

if TYPE_CHECKING:
    from lint_rmw.fixes.moves import Move


def copies(value: ast.expr) -> bool:
    """Whether an expression makes a new object whose first level may be changed freely."""
    match value:
        case ast.Call(func=ast.Name(id="dict" | "list" | "sorted" | "set")):
            return True
        case ast.Call(func=ast.Attribute(attr="copy" | "deepcopy" | "loads" | "model_copy" | "replace")):
            return True
        case ast.Call(func=ast.Name(id="copy" | "deepcopy" | "replace")):
            return True
        case (
            ast.Dict()
            | ast.List()
            | ast.Set()
            | ast.ListComp()
            | ast.DictComp()
            | ast.SetComp()
            | ast.BinOp()
        ):
            return True
        case ast.JoinedStr() | ast.Constant() | ast.Compare() | ast.Subscript(slice=ast.Slice()):
            return True
    return False


def copies_deeply(value: ast.expr) -> bool:
    """Whether an expression makes a new object that shares nothing with what it was made from."""
    match value:
        case ast.Call(func=ast.Attribute(attr="deepcopy" | "loads")) | ast.Call(func=ast.Name(id="deepcopy")):
            return True
        case ast.JoinedStr() | ast.Constant() | ast.Compare():
            return True
    return False


def is_scalar(value: ast.expr) -> bool:
    """Whether an expression is a number or a text for certain, so that adding it never changes a list in place."""
    match value:
        case ast.Constant() | ast.JoinedStr():
            return not isinstance(value, ast.Constant) or isinstance(value.value, int | float | str)
        case ast.BinOp(left=left, right=right):
            return is_scalar(left) or is_scalar(right)
        case ast.Call(func=ast.Name(id="int" | "float" | "str" | "len" | "round")):
            return True
    return False


def sharing(prior: Sequence[ast.stmt], changed: Mapping[str, bool], at: ast.stmt) -> set[str]:
    """The names whose object a statement changes with these, because they were made from it without a copy."""
    if isinstance(at, ast.AugAssign) and isinstance(at.target, ast.Name) and is_scalar(at.value):
        return set()
    found = dict(changed)
    for statement in reversed(prior[: prior.index(at) + 1]):
        for name, value in bindings(statement):
            if name not in found or copies_deeply(value) or (copies(value) and not found[name]):
                continue
            base = base_name(value)
            for source in loads(value) if base is None else {base}:
                if source != name:
                    found[source] = True
    return set(found) - set(changed)


def alias_changes(moves: Iterable[Move], changed: dict[str, bool]) -> None:
    """Adds the names a change of which is a change of something they share with another name."""
    for _ in range(3):
        for move in reversed(list(moves)):
            for name, value in bindings(move.statement):
                if name not in changed or copies_deeply(value):
                    continue
                if copies(value) and not changed[name]:
                    # The first level of a shallow copy is its own; only what lies below is shared.
                    continue
                deep = changed[name] or not isinstance(value, ast.Name)
                for source in loads(value):
                    changed[source] = changed.get(source, False) or deep
