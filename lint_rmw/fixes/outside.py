"""What stays outside when a slice moves: reads that must raise at their old place, names that other code needs."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lint_rmw.fixes import clashes, guards, missing, rounds
from lint_rmw.fixes.gates import origin
from lint_rmw.fixes.layout import grouped, owns_its_lines
from lint_rmw.fixes.purity import REFUSING
from lint_rmw.fixes.sharing import spread
from lint_rmw.fixes.site import parts_of
from lint_rmw.fixes.syntax import base_name, bound, free_names, last_word, loads, shadowed, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.moves import Move


def drop(draft: Draft) -> None:
    """Takes out what nothing outside needs any more."""
    candidates = [m for m in draft.slice.moves if m.kind in ("root", "plain") and not _must_stay(draft, m)]
    draft.gone = {m.statement for m in candidates}
    captured = _captured_inside(draft)
    while True:
        needed = _needed_outside(draft)
        staying = {
            s
            for s in draft.gone
            if bound(s) & (needed.keys() | captured) or _changes_for_later(draft, s, needed)
        }
        if not staying:
            break
        draft.gone -= staying
    for move in candidates:
        if move.kind == "plain" and move.statement in draft.gone:
            _note_order(draft, move)
    _drop_attempts(draft)
    # A record that only gave its entry goes with it.
    for statement in draft.site.prior:
        if isinstance(statement, ast.Assign) and statement not in draft.gone:
            names = bound(statement)
            root = draft.reads.root(statement.value, {})
            if (
                root is not None
                and root.kind in ("record", "store")
                and isinstance(statement.targets[0], ast.Name)
            ):
                used = needed.keys() | captured | _moved_captures(draft)
                if not names & used:
                    draft.gone.add(statement)


def _captured_inside(draft: Draft) -> set[str]:
    """What the region goes on reading from outside."""
    fresh = {*draft.slice.uses, *(n for node, _ in draft.slice.inline for n in ast.walk(node))}
    return {n.id for n in free_names(parts_of(draft.site)) if n not in fresh}


def _drop_attempts(draft: Draft) -> None:
    """Takes out a `try` that only put something in place of a missing entry, for a name nobody needs any more."""
    asked = {origin(m.statement) for m in draft.slice.moves if m.kind == "guard"}
    needed = _needed_outside(draft).keys() | _moved_captures(draft)
    for move in draft.slice.moves:
        around = draft.code.parents.get(move.statement)
        if not isinstance(around, ast.Try) or around in draft.site.ancestors or around in asked:
            continue
        own = {n for n in ast.walk(around) if isinstance(n, ast.Name)}
        elsewhere = {
            n.id for n in ast.walk(draft.site.function) if isinstance(n, ast.Name) and n not in own
        } & needed
        if not bound(around) & elsewhere:
            draft.gone.add(around)


def _changes_for_later(draft: Draft, statement: ast.stmt, needed: Mapping[str, float]) -> bool:
    """Whether a statement changes something that is looked at behind it."""
    changed = spread(draft.knowledge.changed(statement), draft.slice.tied)
    return any(needed.get(name, 0) > statement.lineno for name in changed)


def unname(draft: Draft) -> None:
    """What stays only because it may raise, or for a test, needs no name that nothing reads."""
    needed = _needed_outside(draft).keys() | _moved_captures(draft)
    code = draft.code
    for move in draft.slice.moves:
        statement = move.statement
        names = {move.name} if move.name else bound(statement)
        if {statement, code.parents.get(statement)} & draft.gone or not names or names & needed:
            continue
        if move.kind == "guard":
            if move.name:
                _plain_test(draft, move)
        elif _must_stay(draft, move) and isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if len(targets) == 1 and isinstance(targets[0], ast.Name) and owns_its_lines(code, statement):
                assert statement.value is not None
                start = code.start(statement.value)
                # Brackets around the value are not part of it.
                opened = code.text.find("(", code.end(targets[0]), start)
                draft.changes.append((code.start(statement), start if opened < 0 else opened, ""))


def _plain_test(draft: Draft, move: Move) -> None:
    code = draft.code
    for node in ast.walk(move.statement):
        if (
            isinstance(node, ast.NamedExpr)
            and isinstance(node.target, ast.Name)
            and node.target.id == move.name
        ):
            start, end = grouped(code, node)
            new = code.segment(node.value)
            if isinstance(node.value, ast.BoolOp | ast.IfExp | ast.Compare | ast.UnaryOp):
                new = f"({new})"
            draft.changes.append((start, end, new))


def _moved_captures(draft: Draft) -> set[str]:
    """Names that moved code goes on reading from outside, once its roots are spelled fresh."""
    found: set[str] = set()
    for move in draft.slice.moves:
        covered = {
            n
            for node, root in draft.reads.spelled(move.statement, move.roots)
            if root.kind != "record"
            for n in ast.walk(node)
        }
        if move.kind == "root":
            continue
        found |= {n.id for n in free_names(move.statement) if n not in covered}
    return found | {w for names in clashes.spelled_names(draft) for w in names}


def _must_stay(draft: Draft, move: Move) -> bool:
    """Whether a missing entry has to go on raising at the old place, before what happens in between."""
    around = draft.code.parents[move.statement]
    if isinstance(around, ast.Try) and around not in draft.site.ancestors:
        return True
    value = move.value
    if move.kind == "plain":
        if not draft.site.hands_entry or not isinstance(move.statement, ast.Assign | ast.AnnAssign):
            return False
        value = move.statement.value
    elif move.kind != "root" or move.root is None:
        return False
    brittle = value is not None and any(
        r.brittle and not isinstance(node, ast.Name)
        for node, r in draft.reads.spelled(value, move.roots)
        if r.kind in ("entry", "value")
    )
    if not brittle:
        return False
    if draft.site.hands_entry or _condition(draft, move.statement) is not None:
        return True
    if _entered(draft, move.statement) is not None:
        return True
    return any(_acts(draft, s) for s in _between(draft, move.statement))


def _condition(draft: Draft, statement: ast.stmt) -> int | None:
    """The line of what decides whether the section is opened, where a statement before it always ran."""
    here: ast.AST | None = draft.site.call
    while here is not None and not isinstance(here, ast.stmt):
        parent = draft.code.parents[here]
        lazy = isinstance(parent, ast.IfExp) and parent.test is not here
        if lazy or (isinstance(parent, ast.BoolOp) and parent.values[0] is not here):
            return getattr(parent, "lineno", None)
        here = parent
    for around in draft.site.ancestors:
        if isinstance(around, ast.With | ast.AsyncWith | ast.Try | ast.TryStar) or rounds.entered(around):
            continue
        if statement not in set(ast.walk(around)):
            return around.lineno
    return None


def _entered(draft: Draft, statement: ast.stmt) -> ast.stmt | None:
    """A block around the section, but not around a statement before it, that does something when it is entered or left."""
    blocks = [*draft.site.ancestors]
    if isinstance(draft.site.region, ast.With | ast.AsyncWith) and len(draft.site.region.items) > 1:
        blocks.append(draft.site.region)
    for around in blocks:
        if statement in set(ast.walk(around)):
            continue
        if isinstance(around, ast.With | ast.AsyncWith) and any(
            isinstance(item.context_expr, ast.Call) for item in around.items
        ):
            return around
        if isinstance(around, ast.Try | ast.TryStar) and not guards.only_logs(
            draft.knowledge, around.finalbody
        ):
            return around
    return None


def _between(draft: Draft, statement: ast.stmt) -> list[ast.stmt]:
    prior = draft.site.prior
    moved = {m.statement for m in draft.slice.moves}
    after = prior[prior.index(statement) + 1 :]
    return [s for s in after if s not in moved and s is not draft.site.region]


def _acts(draft: Draft, statement: ast.stmt) -> bool:
    effects = draft.knowledge.of(statement)
    return bool(effects.unknown or effects.awaits or effects.traces) or any(
        isinstance(n, ast.Return | ast.Raise) or _gives_up(draft, n) for n in shallow(statement)
    )


def _gives_up(draft: Draft, node: ast.AST) -> bool:
    """Whether evaluating a node raises where what it is given does not fit, though it does nothing else."""
    match node:
        case ast.Assert() | ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod()):
            return True
        case ast.Subscript(slice=place, ctx=ast.Load()):
            return not isinstance(place, ast.Slice)
        case ast.Call(func=function):
            return last_word(function) in REFUSING or draft.knowledge.computes(function)
    return False


def _note_order(draft: Draft, move: Move) -> None:
    if move.kind == "guard" or not _may_raise(draft, move):
        return
    line = move.statement.lineno
    for statement in _between(draft, move.statement):
        effects = draft.knowledge.of(statement)
        acts = [*effects.unknown, *effects.traces, *(["the wait"] if effects.awaits else [])]
        if acts and not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            draft.doubts.append(
                f"what line {line} computes may raise, and now does so after {acts[0]} at line {statement.lineno}"
            )
            return
    if _misses(draft, move):
        for statement in _between(draft, move.statement):
            if any(_gives_up(draft, n) for n in shallow(statement)):
                draft.doubts.append(
                    f"line {line} raises where the entry is missing, and now does so after "
                    f"line {statement.lineno}, which may raise something else"
                )
                return
    around = _entered(draft, move.statement)
    if around is not None and (around is draft.site.region or isinstance(around, ast.Try | ast.TryStar)):
        draft.doubts.append(
            f"what line {line} computes may raise, and now does so within the block at line {around.lineno}"
        )
        return
    condition = _condition(draft, move.statement)
    if condition is not None:
        draft.doubts.append(
            f"what line {line} computes may raise, and now does so only where line {condition} opens the section"
        )


def _sure(draft: Draft) -> set[str | None]:
    """The names of what is there for certain where it is used."""
    return {
        m.name
        for m in draft.slice.moves
        if m.root is not None and (m.root.brittle or m.root.defaulted or _is_asked_for(draft, m))
    }


def _misses(draft: Draft, move: Move) -> bool:
    """Whether a moved statement may be the first to find that the entry is missing."""
    sure = _sure(draft)
    for node, root in draft.reads.spelled(move.statement, move.roots):
        if not isinstance(node, ast.Name):
            if root.brittle or (not root.defaulted and _wants(draft, node)):
                return True
        elif node.id not in sure and (root.kind == "store" or _wants(draft, node)):
            return True
    return False


def _wants(draft: Draft, read: ast.expr) -> bool:
    """Whether what is done with an entry raises where it is None."""
    around = draft.code.parents.get(read)
    match around:
        case ast.Subscript(value=held) | ast.Attribute(value=held):
            return held is read
        case ast.Call(func=function) if isinstance(function, ast.Call) or draft.knowledge.computes(function):
            return True
    return isinstance(around, ast.BinOp | ast.Dict | ast.Starred | ast.For | ast.comprehension)


def _may_raise(draft: Draft, move: Move) -> bool:
    """Whether a moved statement may raise something: most may, building a dictionary of an entry that is there may not."""
    sure = _sure(draft)
    reads = {n for node, _ in draft.reads.spelled(move.statement, move.roots) for n in ast.walk(node)}
    for node in ast.walk(move.statement):
        if node in reads and not isinstance(node, ast.Name):
            continue
        match node:
            case ast.Subscript(ctx=ast.Load()) | ast.BinOp() | ast.AugAssign() | ast.Raise():
                return True
            case ast.Call(func=ast.Name(id="dict" | "list"), args=[ast.Name(id=name)]) if name in sure:
                continue
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")) if name in sure:
                continue
            case ast.Call():
                return True
            case ast.Dict(keys=keys, values=values):
                spread = [v for k, v in zip(keys, values, strict=True) if k is None]
                if any(not isinstance(v, ast.Dict) and base_name(v) not in sure for v in spread):
                    return True
    return False


def _is_asked_for(draft: Draft, root: Move) -> bool:
    """Whether a guard leaves where the entry is missing."""
    return any(
        m.kind == "guard"
        and missing.asks_existence(draft, m)
        and root.name in {m.name, *loads(m.statement.test)}  # type: ignore[attr-defined]
        for m in draft.slice.moves
    )


def _needed_outside(draft: Draft) -> dict[str, float]:
    """The names that what stays outside reads, each with the last line where it does; in a loop there is no last."""
    site = draft.site
    inside = {n for part in (*parts_of(site), *site.twins) for n in ast.walk(part)}
    kept = {n for compare in draft.slice.kept for n in ast.walk(compare)}
    gone = {n for s in draft.gone for n in ast.walk(s)}
    found: dict[str, float] = {}
    with_end = site.region.end_lineno if site.form == "with" else None  # type: ignore[attr-defined]
    rebound = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    looped = bool(rounds.going_round(site.ancestors))
    shaded = shadowed(site.function)
    for node in ast.walk(site.function):
        if (
            not isinstance(node, ast.Name)
            or isinstance(node.ctx, ast.Store)
            or node in gone
            or node in shaded
        ):
            continue
        if node in inside and node not in kept:
            continue
        if with_end is not None and node.lineno > with_end and node.id in rebound and not looped:
            continue
        found[node.id] = max(found.get(node.id, 0), math.inf if looped else node.lineno)
    for node in ast.walk(site.function):
        if (
            isinstance(node, ast.AugAssign)
            and isinstance(node.target, ast.Name)
            and node not in gone
            and node not in inside
        ):
            found[node.target.id] = math.inf
        if isinstance(node, ast.Nonlocal | ast.Global):
            found |= dict.fromkeys(node.names, math.inf)
    return found
