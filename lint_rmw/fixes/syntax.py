"""A file as the fixes see it: its abstract tree with character offsets, parents, and what statements bind and use."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from lint_rmw.fixes.copies import is_scalar
from lint_rmw.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Block = list[ast.stmt]

LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
GROWING = frozenset(
    "update append extend insert add discard remove pop popitem clear setdefault sort reverse appendleft extendleft "
    "__setitem__ __delitem__ __ior__ __iadd__ move_to_end popleft rotate subtract intersection_update difference_update "
    "symmetric_difference_update".split()
)
MUTABLE = frozenset("dict list set deque OrderedDict defaultdict Counter".split())
# Functions that change their first argument.
CHANGING = frozenset(
    "setitem delitem setattr delattr heappush heappop heapify heapreplace heappushpop insort insort_left insort_right "
    "shuffle iadd ior iand isub imul ixor iconcat next anext".split()
)


class Code:
    """The tree of one file; offsets are 0-based and count characters, stretches are half-open."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.tree = source.tree

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def start(self, node: ast.AST) -> int:
        """Where a node begins."""
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where a node ends."""
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        low = self.source.line_starts[line - 1]
        # `ast` counts UTF-8 bytes; in a line of ASCII, which most are, that is the same.
        text = self.source.lines[line - 1]
        return low + (column if text.isascii() else len(text.encode()[:column].decode(errors="ignore")))

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def covering(self, start: int, end: int) -> Iterator[ast.AST]:
        """All nodes that stand exactly there, outermost first."""
        for node in ast.walk(self.tree):
            if hasattr(node, "lineno") and self.start(node) == start and self.end(node) == end:
                yield node

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        here = self.parents.get(node)
        while here is not None:
            yield here
            here = self.parents.get(here)

    def function(self, node: ast.AST) -> Function | None:
        """The `def` a node stands in."""
        return next(
            (n for n in self.around(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)), None
        )

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement a node stands in, or is."""
        if isinstance(node, ast.stmt):
            return node
        return next(n for n in self.around(node) if isinstance(n, ast.stmt))

    def block(self, statement: ast.stmt) -> Block | None:
        """The list of statements a statement is in."""
        parent = self.parents.get(statement)
        for name in ("body", "orelse", "finalbody"):
            found = getattr(parent, name, None)
            if isinstance(found, list) and any(item is statement for item in found):
                return found
        return None

    def indent(self, statement: ast.stmt) -> str:
        """The blanks before a statement on its line."""
        low = self.source.line_starts[first_line(statement) - 1]
        text = self.text[low : self.start_of(statement)]
        return text if not text.strip() else text[: len(text) - len(text.lstrip())]

    def indent_of_line(self, line: int) -> str:
        """The blanks a 1-based line begins with."""
        text = self.source.lines[line - 1]
        return text[: len(text) - len(text.lstrip())]

    def start_of(self, statement: ast.stmt) -> int:
        """Where a statement begins, its decorators included."""
        decorators = getattr(statement, "decorator_list", None)
        if decorators:
            return self.text.rindex("@", 0, self.start(decorators[0]) + 1)
        return self.start(statement)

    @cached_property
    def step(self) -> str:
        """One level of indentation, as the file does it."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(node, ast.stmt):
                outer, inner = self.indent(node), self.indent(body[0])
                if inner.startswith(outer) and len(inner) > len(outer):
                    return inner[len(outer) :]
        return "    "

    @cached_property
    def newline(self) -> str:
        """The line end of the file's first line."""
        line = self.source.lines[0] if self.source.lines else ""
        after = self.text[len(line) : len(line) + 2]
        return "\r\n" if after == "\r\n" else "\r" if after.startswith("\r") else "\n"


def first_line(statement: ast.stmt) -> int:
    """The 1-based line a statement begins on, its decorators included."""
    decorators = getattr(statement, "decorator_list", None)
    return min([statement.lineno, *(int(d.lineno) for d in decorators or ())])


def loads(node: ast.AST | Iterable[ast.AST]) -> set[str]:
    """Names read in a node that it does not bind in a scope of its own (nested functions, comprehensions)."""
    return {name.id for name in free_names(node)}


def free_names(node: ast.AST | Iterable[ast.AST]) -> Iterator[ast.Name]:
    """The places where a node reads a name of the scope it stands in."""
    if not isinstance(node, ast.AST):
        for part in node:
            yield from free_names(part)
        return
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Store):
            yield node
        return
    if isinstance(node, SCOPES):
        yield from _of_function(node)
        return
    if isinstance(node, COMPREHENSIONS):
        own = {n.id for gen in node.generators for n in ast.walk(gen.target) if isinstance(n, ast.Name)}
        yield from free_names(node.generators[0].iter)
        for child in ast.iter_child_nodes(node):
            for name in free_names(child):
                if name.id not in own and not _within(name, node.generators[0].iter):
                    yield name
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target
    for child in ast.iter_child_nodes(node):
        yield from free_names(child)


def _of_function(node: Scope) -> Iterator[ast.Name]:
    arguments = node.args
    body: list[ast.AST]
    yield from free_names([*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)])
    if isinstance(node, ast.Lambda):
        own, body = set(parameters(node)), [node.body]
    else:
        yield from free_names(node.decorator_list)
        shared = outer_names(node)
        own, body = (set(parameters(node)) | bound(node.body)) - shared, list(node.body)
    for name in free_names(body):
        if name.id not in own:
            yield name


def own_names(node: ast.AST) -> set[str]:
    """Names that mean something else inside a node, if that is a scope of its own."""
    match node:
        case ast.Lambda():
            return set(parameters(node))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (set(parameters(node)) | bound(node.body)) - outer_names(node)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return {n.id for gen in node.generators for n in ast.walk(gen.target) if isinstance(n, ast.Name)}
    return set()


