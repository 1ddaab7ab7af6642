"""What the methods of the language's mappings, sequences and strings do with the values handed to them."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow import questions, rows
from lint_rmw.flow.fallbacks import either
from lint_rmw.flow.fields import is_mapping
from lint_rmw.flow.known import (
    Arguments,
    chained_maps,
    given,
    layers_of,
    looked_up,
    mapping,
    overlay_copy,
    pairs,
    pure,
    told_apart,
    values_of,
    verdict,
)
from lint_rmw.flow.objects import together
from lint_rmw.flow.provenance import Ident, const
from lint_rmw.flow.run import Run
from lint_rmw.flow.scalars import JUDGING, OF_SCALARS, PURE, VERDICTS
from lint_rmw.flow.values import NOTHING, OR_ELSE, Object, Value, join_values
from lint_rmw.flow.writes import accumulate, fresh_place, note_passed, note_removed, put, update

CHANGING = frozenset(
    {"append", "extend", "insert", "update", "setdefault", "__setitem__", "appendleft", "clear"}
)

_GROWING = frozenset(
    "add discard remove pop clear update difference_update intersection_update symmetric_difference_update".split()
)
_MANY = frozenset({"extend", "extendleft", "__iadd__"})
_TAKING = frozenset(
    "pop popitem popleft remove discard clear difference_update intersection_update symmetric_difference_update".split()
)
_PUT = frozenset({"put", "put_nowait", "set", "write", "writelines"})
_GOT = frozenset({"get", "get_nowait", "getvalue", "read"})


def method(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a method of the language's mappings, sequences and strings, None if this is none."""
    values = values_of(arguments)
    first = values[0] if values else Value()
    if name in _TAKING:
        rows.lessen(run, receiver)
    if name in _PUT and len(values) == 1 and _is_sequence(run, receiver):
        _append(run, receiver, "put", first)
        return Value()
    if name in _GOT and not values and _is_sequence(run, receiver):
        return run.element(receiver, node)
    if receiver.ident is not None and receiver.ident[:2] == ("call", "set") and name in _GROWING:
        run.grown.add(receiver.ident)
    if name in ("get", "__getitem__", "pop", "setdefault"):
        return _taken(run, receiver, name, arguments, node)
    if name == "popleft" and _is_sequence(run, receiver):
        return rows.taken(run, receiver, const(0), node)
    if name == "popitem" and not values and receiver.refs:
        return _last_pair(run, receiver, node)
    if name == "__setitem__" and len(values) == 2:
        put(run, receiver, first, values[1], node, arguments[1].node)
        return Value()
    if name in ("update", "__ior__"):
        return _updated(run, receiver, arguments, node)
    if name in ("items", "keys", "values"):
        return _listed(run, receiver, name, node)
    if name == "clear":
        run.replace(receiver, lambda thing: thing.having(fields={}, roots=(), rest=None, named=()))
        return Value()
    if name in ("copy", "model_copy", "__copy__", "_replace", "replace") and not (
        name == "replace" and any(a.keyword is None for a in arguments)
    ):
        return _copied(run, receiver, name, arguments, node)
    if name in (
        "model_dump",
        "dict",
        "to_dict",
        "as_dict",
        "_asdict",
        "dump",
        "to_json",
        "json",
        "serialize",
    ):
        return run.copy(receiver, node, deep=True) if receiver.refs or receiver.origins else None
    if name in ("append", "extend", "insert", "appendleft", "extendleft", "__iadd__"):
        return _appended(run, receiver, name, arguments, node)
    own = receiver.refs and not any(t.live is not None for _, t in run.state.objects(receiver))
    if name == "add" and values and own:
        _append(run, receiver, name, first)
        return Value()
    if name == "sort":
        keyed = any(argument.keyword == "key" for argument in arguments)
        rows.rank(run, receiver, receiver if keyed else Value(), node)
    if name == "reverse":
        rows.turn(run, receiver)
    if name == "remove":
        rows.discard(run, receiver, first)
    layers = layers_of(run, receiver) if name == "new_child" else None
    if layers is not None:
        return chained_maps(run, [*(values[:1] or [run.allocate(run.blank(node))]), *layers], node)
    if name in ("add", "discard", "remove", "sort", "reverse") and (receiver.refs or _is_set(receiver)):
        return Value()
    if name in VERDICTS:
        asked = questions.of_comparison(run, [receiver, *values], node)
        return Value(ident=("opaque", id(node)), origins=asked)
    if name in JUDGING:
        told = [receiver, *values]
        return verdict(run, told, questions.of_comparison(run, told, node), node)
    of_scalar = name in OF_SCALARS and (receiver.refs or receiver.origins or receiver.constant)
    if of_scalar or (name in PURE and (receiver.refs or receiver.origins or receiver.ident)):
        handed = [receiver, *given(run, arguments, node)]
        made = pure(run, handed, node, f"it is put through {name}()", ("call", name))
        return told_apart(run, name, [receiver, *values], made)
    return None


