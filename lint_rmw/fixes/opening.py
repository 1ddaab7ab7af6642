"""Whether a section is opened at all, and whether it runs where it is opened: neither is asked again inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rmw.fixes.syntax import Code, last_word

if TYPE_CHECKING:
    from lint_rmw.fixes.site import Site
    from lint_rmw.fixes.slices import Slicer

_STARTING = frozenset("create_task ensure_future start_soon run_coroutine_threadsafe submit spawn".split())
_WAITING = frozenset("gather wait wait_for shield as_completed".split())


def doubt(slicer: Slicer) -> None:
    """Notes a stale condition within the statement of the section, and a section that runs later than its statement."""
    call = slicer.site.call
    if call is None:
        return
    for test in _deciding(slicer.code, slicer.site, call):
        if slicer._is_stale(test):
            slicer.found.doubts.append(
                f"the stale condition at line {test.lineno} decides whether the section is opened at all"
            )
            break
    if _runs_later(slicer.code, slicer.site, call):
        slicer.found.doubts.append(
            f"the section at line {call.lineno} runs later, when what it uses may have been bound again"
        )


def _deciding(code: Code, site: Site, call: ast.Call) -> Iterator[ast.expr]:
    """The expressions in the statement of a section without which, or with another outcome, it would not be opened."""
    here: ast.AST = call
    for around in code.around(call):
        match around:
            case ast.IfExp(test=test) if test is not here:
                yield test
            case ast.BoolOp(values=values) if here in values:
                yield from values[: values.index(here)]
        if around is site.statement:
            return
        here = around


def _runs_later(code: Code, site: Site, call: ast.Call) -> bool:
    """Whether the call only makes what is started as a task, or waited for by a statement further down."""
    for around in code.around(call):
        if isinstance(around, ast.Await | ast.stmt):
            break
        if isinstance(around, ast.Call) and last_word(around.func) in _STARTING:
            return True
    match site.statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
            pass
        case _:
            return False
    waited = (n.value for n in ast.walk(site.function) if isinstance(n, ast.Await))
    return any(
        isinstance(value, ast.Name) and value.id == name
        for given in waited
        for value in (
            [given, *given.args]
            if isinstance(given, ast.Call) and last_word(given.func) in _WAITING
            else [given]
        )
    )
