"""A guard before the section, said once more inside it on the fresh entry."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.layout import changed_text, grouped, indented, owns_its_lines
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import branches
from lint_rmw.fixes.thread_out import declined

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.moves import Move


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
    given = draft.site.hands_entry and asks_existence(move)
    if isinstance(statement, ast.Assert):
        test = _test(draft, move, statement.test, indent)
        rest = "" if statement.msg is None else f", {code.segment(statement.msg)}"
        return [*lines, f"{indent}assert {test}{rest}"]
    inner = indent + code.step
    for branch in branches(statement)[1 if given else 0 :]:
        lines.append(f"{indent}if {_test(draft, move, branch.test, indent)}:")
        for before in branch.body[:-1]:
            lines += _again(draft, before, move, inner)
        last = branch.body[-1]
        text = code.newline.join(_again(draft, last, move, inner)).removeprefix(inner)
        if isinstance(last, ast.Raise) or draft.site.form == "with":
            lines.append(f"{inner}{text}")
        elif isinstance(last, ast.Return | ast.Continue | ast.Break):
            lines += declined(draft, last, text, inner)
        else:
            raise Refused(f"the guard at line {branch.lineno} leaves in more than one way")
    return lines


def _test(draft: Draft, move: Move, test: ast.expr, indent: str) -> str:
    """The test of a guard on fresh values, in brackets where it has several lines."""
    code = draft.code
    changes = draft.rewritten(test, move.roots)
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
    old = code.indent(code.statement(test))
    low, high = code.start(test), code.end(test)
    several = test.end_lineno != test.lineno
    if several:
        low, high = grouped(code, test)
    text = changed_text(code, low, high, changes)
    text = text.replace("\n", " ") if "\n" not in code.text[low:high] else text
    text = code.newline.join(indented(f"{old}{text}", old, indent)).removeprefix(indent)
    return f"({text})" if several and low == code.start(test) else text


def _again(draft: Draft, statement: ast.stmt, move: Move, indent: str) -> list[str]:
    """The lines of a statement said once more, on fresh values."""
    code = draft.code
    changes = draft.rewritten(statement, move.roots)
    text = changed_text(code, code.start(statement), code.end(statement), changes)
    old = code.indent(statement) if owns_its_lines(code, statement) else code.indent(move.statement)
    return indented(f"{old}{text}", old, indent)


def asks_existence(move: Move) -> bool:
    """Whether a guard only asks if there is an entry."""
    test = move.statement.test  # type: ignore[attr-defined]
    names = {n for n, r in move.roots.items() if r.kind == "entry"} | {move.name}
    match test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            asked = left
        case ast.UnaryOp(op=ast.Not(), operand=asked):
            pass
        case _:
            return False
    if isinstance(asked, ast.NamedExpr):
        asked = asked.target
    return isinstance(asked, ast.Name) and asked.id in names