def _is_set(receiver: Value) -> bool:
    return receiver.shape == "set" or (receiver.ident is not None and receiver.ident[0] == "call")


def _is_sequence(run: Run, receiver: Value) -> bool:
    things = run.state.objects(receiver)
    return bool(things) and all(thing.sequence and thing.built for _, thing in things)


def _taken(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if name == "pop" and len(arguments) < 2 and _is_sequence(run, receiver):
        return rows.taken(run, receiver, arguments[0].value.ident if arguments else const(-1), node)
    if not arguments:
        return run.element(receiver, node) if receiver.refs or receiver.origins else None
    known = bool(receiver.refs or receiver.origins)
    key = arguments[0].value.ident
    if not known and name in ("get", "pop") and len(arguments) < 2:
        return Value(ident=("item", receiver.ident or ("opaque", id(node)), key or ("opaque", id(node))))
    found = looked_up(run, receiver, arguments[0].value, run.get(receiver, key, node), node)
    if name == "pop" and key is not None:
        note_removed(run, receiver, key)
    if (
        name == "pop"
        and key is not None
        and not any(t.live is not None for _, t in run.state.objects(receiver))
    ):
        run.replace(receiver, lambda thing: thing.without(key))
    default = next((a for a in arguments[1:] if a.keyword in (None, "default")), None)
    if default is None:
        return found
    given = default.value
    if name == "setdefault":
        # What is filled in becomes part of the state, but filling in loses nothing: it is no write of its own.
        live = [t.live for _, t in run.state.objects(receiver) if t.live is not None]
        if live:
            for section in filter(None, map(run.section_of, live)):
                section.fills = True
            return found
        filled = join_values(found, given)
        note_passed(run, key or ("opaque", 0))
        run.replace(
            receiver,
            lambda thing: run.under(thing, arguments[0].value).holding(key or ("opaque", 0), filled),
        )
        return filled
    if given.constant or not (given.refs or given.origins or given.ident):
        return found
    return either(run, found, given)


def _updated(run: Run, receiver: Value, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if not arguments:
        return Value()
    if not receiver.refs:
        if fresh_place(run, receiver) is not None:
            run.clear(
                "it is added to a set of fresh values, which only grows", together(values_of(arguments))
            )
        return None
    if len(arguments) == 1 and arguments[0].keyword is None and not arguments[0].star:
        source, source_node = arguments[0].value, arguments[0].node
        as_pairs = pairs(run, source, node)
        of_a_mapping = as_pairs is not None or is_mapping(run, receiver) or is_mapping(run, source)
        if not of_a_mapping and _is_within(run, receiver):
            run.clear("it is added to what may be a set of fresh values, which only grows", source)
            return Value()
        update(run, receiver, as_pairs or source, node, source_node)
        return Value()
    update(run, receiver, mapping(run, arguments, node), node, arguments[-1].node)
    return Value()


def _is_within(run: Run, receiver: Value) -> bool:
    """Whether a value is a part of an entry of a section's state: what `update` does there depends on what it is."""
    places = [t.place.label.where for _, t in run.state.objects(receiver) if t.place is not None]
    return bool(places) and min(map(len, places)) > 1


def _listed(run: Run, receiver: Value, name: str, node: cst.CSTNode) -> Value | None:
    if not receiver.refs and not receiver.origins:
        return None
    if name == "keys":
        key = run.element(receiver, node)
        listing = run.listing(run.sequence((key,), node, exact=False), run.swept(receiver, key, 0))
        return listing if receiver.ident is None else listing._replace(ident=("call", name, receiver.ident))
    if name == "items":
        known_pairs = run.pairs_of(receiver, node)
        if known_pairs is not None:
            return known_pairs
    listed = run.items(receiver, node)
    if name == "values":
        rows = [part for _, part in listed]
    else:
        rows = [run.sequence((_name_of(run, receiver, key), part), node) for key, part in listed]
    place = run.swept(receiver, Value(ident=listed[0][0]), 0) if len(listed) == 1 else None
    return run.listing(run.sequence(rows, node, exact=False), place)


def _name_of(run: Run, mapping: Value, key: Ident) -> Value:
    """One of the names of a mapping, and what they were made from."""
    return Value(ident=key, origins=tuple(o for _, thing in run.state.objects(mapping) for o in thing.named))


def _copied(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    if not receiver.refs and not receiver.origins:
        return None
    deep = any(a.keyword == "deep" for a in arguments)
    changes = [a for a in arguments if a.keyword not in ("deep",)]
    copied = run.copy(receiver, node, deep=deep)
    if not changes:
        return copied
    over = next((a.value for a in changes if a.keyword == "update"), None)
    if over is None:
        over = mapping(run, tuple(changes), node) if name != "copy" else changes[0].value
    return overlay_copy(run, copied, over, node)


def _appended(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    added = arguments[-1].value if arguments else Value()
    if not arguments or not accumulate(run, receiver, added, node, arguments[-1].node):
        many = name in _MANY and _is_sequence(run, added)
        if name in ("insert", "appendleft"):
            place = const(0) if name == "appendleft" or not arguments else arguments[0].value.ident
            rows.insert(run, receiver, place, added)
            return Value()
        _append(run, receiver, name, run.element(added, node) if many else added)
    return Value()


def _last_pair(run: Run, receiver: Value, node: cst.CSTNode) -> Value:
    """What `popitem` takes out of a mapping of the code's own: the pair that was put in last, if that is known."""
    things = [thing for _, thing in run.state.objects(receiver)]
    listed = run.pairs_of(receiver, node) if len(things) == 1 and not things[0].gaps else None
    if listed is None:
        pairs = [(_name_of(run, receiver, key), part) for key, part in run.items(receiver, node)[:1]]
        return run.sequence([half for pair in pairs for half in pair], node)
    last = next(reversed(things[0].fields))
    run.replace(receiver, lambda thing: thing.without(last))
    return run.get(listed, const(len(things[0].fields) - 1), node)


def _append(run: Run, receiver: Value, name: str, added: Value) -> None:
    """Adds to a sequence or set of the code's own."""

    def change(thing: Object) -> Object:
        filled = thing.filled or (name not in _MANY and receiver.shape != OR_ELSE)
        exact = thing.sequence and thing.rest is None and not thing.roots and not run.looping
        if exact and name == "append":
            place = const(len(thing.fields))
            return thing.holding(place, added, literal=thing.literal and added.constant, filled=filled)
        if thing.sequence and name != "put":
            thing = rows.moved_up(thing)
        rest = added if thing.rest is None else join_values(thing.rest, added)
        # What a loop appends may leave some out.
        opaque = thing.opaque or bool(run.looping)
        return thing.having(
            rest=rest, literal=thing.literal and added.constant, opaque=opaque, filled=filled, told=NOTHING
        )

    run.replace(receiver, change)
