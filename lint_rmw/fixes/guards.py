"""A guard before the section, said once more inside it on the fresh entry."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes import missing
from lint_rmw.fixes.attempts import Absence
from lint_rmw.fixes.gates import Gate, opposite, spelled
from lint_rmw.fixes.layout import Change, changed_text, grouped, indented, owns_its_lines
from lint_rmw.fixes.moves import Move
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import bound, branches
from lint_rmw.fixes.thread_out import answered, declined

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.effects import Knowledge
    from lint_rmw.fixes.root import Root
    from lint_rmw.fixes.slices import Slicer


def met(slicer: Slicer, statement: ast.If, before: dict[str, Root]) -> bool:
    """Whether an `if` before the section is a guard on stale data, which is noted; raises `Refused` if it goes on either way."""
    for node in (n for n in ast.walk(statement.test) if isinstance(n, ast.NamedExpr)):
        root = slicer._root_like(node.value)
        if root is not None and isinstance(node.target, ast.Name):
            slicer.roots[node.target.id] = root
            if not _leaves(slicer, statement) or statement.orelse:
                raise Refused("the entry is read in a condition whose branches go on")
            slicer.moves[statement] = Move(statement, "guard", before, node.target.id, root, node.value)
            return True
    chain = branches(statement)
    if not chain or not all(_leaves(slicer, each) for each in chain):
        return False
    if not any(slicer._is_stale(each.test) for each in chain):
        return False
    slicer.moves[statement] = Move(statement, "guard", before)
    # What a test binds beside is made again with it.
    slicer.stale |= _bound_by(chain)
    return True


def _bound_by(chain: list[ast.If]) -> set[str]:
    return {name for each in chain for name in bound(each.test)}


def _leaves(slicer: Slicer, branch: ast.If) -> bool:
    return isinstance(branch, Gate) or slicer.leaves(branch.body[-1])


def guard_lines(draft: Draft, move: Move) -> list[str]:
    """The guard said once more inside the section, on the fresh entry, with the same outcome for the caller."""
    code, indent = draft.code, draft.indent
    statement = move.statement
    lines: list[str] = []
    binding = draft.binding(move) if move.root is not None else None
    if binding is not None:
        lines.append(f"{indent}{binding}")
    assert isinstance(statement, ast.If | ast.Assert)
    # An entry updater calls its mutator for an entry that exists and for no other.
    given = missing.given(draft, move)
    if isinstance(statement, ast.Assert):
        if given:
            return lines
        test = _test(draft, move, statement.test, indent)
        rest = "" if statement.msg is None else f", {code.segment(statement.msg)}"
        return [*lines, f"{indent}assert {test}{rest}"]
    if isinstance(statement, Gate) and statement.wraps:
        if not given:
            lines.append(f"{indent}if {_test(draft, move, statement.test, indent, opening=True)}:")
            draft.depth += 1
        return lines
    inner = indent + code.step
    for branch in branches(statement)[1 if given else 0 :]:
        lines.append(f"{indent}if {_test(draft, move, branch.test, indent)}:")
        outside = _said_outside(draft, branch, inner)
        if outside:
            lines += outside
            continue
        for before in branch.body[:-1]:
            lines += _again(draft, before, move, inner)
        last = branch.body[-1]
        text = code.newline.join(_again(draft, last, move, inner)).removeprefix(inner)
        if isinstance(last, ast.Raise) or draft.site.form == "with":
            lines.append(f"{inner}{text}")
        elif isinstance(statement, Gate) and statement.falls:
            lines.append(f"{inner}return None")
        elif isinstance(last, ast.Return | ast.Continue | ast.Break):
            lines += declined(draft, last, text, inner)
        else:
            raise Refused(f"the guard at line {branch.lineno} leaves in more than one way")
    return lines


def _said_outside(draft: Draft, branch: ast.If, inner: str) -> list[str]:
    """The lines by which the section declines, where all that the branch does is left to the code behind it; none if it cannot be."""
    effects = draft.knowledge.of(branch.body[:-1])
    if only_logs(draft.knowledge, branch.body[:-1]):
        return []
    if draft.site.form != "with":
        falls = isinstance(branch, Gate) and branch.falls
        try:
            return answered(draft, branch.body[:-1] if falls else branch.body, inner)
        except Refused:
            pass
    name = draft.reads.entered(effects)
    if name is not None:
        raise Refused(f"the guard at line {branch.lineno} calls {name}() of the same store before it leaves")
    if effects.awaits:
        raise Refused(
            f"the guard at line {branch.lineno} awaits before it leaves, and a wait never moves into a section"
        )
    draft.doubts.append(
        f"what the guard at line {branch.lineno} does before it leaves is done inside the section as well"
    )
    return []


def only_logs(knowledge: Knowledge, statements: list[ast.stmt]) -> bool:
    """Whether statements do no more than log: whichever of the two guards declines does it."""
    effects = knowledge.of(statements)
    plain = all(isinstance(s, ast.Expr) for s in statements) and not knowledge.changed(statements)
    return plain and not (effects.unknown or effects.minted or effects.hidden_minting or effects.awaits)


def _test(draft: Draft, move: Move, test: ast.expr, indent: str, *, opening: bool = False) -> str:
    """The test of a guard on fresh values, in brackets where it has several lines; or, `opening`, what it lets pass."""
    code = draft.code
    changes = draft.rewritten(test, move.roots)
    if isinstance(move.statement, Absence):
        key, container = move.statement.key, move.statement.container
        asked = changed_text(code, code.start(key), code.end(key), changes)
        where = changed_text(code, code.start(container), code.end(container), changes)
        return f"{_operand(key, asked)} not in {_operand(container, where)}"
    for node in ast.walk(test) if move.name else ():
        if (
            isinstance(node, ast.NamedExpr)
            and isinstance(node.target, ast.Name)
            and node.target.id == move.name
        ):
            start, end = grouped(code, node)
            start, end = max(start, code.start(test)), min(end, code.end(test))
            changes = [c for c in changes if not (start <= c[0] and c[1] <= end)]
            changes.append((start, end, draft.renames[move.name]))
    turned: list[Change] | None = []
    if isinstance(move.statement, Gate) and move.statement.opened is not opening:
        turned = opposite(code, test)
        changes += turned or []
    old = code.indent(code.statement(test))
    low, high = code.start(test), code.end(test)
    several = test.end_lineno != test.lineno
    if several:
        low, high = grouped(code, test)
    text = changed_text(code, low, high, changes)
    text = text.replace("\n", " ") if "\n" not in code.text[low:high] else text
    text = code.newline.join(indented(f"{old}{text}", old, indent)).removeprefix(indent)
    if several:
        text = f"({text})" if low == code.start(test) else text
    elif turned is None and not _binds_tight(move, test):
        text = f"({text})"
    return text if turned is not None else f"not {text}"


def _operand(node: ast.expr, text: str) -> str:
    """The text of an operand of a comparison."""
    loose = ast.BoolOp | ast.IfExp | ast.Compare | ast.Lambda | ast.NamedExpr | ast.UnaryOp
    return f"({text})" if isinstance(node, loose) or "\n" in text else text


def _binds_tight(move: Move, test: ast.expr) -> bool:
    """Whether `not` in front of a test is about all of it."""
    if isinstance(test, ast.NamedExpr):
        # The name takes its place.
        return test.value is move.value
    return isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Compare)


def _again(draft: Draft, statement: ast.stmt, move: Move, indent: str) -> list[str]:
    """The lines of a statement said once more, on fresh values."""
    code = draft.code
    if statement not in code.parents:
        return [f"{indent}{spelled(code, statement)}"]
    changes = draft.rewritten(statement, move.roots)
    text = changed_text(code, code.start(statement), code.end(statement), changes)
    old = code.indent(statement) if owns_its_lines(code, statement) else code.indent(move.statement)
    return indented(f"{old}{text}", old, indent)
