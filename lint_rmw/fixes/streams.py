"""What is used up by going over it: who goes over it once more, inside a section, finds nothing left."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lint_rmw.fixes.sharing import AT_ONCE, ITERATORS
from lint_rmw.fixes.syntax import Code, Function, base_name, free_names, last_word, method, mutated, shallow

if TYPE_CHECKING:
    from lint_rmw.fixes.definitions import Definitions
    from lint_rmw.fixes.draft import Draft

_DEEPEST = 4
_LIBRARY = ITERATORS | frozenset(
    "tee finditer scandir iglob iterdir reader DictReader open unified_diff context_diff ndiff restore iter_unpack".split()
)
# All that a module makes, under whatever name it was imported.
_MODULES = frozenset({"itertools"})
# As methods, these words count and repeat.
_COUNTERS = frozenset({"count", "repeat"})
_COLLECTIONS = frozenset({"Counter", "OrderedDict", "ChainMap", "UserList", "UserDict"})


def streams(known: Definitions, nodes: Iterable[ast.AST], depth: int = 0) -> dict[str, set[str]]:
    """The names bound to what is used up by going over it, each with all that are used up with it."""
    found: dict[str, set[str]] = {}
    for node in (n for root in nodes for n in ast.walk(root)):
        for names, value in _given(node):
            drawn = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} & set(found)
            if _is_used_up(known, value, depth) or (isinstance(value, ast.Name) and drawn):
                together = names.union(*(found[n] for n in drawn))
                found |= dict.fromkeys(names, together)
    return found


def drawn_late(known: Definitions, nodes: Iterable[ast.AST]) -> set[str]:
    """The names of what looks up its elements only when somebody asks for them, and of functions that make such a thing."""
    nodes = list(nodes)
    makers = {
        n.name
        for root in nodes
        for n in ast.walk(root)
        if isinstance(n, ast.FunctionDef) and _returns_stream(known, n, 0)
    }
    return makers | set(streams(known, nodes))


def taken_at_once(code: Code, node: ast.expr) -> bool:
    """Whether all that a name or its call gives is taken right where it stands."""
    around = code.parents.get(node)
    if isinstance(around, ast.Call) and around.func is node:
        around = code.parents.get(around)
    return isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and around.func.id in AT_ONCE


def _given(node: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            pass
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.NamedExpr(target=target, value=value)
        ):
            targets = [target]
        case _:
            return
    parts = [p for t in targets for p in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]
    yield {name for part in parts if (name := base_name(part)) is not None}, value


def _is_used_up(known: Definitions, value: ast.expr, depth: int) -> bool:
    """Whether a value is, or keeps, something that can be gone over once."""
    match value:
        case ast.GeneratorExp():
            return True
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return _is_used_up(known, inner, depth)
        case ast.IfExp(body=one, orelse=other):
            parts = [one, other]
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            pass
        case ast.Call():
            return _gives_stream(known, value, depth)
        case _:
            return False
    return any(_is_used_up(known, part, depth) for part in parts)


def _gives_stream(known: Definitions, call: ast.Call, depth: int) -> bool:
    spelled = ast.unparse(call.func)
    word = spelled.rsplit(".", 1)[-1]
    called: ast.AST | None = None
    match call.func:
        case ast.Name(id=name):
            called = known.definition(name, call)
        case ast.Attribute(value=value, attr=name):
            called = known.method_of(value, name, call)
        case ast.Lambda():
            called = call.func
    if called is not None and depth < _DEEPEST:
        match called:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return _returns_stream(known, called, depth + 1)
            case ast.Lambda(body=body):
                return _is_used_up(known, body, depth + 1)
            case ast.ClassDef() if _goes_over_itself(called) or _keeps_stream(known, called, depth + 1):
                return True
    module, meant = known.imported_as(call.func)
    if called is None and ({word, meant} & _LIBRARY or spelled in _COUNTERS or module in _MODULES):
        return True
    if (module, meant) == ("heapq", "merge"):
        return True
    # An object keeps what it is made of.
    kept = word[:1].isupper() and word not in _COLLECTIONS
    given = [*call.args, *(k.value for k in call.keywords)]
    return kept and any(_is_used_up(known, each, depth) for each in given)


def _returns_stream(known: Definitions, function: Function, depth: int) -> bool:
    inside = list(shallow(function.body))
    if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inside):
        return True
    own = streams(known, function.body, depth)
    answers = [n.value for n in inside if isinstance(n, ast.Return) and n.value is not None]
    return any(
        _is_used_up(known, each, depth) or (isinstance(each, ast.Name) and each.id in own) for each in answers
    )


def _goes_over_itself(klass: ast.ClassDef) -> bool:
    """Whether the objects of a class change when they are gone over."""
    return any(
        isinstance(function := method(klass, name), ast.FunctionDef) and "self" in mutated(function.body)
        for name in ("__iter__", "__next__")
    )


def _keeps_stream(known: Definitions, klass: ast.ClassDef, depth: int) -> bool:
    made = method(klass, "__init__")
    return made is not None and "self" in streams(known, made.body, depth)


def doubt(draft: Draft) -> None:
    """Notes what is gone over outside and inside, though nobody here knows whether it can be twice."""
    moved = {m.statement for m in draft.slice.moves}
    strange: dict[str, str] = {}
    for statement in draft.site.prior:
        if statement in moved:
            continue
        for names, value in _given(statement):
            unknown = draft.knowledge.of(value).unknown
            for name in names:
                strange.pop(name, None)
                if unknown and isinstance(value, ast.Call | ast.Await):
                    strange[name] = unknown[0]
    for move in draft.slice.moves:
        if move.kind != "plain" or move.statement in draft.gone:
            continue
        for name in sorted(strange.keys() & {n.id for n in _gone_over(move.statement)}):
            draft.doubts.append(
                f"line {move.statement.lineno} goes over '{name}' inside the section as well, "
                f"and what {strange[name]} gives may be used up by then"
            )


def _gone_over(statement: ast.stmt) -> Iterator[ast.Name]:
    """The names whose elements a statement asks for."""
    for node in ast.walk(statement):
        match node:
            case ast.For(iter=ast.Name() as name) | ast.comprehension(iter=ast.Name() as name):
                yield name
            case ast.Starred(value=ast.Name() as name):
                yield name
            case ast.Call(func=ast.Name() | ast.Attribute(), args=args):
                word = last_word(node.func)
                if word in ITERATORS or word in _TAKERS:
                    yield from (n for each in args for n in free_names(each))


_TAKERS = frozenset(
    "list tuple set frozenset dict sorted sum max min any all join extend update deque".split()
)
