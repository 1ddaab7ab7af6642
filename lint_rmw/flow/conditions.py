"""What a condition proves about the fresh state: that it equals what was read before, or that something is missing."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow import questions
from lint_rmw.flow.joins import OPPOSITE
from lint_rmw.flow.provenance import Ident, Label, Sameness, roots
from lint_rmw.flow.run import Run
from lint_rmw.flow.sections import Section
from lint_rmw.flow.selections import is_settled, listed_place, names_in, one_of
from lint_rmw.flow.values import FALSE, NOTHING, OR_ELSE, Guard, Guards, Object, Test, Value, is_untouched
from lint_rmw.flow.writes import fresh_place

_EQUAL = (cst.Equal, cst.Is)
_ORDERED = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
_LESS = (cst.LessThan, cst.LessThanEqual)


def test(run: Run, node: cst.BaseExpression) -> Test:
    """Evaluates a condition for what it does, and returns what each of its sides proves."""
    value = run.evaluate(node)
    questions.ask(run, questions.of_truth(run, value, node))
    return truth(run, value)


def truth(run: Run, value: Value) -> Test:
    """What it means that a value is true or false."""
    if value.test is not None:
        return value.test
    empty = frozenset((value.ident,)) if value.ident is not None and not value.constant else frozenset()
    place = fresh_place(run, value)
    if place is not None:
        missing = Guard("missing", place[1].epoch, place[0].where, FALSE)
        return Test(false=frozenset((missing,)), empty_false=empty)
    if value.cases:
        return Test(_other_than(value, truth=False), _other_than(value, truth=True), frozenset(), empty)
    asked = _asked(value, "true")
    return Test(asked, _known_empty(run, value) | _not(asked), frozenset(), empty)


def _asked(value: Value, what: str) -> Guards:
    """That something is so of a value that is made of parameters alone, which are the same whenever they are asked."""
    known = not value.refs and not value.origins and value.ident is not None
    of = roots(value.ident) if known and value.ident is not None else ()
    given = bool(of) and all(root[0] == "param" for root in of)
    return frozenset((Guard("holds", 0, (), (what, value.ident)),)) if given else NOTHING


def _other_than(value: Value, *, truth: bool) -> Guards:
    """What led to a mark, `found = True`, where it is not what it is set to on the other branches."""
    cases = ((guard, case.ident) for guard, case in value.cases if case.constant)
    return _not(frozenset(guard for guard, ident in cases if ident is not None and bool(ident[2]) is truth))


def _not(asked: Guards) -> Guards:
    return frozenset(guard._replace(kind=OPPOSITE[guard.kind]) for guard in asked if guard.kind in OPPOSITE)


def _known_empty(run: Run, value: Value) -> Guards:
    """Which earlier reads are known to have found nothing, where a value is false."""
    return frozenset(
        Guard("empty", label.epoch, label.where, ("data", label))
        for label in _plain(run, value)
        if run.section_of(label.epoch) is None
    )


def decided(run: Run, value: Value) -> bool | None:
    """Whether a value is true for certain, or false: a literal is, and what something was just put in; None if neither."""
    if value.constant and value.ident is not None:
        return bool(value.ident[2])
    things = run.state.objects(value)
    filled = bool(things) and all(
        thing.filled and thing.klass is None and not ref.fallback for ref, thing in things
    )
    return True if filled and not value.origins and value.shape != OR_ELSE else None


def compare(run: Run, left: Value, operator: cst.BaseCompOp, right: Value) -> Test:
    """What one comparison proves."""
    if isinstance(operator, cst.In):
        return _absent(run, right, left).negate()
    if isinstance(operator, cst.NotIn):
        return _absent(run, right, left)
    if isinstance(operator, _ORDERED):
        guards = _ordered(run, left, right) | _ordered(run, right, left)
        newer, older = (right, left) if isinstance(operator, _LESS) else (left, right)
        strict = isinstance(operator, cst.LessThan | cst.GreaterThan)
        return Test(
            true=guards | (frozenset() if strict else _no_newer(run, older, newer)),
            false=guards | (_no_newer(run, newer, older) if strict else frozenset()),
        )
    if _is_none(right) or _is_none(left):
        asked = left if _is_none(right) else right
        there = _asked(asked, f"is not {(right if asked is left else left).ident}")
        proved = _absence(truth(run, asked), there).negate()
    else:
        guards = _equal(run, left, right) | _equal(run, right, left)
        proved = Test(guards, _changed(run, left, right) | _changed(run, right, left))
        for key, name in ((left, right), (right, left)):
            if name.ident is not None and is_settled(name):
                proved = one_of(key, (name.ident,)) or proved
    return proved if isinstance(operator, _EQUAL) else proved.negate()


def _absence(proved: Test, there: Guards) -> Test:
    """What a test of truth proves where nothing but None was asked for."""
    found = (guard._replace(value=None) if guard.value == FALSE else guard for guard in proved.false)
    kept = frozenset(guard for guard in found if guard.kind not in OPPOSITE)
    return proved._replace(true=there, false=kept | _not(there))


def _is_none(value: Value) -> bool:
    return value.ident is not None and value.ident[0] == "const" and not value.ident[2]


def both(left: Test, right: Test, *, conjunction: bool) -> Test:
    """What `left and right` (or `left or right`) proves."""
    if not conjunction:
        return both(left.negate(), right.negate(), conjunction=True).negate()
    return Test(
        true=left.true | right.true,
        empty_true=left.empty_true | right.empty_true,
        false=(left.false & right.false) | _one_of(left, right),
        empty_false=left.empty_false & right.empty_false,
    )


def _one_of(left: Test, right: Test) -> Guards:
    """What holds where one of two holds: the same entry is missing or unchanged, or no version was asked for."""
    found = {
        Guard("equal", guard.epoch, guard.where)
        for guard in left.false
        for other in right.false
        if {guard.kind, other.kind} <= {"equal", "missing"}
        and (guard.epoch, guard.where) == (other.epoch, other.where)
    }
    for one, other in ((left, right), (right, left)):
        found |= {g for g in other.false if g.kind == "equal" and g.value in one.empty_false}
    return frozenset(found)


def _absent(run: Run, container: Value, key: Value) -> Test:
    names = names_in(run, container)
    if names is not None:
        return (one_of(key, names) or Test()).negate()
    place = fresh_place(run, container)
    listed = listed_place(container)
    if place is None and listed is not None and (of := run.section_of(listed.epoch)) is not None:
        place = listed, of
    if place is None or key.ident is None:
        return Test(true=_added(run, container, key))
    label, section = place
    section.looked.add(label.where[0] if label.where else key.ident)
    return Test(true=frozenset((Guard("missing", section.epoch, (*label.where, key.ident)),)))


def _added(run: Run, original: Value, key: Value) -> Guards:
    """What lies under a key that an earlier read has not was put there since."""
    if key.ident is None:
        return frozenset()
    return frozenset(
        _own(thing, key.ident)
        for _, thing in run.state.objects(original)
        if thing.roots and not thing.changed and (not thing.built or _is_copy(thing))
    )


def _is_copy(thing: Object) -> bool:
    """Whether an object that the code built is one that was read, field for field."""
    whole = len(thing.roots) == 1 and not thing.roots[0].skips and thing.rest is None
    return whole and all(is_untouched(thing, name, part) for name, part in thing.fields.items())


def _equal(run: Run, fresh: Value, stale: Value) -> frozenset[Guard]:
    """Equality of a fresh part with the same part as read before proves that this part was not written meanwhile."""
    found: set[Guard] = set()
    for part in _parts(run, fresh, stale):
        found |= _equal(run, *part)
    place = fresh_place(run, fresh)
    if place is None:
        return frozenset(found)
    label, section = place
    for candidate in _plain(run, stale):
        if candidate.epoch == section.epoch or section.may_hold(candidate) is Sameness.DIFFERENT:
            continue
        if candidate.where[1:] != label.where[1:] or bool(candidate.where) is not bool(label.where):
            continue
        found.add(Guard("equal", section.epoch, _proved(section, candidate), stale.ident))
    return frozenset(found)


def _no_newer(run: Run, fresh: Value, stale: Value) -> frozenset[Guard]:
    """A version that is no newer than the one read before is that one, for versions only grow."""
    return frozenset(guard for guard in _equal(run, fresh, stale) if len(guard.where) == 1)


def _changed(run: Run, value: Value, original: Value) -> Guards:
    """A value that differs from what was read at its place is not what was read there, but what this code made of it."""
    known = {_own(thing) for _, thing in run.state.objects(original) if thing.roots and not thing.changed}
    return frozenset(_own(thing) for _, thing in run.state.objects(value) if thing.roots) & known


def _own(thing: Object, part: Ident | None = None) -> Guard:
    """What is made of one read at this place of it (or at a part of that) is none of what was read there."""
    origin = thing.roots[-1].origin
    label = origin.label if part is None else origin.label.child(part)
    return Guard("changed", label.epoch, label.where, ("read", id(origin.trail.read.node)))


def _parts(run: Run, fresh: Value, stale: Value) -> list[tuple[Value, Value]]:
    """The elements of two tuples that are compared, side by side."""
    return [
        (part, other.fields[key])
        for _, thing in run.state.objects(fresh)
        for _, other in run.state.objects(stale)
        if thing.sequence and other.sequence
        for key, part in thing.fields.items()
        if key in other.fields
    ]


def _ordered(run: Run, fresh: Value, other: Value) -> frozenset[Guard]:
    """Which of a fresh field and another value is greater: writing the greater one is a join."""
    place = fresh_place(run, fresh)
    if place is None or len(place[0].where) < 2 or other.ident is None:
        return frozenset()
    return frozenset((Guard("ordered", place[1].epoch, place[0].where, other.ident),))


def _plain(run: Run, value: Value) -> list[Label]:
    """The places a value is an unchanged copy of, or computed from alone."""
    if not value.refs and len(value.origins) == 1 and value.shape == "distinct":
        return [value.origins[0].label]
    return [
        thing.roots[0].origin.label
        for _, thing in run.state.objects(value)
        if len(thing.roots) == 1 and not thing.changed
    ]


def _proved(section: Section, label: Label) -> tuple[Ident, ...]:
    """A version field stands for all of what it lies in: an entry, or a whole store that is one object."""
    if 0 < len(label.where) < 3 and label.where[-1][-1] in section.profile.versions:
        return label.where[:-1]
    return label.where
