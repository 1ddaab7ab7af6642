"""What a mutator is handed beside the fresh state, by a default or in the call of a locked function: it is made inside."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lint_rmw.fixes.layout import changed_text
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import bound, loads, parameters

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft


def named(draft: Draft) -> dict[str, str]:
    """Parameters that bring in a stale name, each with that name."""
    uses = set(draft.slice.uses)
    return {
        parameter: value.id
        for parameter, value in _given(draft)
        if isinstance(value, ast.Name) and value in uses
    }


def built(draft: Draft) -> dict[str, ast.expr]:
    """Parameters that bring in something built from stale values, each with the expression that builds it."""
    stale = {*draft.slice.uses, *(node for node, _ in draft.slice.inline)}
    return {
        parameter: value
        for parameter, value in _given(draft)
        if not isinstance(value, ast.Name) and stale.intersection(ast.walk(value))
    }


def lines(draft: Draft) -> list[str]:
    """The statements that build them inside the region, from fresh values; raises `Refused`."""
    found: list[str] = []
    code = draft.code
    for parameter, value in built(draft).items():
        _check(draft, parameter, value)
        text = changed_text(
            code, code.start(value), code.end(value), draft.rewritten(value, draft.slice.roots)
        )
        outer = re.match(r"[ \t]*", code.source.lines[value.lineno - 1])
        text = re.sub(rf"(\r\n|\r|\n){outer[0] if outer else ''}", rf"\1{draft.indent}", text)
        found.append(f"{draft.indent}{parameter} = {text}")
    return found


def _given(draft: Draft) -> list[tuple[str, ast.expr]]:
    region, site = draft.site.region, draft.site
    if not isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return []
    args = region.args
    positional = [*args.posonlyargs, *args.args]
    defaulted = positional[len(positional) - len(args.defaults) :]
    found = [
        *((p.arg, d) for p, d in zip(defaulted, args.defaults, strict=True)),
        *((p.arg, d) for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None),
    ]
    if site.section.form == "decorator" and site.call is not None:
        names = [p.arg for p in positional][1:]
        found += zip(names, site.call.args, strict=False)
        found += [(k.arg or "", k.value) for k in site.call.keywords]
    return found


def _check(draft: Draft, parameter: str, value: ast.expr) -> None:
    site = draft.site
    reads = [node for node, _ in draft.reads.spelled(value, draft.slice.roots)]
    effects = draft.knowledge.of(value, without=reads)
    if effects.awaits:
        raise Refused(f"what '{parameter}' is given awaits, and a wait never moves into a section")
    if effects.minted or effects.hidden_minting:
        raise Refused(f"what '{parameter}' is given mints a value")
    for spelled in (*effects.unknown, *effects.traces):
        draft.doubts.append(f"{spelled} runs inside the section, and may do more than compute")
    assert isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    own = set(parameters(site.region))
    if not isinstance(site.region, ast.Lambda):
        own |= bound(site.region.body)
    clash = (loads(value) - draft.slice.stale) & own
    if clash:
        raise Refused(f"'{sorted(clash)[0]}' means something else inside the mutator")
