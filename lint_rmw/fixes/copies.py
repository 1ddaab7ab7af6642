"""Which expressions make an object of their own, and which a number or a text that nobody can change."""

from __future__ import annotations

import ast


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


def is_new(value: ast.expr) -> bool:
    """Whether a value is an object of its own, though what lies below may be shared."""
    return copies(value) or (isinstance(value, ast.Call) and makes_object(value.func))


def makes_object(function: ast.expr) -> bool:
    """Whether what is called is spelled like a class."""
    spelled = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return bool(spelled.strip("_")[:1].isupper())


def is_plain(value: ast.expr) -> bool:
    """Whether a value is a number, a text or a truth."""
    if isinstance(value, ast.BinOp) and not isinstance(value.op, ast.Add | ast.BitOr | ast.Mult):
        return True
    return is_scalar(value) or copies_deeply(value) or isinstance(value, ast.UnaryOp)
