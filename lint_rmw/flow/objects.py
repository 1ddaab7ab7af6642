"""How the objects of a run are made, read, copied and joined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lint_rmw.finding import StepKind
from lint_rmw.flow.joins import join_objects, join_states
from lint_rmw.flow.provenance import (
    MOST_ORIGINS,
    Ident,
    Label,
    Origin,
    Sameness,
    Stop,
    Trail,
    const,
    gather,
    merge,
    relation,
)
from lint_rmw.flow.sweeps import found_under, set_anew, value_under
from lint_rmw.flow.values import (
    NOTHING,
    Object,
    Ref,
    Root,
    State,
    Value,
    holds_mappings,
    join_values,
)

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.sections import Section

_DEEPEST_FLATTEN = 6
_MOST_OBJECTS = 300
_CHEAP_OBJECTS = 10
# Keys that may be any other.
_VAGUE = frozenset({"each", "iter", "opaque"})


def together(values: Iterable[Value]) -> Value:
    """All those values as one, to be gone through once: they share much of what lies below them."""
    every = tuple(values)
    return Value(
        tuple(ref for value in every for ref in value.refs),
        origins=tuple(origin for value in every for origin in value.origins),
    )


class Objects(ABC):
    """The objects of the state a run is in."""

    state: State
    spent: int
    looking: set[tuple[int, tuple[Ident, ...]]] | None
    has_read: bool
    passed: dict[Ident, tuple[frozenset[Ident], frozenset[Ident]]]
    grown: set[Ident]
    met: dict[Ident, tuple[Ref, Value]]

    @property
    @abstractmethod
    def epoch(self) -> int:
        """The epoch that code runs in now."""

    @abstractmethod
    def number(self) -> int:
        """A number never given before in this run."""

    @abstractmethod
    def stop(self, kind: StepKind, node: cst.CSTNode, note: str) -> Stop:
        """A stop of the story at a node of the function that runs now."""

    @abstractmethod
    def section_of(self, epoch: int) -> Section | None:
        """The open section whose state is that of `epoch`."""

    @abstractmethod
    def open_calls(self) -> tuple[Stop, ...]:
        """The calls that led to the function that runs now."""

    def blank(self, node: cst.CSTNode) -> Object:
        """A new, empty object that the code builds at a node."""
        made = self.stop(StepKind.DERIVE, node, "it is built into a new value")
        return Object(born=self.epoch, built=True, literal=True, made=made)

    def allocate(self, thing: Object, ident: Ident | None = None) -> Value:
        """A value that is a new object."""
        oid = self.number()
        self.state.heap[oid] = thing
        return Value((Ref(oid),), ident=ident)

    def read(self, label: Label, stop: Stop, *, hops: int = 0, live: int | None = None) -> Value:
        """The value of a place in a store, as read at `stop`."""
        origin = Origin(label, Trail.begin(stop, self.open_calls()), hops=hops)
        return self.allocate(self.rooted(origin, live), ("data", label))

    def rooted(self, origin: Origin, live: int | None) -> Object:
        """An object that is (a copy of) one place in a store; `live` if it is the section's own state."""
        self.has_read = True
        return Object(
            roots=(Root(origin, live),),
            live=live,
            place=origin if live is not None else None,
            born=self.epoch,
        )

    def get(self, value: Value, key: Ident | None, node: cst.CSTNode) -> Value:
        """What lies under a key or attribute of a value."""
        key = key or ("opaque", id(node))
        result = self._surely(value, key)
        if result is not None:
            return result
        for ref, thing in self.state.objects(value):
            part = self.part(ref.oid, thing, key)
            if ref.fallback:
                part = self.as_fallback(part)
            result = part if result is None else join_values(result, part)
        if value.origins:
            mine = Value(origins=value.origins)
            result = mine if result is None else join_values(result, mine)
        if result is None:
            base = value.ident or ("opaque", id(node))
            return Value(ident=("item", base, key))
        return result

    def part(self, oid: int, thing: Object, key: Ident) -> Value:
        """What lies under a key of one object."""
        key = thing.slot(key)
        known = thing.fields.get(key) or (None if thing.changed else thing.parts.get(key))
        if known is not None:
            return known.where(self.state.guards)
        like_all = self._of_every(thing, key)
        found = like_all or self._shared(thing, key)
        root = thing.root_of(key)
        if found is None and root is not None:
            self.look(root, key)
            origin = root.origin._replace(label=root.origin.label.child(key))
            found = self.allocate(self.rooted(origin, root.live).having(lazy={}), ("data", origin.label))
        certain = key[0] == "const"
        others = thing.named if thing.named and not holds_mappings(self.state, thing) else ()
        self.spent += len(thing.fields) // _CHEAP_OBJECTS
        changed = [
            (known, value)
            for known, value in thing.fields.items()
            if (like_all is None or known[0] not in _VAGUE)
            and (not certain or known[0] != "const")
            and not self._is_untouched(root, known, value)
        ]
        if not certain:
            listed = together(value for known, value in changed if known[0] == "const")
            others = merge(others, found_under(self.origins(listed), const(""), key))
        for known_key, value in changed:
            if known_key[0] != "const" and _may_be(known_key, key) and self._may_pass(known_key, key):
                anew = set_anew(root, known_key, value)
                others = merge(others, found_under(self.origins(anew), known_key, key))
        if thing.rest is not None:
            found = thing.rest if found is None else join_values(found, thing.rest)
        if not certain and root is None and like_all is None:
            for field_value in thing.fields.values():
                found = field_value if found is None else join_values(found, field_value)
        if others:
            # In a loop over all it may be one of those that were changed: which, the end of the loop tells.
            ident = found.ident if found is not None and key[0] == "each" else None
            found = join_values(found or Value(), Value(origins=others))._replace(ident=ident)
        if found is None:
            # A field of a copy that was taken out of it is missing for certain.
            return Value(ident=const(None) if thing.roots else ("item", ("object", oid), key))
        if not others or key[0] == "each":
            thing = self.state.heap[oid]
            self.state.heap[oid] = thing.having(fields={**thing.fields, key: found})
        return found

    def pass_under(self, key: Ident, among: frozenset[Ident], unless: frozenset[Ident]) -> None:
        """Notes which names the one a loop is at may be where something is put under it: `among` those, if any."""
        known = self.passed.get(key)
        if known is not None:
            among = among | known[0] if among and known[0] else frozenset()
            unless &= known[1]
        self.passed[key] = (among, unless)

    def perhaps(self, thing: Object, key: Ident, value: Value) -> Object:
        """An object whose listed fields may be what is put under a key of which it is not known which one it is."""
        if key[0] == "const" or thing.sequence:
            return thing
        fields = dict(thing.fields)
        for name, part in thing.fields.items():
            if name[0] == "const" and _may_be(key, name) and self._may_pass(key, name):
                fields[name] = join_values(part, Value(origins=found_under(self.origins(value), key, name)))
        return thing.having(fields=fields)

    def _may_pass(self, known: Ident, key: Ident) -> bool:
        among, unless = self.passed.get(known, (frozenset(), frozenset()))
        return key not in unless and (key[0] != "const" or not among or key in among)

    def _of_every(self, thing: Object, key: Ident) -> Value | None:
        """What lies under a key like under any other, where nothing was done to a single one of them since."""
        if thing.every is None or thing.every not in thing.fields:
            return None
        for name, part in thing.fields.items():
            vague = name[0] in _VAGUE and name != thing.every
            if vague and any(one.lazy != one.fields for _, one in self.state.objects(part)):
                return None
        return value_under(self, thing.fields[thing.every], thing.every, key)

    def _is_untouched(self, root: Root | None, known: Ident, value: Value) -> bool:
        """Whether a listed field is what the root holds there anyway."""
        label = None if root is None else root.origin.label.child(known)
        things = self.state.objects(value)
        return (
            not value.origins
            and bool(things)
            and all(
                not thing.changed and [each.origin.label for each in thing.roots] == [label]
                for _, thing in things
            )
        )

    def _shared(self, thing: Object, key: Ident) -> Value | None:
        """What a shallow copy shares with its original: a part that neither has set anew."""
        mate = self.state.heap.get(thing.twin) if thing.twin is not None else None
        if thing.twin is None or mate is None or len(thing.roots) != 1 or len(mate.roots) != 1:
            return None
        if thing.roots[0].skips:
            return None
        untouched = ("data", mate.roots[0].origin.label.child(key))
        if key not in mate.fields:
            return self.part(thing.twin, mate, key)
        return mate.fields[key] if mate.fields[key].ident == untouched else None

    def look(self, root: Root, key: Ident | None) -> None:
        """Notes that the fresh state was looked at: under `key` of a store, or at the entry it belongs to."""
        section = self.section_of(root.origin.label.epoch)
        if section is not None:
            where = root.origin.label.where
            if self.looking is not None and key is not None:
                self.looking.add((section.epoch, (*where, key)))
            section.looked.add(where[0] if where else key)

    def origins(self, value: Value) -> tuple[Origin, ...]:
        """Every place a value was made from, objects and their fields included, each object looked at once."""
        if not value.refs or not self.has_read:
            return value.origins
        best: dict[Label, Origin] = {}
        seen: set[tuple[int, bool]] = set()
        pending: deque[tuple[Object, bool, int]] = deque()

        def meet(part: Value, fallback: bool, depth: int) -> None:
            for origin in part.origins:
                gather(best, origin, fallback)
            for ref, thing in self.state.objects(part):
                met = (ref.oid, fallback or ref.fallback)
                if met not in seen and len(seen) < _MOST_OBJECTS:
                    seen.add(met)
                    pending.append((thing, met[1], depth))

        meet(value, False, 0)
        while pending:
            thing, weak, depth = pending.popleft()
            for root, _ in thing.visible():
                gather(best, root.origin, weak)
            for origin in thing.named:
                gather(best, origin, weak)
            if depth < _DEEPEST_FLATTEN:
                for part in thing.fields.values():
                    if part.refs or part.origins:
                        meet(part, weak, depth + 1)
                if thing.rest is not None:
                    meet(thing.rest, weak, depth + 1)
        self.spent += len(seen)
        return tuple(best.values())[:MOST_ORIGINS]

    def as_fallback(self, value: Value) -> Value:
        """The same value, counting only where another operand is empty."""
        if not value.refs and not value.origins:
            return value
        return value._replace(
            cases=(),
            refs=tuple(Ref(ref.oid, True) for ref in value.refs),
            origins=tuple(o._replace(fallback=True) for o in value.origins),
        )

    def derived(self, origins: tuple[Origin, ...], node: cst.CSTNode, note: str, hops: int = 0) -> Value:
        """A scalar computed from those origins at a node."""
        if not origins:
            return Value(ident=("opaque", id(node)))
        stop = self.stop(StepKind.DERIVE, node, note)
        return Value(
            origins=tuple(o._replace(trail=o.trail.then(stop), hops=o.hops + hops) for o in origins),
            ident=("opaque", id(node)),
        )

    def copy(
        self, value: Value, node: cst.CSTNode, *, deep: bool = False, done: dict[int, Value] | None = None
    ) -> Value:
        """A copy: shallow ones share what lies below, deep ones do not, but copy what is shared in there only once."""
        result: Value | None = None
        done = {} if done is None else done
        for ref, thing in self.state.objects(value):
            part = done.get(ref.oid)
            if part is None:
                part = done[ref.oid] = self.allocate(Object(), value.ident)
                self.state.heap[part.refs[0].oid] = self._copied(thing, node, deep, ref.oid, done)
                self.spent += 1
            if ref.fallback:
                part = self.as_fallback(part)
            result = part if result is None else join_values(result, part)
        mine = Value(origins=value.origins, shape=value.shape)
        if result is None:
            return mine._replace(ident=value.ident)
        return join_values(result, mine) if value.origins else result

    def _copied(
        self, thing: Object, node: cst.CSTNode, deep: bool, oid: int, done: dict[int, Value]
    ) -> Object:
        fields = thing.fields
        rest = thing.rest
        if deep:
            fields = {key: self.copy(part, node, deep=True, done=done) for key, part in fields.items()}
            rest = None if rest is None else self.copy(rest, node, deep=True, done=done)
        roots = tuple(root._replace(live=None) if deep else root for root in thing.roots)
        return thing.having(
            fields=fields,
            rest=rest,
            parts={},
            roots=roots,
            live=None,
            place=None,
            born=self.epoch,
            built=True,
            twin=None if deep else oid,
            made=self.stop(StepKind.DERIVE, node, "a copy of it is made"),
        )

    def either(self, one: Object, other: Object) -> Object:
        """An object that may be as it is on either of two ways."""
        return join_objects(one, other, self.absent)

    def absent(self, thing: Object, key: Ident) -> Value:
        """What an object holds under a key it does not list, without making it an object of its own."""
        root = thing.root_of(key)
        if root is None:
            return thing.rest or Value()
        origin = root.origin
        return Value(origins=(origin._replace(label=origin.label.child(key)),))

    def join(self, states: Iterable[State]) -> State:
        """The join of the states that can be reached; a dead state if there is none."""
        self.spent += len(self.state.heap) // _CHEAP_OBJECTS
        joined = join_states(states, self.absent)
        return (
            joined if joined is not None else State(self.state.scopes, self.state.heap, NOTHING, live=False)
        )

    def fill(self, value: Value, key: Ident, part: Value) -> None:
        """Notes what lies under a key, which is no change: it was there all the time."""
        for ref, thing in self.state.objects(value):
            self.state.heap[ref.oid] = thing.having(fields={**thing.fields, key: part})

    def replace(self, value: Value, change: Callable[[Object], Object]) -> None:
        """Changes the objects a value is: for certain if it is one, perhaps if it may be several."""
        things = self.state.objects(value)
        if len(things) == 1:
            ref, thing = things[0]
            self.state.heap[ref.oid] = change(thing)
            return
        oids = frozenset(ref.oid for ref, _ in things)
        ends = [change(thing) for _, thing in things]
        for (ref, thing), end in zip(things, ends, strict=True):
            changed = self.either(end, thing)
            sure = {
                (oids, key): (part, changed.fields[key])
                for key, part in end.fields.items()
                if part is not thing.fields.get(key) and all(other.fields.get(key) is part for other in ends)
            }
            self.state.heap[ref.oid] = changed.having(sure={**thing.sure, **sure})

    def _surely(self, value: Value, key: Ident) -> Value | None:
        """What was put under a key of whichever object a value is, if nothing happened to any of them there since."""
        if len(value.refs) < 2 or value.origins:
            return None
        things = [thing for _, thing in self.state.objects(value)]
        mark = (frozenset(ref.oid for ref in value.refs), key)
        found: Value | None = None
        for thing in things:
            known = thing.sure.get(mark)
            if known is None or thing.fields.get(key) != known[1]:
                return None
            found = known[0]
        return found


def _may_be(known: Ident, key: Ident) -> bool:
    """Whether what lies under one key may be found under another: a key met in a loop may be any of them."""
    return (
        not {"iter", "opaque", "data"}.isdisjoint((known[0], key[0]))
        or relation(known, key) is not Sameness.DIFFERENT
    )
