"""Which pattern a call, a `with` item or a decorator matches, whatever it was imported as or called through."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst

from lint_rmw.flow.provenance import Ident
from lint_rmw.flow.values import Value
from lint_rmw.pattern import Pattern, last_name


class Argument(NamedTuple):
    """One argument of a call; `star` is "", "*" or "**"."""

    keyword: str | None
    star: str
    value: Value
    node: cst.BaseExpression


@dataclass(frozen=True, eq=False)
class Call:
    """A call as patterns see it: the last name of the callee, its receiver, its arguments, the names it is reached by."""

    node: cst.CSTNode
    name: str
    receiver: Value | None
    receiver_node: cst.BaseExpression | None
    arguments: tuple[Argument, ...]
    path: tuple[str, ...] = ()


@dataclass
class Match:
    """What the reserved names of a pattern stand for in a call."""

    store: Ident | None = None
    key: Ident | None = None
    value: Argument | None = None
    body: Argument | None = None


def dotted(node: cst.BaseExpression) -> tuple[str, ...]:
    """The names on the way to a callee, calls and subscripts left out: `a.b().c` is `("a", "b", "c")`."""
    match node:
        case cst.Name(value=name):
            return (name,)
        case cst.Attribute(value=value, attr=attr):
            return (*dotted(value), attr.value)
        case cst.Call(func=func):
            return dotted(func)
        case cst.Subscript(value=value):
            return dotted(value)
        case cst.Await(expression=inner):
            return dotted(inner)
    return ("",)


def match(pattern: Pattern, call: Call, *, is_fresh: object = None) -> Match | None:
    """Matches a call against a call pattern (or the call in a `with` or decorator pattern); None if it does not fit.

    `is_fresh(value)` tells whether a value is the state a section handed over.
    """
    expr = pattern.expr
    found = Match()
    if isinstance(expr, ast.Attribute) and expr.attr == "CHAIN":
        return found if _on_the_way(expr.value, call.path) else None
    if isinstance(expr, ast.Call):
        if _callee(expr.func, call, found, is_fresh) and _arguments(expr, call, found, is_fresh):
            return found
        return None
    if expr is not None and not call.arguments and _callee(expr, call, found, is_fresh):
        return found
    return None


def names_attribute(pattern: Pattern, target: cst.Attribute) -> bool:
    """Whether a pattern of an assignment means that attribute; `_` stands for any name."""
    expr = pattern.expr
    if not isinstance(expr, ast.Attribute) or expr.attr not in ("_", target.attr.value):
        return False
    return isinstance(expr.value, ast.Name) and expr.value.id in ("_", *dotted(target.value)[-1:])


def is_lock(path: tuple[str, ...]) -> bool:
    """Whether an expression is taken for a mutex: the last word of its name says so."""
    words = re.split(r"_|(?<=[a-z0-9])(?=[A-Z])", path[-1])
    return bool(words) and words[-1].lower() in ("lock", "mutex", "rlock")


def _on_the_way(expr: ast.expr, path: tuple[str, ...]) -> bool:
    wanted = [node.attr for node in ast.walk(expr) if isinstance(node, ast.Attribute)]
    return all(name in path[1:] for name in wanted)


def _callee(expr: ast.expr, call: Call, found: Match, is_fresh: object) -> bool:
    match expr:
        case ast.Name(id="_"):
            return True
        case ast.Name(id="LOCK"):
            return is_lock(call.path)
        case ast.Attribute(value=value, attr=attr):
            return (attr in ("_", call.name)) and _receiver(value, call, found, is_fresh)
    return isinstance(expr, ast.Name) and expr.id == call.name


def _receiver(expr: ast.expr, call: Call, found: Match, is_fresh: object) -> bool:
    if call.receiver is None or call.receiver_node is None:
        return False
    match expr:
        case ast.Name(id="_"):
            return True
        case ast.Name(id="STORE"):
            found.store = call.receiver.ident
            return True
        case ast.Name(id="FRESH"):
            return callable(is_fresh) and bool(is_fresh(call.receiver))
        case ast.Name(id="VALUE"):
            found.value = Argument(None, "", call.receiver, call.receiver_node)
            return True
    wanted = last_name(expr)
    return wanted != "" and call.path[-2:-1] == (wanted,)


def _arguments(pattern: ast.Call, call: Call, found: Match, is_fresh: object) -> bool:
    """Each argument of the pattern takes one of the call's, by name or by its place; `...` takes the others."""
    open_ended = any(isinstance(arg, ast.Constant) and arg.value is ... for arg in pattern.args) or any(
        kw.arg is None for kw in pattern.keywords
    )
    taken: set[int] = set()
    places = [arg for arg in pattern.args if not (isinstance(arg, ast.Constant) and arg.value is ...)]
    behind_others = bool(pattern.args) and len(places) != len(pattern.args)
    wanted: list[tuple[int | None, str | None, ast.expr]] = [(i, None, arg) for i, arg in enumerate(places)]
    for offset, keyword in enumerate(kw for kw in pattern.keywords if kw.arg is not None):
        place = None if behind_others else len(places) + offset
        wanted.append((place, keyword.arg, keyword.value))
    for place, name, expr in wanted:
        index = _find(call.arguments, place, name)
        if index is None:
            # Which store it is may be said in other words, or left to a default.
            if isinstance(expr, ast.Name) and expr.id == "STORE":
                continue
            return False
        taken.add(index)
        if not _bind(expr, call.arguments[index], found, is_fresh):
            return False
    return open_ended or len(taken) == len(call.arguments)


def _find(arguments: tuple[Argument, ...], place: int | None, name: str | None) -> int | None:
    if name == "_":
        return next((i for i, arg in enumerate(arguments) if arg.keyword), None)
    for index, argument in enumerate(arguments):
        if name is not None and argument.keyword == name:
            return index
    positional = [i for i, arg in enumerate(arguments) if arg.keyword is None and not arg.star]
    if place is not None and place < len(positional) and positional[place] == place:
        return positional[place]
    return None


def _bind(expr: ast.expr, argument: Argument, found: Match, is_fresh: object) -> bool:
    match expr:
        case ast.Name(id="_"):
            return True
        case ast.Name(id="STORE"):
            found.store = argument.value.ident
        case ast.Name(id="KEY"):
            found.key = argument.value.ident
        case ast.Name(id="VALUE"):
            found.value = argument
        case ast.Name(id="FRESH"):
            return callable(is_fresh) and bool(is_fresh(argument.value))
        case ast.Call(func=ast.Name(id="BODY")):
            found.body = argument
        case ast.Constant(value=value):
            ident = argument.value.ident
            return ident is not None and ident[0] == "const" and ident[2] == value
        case _:
            # Any other name stands for itself, whatever it is reached through.
            return dotted(argument.node)[-1] == last_name(expr)
    return True
