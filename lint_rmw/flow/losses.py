"""What a write loses: each stale value in it, told apart field by field, less what a guard or a fresh operand covers."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow.facts import Kind, Loss, Write
from lint_rmw.flow.provenance import (
    ANY,
    Ident,
    Label,
    Origin,
    Sameness,
    Stop,
    field_name,
    is_minted,
    relation,
)
from lint_rmw.flow.run import Run
from lint_rmw.flow.sections import Section
from lint_rmw.flow.values import UNKNOWN, Guard, Object, Value

_DEEPEST_VALUE = 5
_MOST_OBJECTS = 300
# The field that something is put in under a name that was read.
_SOME: Ident = ("opaque", "name")


class Writer:
    """Judges one written value against the section it is written in."""

    def __init__(
        self, run: Run, section: Section, where: tuple[Ident, ...], *, by_reference: bool = False
    ) -> None:
        self.run = run
        self.by_reference = by_reference
        self.section = section
        self.where = where
        self._losses: dict[tuple[object, ...], Loss] = {}
        self._elsewhere: dict[tuple[object, ...], Loss] = {}
        self.silenced: set[str] = set()
        self._laid_over = False
        self._every = False
        self._seen: set[tuple[object, ...]] = set()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The stale values read from the entry that is written."""
        return tuple(self._losses.values())

    @property
    def elsewhere(self) -> tuple[Loss, ...]:
        """The stale values read from another entry of the store."""
        return tuple(self._elsewhere.values())

    def collect(
        self, value: Value, path: tuple[Ident, ...], stops: tuple[Stop, ...] = (), depth: int = 0
    ) -> None:
        """Adds the losses of a value written at `path`, which starts with `where`."""
        value = value.where(self.run.state.guards)
        for origin in value.origins:
            self._lose(origin, path, stops, value)
        if depth > _DEEPEST_VALUE or len(self._seen) > _MOST_OBJECTS:
            return
        for ref, thing in self.run.state.objects(value):
            # Below a field its name does not change, so a shared object need not be gone through again.
            mark = (ref, path[:2])
            if mark in self._seen or self._is_state(thing, path):
                continue
            self._seen.add(mark)
            self._collect_object(thing, ref.fallback, path, stops, depth)

    def _is_state(self, thing: Object, path: tuple[Ident, ...]) -> bool:
        """Whether the object is the section's own state at that place, whose changes were judged when they were made."""
        if thing.live != self.section.epoch or thing.place is None:
            return False
        read_here = bool(thing.roots) and self._is_fresh(thing.roots[-1].origin.label)
        return read_here or thing.place.label.where[:2] == path[:2]

    def _collect_object(
        self, thing: Object, fallback: bool, path: tuple[Ident, ...], stops: tuple[Stop, ...], depth: int
    ) -> None:
        here = (*(() if thing.made is None else (thing.made,)), *thing.changed[:1])
        inner = (*here, *stops)
        over = self._laid_over
        fresh_below = any(self._is_fresh(root.origin.label) for root in thing.roots)
        self._laid_over = over or fresh_below
        for root, shown in thing.visible():
            origin = root.origin._replace(fallback=root.origin.fallback or fallback)
            if self._is_fresh(origin.label):
                continue
            if shown is None:
                self._lose(origin, path, inner)
            elif ANY in shown:
                self._lose(origin._replace(hops=origin.hops + 1), path, inner)
            for name in (shown or frozenset()) - thing.fields.keys() - {ANY}:
                self._lose(origin._replace(label=origin.label.child(name)), (*path, name), inner)
        winner = thing.roots[-1].origin.label if thing.roots else None
        if winner is not None and self._is_fresh(winner) and self._covers_stale(thing):
            self.silenced.add("the fresh entry wins the merge")
        # Which entry of a store something is put in is not what is put there.
        for origin in thing.named if path else ():
            self._lose(origin._replace(fallback=origin.fallback or fallback), (*path, _SOME)[:2], inner)
        for key, part in thing.fields.items():
            if fallback:
                part = self.run.as_fallback(part)
            if (part.refs or part.origins) and not self._is_reference(thing, part):
                # What lies under the name of each entry in turn is of all of them, where none was passed over.
                every, self._every = self._every, key[0] != "const" and key not in thing.gaps
                self.collect(part, path if thing.sequence else (*path, key), inner, depth + 1)
                self._every = every
        if thing.rest is not None:
            rest = self.run.as_fallback(thing.rest) if fallback else thing.rest
            every, self._every = self._every, thing.sequence and not thing.opaque
            self.collect(rest, path if thing.sequence else (*path, ("opaque", "rest")), inner, depth + 1)
            self._every = every
        self._laid_over = over

    def _is_reference(self, thing: Object, part: Value) -> bool:
        """Whether an object that saves itself only points to another one, which has a place of its own."""
        others = [other for _, other in self.run.state.objects(part)]
        return (
            self.by_reference
            and not thing.sequence
            and not part.origins
            and all(
                other.table or (bool(other.roots) and not other.roots[-1].origin.label.where)
                for other in others
            )
        )

    def _covers_stale(self, thing: Object) -> bool:
        return any(self._is_stale(root.origin.label) for root in thing.roots[:-1])

    def has_fresh(self, value: Value) -> bool:
        """Whether something of the section's own state went into a value."""
        return any(self._is_fresh(origin.label) for origin in self.run.origins(value))

    def _is_fresh(self, label: Label) -> bool:
        return label.epoch == self.section.epoch and self.section.may_hold(label) is not Sameness.DIFFERENT

    def _is_stale(self, label: Label) -> bool:
        return label.epoch != self.section.epoch and self.section.may_hold(label) is not Sameness.DIFFERENT

    def _lose(
        self, origin: Origin, path: tuple[Ident, ...], stops: tuple[Stop, ...], value: Value = UNKNOWN
    ) -> None:
        label = origin.label
        into = self._losses
        held = self.section.may_hold(label)
        if held is Sameness.DIFFERENT or label.epoch == self.section.epoch:
            return
        hops = origin.hops + (held is Sameness.MAYBE)
        if label.where and path:
            same = relation(label.where[0], path[0])
            if same is Sameness.DIFFERENT:
                self.silenced.add("it was read from another entry")
                into = self._elsewhere
            # Where something of every entry is written, the one that is written is among them.
            hops += same is Sameness.MAYBE and not (self._every and label.where[0][0] == "each")
        if self._guarded(label, path, value):
            return
        known = into.get((label, path[:2]))
        if known is not None and (known.hops, known.fallback) <= (hops, origin.fallback):
            return
        trail = origin.trail
        for stop in stops:
            trail = trail.then(stop)
        into[(label, path[:2])] = Loss(
            field=field_name(path[1]) if len(path) > 1 else None,
            label=label,
            trail=trail,
            fallback=origin.fallback,
            hops=hops,
            same_field=len(path) > 1 and len(label.where) > 1 and label.where[1] == path[1],
            inside=label.epoch == -self.section.epoch,
            over_fresh=self._laid_over,
        )

    def _guarded(self, label: Label, path: tuple[Ident, ...], value: Value) -> bool:
        for guard in self.run.state.guards:
            if guard.epoch != self.section.epoch:
                continue
            if guard.kind == "equal" and covers(guard.where, label.where):
                self.silenced.add(f"the fresh {_compared(guard)} is compared with it first")
                return True
            if value.fills(guard) and len(guard.where) <= len(path) and covers(guard.where, path):
                self.silenced.add("it is written only where the fresh state has none")
                return True
        return False


