"""From a file to its facts: every function that reaches a section is walked as if anyone might call it.

What methods leave in `self` and functions in globals is kept between the walks, one level less certain, and the walks
are repeated once when it changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace

import libcst as cst

from lint_rmw.flow import assignments, attributes, calls, conditions, contexts, expressions, walk
from lint_rmw.flow.activations import call_function
from lint_rmw.flow.facts import Facts, Write
from lint_rmw.flow.joins import join_objects
from lint_rmw.flow.module import Class, Module, index
from lint_rmw.flow.provenance import Origin, const
from lint_rmw.flow.run import MODULE_SCOPE, Frame, Run
from lint_rmw.flow.summaries import parameter_entry
from lint_rmw.flow.values import NOTHING, Func, Object, Ref, State, Value, join_values
from lint_rmw.flow.writes import moved
from lint_rmw.source import Piece, Source
from lint_rmw.store import StoreProfile, says_fresh

WORK_PER_FUNCTION = 5_000
_ROUNDS = 2

Observer = Callable[[cst.CSTNode, str, Value], None]


def analyse(
    source: Source,
    profiles: Iterable[StoreProfile],
    *,
    tree: ast.Module | None = None,
    observe: Callable[[Run], Observer] | None = None,
    budget: int = WORK_PER_FUNCTION,
) -> Facts:
    """The facts of a file; `tree` saves parsing it again. Raises `SourceError` where it is not valid Python."""
    module = index(source, tree if tree is not None else source.tree, profiles)
    if module is None:
        return Facts()
    run = Run(module, budget)
    run.evaluate = lambda node: expressions.evaluate(run, node)
    run.target = lambda node: attributes.target(run, node)
    run.test = lambda node: conditions.test(run, node)
    run.invoke = lambda callee, arguments, node: calls.invoke(run, callee, arguments, node)
    run.execute = lambda node: walk.execute(run, node)
    run.enter = lambda expression, value: contexts.enter_context(run, expression, value)
    run.assign = lambda target, value: assignments.assign(run, target, value)
    if observe is not None:
        run.observe = observe(run)
    _Walks(run, module).all()
    run.facts.writes = [replace(write, losses=write.losses + moved(write)) for write in run.facts.writes]
    return run.facts


class _Walks:
    """The walks of one file and what they leave to each other."""

    def __init__(self, run: Run, module: Module) -> None:
        self.run = run
        self.module = module
        self.kept = State({MODULE_SCOPE: {}}, {}, NOTHING)
        self.selves: dict[str, Value] = {}
        self.changed = False
        self.helpers: dict[int, str] = {}

    def all(self) -> None:
        """Walks the module's own statements, then each function and method that reaches a section."""
        self._guarded(self._statements)
        roots = list(self._roots())
        for _ in range(_ROUNDS):
            self.changed = False
            for func, klass in roots:
                self._guarded(lambda func=func, klass=klass: self._root(func, klass))  # type: ignore[misc]
            # What was left behind matters only to those that may find it.
            roots = [(func, klass) for func, klass in roots if klass is not None or self._shares(func)]
            if not self.changed:
                break
        self._forget_what_callers_lock()

    def _forget_what_callers_lock(self) -> None:
        """Drops the saves of a helper that seem to lack a section, where its callers in the file have one around them."""
        facts = self.run.facts
        locked = {id(write.node) for write in facts.writes if write.section.form != "none"}
        facts.writes[:] = [
            write
            for write in facts.writes
            if write.section.form != "none" or write.calls or not self._is_helper(write, locked)
        ]

    def _is_helper(self, write: Write, locked: set[int]) -> bool:
        name = self.helpers.get(id(write), "")
        return name.endswith("_locked") or (name.startswith("_") and id(write.node) in locked)

    def _shares(self, func: Func) -> bool:
        assert isinstance(func.node, cst.FunctionDef)
        return func.node.name.value in self.module.sharing

    def _guarded(self, walk_one: Callable[[], None]) -> None:
        """One walk; a function nested deeper than the interpreter's stack is left out, and said so."""
        run = self.run
        run.spent = 0
        run.looping = 0
        run.frames.clear()
        run.sections.clear()
        run.state = self.kept.fork()
        try:
            walk_one()
        except RecursionError:
            self.module.skipped.append("a function is nested too deep to analyse")

    def _statements(self) -> None:
        run = self.run
        for node, piece in self.module.statements:
            run.frames[:] = [Frame(None, piece, MODULE_SCOPE, function_scope=MODULE_SCOPE)]
            if isinstance(node, cst.FunctionDef):
                contexts.remember_decorators(run, node)
                self._decorated(node, piece)
            elif isinstance(node, cst.ClassDef):
                self._class(self.module.classes[node.name.value])
            else:
                before = run.state.fork()
                walk.execute(run, node)
                # A script may end with `raise SystemExit(main())`: what it has set up before is there all the same.
                run.state = run.state if run.state.live else before
        self._keep()

    def _decorated(self, node: cst.FunctionDef, piece: Piece) -> None:
        """Binds a function of the file to what a decorator of the file makes of it."""
        func = Func(node, piece, MODULE_SCOPE)
        value = contexts.decorated(self.run, node, func)
        # One that a branch defined before is hidden by this.
        if value.funcs != (func,) or self.run.find(node.name.value) is not None:
            self.run.bind(node.name.value, value)

    def _class(self, klass: Class) -> None:
        """Notes how the methods of a class are decorated, and what its body binds."""
        run = self.run
        for method in klass.methods.values():
            contexts.remember_decorators(run, method)
        oid = run.number()
        run.class_objects[klass.name] = oid
        self.kept.heap[oid] = run.state.heap[oid] = Object()
        for part in klass.node.body.body:
            if isinstance(part, cst.ClassDef):
                inner = self.module.classes[part.name.value]
                self._class(inner)
                run.fill(Value((Ref(oid),)), const(inner.name), Value(run.class_refs(inner), klass=inner))
        for name, expression in klass.values.items():
            run.fill(Value((Ref(oid),)), const(name), run.evaluate(expression))

    def _roots(self) -> Iterable[tuple[Func, Class | None]]:
        reaching = self.module.reaching
        for name, (node, piece) in self.module.functions.items():
            if name in reaching:
                yield Func(node, piece, MODULE_SCOPE), None
        for klass in self.module.classes.values():
            if klass.name not in reaching:
                continue
            methods = sorted(klass.methods.items(), key=lambda item: item[0] != "__init__")
            for _, node in methods:
                found = (node, klass.piece)
                receiver = self._entry_self(klass, node) or self._self_of(klass)
                yield calls.method_of(self.run, found, receiver, klass), klass

    def _entry_self(self, klass: Class, node: cst.FunctionDef) -> Value | None:
        """What a method of an entry type is called on: an entry that its caller read, unless the file's own calls say."""
        profile = next((p for p in self.module.profiles if klass.name in p.entry_types), None)
        if profile is None or node.name.value in self.module.called or not node.params.params:
            return None
        if node.name.value in ("__init__", "__post_init__"):
            return None
        func = Func(node, klass.piece, MODULE_SCOPE)
        entry = parameter_entry(self.run, func, node.params.params[0], profile)
        self.run.replace(entry, lambda thing: thing.having(klass=klass))
        oid = entry.refs[0].oid
        self.kept.heap[oid] = self.run.state.heap[oid]
        return entry

    def _self_of(self, klass: Class) -> Value:
        """The one object that stands for all of a class."""
        known = self.selves.get(klass.name)
        if known is None:
            oid = self.run.number()
            self.kept.heap[oid] = self.run.state.heap[oid] = Object(klass=klass)
            known = self.selves[klass.name] = Value((Ref(oid),), ident=("object", oid))
        return known

    def _root(self, func: Func, klass: Class | None) -> None:
        run = self.run
        run.frames[:] = [Frame(None, func.piece, MODULE_SCOPE, function_scope=MODULE_SCOPE)]
        typed = []
        for param in (
            *func.node.params.params,
            *func.node.params.kwonly_params,
            *func.node.params.posonly_params,
        ):
            entry = self._entry_parameter(func, param) or self._instance(func, param)
            if entry is not None:
                typed.append((param.name.value, entry))
        func = func._replace(defaults=tuple(typed))
        known = len(run.facts.writes)
        call_function(run, func, (), func.node)
        assert isinstance(func.node, cst.FunctionDef)
        self.helpers.update((id(write), func.node.name.value) for write in run.facts.writes[known:])
        self._keep()

    def _entry_parameter(self, func: Func, param: cst.Param) -> Value | None:
        for profile in self.module.profiles:
            if not profile.entries:
                continue
            annotation = ""
            if param.annotation is not None:
                annotation = func.piece.module.code_for_node(param.annotation.annotation)
            named = profile.names_entry(param.name.value) and not self._is_called_here(func, private=False)
            typed = not says_fresh(param.name.value) and any(n in annotation for n in profile.entry_types)
            if named or (typed and not self._is_called_here(func, private=True)):
                return parameter_entry(self.run, func, param, profile)
        return None

    def _instance(self, func: Func, param: cst.Param) -> Value | None:
        """The object that a parameter is, where its annotation names a class of the file."""
        if param.annotation is None or param.default is not None:
            return None
        klass = self.module.declared(func.piece.module.code_for_node(param.annotation.annotation))
        return None if klass is None else self._self_of(klass)

    def _is_called_here(self, func: Func, *, private: bool) -> bool:
        """Whether the file itself says what is handed in: then its calls decide, not the parameter's name."""
        assert isinstance(func.node, cst.FunctionDef)
        name = func.node.name.value
        return name in self.module.called and (name.startswith("_") or not private)

    def _keep(self) -> None:
        """Keeps what the walk left in globals and in the objects that outlive it."""
        state, kept = self.run.state, self.kept
        done: dict[int, int] = {}
        names = state.scopes.get(MODULE_SCOPE, {})
        before = kept.scopes[MODULE_SCOPE]
        merged = dict(before)
        for name, value in names.items():
            if before.get(name) is not value:
                aged = self._aged(value, done)
                merged[name] = join_values(before[name], aged) if name in before else aged
                self.changed = True
        kept.scopes[MODULE_SCOPE] = merged
        for oid in list(kept.heap):
            thing = state.heap.get(oid)
            if thing is not None and thing is not kept.heap[oid] and oid not in done.values():
                aged_thing = self._aged_object(thing, done)
                # A field not kept yet is not known to be absent: some other walk may set it first.
                known = kept.heap[oid]
                known = known.having(fields={**aged_thing.fields, **known.fields})
                joined = join_objects(known, aged_thing, self.run.absent)
                self.changed = self.changed or _content(joined) != _content(kept.heap[oid])
                kept.heap[oid] = joined

    def _aged(self, value: Value, done: dict[int, int]) -> Value:
        refs = []
        for ref, thing in self.run.state.objects(value):
            if ref.oid in self.kept.heap:
                refs.append(ref)
                continue
            if ref.oid not in done:
                done[ref.oid] = self.run.number()
                self.kept.heap[done[ref.oid]] = Object()
                self.kept.heap[done[ref.oid]] = self._aged_object(thing, done)
            refs.append(Ref(done[ref.oid], ref.fallback))
        for func in value.funcs:
            self._keep_scope(func.scope, done)
        funcs = value.funcs
        return value._replace(
            refs=tuple(refs), origins=tuple(map(_older, value.origins)), funcs=funcs, test=None
        )

    def _keep_scope(self, scope: int | None, done: dict[int, int]) -> None:
        """Keeps the variables that a kept function still sees."""
        while scope is not None and scope not in self.kept.scopes:
            names = self.run.state.scopes.get(scope, {})
            self.kept.scopes[scope] = {}
            self.kept.scopes[scope] = {name: self._aged(value, done) for name, value in names.items()}
            scope = self.run.parents.get(scope)

    def _aged_object(self, thing: Object, done: dict[int, int]) -> Object:
        return thing.having(
            fields={key: self._aged(value, done) for key, value in thing.fields.items()},
            parts={key: self._aged(value, done) for key, value in thing.parts.items()},
            roots=tuple(root._replace(origin=_older(root.origin), live=None) for root in thing.roots),
            rest=None if thing.rest is None else self._aged(thing.rest, done),
            live=None,
            place=None,
        )


def _older(origin: Origin) -> Origin:
    return origin._replace(hops=origin.hops + 1)


def _content(thing: Object) -> tuple[object, ...]:
    return (
        tuple(
            (key, tuple(o.label for o in value.origins), len(value.refs))
            for key, value in thing.fields.items()
        ),
        tuple(root.origin.label for root in thing.roots),
        thing.rest is None,
    )
