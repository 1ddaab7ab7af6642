"""What the tests were about on which a write hangs: which places of a store were asked, and whether they were fresh then.

Only a run that is `asking` follows it: along the branches, out of the functions, and into what a branch binds, as an
information flow analysis follows implicit flows (Denning and Denning, 1977).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from lint_rmw.finding import StepKind
from lint_rmw.flow.provenance import Label, Origin, Sameness, Stop, merge, relation
from lint_rmw.flow.values import State, Value

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.facts import Write
    from lint_rmw.flow.run import Frame, Run

# A place that only a test knows of is kept apart from those that a value was made from.
_ASKED = "asked: "


class Inquiry:
    """Watches one run, from before its first walk; then `unasked` tells what no write has asked again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._found: list[tuple[Write, tuple[Origin, ...]]] = []
        run.asking = True
        run.written = self._written

    def _written(self, write: Write, value: Value) -> None:
        known = filter(_only_asked, self._run.origins(value))
        self._found.append((write, merge(self._run.state.asked, tuple(known))))

    def unasked(self) -> Iterator[tuple[Write, Stop]]:
        """Each write that hangs on a test of something read before its section and not asked of the fresh state, with the test."""
        for write, origins in self._found:
            section = write.section
            family = f"{_ASKED}{section.family}"
            asked = [
                origin
                for origin in origins
                if origin.label.family == family
                and relation(origin.label.store, section.store) is not Sameness.DIFFERENT
            ]
            fresh = [origin.label for origin in asked if origin.label.epoch == section.epoch]
            for origin in asked:
                if not any(_same_place(origin.label, other) for other in fresh):
                    yield write, origin.trail.stop


def _only_asked(origin: Origin) -> bool:
    """Whether a place was asked about, and nothing was made from it."""
    return origin.label.family.startswith(_ASKED)


def _same_place(one: Label, other: Label) -> bool:
    if one.where[1:] != other.where[1:] or bool(one.where) is not bool(other.where):
        return False
    return not one.where or relation(one.where[0], other.where[0]) is not Sameness.DIFFERENT


def of_truth(run: Run, value: Value, node: cst.CSTNode) -> tuple[Origin, ...]:
    """What it tells of a store that a value is true or false; that an entry is there at all is no such question."""
    if not run.asking:
        return ()
    found = value.origins
    for _, thing in run.state.objects(value):
        below = tuple(root.origin for root in thing.roots if len(root.origin.label.where) > 1)
        if not thing.roots and (thing.sequence or thing.gaps or thing.rest is not None):
            below = run.origins(value)
        found = merge(found, below)
    return _noted(run, found, node)


def of_comparison(run: Run, sides: Iterable[Value], node: cst.CSTNode) -> tuple[Origin, ...]:
    """What a comparison tells of a store; with None, it tells what the truth of the other side would."""
    if not run.asking:
        return ()
    sides = list(sides)
    told = [
        side for side in sides if not (side.constant and side.ident is not None and side.ident[2] is None)
    ]
    if len(told) < len(sides):
        return tuple(o for side in told for o in of_truth(run, side, node))
    found: tuple[Origin, ...] = ()
    for side in told:
        stored = [root.origin for _, thing in run.state.objects(side) for root in thing.roots]
        found = merge(found, tuple(o for o in stored or run.origins(side) if o.label.where))
    return _noted(run, found, node)


def of_turns(run: Run, source: Value, node: cst.CSTNode) -> tuple[Origin, ...]:
    """What it tells of a store how often a loop goes round, and over what."""
    if not run.asking:
        return ()
    stored = (root.origin for _, thing in run.state.objects(source) for root in thing.roots)
    return _noted(run, merge(source.origins, tuple(o for o in stored if len(o.label.where) > 1)), node)


def of_choice(run: Run, callee: Value) -> tuple[Origin, ...]:
    """What decided which of several functions is called."""
    return tuple(filter(_only_asked, callee.origins)) if run.asking else ()


def _noted(run: Run, origins: tuple[Origin, ...], node: cst.CSTNode) -> tuple[Origin, ...]:
    stop = run.stop(StepKind.DERIVE, node, "it is asked here")
    return tuple(
        o
        if _only_asked(o)
        else o._replace(label=o.label._replace(family=_ASKED + o.label.family), trail=o.trail.then(stop))
        for o in origins
    )


def ask(run: Run, origins: tuple[Origin, ...]) -> None:
    """From here on, all that is done hangs on this test."""
    run.state.asked = merge(run.state.asked, origins)


def left(run: Run, *, raising: bool = False) -> None:
    """Notes on what it hangs that the function is left here."""
    noted = run.frame.raised if raising else run.frame.returned
    noted.extend(run.state.asked)


def left_loop(run: Run) -> None:
    """Notes on what it hangs that the loop, or a round of it, is left here."""
    if run.frame.loops:
        run.frame.loops[-1].left.extend(run.state.asked)


def tinged(value: Value, origins: tuple[Origin, ...]) -> Value:
    """A value of which it hangs on a test what it is."""
    return value._replace(origins=merge(value.origins, origins)) if origins else value


def behind(run: Run, before: tuple[Origin, ...], origins: tuple[Origin, ...], *ends: State) -> None:
    """Where the branches of a test have met again, only what they bind hangs on it, and what left them."""
    if not run.asking or not run.state.live:
        return
    state, frame = run.state, run.frame
    loops = (origin for loop in frame.loops for origin in loop.left)
    gone = {origin.label for origin in (*frame.returned, *frame.raised, *loops)}
    state.asked = merge(before, tuple(o for o in state.asked if o.label in gone))
    live = [end for end in ends if end.live]
    if not origins or len(live) < 2:
        return
    for scope, names in state.scopes.items():
        sides = [end.scopes.get(scope, {}) for end in live]
        differing = {n for n in names if any(side.get(n) is not sides[0].get(n) for side in sides)}
        state.scopes[scope] = names | {n: tinged(names[n], origins) for n in differing}


def out_of(run: Run, frame: Frame, before: tuple[Origin, ...], result: Value | None) -> Value | None:
    """The result of a function, which hangs on what decided where it returned; so does the rest, where it may have raised."""
    if not run.asking:
        return result
    asked = run.state.asked
    gone = {origin.label for origin in frame.raised}
    run.state.asked = merge(before, tuple(o for o in asked if o.label in gone))
    run.frame.raised.extend(frame.raised)
    return None if result is None else tinged(result, _since(before, asked))


def enclosed(run: Run, evaluate: Callable[[], Value]) -> Value:
    """What an expression is that asks on its own, as a comprehension does: it hangs on that, and nothing behind it."""
    before = run.state.asked
    value = evaluate()
    asked, run.state.asked = run.state.asked, before
    return tinged(value, _since(before, asked))


def _since(before: tuple[Origin, ...], asked: tuple[Origin, ...]) -> tuple[Origin, ...]:
    known = {origin.label for origin in before}
    return tuple(o for o in asked if o.label not in known)


def watched(run: Run, origins: tuple[Origin, ...], evaluate: Callable[[], Value]) -> Value:
    """What an expression is that is evaluated only where a test turned out well."""
    if not origins:
        return evaluate()
    before = run.state.asked
    ask(run, origins)
    value = evaluate()
    kept = {origin.label for origin in (*before, *run.frame.raised)}
    over = {origin.label for origin in origins} - kept
    run.state.asked = tuple(o for o in run.state.asked if o.label not in over)
    return tinged(value, origins)
