"""What a call does: opens a section, reads or saves a store, runs a function of the file, or something unknown."""

from __future__ import annotations

from functools import partial

import libcst as cst

from lint_rmw.flow import (
    heaps,
    iterators,
    known,
    library,
    methods,
    operators,
    questions,
    records,
    sets,
    templates,
    traversals,
)
from lint_rmw.flow.accesses import by_profile
from lint_rmw.flow.activations import call_function, instance
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument, Call, dotted
from lint_rmw.flow.provenance import Ident, const, merge
from lint_rmw.flow.run import Run
from lint_rmw.flow.sections import Pending
from lint_rmw.flow.unknowns import unknown
from lint_rmw.flow.values import Func, Getter, Partial, Value, join_values
from lint_rmw.pattern import Form

_THREADED = frozenset(
    {
        "to_thread",
        "callback",
        "run_sync",
        "submit",
        "apply",
        "call_soon",
        "create_task",
        "run_coroutine_threadsafe",
    }
)
_CACHING = frozenset({"lru_cache", "cache"})
_BUILTIN = frozenset("dict list tuple set frozenset str bytes int float".split())
_OF_CLASSES = frozenset("fromkeys maketrans from_bytes fromhex".split())
# Who knows the functions of a module.
_OF_MODULES = {
    "operator": operators.function,
    "heapq": heaps.function,
    "bisect": heaps.function,
    "itertools": iterators.function,
    "string": templates.template,
    "collections": records.record_class,
    "typing": records.record_class,
    "typing_extensions": records.record_class,
    "dataclasses": records.record_class,
}
_ENTERING = frozenset({"enter_context", "enter_async_context"})
_STORED_BY_PLACE = frozenset({"run_in_executor", "call_later", "start_soon"})


def call(run: Run, node: cst.Call) -> Value:
    """The result of a call expression."""
    func = node.func
    receiver: Value | None = None
    receiver_node: cst.BaseExpression | None = None
    if isinstance(func, cst.Attribute):
        receiver_node = func.value
        receiver = run.target(func.value) if func.attr.value in methods.CHANGING else run.evaluate(func.value)
        callee = Value(ident=_attribute_ident(receiver, func.attr.value))
        kept = _kept_name(run, receiver, func.attr.value)
        if kept is not None:
            # A function kept in an attribute is the function, whatever the attribute is called.
            callee, receiver, receiver_node = kept, None, None
    else:
        callee = run.evaluate(func)
    inherited = _super_method(run, func)
    if inherited is not None:
        return call_function(run, inherited, evaluate_arguments(run, node.args), node)
    arguments = evaluate_arguments(run, node.args)
    # What a call gives back has no name of its own to be known by.
    path = ("",) if isinstance(func, cst.Call) else dotted(func)
    return perform(run, callee, receiver, receiver_node, arguments, node, path)


def _super_method(run: Run, func: cst.BaseExpression) -> Func | None:
    """The method that `super().name` means in the method that runs now."""
    if not (isinstance(func, cst.Attribute) and isinstance(func.value, cst.Call)):
        return None
    if not (isinstance(func.value.func, cst.Name) and func.value.func.value == "super"):
        return None
    here = next((frame for frame in reversed(run.frames) if frame.owner is not None), None)
    if here is None or not isinstance(here.owner, Class):
        return None
    for base in here.owner.bases:
        klass = run.module.classes.get(base)
        found = run.module.method(klass, func.attr.value) if klass is not None else None
        if found is not None and klass is not None:
            return method_of(run, found, here.receiver, klass)
    return None


def evaluate_arguments(run: Run, args: object) -> tuple[Argument, ...]:
    """The arguments of a call; literal `*[...]` and `**{...}` are taken apart."""
    found: list[Argument] = []
    assert isinstance(args, tuple | list)
    for arg in args:
        value = run.evaluate(arg.value)
        keyword = arg.keyword.value if arg.keyword is not None else None
        spread = _spread(run, arg.star, value) if arg.star else None
        if spread is None:
            found.append(Argument(keyword, arg.star, value, arg.value))
        else:
            found.extend(Argument(name, "", part, arg.value) for name, part in spread)
    return tuple(found)


def _spread(run: Run, star: str, value: Value) -> list[tuple[str | None, Value]] | None:
    things = run.state.objects(value)
    if len(things) != 1 or things[0][1].roots or things[0][1].rest is not None:
        return None
    thing = things[0][1]
    if star == "*":
        return [(None, part) for part in thing.fields.values()] if thing.sequence else None
    if thing.sequence or not all(key[0] == "const" for key in thing.fields):
        return None
    return [(str(key[2]), part) for key, part in thing.fields.items()]


def _attribute_ident(receiver: Value, name: str) -> Ident:
    if receiver.ident is not None and receiver.ident[0] == "global":
        return ("global", f"{receiver.ident[1]}.{name}")
    return ("attr", receiver.ident or ("opaque", id(receiver)), name)


