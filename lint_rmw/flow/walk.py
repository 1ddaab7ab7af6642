"""A function, statement by statement: the state before it in, the state after it out.

Branches are walked from copies of one state and joined; a `return` leaves with the state it stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import libcst as cst

from lint_rmw.flow import conditions, questions
from lint_rmw.flow.activations import call_function
from lint_rmw.flow.assignments import assign_from, augmented, delete
from lint_rmw.flow.contexts import decorated, lock_by_hand, remember_decorators, with_block
from lint_rmw.flow.expressions import function_value
from lint_rmw.flow.fallbacks import shield
from lint_rmw.flow.loops import for_loop, while_loop
from lint_rmw.flow.matching import match_cases
from lint_rmw.flow.module import describe
from lint_rmw.flow.names import dotted
from lint_rmw.flow.narrowing import narrow, pick
from lint_rmw.flow.provenance import const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Guard, State, Test, Value, dead, join_values

Executor = Callable[[Run, Any], None]


def execute(run: Run, node: cst.CSTNode) -> None:
    """Walks the body of a function, or a statement."""
    if isinstance(node, cst.Lambda):
        run.frame.returns.append((node.body, run.evaluate(node.body), run.state))
        run.state = dead(run.state)
        return
    if isinstance(node, cst.FunctionDef):
        block(run, node.body)
        _run_left_over(run)
        return
    if isinstance(node, cst.BaseSuite):
        block(run, node)
        return
    statement(run, node)


def _run_left_over(run: Run) -> None:
    """Nested functions that nobody called here may be called by anyone later: they are walked at the end."""
    after = run.state
    ways_out = [after, *(state for _, _, state in run.frame.returns)]
    for func in run.frame.defined:
        if id(func.node) not in run.ran and run.spend(1):
            run.state = run.join(state.fork() for state in ways_out)
            if run.state.live:
                call_function(run, func, (), func.node)
    run.state = after


def block(run: Run, body: cst.BaseSuite) -> None:
    """Walks the statements of a block until one leaves it."""
    for part in body.body:
        if not run.state.live:
            return
        statement(run, part)


def statement(run: Run, node: cst.CSTNode) -> None:
    """Walks one statement, or all small ones of a line."""
    if isinstance(node, cst.SimpleStatementLine):
        for small in node.body:
            if run.state.live:
                statement(run, small)
        return
    run.spend()
    executor = _EXECUTORS.get(type(node))
    if executor is not None:
        executor(run, node)


def _expression(run: Run, node: cst.Expr) -> None:
    run.evaluate(node.value)
    lock_by_hand(run, node.value)


def _assign(run: Run, node: cst.Assign) -> None:
    value = run.evaluate(node.value)
    for target in node.targets:
        assign_from(run, target.target, value, node, node.value)


def _annotated(run: Run, node: cst.AnnAssign) -> None:
    if node.value is not None:
        assign_from(run, node.target, run.evaluate(node.value), node, node.value)


def _if(run: Run, node: cst.If) -> None:
    value = run.evaluate(node.test)
    lock_by_hand(run, node.test)
    known = conditions.decided(run, value)
    if known is not None:
        if known:
            block(run, node.body)
        elif node.orelse is not None:
            _else(run, node.orelse)
        return
    proved = conditions.truth(run, value)
    asked, earlier = questions.of_truth(run, value, node.test), run.state.asked
    questions.ask(run, asked)
    before = run.state
    run.state = before.fork()
    narrow(run, node.test, holds=True)
    _branch(run, node.test, proved, lambda: block(run, node.body))
    taken = run.state
    run.state = before
    narrow(run, node.test, holds=False)
    orelse = node.orelse
    walk = (lambda: _else(run, orelse)) if orelse is not None else (lambda: None)
    _branch(run, node.test, proved.negate(), walk)
    ends = taken, run.state
    run.state = run.join(ends)
    questions.behind(run, earlier, asked, *ends)


def _else(run: Run, node: cst.If | cst.Else) -> None:
    if isinstance(node, cst.If):
        _if(run, node)
    else:
        block(run, node.body)


def _branch(run: Run, test: cst.BaseExpression, proved: Test, walk: Callable[[], None]) -> None:
    run.state.guards = run.state.guards | proved.true
    pick(run, proved.true, test)
    empties = run.frame.empties
    empties.append(proved.empty_true)
    sections = tuple(run.sections)
    try:
        walk()
    finally:
        empties.pop()
    if not run.state.live:
        # A lock that is released on the way out is held where the code goes on.
        run.sections[:] = sections


def _try(run: Run, node: cst.Try | cst.TryStar) -> None:
    points: list[State] = [run.state.fork()]
    looked, thrown = run.looking, run.thrown
    run.looking, run.thrown = set(), []
    for part in node.body.body:
        if not run.state.live:
            break
        statement(run, part)
        if run.state.live:
            points.append(run.state.fork())
    if node.orelse is not None and run.state.live:
        block(run, node.orelse.body)
    ends = [run.state]
    missing, caught = run.looking, run.thrown
    # Each of them may be of another kind than those that are caught here, or be raised again.
    run.looking, run.thrown = looked, [*thrown, *caught]
    for handler in node.handlers:
        named = (
            handler.name.name.value
            if handler.name is not None and isinstance(handler.name.name, cst.Name)
            else None
        )
        told = caught if named is not None else []
        run.state = run.join(point.fork() for point in (*points, *(state for _, state in told)))
        if len(missing) == 1 and _tells_missing(handler):
            # Only one thing of the fresh state was asked for, so that is what was not there.
            run.state.guards = run.state.guards | {Guard("missing", *place) for place in missing}
        if named is not None:
            some = Value(ident=("opaque", id(handler)))
            run.bind(named, reduce(join_values, (value for value, _ in told), some))
        block(run, handler.body)
        ends.append(run.state)
    run.state = run.join(ends)
    if node.finalbody is not None:
        _finally(run, node.finalbody, points)


def _tells_missing(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    return handler.type is not None and dotted(handler.type)[-1] in (
        "KeyError",
        "LookupError",
        "AttributeError",
    )


def _finally(run: Run, node: cst.Finally, points: list[State]) -> None:
    """The last block runs however the others ended; only after a normal end does the code behind it."""
    ended = run.state
    if not ended.live:
        run.state = run.join(point.fork() for point in points)
        block(run, node.body)
        run.state = dead(run.state)
        return
    block(run, node.body)


def _return(run: Run, node: cst.Return) -> None:
    value = run.evaluate(node.value) if node.value is not None else Value(ident=const(None))
    run.frame.returns.append((node, shield(run, value), run.state))
    questions.left(run)
    run.state = dead(run.state)


def _raise(run: Run, node: cst.Raise) -> None:
    if node.exc is not None:
        value = run.evaluate(node.exc)
        if value.refs or value.origins:
            run.thrown.append((value, run.state.fork()))
    questions.left(run, raising=True)
    run.state = dead(run.state)


def _break(run: Run, node: cst.Break) -> None:
    questions.left_loop(run)
    if run.frame.loops:
        run.frame.loops[-1].breaks.append(run.state)
    run.state = dead(run.state)


def _continue(run: Run, node: cst.Continue) -> None:
    questions.left_loop(run)
    if run.frame.loops:
        run.frame.loops[-1].continues.append(run.state)
    run.state = dead(run.state)


def _assert(run: Run, node: cst.Assert) -> None:
    proved = run.test(node.test)
    questions.left(run, raising=True)
    run.state.guards = run.state.guards | proved.true
    narrow(run, node.test, holds=True)


def _nonlocal(run: Run, node: cst.Nonlocal | cst.Global) -> None:
    word = "global" if isinstance(node, cst.Global) else "nonlocal"
    for item in node.names:
        run.frame.declared[item.name.value] = word


def _import(run: Run, node: cst.ImportFrom | cst.Import) -> None:
    if isinstance(node.names, cst.ImportStar):
        return
    module = "".join(dotted(node.module)) if isinstance(node, cst.ImportFrom) and node.module else ""
    for alias in node.names:
        original = ".".join(dotted(alias.name))
        name = alias.asname.name if alias.asname is not None else None
        local = name.value if isinstance(name, cst.Name) else original.partition(".")[0]
        run.bind(local, Value(ident=("global", f"{module}.{original}" if module else original)))


def _define(run: Run, node: cst.FunctionDef) -> None:
    func = function_value(run, node)
    run.frame.defined.append(func)
    remember_decorators(run, node)
    run.bind(node.name.value, decorated(run, node, func))


def _class(run: Run, node: cst.ClassDef) -> None:
    klass = describe(node, run.frame.piece)
    run.bind(node.name.value, Value(klass=klass, ident=("opaque", id(node))))


_EXECUTORS: dict[type, Executor] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: augmented,
    cst.Del: delete,
    cst.If: _if,
    cst.While: while_loop,
    cst.For: for_loop,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Assert: _assert,
    cst.Nonlocal: _nonlocal,
    cst.Global: _nonlocal,
    cst.ImportFrom: _import,
    cst.Import: _import,
    cst.FunctionDef: _define,
    cst.ClassDef: _class,
    cst.With: with_block,
    cst.Match: match_cases,
}
