"""A function of the file whose calls may be written out: what it must not contain, what it does and what it answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lint_rmw.fixes.layout import grouped
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import Block, Code, Function, shallow

_FRAME = frozenset("locals vars dir eval exec globals super __class__".split())
_LOOSE = (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True, eq=False)
class Answer:
    """How a helper ends: the statements before its answer, and the guards `(test, value)` and value that make it.

    Where a call ends its own function too, `leaves` says that the body may be taken with the returns in it.
    """

    body: Block
    guards: tuple[tuple[ast.expr, ast.expr | None], ...]
    value: ast.expr | None
    leaves: bool = False

    def text(self, code: Code, changed: dict[ast.expr, str]) -> str:
        """The answer as one expression, its parts with the changes made in them."""
        if not self.guards:
            return "None" if self.value is None else changed[self.value]
        parts = []
        for test, value in self.guards:
            answer = "None" if value is None else bracketed(value, changed[value])
            parts.append(f"{answer} if {bracketed(test, changed[test])} else ")
        last = "None" if self.value is None else bracketed(self.value, changed[self.value])
        return "".join(parts) + last

    def parts(self) -> Iterator[ast.expr]:
        """The expressions the answer is made of."""
        for pair in self.guards:
            yield from (part for part in pair if part is not None)
        if self.value is not None:
            yield self.value


def bracketed(node: ast.expr, text: str) -> str:
    """The text of an expression as an operand of a ternary."""
    return f"({text})" if isinstance(node, _LOOSE) else text


def whole(code: Code, node: ast.expr) -> tuple[int, int]:
    """Where an expression stands, with its brackets where it has several lines."""
    return grouped(code, node) if node.end_lineno != node.lineno else (code.start(node), code.end(node))


def check(helper: Function) -> None:
    """Raises `Refused` if no call of the function can be written out."""
    name = helper.name
    if helper.decorator_list:
        raise Refused(f"{name}() is decorated")
    for node in ast.walk(helper):
        match node:
            case ast.Yield() | ast.YieldFrom() if node in set(shallow(helper.body)):
                raise Refused(f"{name}() is a generator")
            case ast.Global() | ast.ClassDef():
                raise Refused(f"{name}() defines more than its own names")
            case ast.Name(id=used) if used in _FRAME:
                raise Refused(f"{name}() looks at its own frame")
            case ast.Name(id=used) | ast.Attribute(attr=used):
                if used.startswith("__") and not used.endswith("__"):
                    raise Refused(f"{name}() uses the private name {used}")
    if any(isinstance(n, ast.Nonlocal) for n in shallow(helper.body)):
        raise Refused(f"{name}() binds names around it")


def answer_of(helper: Function, *, ends: bool, passes: bool) -> Answer:
    """What a helper answers where its call stands; raises `Refused`.

    `ends`: the call is the last thing its function does; `passes`: the function then answers the same.
    """
    body = list(helper.body)
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    returns = [n for n in shallow(body) if isinstance(n, ast.Return)]
    last = body[-1] if body else None
    if not returns:
        return Answer(body, (), None)
    if returns == [last]:
        return Answer(body[:-1], (), returns[0].value)
    if ends and (passes or not any(_answers(n) for n in returns)):
        return Answer(body, (), None, leaves=True)
    guarded = _guarded(body)
    if guarded is None or len(returns) != len(guarded.guards) + isinstance(last, ast.Return):
        raise Refused(f"{helper.name}() returns in more than one place")
    return guarded


def _answers(node: ast.Return) -> bool:
    return not (node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None))


def _guarded(body: Block) -> Answer | None:
    """A body that ends with `if a: return b` one after the other, and a last return."""
    place = len(body)
    value: ast.expr | None = None
    guards: list[tuple[ast.expr, ast.expr | None]] = []
    last = body[-1]
    match last:
        case ast.Return():
            value, place = last.value, place - 1
        case ast.If(test=test, body=[ast.Return() as one], orelse=[ast.Return() as other]):
            return Answer(body[:-1], ((test, one.value),), other.value)
    while place:
        match body[place - 1]:
            case ast.If(test=test, body=[ast.Return() as one], orelse=[]):
                guards.insert(0, (test, one.value))
                place -= 1
            case _:
                break
    return Answer(body[:place], tuple(guards), value) if guards else None
