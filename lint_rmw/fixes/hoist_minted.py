"""T7: an id or a moment minted in a moved statement is minted where that stood, and captured."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.layout import Change, line_start
from lint_rmw.fixes.names import unused
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import first_line, last_word, loads

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft

_WRAPPERS = frozenset(
    {"str", "int", "float", "round", "hex", "isoformat", "timestamp", "strftime", "format", "total_seconds"}
)


def hoisted(draft: Draft, statement: ast.stmt) -> list[Change]:
    """The changes inside the moved statement; the minting itself goes to its old place."""
    code = draft.code
    changes: list[Change] = []
    lines: list[str] = []
    for call in draft.knowledge.of(statement).minted:
        for around in code.around(call):
            if around is statement:
                break
            if isinstance(
                around,
                ast.ListComp
                | ast.SetComp
                | ast.DictComp
                | ast.GeneratorExp
                | ast.Lambda
                | ast.For
                | ast.While
                | ast.If,
            ):
                raise Refused(f"line {call.lineno} mints a value under a condition or in a loop")
        if isinstance(statement, ast.For | ast.While | ast.If):
            raise Refused(f"line {call.lineno} mints a value under a condition or in a loop")
        whole = _whole(draft, call)
        name = unused(_name(draft, whole), draft.known)
        lines.append(f"{code.indent(statement)}{name} = {code.segment(whole)}")
        changes.append((code.start(whole), code.end(whole), name))
    if lines:
        draft.replaced.add(statement)
        at = line_start(code, first_line(statement))
        draft.changes.append((at, at, code.newline.join(lines) + code.newline))
    return changes


def _whole(draft: Draft, call: ast.Call) -> ast.expr:
    """The largest expression around a minting call that only dresses it: `str(uuid4())`, `int(time() * 1000)`."""
    here: ast.expr = call
    while True:
        parent = draft.code.parents[here]
        if isinstance(parent, ast.Attribute) and isinstance(
            draft.code.parents[parent], ast.Call | ast.Attribute
        ):
            here = parent
            continue
        if not isinstance(parent, ast.Call | ast.BinOp) or loads(parent) & draft.slice.stale:
            break
        if isinstance(parent, ast.Call):
            spelled = last_word(parent.func)
            if spelled not in _WRAPPERS:
                break
        here = parent
    while isinstance(here, ast.Attribute) and isinstance(draft.code.parents[here], ast.Call):
        parent = draft.code.parents[here]
        assert isinstance(parent, ast.Call)
        if parent.func is not here:
            break
        here = parent
    return here


def _name(draft: Draft, node: ast.expr) -> str:
    parent = draft.code.parents[node]
    match parent:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if value is node and isinstance(key, ast.Constant) and str(key.value).isidentifier():
                    return str(key.value)
        case ast.keyword(arg=str(arg)):
            return arg
        case ast.BoolOp():
            return _name(draft, parent)
    return "minted"
