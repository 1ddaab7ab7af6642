"""A pattern is one line of Python with reserved names that says how a store is read, written or locked.

`BODY(FRESH)`, `STORE`, `KEY`, `VALUE`, `LOCK`, `_` and `...` are the reserved names; everything else stands for itself.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import StrEnum

RESERVED = frozenset({"BODY", "FRESH", "STORE", "KEY", "VALUE", "LOCK", "_"})


class PatternError(ValueError):
    """A pattern that cannot be read; `column` is 1-based and `expected` says what would have been right."""

    def __init__(self, text: str, column: int, expected: str) -> None:
        super().__init__(f"column {column} of {text!r}: expected {expected}")
        self.text = text
        self.column = column
        self.expected = expected


class Form(StrEnum):
    """What kind of Python a pattern is written in."""

    CALL = "call"
    WITH = "with"
    DECORATOR = "decorator"
    RETURN = "return"
    ASSIGN = "assign"
    ITEM = "item"
    CHAIN = "chain"


@dataclass(frozen=True)
class Body:
    """The callable a section runs: which of its parameters is handed the fresh state, by place or by name."""

    position: int | None = None
    keyword: str | None = None


@dataclass(frozen=True)
class Pattern:
    """One pattern, read.

    `expr` is the call, subscript or attribute chain to match (for `with` the context expression, for a decorator
    the decorator, for an assignment its target). `alias` is the target behind `as`. `body` is set where `BODY`
    occurs. `word` is the last name that a matching text must contain, empty when any name may stand there.
    """

    text: str
    form: Form
    expr: ast.expr | None
    alias: ast.expr | None = None
    body: Body | None = None
    word: str = ""

    @property
    def binds_key(self) -> bool:
        """Whether the pattern names the entry: what it hands over is then one entry, not the whole store."""
        return self.expr is not None and any(
            isinstance(node, ast.Name) and node.id == "KEY" for node in ast.walk(self.expr)
        )


def parse(text: str) -> Pattern:
    """Reads one pattern; raises `PatternError` naming the column and what was expected there."""
    stripped = text.strip()
    if not stripped:
        raise PatternError(text, 1, "a pattern such as 'update(STORE, BODY(FRESH))'")
    if stripped.startswith("@"):
        return _decorator(stripped)
    if stripped.startswith(("with ", "async with ")):
        return _with(stripped)
    tree = _parse(stripped, stripped)
    match tree:
        case ast.Return(value=value):
            return Pattern(stripped, Form.RETURN, value)
        case ast.Assign(targets=[target], value=ast.Name(id="VALUE")):
            return Pattern(stripped, Form.ASSIGN, target)
        case ast.Expr(value=ast.Call() as call):
            return Pattern(stripped, Form.CALL, call, body=_body(stripped, call), word=last_name(call.func))
        case ast.Expr(value=ast.Subscript() as item):
            return Pattern(stripped, Form.ITEM, item)
        case ast.Expr(value=ast.Attribute(attr="CHAIN") as chain):
            return Pattern(stripped, Form.CHAIN, chain, word=last_name(chain.value))
    raise PatternError(text, 1, "a call, a subscript, 'with …', '@… BODY(…)', 'return VALUE' or '… = VALUE'")


def parse_part(text: str) -> tuple[str, int | str]:
    """Reads one part of a read's result, `.name` or `[index]`: `("attribute", name)` or `("item", index)`.

    Raises `PatternError`.
    """
    tree = _parse(f"_{text}" if text.startswith((".", "[")) else "", text)
    match tree:
        case ast.Expr(value=ast.Attribute(value=ast.Name(id="_"), attr=attr)):
            return ("attribute", attr)
        case ast.Expr(
            value=ast.Subscript(value=ast.Name(id="_"), slice=ast.Constant(value=int() | str() as index))
        ):
            return ("item", index)
    raise PatternError(text, 1, "'.name' or '[index]'")


def last_name(expr: ast.expr) -> str:
    """The last fixed name of a callee, or "" where any name may stand (`_`, `LOCK`, `CHAIN`)."""
    match expr:
        case ast.Name(id=name):
            return "" if name in RESERVED else name
        case ast.Attribute(value=value, attr=attr):
            return last_name(value) if attr in ("_", "CHAIN") else attr
        case ast.Call(func=func):
            return last_name(func)
    return ""


def _parse(code: str, shown: str) -> ast.stmt:
    # Python wants "..." before keywords; behind them it is read as "and any further ones".
    code = re.sub(r",\s*\.\.\.\s*\)", ", **...)", code)
    try:
        (statement,) = ast.parse(code).body
    except SyntaxError as error:
        raise PatternError(shown, error.offset or 1, f"valid Python ({error.msg})") from None
    except ValueError:
        raise PatternError(shown, 1, "one pattern") from None
    return statement


def _with(text: str) -> Pattern:
    statement = _parse(f"{text}: pass", text)
    match statement:
        case ast.With(items=[item]) | ast.AsyncWith(items=[item]):
            expr = item.context_expr
            return Pattern(text, Form.WITH, expr, alias=item.optional_vars, word=last_name(expr))
    raise PatternError(text, 1, "one context manager behind 'with'")


def _decorator(text: str) -> Pattern:
    head, space, tail = text[1:].rpartition(" BODY(")
    if not space:
        raise PatternError(text, len(text) + 1, "the decorated function, as in '@locked BODY(FRESH)'")
    call = _parse(f"BODY({tail}", text)
    expr = _parse(head.strip(), text)
    if (
        not isinstance(call, ast.Expr)
        or not isinstance(call.value, ast.Call)
        or not isinstance(expr, ast.Expr)
    ):
        raise PatternError(text, 2, "a decorator and 'BODY(…)'")
    return Pattern(text, Form.DECORATOR, expr.value, body=_parameters(call.value), word=last_name(expr.value))


def _body(text: str, call: ast.Call) -> Body | None:
    found = [
        node
        for node in ast.walk(call)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BODY"
    ]
    if len(found) > 1:
        raise PatternError(text, found[1].col_offset + 1, "only one BODY")
    return _parameters(found[0]) if found else None


def _parameters(body: ast.Call) -> Body:
    for position, argument in enumerate(body.args):
        if isinstance(argument, ast.Name) and argument.id == "FRESH":
            return Body(position=position)
    for keyword in body.keywords:
        if isinstance(keyword.value, ast.Name) and keyword.value.id == "FRESH":
            return Body(keyword=keyword.arg)
    return Body()
