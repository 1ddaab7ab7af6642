"""Which names of a function hold the same objects, so that a change made through one of them is seen through another.

Steensgaard's idea without types: links hold whatever the order of the statements, which errs towards moving too much.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from lint_rmw.fixes.copies import copies, copies_deeply, makes_object
from lint_rmw.fixes.syntax import GROWING, Scope, base_name, loads, own_names, shallow

# They give back texts, numbers and truths, which nobody can change in place.
_PLAIN = frozenset(
    "len int float str bool bytes repr ascii hash id isinstance issubclass callable hasattr any all round abs ord chr "
    "format range print sum hex oct bin".split()
)
_PLAIN_METHODS = frozenset(
    "count index strip lstrip rstrip lower upper title casefold join startswith endswith removeprefix removesuffix zfill "
    "capitalize isoformat timestamp strftime total_seconds hexdigest digest encode decode isdigit isalpha isalnum dumps "
    "debug info warning error exception critical log issubset issuperset isdisjoint find rfind".split()
)

AT_ONCE = frozenset("dict list tuple set frozenset sorted min max next reduce Counter deque".split())
# Kept under a name, such a method goes on about its object.
_LOOKING = GROWING | frozenset("get items keys values copy count index".split())


class Bond(Enum):
    """How an object is tied to another: it may be the `SAME`, a `PART` below it, share parts as a `COPY`, or `HOLD` it.

    With `LOOK` it is code that looks at the other whenever it runs: it sees every change of that, and makes none.
    """

    SAME = "same"
    PART = "part"
    COPY = "copy"
    HOLD = "hold"
    LOOK = "look"


class Link(NamedTuple):
    """`name` is tied to `other`."""

    name: str
    bond: Bond
    other: str


def links(nodes: Iterable[ast.AST]) -> list[Link]:
    """The links that the assignments, loops, functions and storing calls in some code make, nested functions included."""
    inside = [node for root in nodes for node in ast.walk(root)]
    return [link for node in inside for link in _made(node)] + list(_given_back(inside))


def aliases(nodes: Iterable[ast.AST]) -> list[Link]:
    """The links by which names come to stand for what is there already, or a part of it; what a call gives is taken for new."""
    return [link for root in nodes for node in ast.walk(root) if not _makes(node) for link in _made(node)]


def spread(changed: Mapping[str, bool], tied: Iterable[Link]) -> dict[str, bool]:
    """The names whose objects change with those, themselves included; the value says whether below the first level."""
    found: dict[str, bool] = {}
    around: dict[str, list[tuple[Bond, str]]] = {}
    for link in tied:
        around.setdefault(link.other, []).append((_MIRRORED[link.bond], link.name))
        if link.bond is not Bond.LOOK:
            around.setdefault(link.name, []).append((link.bond, link.other))
    pending = [(name, deep, "") for name, deep in changed.items()]
    while pending:
        name, deep, origin = pending.pop()
        if found.get(name, False) >= deep and name in found:
            continue
        found[name] = deep
        for bond, other in around.get(name, ()):
            # Two names may be tied in several ways of which one is true: what came by one does not go back by another.
            passed = _passed(deep, bond) if other != origin else None
            if passed is not None:
                pending.append((other, passed, name))
    return found


def changers(value: ast.expr) -> bool:
    """Whether a value is, or holds, a method that changes its object: who calls it later changes that."""
    called = {node.func for node in ast.walk(value) if isinstance(node, ast.Call)}
    return any(
        isinstance(node, ast.Attribute) and node.attr in GROWING and node not in called
        for node in ast.walk(value)
    )


ITERATORS = frozenset(
    "iter map filter zip enumerate reversed chain from_iterable islice accumulate takewhile dropwhile starmap cycle "
    "compress filterfalse groupby pairwise batched zip_longest product".split()
)


def handed_to_inner(body: Iterable[ast.stmt]) -> set[str]:
    """The names that some code hands to functions of its own, which may change them."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    calls = [
        n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in own
    ]
    return {given.id for call in calls for given in call.args if isinstance(given, ast.Name)}


_MIRRORED = {
    Bond.SAME: Bond.SAME,
    Bond.COPY: Bond.COPY,
    Bond.PART: Bond.HOLD,
    Bond.HOLD: Bond.PART,
    Bond.LOOK: Bond.LOOK,
}


def _passed(deep: bool, bond: Bond) -> bool | None:
    """How deep the change of an object is one of what it is tied to; None if it is none."""
    if bond in (Bond.SAME, Bond.LOOK):
        return deep
    if bond is Bond.PART:
        return True
    return True if deep else None


