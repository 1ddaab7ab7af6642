"""A mutator made by an expression (`partial`, a bound method, a factory) is made inside a new mutator, from fresh values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.lambda_to_def import _gap
from lint_rmw.fixes.layout import changed_text, line_start
from lint_rmw.fixes.mutations import is_partial
from lint_rmw.fixes.names import unused
from lint_rmw.fixes.region import region_changes
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import first_line

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft


def write(draft: Draft, lines: list[str]) -> None:
    """Writes the new mutator in front of the section and hands it over in place of the expression."""
    site, code = draft.site, draft.code
    mutator = site.mutator
    assert mutator is not None
    effects = draft.knowledge.of(mutator)
    if effects.awaits:
        raise Refused("making the mutator awaits, and a wait never moves into a section")
    if effects.unknown:
        draft.doubts.append(f"{effects.unknown[0]} runs inside the section, and may do more than compute")
    if draft.slice.kept:
        raise Refused(
            "the mutator compares the fresh state with the stale one, and would then only see the fresh"
        )
    made = changed_text(code, code.start(mutator), code.end(mutator), region_changes(draft))
    indent = code.indent(site.statement)
    inner = indent + code.step
    name = unused("mutator", draft.known)
    define, wait = ("async def", "await ") if site.asynchronous else ("def", "")
    head = [f"{indent}{define} {name}({site.fresh}):"]
    if draft.shared:
        head.append(f"{inner}nonlocal {', '.join(draft.shared)}")
    if not isinstance(mutator, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        made = f"({made})"
    called = _unfolded(draft, mutator, made) or f"{made}({site.fresh})"
    text = code.newline.join([*head, *lines, f"{inner}return {wait}{called}"])
    at = line_start(code, first_line(site.statement))
    if code.text[at : code.start_of(site.statement)].strip():
        raise Refused(f"line {site.statement.lineno} holds more than one statement")
    draft.changes.append((at, at, _gap(draft, site.statement) + text + code.newline + code.newline))
    for made_again in (mutator, *site.twins):
        draft.changes.append((code.start(made_again), code.end(made_again), name))


def _unfolded(draft: Draft, mutator: ast.expr, made: str) -> str | None:
    """`partial(f, **named)(fresh)` is `f(fresh, **named)`."""
    if not isinstance(mutator, ast.Call) or not is_partial(mutator) or len(mutator.args) != 1:
        return None
    tree = ast.parse(made, mode="eval").body
    if not isinstance(tree, ast.Call) or not isinstance(tree.args[0], ast.Name | ast.Attribute):
        return None
    rest = [f"{k.arg}={ast.get_source_segment(made, k.value)}" for k in tree.keywords if k.arg]
    if len(rest) != len(tree.keywords):
        return None
    return f"{ast.unparse(tree.args[0])}({', '.join([draft.site.fresh, *rest])})"
