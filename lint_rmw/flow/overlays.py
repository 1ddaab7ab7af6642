"""How one mapping is laid over another: what it holds wins, what it lacks or left out shows from below."""

from __future__ import annotations

from lint_rmw.flow.objects import Objects
from lint_rmw.flow.provenance import ANY, Ident, merge
from lint_rmw.flow.sweeps import found_under
from lint_rmw.flow.values import Object, Root, Value, join_values


class Overlays(Objects):
    """The merging of the objects of the state a run is in."""

    def under(self, thing: Object, name: Value) -> Object:
        """An object that gets something put under a name: what the name was made from is in it too."""
        return (
            thing.having(named=merge(thing.named, self.origins(name))) if name.refs or name.origins else thing
        )

    def overlay(self, below: Object, value: Value) -> Object:
        """`below` with all that `value` holds laid over it."""
        things = self.state.objects(value)
        result: Object | None = None
        for ref, thing in things:
            one = self._overlaid(below, thing, ref.fallback)
            if len(things) == 1 and not below.roots and not below.fields and not ref.fallback:
                one = one.having(twin=ref.oid)
            result = one if result is None else self.either(result, one)
        result = result or below
        if value.origins:
            rest = Value(origins=value.origins)
            result = result.having(rest=rest if result.rest is None else join_values(result.rest, rest))
        if not things and not value.constant:
            result = result.having(literal=False, opaque=True)
        return result

    def _overlaid(self, below: Object, thing: Object, fallback: bool) -> Object:
        fields = thing.fields
        roots = tuple(root._replace(origin=root.origin._replace(fallback=True)) for root in thing.roots)
        roots = roots if fallback else thing.roots
        if thing.gaps:
            fields = {
                key: join_values(part, below.fields.get(key) or self.absent(below, key))
                if key in thing.gaps
                else part
                for key, part in fields.items()
            }
        if fallback:
            fields = {key: self.as_fallback(part) for key, part in fields.items()}
        rest = below.rest
        if thing.rest is not None:
            rest = thing.rest if rest is None else join_values(rest, thing.rest)
        # A copied entry brings every field it has, so what was set below it is covered, but for what it left out.
        kept = below.fields
        for root in thing.roots:
            kept = {
                key: part for key, part in kept.items() if key in root.skips or ANY in root.skips
            } | self._let_through(kept, root)
        return below.having(
            fields={**kept, **fields},
            roots=(*below.roots, *roots),
            rest=rest,
            literal=below.literal and thing.literal,
            opaque=below.opaque or thing.opaque,
            named=merge(below.named, thing.named),
            gaps=(below.gaps - (fields.keys() - thing.gaps)) | (thing.gaps - (kept.keys() - below.gaps)),
            every=thing.every if not (below.fields or below.roots or below.rest) else below.every,
        )

    def _let_through(self, below: dict[Ident, Value], root: Root) -> dict[Ident, Value]:
        """What shows of fields below a copy that leaves some out, or fills in where the entry itself lacks them.

        Filling in loses nothing by itself: whoever comes later may as well have come before. Not so where the copy
        takes something away, and what fills in was made from another field.
        """
        found: dict[Ident, Value] = {}
        for key, part in below.items() if root.skips else ():
            origins = self.origins(part)
            if key[0] != "const":
                found |= {
                    name: Value(origins=found_under(origins, key, name))
                    for name in root.skips - below.keys()
                    if name != ANY
                }
            elif key not in root.skips and any(o.label.where[1:2] not in ((), (key,)) for o in origins):
                mine = Value(origins=(root.origin._replace(label=root.origin.label.child(key)),))
                found[key] = join_values(mine, self.as_fallback(part))
        return found