def perform(
    run: Run,
    callee: Value,
    receiver: Value | None,
    receiver_node: cst.BaseExpression | None,
    arguments: tuple[Argument, ...],
    node: cst.CSTNode,
    path: tuple[str, ...],
) -> Value:
    """The result of calling `callee`, a name, or an attribute of `receiver`."""
    chosen = questions.of_choice(run, callee)
    if chosen:
        callee = callee._replace(origins=())
        again = partial(perform, run, callee, receiver, receiver_node, arguments, node, path)
        return questions.watched(run, chosen, again)
    name = _name(callee, path)
    seen = Call(node, name, receiver, receiver_node, arguments, path)
    accessed = by_profile(run, seen)
    if accessed is not None:
        return accessed
    entered = _entered(run, callee, receiver, receiver_node, name, arguments)
    if entered is not None:
        return entered
    if receiver is not None:
        bound = _bound_method(run, receiver, path[-1], arguments, node)
        if bound is None:
            bound = records.made_of(run, receiver, name, arguments, node)
        if bound is not None:
            return bound
    if isinstance(callee.klass, Partial):
        return _call_partial(run, callee.klass, arguments, node)
    if isinstance(callee.klass, Class):
        return instance(run, callee.klass, arguments, node)
    if callee.funcs:
        result = call_functions(run, callee.funcs, arguments, node)
        # Of several functions one was looked up: what it gives back hangs on that.
        told = run.derived(callee.origins, node, "it decides what is called")
        return result._replace(origins=merge(result.origins, told.origins)) if told.origins else result
    if isinstance(callee.klass, Getter) and arguments:
        return _got(run, callee.klass, arguments[0].value, node)
    module, own_name = _home(callee)
    found = _OF_MODULES[module](run, own_name, arguments, node) if module in _OF_MODULES else None
    if found is not None:
        return found
    if name in _CACHING and (not arguments or not arguments[0].value.funcs):
        # Called with its options it gives the decorator itself.
        return Value(ident=("global", "functools.cache"))
    if name == "partial" and arguments:
        return Value(klass=Partial(arguments[0].value, arguments[1:]), ident=("opaque", id(node)))
    if name in _THREADED and arguments:
        return run.invoke(arguments[0].value, arguments[1:], node)
    handed = {a.keyword: a for a in arguments if a.keyword is not None}
    if "target" in handed and "args" in handed:
        parts = [
            part for _, thing in run.state.objects(handed["args"].value) for part in thing.fields.values()
        ]
        return run.invoke(
            handed["target"].value, tuple(Argument(None, "", p, handed["args"].node) for p in parts), node
        )
    if name in _STORED_BY_PLACE and len(arguments) > 1:
        return run.invoke(arguments[1].value, arguments[2:], node)
    if module in _BUILTIN and name not in _OF_CLASSES and arguments:
        # A method of a built-in class that is handed its object: `dict.get(entry, name)`.
        first = arguments[0]
        changed = run.target(first.node) if name in methods.CHANGING and not first.star else first.value
        receiver, arguments = changed, arguments[1:]
    if receiver is not None:
        found = templates.method(run, receiver, name, arguments, node)
        if found is None:
            found = methods.method(run, receiver, name, arguments, node)
        if found is None:
            found = sets.method(run, receiver, receiver_node, name, arguments, node)
        if found is not None:
            return found
        instance_call = (
            _call_instance(run, run.get(receiver, const(name), node), arguments, node)
            if receiver.refs
            else None
        )
        if instance_call is not None:
            return instance_call
    if receiver is None or (receiver.ident is not None and receiver.ident[0] == "global"):
        for function in (traversals.function, known.function):
            found = function(run, name, arguments, node)
            if found is not None:
                return found
    computed = library.function(run, module, arguments, node)
    if computed is not None:
        return computed
    called = _call_instance(run, callee, arguments, node)
    return called if called is not None else unknown(run, name, receiver, arguments, node)


def _got(run: Run, getter: Getter, value: Value, node: cst.CSTNode) -> Value:
    def called(name: str, arguments: tuple[Argument, ...]) -> Value:
        return _call_method(run, value, name, arguments, node)

    return operators.got(run, getter, value, node, called)


def _call_method(
    run: Run, receiver: Value, name: str, arguments: tuple[Argument, ...], node: cst.CSTNode
) -> Value:
    callee = Value(ident=_attribute_ident(receiver, name))
    return perform(run, callee, receiver, None, arguments, node, (name,))


