"""Other places a stale value may come from: an earlier section, a cache in a global, an attribute of `self`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rmw.fixes.root import LEFT_OVER, Root
from lint_rmw.fixes.syntax import GROWING, bound, last_word, mutated, outer_names, parameters

if TYPE_CHECKING:
    from lint_rmw.fixes.roots import Reads


def kept(reads: Reads, node: ast.Attribute, attr: str) -> Root | None:
    """What a method left in `reads`, if it is read in one place and from what `reads` holds."""
    if not hasattr(node, "lineno") or isinstance(node.ctx, ast.Store):
        return None
    klass = next((n for n in reads.code.around(node) if isinstance(n, ast.ClassDef)), None)
    if klass is None:
        return None
    places = [
        n
        for n in ast.walk(klass)
        if isinstance(n, ast.Attribute) and n.attr == attr and isinstance(n.ctx, ast.Store | ast.Del)
    ]
    if len(places) != 1:
        return None
    kept = reads.code.parents[places[0]]
    if not isinstance(kept, ast.Assign) or len(kept.targets) != 1:
        return None
    if {n.id for n in ast.walk(kept.value) if isinstance(n, ast.Name) and n.id != "self"} & _locals(
        reads, kept
    ):
        return None
    return reads.root(kept.value, {})


def _locals(reads: Reads, node: ast.AST) -> set[str]:
    function = reads.code.function(node)
    return set() if function is None else (set(parameters(function)) | bound(function.body)) - {"self"}


def earlier(reads: Reads, node: ast.Call, name: str) -> Root | None:
    """The result of an earlier section that only looked: the same look may be taken again."""
    known = taker(reads, node, name)
    if known is None or reads.fresh.entry_key is not None or outer_names(known):
        return None
    if set(mutated(known.body)) - bound(known.body):
        return None
    return Root("value", f"{known.name}({reads.fresh.name})", brittle=True)


def taker(reads: Reads, node: ast.Call, name: str = "") -> ast.FunctionDef | None:
    """The mutator of a section call, if it is a function beside it that changes nothing in the store."""
    name = name or last_word(node.func)
    if name not in reads.updaters or not node.args or not isinstance(node.args[-1], ast.Name):
        return None
    if reads.home.is_other(node, name):
        return None
    known = reads.knowledge.definition(node.args[-1].id, node)
    if not isinstance(known, ast.FunctionDef) or len(parameters(known)) != 1 or known.decorator_list:
        return None
    if parameters(known)[0] in reads.knowledge.changed_parameters(known):
        return None
    effects = reads.knowledge.of(known.body)
    plain = all(u.startswith("an assignment to the outer name") for u in effects.unknown)
    return known if plain and not (effects.awaits or effects.minted or effects.traces) else None


def looked(reads: Reads, statement: ast.With | ast.AsyncWith, value: ast.expr) -> str | None:
    """How what a `with` section of the store saw is spelled in this one."""
    if len(statement.items) != 1 or reads.fresh.entry_key is not None:
        return None
    item = statement.items[0]
    match item:
        case ast.withitem(context_expr=ast.Call(func=func) as call, optional_vars=ast.Name(id=handed)):
            if last_word(func) not in reads.blocks or reads.home.is_other(call):
                return None
        case _:
            return None
    if handed in reads.knowledge.changed(value):
        return None
    text, start = reads.code.segment(value), reads.code.start(value)
    names = [n for n in ast.walk(value) if isinstance(n, ast.Name) and n.id == handed]
    for name in sorted(names, key=reads.code.start, reverse=True):
        low, high = reads.code.start(name) - start, reads.code.end(name) - start
        text = text[:low] + reads.fresh.name + text[high:]
    return text if names else None


def cache(reads: Reads, node: ast.Name) -> Root | None:
    """A global that is filled from the whole store, and in no other way."""
    if node.id not in reads.globals or reads.fresh.entry_key is not None:
        return None
    for scope in reads.code.around(node):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) and (
            node.id in parameters(scope) or node.id in bound(scope.body)
        ):
            return None
    return Root("store", reads.fresh.name, doubt=LEFT_OVER)


def caches(reads: Reads) -> set[str]:
    found = {
        n.targets[0].id
        for n in reads.code.tree.body
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Name)
        and ast.unparse(n.value) in ("{}", "dict()")
    }
    for node in ast.walk(reads.code.tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[value], keywords=[]
            ):
                root = None if name not in found else reads.root(value, {})
                if root is None or root.kind != "store":
                    found.discard(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in GROWING:
                found.discard(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.discard(name)
            case ast.Global(names=names):
                found -= set(names)
    filled = {
        n.func.value.id
        for n in ast.walk(reads.code.tree)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr == "update"
        and isinstance(n.func.value, ast.Name)
    }
    return found & filled
