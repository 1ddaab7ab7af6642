"""T8: what is decided or made inside the section is carried out of it, by its result or by `nonlocal` names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.layout import changed_text, line_start
from lint_rmw.fixes.names import unused
from lint_rmw.fixes.site import Refused, Site
from lint_rmw.fixes.syntax import bound, loads

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.slices import Move


def guard_lines(draft: Draft, move: Move) -> list[str]:
    """The guard said once more inside the section, on the fresh entry, with the same outcome for the caller."""
    code, indent = draft.code, draft.indent
    statement = move.statement
    lines: list[str] = []
    binding = draft.binding(move) if move.root is not None else None
    if binding is not None:
        lines.append(f"{indent}{binding}")
    roots = move.roots
    assert isinstance(statement, ast.If | ast.Assert)
    if draft.site.hands_entry and asks_existence(move):
        # An entry updater calls its mutator for an entry that exists and for no other.
        return lines
    changes = draft.rewritten(statement.test, roots)
    if move.name:
        for node in ast.walk(statement.test):
            if (
                isinstance(node, ast.NamedExpr)
                and isinstance(node.target, ast.Name)
                and node.target.id == move.name
            ):
                start, end = code.start(node), code.end(node)
                new = draft.renames[move.name]
                while (
                    code.text[start - 1] == "("
                    and code.text[end : end + 1] == ")"
                    and _spare(code.text, start)
                ):
                    start, end = start - 1, end + 1
                changes = [c for c in changes if not (start <= c[0] and c[1] <= end)]
                changes.append((start, end, new))
    test = changed_text(code, code.start(statement.test), code.end(statement.test), changes)
    test = test.replace("\n", " ") if "\n" not in code.segment(statement.test) else test
    if isinstance(statement, ast.Assert):
        rest = "" if statement.msg is None else f", {code.segment(statement.msg)}"
        return [*lines, f"{indent}assert {test}{rest}"]
    if _parenthesised(draft, statement):
        test = f"({test})"
    lines.append(f"{indent}if {test}:")
    inner = indent + code.step
    for before in statement.body[:-1]:
        text = changed_text(code, code.start(before), code.end(before), draft.rewritten(before, roots))
        lines.append(f"{inner}{text}")
    last = statement.body[-1]
    text = changed_text(code, code.start(last), code.end(last), draft.rewritten(last, roots))
    if isinstance(last, ast.Raise) or draft.site.form == "with":
        return [*lines, f"{inner}{text}"]
    if not isinstance(last, ast.Return):
        raise Refused(f"the guard at line {statement.lineno} leaves in more than one way")
    return lines + _declined(draft, statement, last, text, inner)


def _spare(text: str, start: int) -> bool:
    """Whether a parenthesis before a walrus only groups it."""
    before = text[: start - 1].rstrip(" ")
    return (
        not before
        or not (before[-1].isalnum() or before[-1] in "_)]")
        or before.endswith(("if", "not", "and", "or"))
    )


def _parenthesised(draft: Draft, statement: ast.If) -> bool:
    return statement.test.end_lineno != statement.test.lineno


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


def _declined(draft: Draft, guard: ast.If, last: ast.Return, text: str, inner: str) -> list[str]:
    site = draft.site
    value = last.value
    nothing = value is None or (isinstance(value, ast.Constant) and value.value is None)
    passes_on = site.section.form == "decorator" or site.section.profile.returns == "result"
    if passes_on and _is_returned(site):
        return [f"{inner}{text}"]
    if nothing and _ends(draft):
        return [f"{inner}{text}"]
    stale = loads(value) & draft.slice.stale if value is not None else set()
    if stale:
        draft.doubts.append(f"what line {last.lineno} answers is still made from the entry read before")
    flag = _flag(draft, last)
    return [
        f"{inner}{flag} = True",
        f"{inner}return None" if nothing or value is not None else f"{inner}return",
    ]


def _is_returned(site: Site) -> bool:
    if not isinstance(site.statement, ast.Return):
        return False
    value = site.statement.value
    if isinstance(value, ast.Await):
        value = value.value
    return value is site.call


def _ends(draft: Draft) -> bool:
    """Whether nothing happens behind the section, so that a mutator that declines ends the function with None."""
    site, code = draft.site, draft.code
    if not isinstance(site.statement, ast.Expr):
        return False
    here: ast.AST = site.statement
    while here is not site.function:
        assert isinstance(here, ast.stmt)
        block = code.block(here)
        if block is None:
            return False
        rest = block[block.index(here) + 1 :]
        if rest and not (
            isinstance(rest[0], ast.Return)
            and (
                rest[0].value is None
                or (isinstance(rest[0].value, ast.Constant) and rest[0].value.value is None)
            )
        ):
            return False
        here = code.parents[here]
        if isinstance(here, ast.For | ast.AsyncFor | ast.While):
            return False
        while not isinstance(here, ast.stmt):
            here = code.parents[here]
    return True


def _flag(draft: Draft, last: ast.Return) -> str:
    """A name set inside the section and asked behind it."""
    site, code = draft.site, draft.code
    known = draft.flags
    text = code.segment(last)
    if text in known:
        return str(known[text])
    if isinstance(site.statement, ast.If) and _unwaited(site) in (
        site.statement.test,
        _negated(site.statement),
    ):
        return _asked(draft, last, known)
    if not isinstance(site.statement, ast.Expr | ast.Assign | ast.Return | ast.AnnAssign):
        raise Refused(
            "the section stands inside another statement, so a refusal inside it cannot be carried out"
        )
    name = unused("declined", draft.known)
    known[text] = name
    draft.shared.append(name)
    indent, newline = code.indent(site.statement), code.newline
    where = code.statement(site.region) if site.form in ("def", "lambda") else site.statement
    if where is not site.statement and code.block(where) is not code.block(site.statement):
        raise Refused("the mutator is not defined beside the section")
    start = line_start(code, _first(where))
    draft.changes.append((start, start, f"{code.indent(where)}{name} = False{newline}{newline}"))
    check = f"{indent}if {name}:{newline}{indent}{code.step}{text}{newline}"
    end = code.end(site.statement)
    after = line_start(code, (site.statement.end_lineno or 0)) + len(
        code.source.lines[(site.statement.end_lineno or 1) - 1]
    )
    if isinstance(site.statement, ast.Return):
        if len(known) > 1:
            raise Refused("the guards before the section answer in several ways")
        result = unused("result", draft.known)
        assert site.statement.value is not None
        begin = code.start(site.statement)
        draft.changes.append((begin, code.start(site.statement.value), f"{result} = "))
        draft.changes.append((after, after, f"{newline}{check}{indent}return {result}"))
        return name
    del end
    draft.changes.append((after, after, f"{newline}{check.removesuffix(newline)}"))
    return name


def _unwaited(site: Site) -> ast.expr | None:
    """The updater call with the `await` around it."""
    statement = site.statement
    for node in ast.walk(statement):
        if isinstance(node, ast.Await) and node.value is site.call:
            return node
    return site.call


def _negated(statement: ast.If) -> ast.expr | None:
    test = statement.test
    return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else None


def _asked(draft: Draft, last: ast.Return, known: dict[str, str]) -> str:
    """The same where the section is the condition of an `if`: it is run before, under a name of its own."""
    site, code = draft.site, draft.code
    name = unused("declined", draft.known)
    known[code.segment(last)] = name
    draft.shared.append(name)
    indent, newline = code.indent(site.statement), code.newline
    where = code.statement(site.region) if site.form in ("def", "lambda") else site.statement
    if code.block(where) is not code.block(site.statement) or len(known) > 1:
        raise Refused("the mutator is not defined beside the section")
    start = line_start(code, _first(where))
    draft.changes.append((start, start, f"{code.indent(where)}{name} = False{newline}{newline}"))
    call = _unwaited(site)
    assert call is not None
    result = unused("result", draft.known)
    at = line_start(code, _first(site.statement))
    check = f"{indent}if {name}:{newline}{indent}{code.step}{code.segment(last)}{newline}"
    inner = [c for c in draft.changes if code.start(call) <= c[0] and c[1] <= code.end(call)]
    if inner or site.form == "wrap":
        raise Refused(
            "the section stands inside another statement, so a refusal inside it cannot be carried out"
        )
    draft.changes.append((at, at, f"{indent}{result} = {code.segment(call)}{newline}{check}"))
    draft.changes.append((code.start(call), code.end(call), result))
    return name


def _first(statement: ast.stmt) -> int:
    from lint_rmw.fixes.syntax import first_line

    return first_line(statement)


def later_names(draft: Draft) -> list[str]:
    """Names made inside a mutator that code behind the section goes on using: `nonlocal` keeps them fresh there."""
    site = draft.site
    if site.form == "with":
        return []
    end = site.statement.end_lineno or 0
    made = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    made &= draft.slice.stale
    later: set[str] = set()
    for node in ast.walk(site.function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.lineno > end:
            later.add(node.id)
    own = set()
    if isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef):
        own = {a.arg for a in ast.walk(site.region.args) if isinstance(a, ast.arg)}
    return sorted((made & later) - own - set(draft.renames))
