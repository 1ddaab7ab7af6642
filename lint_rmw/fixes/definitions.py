"""What the names of a file stand for at a place: its functions and classes, methods of known objects, imports."""

from __future__ import annotations

import ast
from functools import cached_property

from lint_rmw.fixes.purity import COMPUTING, GETTERS, HANDLING, METHODS, OPERATORS, PURE_MODULES
from lint_rmw.fixes.syntax import (
    GROWING,
    SCOPES,
    Code,
    Function,
    base_name,
    bindings,
    bound,
    last_word,
    method,
    own_names,
    parameters,
    shallow,
)

_LOOKING = frozenset("__getitem__ __missing__ __getattr__ __getattribute__ __get__".split())
_ENUMERATIONS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


class Definitions:
    """Finds what is called, in one file."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.imported: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        self._dotted: set[str] = set()
        self._own: dict[ast.AST, set[str]] = {}
        self._bound_in: dict[ast.AST, set[str]] = {}
        self._imports: dict[ast.AST, dict[str, tuple[str, str]]] = {}
        for node in ast.walk(code.tree):
            if isinstance(node, ast.ImportFrom):
                self.imported |= {a.asname or a.name: (node.module or ".", a.name) for a in node.names}
            elif isinstance(node, ast.Import):
                self.modules |= {a.asname or a.name.split(".")[0]: a.name for a in node.names}
                self._dotted |= {a.name for a in node.names if not a.asname}

    @cached_property
    def properties(self) -> dict[str, list[ast.FunctionDef]]:
        """What runs where an attribute of that name is looked at, of whichever class in this file."""
        found: dict[str, list[ast.FunctionDef]] = {}
        for node in ast.walk(self.code.tree):
            if isinstance(node, ast.FunctionDef) and any(
                last_word(d) in ("property", "cached_property") for d in node.decorator_list
            ):
                found.setdefault(node.name, []).append(node)
        return found

    def own_names(self, scope: ast.AST) -> set[str]:
        """As `syntax.own_names`; asked for each name that is looked up, so each scope is gone through once."""
        if scope not in self._own:
            self._own[scope] = own_names(scope)
        return self._own[scope]

    def _bound(self, scope: Function | ast.Module) -> set[str]:
        if scope not in self._bound_in:
            self._bound_in[scope] = bound(scope.body)
        return self._bound_in[scope]

    def definition(self, name: str, at: ast.AST) -> Function | ast.ClassDef | ast.Lambda | None:
        """The only definition of a name that a place sees; None if there are several or none."""
        for scope in (*self.code.around(at), self.code.tree):
            if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                continue
            if not isinstance(scope, ast.Module) and name in parameters(scope):
                return None
            if name not in self._bound(scope):
                continue
            found: list[ast.AST] = []
            for node in shallow(scope.body):
                match node:
                    case (
                        ast.FunctionDef(name=known)
                        | ast.AsyncFunctionDef(name=known)
                        | ast.ClassDef(name=known)
                    ):
                        if known == name:
                            found.append(node)
                    case ast.Assign(targets=[ast.Name(id=known)], value=ast.Lambda() as value) if (
                        known == name
                    ):
                        found.append(value)
                    case ast.Name(id=known, ctx=ast.Store()) if known == name:
                        parent = self.code.parents.get(node)
                        if not (isinstance(parent, ast.Assign) and isinstance(parent.value, ast.Lambda)):
                            found.append(node)
            if len(found) == 1 and isinstance(
                found[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
            ):
                return found[0]
            return None
        return None

    def is_local(self, name: str, at: ast.AST) -> bool:
        """Whether a name is a parameter or a variable of a function around a place."""
        return any(
            isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            and name in self.own_names(scope)
            for scope in self.code.around(at)
        )

    def kept_method(self, name: str, at: ast.AST) -> ast.Attribute | None:
        """The method that a local name is bound to once, if all it does is to compute or to change its object."""
        match self.kept(name, at):
            case ast.Attribute(value=held, attr=attr) as kept if self.is_local(name, at):
                return kept if attr in METHODS and not self.is_foreign(held) else None
        return None

    def kept(self, name: str, at: ast.AST) -> ast.expr | None:
        """What a name is bound to, if it is only once, and by a plain assignment."""
        for scope in (*self.code.around(at), self.code.tree):
            if not isinstance(scope, (*SCOPES, ast.Module)):
                continue
            if not isinstance(scope, ast.Module):
                if name not in self.own_names(scope):
                    continue
                if isinstance(scope, ast.Lambda) or name in parameters(scope):
                    return None
            values = [value for s in scope.body for bound_name, value in bindings(s) if bound_name == name]
            times = [
                n for n in shallow(scope.body) if isinstance(n, ast.Name) and n.id == name and _is_stored(n)
            ]
            return values[0] if len(values) == len(times) == 1 else None
        return None

    def is_foreign(self, receiver: ast.expr) -> bool:
        """Whether a method is called on a module, or what a module holds, of which nothing is known."""
        name = base_name(receiver)
        if name is None or self.is_local(name, receiver):
            return False
        module = self.modules.get(name) or self.imported.get(name, ("", ""))[0]
        return bool(module) and module.split(".")[0] not in PURE_MODULES

    def imported_as(self, function: ast.expr) -> tuple[str, str]:
        """The module that a function was imported from and its name there; two empty ones if it was not imported."""
        match function:
            case ast.Name(id=name):
                found = self._import_of(name, function)
                return found if found[1] else ("", "")
            case ast.Attribute(value=ast.Name(id=held), attr=name):
                module, part = self._import_of(held, function)
                return (f"{module}.{part}" if part else module, name) if module else ("", "")
            case ast.Attribute(value=ast.Attribute() as held, attr=name) if ast.unparse(held) in self._dotted:
                return (ast.unparse(held), name)
        return ("", "")

    def _import_of(self, name: str, at: ast.AST) -> tuple[str, str]:
        """The module that a name stands for, or is of and what of it; two empty ones if all else may bind it, too."""
        scopes = (s for s in self.code.around(at) if isinstance(s, SCOPES) and name in self.own_names(s))
        scope = next(scopes, self.code.tree)
        if isinstance(scope, ast.Lambda) or (not isinstance(scope, ast.Module) and name in parameters(scope)):
            return "", ""
        if scope not in self._imports:
            self._imports[scope] = _imports_in(scope.body)
        return self._imports[scope].get(name, ("", ""))

    def computes(self, function: ast.expr) -> bool:
        """Whether a function is one of the library that only computes, or is made by one to do so."""
        if isinstance(function, ast.Call):
            module, name = self.imported_as(function.func)
            asked = function.args[0] if function.args else None
            word = asked.value if isinstance(asked, ast.Constant) else None
            harmless = name == "methodcaller" and word in METHODS - GROWING
            return module == "operator" and (name in GETTERS or harmless)
        module, name = self.imported_as(function)
        if not module and isinstance(function, ast.Name) and not self._looks_further:
            made = self.kept(function.id, function)
            return isinstance(made, ast.Call) and self.computes(made)
        if f"{module}.{name}" in HANDLING:
            return False
        return module in COMPUTING or (module == "operator" and name in OPERATORS)

    @cached_property
    def _looks_further(self) -> bool:
        """Whether a class of this file has a say in what a look-up of an item or attribute does."""
        nodes = [n.name for n in ast.walk(self.code.tree) if isinstance(n, ast.FunctionDef)]
        return bool(self.properties) or bool(set(nodes) & (_LOOKING | METHODS))

    def method_of(self, receiver: ast.expr, name: str, at: ast.AST) -> Function | None:
        """The method called on `self`, or on an object made in the same place or under a name, if its class is in this file."""
        if isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Name):
            klass = self.definition(receiver.func.id, at)
        elif isinstance(receiver, ast.Name) and receiver.id == "self":
            klass = next((n for n in self.code.around(at) if isinstance(n, ast.ClassDef)), None)
        elif isinstance(receiver, ast.Name):
            klass = self._class_of(receiver.id, at)
        else:
            return None
        if not isinstance(klass, ast.ClassDef):
            return None
        return method(klass, name)

    def _class_of(self, name: str, at: ast.AST) -> Function | ast.ClassDef | ast.Lambda | None:
        """The class of this file that a name is only ever bound to an object of."""
        for scope in (*self.code.around(at), self.code.tree):
            if isinstance(scope, SCOPES) and name in self.own_names(scope):
                if isinstance(scope, ast.Lambda) or name in parameters(scope):
                    return None
            elif not isinstance(scope, ast.Module):
                continue
            values = [value for s in scope.body for bound_name, value in bindings(s) if bound_name == name]
            stored = [
                n for n in shallow(scope.body) if isinstance(n, ast.Name) and n.id == name and _is_stored(n)
            ]
            made = {
                self.definition(v.func.id, v)
                for v in values
                if isinstance(v, ast.Call) and isinstance(v.func, ast.Name)
            }
            return (
                made.pop() if len(values) == len(stored) and len(made) == 1 and _all_calls(values) else None
            )
        return None


def _imports_in(body: list[ast.stmt]) -> dict[str, tuple[str, str]]:
    """The names that one import binds and nothing else, each with its module and, if it is no module, its name there."""
    found: dict[str, set[tuple[str, str]]] = {}
    others: set[str] = set()
    for node in shallow(body):
        match node:
            case ast.Import(names=names):
                for a in names:
                    bare = a.name.split(".")[0]
                    found.setdefault(a.asname or bare, set()).add((a.name if a.asname else bare, ""))
            case ast.ImportFrom(names=names, module=module):
                for a in names:
                    found.setdefault(a.asname or a.name, set()).add((module or ".", a.name))
            case ast.Name(id=name) if _is_stored(node):
                others.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                others.add(name)
    return {name: homes.pop() for name, homes in found.items() if len(homes) == 1 and name not in others}


def _all_calls(values: list[ast.expr]) -> bool:
    return all(isinstance(value, ast.Call) and isinstance(value.func, ast.Name) for value in values)


def is_record(klass: ast.ClassDef) -> bool:
    """Whether a class only holds values."""
    return any("dataclass" in ast.unparse(d) for d in klass.decorator_list) or any(
        ast.unparse(b).endswith("NamedTuple") for b in klass.bases
    )


def is_enumeration(klass: ast.ClassDef) -> bool:
    """Whether the objects of a class are all made, so that calling it only looks one up."""
    bases = [last_word(base) for base in klass.bases]
    return (
        bool(_ENUMERATIONS & set(bases))
        and set(bases) <= _ENUMERATIONS | {"str", "int"}
        and not klass.keywords
    )


def _is_stored(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)
