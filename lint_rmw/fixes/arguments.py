"""What the parameters of a call that is written out stand for: the argument itself, or a name bound to it first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.names import taken, unused
from lint_rmw.fixes.order import before, is_chain, is_still
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import (
    LOOPS,
    SCOPES,
    Code,
    Function,
    Scope,
    bound,
    last_word,
    own_names,
    parameters,
    shadowed,
    shallow,
)

_LAZY = (*SCOPES, ast.GeneratorExp)
_EAGER = frozenset("any all sum list dict set tuple sorted min max".split())


@dataclass(eq=False)
class Arguments:
    """The names of a helper in its caller: `swapped` parameters are spelled as their argument, `bound` ones come first."""

    code: Code
    knowledge: Knowledge
    helper: Function
    caller: Function
    call: ast.Call
    openers: frozenset[str]
    swapped: dict[str, str] = field(default_factory=dict)
    bound: list[tuple[str, str]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    packed: dict[ast.expr, list[str]] = field(default_factory=dict)

    def settle(self, result: tuple[str, str] | None) -> None:
        """Decides on every name, the `result` first, which has one already; raises `Refused`."""
        helper = self.helper
        self._refuse_other_meaning()
        self.uses = _uses(helper)
        known = taken(self.code, self.caller)
        inside = {n.id for n in ast.walk(helper) if isinstance(n, ast.Name)}
        inside |= {n.arg for n in ast.walk(helper) if isinstance(n, ast.arg)} | bound(helper.body)
        given = self._given()
        rebound = bound(helper.body) | _outer(helper)
        bind = {n for n, value in given if n in rebound or not self._may_stand(n, value)}
        for place, (name, value) in enumerate(given):
            # What comes after must not be seen to happen first.
            later = [v for n, v in given[place + 1 :] if n in bind and not is_still(v)]
            chain = is_still(value) and not isinstance(value, ast.Name | ast.Constant)
            if chain and not self.knowledge.of(later).none:
                bind.add(name)
        if self._in_loop() and any(self._escapes(inner) for inner in _closures(helper)):
            raise Refused(f"{helper.name}() keeps a function, and is called in a loop")
        for name, value in given:
            if name not in bind:
                self.swapped[name] = self._text(value)
                continue
            new = self._named(name, value, known, known | (inside - {name}))
            self.bound.append((new, self._text(value)))
            known.add(new)
            if new != name:
                self.renamed[name] = new
        for name in sorted(bound(helper.body) - set(parameters(helper))):
            if result and name == result[0]:
                self.renamed[name] = result[1]
            elif name in known:
                self.renamed[name] = unused(name, known | inside)
            known.add(self.renamed.get(name, name))
        self._refuse_untold(rebound)

    def _named(self, name: str, value: ast.expr, known: set[str], avoided: set[str]) -> str:
        if name == "self" and isinstance(value, ast.Attribute):
            name = value.attr.strip("_") or name
        return unused(f"new_{name}" if name in known else name, set(avoided))

    def _given(self) -> list[tuple[str, ast.expr]]:
        """The parameters with their arguments, in the order in which they are evaluated; defaults last."""
        helper, call, a = self.helper, self.call, self.helper.args
        places = [p.arg for p in (*a.posonlyargs, *a.args)]
        found: list[tuple[str, ast.expr]] = []
        if isinstance(call.func, ast.Attribute):
            found.append((places.pop(0), call.func.value))
        if any(isinstance(v, ast.Starred) for v in call.args) or any(k.arg is None for k in call.keywords):
            raise Refused(f"the arguments of {helper.name}() are spread")
        found += zip(places, call.args, strict=False)
        if a.vararg is not None:
            # They all stand where the first of them does, before any keyword.
            found.append((a.vararg.arg, self._packed(ast.Tuple(call.args[len(places) :], ast.Load()))))
        elif len(call.args) > len(places):
            raise Refused(f"the arguments do not fit {helper.name}()")
        wanted = {p.arg for p in (*a.args, *a.kwonlyargs)}
        more = [k for k in call.keywords if k.arg not in wanted] if a.kwarg is not None else []
        found += [(k.arg, k.value) for k in call.keywords if k.arg is not None and k not in more]
        if a.kwarg is not None:
            if more and more != call.keywords[-len(more) :]:
                raise Refused(f"the arguments of {helper.name}() come in another order")
            packed = ast.Dict([ast.Constant(k.arg) for k in more], [k.value for k in more])
            found.append((a.kwarg.arg, self._packed(packed)))
        found[isinstance(call.func, ast.Attribute) :] = sorted(
            found[isinstance(call.func, ast.Attribute) :], key=lambda g: (g[1].lineno, g[1].col_offset)
        )
        names = [name for name, _ in found]
        defaults = dict(zip(reversed([*a.posonlyargs, *a.args]), reversed(a.defaults), strict=False))
        defaults |= {p: d for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True) if d is not None}
        for parameter, default in reversed(defaults.items()):
            if parameter.arg in names:
                continue
            if not isinstance(default, ast.Constant):
                raise Refused(f"{helper.name}() has a default that is made only once")
            found.append((parameter.arg, default))
            names.append(parameter.arg)
        if sorted(names) != sorted(parameters(helper)):
            raise Refused(f"the arguments do not fit {helper.name}()")
        for _, value in found:
            if any(isinstance(n, ast.NamedExpr | ast.Yield | ast.YieldFrom) for n in ast.walk(value)):
                raise Refused("an argument binds a name")
        return found

    def _packed(self, value: ast.Tuple | ast.Dict) -> ast.expr:
        """What a call gives beyond the parameters, as one value that stands where the first of it does."""
        inner = value.elts if isinstance(value, ast.Tuple) else value.values
        first = min((self.code.start(n) for n in inner), default=self.code.end(self.call) - 1)
        at = self.code.source.position(first)
        value.lineno = value.end_lineno = at.line
        value.col_offset = value.end_col_offset = len(
            self.code.source.lines[at.line - 1][: at.column - 1].encode()
        )
        self.packed[value] = [self.code.segment(n) for n in inner]
        return value

    def _text(self, value: ast.expr) -> str:
        texts = self.packed.get(value)
        match value:
            case ast.Tuple() if texts is not None:
                return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
            case ast.Dict(keys=keys) if texts is not None:
                named = [str(k.value) for k in keys if isinstance(k, ast.Constant)]
                pairs = zip(named, texts, strict=True)
                return "{" + ", ".join(f'"{name}": {text}' for name, text in pairs) + "}"
        return self.code.segment(value)

    def _may_stand(self, name: str, value: ast.expr) -> bool:
        """Whether a parameter may be spelled as its argument wherever it is used."""
        uses = self.uses.get(name, [])
        if isinstance(value, ast.Constant):
            spoilt = any(self._in_text(use) or self._is_asked(use) for use in uses)
            return not spoilt and value.lineno == value.end_lineno
        if not is_chain(value):
            return False
        base = value
        while isinstance(base, ast.Attribute):
            base = base.value
        assert isinstance(base, ast.Name)
        if not self._is_settled(base.id, kept=any(self._captured(use) for use in uses)):
            return False
        if any(base.id in own_names(scope) for use in uses for scope in self._within(use)):
            return False
        if isinstance(value, ast.Name):
            return True
        return bool(uses) and all(self._leads(use) for use in uses)

    def _is_settled(self, name: str, *, kept: bool) -> bool:
        """Whether a name of the caller stands for the same as long as the helper, or what it keeps, runs."""
        code = self.code
        if any(isinstance(n, ast.Global | ast.Nonlocal) and name in n.names for n in ast.walk(code.tree)):
            return False
        if not kept:
            return True
        owner = _owner(code, name, self.call)
        if owner is None:
            return True
        here = code.start(code.statement(self.call))
        loops = [n for n in code.around(self.call) if isinstance(n, LOOPS)]
        again = [
            n
            for n in ast.walk(owner)
            if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        ]
        return not any(code.start(n) > here or set(loops) & set(code.around(n)) for n in again)

    def _captured(self, use: ast.Name) -> bool:
        """Whether a name is read by a function that may outlive the call."""
        return any(self._escapes(scope) for scope in self._within(use) if isinstance(scope, _LAZY))

    def _within(self, use: ast.AST) -> Iterator[ast.AST]:
        """The scopes of the helper around a use, the helper itself left out."""
        for node in self.code.around(use):
            if node is self.helper:
                return
            if own_names(node) or isinstance(node, _LAZY):
                yield node

    def _in_text(self, use: ast.Name) -> bool:
        return any(isinstance(n, ast.JoinedStr) for n in self.code.around(use))

    def _is_asked(self, use: ast.Name) -> bool:
        """Whether a condition is about a name itself: of a constant there, Python warns and a reader wonders."""
        match self.code.parents[use]:
            case ast.Compare(ops=ops):
                return any(isinstance(op, ast.Is | ast.IsNot) for op in ops)
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert() as around:
                return around.test is use
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return True
        return False

    def _in_loop(self) -> bool:
        around = list(self.code.around(self.call))
        if isinstance(self.code.statement(self.call), ast.Return):
            return False
        return any(isinstance(n, LOOPS) for n in around[: around.index(self.caller)])

    def _escapes(self, inner: ast.AST) -> bool:
        """Whether a function of the helper is used for more than to be run by a section."""
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            named = [n for n in ast.walk(self.helper) if isinstance(n, ast.Name) and n.id == inner.name]
            return not all(self._runs(n) for n in named)
        return not self._runs(inner)

    def _runs(self, node: ast.AST) -> bool:
        parent = self.code.parents.get(node)
        match parent:
            case ast.Call(func=function) if function is not node:
                name = last_word(function)
                return (name in self.openers and self._is_over(parent)) or name in _EAGER
            case ast.keyword():
                return self._runs(parent)
            case ast.Assign(targets=[ast.Name(id=name)]):
                named = [
                    n
                    for n in ast.walk(self.helper)
                    if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
                ]
                return all(self._runs(n) for n in named)
        return False

    def _is_over(self, opener: ast.Call) -> bool:
        """Whether a section is over before anything else happens; one that is only to be awaited is not."""
        match self.code.parents[opener]:
            case ast.Await() | ast.Expr():
                return True
            case ast.Return():
                return isinstance(self.code.parents[self.call], ast.Await | ast.Expr | ast.Return)
        return False

    def _leads(self, use: ast.Name) -> bool:
        """Whether a use comes before anything the helper does."""
        code, helper = self.code, self.helper
        if any(True for _ in self._within(use)):
            return False
        for statement in helper.body:
            if any(n is use for n in ast.walk(statement)):
                first = before(code, statement, use)
                return first is not None and all(is_still(part) for part in first)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                if statement.decorator_list or not all(is_still(d) for d in _defaults(statement)):
                    return False
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                return False
        return False

    def _refuse_other_meaning(self) -> None:
        """A name the helper reads from around it must be the same where it is called."""
        own = bound(self.helper.body) | set(parameters(self.helper))
        hidden = shadowed(self.helper)
        for node in ast.walk(self.helper):
            if not isinstance(node, ast.Name) or node.id in own or node in hidden:
                continue
            if _owner(self.code, node.id, self.helper) is not _owner(self.code, node.id, self.call):
                raise Refused(f"{node.id} is another thing in {self.caller.name}()")

    def _refuse_untold(self, rebound: set[str]) -> None:
        """Only names that stand as such in the text can be spelled anew."""
        changing = {*self.swapped, *self.renamed}
        for name in changing & _outer(self.helper):
            raise Refused(f"{name} is bound again in a function within {self.helper.name}()")
        for node in shallow(self.helper.body):
            match node:
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) if name in changing:
                    raise Refused(f"{name} would need another name")
                case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)) if name in changing:
                    raise Refused(f"{name} would need another name")
                case ast.alias(name=name, asname=asname):
                    if (asname or name.split(".")[0]) in changing:
                        raise Refused(f"{asname or name} would need another name")


def _owner(code: Code, name: str, at: ast.AST) -> ast.AST | None:
    """The function around a place whose name this is; None for a module's."""
    for scope in code.around(at):
        if isinstance(scope, SCOPES) and name in own_names(scope):
            return scope
    return None


def _uses(helper: Function) -> dict[str, list[ast.Name]]:
    """The places where a helper, or a function in it, says one of its own names."""
    own = bound(helper.body) | set(parameters(helper))
    hidden = shadowed(helper)
    found: dict[str, list[ast.Name]] = {}
    for statement in helper.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in own and node not in hidden:
                found.setdefault(node.id, []).append(node)
    return found


def _outer(helper: Function) -> set[str]:
    return {n for s in ast.walk(helper) if isinstance(s, ast.Nonlocal | ast.Global) for n in s.names}


def _closures(helper: Function) -> Iterator[ast.AST]:
    yield from (n for n in ast.walk(helper) if isinstance(n, _LAZY) and n is not helper)


def _defaults(scope: Scope) -> list[ast.expr]:
    return [*scope.args.defaults, *(d for d in scope.args.kw_defaults if d is not None)]
