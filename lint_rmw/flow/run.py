"""One abstract run of a file's code: the state, the open calls and sections, and the names bound in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lint_rmw.finding import StepKind
from lint_rmw.flow.elements import Elements
from lint_rmw.flow.facts import Facts
from lint_rmw.flow.module import Class, Module
from lint_rmw.flow.provenance import (
    Ident,
    Origin,
    Stop,
)
from lint_rmw.flow.sections import Pending, Section
from lint_rmw.flow.values import (
    NOTHING,
    Func,
    Ref,
    State,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.facts import Write
    from lint_rmw.flow.names import Argument
    from lint_rmw.flow.values import Test
    from lint_rmw.source import Piece

MODULE_SCOPE = 0


@dataclass(eq=False)
class Loop:
    """The states that left a loop's body early, and what the tests were about on which that hung."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)
    left: list[Origin] = field(default_factory=list)


@dataclass(eq=False)
class Frame:
    """One open call: where names are bound, which calls led here, and what was returned so far."""

    node: cst.CSTNode | None
    piece: Piece
    scope: int
    calls: tuple[Stop, ...] = ()
    function_scope: int = 0
    returns: list[tuple[cst.CSTNode, Value, State]] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    defined: list[Func] = field(default_factory=list)
    empties: list[frozenset[Ident]] = field(default_factory=list)
    returned: list[Origin] = field(default_factory=list)
    raised: list[Origin] = field(default_factory=list)
    on_yield: Callable[[Value], None] | None = None
    yielded: list[Value] = field(default_factory=list)
    owner: object = None
    receiver: Value | None = None


class Run(Elements):
    """The machine the walk drives. `evaluate`, `test`, `invoke` and `execute` are filled in by the rooms above."""

    evaluate: Callable[[cst.BaseExpression], Value]
    target: Callable[[cst.BaseExpression], Value]
    test: Callable[[cst.BaseExpression], Test]
    invoke: Callable[[Value, tuple[Argument, ...], cst.CSTNode], Value]
    execute: Callable[[cst.CSTNode], None]
    assign: Callable[[cst.CSTNode, Value], None]
    enter: Callable[[cst.BaseExpression, Value], Value | None]

    def __init__(self, module: Module, budget: int) -> None:
        self.module = module
        self.facts = Facts(skipped=module.skipped)
        self.state = State({MODULE_SCOPE: {}}, {}, NOTHING)
        self.parents: dict[int, int | None] = {MODULE_SCOPE: None}
        self.frames: list[Frame] = []
        self.sections: list[Section] = []
        self.kept: set[int] = set()
        self.ran: set[int] = set()
        self.decorated: dict[int, Pending] = {}
        self.observe: Callable[[cst.CSTNode, str, Value], None] | None = None
        self.written: Callable[[Write, Value], None] | None = None
        self.cleared: Callable[[str], None] | None = None
        self.asking = False
        self.budget = budget
        self.last: Frame | None = None
        self.class_objects: dict[str, int] = {}
        self.spent = 0
        self.has_read = False
        self.passed = {}
        self.grown = set()
        self.met = {}
        self.looping = 0
        self.thrown: list[tuple[Value, State]] = []
        self.looking: set[tuple[int, tuple[Ident, ...]]] | None = None
        self._last = 0

    def number(self) -> int:
        """A number never given before in this run."""
        self._last += 1
        return self._last

    @property
    def frame(self) -> Frame:
        """The innermost open call."""
        return self.frames[-1]

    @property
    def epoch(self) -> int:
        """The epoch that code runs in now: that of the innermost section, or outside."""
        return self.sections[-1].epoch if self.sections else 0

    def element(self, value: Value, node: cst.CSTNode) -> Value:
        """One value that stands for every element; a class of the file says itself what it goes through."""
        for _, thing in self.state.objects(value):
            found = self.module.method(thing.klass, "__iter__") if isinstance(thing.klass, Class) else None
            if found is not None:
                func = Func(found[0], thing.klass.piece, MODULE_SCOPE, value, owner=thing.klass)
                value = self.invoke(Value(funcs=(func,)), (), node)
                break
        return super().element(value, node)

    def section_of(self, epoch: int) -> Section | None:
        """The open section whose state is that of `epoch`."""
        return next((s for s in reversed(self.sections) if s.epoch == epoch), None)

    def clear(self, reason: str, value: Value) -> None:
        """Tells whoever wants to know why a value does no harm here, if it was read outside the open sections."""
        if self.cleared is not None and any(
            self.section_of(origin.label.epoch) is None for origin in self.origins(value)
        ):
            self.cleared(reason)

    def stop(self, kind: StepKind, node: cst.CSTNode, note: str) -> Stop:
        """A stop of the story at a node of the function that runs now."""
        return Stop(kind, node, self.frame.piece, note)

    def open_calls(self) -> tuple[Stop, ...]:
        """The calls that led to the function that runs now."""
        return self.frame.calls if self.frames else ()

    def spend(self, amount: int = 1) -> bool:
        """Takes from the work allowed for one entry point; False when it is used up."""
        self.spent += amount
        return self.spent <= self.budget

    def find(self, name: str) -> Value | None:
        """What a name is bound to here or in the scopes around."""
        scope: int | None = self.frame.scope
        scopes = self.state.scopes
        while scope is not None:
            names = scopes.get(scope)
            if names is not None and name in names:
                return names[name]
            scope = self.parents.get(scope)
        return None

    def bind(self, name: str, value: Value, *, in_function: bool = False) -> None:
        """Binds a name as an assignment here would; `in_function` skips the scope of a comprehension."""
        frame = self.frame
        declared = frame.declared.get(name)
        scope: int | None = frame.function_scope if in_function else frame.scope
        if declared == "global":
            scope = MODULE_SCOPE
        elif declared == "nonlocal":
            scope = self.parents.get(frame.function_scope)
            while scope is not None and name not in self.state.scopes.get(scope, {}):
                scope = self.parents.get(scope)
        self.state.assign(MODULE_SCOPE if scope is None else scope, name, value)

    def rebind(self, name: str, value: Value) -> None:
        """Gives a name another value in the scope that binds it, if one does."""
        scope: int | None = self.frame.scope
        while scope is not None:
            if name in self.state.scopes.get(scope, {}):
                self.state.assign(scope, name, value)
                return
            scope = self.parents.get(scope)

    def class_refs(self, klass: Class) -> tuple[Ref, ...]:
        """The object that a class itself is: what is set on it, all its instances see."""
        oid = self.class_objects.get(klass.name)
        return () if oid is None else (Ref(oid),)

    def open_scope(self, parent: int | None) -> int:
        """A new, empty scope below `parent`."""
        scope = self.number()
        self.parents[scope] = parent
        self.state.scopes[scope] = {}
        return scope
