"""What the region changes in the fresh state before it comes to use what was read there: that must be copied first.

A reader hands out a copy, which stays what it was; the section hands out the state itself, which changes under its hands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lint_rmw.fixes.copies import is_plain, is_scalar
from lint_rmw.fixes.own_writes import distinct
from lint_rmw.fixes.paths import Path, constant, named_fields, path_of
from lint_rmw.fixes.rounds import once, over
from lint_rmw.fixes.sharing import Bond, Link, links, spread
from lint_rmw.fixes.site import Refused, parts_of
from lint_rmw.fixes.streams import drawn_late, taken_at_once
from lint_rmw.fixes.syntax import (
    COMPREHENSIONS,
    GROWING,
    LOOPS,
    SCOPES,
    base_name,
    bindings,
    bound,
    deepen,
    last_word,
    loads,
    parameters,
)

if TYPE_CHECKING:
    from lint_rmw.fixes.moves import Move
    from lint_rmw.fixes.root import Root
    from lint_rmw.fixes.slices import Slicer

_LOOPS = (*LOOPS, *COMPREHENSIONS)
_ENTRY, _FIELD, _BELOW = 0, 1, 2


@dataclass(frozen=True)
class Change:
    """A place where the fresh state changes, done at `end`; `depth` says if an entry is put in its place, a field of one, or what lies below.

    `fields` are those of the entry that it is about; none named means any.
    """

    node: ast.AST
    end: int
    depth: int
    fields: frozenset[str]

    def meets(self, fields: frozenset[str]) -> bool:
        """Whether it may be about one of these fields."""
        return not self.fields or not fields or bool(self.fields & fields)


@dataclass(frozen=True)
class Use:
    """A place inside where something read before is used: the names it stands for, by which field, if it is kept, and as a whole.

    What is asked for `late` goes on looking while its statement changes the state.
    """

    node: ast.expr
    names: frozenset[str]
    field: ast.expr | None
    fields: frozenset[str]
    kept: bool
    whole: bool
    late: bool = False


def settle(slicer: Slicer, tied: list[Link]) -> None:
    """Has all that would change before it is used copied at the top of the region; raises `Refused` where it cannot be."""
    changes = list(_changes(slicer))
    if not changes:
        return
    found = slicer.found
    for node, root in list(found.inline):
        _inline(slicer, changes, node, root)
    roots = {m.name for m in found.moves if m.kind == "root"} | {
        n for n, r in slicer.roots.items() if r.kind != "record"
    }
    late = drawn_late(slicer.knowledge, slicer.site.prior)
    for use in _uses(slicer):
        use = replace(use, late=bool(use.names & late) and not taken_at_once(slicer.code, use.node))
        for change in changes:
            if _harmless(slicer, changes, use, change):
                continue
            below = change.depth is _BELOW
            for name in roots:
                reached = spread({name: below}, tied)
                if use.names & set(reached) and (change.depth is not _ENTRY or _is_store(slicer, name)):
                    deepen(found.changed, [(name, below)])
            for move in found.moves:
                if move.kind != "plain" or not _reads_itself(slicer, move):
                    continue
                if use.names & set(spread(dict.fromkeys(bound(move.statement), below), tied)):
                    _copy_reads(slicer, move, change.depth)


def _is_store(slicer: Slicer, name: str) -> bool:
    return name in slicer.roots and slicer.roots[name].kind == "store"


def _reads_itself(slicer: Slicer, move: Move) -> bool:
    return any(not isinstance(node, ast.Name) for node, _ in slicer.reads.spelled(move.statement, move.roots))


def _copy_reads(slicer: Slicer, move: Move, depth: int) -> None:
    if (given := dict(bindings(move.statement)).values()) and all(map(is_plain, given)):
        return
    for node, root in slicer.reads.spelled(move.statement, move.roots):
        part = isinstance(slicer.code.parents.get(node), ast.Subscript | ast.Attribute | ast.Dict | ast.BinOp)
        # What is taken out of a store is an entry, with its fields below it.
        below = depth is _BELOW or (depth is _FIELD and root.kind == "store")
        if not isinstance(node, ast.Name) and root.kind != "record" and (below or not part):
            slicer.found.private.add(node)


def _inline(slicer: Slicer, changes: list[Change], node: ast.expr, root: Root) -> None:
    """A look-up inside that was made in what was read before, and would now be made in the changed state."""
    if node not in set(ast.walk(slicer.site.region)):
        # What a locked function is called with is made at the top.
        return
    if root.kind == "store" and (within := _changed_while_gone_over(slicer, changes, node)):
        slicer.found.drawn[node] = any(c.depth is not _ENTRY for c in within)
        return
    use = _use(slicer, node, frozenset())
    met = [c for c in changes if not _harmless(slicer, changes, use, c)]
    if not met:
        return
    name = base_name(node)
    if name in slicer.roots and not isinstance(node, ast.Name):
        found = slicer.found
        found.inline = [pair for pair in found.inline if pair[0] is not node]
        found.uses += [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name]
        found.changed[name] = True
    elif all(c.end > slicer.code.start(node) for c in met) and not _again(slicer, node, met):
        slicer.found.private.add(node)
    else:
        raise Refused(f"line {node.lineno} would read what the section itself has changed before")


def _changed_while_gone_over(slicer: Slicer, changes: list[Change], node: ast.expr) -> list[Change]:
    """What a loop over the store changes of it, but for the entry that each round puts in place of its own."""
    loop = over(slicer.code, node)
    if loop is None:
        return []
    body = {n for s in loop.body for n in ast.walk(s)}
    target = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else loop.target
    return [c for c in changes if c.node in body and not _puts_back(c, ast.unparse(target))]


def _puts_back(change: Change, key: str) -> bool:
    match change:
        case Change(node=ast.Subscript(slice=chosen, ctx=ast.Store()), depth=0):
            return ast.unparse(chosen) == key
    return False


def _again(slicer: Slicer, node: ast.expr, met: list[Change]) -> bool:
    return any(_in_any_order(slicer, node, c.node) for c in met)


def _harmless(slicer: Slicer, changes: list[Change], use: Use, change: Change) -> bool:
    """Whether a change cannot be seen through a use."""
    code = slicer.code
    if change.node is slicer.site.region:
        return change.end > code.start(use.node)
    late = use.late and change.node in set(ast.walk(code.statement(use.node)))
    if late or change.end <= code.start(use.node) or _in_any_order(slicer, use.node, change.node):
        if change.depth is _ENTRY:
            return False
        return not change.meets(use.fields) or _its_own(slicer, use, change)
    if change.depth is _ENTRY or not use.kept:
        return True
    # What is kept somewhere lives on: only where it takes the place of the entry it was read from is that the same.
    statement = code.statement(use.node)
    same = [c for c in changes if code.statement(c.node) is statement]
    if any(c.depth is _ENTRY for c in same):
        return True
    if change in same:
        if isinstance(change.node, ast.Call) and _reads_first(slicer, change.node):
            return True
        # An entry, or what lies in one, that comes to lie in itself.
        return not use.whole and (
            use.field is None or change.depth is not _BELOW or not change.meets(use.fields)
        )
    if use.whole:
        return False
    kept_at = frozenset(f for c in same for f in c.fields)
    return (
        change.depth is not _BELOW or not (kept_at and use.fields) or not change.meets(kept_at | use.fields)
    )


def _reads_first(slicer: Slicer, call: ast.Call) -> bool:
    """Whether a function of this file is one statement, so that all it reads it reads before it changes anything."""
    known = slicer.knowledge.definition(call.func.id, call) if isinstance(call.func, ast.Name) else None
    if not isinstance(known, ast.FunctionDef) or len(known.body) != 1:
        return False
    return isinstance(known.body[0], ast.Assign | ast.AugAssign)


def _its_own(slicer: Slicer, use: Use, change: Change) -> bool:
    """Whether a loop changes in each round another field than in the others, and reads no other there.

    Or what is put there is the very value that was read.
    """
    code = slicer.code
    read, statement = use.field, code.statement(change.node)
    if read is None or not isinstance(change.node, ast.Subscript):
        return False
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Subscript):
        copied = statement.value
        alike = isinstance(copied.value, ast.Name) and copied.value.id in use.names
        if alike and ast.dump(copied.slice) == ast.dump(change.node.slice) == ast.dump(read):
            return True
    if ast.dump(change.node.slice) != ast.dump(read) or code.statement(use.node) is not statement:
        return False
    return any(
        isinstance(around, ast.For)
        and ast.unparse(around.target) == ast.unparse(read)
        and distinct(slicer, around.iter)
        for around in code.around(statement)
    )


def _in_any_order(slicer: Slicer, one: ast.AST, other: ast.AST) -> bool:
    """Whether a loop or a function inside the region makes the later of two places run before the other."""
    inside = {n for part in parts_of(slicer.site) for n in ast.walk(part)} - {slicer.site.region}
    around = {n for n in slicer.code.around(one) if n in inside}
    others = {n for n in slicer.code.around(other) if n in inside}
    if any(isinstance(n, SCOPES) for n in around ^ others):
        return True
    return any(
        isinstance(n, _LOOPS) and not once(n) and not _is_drawn_from(n, (one, other)) for n in around & others
    )


def _is_drawn_from(loop: ast.AST, nodes: tuple[ast.AST, ...]) -> bool:
    """Whether one of the nodes stands in what a loop goes over, which is looked up once."""
    first = loop if isinstance(loop, ast.For | ast.AsyncFor) else getattr(loop, "generators", [None])[0]
    drawn = (
        set(ast.walk(first.iter)) if isinstance(first, ast.For | ast.AsyncFor | ast.comprehension) else set()
    )
    return any(node in drawn for node in nodes)


def _uses(slicer: Slicer) -> Iterator[Use]:
    region = slicer.site.region
    inside = {n for part in parts_of(slicer.site) for n in ast.walk(part)}
    given: dict[str, frozenset[str]] = {}
    for use in slicer.found.uses:
        parent = slicer.code.parents.get(use)
        if isinstance(parent, ast.arguments) or (use in inside and use not in set(ast.walk(region))):
            continue
        yield _use(slicer, use, frozenset({use.id}))
    if isinstance(region, SCOPES):
        for parameter, value in _defaults(slicer):
            names = loads(value) & (set(slicer.roots) | slicer.stale)
            if names:
                given[parameter] = frozenset(names)
        for node in ast.walk(region):
            if isinstance(node, ast.Name) and node.id in given and isinstance(node.ctx, ast.Load):
                yield _use(slicer, node, given[node.id])
    yield from _behind(slicer)


def _behind(slicer: Slicer) -> Iterator[Use]:
    """What is made inside and used behind the section, when all that changes has changed."""
    site = slicer.site
    made = {n for m in slicer.found.moves if m.kind == "plain" for n in bound(m.statement)} & slicer.stale
    given = [
        pair
        for m in slicer.found.moves
        for s in ast.walk(m.statement)
        for pair in bindings(s)
        if m.kind == "plain"
    ]
    for node in ast.walk(site.function):
        if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store) or node.id not in made:
            continue
        if node.lineno > (site.statement.end_lineno or 0):
            values = [value for name, value in given if name == node.id]
            paths = [path_of(value, dict.fromkeys(slicer.roots, ())) for value in values]
            fields = {path[0] for path in paths if path}
            plain = len(fields) == len(values) == 1 and None not in fields
            known = frozenset(f for f in fields if f is not None and plain)
            yield Use(node, frozenset({node.id}), None, known, True, False)


def _defaults(slicer: Slicer) -> Iterator[tuple[str, ast.expr]]:
    region, site = slicer.site.region, slicer.site
    assert isinstance(region, SCOPES)
    args = region.args
    positional = [*args.posonlyargs, *args.args]
    yield from (
        (p.arg, d)
        for p, d in zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True)
    )
    yield from ((p.arg, d) for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None)
    if site.section.form == "decorator" and site.call is not None:
        yield from zip(parameters(region)[1:], site.call.args, strict=False)
        yield from ((k.arg, k.value) for k in site.call.keywords if k.arg)


def _use(slicer: Slicer, node: ast.expr, names: frozenset[str]) -> Use:
    """How a use goes on: by which field, and whether what it gives is kept rather than looked at."""
    parents = slicer.code.parents
    here: ast.AST = node
    around = parents.get(here)
    root = slicer.roots.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(node, ast.Name) and root is None and names == {node.id}:
        return Use(node, names, None, frozenset(), _is_kept(around, node, None), False)
    field: ast.expr | None = None
    match around:
        case ast.Subscript(value=value, slice=chosen) if value is node:
            field, here = chosen, around
        case ast.Attribute(value=value, attr="get") if value is node:
            call = parents.get(around)
            if isinstance(call, ast.Call) and call.args:
                field, here = call.args[0], call
        case ast.Attribute(value=value, attr=attr) if value is node and attr not in ("items", "copy"):
            field, here = ast.Constant(attr), around
    around = parents.get(here)
    name = field.value if isinstance(field, ast.Constant) and isinstance(field.value, str) else None
    kept = _is_kept(around, here, field)
    return Use(node, names, field, frozenset({name} if name else ()), kept, field is None)


def _is_kept(around: ast.AST | None, here: ast.AST, field: ast.expr | None) -> bool:
    """Whether what a use gives may be held on to."""
    match around:
        case ast.BinOp() | ast.Compare() | ast.FormattedValue() | ast.UnaryOp():
            return False
        case ast.Subscript() | ast.Attribute() | ast.Expr():
            return field is not None
        case ast.Dict(keys=keys, values=values):
            return field is not None or here not in [
                v for k, v in zip(keys, values, strict=True) if k is None
            ]
        case ast.Call(func=ast.Attribute(attr="update" | "extend"), args=args) if here in args:
            return field is not None
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            # It takes the place of what is missing or empty.
            return first is here
    return True


def _changes(slicer: Slicer) -> Iterator[Change]:
    """Every place in the region where the fresh state changes; a mutator that an expression makes may change anything."""
    site, code = slicer.site, slicer.code
    if site.form == "wrap":
        yield Change(site.region, code.end(site.region), _BELOW, frozenset())
    parts = parts_of(site)
    start: Path = ("",) if site.hands_entry else ()
    paths: dict[str, Path] = {site.fresh: start}
    made = links(parts)
    for _ in range(3):
        for part in parts:
            for name, value in bindings(part):
                path = path_of(value, paths)
                if path is not None and name not in paths:
                    paths[name] = path
    reach = spread({site.fresh: True}, [m for m in made if m.bond in (Bond.SAME, Bond.PART)])
    known = set(paths) | set(reach)
    for node in (n for part in parts for n in ast.walk(part)):
        statement = code.statement(node) if isinstance(node, ast.expr) else None
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                if base_name(node) in known and statement is not None:
                    path = path_of(node, paths)
                    grown = isinstance(statement, ast.AugAssign) and not is_scalar(statement.value)
                    yield _change(node, code.end(statement), path, 0 if grown else -1)
            case ast.AugAssign(target=ast.Name(id=name)) if name in known:
                yield _change(node, code.end(node), paths.get(name), 0)
            case ast.Call(func=ast.Attribute(value=kept, attr=attr)) if attr in GROWING:
                if base_name(kept) in known:
                    path = path_of(kept, paths)
                    yield _change(
                        node, code.end(node), path, 0, named_fields(node) if path and len(path) == 1 else ()
                    )
            case ast.Attribute(value=kept, attr=attr, ctx=ast.Load()) if attr in GROWING:
                called = code.parents.get(node)
                if base_name(kept) in known and not (isinstance(called, ast.Call) and called.func is node):
                    yield _change(node, code.start(node), path_of(kept, paths), 0)
            case ast.Call(args=[held, index, *_]) if last_word(node.func) in ("setitem", "delitem"):
                if base_name(held) in known:
                    path = path_of(held, paths)
                    whole = None if path is None else (*path, constant(index))
                    yield _change(node, code.end(node), whole, -1)
            case ast.Call():
                changed = set(slicer.knowledge.changed(node)) | {
                    n for n, _ in slicer.knowledge.handed_on(node)
                }
                if changed & known:
                    yield Change(node, code.end(node), _BELOW, frozenset())


def _change(node: ast.AST, end: int, path: Path | None, more: int, fields: tuple[str, ...] = ()) -> Change:
    if path is None:
        return Change(node, end, _BELOW, frozenset())
    depth = min(len(path) + more, _BELOW)
    field = path[1] if len(path) > 1 else None
    return Change(node, end, depth, frozenset({field}) if field else frozenset(fields))