def shadowed(node: ast.AST) -> set[ast.AST]:
    """The names inside a node that belong to a scope of their own in it."""
    found: set[ast.AST] = set()
    for scope in ast.walk(node):
        own = own_names(scope) if scope is not node else set()
        if not own:
            continue
        outer: list[ast.AST] = []
        match scope:
            case (
                ast.Lambda(args=arguments)
                | ast.FunctionDef(args=arguments)
                | ast.AsyncFunctionDef(args=arguments)
            ):
                outer = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
                outer += getattr(scope, "decorator_list", [])
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                outer = [scope.generators[0].iter]
        spared = {inner for part in outer for inner in ast.walk(part)}
        found |= {n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id in own and n not in spared}
    return found


def _within(name: ast.AST, node: ast.AST) -> bool:
    return any(child is name for child in ast.walk(node))


def outer_names(function: Function) -> set[str]:
    """Names a function declares `nonlocal` or `global`."""
    return {name for n in ast.walk(function) if isinstance(n, ast.Nonlocal | ast.Global) for name in n.names}


def parameters(function: Scope) -> list[str]:
    """The names of all parameters."""
    a = function.args
    stars = [star for star in (a.vararg, a.kwarg) if star is not None]
    return [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs, *stars)]


def shallow(node: ast.AST | Iterable[ast.AST]) -> Iterator[ast.AST]:
    """A node and what is in it, without the insides of nested functions and classes."""
    pending = [node] if isinstance(node, ast.AST) else list(node)[::-1]
    while pending:
        here = pending.pop()
        yield here
        if isinstance(here, (*SCOPES, ast.ClassDef)):
            continue
        pending.extend(list(ast.iter_child_nodes(here))[::-1])


def bound(node: ast.AST | Iterable[ast.AST]) -> set[str]:
    """Names a node binds in the scope it stands in."""
    found: set[str] = set()
    for here in shallow(node):
        match here:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.split(".")[0])
    if isinstance(node, ast.AST) and isinstance(
        node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ):
        return set()
    comprehended = {
        n.id
        for here in shallow(node)
        if isinstance(here, ast.comprehension)
        for n in ast.walk(here.target)
        if isinstance(n, ast.Name)
    }
    plain = {
        n.id
        for here in shallow(node)
        if isinstance(
            here, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor | ast.NamedExpr
        )
        for n in _targets(here)
    }
    return found - (comprehended - plain)


def _targets(node: ast.AST) -> Iterator[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
    for target in targets:
        for n in ast.walk(target):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                yield n


def base_name(node: ast.AST) -> str | None:
    """The name at the foot of a chain of attributes, subscripts and calls of `get`."""
    while True:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
                node = value
            case ast.Call(func=ast.Attribute(value=value)):
                node = value
            case _:
                return None


def last_word(function: ast.expr) -> str:
    """The name that a function is called by, without what it belongs to."""
    return ast.unparse(function).rsplit(".", 1)[-1]


def deepen(found: dict[str, bool], changed: Iterable[tuple[str, bool]]) -> None:
    """Adds names that change, each as deep as the deepest of its changes."""
    for name, deep in changed:
        found[name] = found.get(name, False) or deep


def mutated(node: ast.AST | Iterable[ast.AST]) -> dict[str, bool]:
    """Names whose object a node changes in place; the value says whether below its first level."""
    found: dict[str, bool] = {}

    def note(target: ast.AST) -> None:
        name = base_name(target)
        if name is not None:
            deepen(found, [(name, not isinstance(target, ast.Name))])

    for here in shallow(node):
        match here:
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                note(value)
            case ast.Attribute(value=value, ctx=ast.Store() | ast.Del()):
                note(value)
            case ast.AugAssign(target=ast.Name() as target, value=value) if not is_scalar(value):
                note(target)
            case ast.Attribute(value=value, attr=name) if name in GROWING:
                # Called here, or handed on to be called; of a type, it changes what it is given.
                if not (isinstance(value, ast.Name) and value.id in MUTABLE):
                    note(value)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *_]) if (
                name in CHANGING
            ):
                note(first)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[first, *_]):
                if name in MUTABLE and attr in GROWING:
                    note(first)
    return found


def branches(statement: ast.If) -> list[ast.If]:
    """An `if` with each `elif` behind it; none if an `else` ends them."""
    found = [statement]
    while len(found[-1].orelse) == 1 and isinstance(following := found[-1].orelse[0], ast.If):
        found.append(following)
    return [] if found[-1].orelse else found


def decides(code: Code, node: ast.AST) -> bool:
    """Whether a comparison decides something, rather than being printed or stored."""
    here = node
    for around in code.around(node):
        if isinstance(around, ast.If | ast.While | ast.IfExp | ast.Assert):
            return around.test is here
        if not isinstance(around, ast.BoolOp | ast.UnaryOp):
            return False
        here = around
    return False


def leaving(nodes: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The statements by which code leaves the function or the loop it stands in."""
    pending = list(nodes)
    while pending:
        here = pending.pop()
        if isinstance(here, ast.Return | ast.Raise | ast.Break | ast.Continue):
            yield here
        if isinstance(here, LOOPS):
            yield from (s for s in leaving(here.body) if isinstance(s, ast.Return | ast.Raise))
            pending += here.orelse
        elif not isinstance(here, (*SCOPES, ast.ClassDef)):
            pending += list(ast.iter_child_nodes(here))


def method(klass: ast.ClassDef, name: str) -> Function | None:
    """A method of a class by name."""
    for node in klass.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return node
    return None


def bindings(statement: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The plain assignments of a statement: a name and what is bound to it."""
    for node in shallow(statement):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value
            case ast.For(target=ast.Name(id=name), iter=value):
                yield name, value
