"""A call of a function of the same file written out: its statements in front, its answer in place of the call."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from lint_rmw.fixes import helper as helpers
from lint_rmw.fixes.arguments import Arguments
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.layout import (
    Change,
    changed_text,
    comments_above,
    grouped,
    indented,
    line_start,
    owns_its_lines,
)
from lint_rmw.fixes.names import refuse_named
from lint_rmw.fixes.order import before
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import (
    LOOPS,
    Block,
    Code,
    Function,
    bound,
    first_line,
    last_word,
    parameters,
    shadowed,
)

_DEEPEST = 8
_WHOLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)
_FIRM = (
    ast.Name,
    ast.Constant,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
)


@dataclass(frozen=True)
class Inlined:
    """A stretch of the file, by offsets, what stands there with the call written out, and what may be otherwise."""

    start: int
    end: int
    text: str
    doubts: tuple[str, ...] = ()


def inlined(
    code: Code, knowledge: Knowledge, call: ast.Call, helper: Function, openers: frozenset[str]
) -> Inlined:
    """The call written out, the same in all it does; raises `Refused`."""
    caller = code.function(call)
    if caller is None:
        raise Refused("it is called at module level")
    if helper is caller or helper in set(code.around(call)):
        raise Refused(f"{helper.name}() calls itself")
    helpers.check(helper)
    doubts = _receiver_doubts(code, knowledge, call, helper)
    return _Writer(code, knowledge, call, helper, caller, openers).written(doubts)


def _receiver_doubts(code: Code, knowledge: Knowledge, call: ast.Call, helper: Function) -> tuple[str, ...]:
    """What is not sure of a method being the one that is called; raises `Refused`."""
    klass = code.parents[helper]
    if isinstance(call.func, ast.Name):
        if isinstance(klass, ast.ClassDef) or knowledge.definition(call.func.id, call) is not helper:
            raise Refused(f"{call.func.id}() may be another function")
        return ()
    name = helper.name
    if not isinstance(call.func, ast.Attribute) or not isinstance(klass, ast.ClassDef):
        raise Refused(f"{name}() may be another function")
    receiver = call.func.value
    named = receiver.id if isinstance(receiver, ast.Name) else ""
    if named == "cls" or isinstance(knowledge.definition(named, call), ast.ClassDef):
        raise Refused(f"{name}() is called on its class")
    if sum(name in bound(statement) for statement in klass.body) != 1:
        raise Refused(f"{name}() is defined more than once")
    others = [
        other
        for other in ast.walk(code.tree)
        if isinstance(other, ast.ClassDef) and other is not klass and name in bound(other.body)
    ]
    if any(_is_made_from(knowledge, other, klass) for other in others):
        raise Refused(f"{name}() is another method in a class made from {klass.name}")
    if isinstance(receiver, ast.Name) and receiver.id == "self":
        around = next((n for n in code.around(call) if isinstance(n, ast.ClassDef)), None)
        return () if around is klass else (f"{name}() may be another method than that of {klass.name}",)
    # A class that is private to the file is not stood in for from elsewhere.
    private = klass.name.startswith("_") and not others
    if private or _is_made_here(code, knowledge, receiver, klass):
        return ()
    return (f"{name}() may be another method than that of {klass.name}",)


def _is_made_from(knowledge: Knowledge, klass: ast.ClassDef, ancestor: ast.ClassDef, depth: int = 0) -> bool:
    parents = [knowledge.definition(base.id, klass) for base in klass.bases if isinstance(base, ast.Name)]
    classes = [parent for parent in parents if isinstance(parent, ast.ClassDef) and depth < _DEEPEST]
    return any(p is ancestor or _is_made_from(knowledge, p, ancestor, depth + 1) for p in classes)


def _is_made_here(code: Code, knowledge: Knowledge, receiver: ast.expr, klass: ast.ClassDef) -> bool:
    """Whether what a method is called on was made of that class in the same function."""
    caller = code.function(receiver)
    if not isinstance(receiver, ast.Name) or caller is None:
        return False
    stores = [
        n
        for n in ast.walk(caller)
        if isinstance(n, ast.Name) and n.id == receiver.id and isinstance(n.ctx, ast.Store)
    ]
    if len(stores) != 1:
        return False
    match code.parents[stores[0]]:
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Name(id=name))) as made:
            return knowledge.definition(name, made) is klass
    return False


@dataclass(eq=False)
class _Writer:
    code: Code
    knowledge: Knowledge
    call: ast.Call
    helper: Function
    caller: Function
    openers: frozenset[str]
    changes: list[Change] = field(default_factory=list)

    def written(self, doubts: tuple[str, ...]) -> Inlined:
        """The statement of the call as it is then; raises `Refused`."""
        code, helper = self.code, self.helper
        self.statement = statement = code.statement(self.call)
        self.hole = self._hole()
        indent = code.indent(statement)
        answer = helpers.answer_of(helper, ends=self._ends(), passes=isinstance(statement, ast.Return))
        names = Arguments(code, self.knowledge, helper, self.caller, self.call, self.openers)
        self._refuse_later(answer)
        result = self._named_alike(answer)
        names.settle(result)
        self._spell(names)
        lines = [f"{indent}{name} = {value}" for name, value in names.bound]
        body = self._body(answer.body, indent)
        if body and _is_definition(answer.body[0]) and (lines or not self._may_begin_here()):
            body.insert(0, "")
        lines += body
        start, end = line_start(code, first_line(statement)), code.end(statement)
        if answer.leaves:
            if isinstance(statement, ast.Return) and not isinstance(answer.body[-1], ast.Return | ast.Raise):
                lines.append(f"{indent}return None")
        elif not result:
            text, end = self._replaced(answer, indent)
            if text and answer.body and _is_definition(answer.body[-1]):
                lines.append("")
            lines += [f"{indent}{text}"] if text else []
        if not lines:
            raise Refused(f"{helper.name}() does nothing")
        tail = self._tail() if end == code.end(statement) else ""
        if tail.strip() and "#" in lines[-1]:
            # A line has room for one comment.
            lines.insert(0, f"{indent}{tail.strip()}")
            end += len(tail)
        return Inlined(start, end, code.newline.join(lines), doubts)

    def _hole(self) -> ast.expr:
        """The expression that the answer replaces: the call, or the wait for it."""
        code, helper, statement = self.code, self.helper, self.statement
        place = f"line {statement.lineno}"
        hole: ast.expr = self.call
        if isinstance(helper, ast.AsyncFunctionDef):
            parent = code.parents[self.call]
            if not isinstance(parent, ast.Await):
                raise Refused(f"{place} does not wait for {helper.name}() at once")
            hole = parent
        if isinstance(statement, _WHOLE):
            if not owns_its_lines(code, statement):
                raise Refused(f"{place} holds more than one statement")
        elif not isinstance(statement, ast.If | ast.With | ast.AsyncWith | ast.For | ast.AsyncFor):
            raise Refused(f"{place} calls it where nothing can be put before")
        if code.text[line_start(code, first_line(statement)) : code.start_of(statement)].strip():
            raise Refused(f"{place} holds more than one statement")
        if code.text[code.start(statement) :].startswith("elif"):
            raise Refused(f"{place} calls it where nothing can be put before")
        earlier = before(code, statement, hole)
        if earlier is None:
            raise Refused(f"{place} does not call it once in any case")
        first = (n for part in earlier for n in ast.walk(part))
        if not all(isinstance(n, ast.Name | ast.Constant | ast.expr_context) for n in first):
            raise Refused(f"{place} does other things before it calls {helper.name}()")
        return hole

    def _refuse_later(self, answer: helpers.Answer) -> None:
        """A section that is opened here and awaited somewhere else runs who knows when."""
        awaited = isinstance(self.code.parents[self.hole], ast.Await | ast.Expr | ast.Return)
        if isinstance(self.caller, ast.AsyncFunctionDef) and not awaited:
            for part in answer.parts():
                opened = last_word(part.func) if isinstance(part, ast.Call) else ""
                if opened in self.openers:
                    raise Refused(f"what {self.helper.name}() returns may be awaited later")

    def _named_alike(self, answer: helpers.Answer) -> tuple[str, str] | None:
        """A name of the helper that may be called right away as its answer is in the caller, and that name."""
        code, statement, helper = self.code, self.statement, self.helper
        if answer.guards or answer.leaves or not isinstance(answer.value, ast.Name):
            return None
        match statement:
            case ast.Assign(targets=[ast.Name(id=new)], value=value) if value is self.hole:
                old = answer.value.id
            case _:
                return None
        says = {n.id for n in ast.walk(helper) if isinstance(n, ast.Name) and n.id != old}
        says |= {n.arg for n in ast.walk(helper) if isinstance(n, ast.arg)}
        if old not in bound(helper.body) or old in parameters(helper) or new in says:
            return None
        around = list(code.around(statement))
        if any(isinstance(n, LOOPS) for n in around[: around.index(self.caller)]):
            return None
        stores = [
            n for n in ast.walk(self.caller) if isinstance(n, ast.Name) and n.id == new and _is_bound(n)
        ]
        shared = any(isinstance(n, ast.Global | ast.Nonlocal) and new in n.names for n in ast.walk(code.tree))
        return None if shared or len(stores) != 1 or new in parameters(self.caller) else (old, new)

    def _ends(self) -> bool:
        """Whether the call's statement does nothing but call, as the last thing its function does."""
        code, statement = self.code, self.statement
        if getattr(statement, "value", None) is not self.hole:
            return False
        if isinstance(statement, ast.Return):
            return True
        here: ast.AST = statement
        while isinstance(statement, ast.Expr) and here is not self.caller:
            block = code.block(here) if isinstance(here, ast.stmt) else None
            if block is None or block[-1] is not here:
                return False
            here = code.parents[here]
            if not isinstance(here, ast.If | ast.With | ast.AsyncWith) and here is not self.caller:
                return False
        return isinstance(statement, ast.Expr)

    def _spell(self, names: Arguments) -> None:
        """The changes that spell the helper's names as they are called in the caller."""
        code, helper = self.code, self.helper
        spelled = {**names.swapped, **names.renamed}
        spelled = {name: new for name, new in spelled.items() if name != new}
        inner = [n for n in ast.walk(helper) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        for made in inner:
            if made.name in spelled and code.function(made) is helper:
                at = code.text.index(made.name, code.text.index("def", code.start(made)) + len("def"))
                self.changes.append((at, at + len(made.name), spelled[made.name]))
        refuse_named(code, helper, set(spelled))
        hidden = shadowed(helper)
        for statement in helper.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id in spelled and node not in hidden:
                    if code.segment(node) != node.id:
                        raise Refused(f"line {node.lineno} says {node.id} within a text")
                    self.changes.append((code.start(node), code.end(node), spelled[node.id]))

    def _body(self, body: Block, indent: str) -> list[str]:
        """The lines of the helper's statements up to its answer, with the comments between them."""
        code = self.code
        if not body:
            return []
        first, last = body[0], body[-1]
        if not all(owns_its_lines(code, s) for s in (first, last)):
            raise Refused(f"line {first.lineno} holds more than one statement")
        start = line_start(code, comments_above(code, first))
        bottom = last.end_lineno or last.lineno
        end = line_start(code, bottom) + len(code.source.lines[bottom - 1])
        text = changed_text(code, start, end, self.changes)
        return indented(text, code.indent(first), indent)

    def _replaced(self, answer: helpers.Answer, indent: str) -> tuple[str, int]:
        """The call's statement up to the call, with the answer in its place, and where the call ends."""
        code, statement, hole, value = self.code, self.statement, self.hole, answer.value
        old = code.indent(self.helper.body[-1])
        changed = {}
        for part in answer.parts():
            text = changed_text(code, *helpers.whole(code, part), self.changes)
            changed[part] = code.newline.join(indented(f"{old}{text}", old, indent)).removeprefix(indent)
        text = answer.text(code, changed)
        direct = getattr(statement, "value", None) is hole
        nothing = not answer.guards and (value is None or isinstance(value, ast.Name | ast.Constant))
        if isinstance(statement, ast.Expr) and direct and nothing:
            return "", code.end(statement)
        firm = not answer.guards and (value is None or isinstance(value, _FIRM) or text.startswith("("))
        if not firm and not (direct and len(text.splitlines()) == 1):
            text = f"({text})"
        named = code.parents[hole]
        if isinstance(named, ast.NamedExpr) and len(text.splitlines()) == 1:
            # Bound in front, where what it is can be moved.
            start, end = grouped(code, named)
            first = f"{named.target.id} = {answer.text(code, changed)}{code.newline}{indent}"
            return f"{first}{code.text[code.start(statement) : start]}{named.target.id}", end
        start, end = grouped(code, hole) if direct else (code.start(hole), code.end(hole))
        return f"{code.text[code.start(statement) : start]}{text}", end

    def _tail(self) -> str:
        """The comment behind the statement."""
        code, last = self.code, self.statement.end_lineno or self.statement.lineno
        return code.text[code.end(self.statement) : line_start(code, last) + len(code.source.lines[last - 1])]

    def _may_begin_here(self) -> bool:
        """Whether a function may be defined in place of the statement with no blank line before it."""
        block = self.code.block(self.statement)
        above = comments_above(self.code, self.statement)
        blank = above > 1 and not self.code.source.lines[above - 2].strip()
        return blank or (block is self.caller.body and block[0] is self.statement)


def _is_bound(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _is_definition(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
