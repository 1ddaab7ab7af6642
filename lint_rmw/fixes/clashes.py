"""What must not happen by a move: names that come to mean something else, changes that are lost or land elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes import handed
from lint_rmw.fixes.closures import rebound
from lint_rmw.fixes.copies import is_scalar
from lint_rmw.fixes.gates import origin
from lint_rmw.fixes.rounds import going_round
from lint_rmw.fixes.sharing import aliases, links, spread
from lint_rmw.fixes.site import Refused, Site, parts_of
from lint_rmw.fixes.syntax import (
    COMPREHENSIONS,
    base_name,
    bindings,
    bound,
    branches,
    free_names,
    loads,
    outer_names,
    own_names,
    parameters,
    shallow,
)
from lint_rmw.fixes.thread_out import used_behind

if TYPE_CHECKING:
    from lint_rmw.fixes.draft import Draft
    from lint_rmw.fixes.moves import Move


def carried_out(draft: Draft) -> set[str]:
    """The read names whose object the section changes and code behind it looks at: they stand for the fresh one there, too.

    Raises `Refused` where that cannot be said in one name.
    """
    site = draft.site
    roots = {m.name: m for m in draft.slice.moves if m.root is not None and m.name}
    looped = {name for name, move in roots.items() if _goes_round(site, move)}
    later = used_behind(site) | (looped & {n.id for s in site.prior for n in free_names(s)})
    changed = draft.knowledge.changed_in(parts_of(site))
    if isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        given = handed.named(draft)
        own = set(parameters(site.region))
        changed = {given.get(n, n): deep for n, deep in changed.items() if n in given or n not in own}
    if site.form == "wrap":
        changed |= dict.fromkeys(_changed_when_run(draft), True)
    # What is made inside is carried out as it is.
    made = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    known = draft.slice.stale | set(draft.slice.roots) | roots.keys()
    lost = known & later & set(spread(changed, draft.slice.tied)) - made
    for name in sorted(lost):
        one = name in roots and _one_name(draft, roots[name])
        if len(lost) > 1 or name in looped or site.form == "wrap" or not one:
            raise Refused(f"what the section changes in '{name}' is used behind it")
    _refuse_split(draft, made | lost, known)
    return lost


def _refuse_split(draft: Draft, carried: set[str], known: set[str]) -> None:
    """Raises `Refused` where code behind the section changes one object under two names of which only one is fresh by then."""
    site = draft.site
    end = site.statement.end_lineno or 0
    behind = [n for n in shallow(site.function.body) if isinstance(n, ast.stmt) and n.lineno > end]
    tied = [*draft.slice.tied, *links(behind)]
    known = known & used_behind(site)
    for name, deep in draft.knowledge.changed(behind).items():
        seen = spread({name: deep}, tied).keys() & known
        if seen & carried and seen - carried:
            fresh, old = min(seen & carried), min(seen - carried)
            raise Refused(f"what is changed behind the section is seen in '{fresh}' and in '{old}'")
    for node in shallow(behind):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            seen = loads(node) & known
            if seen & carried and seen - carried:
                raise Refused(
                    f"line {node.lineno} asks whether '{min(seen & carried)}' is still the object "
                    f"that '{min(seen - carried)}' holds"
                )


def _goes_round(site: Site, move: Move) -> bool:
    """Whether the section is in a loop that what it needs was read before."""
    return any(origin(move.statement) not in set(ast.walk(loop)) for loop in going_round(site.ancestors))


def _one_name(draft: Draft, move: Move) -> bool:
    """Whether a root is bound by a plain statement, in the function around the section, and nothing shares its name."""
    statement = move.statement
    aliased = isinstance(move.value, ast.Name) or any(
        isinstance(m.value, ast.Name) and m.value.id == move.name for m in draft.slice.moves
    )
    plain = move.kind == "guard" or (
        isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    )
    bare = move.root is not None and move.root.kind == "entry"
    given = move.name in handed.named(draft).values()
    return plain and bare and not aliased and not given


def _changed_when_run(draft: Draft) -> set[str]:
    """What the statements that make the mutator give it to change later."""
    region = draft.site.region
    name = base_name(region) if isinstance(region, ast.Name | ast.Attribute) else None
    found: set[str] = set()
    for move in reversed(draft.slice.moves):
        if move.kind == "plain" and name in bound(move.statement):
            found |= draft.knowledge.changed(move.statement).keys() - {name}
            same = move.statement.value if isinstance(move.statement, ast.Assign) else None
            name = same.id if isinstance(same, ast.Name) else name
    return found


def refuse_capture(draft: Draft) -> None:
    """No moved statement may come to mean something else by the names of the region."""
    site, found = draft.site, draft.slice
    again = _bound_again(draft)
    if again:
        raise Refused(f"'{again[0]}' is bound again inside the section")
    if site.form == "with" or site.region is site.function:
        own: set[str] = set()
    elif isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own = set(parameters(site.region))
        if not isinstance(site.region, ast.Lambda):
            own |= bound(site.region.body)
    else:
        own = set()
    plain = {n for m in found.moves if m.kind != "root" for n in bound(m.statement)}
    for move in found.moves:
        if move.kind == "plain":
            again = sorted(rebound(draft.knowledge, move.statement) & (set(draft.renames) | own))
            if again:
                raise Refused(
                    f"line {move.statement.lineno} gives '{again[0]}' another value, which goes by another name inside"
                )
            outer = set(draft.knowledge.changed(move.statement)) - _defined(draft) - _own(move.statement)
            if outer:
                raise Refused(
                    f"line {move.statement.lineno} changes '{sorted(outer)[0]}', which does not belong to the value"
                )
    dropped = set(handed.named(draft)) | _same_inside(draft)
    clash = (own - dropped - plain) & (found.captured | {w for r in spelled_names(draft) for w in r})
    clash -= {site.fresh}
    if site.form == "wrap":
        return
    if clash:
        raise Refused(f"'{sorted(clash)[0]}' means something else inside the mutator")
    if site.fresh in found.captured:
        raise Refused(f"'{site.fresh}' means something else inside the mutator")


def doubt_twice(draft: Draft) -> None:
    """Notes what a moved statement changes by another name, and goes on changing outside as well."""
    known = draft.slice.stale | draft.slice.roots.keys() | _defined(draft)
    here = own_names(draft.site.function) | bound(draft.code.tree.body)
    tied = aliases(s for s in draft.site.prior if draft.site.region not in set(ast.walk(s)))
    handed_in = _handed_in(draft)
    for move in draft.slice.moves:
        if move.kind in ("root", "refresh") or move.statement in draft.gone:
            continue
        tests = [each.test for each in branches(move.statement)] if isinstance(move.statement, ast.If) else []
        changed = draft.knowledge.changed(tests if move.kind == "guard" and tests else move.statement)
        reached = spread(changed, tied).keys() - known - _own(move.statement)
        for name in sorted((reached & here) | (handed_in & (changed.keys() | _grown(move.statement)))):
            if name not in draft.knowledge.imported and not draft.knowledge.definition(name, move.statement):
                draft.doubts.append(
                    f"line {move.statement.lineno} changes '{name}' once more inside the section"
                )


def _handed_in(draft: Draft) -> set[str]:
    """The parameters whose object is there before anything inside makes it anew."""
    made = {
        name
        for m in draft.slice.moves
        if not isinstance(m.statement, ast.AugAssign)
        for name, _ in bindings(m.statement)
    }
    return set(parameters(draft.site.function)) - made


def _grown(statement: ast.stmt) -> set[str]:
    """The name whose object `name |= more` changes."""
    match statement:
        case ast.AugAssign(target=ast.Name(id=name), value=value) if not is_scalar(value):
            return {name}
    return set()


def doubt_rebound(draft: Draft) -> None:
    """Notes what is built inside and may get another value by a function that is called, or handed on, by what stays outside."""
    site = draft.site
    moved = {m.statement for m in draft.slice.moves}
    made = {n for m in draft.slice.moves if m.kind == "plain" for n in bound(m.statement)}
    for inner in ast.walk(site.function):
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) or inner is site.region:
            continue
        again = sorted(
            made & {n for s in shallow(inner.body) if isinstance(s, ast.Nonlocal) for n in s.names}
        )
        for statement in site.prior if again else ():
            staying = statement not in moved and statement is not inner and statement is not site.region
            if staying and any(isinstance(n, ast.Name) and n.id == inner.name for n in ast.walk(statement)):
                draft.doubts.append(
                    f"{inner.name}() may give '{again[0]}' another value, and what line {statement.lineno} does "
                    "with it is not done again inside"
                )


def _own(statement: ast.stmt) -> set[str]:
    """The names of the comprehensions in a statement."""
    return {
        name for node in ast.walk(statement) if isinstance(node, COMPREHENSIONS) for name in own_names(node)
    }


def _bound_again(draft: Draft) -> list[str]:
    """The names that stand for something fresh from the beginning of the region on, and for something else later in it."""
    site = draft.site
    again: set[str] = set()
    if site.form == "with":
        again = bound(site.body)
    elif isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef):
        again = outer_names(site.region) & bound(site.region.body)
    return sorted(again & set(draft.renames) & {u.id for u in draft.slice.uses})


def _same_inside(draft: Draft) -> set[str]:
    """Parameters that are given the outer name of the same spelling."""
    region, site = draft.site.region, draft.site
    if not isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return set()
    a = region.args
    found = {
        p.arg
        for p, d in [
            *zip(a.args[len(a.args) - len(a.defaults) :], a.defaults, strict=True),
            *zip(a.kwonlyargs, a.kw_defaults, strict=True),
        ]
        if isinstance(d, ast.Name) and d.id == p.arg
    }
    if site.section.form == "decorator" and site.call is not None:
        names = [p.arg for p in a.args][1:]
        pairs = [
            *zip(names, site.call.args, strict=False),
            *((k.arg, k.value) for k in site.call.keywords),
        ]
        found |= {name for name, v in pairs if isinstance(v, ast.Name) and v.id == name and name}
    return found


def _defined(draft: Draft) -> set[str]:
    return {n for m in draft.slice.moves for n in (bound(m.statement) | {m.name})}


def spelled_names(draft: Draft) -> list[set[str]]:
    """The names that the keys of the fresh look-ups are spelled with."""
    names: list[set[str]] = []
    for root in [m.root for m in draft.slice.moves if m.root] + [r for _, r in draft.slice.inline]:
        names.append({n for n in loads(ast.parse(root.key or "0", mode="eval"))})
    return names
