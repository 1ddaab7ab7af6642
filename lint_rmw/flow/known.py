"""What the functions and methods of the language and its standard library do with the values handed to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from lint_rmw.flow import questions, rows
from lint_rmw.flow.comprehensions import first_of
from lint_rmw.flow.fallbacks import either
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import ANY, Ident, Origin, const, merge
from lint_rmw.flow.scalars import DISTINCT, PURE, VERDICTS
from lint_rmw.flow.selections import chosen, copied_whole, names_in
from lint_rmw.flow.sweeps import of_all
from lint_rmw.flow.values import Object, Value, join_values
from lint_rmw.flow.writes import filling, fresh_place, is_plain, is_stale, put

if TYPE_CHECKING:
    from lint_rmw.flow.run import Run

Arguments = tuple[Argument, ...]
Known = Callable[["Run", Arguments, "cst.CSTNode"], Value]

SAME = frozenset(
    "staticmethod classmethod cast shield wait_for run run_until_complete iter next assert_type vars ensure_future".split()
)
MINTING = frozenset(
    "uuid1 uuid4 uuid7 token_hex token_urlsafe token_bytes urandom randint random randrange getrandbits choice time "
    "time_ns monotonic monotonic_ns perf_counter now utcnow today count mkdtemp mkstemp getpid ulid".split()
)
SHALLOW = frozenset(
    {"copy", "MappingProxyType", "OrderedDict", "model_validate", "model_construct", "parse_obj"}
)
DEEP = frozenset({"deepcopy", "dumps", "loads", "asdict", "astuple", "unstructure", "structure"})
LISTS = frozenset({"list", "tuple", "sorted", "reversed", "deque", "islice", "cycle"})
_WHOLE = frozenset({"list", "tuple", "sorted", "reversed"})
CHAINED = frozenset({"chain", "from_iterable", "merge", "accumulate"})
# What is put into one of these comes out of it again.
KEEPING = frozenset(
    {"Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "ContextVar", "StringIO", "BytesIO"}
)
_WITH_CONTENTS = frozenset({"StringIO", "BytesIO"})
SETS = frozenset({"set", "frozenset"})

_FACTORY = const("default_factory")


def values_of(arguments: Arguments) -> list[Value]:
    """The values of the arguments, in order."""
    return [argument.value for argument in arguments]


def given(run: Run, arguments: Arguments, node: cst.CSTNode) -> list[Value]:
    """What a function that only computes is given: of a function what it gives back, as `re.sub` puts it in."""
    return [
        run.invoke(a.value, (Argument(None, "", Value(), a.node),), node) if a.value.funcs else a.value
        for a in arguments
    ]


def mapping(run: Run, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`dict(base, **more, name=value)`, and the constructors of records."""
    thing = run.blank(node)
    for argument in arguments:
        value = argument.value
        if argument.keyword is None:
            as_pairs = pairs(run, value, node)
            thing = run.overlay(thing, value if as_pairs is None else as_pairs)
        else:
            name = const(argument.keyword)
            thing = thing.holding(
                name,
                filling(run, name, value),
                literal=thing.literal and value.constant,
            )
    return run.allocate(thing)


def pairs(run: Run, value: Value, node: cst.CSTNode) -> Value | None:
    """A sequence of (key, value) pairs, as the mapping it stands for: one that is written as a pair tells what the others are."""
    found: Value | None = None
    for _, thing in run.state.objects(value):
        listed = [*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ())]
        if not thing.sequence or thing.roots or not any(_is_pair(run, row) for row in listed):
            continue
        made = Object(built=True, born=run.epoch)
        for row in listed:
            told = [
                (each.fields[const(0)], each.fields[const(1)])
                for _, each in run.state.objects(row)
                if {const(0), const(1)} <= each.fields.keys()
            ]
            for key, part in told or [(run.get(row, const(0), node), run.get(row, const(1), node))]:
                made = _with_pair(
                    run, run.under(made, key), key.ident or ("opaque", id(row)), part, thing, node
                )
        mapping = run.allocate(made)
        found = mapping if found is None else join_values(found, mapping)
    return found if found is None else found._replace(origins=value.origins)


