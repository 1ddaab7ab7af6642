"""How the states and objects that two branches left are joined into one that may be either."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lint_rmw.flow.provenance import Ident, Origin, merge
from lint_rmw.flow.values import Guard, Guards, Object, State, Value, is_untouched, join_values

Apart = tuple[tuple[Guard, ...], tuple[Guard, ...]]
OPPOSITE = {"holds": "lacks", "lacks": "holds"}


def join_objects(
    one: Object,
    other: Object,
    absent: Callable[[Object, Ident], Value],
    passed_over: frozenset[Ident] = frozenset(),
    apart: Apart = ((), ()),
) -> Object:
    """One object as two branches left it; `absent` says what a side holds under a key it does not list.

    `passed_over` are the names of fields for which alone a branch of a loop left it as it was.
    """
    for fuller, barer in ((one, other), (other, one)) if passed_over else ():
        if _leaves_out(fuller, barer, passed_over):
            return fuller
    fields = dict(one.fields)
    if one.fields is not other.fields:
        for key, theirs in other.fields.items():
            mine = fields.setdefault(key, theirs)
            if mine is not theirs:
                fields[key] = join_apart(mine, theirs, apart)
            elif key not in one.fields and not is_untouched(one, key, theirs):
                fields[key] = join_apart(absent(one, key), theirs, apart)
        for key in one.fields.keys() - other.fields.keys():
            if not is_untouched(other, key, one.fields[key]):
                fields[key] = join_apart(one.fields[key], absent(other, key), apart)
    roots = one.roots
    if [r.origin.label for r in roots] != [r.origin.label for r in other.roots]:
        known = {root.origin.label: root for root in (*other.roots, *roots)}
        # Either branch may have run: the oldest root is put on top, so that it is not taken for covered.
        roots = tuple(sorted(known.values(), key=lambda root: -root.origin.label.epoch))
    elif roots != other.roots:
        both = zip(roots, other.roots, strict=True)
        roots = tuple(root._replace(skips=root.skips & more.skips) for root, more in both)
    rest = one.rest
    if other.rest is not None:
        rest = other.rest if rest is None else join_values(rest, other.rest)
    changed = one.changed + tuple(c for c in other.changed if c not in one.changed)
    return one.having(
        fields=fields,
        roots=roots,
        rest=rest,
        changed=changed,
        gaps=one.gaps
        | other.gaps
        | (frozenset() if one.roots or other.roots else one.fields.keys() ^ other.fields.keys()),
        every=one.every if one.every == other.every else None,
        told=one.told & other.told,
        ranked=_either_order(one.ranked, other.ranked),
        named=merge(one.named, other.named),
        filled=one.filled and other.filled,
        sure={mark: each for mark, each in one.sure.items() if other.sure.get(mark) == each},
    )


def _either_order(
    one: tuple[Origin, ...] | None, other: tuple[Origin, ...] | None
) -> tuple[Origin, ...] | None:
    return one if other is None else other if one is None else merge(one, other)


def told_apart(one: Guards, other: Guards) -> Apart:
    """What was asked of the same parameter with a different answer on each of two branches."""
    mine = tuple(guard for guard in one - other if guard.kind in OPPOSITE)
    theirs = tuple(guard._replace(kind=OPPOSITE[guard.kind]) for guard in mine)
    return (mine, theirs) if mine and other.issuperset(theirs) else ((), ())


def join_apart(one: Value, other: Value, apart: Apart) -> Value:
    """A value that may be either, and is known to be one of them where the same is asked again."""
    joined = join_values(one, other)
    if one is other or not apart[0]:
        return joined
    cases = (*((guard, one) for guard in apart[0]), *((guard, other) for guard in apart[1]))
    return joined._replace(cases=cases)


def _leaves_out(one: Object, other: Object, names: frozenset[Ident]) -> bool:
    """Whether `one` is the other with copies laid over it that leave out just those fields."""
    above = one.roots[len(other.roots) :]
    same = one.roots[: len(other.roots)] == other.roots and one.fields.keys() <= other.fields.keys()
    return same and bool(above) and all(root.skips == names for root in above)


def _passed_over(one: Guards, other: Guards) -> frozenset[Ident]:
    """The names for which alone the other branch is taken."""
    return frozenset(
        name
        for guard in one
        if guard.kind == "unless" and guard._replace(kind="among") in other
        for name in guard.where
    )


def join_states(states: Iterable[State], absent: Callable[[Object, Ident], Value]) -> State | None:
    """The join of all states that a run can reach; None if there is none."""
    result: State | None = None
    for state in states:
        if not state.live:
            continue
        result = state if result is None else _join(result, state, absent)
    return result


def _or_unchanged(thing: Object, absent: Callable[[Object, Ident], Value]) -> Object:
    """A part that only one branch looked at: in the other it is as it was."""
    if thing.lazy is None or thing.fields == thing.lazy:
        return thing
    return join_objects(thing, thing.having(fields=thing.lazy, rest=None), absent)


def _join(one: State, other: State, absent: Callable[[Object, Ident], Value]) -> State:
    apart = told_apart(one.guards, other.guards)
    scopes = dict(one.scopes)
    for scope, names in other.scopes.items():
        mine = scopes.get(scope)
        if mine is None:
            scopes[scope] = names
        elif mine is not names:
            merged = dict(mine)
            for name, value in names.items():
                known = merged.setdefault(name, value)
                if known is not value:
                    merged[name] = join_apart(known, value, apart)
            scopes[scope] = merged
    passed_over = _passed_over(one.guards, other.guards) | _passed_over(other.guards, one.guards)
    heap = dict(one.heap)
    for oid in one.heap.keys() - other.heap.keys():
        heap[oid] = _or_unchanged(heap[oid], absent)
    for oid, thing in other.heap.items():
        known_thing = heap.get(oid)
        if known_thing is None:
            heap[oid] = _or_unchanged(thing, absent)
        elif known_thing is not thing:
            heap[oid] = join_objects(known_thing, thing, absent, passed_over, apart)
    return State(scopes, heap, one.guards & other.guards, asked=merge(one.asked, other.asked))
