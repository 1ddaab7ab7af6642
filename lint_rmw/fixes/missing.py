"""Where there is no entry: who asks for that before the section, and what would no longer raise inside it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from lint_rmw.fixes.attempts import Absence
from lint_rmw.fixes.gates import Gate
from lint_rmw.fixes.mutations import is_partial
from lint_rmw.fixes.syntax import bindings, last_word, loads

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.moves import Move

_SILENT = "where the entry is missing, nothing raises any more"
_PASSING = frozenset({"copy", "deepcopy"})


def asked(statement: ast.stmt, parts: Collection[int | str] = ()) -> str | None:
    """The name of which a guard asks no more than whether it is something; None if it asks otherwise.

    `parts` are those of what is read that hold an entry; of such a part, the text is given.
    """
    if not isinstance(statement, ast.If | ast.Assert):
        return None
    opened = isinstance(statement, ast.Assert) or (isinstance(statement, Gate) and statement.opened)
    match statement.test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]) if not opened:
            tested = left
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]) if opened:
            tested = left
        case ast.UnaryOp(op=ast.Not(), operand=tested) if not opened:
            pass
        case ast.Name() | ast.NamedExpr() | ast.Attribute() | ast.Subscript() if opened:
            tested = statement.test
        case _:
            return None
    if isinstance(tested, ast.NamedExpr):
        tested = tested.target
    match tested:
        case (
            ast.Attribute(value=ast.Name(), attr=part)
            | ast.Subscript(value=ast.Name(), slice=ast.Constant(value=part))
        ) if part in parts:
            return ast.unparse(tested)
    return tested.id if isinstance(tested, ast.Name) else None


def asks_existence(draft: Draft, move: Move) -> bool:
    """Whether a guard only asks if there is an entry."""
    parts = draft.reads.entry_parts
    names = {n for n, r in move.roots.items() if r.kind == "entry"} | {move.name}
    records = [n for n, r in move.roots.items() if r.kind == "record"]
    names |= {f"{n}[{p}]" if isinstance(p, int) else f"{n}.{p}" for n in records for p in parts}
    return asked(move.statement, parts) in names


def given(draft: Draft, move: Move) -> bool:
    """Whether a guard asks for what an entry updater only runs its mutator with."""
    if not draft.site.hands_entry:
        return False
    if isinstance(move.statement, Absence):
        return True
    return asks_existence(draft, move) or asked(move.statement) in _copied(draft)


def _copied(draft: Draft) -> set[str]:
    """The names of copies that are something where the entry is."""
    found = {m.name for m in draft.slice.moves if m.kind == "root"}
    for move in draft.slice.moves:
        if move.kind != "plain":
            continue
        for name, value in bindings(move.statement):
            reads = [
                r for node, r in draft.reads.spelled(value, move.roots) if not isinstance(node, ast.Name)
            ]
            if _passes_none(value) and (_same_or_none(value) & found or [r.kind for r in reads] == ["entry"]):
                found.add(name)
    return found


def doubt(draft: Draft) -> None:
    """An entry updater does nothing for an entry that is missing, where the code before it may have raised."""
    if not draft.site.hands_entry:
        return
    moves = draft.slice.moves
    parts = draft.reads.entry_parts
    sure = {name for m in moves if m.kind == "guard" and (name := asked(m.statement, parts)) is not None}
    for move in reversed(moves):
        # What is asked of a copy, or of another name, is asked of the entry.
        for name, value in bindings(move.statement):
            if name in sure:
                sure |= _same_or_none(value)
    for move in moves:
        if isinstance(move.value, ast.Name) and move.value.id in sure:
            sure.add(move.name)
    early = list(_run_before(draft))
    # What only the mutator works on never was worked on where the entry is missing.
    sure |= {m.name for m in moves} - loads(early)
    inline = [
        (node, root)
        for node, root in draft.slice.inline
        if ast.unparse(node) not in sure and any(node is n for part in early for n in ast.walk(part))
    ]
    silent = any(not root.brittle and not root.defaulted for _, root in inline)
    if silent or not all(_answers(draft, move, sure) for move in moves):
        draft.doubts.append(_SILENT)


def _run_before(draft: Draft) -> Iterator[ast.AST]:
    """What uses the entry before the section, in the code to be moved and where the mutator is made."""
    yield from (m.statement for m in draft.slice.moves if m.kind != "root")
    site, region = draft.site, draft.site.region
    if site.form == "wrap" and isinstance(region, ast.Call) and not is_partial(region):
        yield region
    if isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        yield from (d for d in (*region.args.defaults, *region.args.kw_defaults) if d is not None)
    if site.section.form == "decorator" and site.call is not None:
        yield site.call


def _answers(draft: Draft, move: Move, sure: set[str]) -> bool:
    """Whether a statement before the section leaves nothing to say where the entry is missing, or goes on raising outside."""
    root = move.root
    if move.kind == "root" and root is not None:
        return root.kind == "store" or root.brittle or root.defaulted or move.name in sure
    if move.kind != "plain":
        return True
    read = [
        (node, root)
        for node, root in draft.reads.spelled(move.statement, move.roots)
        if root.kind == "entry" and not root.defaulted and ast.unparse(node) not in sure
        if not isinstance(node, ast.Name)
    ]
    if not read:
        return True
    if all(root.brittle for _, root in read):
        # It stays where it was, beside.
        return True
    passed = {name for name, value in bindings(move.statement) if _passes_none(value)}
    return len(read) == 1 and bool(passed & sure)


def _same_or_none(value: ast.expr) -> set[str]:
    """The name that a value is (a copy of), if it is None where that is."""
    match value:
        case ast.IfExp(
            test=ast.Name(id=name)
            | ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]),
            orelse=ast.Constant(value=None),
        ):
            return {name}
    while isinstance(value, ast.Call) and (_passes_none(value) or _dumps(value)):
        value = value.args[0]
    return {value.id} if isinstance(value, ast.Name) else set()


def _passes_none(value: ast.expr) -> bool:
    """Whether a value is a copy that can be made of None as well, and then is None."""
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner], keywords=[]):
            return name in _PASSING or (name == "loads" and isinstance(inner, ast.Call) and _dumps(inner))
    return False


def _dumps(call: ast.Call) -> bool:
    return last_word(call.func) == "dumps" and len(call.args) == 1