def _with_pair(run: Run, below: Object, key: Ident, part: Value, listed: Object, node: cst.CSTNode) -> Object:
    """A mapping with one more pair of a list, which stands for some or all pairs of an entry where a loop met it."""
    whole = copied_whole(run, key, part)
    among = chosen(listed.told, "among", key)
    if whole is not None and among:
        entry = run.allocate(Object(roots=(whole,)))
        for name in among:
            below = below.holding(name, run.get(entry, name, node))
        return below
    skips = chosen(listed.told, "unless", key)
    skips |= frozenset((ANY,)) if skips and listed.opaque else frozenset()
    if whole is None or (listed.opaque and not skips):
        return below.holding(key, part)
    own = {key: Value(origins=part.origins)} if part.origins else {}
    return run.overlay(below, run.allocate(Object(roots=(whole._replace(skips=skips),), fields=own)))


def _is_pair(run: Run, row: Value) -> bool:
    return any(
        thing.sequence and {const(0), const(1)} <= thing.fields.keys() for _, thing in run.state.objects(row)
    )


def verdict(run: Run, told: list[Value], asked: tuple[Origin, ...], node: cst.CSTNode) -> Value:
    """What a comparison says of values: true or false, made from them, and from what was `asked` where that is followed."""
    made = pure(run, told, node, "it is compared")
    return Value(ident=("opaque", id(node)), origins=merge(made.origins, asked), shape="flag")


def told_apart(run: Run, name: str, values: list[Value], result: Value) -> Value:
    """A result that differs whenever what it is made from does, if that is one value as it was read."""
    made_from = [value for value in values if value.refs or value.origins]
    if name not in DISTINCT or len(made_from) != 1:
        return result
    whole = made_from[0].shape == "distinct" or is_plain(run, made_from[0])
    return result._replace(shape="distinct") if whole else result


def filled_by_looking(run: Run, table: Value, key: Value, node: cst.CSTNode) -> None:
    """A `defaultdict` puts in what is looked up and missing."""
    name = key.ident or ("opaque", id(node))
    things = [thing for _, thing in run.state.objects(table)]
    factory = things[0].parts.get(_FACTORY) if len(things) == 1 and name not in things[0].fields else None
    if factory is not None:
        made = run.invoke(factory, (), node)
        run.replace(table, lambda thing: run.under(thing, key).holding(name, made))


def looked_up(run: Run, table: Value, key: Value, found: Value, node: cst.CSTNode) -> Value:
    """What a table holds under a key: made from the key, as by a function; of one from elsewhere that is less sure."""
    things = run.state.objects(table)
    found = questions.tinged(found, questions.of_comparison(run, (key,), node))
    origins = run.origins(key)
    is_table = bool(things) and all(_is_table(thing, key.ident) for _, thing in things)
    is_unknown = not things and not table.origins and not table.constant
    if not origins or not (is_table or table.constant or is_unknown):
        return found
    return join_values(found, run.derived(origins, node, "it is looked up in a table", hops=int(is_unknown)))


def _is_table(thing: Object, key: Ident | None) -> bool:
    """Whether an object lists all it has, under names that are written down, and it makes a difference what is looked up."""
    if not thing.fields or thing.literal:
        return bool(thing.fields)
    parts = [part for name, part in thing.fields.items() if name != key]
    listed = thing.built and not thing.roots and thing.rest is None and not thing.opaque
    written = all(name[0] == "const" or name == key for name in thing.fields)
    alike = any(part.refs for part in parts) or len({part.ident for part in parts}) < 2
    return listed and written and not alike


def overlay_copy(run: Run, base: Value, over: Value, node: cst.CSTNode) -> Value:
    """A copy of `base` with `over` laid over it, of the class that `base` is of."""
    classes = [thing.klass for _, thing in run.state.objects(base)]
    below = run.allocate(run.blank(node).having(klass=classes[0] if len(classes) == 1 else None))
    oid = below.refs[0].oid
    run.state.heap[oid] = run.overlay(run.overlay(run.state.heap[oid], base), over)
    return below


