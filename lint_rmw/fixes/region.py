"""The region itself: fresh names for stale ones, parameters taken off, the moved lines put in, what surrounds it."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from lint_rmw.fixes import handed
from lint_rmw.fixes.gates import origin
from lint_rmw.fixes.identities import entry_name
from lint_rmw.fixes.layout import Change, comments_above, deeper, grouped, line_start, removed
from lint_rmw.fixes.root import Root
from lint_rmw.fixes.sharing import spread
from lint_rmw.fixes.site import Refused, Site, parts_of
from lint_rmw.fixes.syntax import Code, base_name, last_word

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft


def region_changes(draft: Draft) -> list[Change]:
    """The changes inside the region itself: fresh names for stale ones."""
    changes: list[Change] = []
    dropped = handed.named(draft)
    elsewhere = {node for value in handed.built(draft).values() for node in ast.walk(value)}
    looked_up = {n for node, _ in draft.slice.inline if _foot(draft, node) is None for n in ast.walk(node)}
    for use in draft.slice.uses:
        if use in elsewhere or use in looked_up or _is_default(draft, use):
            continue
        if use.id in draft.renames:
            changes.append((draft.code.start(use), draft.code.end(use), draft.renames[use.id]))
    for node, root in draft.slice.inline:
        if node in elsewhere:
            continue
        draft._use(root)
        text = draft.spelled(root)
        base = _foot(draft, node)
        if base is not None:
            changes.append((draft.code.start(base), draft.code.end(base), draft.renames[base.id]))
            continue
        changes.append(
            (draft.code.start(node), draft.code.end(node), _private_inline(draft, node, root, text))
        )
    for statement in draft.slice.taken_apart:
        target = statement.targets[0]
        changes.append((draft.code.start(target), draft.code.end(target), entry_name(draft.reads, statement)))
    changes += removed(draft.code, draft.slice.records)
    for parameter, given in dropped.items():
        new = draft.renames.get(given, given)
        if parameter == new:
            continue
        assert not isinstance(draft.site.region, ast.expr) or isinstance(draft.site.region, ast.Lambda)
        for name in ast.walk(draft.site.region):
            if isinstance(name, ast.Name) and name.id == parameter and not _is_default(draft, name):
                changes.append((draft.code.start(name), draft.code.end(name), new))
    return changes


def _foot(draft: Draft, node: ast.expr) -> ast.Name | None:
    """The name of a copy of the store that an expression looks up in, if it has one of its own inside."""
    name = base_name(node)
    if draft.renames.get(name or "", draft.site.fresh) == draft.site.fresh:
        return None
    return next(n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name)


def _private_inline(draft: Draft, node: ast.expr, root: Root, text: str) -> str:
    """A read inside the region: what it gave was a copy, so it is copied if the region changes it."""
    if node in draft.slice.drawn:
        return f"{draft._deepcopy()}({text})" if draft.slice.drawn[node] else f"{text}.copy()"
    parts = parts_of(draft.site)
    within = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    inner = [node for part in parts for node in ast.walk(part) if isinstance(node, within)]
    reached = spread(draft.knowledge.changed_in((*parts, *inner)), draft.slice.tied)
    parent = draft.code.parents[node]
    names: set[str] = set()
    if isinstance(parent, ast.Assign):
        names = {n.id for t in parent.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    elif isinstance(parent, ast.Call) and any(
        a is node for a, _ in draft.knowledge.changed_arguments(parent, 0)
    ):
        return f"{draft._deepcopy()}({text})"
    if not names & reached.keys() and node not in draft.slice.private:
        return text
    if root.kind == "store":
        raise Refused("the region changes what it read, and the fresh store must not be changed that way")
    return f"{draft._deepcopy()}({text})"


def _is_default(draft: Draft, name: ast.Name) -> bool:
    parent = draft.code.parents.get(name)
    if isinstance(parent, ast.arguments):
        return True
    call = draft.site.call
    return (
        draft.site.section.form == "decorator"
        and call is not None
        and (name in call.args or any(k.value is name for k in call.keywords))
    )


def parameter_changes(draft: Draft) -> list[Change]:
    """Takes the parameters that brought in stale values off the mutator, and off the call that gave them."""
    region, site, code = draft.site.region, draft.site, draft.code
    dropped = {*handed.named(draft), *handed.built(draft)}
    if not dropped:
        return []
    assert isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    a = region.args
    if a.posonlyargs or a.vararg or a.kwarg or a.kwonlyargs:
        raise Refused("the mutator's parameters are too involved to take some away")
    first_default = len(a.args) - len(a.defaults)
    # The brackets around a default belong to it.
    ends = [
        grouped(code, a.defaults[i - first_default])[1] if i >= first_default else code.end(p)
        for i, p in enumerate(a.args)
    ]
    kept = [
        code.text[code.start(p) : end] for p, end in zip(a.args, ends, strict=True) if p.arg not in dropped
    ]
    end = ends[-1]
    changes = [(code.start(a.args[0]), end, ", ".join(kept))]
    if site.section.form == "decorator" and site.call is not None and (site.call.args or site.call.keywords):
        names = [p.arg for p in a.args][1:]
        given = [
            *zip(names, site.call.args, strict=False),
            *((k.arg or "", k) for k in site.call.keywords),
        ]
        staying = [code.segment(value) for name, value in given if name not in dropped]
        nodes = [value for _, value in given]
        changes.append((code.start(nodes[0]), code.end(nodes[-1]), ", ".join(staying)))
    return changes


def into_body(draft: Draft, lines: list[str]) -> None:
    """Puts the moved lines at the top of a `def` or `with` body; raises `Refused`."""
    site, code = draft.site, draft.code
    first = site.body[0]
    body = list(site.body)
    while len(body) > 1 and _preamble(first):
        body = body[1:]
        first = body[0]
    settled = draft.reads.fresh.settled_key
    if settled and any(f"({settled})" in line for line in lines) and len(body) > 1 and first is site.settling:
        first = body[1]
    said = {n for s in site.body if isinstance(s, ast.Nonlocal) for n in s.names}
    shared = ", ".join(name for name in draft.shared if name not in said)
    if shared and first is site.body[0]:
        lines = [f"{draft.indent}nonlocal {shared}", *lines]
    elif shared:
        documented = isinstance(site.body[0], ast.Expr) and len(site.body) > 1
        at = line_start(code, _top(code, site, site.body[documented]))
        draft.changes.append((at, at, f"{draft.indent}nonlocal {shared}{code.newline}"))
    text = code.newline.join(lines)
    draft.changes += region_changes(draft) + parameter_changes(draft)
    if not lines:
        return
    before = code.text[line_start(code, first.lineno) : code.start_of(first)]
    if before.strip():
        if draft.depth:
            raise Refused(f"line {first.lineno} holds more than one statement")
        draft.changes.append(
            (
                _after_colon(draft, first),
                code.start(first),
                f"{code.newline}{text}{code.newline}{draft.indent}",
            )
        )
        return
    at = line_start(code, _top(code, site, first))
    if draft.depth:
        last = site.body[-1].end_lineno or first.lineno
        draft.changes.append((at, at, text + code.newline))
        draft.changes += deeper(code, _top(code, site, first), last, code.step * draft.depth)
        return
    nested = isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    gap = code.newline if nested and lines[-1] else ""
    draft.changes.append((at, at, text + code.newline + gap))


def _after_colon(draft: Draft, first: ast.stmt) -> int:
    start = draft.code.start(first)
    while draft.code.text[start - 1] in " \t":
        start -= 1
    if draft.code.text[start - 1] != ":":
        raise Refused(f"line {first.lineno} holds more than one statement")
    return start


def surroundings(draft: Draft) -> None:
    """What is moved must not be caught, or come after something else is done, where it was not."""
    moved = [origin(m.statement) for m in draft.slice.moves]
    for node in draft.site.ancestors:
        inside = set(ast.walk(node))
        if all(m in inside for m in moved):
            continue
        if isinstance(node, ast.Try | ast.TryStar):
            _caught(draft, node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if isinstance(item.context_expr, ast.Call):
                    draft.doubts.append(
                        f"what the moved code may raise would now pass through "
                        f"{ast.unparse(item.context_expr.func)}() at line {node.lineno}"
                    )
    region = draft.site.region
    for decorator in getattr(region, "decorator_list", []):
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        spelled = ast.unparse(function)
        if draft.reads.aliases.get(spelled, spelled).rsplit(".", 1)[-1] not in draft.reads.writers:
            draft.doubts.append(f"@{spelled} runs around the mutator, and may do more than call it")


def _caught(draft: Draft, node: ast.Try | ast.TryStar) -> None:
    raising = any(isinstance(n, ast.Raise) for m in draft.slice.moves for n in ast.walk(m.statement))
    for handler in node.handlers:
        again = (
            len(handler.body) == 1 and isinstance(handler.body[0], ast.Raise) and handler.body[0].exc is None
        )
        if again:
            continue
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(_may_catch(type_, raising) for type_ in types):
            draft.doubts.append(f"what the moved code may raise would now be caught at line {handler.lineno}")
    if any(draft.knowledge.of(s).unknown for s in node.finalbody):
        draft.doubts.append(
            f"the moved code may raise where line {node.finalbody[0].lineno} then runs as well"
        )


def _may_catch(type_: ast.expr | None, raising: bool) -> bool:
    """Whether an exception of this type may come out of code that only computes, or raises what it pleases."""
    name = "" if type_ is None else last_word(type_)
    known = getattr(builtins, name, None)
    if name and not isinstance(known, type):
        # An exception of somebody's own: only a guard that raises could mean it.
        return raising or name.endswith(("DecodeError", "InvalidOperation"))
    return known is None or not issubclass(known, _OF_THE_WORLD) or (raising and known is not TimeoutError)


_OF_THE_WORLD = (OSError, ImportError, KeyboardInterrupt, SystemExit, GeneratorExit)


def _preamble(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Nonlocal | ast.Global) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _top(code: Code, site: Site, first: ast.stmt) -> int:
    """The line to insert at: above the comments that belong to the first statement."""

    return comments_above(code, first)
