"""Mappings that a look-up puts in what is missing, a `defaultdict`: whoever looks one up changes it, by whatever name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rmw.fixes.syntax import SCOPES, Scope, last_word, parameters, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.definitions import Definitions

_WORD = "defaultdict"
# Asked for a text, they look up the names in it.
_TEXTS = frozenset({"format_map", "substitute", "safe_substitute"})

Place = tuple[ast.AST | None, str]
"""A name and the function it belongs to; an attribute belongs to none that is known."""


class Filled:
    """Finds them in one file: what makes one, what it is kept under and what that is handed to."""

    def __init__(self, known: Definitions) -> None:
        self.known = known
        self.tree = known.code.tree

    def looked_up(self, node: ast.AST) -> ast.expr | None:
        """What is looked up by a node, if the look-up may put something in."""
        held = self._asked(node) if self._makers else None
        return held if held is not None and self._is(held, self._places) else None

    def _asked(self, node: ast.AST) -> ast.expr | None:
        match node:
            case ast.Subscript(value=held):
                pass
            case ast.Call(func=ast.Attribute(attr="__getitem__", value=held)):
                pass
            case ast.Call(func=ast.Attribute(attr=name), args=[held]) if name in _TEXTS:
                pass
            case ast.Call(func=function, args=[held, *_]) if last_word(function) == "getitem":
                pass
            case ast.Call(func=ast.Call() as maker, args=[held]) if last_word(maker.func) == "itemgetter":
                pass
            case ast.Call(func=ast.Name(id=name) as kept, args=[held]):
                made = self.known.kept(name, kept)
                if not isinstance(made, ast.Call) or last_word(made.func) != "itemgetter":
                    return None
            case _:
                return None
        return held

    @cached_property
    def _makers(self) -> list[ast.expr]:
        """The places where the class is named in an expression."""
        return [
            n
            for n in ast.walk(self.tree)
            if isinstance(n, ast.Name | ast.Attribute) and last_word(n) == _WORD
        ]

    @cached_property
    def _nested(self) -> bool:
        """Whether what one is filled with is another."""
        return any(
            isinstance(n, ast.Call) and last_word(n.func) == _WORD and any(_names_it(a) for a in n.args)
            for n in ast.walk(self.tree)
        )

    @cached_property
    def _places(self) -> set[Place]:
        found: set[Place] = set()
        given = list(self._given())
        while True:
            new = {place for place, value in given if place not in found and self._is(value, found)}
            if not new:
                return found
            found |= new

    def _is(self, value: ast.expr, places: set[Place]) -> bool:
        match value:
            case ast.Name() | ast.Attribute():
                return self._place(value) in places
            case ast.NamedExpr(value=inner) | ast.Await(value=inner):
                return self._is(inner, places)
            case ast.IfExp(body=one, orelse=other):
                return self._is(one, places) or self._is(other, places)
            case ast.BoolOp(values=values):
                return any(self._is(each, places) for each in values)
            case ast.Subscript(value=inner):
                return self._nested and self._is(inner, places)
            case ast.Call(func=ast.Attribute(value=inner, attr="copy")) if self._is(inner, places):
                return True
            case ast.Call(func=function, args=args, keywords=keywords):
                if last_word(function) in ("copy", "deepcopy"):
                    return any(self._is(each, places) for each in args)
                if any(k.arg == "default_factory" and _names_it(k.value) for k in keywords):
                    return True
                called = (
                    self.known.definition(function.id, function) if isinstance(function, ast.Name) else None
                )
                return last_word(function) == _WORD or (called, "") in places
        return False

    def _place(self, node: ast.Name | ast.Attribute) -> Place:
        if isinstance(node, ast.Attribute):
            return None, f".{node.attr}"
        for scope in self.known.code.around(node):
            if isinstance(scope, SCOPES) and node.id in self.known.own_names(scope):
                return scope, node.id
        return self.tree, node.id

    def _given(self) -> Iterator[tuple[Place, ast.expr]]:
        """Everything that names, parameters and functions (under no name) are given for a value."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        yield from self._assigned(target, value)
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ):
                    yield from self._assigned(target, value)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    answers = [n.value for n in shallow(node.body) if isinstance(n, ast.Return)]
                    yield from (((node, ""), each) for each in answers if each is not None)
                case ast.Lambda(body=body):
                    yield (node, ""), body
                case ast.Call(func=ast.Name(id=name)):
                    called = self.known.definition(name, node)
                    if isinstance(called, SCOPES):
                        yield from self._handed(node, called)

    def _assigned(self, target: ast.expr, value: ast.expr) -> Iterator[tuple[Place, ast.expr]]:
        match target, value:
            case ast.Name(id=name), _:
                yield self._place(target), value
                if isinstance(self.known.code.parents.get(self.known.code.statement(target)), ast.ClassDef):
                    yield (None, f".{name}"), value
            case ast.Attribute(), _:
                yield self._place(target), value
            case (
                (ast.Tuple(elts=parts) | ast.List(elts=parts)),
                (ast.Tuple(elts=given) | ast.List(elts=given)),
            ):
                for part, each in zip(parts, given, strict=False):
                    yield from self._assigned(part, each)

    @staticmethod
    def _handed(node: ast.Call, called: Scope) -> Iterator[tuple[Place, ast.expr]]:
        for name, given in zip(parameters(called), node.args, strict=False):
            yield (called, name), given
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield (called, keyword.arg), keyword.value


def _names_it(node: ast.expr) -> bool:
    return any(isinstance(n, ast.Name | ast.Attribute) and last_word(n) == _WORD for n in ast.walk(node))
