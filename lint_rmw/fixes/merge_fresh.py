"""An entry built without any read is laid over the fresh one instead of over nothing; only its author knows if that is meant."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lint_rmw.finding import Fix
from lint_rmw.fixes.missing import asked
from lint_rmw.fixes.site import Guarded, Refused
from lint_rmw.fixes.syntax import Code

if TYPE_CHECKING:
    from lint_rmw.fix import Ground

_KEPT = "fields of the fresh entry that the new one does not name are kept, where they were erased before"


def apply(ground: Ground) -> Fix:
    """The fix, never safe; raises `Refused` where the key and the store of the write are not in sight, or a guard is in the way."""
    _refuse_guarded(ground)
    code, span = ground.code, ground.finding.span
    start, end = code.source.offset(span.start), code.source.offset(span.end)
    for found in code.covering(start, end):
        # A store that is updated by a mapping of one entry: the entry is what is written.
        node = found.values[0] if isinstance(found, ast.Dict) and len(found.values) == 1 else found
        place = _place(code, node) or _place(code, found)
        if place is None:
            continue
        store, key = place
        if _place(code, node) is None:
            node = found
        start, end = code.start(node), code.end(node)
        new = f"{{**{store}.get({key}, {{}}), **{_operand(code.segment(node), node)}}}"
        return ground.offered([(start, end, new)], "lay the new entry over the fresh one", [_KEPT])
    raise Refused("the write does not say store and key in one place")


def _refuse_guarded(ground: Ground) -> None:
    """What else than an entry was asked for before the section is not answered by laying the new entry over the fresh one."""
    deciding: Sequence[ast.stmt]
    try:
        deciding = [m.statement for m in ground.draft.slice.moves if m.kind == "guard"]
    except Guarded as guarded:
        deciding = guarded.guards
    except Refused:
        return
    for guard in deciding:
        if asked(guard) is None:
            raise Refused(
                f"line {guard.lineno} decides on what was read before the section, and has to be asked again inside"
            )


def _operand(text: str, node: ast.AST) -> str:
    simple = ast.Name | ast.Attribute | ast.Call | ast.Dict | ast.Subscript
    return text if isinstance(node, simple) else f"({text})"


def _place(code: Code, node: ast.AST) -> tuple[str, str] | None:
    """The store and the key a value is written under, as text."""
    match code.parents.get(node):
        case ast.Assign(targets=[ast.Subscript(value=store, slice=key)]):
            return code.segment(store), code.segment(key)
        case ast.Dict(keys=[ast.expr() as key]) as pair:
            match code.parents.get(pair):
                case ast.Call(func=ast.Attribute(value=store, attr="update")):
                    return code.segment(store), code.segment(key)
                case ast.AugAssign(target=store, op=ast.BitOr()):
                    return code.segment(store), code.segment(key)
        case ast.Call(func=ast.Attribute(value=store, attr="__setitem__"), args=[key, _]):
            return code.segment(store), code.segment(key)
        case ast.Call(func=ast.Attribute(attr="setitem"), args=[store, key, _]):
            return code.segment(store), code.segment(key)
    return None