def joined(run: Run, values: list[Value], node: cst.CSTNode, note: str) -> Value:
    """Combined by an operation that only grows (`max`, `|`, `union`): beside a fresh operand an old value does no harm.

    What was *computed* from an old one does: the fresh field never held it.
    """
    origins: tuple[Origin, ...] = ()
    for value in values:
        origins = merge(origins, run.origins(value))
    for section in reversed(run.sections):
        if any(o.label.epoch == section.epoch for o in origins):
            computed = {o for v in values if _is_computed(v) for o in v.origins}
            kept = tuple(o for o in origins if o in computed or not is_stale(o, section))
            if len(kept) < len(origins):
                run.clear(
                    "it is joined with the fresh value by an operation that only grows",
                    Value(origins=origins),
                )
            return Value(origins=kept)
    shape = "set" if any(value.shape == "set" for value in values) else ""
    return run.derived(origins, node, note)._replace(shape=shape)


def _is_computed(value: Value) -> bool:
    return not value.refs and value.shape in ("", "flag")


def pure(
    run: Run, values: list[Value], node: cst.CSTNode, note: str = "it is computed", made: Ident = ()
) -> Value:
    """Computed from all of them; `made` is how its ident begins, where it is not by the note."""
    origins: tuple[Origin, ...] = ()
    for value in values:
        origins = merge(origins, of_all(run, value))
    if origins:
        return run.derived(origins, node, note)
    idents = tuple(value.ident for value in values)
    if values and all(ident is not None for ident in idents):
        return Value(ident=(*(made or ("call", note)), *idents))
    return Value(ident=("opaque", id(node)))


