"""Values that stand in for others: what is lost, and what is not, where a first operand was empty or proved equal."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow.provenance import Label, Origin, Sameness, relation
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import OR_ELSE, Guards, Test, Value, join_values


def is_empty(run: Run, value: Value) -> bool:
    """Whether a value is a mapping or sequence written down empty: as a fallback it adds nothing."""
    things = run.state.objects(value)
    return bool(things) and all(
        thing.built and thing.literal and not thing.fields and not thing.roots and thing.rest is None
        for _, thing in things
    )


def either(run: Run, value: Value, fallback: Value) -> Value:
    """A value, or what stands in for it where it is empty."""
    if value.refs and is_empty(run, fallback):
        return value._replace(shape=OR_ELSE)
    joined = join_values(value, filled_in(run, value, fallback))
    # A literal that stands in for it names nothing that was read or written under it.
    return joined._replace(ident=value.ident) if fallback.constant and value.ident is not None else joined


def filled_in(run: Run, first: Value, second: Value) -> Value:
    """`second` where it stands in for an empty `first`: nothing is lost where the fresh field itself was empty."""
    if not second.refs and not second.origins:
        return second
    for label in _fresh_fields(run, first) if second.shape != "flag" else ():
        if any(_same_field(label, o.label) for o in run.origins(second)):
            run.clear("it fills in only where the fresh field is empty", second)
            keep = tuple(o for o in run.origins(second) if not _same_field(label, o.label))
            return Value(origins=keep)
    return run.as_fallback(second)


def _fresh_fields(run: Run, value: Value) -> list[Label]:
    return [
        o.label
        for o in run.origins(value)
        if run.section_of(o.label.epoch) is not None and len(o.label.where) > 1
    ]


def _same_field(one: Label, other: Label) -> bool:
    return (
        one.family == other.family
        and one.epoch != other.epoch
        and one.where[1:] == other.where[1:]
        and bool(other.where)
        and relation(one.where[0], other.where[0]) is not Sameness.DIFFERENT
    )


def under(run: Run, proved: Test, node: cst.BaseExpression) -> Value:
    """The value of an expression that is evaluated only where those guards hold."""
    outer: Guards = run.state.guards
    before = run.state
    run.state = before.fork()
    run.state.guards = outer | proved.true
    value = run.evaluate(node)
    value = shield(run, value)
    after = run.state
    after.guards = outer
    run.state = run.join((before, after)) if after.live else before
    run.state.guards = outer
    return value


def _is_only_below(run: Run, value: Value, covered: list[Origin]) -> bool:
    """Whether these are read from below what the value is, not from the place it is (a copy of) itself."""
    labels = {origin.label for origin in value.origins}
    labels |= {root.origin.label for _, thing in run.state.objects(value) for root in thing.roots}
    return bool(value.refs) and labels.isdisjoint(origin.label for origin in covered)


def shield(run: Run, value: Value) -> Value:
    """A value taken on a path where the fresh place is known to equal it, or to be empty: it loses nothing there."""
    guards = run.state.guards
    if not guards or not (value.refs or value.origins):
        return value
    origins = run.origins(value)
    fallback = False
    for guard in guards:
        section = run.section_of(guard.epoch)
        if section is None or (guard.kind == "missing" and not value.fills(guard)):
            continue
        covered = [
            o
            for o in origins
            if o.label.epoch != guard.epoch
            and section.may_hold(o.label) is not Sameness.DIFFERENT
            and bool(o.label.where) >= bool(guard.where)
            and len(guard.where) <= len(o.label.where)
            and (not guard.where or relation(guard.where[0], o.label.where[0]) is not Sameness.DIFFERENT)
            and guard.where[1:] == o.label.where[1 : len(guard.where)]
        ]
        if guard.kind == "ordered":
            if guard.value == value.ident:
                run.clear(
                    "it is compared with the fresh value, to keep the greater or the smaller of both", value
                )
                return Value(ident=value.ident)
            continue
        others = any(o.label.epoch != guard.epoch and o not in covered for o in origins)
        if covered and others and _is_only_below(run, value, covered):
            # What is known of one field of an object says nothing of the object.
            continue
        if covered and (guard.kind == "equal" or len(guard.where) != 1):
            run.clear(
                "it is taken only where the fresh value is still what was read"
                if guard.kind == "equal"
                else "it fills in only where the fresh field is empty",
                value,
            )
            gone = {o.label for o in covered}
            return Value(origins=tuple(o for o in origins if o.label not in gone), ident=value.ident)
        fallback = fallback or bool(covered)
    return run.as_fallback(value) if fallback else value