def _entered(
    run: Run,
    callee: Value,
    receiver: Value | None,
    receiver_node: cst.BaseExpression | None,
    name: str,
    arguments: tuple[Argument, ...],
) -> Value | None:
    """A section entered by a call: by an exit stack, by hand, or a function made one by calling its decorator."""
    if isinstance(callee.klass, Pending) and callee.klass.pattern.form is Form.DECORATOR and arguments:
        for func in arguments[0].value.funcs:
            run.decorated[id(func.node)] = callee.klass
        return arguments[0].value
    if name in _ENTERING and len(arguments) == 1:
        return run.enter(arguments[0].node, arguments[0].value)
    by_hand = (
        name in ("__enter__", "__aenter__") and receiver is not None and isinstance(receiver.klass, Pending)
    )
    if by_hand and receiver is not None and receiver_node is not None:
        return run.enter(receiver_node, receiver)
    return None


def _kept_name(run: Run, receiver: Value, name: str) -> Value | None:
    """A function from elsewhere that was put into an attribute of an object or its class."""
    things = [thing for _, thing in run.state.objects(receiver)]
    for thing in list(things):
        if isinstance(thing.klass, Class):
            things += [shared for _, shared in run.state.objects(Value(run.class_refs(thing.klass)))]
    for thing in things:
        kept = thing.fields.get(const(name))
        if kept is not None and kept.ident is not None and kept.ident[0] == "global" and not kept.funcs:
            return kept
    return None


def _home(callee: Value) -> tuple[str, str]:
    """The module that a function was imported from, and its name there; no module if it was not imported."""
    imported = callee.ident is not None and callee.ident[0] == "global"
    module, _, name = str(callee.ident[1]).rpartition(".") if imported and callee.ident else ("", "", "")
    return module, name


def _name(callee: Value, path: tuple[str, ...]) -> str:
    if callee.ident is not None and callee.ident[0] == "global":
        return str(callee.ident[1]).rsplit(".", 1)[-1]
    return path[-1]


def invoke(run: Run, callee: Value, arguments: tuple[Argument, ...], node: cst.CSTNode) -> Value:
    """Calls a value that was handed over as a callable."""
    path = (
        (str(callee.ident[1]).rsplit(".", 1)[-1],) if callee.ident and callee.ident[0] == "global" else ("",)
    )
    return perform(run, callee, None, None, arguments, node, path)


def call_functions(
    run: Run, funcs: tuple[Func, ...], arguments: tuple[Argument, ...], node: cst.CSTNode
) -> Value:
    """Calls each of the functions a value may be, from the same state, and joins what they leave."""
    if len(funcs) == 1:
        return call_function(run, funcs[0], arguments, node)
    before, after = run.state, []
    result: Value | None = None
    for func in funcs:
        run.state = before.fork()
        value = call_function(run, func, arguments, node)
        after.append(run.state)
        result = value if result is None else join_values(result, value)
    run.state = run.join(after)
    return result or Value()


def _call_partial(run: Run, partial: Partial, arguments: tuple[Argument, ...], node: cst.CSTNode) -> Value:
    if partial.method:
        return _call_method(run, partial.callee, partial.method, arguments, node)
    places = tuple(a for a in partial.args if a.keyword is None)
    named = tuple(
        a for a in partial.args if a.keyword is not None and all(a.keyword != b.keyword for b in arguments)
    )
    return run.invoke(partial.callee, (*places, *arguments, *named), node)


def _bound_method(
    run: Run, receiver: Value, name: str, arguments: tuple[Argument, ...], node: cst.CSTNode
) -> Value | None:
    """Runs a method of a class of the file, or a function kept in an attribute."""
    for _, thing in run.state.objects(receiver):
        klass = thing.klass
        if isinstance(klass, Class):
            found = run.module.method(klass, name)
            if found is not None:
                return call_function(run, method_of(run, found, receiver, klass), arguments, node)
        kept = thing.fields.get(const(name))
        if kept is not None and (kept.funcs or kept.klass is not None):
            return run.invoke(kept, arguments, node)
    if isinstance(receiver.klass, Class):
        found = run.module.method(receiver.klass, name)
        if found is not None:
            return call_function(run, method_of(run, found, None, receiver.klass), arguments, node)
    return None


def method_of(run: Run, found: tuple[cst.FunctionDef, object], receiver: Value | None, klass: Class) -> Func:
    """A method tied to its receiver, as its decorators say."""
    node = found[0]
    decorators = {dotted(d.decorator)[-1] for d in node.decorators}
    if "staticmethod" in decorators:
        receiver = None
    elif "classmethod" in decorators:
        receiver = Value(run.class_refs(klass), klass=klass)
    owner = next((k for k in run.module.classes.values() if node in k.methods.values()), klass)
    return Func(node, owner.piece, 0, receiver, owner=owner)


def _call_instance(
    run: Run, callee: Value, arguments: tuple[Argument, ...], node: cst.CSTNode
) -> Value | None:
    for _, thing in run.state.objects(callee):
        if isinstance(thing.klass, Class):
            found = run.module.method(thing.klass, "__call__")
            if found is not None:
                return call_function(run, method_of(run, found, callee, thing.klass), arguments, node)
    return None
