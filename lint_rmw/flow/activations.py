"""What a section does with its body: hands it the fresh state, runs it, and judges what it returns."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow import known
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import Ident, Label, Sameness, relation
from lint_rmw.flow.run import MODULE_SCOPE, Run
from lint_rmw.flow.sections import Pending, Section
from lint_rmw.flow.summaries import parameters, required, walk_function
from lint_rmw.flow.values import Func, Object, Partial, Value
from lint_rmw.flow.writes import returned
from lint_rmw.pattern import Form, Pattern
from lint_rmw.source import Piece
from lint_rmw.store import StoreProfile


def call_function(
    run: Run,
    func: Func,
    arguments: tuple[Argument, ...],
    node: cst.CSTNode,
    on_yield: Callable[[Value], None] | None = None,
) -> Value:
    """The result of calling a function of the file with these arguments; `on_yield` runs where it yields."""
    run.ran.add(id(func.node))
    locked = run.decorated.get(id(func.node))
    if locked is not None and not any(s.body is func.node for s in run.sections):
        return _call_locked(run, func, arguments, node, locked)
    return walk_function(run, func, arguments, node, on_yield)


def instance(run: Run, klass: Class, arguments: tuple[Argument, ...], node: cst.CSTNode) -> Value:
    """A new object of a class of the file, its `__init__` run, or its fields filled as a dataclass would."""
    found = run.module.method(klass, "__init__")
    if found is None:
        places = [a for a in arguments if a.keyword is None and not a.star]
        named = tuple(
            Argument(name, "", argument.value, argument.node)
            for name, argument in zip(klass.fields, places, strict=False)
        )
        others = tuple(a for a in arguments if a not in places[: len(klass.fields)])
        value = known.mapping(run, (*others, *named), node)
        value = value._replace(ident=("object", value.refs[0].oid))
        run.replace(value, lambda thing: thing.having(klass=klass))
        after = run.module.method(klass, "__post_init__")
        if after is not None:
            call_function(run, Func(after[0], after[1], MODULE_SCOPE, value, owner=klass), (), node)
        return value
    value = run.allocate(Object(born=run.epoch, klass=klass))
    value = value._replace(ident=("object", value.refs[0].oid))
    owner = next((k for k in run.module.classes.values() if found[0] in k.methods.values()), klass)
    call_function(run, Func(found[0], found[1], MODULE_SCOPE, value, owner=owner), arguments, node)
    return value


def new_fresh(run: Run, section: Section, node: cst.CSTNode, *, live: bool) -> Value:
    """The state that a section hands over."""
    where = (section.key,) if section.key is not None else ()
    label = Label(section.family, section.store, where, section.epoch)
    note = f"the fresh {'entry' if where else 'store'} is handed over here"
    return run.read(label, run.stop(StepKind.READ, node, note), live=section.epoch if live else None)


def open_section(
    run: Run,
    profile: StoreProfile,
    store: Ident | None,
    key: Ident | None,
    *,
    form: str,
    opener: cst.CSTNode,
    body: cst.CSTNode,
    piece: Piece,
    fresh_name: str,
) -> Section:
    """Enters a section; one inside another of the same store belongs to the outer's activation."""
    epoch = next(
        (
            around.epoch
            for around in run.sections
            if around.family == profile.family and relation(around.store, store) is Sameness.SAME
        ),
        None,
    )
    # What was looked at or deleted in the outer one was so in this.
    outer = run.section_of(epoch) if epoch is not None else None
    section = Section(
        epoch=run.number() if epoch is None else epoch,
        profile=profile,
        store=store,
        key=key,
        form=form,
        opener=opener,
        body=body,
        piece=piece,
        opened_in=run.frame.piece,
        fresh_name=fresh_name,
        hands_over=bool(fresh_name),
        looked=set() if outer is None else outer.looked,
        removed=set() if outer is None else outer.removed,
    )
    run.sections.append(section)
    run.facts.sections.append(section)
    return section


def close_section(run: Run, section: Section) -> None:
    """Leaves a section; what was proved about its state no longer holds."""
    del run.sections[run.sections.index(section) :]
    if not any(outer.epoch == section.epoch for outer in run.sections):
        run.state.guards = frozenset(g for g in run.state.guards if g.epoch != section.epoch)


