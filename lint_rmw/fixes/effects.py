"""What a piece of code does besides computing: calls that may not be moved, ids and clocks, changes to its arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lint_rmw.fixes import implicit
from lint_rmw.fixes.copies import makes_object
from lint_rmw.fixes.definitions import is_enumeration, is_record
from lint_rmw.fixes.mutations import Mutations, is_partial
from lint_rmw.fixes.purity import (
    BUILTINS,
    FUNCTIONS,
    HANDLING,
    HARMLESS,
    METHODS,
    MINTING,
    PAUSES,
    PURE_MODULES,
    STORE_FUNCTIONS,
    TRACES,
)
from lint_rmw.fixes.syntax import (
    Code,
    Function,
    bound,
    method,
    outer_names,
    parameters,
    shallow,
)

_DEEPEST = 4


@dataclass
class Effects:
    """What was found: unknown calls and other acts by their spelling, and calls that mint ids or read a clock."""

    unknown: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    minted: list[ast.Call] = field(default_factory=list)
    hidden_minting: list[str] = field(default_factory=list)
    awaits: bool = False

    @property
    def none(self) -> bool:
        """Whether the code does nothing but compute."""
        return not (self.unknown or self.traces or self.minted or self.hidden_minting or self.awaits)


class Knowledge(Mutations):
    """The functions and classes of a file, and what calling them does."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self._summaries: dict[ast.AST, Effects] = {}

    def of(
        self, nodes: ast.AST | Iterable[ast.AST], depth: int = 0, *, without: Iterable[ast.AST] = ()
    ) -> Effects:
        """What a piece of code does; `without` are expressions that will not be there any more."""
        found = Effects()
        skipped = {inner for node in without for inner in ast.walk(node)}
        for node in shallow(nodes):
            if node in skipped:
                continue
            match node:
                case ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.Yield() | ast.YieldFrom():
                    if isinstance(node, ast.Await) and _is_pause(node.value):
                        continue
                    found.awaits = True
                case ast.Raise(exc=ast.Call(func=function) as made) if makes_object(function):
                    # An exception is made to be thrown, and does nothing before.
                    skipped.add(made)
                case ast.Call():
                    self._call(node, found, depth)
                    for name in sorted(implicit.asked_for(node)) if depth < _DEEPEST else ():
                        for known in self._methods_named(name):
                            self._merge(found, self._run(known, name, depth))
                case ast.Attribute(attr=name) if depth < _DEEPEST:
                    for known in self.properties.get(name, ()):
                        self._merge(found, self._run(known, name, depth))
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    found.unknown.append(f"an assignment to the outer name {names[0]}")
            for known in self.special.run_by(node) if depth < _DEEPEST else ():
                self._through(known, known.name, found, depth)
        return found

    def _methods_named(self, name: str) -> Iterator[Function]:
        """The methods and properties of that name, of whichever class in this file."""
        for klass in (n for n in ast.walk(self.code.tree) if isinstance(n, ast.ClassDef)):
            known = method(klass, name)
            if known is not None:
                yield known

    def _call(self, node: ast.Call, found: Effects, depth: int) -> None:
        spelled = ast.unparse(node.func)
        name = spelled.rsplit(".", 1)[-1]
        match node.func:
            case function if self.computes(function):
                self._handed(node, found, depth)
            case function if ".".join(self.imported_as(function)) in HANDLING:
                found.unknown.append(f"{spelled}()")
            case ast.Name(id=plain):
                known = self.definition(plain, node.func)
                if known is not None:
                    self._through(known, plain, found, depth)
                    return
                self._handed(node, found, depth)
                if plain in self.imported:
                    module, plain = self.imported[plain]
                    if module.split(".")[0] not in PURE_MODULES and plain not in STORE_FUNCTIONS:
                        found.unknown.append(f"{spelled}()")
                        return
                elif self.is_local(plain, node.func):
                    if self.kept_method(plain, node.func) is None:
                        found.unknown.append(f"{spelled}()")
                    return
                if plain in BUILTINS or plain in FUNCTIONS:
                    return
                if plain in MINTING:
                    found.minted.append(node)
                    return
                found.unknown.append(f"{spelled}()")
            case ast.Attribute(value=value):
                method = self.method_of(value, name, node.func)
                if method is not None:
                    self._through(method, spelled, found, depth)
                    return
                self._handed(node, found, depth)
                if name not in TRACES and self.is_foreign(value):
                    found.unknown.append(f"{spelled}()")
                elif name in MINTING and name not in ("choice",):
                    found.minted.append(node)
                elif name in TRACES or (name in PAUSES and spelled.startswith("asyncio.")):
                    if name in TRACES:
                        found.traces.append(f"{spelled}()")
                elif name not in METHODS and name not in FUNCTIONS and name not in BUILTINS:
                    found.unknown.append(f"{spelled}()")
            case ast.Call() if is_partial(node.func):
                self._call(ast.copy_location(ast.Call(node.func.args[0], [], []), node), found, depth)
            case ast.Lambda(body=body):
                self._merge(found, self.of(body, depth + 1))
            case _:
                found.unknown.append(f"{spelled}()")

    def _handed(self, node: ast.Call, found: Effects, depth: int) -> None:
        """What the functions do that a call is given, for it to call them."""
        if is_partial(node) or depth >= _DEEPEST:
            return
        called = implicit.called(node)
        for given in (*node.args, *(k.value for k in node.keywords)):
            match given:
                case ast.Call() if is_partial(given):
                    given = given.args[0]
            known = self.definition(given.id, given) if isinstance(given, ast.Name) else None
            if isinstance(given, ast.Lambda):
                self._merge(found, self.of(given.body, depth + 1))
            elif isinstance(known, ast.FunctionDef | ast.Lambda) or (
                isinstance(given, ast.Name | ast.Attribute) and given in called
            ):
                inner = Effects()
                self._call(ast.copy_location(ast.Call(given, [], []), node), inner, depth + 1)
                self._merge(found, inner)

    def handed_on(self, nodes: ast.AST | Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
        """Names given to a function, or whose method is called, that nobody here knows and that may change the object."""
        for node in shallow(nodes):
            if not isinstance(node, ast.Call):
                continue
            spelled = ast.unparse(node.func)
            name = spelled.rsplit(".", 1)[-1]
            if name in HARMLESS or name in TRACES or not self.of(node, without=node.args).unknown:
                continue
            given = [*node.args, *(k.value for k in node.keywords)]
            if isinstance(node.func, ast.Attribute):
                given.append(node.func.value)
            for value in given:
                if isinstance(value, ast.Name):
                    yield value.id, f"{spelled}()"

    def _through(
        self, known: Function | ast.ClassDef | ast.Lambda, name: str, found: Effects, depth: int
    ) -> None:
        if depth >= _DEEPEST:
            found.unknown.append(f"{name}()")
            return
        if known not in self._summaries:
            self._summaries[known] = Effects()
            self._summaries[known] = self._summary(known, name, depth)
        self._merge(found, self._summaries[known])

    def _summary(self, known: Function | ast.ClassDef | ast.Lambda, name: str, depth: int) -> Effects:
        if isinstance(known, ast.ClassDef):
            return self._making(known, name, depth)
        if isinstance(known, ast.Lambda):
            return self.of(known.body, depth + 1)
        inner = self._run(known, name, depth)
        if known.decorator_list:
            inner.unknown.append(f"{name}()")
        return inner

    def _run(self, known: Function, name: str, depth: int) -> Effects:
        """What the body of a function does."""
        inner = self.of(known.body, depth + 1)
        if outer_names(known):
            inner.unknown.append(f"{name}()")
        # A generator hands over its values, but waits for nobody.
        inner.awaits = isinstance(known, ast.AsyncFunctionDef)
        free = set(self.changed_here(known.body)) - bound(known.body) - set(parameters(known))
        # What it changes of the functions around it is known to who follows the changes.
        for changed in sorted(n for n in free if not self.is_local(n, known)):
            inner.unknown.append(f"{name}(), which changes {changed}")
        return inner

    def _making(self, klass: ast.ClassDef, name: str, depth: int) -> Effects:
        """What making an object of a class does."""
        plain = not klass.bases and not klass.decorator_list
        if not plain and not is_record(klass) and not is_enumeration(klass):
            return Effects(unknown=[f"{name}()"])
        found = Effects()
        for word in implicit.MAKERS:
            function = method(klass, word)
            if function is not None:
                self._merge(found, self._run(function, name, depth))
        for statement in klass.body:
            for call in (n for n in shallow(statement) if isinstance(n, ast.Call)):
                if implicit.called(call):
                    self._handed(call, found, depth)
        return found

    @staticmethod
    def _merge(found: Effects, inner: Effects) -> None:
        found.unknown += inner.unknown
        found.traces += inner.traces
        found.hidden_minting += [ast.unparse(call.func) for call in inner.minted] + inner.hidden_minting
        found.awaits = found.awaits or inner.awaits


def _is_pause(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.sleep"
