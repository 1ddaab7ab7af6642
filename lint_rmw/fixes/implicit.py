"""Code that runs without being called by name: special methods, and functions that are given away to be called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from lint_rmw.fixes.purity import BUILTINS, FUNCTIONS, OPERATORS
from lint_rmw.fixes.syntax import Code, Function, last_word

MAKERS = ("__new__", "__init__", "__post_init__", "_missing_")
"""The methods by which an object of a class comes to be."""

_FIRST = frozenset("map filter reduce starmap takewhile dropwhile filterfalse defaultdict iter".split())
_KEYED = frozenset({"key", "default_factory", "factory"})
_ENTERED = frozenset({"__enter__", "__exit__", "__aenter__", "__aexit__", "__del__", "__call__", *MAKERS})

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
_COMPARISONS: dict[type[ast.AST], frozenset[str]] = {
    ast.Eq: frozenset({"__eq__"}),
    ast.NotEq: frozenset({"__ne__", "__eq__"}),
    ast.Lt: frozenset({"__lt__", "__gt__"}),
    ast.Gt: frozenset({"__lt__", "__gt__"}),
    ast.LtE: frozenset({"__le__", "__ge__"}),
    ast.GtE: frozenset({"__le__", "__ge__"}),
    ast.In: frozenset({"__contains__", "__eq__", "__hash__"}),
    ast.NotIn: frozenset({"__contains__", "__eq__", "__hash__"}),
}
_UNARY: dict[type[ast.AST], str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_TRUTH = frozenset({"__bool__", "__len__"})
_GOING = frozenset({"__iter__", "__next__", "__getitem__", "__len__"})
_KEYS = frozenset({"__hash__", "__eq__"})
_OF_LIBRARY = BUILTINS | FUNCTIONS | OPERATORS


def called(node: ast.Call) -> set[ast.expr]:
    """The arguments of a call that are functions by the place they are given in."""
    word = last_word(node.func)
    found = {k.value for k in node.keywords if k.arg in _KEYED and not isinstance(k.value, ast.Constant)}
    if node.args and word in _FIRST and (word != "iter" or len(node.args) > 1):
        found.add(node.args[0])
    return found


def asked_for(node: ast.Call) -> frozenset[str]:
    """The attributes and methods that a call looks up by their names."""
    match node:
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, *asked]):
            words = asked[:1]
        case ast.Call(func=function, args=given) if last_word(function) == "attrgetter":
            words = given
        case ast.Call(func=function, args=[asked, *_]) if last_word(function) == "methodcaller":
            words = [asked]
        case ast.Call(func=ast.Call() as made):
            return asked_for(made)
        case _:
            return frozenset()
    spelled = [w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)]
    return frozenset(part for word in spelled for part in word.split("."))


def methods(node: ast.AST) -> frozenset[str] | None:
    """The special methods that evaluating a node may run; None for any."""
    match node:
        case ast.BinOp(op=op):
            word = _OPERATORS[type(op)]
            return frozenset({f"__{word}__", f"__r{word}__", "__format__", "__str__"})
        case ast.AugAssign(op=op):
            word = _OPERATORS[type(op)]
            return frozenset({f"__{word}__", f"__r{word}__", f"__i{word}__", "__getitem__", "__getattr__"})
        case ast.UnaryOp(op=ast.Not()) | ast.If() | ast.While() | ast.IfExp() | ast.BoolOp() | ast.Assert():
            return _TRUTH
        case ast.UnaryOp(op=op):
            return frozenset({f"__{_UNARY[type(op)]}__"})
        case ast.Compare(ops=ops):
            return frozenset().union(_TRUTH, *(_COMPARISONS.get(type(op), frozenset()) for op in ops))
        case ast.Subscript(ctx=ast.Load()):
            return frozenset({"__getitem__", "__missing__", "__class_getitem__"}) | _KEYS
        case ast.Subscript(ctx=ast.Store()):
            return frozenset({"__setitem__"}) | _KEYS
        case ast.Subscript():
            return frozenset({"__delitem__"}) | _KEYS
        case ast.Attribute(ctx=ast.Load()):
            return frozenset({"__getattr__", "__getattribute__", "__get__"})
        case ast.Attribute(ctx=ast.Store()):
            return frozenset({"__setattr__", "__set__"})
        case ast.Attribute():
            return frozenset({"__delattr__", "__delete__"})
        case ast.For() | ast.Starred():
            return _GOING
        case ast.comprehension():
            return _GOING | _TRUTH
        case ast.FormattedValue():
            return frozenset({"__format__", "__str__", "__repr__"})
        case ast.Dict() | ast.Set() | ast.DictComp() | ast.SetComp():
            return _KEYS | {"__getitem__", "keys"}
        case ast.Call(func=ast.Name(id=name)) if name not in _OF_LIBRARY:
            return frozenset()
        case ast.Call(args=args, keywords=keywords):
            return None if args or keywords else frozenset()
    return frozenset()


class Special:
    """The special methods of the classes of a file, found by who may have an object of such a class at hand."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._near: dict[ast.AST, dict[str, list[Function]]] = {}

    @cached_property
    def _all(self) -> dict[ast.ClassDef, dict[str, Function]]:
        found: dict[ast.ClassDef, dict[str, Function]] = {}
        for klass in (n for n in ast.walk(self.code.tree) if isinstance(n, ast.ClassDef)):
            own = {
                n.name: n
                for n in klass.body
                if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
                and n.name.startswith("__")
                and n.name.endswith("__")
                and n.name not in _ENTERED
            }
            if own:
                found[klass] = own
        return found

    @cached_property
    def _tops(self) -> dict[str, list[ast.stmt]]:
        """The statements of the file that bind its names."""
        found: dict[str, list[ast.stmt]] = {}
        for top in self.code.tree.body:
            match top:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.setdefault(name, []).append(top)
                case _:
                    for node in ast.walk(top):
                        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                            found.setdefault(node.id, []).append(top)
        return found

    def run_by(self, node: ast.AST) -> Iterator[Function]:
        """The special methods that evaluating a node may run."""
        if not self._all:
            return
        words = methods(node)
        if words is not None and not words:
            return
        near = self._at(node)
        for word in near if words is None else words & near.keys():
            yield from near[word]

    def _at(self, node: ast.AST) -> dict[str, list[Function]]:
        """The special methods of the classes that a place, or what it calls by name, speaks of."""
        top: ast.AST | None = None
        for around in self.code.around(node):
            if isinstance(around, ast.Module):
                break
            top = around
        if top is None:
            return {}
        if top not in self._near:
            found: dict[str, list[Function]] = {}
            self._near[top] = found
            for klass in self._spoken_of(top):
                for word, function in self._all.get(klass, {}).items():
                    found.setdefault(word, []).append(function)
        return self._near[top]

    def _spoken_of(self, top: ast.AST) -> list[ast.ClassDef]:
        seen: dict[ast.AST, None] = {}
        classes: dict[ast.ClassDef, None] = {}
        pending = [top]
        while pending:
            here = pending.pop()
            if here in seen:
                continue
            seen[here] = None
            for node in ast.walk(here):
                if isinstance(node, ast.ClassDef):
                    classes[node] = None
                elif isinstance(node, ast.Name):
                    pending.extend(self._tops.get(node.id, ()))
        return list(classes)