def run_section(
    run: Run,
    profile: StoreProfile,
    pattern: Pattern,
    store: Ident | None,
    key: Ident | None,
    node: cst.CSTNode,
    body_node: cst.CSTNode,
    callee: Value,
) -> Value:
    """One activation of a mutator: hands it the fresh state and judges what it returns."""
    func = _innermost(callee)
    name = _fresh_parameter(pattern, func, callee)
    section = open_section(
        run,
        profile,
        store,
        key,
        form=pattern.form.value,
        opener=node,
        body=func.node if func is not None else body_node,
        piece=func.piece if func is not None else run.frame.piece,
        fresh_name=name,
    )
    by_return = any(p.form is Form.RETURN for p in profile.write)
    fresh = new_fresh(run, section, node, live=not by_return)
    handed = _handed(pattern, fresh, node)
    run.last = None
    try:
        value = run.invoke(callee, handed, node)
        if by_return:
            _judge_returns(run, section, value, node, body_node)
    finally:
        close_section(run, section)
    return value


def _judge_returns(
    run: Run, section: Section, value: Value, node: cst.CSTNode, body_node: cst.CSTNode
) -> None:
    """Each return of a mutator whose result is stored is a write, judged in the state it left with."""
    body = run.last
    if body is None or not body.returns:
        returned(run, section, value, node, body_node)
        return
    after = run.state
    run.frames.append(body)
    for place, result, state in body.returns:
        run.state = state
        expression = place.value if isinstance(place, cst.Return) and place.value is not None else place
        returned(run, section, result, place, expression)
    run.frames.pop()
    run.state = after


def _innermost(callee: Value) -> Func | None:
    while isinstance(callee.klass, Partial) and not callee.klass.method:
        callee = callee.klass.callee
    return callee.funcs[0] if callee.funcs else None


def _fresh_parameter(pattern: Pattern, func: Func | None, callee: Value) -> str:
    if pattern.body is None or (pattern.body.position is None and pattern.body.keyword is None):
        return ""
    if pattern.body.keyword is not None:
        return pattern.body.keyword
    if func is None:
        return "store"
    places, _, _, _ = parameters(func)
    skip = (func.receiver is not None) + (
        len([a for a in callee.klass.args if a.keyword is None]) if isinstance(callee.klass, Partial) else 0
    )
    index = (pattern.body.position or 0) + skip
    return places[index].name.value if index < len(places) else "store"


def _handed(pattern: Pattern, fresh: Value, node: cst.CSTNode) -> tuple[Argument, ...]:
    assert isinstance(node, cst.BaseExpression)
    body = pattern.body
    assert body is not None
    if body.keyword is not None:
        return (Argument(body.keyword, "", fresh, node),)
    if body.position is None:
        return ()
    before = tuple(Argument(None, "", Value(), node) for _ in range(body.position))
    return (*before, Argument(None, "", fresh, node))


def _call_locked(
    run: Run, func: Func, arguments: tuple[Argument, ...], node: cst.CSTNode, locked: Pending
) -> Value:
    """Calls a function whose decorator makes every call one section."""
    profile, pattern, found = locked
    name = _fresh_parameter(pattern, func, Value())
    section = open_section(
        run,
        profile,
        found.store,
        found.key,
        form=pattern.form.value,
        opener=node,
        body=func.node,
        piece=func.piece,
        fresh_name=name,
    )
    handed = arguments
    body = pattern.body
    if body is not None and (body.position is not None or body.keyword is not None):
        fresh = new_fresh(run, section, node, live=True)
        if body.keyword is not None:
            handed = (*arguments, Argument(body.keyword, "", fresh, _expression(node)))
        else:
            place = body.position or 0
            given = [a for a in arguments if a.keyword is None]
            keep = given[place + 1 :] if len(given) >= required(func) else given[place:]
            others = tuple(a for a in arguments if a.keyword is not None)
            handed = (*given[:place], Argument(None, "", fresh, _expression(node)), *keep, *others)
    try:
        return walk_function(run, func, handed, node)
    finally:
        close_section(run, section)


def _expression(node: cst.CSTNode) -> cst.BaseExpression:
    return node if isinstance(node, cst.BaseExpression) else cst.Name("_")
