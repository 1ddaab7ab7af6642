"""T8: what is decided or made inside the section is carried out of it, by its result or by `nonlocal` names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes import handed
from lint_rmw.fixes.closures import rebound
from lint_rmw.fixes.gates import spelled
from lint_rmw.fixes.layout import (
    Change,
    comments_above,
    indented,
    line_start,
    owns_its_lines,
)
from lint_rmw.fixes.names import unused
from lint_rmw.fixes.order import before, is_still
from lint_rmw.fixes.sharing import spread
from lint_rmw.fixes.site import Refused, Site
from lint_rmw.fixes.streams import streams
from lint_rmw.fixes.syntax import LOOPS, Code, bound, loads

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft


def declined(draft: Draft, last: ast.stmt, text: str, inner: str) -> list[str]:
    """The lines by which a guard leaves the section, so that what follows it ends as `last` would have."""
    site = draft.site
    if not isinstance(last, ast.Return):
        if isinstance(last, ast.Continue) and _ends_the_round(draft):
            return [f"{inner}return None"]
        return answered(draft, [last], inner)
    value = last.value
    nothing = value is None or (isinstance(value, ast.Constant) and value.value is None)
    passes_on = site.section.form == "decorator" or site.section.profile.returns == "result"
    if passes_on and _is_returned(site):
        return [f"{inner}{text}"]
    if nothing and _ends(draft):
        return [f"{inner}{text}"]
    return answered(draft, [last], inner)


def answered(draft: Draft, answer: list[ast.stmt], inner: str) -> list[str]:
    """The lines by which the section declines so that code behind it runs the answer; raises `Refused`."""
    return [f"{inner}{_flag(draft, answer)} = True", f"{inner}return None"]


def _is_returned(site: Site) -> bool:
    if not isinstance(site.statement, ast.Return):
        return False
    value = site.statement.value
    if isinstance(value, ast.Await):
        value = value.value
    return value is site.call


def _ends_the_round(draft: Draft) -> bool:
    """Whether nothing happens behind the section in the loop it stands in."""
    site, code = draft.site, draft.code
    here: ast.AST = site.statement
    while isinstance(site.statement, ast.Expr) and not isinstance(here, LOOPS):
        block = code.block(here) if isinstance(here, ast.stmt) else None
        if block is None or block[-1] is not here or isinstance(code.parents[here], ast.Try | ast.TryStar):
            return False
        here = code.parents[here]
    return isinstance(site.statement, ast.Expr)


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
        if isinstance(here, LOOPS):
            return False
        while not isinstance(here, ast.stmt):
            here = code.parents[here]
    return True


def _flag(draft: Draft, answer: list[ast.stmt]) -> str:
    """A name set inside the section and asked behind it, where the answer is then run."""
    site, code = draft.site, draft.code
    known = draft.flags
    text = _text_of(code, answer)
    if text in known:
        return str(known[text])
    # The answer is given behind the section, so what it names is carried out to there.
    draft.answered |= loads(answer) & _made_inside(draft)
    if loads(answer) & draft.slice.stale - set(later_names(draft)):
        draft.doubts.append(f"what line {answer[0].lineno} answers is still made from the entry read before")
    if isinstance(site.statement, ast.If) and _comes_first(draft):
        return _asked(draft, answer, known)
    if not isinstance(site.statement, ast.Expr | ast.Assign | ast.Return | ast.AnnAssign):
        raise Refused(
            "the section stands inside another statement, so a refusal inside it cannot be carried out"
        )
    # What a section that declined gives is nothing to go on with before the flag is asked.
    if _unwaited(site) is not site.statement.value:
        if not _comes_first(draft):
            raise Refused(
                "the section's result is used at once, so a refusal inside it cannot be carried out"
            )
        return _asked(draft, answer, known)
    if not owns_its_lines(code, site.statement):
        raise Refused(f"line {site.statement.lineno} holds more than one statement")
    indent, newline = code.indent(site.statement), code.newline
    where = code.statement(site.region) if site.form in ("def", "lambda") else site.statement
    if where is not site.statement and code.block(where) is not code.block(site.statement):
        raise Refused("the mutator is not defined beside the section")
    if known and isinstance(site.statement, ast.Return):
        raise Refused("the guards before the section answer in several ways")
    name = unused("declined", draft.known)
    known[text] = name
    draft.shared.append(name)
    _announce(draft, name, where)
    check = f"{indent}if {name}:{newline}{_answer(draft, answer, indent)}{newline}"
    after = line_start(code, (site.statement.end_lineno or 0)) + len(
        code.source.lines[(site.statement.end_lineno or 1) - 1]
    )
    if isinstance(site.statement, ast.Return):
        result = unused("result", draft.known)
        assert site.statement.value is not None
        begin = code.start(site.statement)
        draft.changes.append((begin, code.start(site.statement.value), f"{result} = "))
        draft.changes.append((after, after, f"{newline}{check}{indent}return {result}"))
        return name
    draft.changes.append((after, after, f"{newline}{check.removesuffix(newline)}"))
    return name


def _announce(draft: Draft, name: str, where: ast.stmt) -> None:
    """Writes that nothing was declined so far, in front of the mutator."""
    code, indent, newline = draft.code, draft.code.indent(where), draft.code.newline
    start = line_start(code, comments_above(code, where))
    for place, (low, _, text) in enumerate(draft.changes):
        if low == start and text.endswith(f" = False{newline}{newline}"):
            text = text.removesuffix(newline)
            draft.changes[place] = (low, low, f"{text}{indent}{name} = False{newline}{newline}")
            return
    block = code.block(where) or []
    staying = [s for s in block[: block.index(where)] if s not in draft.gone]
    draft.headed.add(where)
    gap = newline if staying and not _blank_above(draft, where) else ""
    draft.changes.append((start, start, f"{gap}{indent}{name} = False{newline}{newline}"))


def _blank_above(draft: Draft, statement: ast.stmt) -> bool:
    """Whether a blank line will stand above a statement and its comments."""
    code = draft.code
    taken = {
        line for s in draft.gone for line in range(comments_above(code, s), (s.end_lineno or s.lineno) + 1)
    }
    line = comments_above(code, statement) - 1
    while line in taken:
        line -= 1
    return line < 1 or not code.source.lines[line - 1].strip()


def _text_of(code: Code, answer: list[ast.stmt]) -> str:
    return "\n".join(spelled(code, statement) for statement in answer)


def _answer(draft: Draft, answer: list[ast.stmt], indent: str) -> str:
    """The lines of what a guard did, behind the section."""
    code = draft.code
    lines: list[str] = []
    for statement in answer:
        if statement not in code.parents:
            lines.append(f"{indent}{code.step}{spelled(code, statement)}")
            continue
        owner = statement if owns_its_lines(code, statement) else code.statement(code.parents[statement])
        old = code.indent(owner)
        lines += indented(f"{old}{code.segment(statement)}", old, indent + code.step)
    return code.newline.join(lines)


def _unwaited(site: Site) -> ast.expr | None:
    """The updater call with the `await` around it."""
    statement = site.statement
    for node in ast.walk(statement):
        if isinstance(node, ast.Await) and node.value is site.call:
            return node
    return site.call


def _asked(draft: Draft, answer: list[ast.stmt], known: dict[str, str]) -> str:
    """The same where the section's result is used in its statement: it is run before, under a name of its own."""
    site, code = draft.site, draft.code
    indent, newline = code.indent(site.statement), code.newline
    where = code.statement(site.region) if site.form in ("def", "lambda") else site.statement
    if code.block(where) is not code.block(site.statement):
        raise Refused("the mutator is not defined beside the section")
    call = _unwaited(site)
    assert call is not None
    begin, end = code.start(call), code.end(call)
    opening = code.text[code.start(site.statement) : begin]
    name = unused("declined", draft.known)
    draft.shared.append(name)
    _announce(draft, name, where)
    check = f"{newline}{indent}if {name}:{newline}{_answer(draft, answer, indent)}"
    if known:
        # The statement goes on behind all that is asked.
        rest = f"{newline}{indent}{opening}"
        last = next(c for c in draft.changes if c[:2] == (end, end) and c[2].startswith(rest))
        draft.changes.insert(draft.changes.index(last), (end, end, check))
    else:
        result = unused("result", draft.known)
        draft.changes.append((code.start(site.statement), begin, f"{result} = "))
        draft.changes += _set_back(draft, call)
        draft.changes += [(end, end, check), (end, end, f"{newline}{indent}{opening}{result}")]
    known[_text_of(code, answer)] = name
    return name


