"""What a piece of code changes in place, itself or by the functions and objects of its file."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from lint_rmw.fixes.definitions import Definitions, is_record
from lint_rmw.fixes.filled import Filled
from lint_rmw.fixes.implicit import Special, asked_for
from lint_rmw.fixes.purity import BUILTINS, MAPPING
from lint_rmw.fixes.sharing import Bond, handed_to_inner, links, spread
from lint_rmw.fixes.syntax import (
    CHANGING,
    GROWING,
    MUTABLE,
    Code,
    Scope,
    base_name,
    bound,
    deepen,
    last_word,
    loads,
    method,
    mutated,
    outer_names,
    own_names,
    parameters,
    shallow,
)

_DEEPEST = 4


class Mutations(Definitions):
    """The functions and classes of a file, and what of their surroundings and arguments they change."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self._kept: dict[ast.AST, set[str]] = {}
        self.special = Special(code)
        self.filled = Filled(self)

    def changed_here(self, nodes: ast.AST | Iterable[ast.AST]) -> dict[str, bool]:
        """As `mutated`; but `operator.add` is no change of the module, though `add` is one of a set."""
        found = {name: deep for name, deep in mutated(nodes).items() if deep or name not in self.modules}
        for node in shallow(nodes):
            deepen(found, _foot(self.filled.looked_up(node)))
        return found

    def changed(self, nodes: ast.AST | Iterable[ast.AST], depth: int = 0) -> dict[str, bool]:
        """Names whose object a piece of code changes, itself or by a function of this file; as `mutated`."""
        found = self.changed_here(nodes)
        deepen(found, self._handed_over(nodes, depth))
        for node in shallow(nodes):
            if isinstance(node, ast.Call):
                deepen(found, self._changed_around(node, depth))
            deepen(found, self._changed_by_special(node))
        return found

    def _changed_by_special(self, node: ast.AST) -> Iterator[tuple[str, bool]]:
        """The names of the objects that an operation changes by a special method of their class."""
        match node:
            case ast.Attribute(value=changed) | ast.Subscript(value=changed) | ast.AugAssign(target=changed):
                operands = [changed]
            case ast.Call():
                return
            case _:
                operands = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)]
        known = [f.name for f in self.special.run_by(node) if f.name in self._changing_methods]
        if isinstance(node, ast.Attribute) and node.attr in self.properties.keys() & self._changing_methods:
            known.append(node.attr)
        deep = any(self._changing_methods[name] for name in known)
        for operand in operands if known else ():
            yield from _foot(operand, deep)

    def _handed_over(self, nodes: ast.AST | Iterable[ast.AST], depth: int) -> Iterator[tuple[str, bool]]:
        """The names that some code hands to functions of this file which change them, whole or a part of them."""
        for node in shallow(nodes):
            if isinstance(node, ast.Call):
                for argument, deep in self.changed_arguments(node, depth):
                    yield from _foot(argument, deep)

    def _changed_around(self, node: ast.Call, depth: int) -> Iterator[tuple[str, bool]]:
        """The names of a call's surroundings that change though they are no arguments of it, or by a function among these."""
        given = [*node.args, *(k.value for k in node.keywords)]
        mapped = last_word(node.func) in MAPPING
        if depth < _DEEPEST and any(self._changes_what_it_takes(each, depth, mapped) for each in given):
            yield from ((name, True) for each in given for name in self._objects(each))
        for each in given if depth < _DEEPEST else ():
            yield from self._changed_by_given(each, depth)
        if asked_for(node) & self._changing_methods.keys():
            yield from ((name, True) for name in self._objects(node))
        match node.func:
            case ast.Attribute(value=value, attr=name):
                # An object of a class of this file, under whatever name.
                if name in self._changing_methods:
                    yield from _foot(value, self._changing_methods[name])
            case ast.Name(id=name):
                # What is asked for here may be a call that stands nowhere, of a name that does.
                known = self.definition(name, node.func)
                kept = self.kept_method(name, node.func) if known is None else None
                if kept is not None and kept.attr in GROWING:
                    yield from _foot(kept.value)
                if depth < _DEEPEST and isinstance(
                    known, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
                ):
                    body: list[ast.AST] = [known.body] if isinstance(known, ast.Lambda) else list(known.body)
                    outer = set() if isinstance(known, ast.Lambda) else outer_names(known)
                    own = set(parameters(known)) | (bound(body) - outer)
                    yield from (
                        (n, deep) for n, deep in self.changed(body, depth + 1).items() if n not in own
                    )

    def _changes_what_it_takes(self, given: ast.expr, depth: int, mapped: bool) -> bool:
        """Whether an argument is a function that changes what it is called with; one of this file only where it is `mapped`."""
        if _changes_its_argument(given):
            return True
        known = self.definition(given.id, given) if isinstance(given, ast.Name) else given
        if not mapped or not isinstance(known, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        return bool(self.changed_parameters(known, depth + 1).keys() & set(parameters(known)))

    def _objects(self, node: ast.expr) -> Iterator[str]:
        """The names in an expression that stand for objects, and not for functions and modules."""
        for name in loads(node):
            library = name in self.imported or name in self.modules or name in BUILTINS
            if not library and self.definition(name, node) is None:
                yield name

    def _changed_by_given(self, given: ast.expr, depth: int) -> Iterator[tuple[str, bool]]:
        """The names around an argument whose objects change once that is called."""
        match given:
            case ast.Lambda(body=body):
                own = own_names(given)
                yield from ((n, deep) for n, deep in self.changed(body, depth + 1).items() if n not in own)
            case ast.Name() | ast.Attribute():
                # Called where it is handed to, it does what it does when it is called here.
                called = ast.copy_location(ast.Call(given, [], []), given)
                yield from self._changed_around(called, depth + 1)

    @cached_property
    def _changing_methods(self) -> dict[str, bool]:
        """The names of all methods in this file that change their object, or (True) something it keeps."""
        found: dict[str, bool] = {}
        for klass in ast.walk(self.code.tree):
            for function in klass.body if isinstance(klass, ast.ClassDef) else ():
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not _deep_self(
                    function
                ):
                    continue
                bodies = [n.body for n in ast.walk(function) if isinstance(n, ast.FunctionDef)]
                depths = [_with_aliases(body, mutated(body)).get("self") for body in (function.body, *bodies)]
                deep = max((d for d in depths if d is not None), default=None)
                if deep is not None:
                    found[function.name] = found.get(function.name, False) or deep
        return found

    def changed_within(self, part: ast.AST) -> dict[str, bool]:
        """As `changed`, with what the functions inside change of the names around them."""
        found = dict(self.changed(part))
        for node in ast.walk(part):
            if isinstance(node, ast.Lambda):
                body: list[ast.AST] = [node.body]
                own = own_names(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = list(node.body)
                own = set() if node is part else own_names(node)
            else:
                continue
            deepen(found, ((n, d) for n, d in self.changed(body).items() if n not in own or node is part))
        return found

    def changed_in(self, parts: Iterable[ast.AST]) -> dict[str, bool]:
        """As `changed_within`, of several pieces of code."""
        found: dict[str, bool] = {}
        for part in parts:
            deepen(found, self.changed_within(part).items())
        return found

    def _kept_and_changed(self, klass: ast.ClassDef) -> set[str]:
        """The parameters of a constructor that the object keeps, and changes in some method."""
        init = method(klass, "__init__")
        if init is None:
            return set()
        changed = self._changed_of_self(klass)
        return {
            n.value.id
            for n in ast.walk(init)
            if isinstance(n, ast.Assign)
            and isinstance(n.value, ast.Name)
            and any(isinstance(t, ast.Attribute) and f"self.{t.attr}" in changed for t in n.targets)
        }

    def _changed_of_self(self, klass: ast.ClassDef) -> set[str]:
        """The attributes of an object that its methods change, as `self.x`."""
        changed: set[str] = set()
        for node in klass.body:
            if _deep_self(node):
                body = [_Spelled().visit(copy.deepcopy(s)) for s in node.body]  # type: ignore[attr-defined]
                changed |= set(_with_aliases(body, self.changed(body)))
                changed |= handed_to_inner(body)
                for inner in (n for part in body for n in ast.walk(part)):
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        changed |= set(_with_aliases(inner.body, self.changed(inner.body)))
        return changed

    def _changed_later(self, known: Scope, body: list[ast.AST], depth: int) -> dict[str, bool]:
        """What a body changes, and what functions inside it change of its names whenever they are called."""
        found = self.changed_here(body)
        for inner in (n for part in body for n in ast.walk(part)):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and inner is not known:
                inside: list[ast.AST] = [inner.body] if isinstance(inner, ast.Lambda) else list(inner.body)
                changed = _with_aliases(inside, self.changed(inside, depth))
                deepen(found, ((n, deep) for n, deep in changed.items() if n not in own_names(inner)))
        return found

    def changed_arguments(self, node: ast.Call, depth: int) -> Iterator[tuple[ast.expr, bool]]:
        """The arguments of a call that the called function of this file changes, and whether below their first level.

        What `partial` or a factory is given is as good as changed by the function that comes of it.
        """
        if is_partial(node):
            node = ast.copy_location(ast.Call(node.args[0], node.args[1:], node.keywords), node)
        if depth >= _DEEPEST:
            return
        yield from ((argument, True) for argument in self._kept_by_record(node))
        for known in self._called(node):
            changed = self.changed_parameters(known, depth)
            for name, argument in _given(node, known):
                if name in changed:
                    yield argument, changed[name]

    def _kept_by_record(self, node: ast.Call) -> Iterator[ast.expr]:
        """The arguments of a call that makes a record, which changes them when it is made or later."""
        klass = self.definition(node.func.id, node.func) if isinstance(node.func, ast.Name) else None
        if not isinstance(klass, ast.ClassDef) or not is_record(klass) or method(klass, "__init__"):
            return
        fields = [
            statement.target.id
            for statement in klass.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        if klass not in self._kept:
            self._kept[klass] = set()
            self._kept[klass] = {f for f in fields if f"self.{f}" in self._changed_of_self(klass)}
        given = [*zip(fields, node.args, strict=False), *((k.arg, k.value) for k in node.keywords)]
        yield from (argument for name, argument in given if name in self._kept[klass])

    def _called(self, node: ast.Call) -> Iterator[Scope]:
        """The functions of this file that a call may reach; the constructor of a class that is called."""
        match node.func:
            case ast.Name(id=name):
                known = self.definition(name, node)
                if isinstance(known, ast.ClassDef):
                    known = method(known, "__init__")
                if known is not None:
                    yield known
            case ast.Lambda() as known:
                yield known
            case ast.Attribute(value=value, attr=name):
                known = self.method_of(value, name, node)
                if known is not None:
                    yield known
                    return
                for klass in (n for n in ast.walk(self.code.tree) if isinstance(n, ast.ClassDef)):
                    known = method(klass, name)
                    if known is not None:
                        yield known

    def changed_parameters(self, known: Scope, depth: int = 0) -> dict[str, bool]:
        """The names in a function whose object it changes, under whatever name: its parameters, and what lies around it."""
        klass = self.code.parents.get(known)
        if getattr(known, "name", "") == "__init__" and isinstance(klass, ast.ClassDef):
            # An object that keeps its argument may change it in any method.
            if klass not in self._kept:
                # Its methods may make another of its kind.
                self._kept[klass] = set()
                self._kept[klass] = self._kept_and_changed(klass)
            return dict.fromkeys(self._kept[klass], True)
        body: list[ast.AST] = [known.body] if isinstance(known, ast.Lambda) else list(known.body)
        changed = _with_aliases(body, self._changed_later(known, body, depth + 1))
        deepen(changed, self._handed_over(body, depth + 1))
        return changed


class _Spelled(ast.NodeTransformer):
    """Makes one name of `self.x`, so that an attribute can be followed like a variable."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return ast.copy_location(ast.Name(f"self.{node.attr}", node.ctx), node)
        return node


def _given(node: ast.Call, known: Scope) -> Iterator[tuple[str, ast.expr]]:
    """The arguments of a call with the parameters that take them."""
    names = [p.arg for p in (*known.args.posonlyargs, *known.args.args)]
    made = getattr(known, "name", "") == "__init__"
    if made or (isinstance(node.func, ast.Attribute) and names[:1] == ["self"]):
        names = names[1:]
    yield from zip(names, node.args, strict=False)
    if known.args.vararg is not None:
        yield from ((known.args.vararg.arg, given) for given in node.args[len(names) :])
    wanted = parameters(known)
    for keyword in node.keywords:
        taken = keyword.arg or ""
        if taken not in wanted and known.args.kwarg is not None:
            taken = known.args.kwarg.arg
        yield taken, keyword.value


def _with_aliases(body: Sequence[ast.AST], changed: dict[str, bool]) -> dict[str, bool]:
    """Adds the names that a changed local name may be (a part of)."""
    return spread(changed, (link for link in links(body) if link.bond in (Bond.SAME, Bond.PART)))


def _deep_self(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__"


def _foot(changed: ast.expr | None, deep: bool = False) -> Iterator[tuple[str, bool]]:
    """The name that what is changed is reached by, and whether that is below its first level."""
    name = base_name(changed) if changed is not None else None
    if name is not None:
        yield name, deep or not isinstance(changed, ast.Name)


def is_partial(node: ast.Call) -> bool:
    """Whether a call makes a partial of a function."""
    return last_word(node.func) == "partial" and bool(node.args)


def _changes_its_argument(function: ast.expr) -> bool:
    """Whether a function of the library, that is handed on to be called, changes what it is called with."""
    match function:
        case ast.Attribute(value=ast.Name(id=kind), attr=name) if kind in MUTABLE:
            return name in GROWING
        case ast.Call(func=made, args=[ast.Constant(value=name), *_]) if last_word(made) == "methodcaller":
            return name in GROWING
        case ast.Call(func=made, args=[inner, *_]) if last_word(made) == "partial":
            return _changes_its_argument(inner)
        case ast.Name() | ast.Attribute():
            return last_word(function) in CHANGING
    return False