def function(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function of the language or its library, None if this is none."""
    values = values_of(arguments)
    first = values[0] if values else Value()
    if name == "choice" and (first.refs or first.origins):
        return run.element(first, node)
    if name in MINTING:
        return Value(ident=("minted", id(node)))
    if name in VERDICTS:
        return Value(ident=("opaque", id(node)), origins=questions.of_comparison(run, values, node))
    if name == "next" and values:
        source = arguments[0].node
        found = first_of(run, source) if isinstance(source, cst.GeneratorExp) else None
        if found is not None:
            return found if len(values) < 2 else either(run, found, values[1])
        return run.element(first, node)
    if name == "run" and first.funcs:
        return run.invoke(first, arguments[1:], node)
    if name in ("lru_cache", "cache") and first.funcs:
        return first
    if name in SAME and values:
        return values[1] if name in ("cast", "assert_type") and len(values) > 1 else first
    if name in DEEP and values:
        return run.copy(first, node, deep=True)
    if name in SHALLOW and values:
        return run.copy(first, node)
    if name in ("replace", "evolve") and values and arguments[0].keyword is None:
        return overlay_copy(run, first, mapping(run, arguments[1:], node), node)
    if name in ("dict", "defaultdict", "SimpleNamespace", "UserDict"):
        if name != "defaultdict" or not arguments:
            return mapping(run, arguments, node)
        made = mapping(run, arguments[1:], node)
        run.replace(made, lambda thing: thing.having(parts={_FACTORY: first}))
        return made
    if name == "Counter" and values and not is_named(run, first):
        return counted(run, first, node)
    if name == "fromkeys" and values:
        return _keyed(run, first, values[1] if len(values) > 1 else Value(ident=const(None)), node)
    if name in KEEPING and not run.module.functions.get(name):
        # A text file in memory holds what it is made with; a number says how much a queue may hold.
        return run.sequence(values if name in _WITH_CONTENTS else (), node)
    if name == "gather":
        return run.sequence(values, node)
    if name == "ChainMap":
        return chained_maps(run, values, node)
    if name in ("max", "min") and values:
        return joined(run, _compared(run, values), node, "it is compared")
    if name in LISTS or name in SETS or name in CHAINED:
        return _collected(run, name, arguments, node)
    return _by_protocol(run, name, arguments, node)


def chained_maps(run: Run, layers: list[Value], node: cst.CSTNode) -> Value:
    """A `ChainMap`, which finds what the first of its maps has, and keeps them all as they are."""
    chain = mapping(run, (), node)
    for layer in reversed(layers):
        chain = overlay_copy(run, chain, layer, node)
    listed = run.sequence(layers, node)
    run.replace(chain, lambda thing: thing.having(parts={const("maps"): listed}))
    return chain


def layers_of(run: Run, chain: Value) -> list[Value] | None:
    """The maps of a `ChainMap` that nothing was put in since; None if it is none."""
    things = [thing for _, thing in run.state.objects(chain)]
    listed = things[0].parts.get(const("maps")) if len(things) == 1 else None
    return None if listed is None or things[0].changed else run.each(listed)


def _keyed(run: Run, names: Value, value: Value, node: cst.CSTNode) -> Value:
    """`dict.fromkeys`: a mapping with one value under names that may have been read themselves, each only once."""
    thing = run.blank(node)
    known = names_in(run, names)
    element = run.element(names, node)
    for key in known if known is not None else (element.ident or ("opaque", id(node)),):
        thing = thing.holding(key, filling(run, key, value), literal=thing.literal and value.constant)
    told = joined(run, [element], node, "it is collected") if run.origins(element) else Value()
    return run.allocate(thing)._replace(origins=told.origins)


def is_named(run: Run, value: Value) -> bool:
    """Whether a value may be a mapping of names to numbers, which a `Counter` takes as they are."""
    return any(not thing.sequence and not thing.roots for _, thing in run.state.objects(value))


def counted(run: Run, elements: Value, node: cst.CSTNode) -> Value:
    """A `Counter` of the elements: its names and its numbers are both made from them."""
    found = run.derived(of_all(run, elements), node, "it is counted")
    return run.allocate(run.blank(node).having(named=found.origins, rest=found, literal=False))


def _compared(run: Run, values: list[Value]) -> list[Value]:
    """What `max` goes through: its arguments, or the elements of the only one."""
    if len(values) > 1:
        return values
    return [part for _, thing in run.state.objects(values[0]) for part in thing.fields.values()] or values


def _collected(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    if not arguments:
        return run.sequence((), node)
    value = arguments[0].value
    if name in CHAINED:
        return _chained(run, name, arguments, node)
    things = run.state.objects(value)
    if name in SETS and has_names(run, value):
        # The names of fields, or the keys of a store, are not what is stored there.
        return Value(ident=("call", name, value.ident or ("opaque", id(node))), shape="set")
    names = names_in(run, value) if name in SETS else None
    if names is not None:
        return Value(ident=("call", "set", *names), shape="set")
    if name in SETS:
        return run.derived(run.origins(value), node, "it is collected")._replace(shape="set")
    if any(thing.sequence for _, thing in things):
        whole = things[0][1].over if name in _WHOLE else None
        listed = run.listing(run.copy(value, node), whole)
        if name == "reversed":
            rows.turn(run, listed)
        elif name == "islice":
            run.replace(listed, rows.loose)
        return listed
    if any(thing.roots and len(thing.roots[-1].origin.label.where) > 1 for _, thing in things):
        return run.copy(value, node)
    if things or value.origins:
        part = run.element(value, node)
        whole = run.swept(value, part, 0) if name in _WHOLE else None
        return run.listing(run.sequence((part,), node, exact=False), whole)
    return Value(ident=("call", name, value.ident or ("opaque", id(node))))


def _chained(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """The elements of several sequences, one after the other; for `from_iterable` those within the elements."""
    sequences = values_of(arguments)
    if name == "from_iterable":
        things = [thing for _, thing in run.state.objects(sequences[0])]
        sequences = [
            part for thing in things for part in (*thing.fields.values(), thing.rest) if part is not None
        ]
    return run.sequence([run.element(value, node) for value in sequences], node, exact=False)


def has_names(run: Run, value: Value) -> bool:
    """Whether a value is a mapping for certain: a store, an entry, or a display with names."""
    things = run.state.objects(value)
    return bool(things) and all(_has_names(thing) for _, thing in things)


def _has_names(thing: Object) -> bool:
    if thing.sequence:
        return False
    return len(thing.roots[-1].origin.label.where) < 2 if thing.roots else bool(thing.fields)


def _by_protocol(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    values = values_of(arguments)
    if name == "getattr" and len(values) > 1:
        found = run.get(values[0], values[1].ident, node)
        return join_values(found, run.as_fallback(values[2])) if len(values) > 2 else found
    if name in ("setattr", "__setattr__") and len(values) == 3:
        put(run, values[0], values[1], values[2], node, arguments[2].node)
        return Value()
    if name in PURE:
        for value in values:
            place = fresh_place(run, value)
            if place is not None:
                place[1].looked.add(place[0].where[0] if place[0].where else None)
        return told_apart(run, name, values, pure(run, given(run, arguments, node), node))
    return None