def _set_back(draft: Draft, call: ast.expr) -> list[Change]:
    """The blanks that the lines of a call have too many where it stands by itself."""
    code, site = draft.code, draft.site
    texts = [n for n in ast.walk(call) if isinstance(n, ast.Constant | ast.JoinedStr)]
    if site.form == "lambda" or any(n.lineno != n.end_lineno for n in texts):
        return []
    deeper = len(code.indent_of_line(call.lineno)) - len(code.indent(site.statement))
    lines = range(call.lineno + 1, (call.end_lineno or call.lineno) + 1)
    starts = [line_start(code, line) for line in lines if len(code.indent_of_line(line)) >= deeper]
    return [(start, start + deeper, "") for start in starts if deeper > 0]


def _comes_first(draft: Draft) -> bool:
    """Whether a statement does nothing before it opens its section, so that this can be done in front of it."""
    code, statement, call = draft.code, draft.site.statement, _unwaited(draft.site)
    if call is None or code.text[line_start(code, statement.lineno) : code.start(statement)].strip():
        return False
    if code.text.startswith("elif", code.start(statement)):
        return False
    earlier = before(code, statement, call)
    return earlier is not None and all(is_still(part) for part in earlier)


def later_names(draft: Draft) -> list[str]:
    """Names made inside a mutator that code behind the section goes on using: `nonlocal` keeps them fresh there."""
    site = draft.site
    if site.form == "with":
        return []
    made = _made_inside(draft)
    # What a function gives a value that keeps it under the outer name is read by that name, here and behind.
    given = {n for m in draft.slice.moves if m.kind == "plain" for n in rebound(draft.knowledge, m.statement)}
    later = used_behind(site) | given | draft.answered
    made |= given
    own = set()
    if isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef):
        # A parameter that is taken off leaves its name free.
        own = {a.arg for a in ast.walk(site.region.args) if isinstance(a, ast.arg)} - set(handed.named(draft))
    kept = own | set(draft.renames) | draft.slice.readers
    shared = (made & later) - kept
    # So are the other names of what is kept fresh.
    others = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)} & later
    return sorted(shared | (others & spread(dict.fromkeys(shared, True), draft.slice.tied).keys()) - kept)


def _made_inside(draft: Draft) -> set[str]:
    made = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    # The test of a guard is said again, what it binds with it.
    guards = [m.statement.test for m in draft.slice.moves if isinstance(m.statement, ast.If)]
    made |= {n for test in guards for n in bound(test)}
    # What was used up inside is used up behind.
    return made & (draft.slice.stale | streams(draft.knowledge, draft.site.prior).keys())


def used_behind(site: Site) -> set[str]:
    """The names that are read behind a section."""
    end = site.statement.end_lineno or 0
    replaced = {node for twin in site.twins for node in ast.walk(twin)}
    return {
        node.id
        for node in ast.walk(site.function)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.lineno > end
        and node not in replaced
    }
