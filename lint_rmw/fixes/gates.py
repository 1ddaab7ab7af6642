"""An `if` around a section, seen as a guard before it: where its test fails on fresh values, the section does nothing.

`if test: A` and `if not test: leave` followed by `A` are the same, if leaving goes to where the code behind `A` goes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lint_rmw.fixes.syntax import LOOPS, Block, Code, Function

_OPPOSITE = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


class Gate(ast.If):
    """A guard made of an `if` around a section: `origin`; the test is its own, in `body` stands how the code goes on without the section.

    `opened` says whether the section is what happens where the test holds. `falls`: leaving the section is all it takes.
    `wraps`: it is no guard, all of the section stands in it, which nothing but a block needs.
    """

    origin: ast.If
    opened: bool
    falls: bool
    wraps: bool


def gate(code: Code, function: Function, around: ast.If, statement: ast.stmt, *, block: bool) -> Gate | None:
    """The gate before the section that `statement`, somewhere in the `if`, opens; None if no plain leaving is the same.

    `block`: the section is a `with` block, which is not left by leaving a mutator.
    """
    opened = _holds(around.body, statement)
    other = [s for s in (around.orelse if opened else around.body) if not isinstance(s, ast.Pass)]
    made = Gate(around.test, [], [])
    ast.copy_location(made, around)
    made.origin, made.opened, made.falls, made.wraps = around, opened, False, False
    looped = any(isinstance(n, LOOPS) for n in _between(code, statement, around))
    if other and isinstance(other[-1], ast.Return | ast.Raise | ast.Continue | ast.Break):
        made.body = other
    elif block and not all(isinstance(s, ast.Expr) for s in other):
        return None
    else:
        made.falls = not block and isinstance(statement, ast.Expr) and _comes_last(code, statement, around)
        last = ast.copy_location(ast.Return(None), around) if made.falls else _behind(code, function, around)
        made.wraps = last is None and block and not other and _comes_last(code, statement, around)
        if made.wraps:
            last = ast.copy_location(ast.Pass(), around)
        if last is None:
            return None
        made.body = [*other, last]
    if looped and isinstance(made.body[-1], ast.Continue | ast.Break):
        return None
    return made


def origin(statement: ast.stmt) -> ast.stmt:
    """The statement of the file that a guard was made of; any other as it is."""
    made: ast.stmt = getattr(statement, "origin", statement)
    return made


def spelled(code: Code, statement: ast.stmt) -> str:
    """The text of a statement by which a guard leaves, which may be none of the file."""
    return code.segment(statement) if statement in code.parents else ast.unparse(statement)


def opposite(code: Code, test: ast.expr) -> list[tuple[int, int, str]] | None:
    """The changes that turn a test round without a `not` in front of it; None if it takes one."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [(code.start(test), code.start(operand), "")]
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _OPPOSITE:
            low, high = code.end(left), code.start(right)
            old, new = _word(operator), _word(_OPPOSITE[type(operator)]())
            at = code.text.find(old, low, high)
            if at >= 0:
                return [(at, at + len(old), new)]
    return None


def _word(operator: ast.cmpop) -> str:
    blank = ast.Compare(ast.Name("a"), [operator], [ast.Name("b")])
    return ast.unparse(blank)[2:-2]


def _holds(block: Block, statement: ast.stmt) -> bool:
    return any(node is statement for each in block for node in ast.walk(each))


def _between(code: Code, statement: ast.stmt, around: ast.If) -> Iterator[ast.AST]:
    for node in code.around(statement):
        if node is around:
            return
        yield node


def _comes_last(code: Code, statement: ast.stmt, around: ast.stmt) -> bool:
    """Whether nothing runs between a statement and the end of a block around it."""
    here: ast.AST = statement
    while here is not around:
        block = code.block(here) if isinstance(here, ast.stmt) else None
        if block is None or block[-1] is not here:
            return False
        here = code.parents[here]
        if isinstance(here, ast.Try | ast.TryStar | ast.While | ast.For | ast.AsyncFor) and here.orelse:
            return False
        if not isinstance(here, ast.stmt):
            return False
    return True


def _behind(code: Code, function: Function, around: ast.stmt) -> ast.stmt | None:
    """How the code goes on behind a statement, if it does nothing there but leave."""
    here: ast.AST = around
    while here is not function:
        block = code.block(here) if isinstance(here, ast.stmt) else None
        if block is None:
            return None
        rest = block[block.index(here) + 1 :]  # type: ignore[arg-type]
        if rest:
            leaves = isinstance(rest[0], ast.Return | ast.Raise | ast.Continue | ast.Break)
            return rest[0] if leaves else None
        here = code.parents[here]
        if isinstance(here, LOOPS):
            return ast.copy_location(ast.Continue(), around)
        if isinstance(here, ast.Try | ast.TryStar | ast.With | ast.AsyncWith | ast.Match):
            return None
    return ast.copy_location(ast.Return(None), around)