def _compared(guard: Guard) -> str:
    """What of the fresh state an equality was asked of, in words."""
    asked = guard.value[1] if guard.value is not None and guard.value[0] == "data" else None
    where = asked.where if isinstance(asked, Label) else guard.where
    if len(where) < 2:
        return "entry" if where else "store"
    return f"field '{name}'" if (name := field_name(where[1])) != "?" else "field"


def covers(outer: tuple[Ident, ...], inner: tuple[Ident, ...]) -> bool:
    """Whether a fact about the place `outer` holds for the place `inner` too."""
    if len(outer) > len(inner):
        return False
    return not outer or (relation(outer[0], inner[0]) is Sameness.SAME and outer[1:] == inner[1 : len(outer)])


def record(
    run: Run,
    kind: Kind,
    section: Section,
    where: tuple[Ident, ...],
    value: Value,
    node: cst.CSTNode,
    value_node: cst.CSTNode,
    *,
    by_reference: bool = False,
) -> None:
    """Adds a write of `value` at `where` (the path of the entry or field written) to the facts.

    `by_reference`: what is written keeps other objects of the store by their key.
    """
    writer = Writer(run, section, where, by_reference=by_reference)
    writer.collect(value, where)
    blind = (
        kind is Kind.WHOLE
        and len(where) == 1
        and not writer.losses
        and _is_blind(run, section, where[0], value)
    )
    built = next((t.made for _, t in run.state.objects(value) if t.made is not None), None) if blind else None
    write = Write(
        kind=kind,
        section=section,
        where=where,
        node=node,
        value=value_node,
        piece=run.frame.piece,
        losses=writer.losses,
        elsewhere=writer.elsewhere,
        blind=blind,
        calls=run.frame.calls,
        built=built,
        silenced=tuple(sorted(writer.silenced)),
    )
    if kind is Kind.WHOLE and len(where) == 1 and not writer.has_fresh(value):
        # Nothing of the entry that lay there is left.
        section.removed.add(where[0])
    run.facts.writes.append(write)
    if run.written is not None:
        run.written(write, value)


def _is_blind(run: Run, section: Section, key: Ident, value: Value) -> bool:
    """Whether an entry built outside from no read covers one that nobody looked at."""
    if not section.hands_over or is_minted(key) or value.origins:
        return False
    if any(relation(known, key) is not Sameness.DIFFERENT for known in section.looked if known is not None):
        return False
    if None in section.looked:
        return False
    things = run.state.objects(value)
    return bool(things) and all(
        thing.built
        and thing.born != section.epoch
        and not thing.literal
        and not thing.opaque
        and not thing.roots
        and not thing.sequence
        and not run.origins(value)
        for _, thing in things
    )
