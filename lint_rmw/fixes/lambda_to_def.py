"""T6: a lambda that has to hold statements becomes a `def` of the same name, in front of the section."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.layout import changed_text, line_start, owns_its_lines
from lint_rmw.fixes.names import unused
from lint_rmw.fixes.region import parameter_changes, region_changes
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import base_name, first_line

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft

_RETURN_NOTHING = frozenset({"update", "__setitem__", "append", "extend", "clear", "insert"})


def write(draft: Draft, lines: list[str]) -> None:
    """Writes the function; raises `Refused` where no statement can stand before the lambda."""
    site, code = draft.site, draft.code
    region = site.region
    assert isinstance(region, ast.Lambda)
    changes = [*region_changes(draft), *parameter_changes(draft)]
    if not lines and not draft.shared:
        # Nothing to hold but what it holds.
        draft.changes += changes
        return
    body = changed_text(code, code.start(region.body), code.end(region.body), changes)
    if "\n" in body and not isinstance(region.body, ast.Call | ast.Dict | ast.List | ast.Tuple):
        body = f"({body})"
    if region.args.args or region.args.posonlyargs or region.args.kwonlyargs:
        start = code.start(region) + len("lambda")
        arguments = changed_text(code, start, _colon(draft, region), changes).strip()
    else:
        raise Refused("the lambda takes nothing")
    statement = code.statement(region)
    named = _name_of(region, statement)
    name = named or unused("mutator", draft.known)
    indent = code.indent(statement)
    inner = indent + code.step
    head = [f"{indent}def {name}({arguments}):"]
    if draft.shared:
        head.append(f"{inner}nonlocal {', '.join(draft.shared)}")
    last = f"{inner}{body}" if _returns_nothing(draft, region.body) else f"{inner}return {body}"
    text = code.newline.join([*head, *lines, last])
    if named is not None:
        if not owns_its_lines(code, statement):
            raise Refused(f"line {statement.lineno} holds more than one statement")
        low, high = line_start(code, statement.lineno), code.end(statement)
        draft.changes.append((low, high, _gap(draft, statement) + text))
        _gap_behind(draft, statement)
        return
    at = line_start(code, first_line(statement))
    draft.changes.append((at, at, _gap(draft, statement) + text + code.newline + code.newline))
    draft.changes.append((code.start(region), code.end(region), name))


def _colon(draft: Draft, region: ast.Lambda) -> int:
    """The place of the colon before the body."""
    at = draft.code.start(region.body) - 1
    while draft.code.text[at] != ":":
        if draft.code.text[at] not in " \t(\r\n":
            raise Refused("the lambda cannot be taken apart")
        at -= 1
    return at


def _name_of(region: ast.Lambda, statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and statement.value is region and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _returns_nothing(draft: Draft, body: ast.expr) -> bool:
    """Whether a call is one of a dictionary's or a list's own that returns None; of any other nobody knows."""
    match body:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="operator"), attr="setitem")):
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            held = isinstance(value, ast.Name | ast.Subscript) or _looks_up(value)
            return name in _RETURN_NOTHING and held and base_name(value) == draft.site.fresh
    return False


def _looks_up(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="get" | "setdefault")):
            return True
    return False


def _gap(draft: Draft, statement: ast.stmt) -> str:
    """A blank line before a nested function, unless one stands there or it comes first."""
    code = draft.code
    if draft.flags:
        return ""
    block = code.block(statement) or []
    before = [s for s in block[: block.index(statement)] if s not in draft.gone or s in draft.replaced]
    line = first_line(statement)
    blank = line > 1 and not code.source.lines[line - 2].strip()
    if not before:
        # Only a function may begin with a function right away.
        return "" if block is getattr(code.function(statement), "body", None) else code.newline
    return "" if blank else code.newline


def _gap_behind(draft: Draft, statement: ast.stmt) -> None:
    code = draft.code
    last = statement.end_lineno or statement.lineno
    lines = code.source.lines
    if last < len(lines) and lines[last].strip() and not lines[last - 1].rstrip().endswith("#"):
        block = code.block(statement) or []
        if block and block[-1] is not statement:
            at = code.source.line_starts[last]
            draft.changes.append((at, at, code.newline))
