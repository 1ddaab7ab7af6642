"""What a write loses: each stale value in it, told apart field by field, less what a guard or a fresh operand covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.finding import StepKind
from lint_rmw.flow.facts import Kind, Loss, Write
from lint_rmw.flow.losses import record
from lint_rmw.flow.provenance import (
    ANY,
    Ident,
    Label,
    Origin,
    Sameness,
    merge,
    relation,
)
from lint_rmw.flow.sections import Section
from lint_rmw.flow.selections import chosen
from lint_rmw.flow.values import OR_ELSE, Guard, Object, Root, Value, join_values

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run


def put(
    run: Run, target: Value, key: Value, value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    """`target[key] = value` (or the attribute): a write where the target is a section's own state."""
    name = key.ident or ("opaque", id(node))
    value = filling(run, name, value)
    note_passed(run, name)
    section: Section | None = None
    for _, thing in run.state.objects(target):
        section = section_of_object(run, thing)
        if section is not None and thing.place is not None:
            where = (*thing.place.label.where, name)
            kind = Kind.WHOLE if len(where) == 1 else Kind.FIELD
            # Which entry is written is not data of it, but the name of what lies in it is.
            named = () if kind is Kind.WHOLE else run.origins(key)
            written = join_values(value, Value(origins=named)) if named else value
            record(run, kind, section, where, written, node, value_node)
            _adopt(run, value, thing.place, name, section)
            break
    changed = run.stop(StepKind.DERIVE, node, "it is changed")
    whole = _copied_in_turn(run, target, name, value)

    def change(thing: Object) -> Object:
        if whole is not None and thing.live is None:
            return run.overlay(thing, whole)
        marks = (
            thing.changed if thing.live is not None or len(thing.changed) > 1 else (*thing.changed, changed)
        )
        named = thing if thing.live is not None or thing.sequence else run.under(thing, key)
        return run.perhaps(named, name, value).holding(
            thing.slot(name),
            value,
            changed=marks,
            literal=thing.literal and value.constant,
            filled=thing.filled or target.shape != OR_ELSE,
        )

    run.replace(target, change)


def note_passed(run: Run, key: Ident) -> None:
    """Notes which names a loop has left out by now, where something is put under the one it is at."""
    if key[0] == "iter":
        guards = run.state.guards
        run.pass_under(key, chosen(guards, "among", key), chosen(guards, "unless", key))


def note_removed(run: Run, target: Value, key: Ident) -> None:
    """Notes that an entry was taken out of a section's state."""
    for _, thing in run.state.objects(target):
        section = section_of_object(run, thing)
        if section is not None and thing.place is not None:
            section.removes = True
            if not thing.place.label.where:
                section.removed.add(key)


def moved(write: Write) -> tuple[Loss, ...]:
    """Losses of an entry put under another key: they count where the entry they were read from is deleted or made anew here."""
    return tuple(
        loss
        for loss in write.elsewhere
        if any(relation(loss.label.where[0], key) is Sameness.SAME for key in write.section.removed)
    )


def _copied_in_turn(run: Run, target: Value, key: Ident, value: Value) -> Value | None:
    """The fresh entry, where a loop copies field after field of it over its own stale copy: then all of it is."""
    copies = [thing.roots[-1].origin.label.where[:1] for _, thing in run.state.objects(target) if thing.roots]
    things = [thing for _, thing in run.state.objects(value)]
    if len(things) != 1 or len(things[0].roots) != 1 or value.origins or things[0].fields or key[0] != "iter":
        return None
    origin = things[0].roots[0].origin
    label = origin.label
    if run.section_of(label.epoch) is None or label.where[1:] != (key,):
        return None
    if not all(where and relation(where[0], label.where[0]) is Sameness.SAME for where in copies):
        return None
    entry = origin._replace(label=label._replace(where=label.where[:1]))
    return run.allocate(Object(roots=(Root(entry, skips=chosen(run.state.guards, "unless", key)),)))


def filling(run: Run, key: Ident, value: Value) -> Value:
    """A value kept under a field that the fresh entry is known to lack: it fills in, and loses nothing."""
    if not (value.refs or value.origins):
        return value
    differs = differing(run, value)
    if differs is not value:
        return differs
    for guard in run.state.guards:
        filled = value.fills(guard) or (guard.kind == "ordered" and guard.value == value.ident)
        if filled and len(guard.where) > 1 and guard.where[-1] == key:
            run.clear(
                "it is written only where the fresh state has none"
                if guard.kind == "missing"
                else "it is compared with the fresh value, to keep the greater or the smaller of both",
                value,
            )
            return Value(ident=value.ident)
    return value


def _is_made_of(run: Run, value: Value, guard: Guard) -> bool:
    """Whether a value would be what was read, were it not known to be something else; a changed copy is only partly so."""
    things = [thing for _, thing in run.state.objects(value) if thing.roots]
    origins = [thing.roots[-1].origin for thing in things if not thing.built and not thing.changed]
    return any(
        o.label.where == guard.where and guard.value == ("read", id(o.trail.read.node)) for o in origins
    )


def _without(run: Run, value: Value, guard: Guard) -> Value:
    """A value that is known not to be what was read at its place: what else it was made from is left."""
    below = run.origins(value._replace(origins=()))
    kept = (o for o in below if (o.label.epoch, o.label.where) != (guard.epoch, guard.where))
    return Value(origins=merge(value.origins, tuple(kept)), ident=("opaque", id(guard)))