def _given_back(nodes: Iterable[ast.AST]) -> Iterator[Link]:
    """What functions among some code give back of the names around them, to the names that take it."""
    given: dict[str, set[str]] = {}
    taken: list[tuple[ast.expr, ast.expr]] = []
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                answers = [n.value for n in shallow(node.body) if isinstance(n, ast.Return | ast.Yield)]
                told = [each for each in answers if each is not None]
                given.setdefault(name, set()).update(_answered(node, told))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name) and isinstance(value, ast.Lambda):
                        given.setdefault(target.id, set()).update(_answered(value, [value.body]))
                    taken.append((target, value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                taken.append((target, value))
            case ast.NamedExpr(target=target, value=value):
                taken.append((target, value))
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                taken.append((target, value))
    for target, value in taken:
        called = {
            n.func.id for n in ast.walk(value) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for other in {other for name in called & given.keys() for other in given[name]}:
            for taker in names - {other}:
                yield Link(taker, Bond.SAME, other)
                yield Link(taker, Bond.PART, other)


def _answered(function: Scope, answers: Iterable[ast.expr]) -> set[str]:
    """The names around a function that its answers may be, or lie in."""
    own = own_names(function)
    made = (
        [link for node in shallow(function.body) for link in _made(node)]
        if isinstance(function.body, list)
        else []
    )
    sources = {name: True for answer in answers for name, bond in tied_to(answer) if bond is not Bond.LOOK}
    return {name for name in spread(sources, made) if name not in own}


def _made(node: ast.AST) -> Iterator[Link]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value)
            for one, other in pairwise(targets):
                yield from _assigned(other, one)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(target, value)
        case ast.NamedExpr(target=target, value=value):
            yield from _assigned(target, value)
        case ast.AugAssign(target=target, value=value):
            yield from _stored(target, value, Bond.COPY)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield from _drawn(node.target, node.iter)
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield from _assigned(target, value)
        case ast.Match(subject=subject, cases=cases):
            for case in cases:
                for inner in ast.walk(case.pattern):
                    caught = getattr(inner, "name", None) or getattr(inner, "rest", None)
                    if isinstance(caught, str):
                        for bond in (Bond.SAME, Bond.PART):
                            yield from _bound(caught, subject, bond)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            for seen in loads(node):
                yield Link(name, Bond.LOOK, seen)
        case ast.Call(func=ast.Attribute(value=kept, attr=name), args=args, keywords=keywords):
            if name in GROWING:
                for given in (*args, *(k.value for k in keywords)):
                    yield from _stored(kept, given, Bond.HOLD)
                    yield from _stored(kept, given, Bond.COPY)
            elif name in ("setitem", "setattr") and len(args) == 3:
                yield from _stored(args[0], args[2], Bond.HOLD)
        case ast.Call(func=ast.Name(id="setattr"), args=[kept, _, given]):
            yield from _stored(kept, given, Bond.HOLD)


def _makes(node: ast.AST) -> bool:
    match node:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = all(isinstance(t, ast.Name | ast.Tuple | ast.List) for t in targets)
            return not named or any(isinstance(n, ast.Call) and not _looks_up(n) for n in ast.walk(value))
    return not isinstance(node, ast.For | ast.comprehension)


def _looks_up(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "setdefault")


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[Link]:
    match target, value:
        case ast.Name(id=name), _:
            yield from _bound(name, value, Bond.SAME)
        case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())) if len(target.elts) == len(
            value.elts
        ) and not any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts)):
            for part, given in zip(target.elts, value.elts, strict=True):
                yield from _assigned(part, given)
        case ((ast.Tuple() | ast.List()), _):
            for part in target.elts:
                yield from _drawn(part, value)
        case _:
            yield from _stored(target, value, Bond.HOLD)


