"""What running a function of the file does with the values it is given, and what a section does with its body.

A function is walked with the values of each call, so that closures, partials and helpers at any depth are judged
where they run; a call that brings nothing of interest is not walked at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow import known, questions
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import Label, Origin, Stop, Trail, const
from lint_rmw.flow.run import MODULE_SCOPE, Frame, Run
from lint_rmw.flow.values import Func, Value, join_values
from lint_rmw.store import StoreProfile

_DEEPEST_CALL = 24
_MOST_REPEATS = 2
_SHORT_BODY = 8


def walk_function(
    run: Run,
    func: Func,
    arguments: tuple[Argument, ...],
    node: cst.CSTNode,
    on_yield: Callable[[Value], None] | None = None,
) -> Value:
    """Walks the body of a function with its parameters bound."""
    name = func.node.name.value if isinstance(func.node, cst.FunctionDef) else "lambda"
    if (on_yield is None and _is_dull(run, func, name, arguments)) or not _may_descend(run, func, name):
        idents = tuple(a.value.ident or ("opaque", id(a.node)) for a in arguments)
        if any(_has_content(run, a.value) for a in arguments):
            origins = tuple(o for a in arguments for o in run.origins(a.value))
            return run.derived(origins, node, f"it is handed to {name}()", hops=1)
        return Value(ident=("call", name, *idents))
    calls = run.frame.calls if run.frames else ()
    known_before = run.state.asked
    # Where anyone might call it there is no call to tell of.
    stop = None
    if run.frames and node is not func.node:
        stop = Stop(StepKind.CALL, node, run.frame.piece, f"by way of this call of {name}()")
    unnamed = isinstance(func.node, cst.Lambda) or any(s.body is func.node for s in run.sections)
    inner = calls if stop is None or unnamed else (*calls, stop)
    scope = run.open_scope(func.scope)
    frame = Frame(func.node, func.piece, scope, inner, function_scope=scope, on_yield=on_yield)
    frame.owner, frame.receiver = func.owner, func.receiver
    bind_parameters(run, func, arguments, scope, node)
    run.frames.append(frame)
    try:
        run.execute(func.node)
    finally:
        run.frames.pop()
    return leave(run, frame, known_before)


def leave(run: Run, frame: Frame, asked: tuple[Origin, ...] = ()) -> Value:
    """Joins the ways out of a function; what was returned is its result."""
    run.last = frame
    result: Value | None = None
    for _, value, _ in frame.returns:
        result = value if result is None else join_values(result, value)
    run.state = run.join([*(state for _, _, state in frame.returns), run.state])
    result = questions.out_of(run, frame, asked, result)
    if frame.scope not in run.kept:
        run.state.scopes.pop(frame.scope, None)
    if frame.yielded and frame.node is not None:
        return run.sequence(frame.yielded, frame.node, exact=_yields_in_order(frame))
    return result if result is not None else Value(ident=const(None))


def _is_dull(run: Run, func: Func, name: str, arguments: tuple[Argument, ...]) -> bool:
    """Whether nothing the analysis follows goes in, and nothing in there concerns a store."""
    if func.scope != MODULE_SCOPE or name in run.module.touching or func.receiver is not None:
        return False
    if len(func.node.body.children) <= _SHORT_BODY:
        return False
    return not any(_has_content(run, a.value) for a in arguments)


def _has_content(run: Run, value: Value) -> bool:
    return bool(value.refs or value.origins or value.funcs or value.klass is not None or value.constant)


def _yields_in_order(frame: Frame) -> bool:
    """Whether a generator gave each element once, one after the other: no loop, branch or return had a part in it."""
    body = frame.node.body.body if isinstance(frame.node, cst.FunctionDef) else ()
    small = (part for line in body if isinstance(line, cst.SimpleStatementLine) for part in line.body)
    plain = [part.value for part in small if isinstance(part, cst.Expr) and isinstance(part.value, cst.Yield)]
    others = any(isinstance(each.value, cst.From) for each in plain) or frame.returns
    return not others and len(plain) == len(frame.yielded)


def _may_descend(run: Run, func: Func, name: str) -> bool:
    if len(run.frames) > _DEEPEST_CALL or not run.spend(3):
        return False
    return sum(1 for frame in run.frames if frame.node is func.node) < _MOST_REPEATS


def parameters(func: Func) -> tuple[list[cst.Param], list[cst.Param], cst.Param | None, cst.Param | None]:
    params = func.node.params
    places = [*params.posonly_params, *params.params]
    star = params.star_arg if isinstance(params.star_arg, cst.Param) else None
    return places, list(params.kwonly_params), star, params.star_kwarg


def required(func: Func) -> int:
    """How many arguments a call must give by place."""
    places, _, _, _ = parameters(func)
    return sum(1 for param in places if param.default is None) - (func.receiver is not None)


def bind_parameters(
    run: Run, func: Func, arguments: tuple[Argument, ...], scope: int, node: cst.CSTNode
) -> None:
    places, named, star, stars = parameters(func)
    bound: dict[str, Value] = {}
    given = [a for a in arguments if a.keyword is None and not a.star]
    handed = [a.value for a in given]
    if func.receiver is not None:
        handed.insert(0, func.receiver)
    for param, value in zip(places, handed, strict=False):
        bound[param.name.value] = value
    # How many there are is not known: each parameter that is left may be handed any of them.
    spread = [run.element(a.value, node) for a in arguments if a.star == "*"]
    for param in places[len(handed) :] if spread else ():
        bound[param.name.value] = reduce(join_values, spread)
    if star is not None:
        bound[star.name.value] = run.sequence([*handed[len(places) :], *spread], node, exact=not spread)
    extra: list[Argument] = []
    names = {param.name.value for param in (*places, *named)}
    for argument in arguments:
        if argument.keyword is not None:
            if argument.keyword in names:
                bound[argument.keyword] = argument.value
            else:
                extra.append(argument)
        elif argument.star == "**":
            for name in names - bound.keys():
                bound[name] = run.get(argument.value, const(name), node)
            extra.append(argument)
    if stars is not None:
        bound[stars.name.value] = known.mapping(run, tuple(extra), node)
    defaults = dict(func.defaults)
    for param in (*places, *named):
        name = param.name.value
        if name not in bound:
            left_out = defaults.get(name) or _default(run, func, param, anyone=node is func.node)
            bound[name] = left_out or Value(ident=("param", id(func.node), name))
    run.state.scopes[scope] = bound


def _default(run: Run, func: Func, param: cst.Param, *, anyone: bool) -> Value | None:
    """The default of a parameter of a function of the module, made when that was defined.

    Where anyone may call it, only a function that it defaults to is taken for granted.
    """
    if param.default is None or func.scope != MODULE_SCOPE:
        return None
    run.frames.append(Frame(None, func.piece, MODULE_SCOPE, function_scope=MODULE_SCOPE))
    value = run.evaluate(param.default)
    run.frames.pop()
    callable_ = bool(value.funcs) or (value.ident is not None and value.ident[0] == "global")
    return value if callable_ or not anyone else None


def parameter_entry(run: Run, func: Func, param: cst.Param, profile: StoreProfile) -> Value:
    """A parameter that is named or typed as an entry: taken for a stale one, at one level less of confidence."""
    label = Label(profile.family, None, (("any",),), 0)
    stop = Stop(StepKind.READ, param, func.piece, f"entry arrives as parameter '{param.name.value}'")
    return run.allocate(
        run.rooted(Origin(label, Trail.begin(stop, ()), hops=1), None), ("data", label, param.name.value)
    )
