"""Loops: turn by turn over a few known elements, else the body twice, which is enough for a value to come round once.

A loop inside a loop is walked once a round of the outer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from lint_rmw.flow import questions
from lint_rmw.flow.narrowing import narrow
from lint_rmw.flow.provenance import Ident, Origin
from lint_rmw.flow.run import Loop, Run
from lint_rmw.flow.sweeps import finish, gather_up, rewind
from lint_rmw.flow.values import State, Value, dead
from lint_rmw.flow.writes import fresh_place

_ROUNDS = 2
_MOST_TURNS = 8


def while_loop(run: Run, node: cst.While) -> None:
    value = run.evaluate(node.test)
    if value.constant and value.ident is not None and not value.ident[2]:
        return

    def body() -> None:
        proved = run.test(node.test)
        run.state.guards = run.state.guards | proved.true
        narrow(run, node.test, holds=True)
        run.execute(node.body)

    if _used_up(run, node, value):
        return
    value_is_true = isinstance(node.test, cst.Name) and node.test.value == "True"
    asked = questions.of_truth(run, value, node.test)
    _loop(run, body, node.orelse, asked, endless=value_is_true)


def _used_up(run: Run, node: cst.While, rows: Value) -> bool:
    """Walks `while rows:` turn by turn where each takes one of a few known elements; whether it came to the end."""
    left = _how_many(run, rows)
    if not left or run.looping or node.orelse is not None:
        return False
    before, loop = run.state.fork(), Loop()
    known = run.state.asked
    run.frame.loops.append(loop)
    while left and run.state.live:
        run.execute(node.body)
        _end_turn(run, loop)
        now = _how_many(run, run.evaluate(node.test)) if run.state.live else 0
        if now is None or now >= left:
            break
        left = now
    run.frame.loops.pop()
    if left and run.state.live:
        run.state = before
        return False
    _end(run, loop, known)
    return True


def _how_many(run: Run, value: Value) -> int | None:
    """How many elements a list of the code's own has, where they are few."""
    things = [thing for _, thing in run.state.objects(value)]
    row = things[0].row() if len(things) == 1 and not value.origins else None
    return len(row) if row is not None and len(row) <= _MOST_TURNS else None


def for_loop(run: Run, node: cst.For) -> None:
    sure = False
    places: list[tuple[int, Ident]] = []
    gone_through = run.evaluate(node.iter)
    turns = run.turns(gone_through)
    if turns is not None:
        _turns(run, node, turns)
        return

    def body() -> None:
        nonlocal sure
        before = run.number()
        source = run.evaluate(node.iter)
        element = run.element(source, node.iter)
        place = run.swept(source, element, before)
        if place is not None:
            places.append(place)
        sure = (
            sure or _is_of_fresh_entry(run, element) or _is_fresh_entry(run, source) or _has_some(run, source)
        )
        run.assign(node.target, element)
        run.execute(node.body)

    asked = questions.of_turns(run, gone_through, node.iter)
    _loop(run, body, node.orelse, asked, endless=False, certain=lambda: sure, places=places)
    if places and run.state.live and _leaves_none_out(node.body):
        scope = run.frame.scope
        run.state.scopes[scope] = gather_up(run, run.state.scopes[scope], places[-1][1])


def _leaves_none_out(body: cst.CSTNode) -> bool:
    """Whether every turn of a loop does all that its body says."""
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.BaseCompoundStatement | cst.IfExp | cst.Continue | cst.Break | cst.Return):
            return False
        pending.extend(node.children)
    return True


def _turns(run: Run, node: cst.For, elements: list[tuple[Value, bool]]) -> None:
    """Walks a loop over a few known elements turn by turn, so that each is told from the others."""
    loop = Loop()
    known = run.state.asked
    run.frame.loops.append(loop)
    for element, certain in elements:
        before = () if certain else (run.state.fork(),)
        run.assign(node.target, element)
        run.execute(node.body)
        _end_turn(run, loop, *before)
        if not run.state.live:
            break
    run.frame.loops.pop()
    if node.orelse is not None and run.state.live:
        run.execute(node.orelse.body)
    _end(run, loop, known)


def _is_of_fresh_entry(run: Run, element: Value) -> bool:
    """Whether a loop goes through a fresh entry: where it runs not once, there is nothing in there to lose."""
    origins = run.origins(element)
    return bool(origins) and all(
        len(o.label.where) == 2 and run.section_of(o.label.epoch) is not None for o in origins
    )


def _is_fresh_entry(run: Run, source: Value) -> bool:
    place = fresh_place(run, source)
    return place is not None and len(place[0].where) == 1


def _has_some(run: Run, source: Value) -> bool:
    """Whether a loop goes through a sequence that is known to have an element."""
    things = run.state.objects(source)
    return bool(things) and all(
        thing.sequence and thing.built and not thing.opaque and thing.fields.keys() - thing.gaps
        for _, thing in things
    )


def _never() -> bool:
    return False


def _loop(
    run: Run,
    body: Callable[[], None],
    orelse: cst.Else | None,
    asked: tuple[Origin, ...],
    *,
    endless: bool,
    certain: Callable[[], bool] = _never,
    places: Sequence[tuple[int, Ident]] = (),
) -> None:
    """Walks a loop; where it is `certain` to run, what held before it does not hold behind it.

    `places` gets the objects that each turn goes through, and the key that it is at.
    """
    loop = Loop()
    known = run.state.asked
    questions.ask(run, asked)
    rounds = 1 if run.looping else _ROUNDS
    run.frame.loops.append(loop)
    run.looping += 1
    before = run.state.fork()
    entry = after = run.state
    for _ in range(rounds):
        run.state = entry.fork()
        for oid, _ in places:
            rewind(run, before, oid)
        body()
        _end_turn(run, loop)
        after = run.state
        entry = run.join((*(() if certain() else (entry,)), after))
    run.looping -= 1
    run.frame.loops.pop()
    run.state = dead(entry) if endless else entry
    for oid, key in places[-1:] if after.live else ():
        finish(run, after, oid, key, through=True)
    if orelse is not None and run.state.live:
        run.execute(orelse.body)
    loop.breaks = [_left(run, state, places) for state in loop.breaks]
    _end(run, loop, known)
    run.state.guards = run.state.guards & before.guards


def _end_turn(run: Run, loop: Loop, *others: State) -> None:
    """Joins the ways to the end of a turn."""
    run.state = run.join((*others, run.state, *loop.continues))
    loop.continues.clear()


def _end(run: Run, loop: Loop, known: tuple[Origin, ...]) -> None:
    """Joins the ways out of a loop, in front of which `known` was asked."""
    ends = run.state, *loop.breaks
    run.state = run.join(ends)
    questions.behind(run, known, tuple(loop.left), *ends)


def _left(run: Run, state: State, places: Sequence[tuple[int, Ident]]) -> State:
    """The state in which a loop was left before it had gone through everything."""
    here, run.state = run.state, state.fork()
    for oid, key in places[-1:]:
        finish(run, state, oid, key, through=False)
    left, run.state = run.state, here
    return left
