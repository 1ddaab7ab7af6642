"""T1: a field that a patch only copies from the stale entry is left out, so that the fresh one stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from lint_rmw.finding import Fix
from lint_rmw.fixes.layout import Change, removed
from lint_rmw.fixes.missing import asked
from lint_rmw.fixes.site import Unfit
from lint_rmw.fixes.syntax import Code, loads

if TYPE_CHECKING:
    from lint_rmw.fix import Ground
    from lint_rmw.fixes.draft import Draft


def apply(ground: Ground) -> Fix:
    """The fix; raises `Unfit` unless every stale value of one literal patch is such a copy, of a field shown to be there.

    Without that, an entry that lacks the field would no longer raise, and moving the patch is the smaller change.
    """
    draft, code = ground.draft, ground.code
    patch = _patch(draft)
    if patch is None:
        raise Unfit
    copied = [
        place
        for place, (key, value) in enumerate(zip(patch.keys, patch.values, strict=True))
        if _is_copy(draft, key, value)
    ]
    if not all(_shown_present(draft, patch, patch.values[place]) for place in copied):
        raise Unfit
    kept = [value for place, value in enumerate(patch.values) if place not in copied]
    if not copied or not kept or any(_stale(draft, value) for value in kept):
        raise Unfit
    changes = [_without(code, patch, place) for place in copied]
    if _touching(changes):
        raise Unfit
    gone = _unneeded(draft, patch, copied)
    changes += removed(code, gone)
    names = ", ".join(str(patch.keys[place].value) for place in copied)  # type: ignore[union-attr]
    return ground.offered(changes, f"leave {names} to the fresh entry", [])


def _patch(draft: Draft) -> ast.Dict | None:
    """The literal that is laid over the fresh entry, if all that is stale is in it."""
    site = draft.site
    moves = [m for m in draft.slice.moves if m.kind == "plain"]
    if any(m.kind not in ("root", "plain", "guard") for m in draft.slice.moves) or draft.slice.doubts:
        return None
    if any(asked(m.statement) is None for m in draft.slice.moves if m.kind == "guard"):
        return None
    overlays = _overlays(draft)
    if len(moves) == 1:
        match moves[0].statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as patch):
                uses = draft.slice.uses
                if all(use.id == name and use in overlays for use in uses):
                    return patch
        return None
    if moves:
        return None
    found = {node for node in overlays if isinstance(node, ast.Dict)}
    inside = {n for patch in found for n in ast.walk(patch)}
    stale = [*draft.slice.uses, *(node for node, _ in draft.slice.inline)]
    if len(found) == 1 and site.form != "wrap" and all(node in inside for node in stale):
        return found.pop()
    return None


def _overlays(draft: Draft) -> set[ast.expr]:
    """Expressions laid over the fresh entry in a way that raises where there is none."""
    site = draft.site
    found: set[ast.expr] = set()
    for node in ast.walk(site.region) if site.form != "with" else [n for s in site.body for n in ast.walk(s)]:
        match node:
            case ast.Dict(keys=[None, None], values=[ast.Subscript(value=ast.Name(id=store)), over]):
                if store == site.fresh:
                    found.add(over)
            case ast.BinOp(left=ast.Subscript(value=ast.Name(id=store)), op=ast.BitOr(), right=over):
                if store == site.fresh:
                    found.add(over)
            case ast.Call(
                func=ast.Attribute(value=ast.Subscript(value=ast.Name(id=store)), attr="update"), args=[over]
            ):
                if store == site.fresh:
                    found.add(over)
            case ast.Return(value=ast.expr() as over) if site.hands_entry:
                found.add(over)
    if isinstance(site.region, ast.Lambda) and site.hands_entry:
        found.add(site.region.body)
    return found


def _stale(draft: Draft, node: ast.expr) -> bool:
    return bool(loads(node) & draft.slice.stale) or any(
        root.kind != "record" for _, root in draft.reads.spelled(node, draft.slice.roots)
    )


def _is_copy(draft: Draft, key: ast.expr | None, value: ast.expr) -> bool:
    match key, value:
        case ast.Constant(value=str(name)), ast.Subscript(value=entry, slice=ast.Constant(value=field)):
            root = draft.reads.root(entry, draft.slice.roots)
            return name == field and root is not None and root.kind == "entry"
    return False


def _shown_present(draft: Draft, patch: ast.Dict, value: ast.expr) -> bool:
    """Whether the same field is read before, so that an entry without it has raised already."""
    wanted = ast.dump(value)
    inside = set(ast.walk(patch))
    for statement in draft.site.prior:
        if isinstance(statement, ast.Assign | ast.Expr | ast.AnnAssign) and any(
            node not in inside and isinstance(node, ast.Subscript) and ast.dump(node) == wanted
            for node in _evaluated(statement)
        ):
            return True
    return False


def _evaluated(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a plain statement evaluates whenever it runs."""
    conditional = (
        ast.BoolOp | ast.IfExp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    )
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, conditional):
            pending.extend(ast.iter_child_nodes(node))


def _without(code: Code, patch: ast.Dict, place: int) -> Change:
    """Takes out one pair with the comma behind it, or the one before the last."""
    key = patch.keys[place]
    assert key is not None
    start, end = code.start(key), code.end(patch.values[place])
    if place + 1 < len(patch.values):
        following = patch.keys[place + 1] or patch.values[place + 1]
        until = code.start(following)
        if patch.keys[place + 1] is None:
            until = code.text.rindex("**", 0, until)
        return start, until, ""
    if place:
        return code.end(patch.values[place - 1]), end, ""
    return start, end, ""


def _touching(changes: list[Change]) -> bool:
    ordered = sorted(changes)
    return any(one[1] > other[0] for one, other in pairwise(ordered))


def _unneeded(draft: Draft, patch: ast.Dict, copied: list[int]) -> list[ast.stmt]:
    """The read, if the copies were all it was for."""
    dropped = {n for place in copied for n in ast.walk(patch.values[place])}
    found: list[ast.stmt] = []
    for move in draft.slice.moves:
        root = move.root
        if move.kind != "root" or root is None or root.brittle or draft.code.block(move.statement) is None:
            continue
        names = [
            n
            for n in ast.walk(draft.site.function)
            if isinstance(n, ast.Name)
            and n.id == move.name
            and n not in dropped
            and isinstance(n.ctx, ast.Load)
        ]
        if not names:
            found.append(move.statement)
    return found
