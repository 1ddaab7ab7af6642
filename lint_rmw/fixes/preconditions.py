"""Whether the statements of a slice may run inside a section at all: each refusal and each doubt in words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes import checks, opening
from lint_rmw.fixes.copies import copies_deeply, is_new
from lint_rmw.fixes.effects import Effects
from lint_rmw.fixes.gates import origin
from lint_rmw.fixes.purity import CLOCKS
from lint_rmw.fixes.rounds import going_round
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import bindings, bound, branches, last_word, loads, shallow
from lint_rmw.fixes.thread_out import used_behind

if TYPE_CHECKING:
    from lint_rmw.fixes.moves import Move
    from lint_rmw.fixes.slices import Slicer


def check(slicer: Slicer) -> None:
    """Raises `Refused` where a precondition fails, and notes what is only doubtful."""
    found = slicer.found
    moved = {m.statement for m in found.moves}
    for move in found.moves:
        _movable(slicer, move)
    captured: set[str] = set()
    defined: set[str] = set()
    for move in found.moves:
        if move.kind != "root":
            captured |= loads(move.statement) - defined
        defined |= bound(move.statement)
    stale = {n for n, r in slicer.roots.items() if r.kind != "record"} | slicer.stale
    found.captured = captured - stale
    order = slicer.site.prior
    for move in found.moves:
        after = order[order.index(move.statement) + 1 :]
        for statement in after:
            if statement in moved or statement is slicer.site.region:
                continue
            again = bound(statement) & (loads(move.statement) | bound(move.statement))
            if again and statement not in (m.statement for m in slicer.moves.values() if m.kind == "guard"):
                raise Refused(
                    f"{sorted(again)[0]} is bound again at line {statement.lineno}, before the section"
                )
    for loop in going_round(slicer.site.ancestors):
        outside = [m for m in found.moves if origin(m.statement) not in set(ast.walk(loop))]
        worked_on = _worked_on_later(slicer, loop, moved) if outside else set()
        for move in outside:
            again = bound(loop) & (loads(move.statement) - _gone_over(move.statement))
            if again:
                raise Refused(f"{sorted(again)[0]} changes in the loop around the section")
            later = worked_on & bound(move.statement)
            if later:
                raise Refused(
                    f"'{sorted(later)[0]}' is worked on between two rounds of the loop around the section"
                )
    opening.doubt(slicer)
    checks.doubt(slicer)


def _worked_on_later(slicer: Slicer, loop: ast.stmt, moved: set[ast.stmt]) -> set[str]:
    """The names that a loop binds, or changes the object of, other than in the section itself."""
    site = slicer.site
    pending: list[ast.AST] = list(ast.iter_child_nodes(loop))
    names: set[str] = set()
    while pending:
        node = pending.pop()
        if node is site.region or node in moved:
            continue
        if not isinstance(node, ast.stmt | ast.ExceptHandler) or site.statement in set(ast.walk(node)):
            pending += ast.iter_child_nodes(node)
        elif node is not site.statement:
            names |= bound(node) | slicer.knowledge.changed([node]).keys()
    return names


def _gone_over(statement: ast.stmt) -> set[str]:
    """The names that a loop binds before anything in it reads them."""
    return bound(statement.target) if isinstance(statement, ast.For | ast.AsyncFor) else set()


def _movable(slicer: Slicer, move: Move) -> None:
    statement = move.statement
    line = statement.lineno
    if move.kind in ("root", "refresh"):
        return
    if move.kind == "guard":
        chain = branches(statement) if isinstance(statement, ast.If) else []
        test = [each.test for each in chain] or [statement.test]  # type: ignore[attr-defined]
        effects = slicer.knowledge.of(test, without=_reads_in(slicer, move))
        if effects.awaits:
            raise Refused(f"the guard at line {line} awaits, and a wait never moves into a section")
        if effects.minted and any(_is_clock(slicer, c) for c in effects.minted):
            raise Refused(f"the guard at line {line} compares the entry with a clock, which would run on")
        _nested(slicer, effects, line)
        if effects.unknown:
            slicer.found.doubts.append(
                f"{effects.unknown[0]} is called again inside the section, and may do more than compute"
            )
        if effects.hidden_minting:
            slicer.found.doubts.append(f"{effects.hidden_minting[0]}() is called again inside the section")
        return
    for node in shallow(statement):
        if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue) and not (
            move.kind == "check" or checks.may_leave(slicer, statement, node)
        ):
            raise Refused(f"line {node.lineno} leaves the function from within the building of the value")
        if isinstance(node, ast.Delete) and all(isinstance(t, ast.Subscript) for t in node.targets):
            continue
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Import | ast.ImportFrom | ast.Delete):
            raise Refused(f"line {node.lineno} cannot be moved into the section")
        if isinstance(node, ast.With) and checks.only_suppresses(node):
            continue
        if isinstance(node, ast.With | ast.AsyncWith | ast.TryStar):
            raise Refused(f"the value is built in a block at line {node.lineno} that cannot be moved")
    direct = [node for node in _reads_in(slicer, move) if not isinstance(node, ast.Name)]
    if direct and _shares_what_is_changed(slicer, statement):
        # The reader handed out a copy, the section hands out the state itself.
        slicer.found.private |= set(direct)
    _effects(slicer, statement, slicer.knowledge.of(statement, without=_reads_in(slicer, move)))
    _clocks(slicer, statement)


def _shares_what_is_changed(slicer: Slicer, statement: ast.stmt) -> bool:
    """Whether a name that is changed later may be, or hold below its first level, what the statement reads."""
    changed = dict(slicer.found.changed)
    if slicer.site.form == "with":
        # Behind the block the names are still there, and the state of the store has been changed meanwhile.
        changed = {**dict.fromkeys(used_behind(slicer.site), False), **changed}
    names = bound(statement) & set(changed)
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        inner = [f for f in ast.walk(statement) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)]
        return any(bound(f.body) & set(slicer.knowledge.changed(f.body)) for f in inner)
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return bool(names)
    given = dict(bindings(statement))
    return any(
        name not in given or not (copies_deeply(given[name]) or (is_new(given[name]) and not changed[name]))
        for name in names
    )


def _reads_in(slicer: Slicer, move: Move) -> list[ast.expr]:
    return [node for node, root in slicer.reads.spelled(move.statement, move.roots) if root.kind != "record"]


def _effects(slicer: Slicer, statement: ast.stmt, effects: Effects) -> None:
    line = statement.lineno
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if effects.awaits:
        if _only_awaits_reads(slicer, statement):
            return
        raise Refused(f"line {line} awaits while it builds the value, and a wait never moves into a section")
    _nested(slicer, effects, line)
    if effects.unknown:
        slicer.found.doubts.append(
            f"{effects.unknown[0]} at line {line} runs inside the section, and may do more than compute"
        )
    if effects.hidden_minting:
        slicer.found.doubts.append(
            f"{effects.hidden_minting[0]}() is called inside the section, by what line {line} calls"
        )
    if effects.traces and not isinstance(statement, ast.Expr):
        slicer.found.doubts.append(f"{effects.traces[0]} at line {line} runs inside the section")


def _nested(slicer: Slicer, effects: Effects, line: int) -> None:
    name = slicer.reads.entered(effects)
    if name is not None:
        raise Refused(f"line {line} calls {name}() of the same store, which must not happen in a section")


def _only_awaits_reads(slicer: Slicer, statement: ast.stmt) -> bool:
    reads = {n for node, _ in slicer.reads.spelled(statement, slicer.roots) for n in ast.walk(node)}
    awaits = [n for n in ast.walk(statement) if isinstance(n, ast.Await)]
    return bool(awaits) and all(n in reads for n in awaits)


def _is_clock(slicer: Slicer, call: ast.Call) -> bool:
    return last_word(call.func) in CLOCKS


def _clocks(slicer: Slicer, statement: ast.stmt) -> None:
    """A clock may stamp what is written, but what is compared with fresh data must be read inside."""
    times = {
        name
        for before in slicer.site.prior
        for name, value in bindings(before)
        if any(isinstance(n, ast.Call) and _is_clock(slicer, n) and _minting(n) for n in ast.walk(value))
    }
    for node in ast.walk(statement):
        if isinstance(node, ast.Compare) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
            parts = [node.left, *(node.comparators if isinstance(node, ast.Compare) else [node.right])]
            timed = [
                p
                for p in parts
                if loads(p) & times
                or any(isinstance(n, ast.Call) and _is_clock(slicer, n) and _minting(n) for n in ast.walk(p))
            ]
            if timed and any(slicer._is_stale(p) for p in parts if p not in timed):
                raise Refused(
                    f"line {node.lineno} compares the entry with a clock that was read before the section"
                )


def _minting(call: ast.Call) -> bool:
    """`time.time()` and `datetime.now()`, but not `moment.time()` of some object."""
    spelled = ast.unparse(call.func)
    return "." not in spelled or spelled.split(".")[0] in ("time", "datetime", "date")
