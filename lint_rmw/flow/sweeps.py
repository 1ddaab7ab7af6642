"""What a loop over a whole store does to every entry of it: what it left under the key it is at lies under each key.

An entry that was not looked at yet is made from that one when somebody asks for it, those that were are changed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lint_rmw.flow.joins import join_objects
from lint_rmw.flow.provenance import ANY, Ident, Label, Origin
from lint_rmw.flow.values import Object, Ref, Root, State, Value, is_untouched, join_values

if TYPE_CHECKING:
    from lint_rmw.flow.objects import Objects

_DEEPEST = 4


def found_under(origins: Iterable[Origin], known: Ident, key: Ident) -> tuple[Origin, ...]:
    """Origins kept under `known` and met under `key`: what they were read from is then that same key."""
    return tuple(origin._replace(label=_renamed(origin.label, known, key)) for origin in origins)


def _renamed(label: Label, known: Ident, key: Ident) -> Label:
    where = label.where
    if where and known[0] != "const":
        where = tuple(key if part == known else part for part in where)
    elif where:
        where = (*where[:1], key)
    return label._replace(where=where)


def set_anew(root: Root | None, key: Ident, value: Value) -> Value:
    """A listed value without what the root holds there anyway, where a loop may not have come by."""
    if root is None or not value.origins:
        return value
    held = root.origin.label.child(key)
    anew = tuple(o for o in value.origins if o.trail is not root.origin.trail or o.label != held)
    return value._replace(origins=anew)


def of_all(run: Objects, value: Value) -> tuple[Origin, ...]:
    """What a value was read from; of a list with something of every entry in it, the one that is written is among them."""
    origins = run.origins(value)
    things = run.state.objects(value)
    whole = bool(things) and all(thing.sequence and not thing.opaque for _, thing in things)
    return tuple(map(_of_each, origins)) if whole else origins


def _of_each(origin: Origin) -> Origin:
    label = origin.label
    if not label.where or label.where[0][0] != "each":
        return origin
    return origin._replace(label=label._replace(where=(ANY, *label.where[1:])))


def gather_up(run: Objects, names: dict[str, Value], key: Ident) -> dict[str, Value]:
    """Variables behind a loop that leaves no entry out: one that has something of two turns has it of all."""
    found: dict[str, Value] = {}
    for name, value in names.items():
        turns = {origin.label.where[0] for origin in value.origins if origin.label.where}
        if not value.refs and sum(turn[:2] == key[:2] for turn in turns) > 1:
            value = value._replace(origins=tuple(map(_of_each, value.origins)))
        found[name] = value
    return found


def value_under(run: Objects, value: Value, known: Ident, key: Ident, depth: int = 0) -> Value:
    """What lies under `key`, where `value` lies under `known` and stands for them all."""
    if not any(known in origin.label.where for origin in run.origins(value)):
        return value._replace(ident=key) if value.ident == known else value
    ident = value.ident
    if ident is not None and ident[0] == "data" and isinstance(ident[1], Label):
        ident = ("data", _renamed(ident[1], known, key), *ident[2:])
    if depth > _DEEPEST:
        return Value(origins=found_under(run.origins(value), known, key), ident=ident)
    refs = []
    for ref, thing in run.state.objects(value):
        made = run.allocate(object_under(run, thing, known, key, depth + 1))
        refs.append(Ref(made.refs[0].oid, ref.fallback))
    return value._replace(refs=tuple(refs), origins=found_under(value.origins, known, key), ident=ident)


def object_under(run: Objects, thing: Object, known: Ident, key: Ident, depth: int = 0) -> Object:
    """An object as it is under `key`, where it stands for those under all keys."""
    fields = {
        name: value_under(run, part, known, key, depth)
        for name, part in thing.fields.items()
        if not is_untouched(thing, name, part)
    }
    place = thing.place
    return thing.having(
        fields=fields,
        lazy=None if thing.lazy is None else fields,
        parts={},
        roots=tuple(
            root._replace(origin=root.origin._replace(label=_renamed(root.origin.label, known, key)))
            for root in thing.roots
        ),
        rest=None if thing.rest is None else value_under(run, thing.rest, known, key, depth),
        place=None if place is None else place._replace(label=_renamed(place.label, known, key)),
        named=found_under(thing.named, known, key),
        twin=None,
    )


def rewind(run: Objects, before: State, oid: int) -> None:
    """Before another turn: it comes to an entry that no turn has seen, whatever else they left behind."""
    for each in _mates(run.state, oid):
        first = before.heap.get(each)
        here = run.state.heap[each]
        if first is None:
            continue
        fields = {name: part for name, part in here.fields.items() if name[0] != "each"}
        for name, part in first.fields.items():
            if name[0] == "each":
                fields[name] = part
                run.state.heap.update((ref.oid, thing) for ref, thing in before.objects(part))
        run.state.heap[each] = here.having(fields=fields, every=first.every)


def _mates(state: State, oid: int) -> Iterator[int]:
    """An object and those it is a shallow copy of: they hold the same entries."""
    here: int | None = oid
    while here is not None and here in state.heap:
        yield here
        here = state.heap[here].twin


def finish(run: Objects, after: State, oid: int, key: Ident, *, through: bool) -> None:
    """Behind a loop over all keys of an object: `after` is how a turn ended; `through` if no turn was left out.

    A loop that runs not once leaves an object behind that holds nothing, so what a turn did holds for all it holds.
    """
    end = after.heap.get(oid)
    left = None if end is None else end.fields.get(key)
    if end is None or left is None:
        return
    in_place = is_untouched(end, key, left)
    if in_place:
        # That it may be one of those that are known goes without saying: they are seen to one by one.
        left = left._replace(origins=())
    own = {ref.oid for ref in left.refs}
    for each in _reached(after, left):
        # What the turn met below the entry is as the turn left it; the rest is of the code around.
        if each in own or each not in run.state.heap or after.heap[each].lazy is not None:
            run.state.heap[each] = after.heap[each]
    seen: set[int] = set()
    for each in tuple(_mates(run.state, oid)) if in_place else (oid,):
        here = run.state.heap.get(each)
        if here is None or (each != oid and key not in here.fields):
            continue
        fields: dict[Ident, Value] = {}
        for name, part in here.fields.items():
            if name[0] == "each":
                if not through and name[1] != key[1]:
                    fields[name] = part
            elif in_place and seen.issuperset(ref.oid for ref in part.refs):
                fields[name] = part
            else:
                fields[name] = _changed(run, name, part, left, key, in_place=in_place, through=through)
                seen.update(ref.oid for ref in part.refs)
        here = run.state.heap[each]
        run.state.heap[each] = here.having(fields={**fields, key: left}, every=key if through else None)


def _changed(
    run: Objects, name: Ident, part: Value, left: Value, key: Ident, *, in_place: bool, through: bool
) -> Value:
    """What lies under a key that was asked for before the loop."""
    if not in_place:
        new = value_under(run, left, key, name)
        return new if through else join_values(part, new)
    done = [object_under(run, thing, key, name) for _, thing in run.state.objects(left)]
    things = run.state.objects(part)
    for ref, thing in things if len(done) == 1 else ():
        changed = _over(thing, done[0])
        if not through or len(things) > 1 or changed is None:
            changed = join_objects(changed or done[0], thing, run.absent)
        run.state.heap[ref.oid] = changed
    return part


def _over(thing: Object, done: Object) -> Object | None:
    """An object with what was done to it in its turn, None if that cannot be told."""
    if not thing.changed and all(is_untouched(thing, name, part) for name, part in thing.fields.items()):
        return done.having(live=thing.live)
    alike = [root.origin.label for root in thing.roots] == [root.origin.label for root in done.roots]
    gone = frozenset[Ident]().union(*(root.skips for root in done.roots))
    if not alike or ANY in gone:
        return None
    for name in gone - done.fields.keys():
        thing = thing.without(name)
    return thing.having(fields={**thing.fields, **done.fields}, changed=done.changed or thing.changed)


def _reached(state: State, value: Value) -> set[int]:
    """The objects that a value is or holds."""
    found: set[int] = set()
    pending = [ref.oid for ref in value.refs]
    while pending:
        oid = pending.pop()
        thing = state.heap.get(oid)
        if thing is None or oid in found:
            continue
        found.add(oid)
        parts = (*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ()))
        pending += [ref.oid for part in parts for ref in part.refs]
    return found