def _drawn(target: ast.expr, value: ast.expr) -> Iterator[Link]:
    """An element, or several, of a value: a copy of a list has the same elements."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield from _bound(node.id, value, Bond.PART)


def _bound(name: str, value: ast.expr, how: Bond) -> Iterator[Link]:
    """`name` is the value, or with `PART` something in it."""
    for other, bond in tied_to(value):
        if how is Bond.SAME or bond is Bond.LOOK:
            yield Link(name, bond, other)
        elif bond is Bond.HOLD:
            yield Link(name, Bond.SAME, other)
            yield Link(name, Bond.HOLD, other)
        else:
            yield Link(name, Bond.PART, other)


def _stored(kept: ast.expr, value: ast.expr, how: Bond) -> Iterator[Link]:
    """The value comes to lie in what `kept` spells, or with `COPY` its parts do."""
    name = base_name(kept)
    if name is None:
        return
    for other, bond in tied_to(value):
        if bond is Bond.LOOK:
            yield Link(name, bond, other)
            continue
        yield Link(
            name, Bond.HOLD if bond in (Bond.SAME, Bond.PART) and how is Bond.HOLD else Bond.COPY, other
        )


def tied_to(value: ast.expr) -> Iterator[tuple[str, Bond]]:
    """The names that a value is tied to, and how."""
    if copies_deeply(value):
        return
    match value:
        case ast.Name(id=name):
            yield name, Bond.SAME
        case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.Starred(value=inner):
            yield from tied_to(inner)
        case ast.IfExp(body=one, orelse=other):
            yield from tied_to(one)
            yield from tied_to(other)
        case ast.BoolOp(values=values):
            for each in values:
                yield from tied_to(each)
        case ast.Subscript(value=inner, slice=ast.Slice()):
            yield from _weaker(inner, Bond.COPY)
        case ast.Attribute(value=inner, attr=attr) | ast.Subscript(value=inner, slice=attr):
            yield from _weaker(inner, Bond.PART)
            if attr in _LOOKING and isinstance(inner, ast.Name):
                yield inner.id, Bond.LOOK
        case ast.Dict(keys=keys, values=values):
            for key, each in zip(keys, values, strict=True):
                yield from _weaker(each, Bond.COPY if key is None else Bond.HOLD)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for each in elements:
                yield from _weaker(each, Bond.COPY if isinstance(each, ast.Starred) else Bond.HOLD)
        case ast.Lambda():
            for name in loads(value):
                yield name, Bond.LOOK
        case ast.GeneratorExp(elt=element, generators=generators):
            yield from _weaker(element, Bond.HOLD)
            # What it goes over first is looked up at once, all else when it is asked for an element.
            for name in loads(value) - loads(generators[0].iter):
                yield name, Bond.LOOK
        case ast.ListComp(elt=element) | ast.SetComp(elt=element):
            yield from _weaker(element, Bond.HOLD)
        case ast.DictComp(value=element):
            yield from _weaker(element, Bond.HOLD)
        case ast.BinOp(left=left, right=right):
            yield from _weaker(left, Bond.COPY)
            yield from _weaker(right, Bond.COPY)
        case ast.Call():
            yield from _called(value)


def _called(call: ast.Call) -> Iterator[tuple[str, Bond]]:
    """A call may give back what it is handed, something in it, or something that keeps it."""
    new = copies(call)
    given = list(call.args)
    match call.func:
        case ast.Attribute(attr="get" | "pop" | "setdefault"):
            # The key is only compared.
            given = given[1:]
    match call.func:
        case ast.Name(id=name) if name in _PLAIN:
            return
        case ast.Attribute(attr=name) if name in _PLAIN_METHODS:
            return
        case ast.Name(id=name) if name in ITERATORS:
            # Going over it changes nothing in what it goes over.
            new = True
        case ast.Attribute(value=kept, attr="items" | "keys" | "values"):
            # A view shows whatever is done to the mapping later.
            yield from tied_to(kept)
            yield from _weaker(kept, Bond.PART)
        case ast.Attribute(value=kept):
            yield from _weaker(kept, Bond.COPY if new else Bond.PART)
    at_once = isinstance(call.func, ast.Name) and call.func.id in AT_ONCE
    for each in [*given, *(keyword.value for keyword in call.keywords)]:
        if not at_once:
            # Who is handed code may keep it.
            yield from (pair for pair in tied_to(each) if pair[1] is Bond.LOOK)
        tied = _of_argument(call, each, new)
        yield from (pair for pair in tied if pair[1] is not Bond.LOOK)


def _of_argument(call: ast.Call, each: ast.expr, new: bool) -> Iterator[tuple[str, Bond]]:
    if new:
        yield from _weaker(each, Bond.COPY)
        if each not in call.args:
            yield from _weaker(each, Bond.HOLD)
        return
    if makes_object(call.func):
        yield from _weaker(each, Bond.HOLD)
        yield from _weaker(each, Bond.COPY)
        return
    for name, bond in tied_to(each):
        yield name, bond
        yield name, Bond.PART
        if bond is not Bond.COPY:
            yield name, Bond.HOLD


def _weaker(value: ast.expr, bond: Bond) -> Iterator[tuple[str, Bond]]:
    """The names of a value at one step further away."""
    for name, nearer in tied_to(value):
        if nearer is Bond.LOOK:
            yield name, nearer
        elif nearer is Bond.SAME or nearer is bond:
            yield name, bond
        elif bond is Bond.PART and nearer is Bond.HOLD:
            yield name, Bond.SAME
            yield name, Bond.HOLD
        elif bond is Bond.PART:
            yield name, Bond.PART
        elif nearer is Bond.HOLD:
            yield name, Bond.HOLD
        else:
            # A copy of a part, or something that holds one or a copy: they share what lies below.
            yield name, Bond.COPY
