"""What the names of a file stand for at a place: its functions and classes, methods of known objects, imports."""

from __future__ import annotations

import ast
from functools import cached_property

from lint_rmw.fixes.purity import COMPUTING, GETTERS, METHODS, OPERATORS, PURE_MODULES
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

_ENUMERATIONS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


class Definitions:
    """Finds what is called, in one file."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.imported: dict[str, tuple[str, str]] = {}
        self.modules: dict[str, str] = {}
        self._dotted: set[str] = set()
        for node in ast.walk(code.tree):
            if isinstance(node, ast.ImportFrom):
                self.imported |= {a.asname or a.name: (node.module or ".", a.name) for a in node.names}
            elif isinstance(node, ast.Import):
                self.modules |= {a.asname or a.name.split(".")[0]: a.name for a in node.names}
                self._dotted |= {a.name for a in node.names if not a.asname}

    @cached_property
    def properties(self) -> dict[str, list[ast.stmt]]:
        """What runs where an attribute of that name is looked at, of whichever class in this file."""
        found: dict[str, list[ast.stmt]] = {}
        for node in ast.walk(self.code.tree):
            if isinstance(node, ast.FunctionDef) and any(
                last_word(d) in ("property", "cached_property") for d in node.decorator_list
            ):
                found[node.name] = [*found.get(node.name, []), *node.body]
        return found

    @cached_property
    def filled_by_looking(self) -> frozenset[str]:
        """The names, of variables and attributes, that something is kept under which a look-up puts in: a `defaultdict`."""
        return frozenset(
            last_word(target)
            for node in ast.walk(self.code.tree)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
            and isinstance(node.value, ast.Call)
            and last_word(node.value.func) == "defaultdict"
            for target in (node.targets if isinstance(node, ast.Assign) else (node.target,))
        )

    def definition(self, name: str, at: ast.AST) -> Function | ast.ClassDef | ast.Lambda | None:
        """The only definition of a name that a place sees; None if there are several or none."""
        for scope in (*self.code.around(at), self.code.tree):
            if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                continue
            if not isinstance(scope, ast.Module) and name in parameters(scope):
                return None
            if name not in bound(scope.body):
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
            and name in own_names(scope)
            for scope in self.code.around(at)
        )

    def kept_method(self, name: str, at: ast.AST) -> ast.Attribute | None:
        """The method that a local name is bound to once, if all it does is to compute or to change its object."""
        for scope in self.code.around(at):
            if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if name not in own_names(scope):
                continue
            if isinstance(scope, ast.Lambda) or name in parameters(scope):
                return None
            values = [value for s in scope.body for bound_name, value in bindings(s) if bound_name == name]
            times = [
                n for n in shallow(scope.body) if isinstance(n, ast.Name) and n.id == name and _is_stored(n)
            ]
            match values:
                case [ast.Attribute(value=held, attr=attr) as kept] if len(times) == 1:
                    return kept if attr in METHODS and not self.is_foreign(held) else None
            return None
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
            case ast.Name(id=name) if not self.is_local(name, function):
                return self.imported.get(name, ("", ""))
            case ast.Attribute(value=ast.Name(id=held), attr=name) if not self.is_local(held, function):
                home, part = self.imported.get(held, ("", ""))
                return (self.modules.get(held) or f"{home}.{part}", name)
            case ast.Attribute(value=ast.Attribute() as held, attr=name) if ast.unparse(held) in self._dotted:
                return (ast.unparse(held), name)
        return ("", "")

    def computes(self, function: ast.expr) -> bool:
        """Whether a function is one of the library that only computes, or is made by one to do so."""
        if isinstance(function, ast.Call):
            module, name = self.imported_as(function.func)
            asked = function.args[0] if function.args else None
            word = asked.value if isinstance(asked, ast.Constant) else None
            harmless = name == "methodcaller" and word in METHODS - GROWING
            return module == "operator" and (name in GETTERS or harmless)
        module, name = self.imported_as(function)
        return module in COMPUTING or (module == "operator" and name in OPERATORS)

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
            if isinstance(scope, SCOPES) and name in own_names(scope):
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
