"""What of a statement is evaluated before an expression in it, so that the expression can be taken out in front."""

from __future__ import annotations

import ast

from lint_rmw.fixes.syntax import Code


def before(code: Code, statement: ast.AST, node: ast.expr) -> list[ast.expr] | None:
    """What a statement evaluates before a node in it; None if it does not evaluate the node once, in any case."""
    found: list[ast.expr] = []
    here: ast.AST = node
    while here is not statement:
        parent = code.parents[here]
        earlier = _earlier(parent, here)
        if earlier is None:
            return None
        found = [*earlier, *found]
        here = parent
    return found


def _earlier(parent: ast.AST, node: ast.AST) -> list[ast.expr] | None:
    """The children evaluated before one of them that is evaluated always, and once."""
    match parent:
        case ast.Expr() | ast.Return() | ast.Await() | ast.Attribute() | ast.UnaryOp() | ast.Starred():
            return []
        case ast.keyword():
            return []
        case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
            return [] if value is node else None
        case ast.If(test=test) | ast.IfExp(test=test):
            return [] if test is node else None
        case ast.With(items=[first, *_]) | ast.AsyncWith(items=[first, *_]):
            return [] if first is node else None
        case ast.withitem(context_expr=entered):
            return [] if entered is node else None
        case ast.For(iter=rows) | ast.AsyncFor(iter=rows):
            return [] if rows is node else None
        case ast.BoolOp(values=[first, *_]):
            return [] if first is node else None
        case ast.Compare(left=left, comparators=[first, *_]):
            return [] if left is node else [left] if first is node else None
        case ast.BinOp(left=left, right=right):
            return [left] if right is node else []
        case ast.Subscript(value=value):
            return [] if value is node else [value]
        case ast.Call():
            return _of_call(parent, node)
        case ast.Dict(keys=keys, values=values):
            pairs = [part for k, v in zip(keys, values, strict=True) for part in (k, v) if part is not None]
            return _until(pairs, node)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return _until(parts, node)
    return None


def _of_call(call: ast.Call, node: ast.AST) -> list[ast.expr]:
    """A keyword may stand before a starred argument, so the places decide."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    given.sort(key=lambda g: (g.lineno, g.col_offset))
    parts: list[ast.expr] = [call.func]
    for each in given:
        if each is node:
            break
        parts.append(each.value if isinstance(each, ast.keyword) else each)
    return [] if call.func is node else parts


def _until(parts: list[ast.expr], node: ast.AST) -> list[ast.expr]:
    found: list[ast.expr] = []
    for part in parts:
        if part is node:
            break
        found.append(part)
    return found


def is_still(node: ast.expr) -> bool:
    """Whether evaluating an expression does nothing but look at names and attributes."""
    inner = (ast.Name, ast.Constant, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.expr_context)
    return all(isinstance(part, inner) for part in ast.walk(node))


def is_chain(node: ast.expr) -> bool:
    """Whether an expression is a name, or attributes of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
