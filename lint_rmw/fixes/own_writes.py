"""What the function itself may store between a read and the section: read again inside, it would be met there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lint_rmw.fixes.copies import is_scalar
from lint_rmw.fixes.gates import origin
from lint_rmw.fixes.rounds import once
from lint_rmw.fixes.sharing import tied_to
from lint_rmw.fixes.site import Refused, parts_of
from lint_rmw.fixes.syntax import LOOPS, bindings, bound, last_word, loads, parameters, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.moves import Move
    from lint_rmw.fixes.slices import Slicer

_DEEPEST = 4


def doubt(slicer: Slicer) -> None:
    """Notes every way in which the fresh entry may be the work of this very call, or what was built from it be lost."""
    _handed_on(slicer)
    reads = _reads(slicer)
    if not reads:
        return
    _sections_between(slicer, reads)
    _loops(slicer, reads)
    _other_uses(slicer)


def _handed_on(slicer: Slicer) -> None:
    """What stays outside may change an object that is built anew inside."""
    moved = {m.statement for m in slicer.found.moves}
    names = {name for m in slicer.found.moves for name in (*bound(m.statement), m.name)}
    _given_away(slicer, names)
    for statement in slicer.site.prior:
        if statement in moved or statement is slicer.site.region:
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name, function in slicer.knowledge.handed_on(statement):
            if name in names:
                if _is_all_that_is_written(slicer, name):
                    raise Refused(
                        f"{function} at line {statement.lineno} may change '{name}', which is written as it is then"
                    )
                slicer.found.doubts.append(
                    f"{function} at line {statement.lineno} may change '{name}', and is not called again inside"
                )


def _given_away(slicer: Slicer, names: set[str]) -> None:
    """A generator hands out what it yields, and whoever goes on with that may change it, or store something."""
    site = slicer.site
    yields = [
        node
        for node in shallow(site.function.body)
        if isinstance(node, ast.Yield | ast.YieldFrom) and node.lineno < site.statement.lineno
    ]
    if not yields:
        return
    given = dict(pair for s in site.prior for pair in bindings(s))
    objects = {n for n in names | slicer.found.stale if n not in given or not is_scalar(given[n])}
    for node in yields:
        if node.value is not None and {name for name, _ in tied_to(node.value)} & objects:
            raise Refused(f"what is yielded at line {node.lineno} may be changed before it is written")
        slicer.found.doubts.append(
            f"what is stored while line {node.lineno} yields would be met inside the section"
        )


def _is_all_that_is_written(slicer: Slicer, name: str) -> bool:
    """Whether an entry that was read goes into the store under its own name, with nothing done to it that is known."""
    found = slicer.found
    if any(m.kind == "plain" for m in found.moves) or name in slicer.knowledge.changed_in(
        parts_of(slicer.site)
    ):
        return False
    return any(m.name == name and m.root is not None for m in found.moves) and any(
        isinstance(slicer.code.parents.get(use), ast.Assign | ast.Dict | ast.Call)
        for use in found.uses
        if use.id == name
    )


def _reads(slicer: Slicer) -> list[Move]:
    """The statements whose reads are made again inside the section."""
    found = slicer.found
    names = {n.id for n in found.uses}
    names |= {name for node, _ in found.inline for name in loads(node)}
    names |= set(found.items)
    for around in slicer.site.ancestors:
        if isinstance(around, ast.For) and bound(around.target) & names:
            names |= loads(around.iter)
    moved = {m.statement for m in found.moves}
    reads: list[Move] = []
    for statement in reversed(list(slicer.moves)):
        move = slicer.moves[statement]
        if statement not in moved and not (bound(statement) | {move.name}) & names:
            continue
        names |= loads(statement)
        if move.kind == "refresh" or any(
            not isinstance(node, ast.Name) and any(isinstance(n, ast.Call) for n in ast.walk(node))
            for node, _ in slicer.reads.spelled(move.value or statement, {})
        ):
            reads.append(move)
    return reads


def _sections_between(slicer: Slicer, reads: list[Move]) -> None:
    prior = slicer.site.prior
    first = min(prior.index(move.statement) for move in reads)
    moved = {m.statement for m in slicer.found.moves} | {m.statement for m in reads}
    for statement in prior[first + 1 :]:
        if statement in moved or statement is slicer.site.region:
            continue
        if _stores(slicer, statement, _DEEPEST):
            slicer.found.doubts.append(
                f"what line {statement.lineno} stores in between would be met inside the section"
            )


def _stores(slicer: Slicer, nodes: ast.AST | Iterable[ast.AST], depth: int) -> bool:
    """Whether code reaches a section or a save of the store, itself or by functions of this file."""
    if not isinstance(nodes, ast.AST):
        return any(_stores(slicer, node, depth) for node in nodes)
    if isinstance(nodes, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    for node in shallow(nodes):
        if not isinstance(node, ast.Call):
            continue
        name = last_word(node.func)
        if slicer.reads.aliases.get(name, name) in slicer.reads.writers:
            return True
        match node.func:
            case ast.Name(id=plain):
                known = slicer.knowledge.definition(plain, node)
            case ast.Attribute(value=value):
                known = slicer.knowledge.method_of(value, name, node)
            case _:
                continue
        if known is None or isinstance(known, ast.ClassDef) or not depth:
            continue
        if isinstance(known, ast.Lambda):
            body: list[ast.AST] = [known.body]
        else:
            body = [*known.decorator_list, *known.body]
        if _stores(slicer, body, depth - 1):
            return True
    return False


def _loops(slicer: Slicer, reads: list[Move]) -> None:
    """In a loop around the section that goes on, every round would meet what the one before stored."""
    for loop in slicer.site.ancestors:
        if not isinstance(loop, LOOPS):
            continue
        inside = set(ast.walk(loop))
        outer = [move for move in reads if origin(move.statement) not in inside]
        if not outer or once(loop) or _left(slicer, loop) or _one_entry_a_round(slicer, loop):
            continue
        slicer.found.doubts.append(
            f"the loop at line {loop.lineno} may come to the entry again, and would meet what it stored itself"
        )


def _left(slicer: Slicer, loop: ast.stmt) -> bool:
    """Whether a loop is left once the section was through."""
    here: ast.AST = slicer.site.statement
    while here is not loop:
        if isinstance(here, ast.Return):
            return True
        block = slicer.code.block(here) if isinstance(here, ast.stmt) else None
        if block is not None:
            for after in block[block.index(here) + 1 :]:  # type: ignore[arg-type]
                if isinstance(after, ast.Return | ast.Raise | ast.Break):
                    return True
                if isinstance(after, ast.Continue):
                    return False
            around = slicer.code.parents[here]
            if isinstance(around, ast.Try | ast.TryStar) and block is around.body:
                for after in around.orelse:
                    if isinstance(after, ast.Return | ast.Raise | ast.Break):
                        return True
        here = slicer.code.parents[here]
        if isinstance(here, LOOPS) and here is not loop:
            return False
    return False


def _one_entry_a_round(slicer: Slicer, loop: ast.stmt) -> bool:
    """Whether a loop goes over keys that differ, and what is read is the entry of that key."""
    if not isinstance(loop, ast.For):
        return False
    roots = [m.root for m in slicer.found.moves if m.root is not None]
    roots += [root for _, root in slicer.found.inline]
    keys = {root.key for root in roots if root.kind == "entry"}
    targets = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    again = {name for s in loop.body for name in bound(s)}
    return bool(keys) and keys <= targets - again and distinct(slicer, loop.iter)


def distinct(slicer: Slicer, node: ast.expr) -> bool:
    """Whether no element of what is gone through comes up twice."""
    match node:
        case ast.Name(id=name):
            given = [
                value for s in slicer.site.prior for bound_name, value in bindings(s) if bound_name == name
            ]
            if slicer._whole(node):
                return True
            return len(given) == 1 and distinct(slicer, given[0])
        case ast.Call(
            func=ast.Name(id="list" | "sorted" | "tuple" | "reversed" | "enumerate"), args=[inner, *_]
        ):
            return distinct(slicer, inner)
        case ast.Call(func=ast.Name(id="set" | "frozenset" | "range")) | ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Attribute(value=mapping, attr="items" | "keys" | "copy")):
            return distinct(slicer, mapping)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if all(
            isinstance(e, ast.Constant) for e in elements
        ):
            return len({ast.dump(e) for e in elements}) == len(elements)
        case ast.ListComp(elt=element, generators=[only]) | ast.GeneratorExp(elt=element, generators=[only]):
            first = only.target.elts[0] if isinstance(only.target, ast.Tuple) else only.target
            return ast.dump(element) == ast.dump(first).replace("Store()", "Load()") and distinct(
                slicer, only.iter
            )
    return isinstance(node, ast.expr) and slicer._whole(node)


def _other_uses(slicer: Slicer) -> None:
    """A mutator that is called or handed over elsewhere as well would read fresh there, too."""
    region, site = slicer.site.region, slicer.site
    name = getattr(region, "name", None)
    if isinstance(region, ast.Lambda):
        statement = slicer.code.statement(region)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        name = target.id if isinstance(target, ast.Name) and statement.value is region else None  # type: ignore[attr-defined]
    if site.form == "wrap" and isinstance(site.mutator, ast.Name):
        name = site.mutator.id
    for twin in site.twins:
        slicer.found.doubts.append(
            f"the mutator is used at line {twin.lineno} as well, and would meet what it stored itself"
        )
    if name is None or site.statement is site.function.body[0]:
        return
    own = site.mutator if site.mutator is not None else site.call and site.call.func
    inside = {*ast.walk(region), *site.twins}
    for node in ast.walk(site.function):
        if (
            isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Load)
            and node is not own
            and node not in inside
        ):
            if site.form == "wrap" or site.section.form == "decorator" or parameters(region)[1:]:  # type: ignore[arg-type]
                raise Refused(f"'{name}' is used at line {node.lineno} as well")
            slicer.found.doubts.append(
                f"'{name}' is used at line {node.lineno} as well, and would meet what it stored itself"
            )
            return
