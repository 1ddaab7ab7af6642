"""How sequences and mappings are made of values and gone through, one value standing for every element."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow.overlays import Overlays
from lint_rmw.flow.provenance import ANY, Ident, const
from lint_rmw.flow.selections import names_in
from lint_rmw.flow.values import Guard, Object, Value, join_values

_MOST_TURNS = 8


def _kind(thing: Object) -> str:
    """How the keys of a mapping are numbered when it is gone through: those of a whole store are all its entries."""
    return "each" if thing.roots and not thing.roots[-1].origin.label.where else "iter"


class Elements(Overlays):
    """The elements of the objects of the state a run is in."""

    def items(self, value: Value, node: cst.CSTNode) -> list[tuple[Ident, Value]]:
        """One (key, value) pair that stands for all pairs of a mapping."""
        found: list[tuple[Ident, Value]] = []
        things = self.state.objects(value)
        for ref, thing in things:
            if (len(things) > 1 or value.origins) and not (
                thing.fields or thing.roots or thing.opaque or thing.rest is not None
            ):
                # Going through a mapping that is empty finds nothing.
                continue
            own = [key for key in thing.fields if key[0] != "const"]
            key: Ident = (_kind(thing), id(node), self.number())
            if len(own) == 1 and not thing.roots:
                key = own[0]
            self._leave_out(thing, key)
            part = self.part(ref.oid, thing, key)
            part = self.as_fallback(part) if ref.fallback else part
            self.met[key] = (ref, part)
            found.append((key, part))
        if value.origins and not found:
            found.append((("iter", id(node), self.number()), Value(origins=value.origins)))
        return found

    def _leave_out(self, thing: Object, key: Ident) -> None:
        """Notes that the name a loop is at is none of those that were taken out of what it goes through."""
        gone = frozenset.intersection(*(root.skips for root in thing.roots)) if thing.roots else frozenset()
        names = tuple(sorted(name for name in gone - thing.fields.keys() if name != ANY))
        if names:
            self.state.guards = self.state.guards | {Guard("unless", 0, names, key)}

    def element(self, value: Value, node: cst.CSTNode) -> Value:
        """One value that stands for every element of a sequence, or every key of a mapping."""
        result: Value | None = None
        for ref, thing in self.state.objects(value):
            part: Value
            if thing.sequence:
                self.state.guards = self.state.guards | thing.told
                parts = [*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ())]
                part = parts[0] if parts else Value(ident=("iter", id(node), self.number()))
                for known in parts[1:]:
                    part = join_values(part, known)
            elif thing.roots and (thing.table or len(thing.roots[-1].origin.label.where) > 1):
                origin = thing.roots[-1].origin
                key: Ident = ("iter", id(node), self.number())
                row = self.rooted(origin._replace(label=origin.label.child(key)), thing.roots[-1].live)
                part = self.allocate(
                    row.having(klass=thing.klass, table=thing.table), ("data", origin.label.child(key))
                )
            else:
                own = [key for key in thing.fields if key[0] != "const"]
                mine = len(own) == 1 and not thing.roots
                name: Ident = own[0] if mine else (_kind(thing), id(node), self.number())
                self._leave_out(thing, name)
                part = Value(ident=name, origins=thing.named)
                self.met[name] = (ref, part)
            part = self.as_fallback(part) if ref.fallback else part
            result = part if result is None else join_values(result, part)
        if value.origins:
            some = Value(origins=value.origins, ident=("iter", id(node), self.number()))
            result = some if result is None else join_values(result, some)
        return result if result is not None else Value(ident=("iter", id(node), self.number(), value.ident))

    def swept(self, source: Value, element: Value, number: int) -> tuple[int, Ident] | None:
        """The object all of which a loop goes through, and the key it is at; a list must be made after that number."""
        things = self.state.objects(source)
        if len(things) != 1 or source.origins:
            return None
        ref, thing = things[0]
        if thing.sequence:
            return thing.over if ref.oid > number else None
        return (ref.oid, element.ident) if element.ident and element.ident[0] == "each" else None

    def listing(self, listed: Value, place: tuple[int, Ident] | None) -> Value:
        """Notes of a new list that it has all of an object in it."""
        self.replace(listed, lambda thing: thing.having(over=place))
        return listed

    def each(self, value: Value) -> list[Value] | None:
        """The elements one by one, where they are few and all known; else None, and `element` stands for all."""
        turns = self.turns(value)
        return None if turns is None or not all(sure for _, sure in turns) else [part for part, _ in turns]

    def turns(self, value: Value) -> list[tuple[Value, bool]] | None:
        """The same where some may not be there: each with whether it certainly is."""
        names = names_in(self, value) if value.shape == "set" else None
        if names:
            return [(Value(ident=name), True) for name in names] if len(names) <= _MOST_TURNS else None
        thing = self._known(value)
        if thing is None:
            return None
        if not thing.sequence:
            return (
                [(Value(ident=key), key not in thing.gaps) for key in thing.fields] if _named(thing) else None
            )
        return [(part, key not in thing.gaps) for key, part in thing.fields.items()]

    def pairs_of(self, value: Value, node: cst.CSTNode) -> Value | None:
        """The (name, value) pairs of a mapping, one by one, where its names are few and all known."""
        thing = self._known(value)
        if thing is None or thing.sequence or not _named(thing):
            return None
        rows = [self.sequence((Value(ident=key), part), node) for key, part in thing.fields.items()]
        gaps = frozenset(const(place) for place, key in enumerate(thing.fields) if key in thing.gaps)
        listed = self.sequence(rows, node)
        self.replace(listed, lambda found: found.having(gaps=gaps))
        return listed

    def _known(self, value: Value) -> Object | None:
        """An object as which a value can be gone through one by one: it is, or may be, one with just those fields."""
        things = [thing for _, thing in self.state.objects(value)]
        if not things or value.origins:
            return None
        first = things[0]
        for thing in things:
            few = 0 < len(thing.fields) <= _MOST_TURNS
            if not few or not thing.built or thing.roots or thing.rest is not None or thing.opaque:
                return None
            if thing.fields.keys() != first.fields.keys() or thing.sequence is not first.sequence:
                return None
        if len(things) > 1 and any(ref.fallback for ref in value.refs):
            return None
        fields = {key: reduce(join_values, (thing.fields[key] for thing in things)) for key in first.fields}
        gaps = frozenset[Ident]().union(*(thing.gaps for thing in things))
        return first.having(fields=fields, gaps=gaps)

    def sequence(self, parts: Iterable[Value], node: cst.CSTNode, *, exact: bool = True) -> Value:
        """A list or tuple; `exact` if each part's place is known."""
        values = list(parts)
        made = self.stop(StepKind.DERIVE, node, "it is put into a list")
        if exact:
            fields = {const(i): part for i, part in enumerate(values)}
            return self.allocate(
                Object(
                    fields=fields,
                    born=self.epoch,
                    built=True,
                    made=made,
                    sequence=True,
                    literal=all(v.constant for v in values),
                )
            )
        rest: Value | None = None
        for part in values:
            rest = part if rest is None else join_values(rest, part)
        return self.allocate(Object(rest=rest, born=self.epoch, built=True, made=made, sequence=True))


def _named(thing: Object) -> bool:
    return all(key[0] == "const" for key in thing.fields)