def differing(run: Run, value: Value) -> Value:
    """A value where it is known to be other than what was read at its place."""
    for guard in run.state.guards:
        if guard.kind == "changed" and _is_made_of(run, value, guard):
            run.clear("only what this code made different from what was read is taken over", value)
            return _without(run, value, guard)
    return value


def adds_nothing(run: Run, value: Value) -> bool:
    """Whether a value is known to be empty, or zero, as it was read: adding it changes nothing."""
    empty = {guard.value for guard in run.state.guards if guard.kind == "empty"}
    if not empty:
        return False
    known = is_plain(run, value) and all(("data", o.label) in empty for o in run.origins(value))
    if known:
        run.clear("it is known to be empty, so that adding it changes nothing", value)
    return known


def is_plain(run: Run, value: Value) -> bool:
    """Whether a value is a place of a store, or a copy of one, with nothing changed in it."""
    things = run.state.objects(value)
    return bool(things) and all(len(thing.roots) == 1 and not thing.changed for _, thing in things)


def section_of_object(run: Run, thing: Object) -> Section | None:
    return run.section_of(thing.live) if thing.live is not None else None


def _adopt(run: Run, value: Value, place: Origin, key: Ident, section: Section) -> None:
    """What is stored in the state becomes part of it: changing it afterwards is a write too."""
    for ref, thing in run.state.objects(value):
        if thing.live is None and not thing.sequence:
            run.state.heap[ref.oid] = thing.having(
                live=section.epoch, place=place._replace(label=place.label.child(key))
            )


def update(run: Run, target: Value, source: Value, node: cst.CSTNode, source_node: cst.CSTNode) -> None:
    """`target.update(source)`: at the store it writes whole entries, below it lays the source over the fresh value."""
    for _, thing in run.state.objects(target):
        section = section_of_object(run, thing)
        if section is None or thing.place is None:
            continue
        where = thing.place.label.where
        if where:
            kind = Kind.OVERLAY if thing.roots else Kind.WHOLE
            record(run, kind, section, where, source, node, source_node)
        else:
            _update_store(run, section, thing, source, node, source_node)
        break
    changed = run.stop(StepKind.DERIVE, node, "it is changed")

    def change(thing: Object) -> Object:
        laid = run.overlay(thing, source)
        if thing.live is not None:
            # The state stays the state: only its fields change, its place does not.
            return laid.having(fields={**thing.fields, **laid.fields}, roots=thing.roots)
        return laid.having(changed=(*thing.changed[:1], changed))

    run.replace(target, change)


def _update_store(
    run: Run, section: Section, store: Object, source: Value, node: cst.CSTNode, source_node: cst.CSTNode
) -> None:
    place = store.place
    assert place is not None
    for _, thing in run.state.objects(source):
        for key, part in () if thing.roots else thing.fields.items():
            record(run, Kind.WHOLE, section, (key,), part, node, source_node)
            _adopt(run, part, place, key, section)
        if thing.roots or thing.rest is not None:
            whole = thing.having(fields=thing.fields if thing.roots else {}, live=None, place=None)
            record(run, Kind.WHOLE, section, (), run.allocate(whole), node, source_node)
    if source.origins:
        record(run, Kind.WHOLE, section, (), Value(origins=source.origins), node, source_node)


def accumulate(run: Run, target: Value, value: Value, node: cst.CSTNode, value_node: cst.CSTNode) -> bool:
    """`target += value`, `.append(value)`, …: a write where the target is part of a section's state.

    Returns whether it was.
    """
    for _, thing in run.state.objects(target):
        section = section_of_object(run, thing)
        if section is not None and thing.place is not None:
            place = thing.place.label.where
            if adds_nothing(run, value):
                return True
            if (
                value.ident is not None
                and Guard("missing", section.epoch, (*place, value.ident)) in run.state.guards
            ):
                run.clear("it is added only where the fresh value has no such element", value)
                return True
            record(run, Kind.ACCUMULATE, section, thing.place.label.where, value, node, value_node)
            return True
    return False


def returned(run: Run, section: Section, value: Value, node: cst.CSTNode, value_node: cst.CSTNode) -> None:
    """A value returned by a mutator whose return value is stored, as a patch or as the entry."""
    key = section.key if section.key is not None else ANY
    kind = Kind.OVERLAY if section.profile.returned == "patch" else Kind.WHOLE
    record(run, kind, section, (key,), value, node, value_node)


def fresh_place(run: Run, value: Value) -> tuple[Label, Section] | None:
    """The place in a section's state that a value is, if it is one."""
    found: tuple[Label, Section] | None = None
    for _, thing in run.state.objects(value):
        if not thing.roots:
            return None
        label = thing.roots[-1].origin.label
        section = run.section_of(label.epoch)
        if section is None:
            return None
        found = (label, section)
    for origin in value.origins:
        section = run.section_of(origin.label.epoch)
        if section is not None and found is None:
            found = (origin.label, section)
    return found


def is_stale(origin: Origin, section: Section) -> bool:
    """Whether a value was read from that section's store, but not in that section."""
    return origin.label.epoch != section.epoch and origin.label.family == section.family
