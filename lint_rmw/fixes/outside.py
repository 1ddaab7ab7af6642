"""What stays outside when a slice moves: reads that must raise at their old place, names that other code needs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes import clashes
from lint_rmw.fixes.site import parts_of
from lint_rmw.fixes.syntax import bound, free_names, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.slices import Move


def drop(draft: Draft) -> None:
    """Takes out what nothing outside needs any more."""
    candidates = [m for m in draft.slice.moves if m.kind in ("root", "plain") and not _must_stay(draft, m)]
    draft.gone = {m.statement for m in candidates}
    while True:
        needed = _needed_outside(draft)
        staying = {
            s for s in draft.gone if (bound(s) | (set(draft.knowledge.changed(s)) - bound(s))) & needed
        }
        if not staying:
            break
        draft.gone -= staying
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
                used = _needed_outside(draft) | _moved_captures(draft)
                if not names & used:
                    draft.gone.add(statement)


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
    root = move.root
    if move.kind != "root" or root is None:
        _note_order(draft, move)
        return False
    value = move.value
    brittle = value is not None and any(
        r.brittle for _, r in draft.reads.spelled(value, move.roots) if r.kind in ("entry", "value")
    )
    if not brittle:
        return False
    if draft.site.hands_entry:
        return True
    return any(_acts(draft, s) for s in _between(draft, move.statement))


def _between(draft: Draft, statement: ast.stmt) -> list[ast.stmt]:
    prior = draft.site.prior
    moved = {m.statement for m in draft.slice.moves}
    after = prior[prior.index(statement) + 1 :]
    return [s for s in after if s not in moved and s is not draft.site.region]


def _acts(draft: Draft, statement: ast.stmt) -> bool:
    effects = draft.knowledge.of(statement)
    return bool(effects.unknown or effects.awaits or effects.traces) or any(
        isinstance(n, ast.Return | ast.Raise) for n in shallow(statement)
    )


def _note_order(draft: Draft, move: Move) -> None:
    for statement in _between(draft, move.statement):
        effects = draft.knowledge.of(statement)
        if effects.unknown or effects.awaits:
            said = effects.unknown[0] if effects.unknown else "the wait"
            raising = any(
                isinstance(n, ast.Subscript | ast.BinOp | ast.Call) for n in ast.walk(move.statement)
            )
            if raising and not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                draft.doubts.append(
                    f"what line {move.statement.lineno} computes may raise, and now does so after "
                    f"{said} at line {statement.lineno}"
                )
                return


def _needed_outside(draft: Draft) -> set[str]:
    site = draft.site
    inside = {n for part in parts_of(site) for n in ast.walk(part)}
    kept = {n for compare in draft.slice.kept for n in ast.walk(compare)}
    gone = {n for s in draft.gone for n in ast.walk(s)}
    found: set[str] = set()
    with_end = site.region.end_lineno if site.form == "with" else None  # type: ignore[attr-defined]
    rebound = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    looped = any(isinstance(a, ast.For | ast.While | ast.AsyncFor) for a in site.ancestors)
    for node in ast.walk(site.function):
        if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store) or node in gone:
            continue
        if node in inside and node not in kept:
            continue
        if with_end is not None and node.lineno > with_end and node.id in rebound and not looped:
            continue
        found.add(node.id)
    for node in ast.walk(site.function):
        if (
            isinstance(node, ast.AugAssign)
            and isinstance(node.target, ast.Name)
            and node not in gone
            and node not in inside
        ):
            found.add(node.target.id)
        if isinstance(node, ast.Nonlocal | ast.Global):
            found |= set(node.names)
    return found
