"""The abstract values of a run: objects with fields and roots, functions, and the state that holds them.

Objects have identity, so an alias sees what is done to the other name; what is not known field by field comes lazily
from an object's roots, the places in a store it is (a copy of).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rmw.flow.provenance import ANY, Ident, Origin, Stop, choices_of, const, merge

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.source import Piece

MOST_REFS = 6
# The shape of a value in whose place there may be an empty one of the code's own.
OR_ELSE = "or else"
_MOST_CHOICES = 4


class Ref(NamedTuple):
    """An object a value may be; `fallback` if only where another operand is empty."""

    oid: int
    fallback: bool = False


class Guard(NamedTuple):
    """A fact that holds on this path: inside section `epoch`, fresh `where` equals a stale one, or is missing.

    `ordered`: it was compared with `value`, to keep the greater or the smaller of the two. Of values read earlier:
    `empty`, what was read there is, and `changed`, something else lies there since the read `value`. `missing` with the
    value `FALSE`: it may be there, and false. `holds` and `lacks`: what is asked of a parameter (`value`) is so, or not.
    """

    kind: str
    epoch: int
    where: tuple[Ident, ...]
    value: Ident | None = None


FALSE: Ident = ("const", "bool", False)
Guards = frozenset[Guard]
NOTHING: Guards = frozenset()


class Test(NamedTuple):
    """What a condition says on its true and on its false side; `empty_*` are values found empty there."""

    true: Guards = NOTHING
    false: Guards = NOTHING
    empty_true: frozenset[Ident] = frozenset()
    empty_false: frozenset[Ident] = frozenset()

    def negate(self) -> Test:
        """The same condition behind `not`."""
        return Test(self.false, self.true, self.empty_false, self.empty_true)


class Func(NamedTuple):
    """A function value: its node, the scope it sees, its receiver and the defaults as evaluated at its definition."""

    node: cst.FunctionDef | cst.Lambda
    piece: Piece
    scope: int
    receiver: Value | None = None
    defaults: tuple[tuple[str, Value], ...] = ()
    owner: Any = None


class Partial(NamedTuple):
    """A callable with arguments bound already, or a method still tied to its receiver (`method` is its name)."""

    callee: Value
    args: tuple[Any, ...] = ()
    method: str = ""


class Getter(NamedTuple):
    """An `itemgetter`, `attrgetter` or `methodcaller`, as `kind` says, with what it was made from."""

    kind: str
    arguments: tuple[Any, ...]


class Value(NamedTuple):
    """What an expression may be: objects, functions, scalars with origins; `ident` numbers it, `shape` hints at it.

    `cases` tell what it is for certain where the same is known again that was known where it was set.
    """

    refs: tuple[Ref, ...] = ()
    origins: tuple[Origin, ...] = ()
    ident: Ident | None = None
    funcs: tuple[Func, ...] = ()
    test: Test | None = None
    shape: str = ""
    klass: Any = None
    cases: tuple[tuple[Guard, Value], ...] = ()

    def where(self, guards: Guards) -> Value:
        """What it is where those facts hold, if it was set where one of them did."""
        return next((value for guard, value in self.cases if guard in guards), self)

    def fills(self, guard: Guard) -> bool:
        """Whether it only fills in where `guard` finds nothing: of two truth values the false one is no gap."""
        return guard.kind == "missing" and not (guard.value == FALSE and self.shape == "flag")

    @property
    def constant(self) -> bool:
        """Whether it is a literal."""
        return self.ident is not None and self.ident[0] == "const"

    @property
    def text(self) -> str | None:
        """The text it is, if it is a literal one."""
        written = self.ident[2] if self.ident is not None and self.ident[0] == "const" else None
        return written if isinstance(written, str) else None


UNKNOWN = Value()


class Root(NamedTuple):
    """A place an object is (a copy of); `live` is the section epoch whose state its children still are.

    `skips`: the fields left out of the copy, `ANY` among them where it is not known which.
    """

    origin: Origin
    live: int | None = None
    skips: frozenset[Ident] = frozenset()


@dataclass(frozen=True, slots=True)
class Object:
    """One abstract object.

    `parts` are pieces of a read's result that are no state. `roots` run from the lowest to the highest priority: a merge puts the winner last. `rest` joins what is stored
    under keys that are not known. `live` is the epoch of the section whose state this object *is*; writing to it is
    a write to the store at `roots[0]`. `born` is the epoch it was made in, `built` whether the code made it, `made` where. `literal`: from constants only,
    `opaque`: with contents nothing is known of.
    `twin` is the object this is a shallow copy of, with which it shares what lies below. `lazy`: it was
    there all the time, with these fields, and became an object of its own when it was first looked at. `gaps`: those of its fields that may be missing.
    `every` is the key under which lies what lies under each key that is not listed. `over`: it lists all of an object,
    which is at that key. `sure`: what was set on whichever of several objects a value is lies there, for who asks the
    same value; with what the object itself may hold there since. `table`: who goes through it meets what is in it, no names.
    `filled`: something was put in that nothing can have taken out since, so it is not empty. `told`: what the tests
    proved of each element that let it into a list. `ranked`: by what its elements were put in order, where they were. `named`: what the
    names were made from that something was put under.
    """

    fields: dict[Ident, Value] = field(default_factory=dict)
    parts: dict[Ident, Value] = field(default_factory=dict)
    roots: tuple[Root, ...] = ()
    rest: Value | None = None
    live: int | None = None
    place: Origin | None = None
    born: int = 0
    built: bool = False
    made: Stop | None = None
    changed: tuple[Stop, ...] = ()
    klass: Any = None
    sequence: bool = False
    literal: bool = False
    opaque: bool = False
    twin: int | None = None
    lazy: dict[Ident, Value] | None = None
    gaps: frozenset[Ident] = frozenset()
    every: Ident | None = None
    over: tuple[int, Ident] | None = None
    table: bool = False
    filled: bool = False
    told: Guards = NOTHING
    ranked: tuple[Origin, ...] | None = None
    named: tuple[Origin, ...] = ()
    sure: dict[tuple[frozenset[int], Ident], tuple[Value, Value]] = field(default_factory=dict)

    def visible(self) -> Iterator[tuple[Root, frozenset[Ident] | None]]:
        """The roots that are not covered by those above, the winner first, and the fields each shows (None: all)."""
        shown: frozenset[Ident] | None = None
        for root in reversed(self.roots):
            yield root, shown
            if shown is None or ANY in shown:
                shown = root.skips
            elif ANY not in root.skips:
                shown &= root.skips
            if not shown:
                return

    def root_of(self, key: Ident) -> Root | None:
        """The root that a field is of, where the object has not set it itself."""
        for root, shown in self.visible():
            if key not in root.skips and (shown is None or key in shown or ANY in shown):
                return root
        return None

    def row(self) -> list[Value] | None:
        """The elements of a list of the code's own, in order; None where it is not known how many there are."""
        if not self.sequence or self.roots or self.rest is not None or self.opaque or self.gaps:
            return None
        places = [const(place) for place in range(len(self.fields))]
        return [self.fields[place] for place in places] if self.fields.keys() == set(places) else None

    def slot(self, key: Ident) -> Ident:
        """The field that a place is: `record[0]` is the first one that its class lists, `row[-1]` the last of a list."""
        place = key[2] if key[:2] == ("const", "int") else None
        if not isinstance(place, int):
            return key
        if self.sequence:
            row = self.row() if place < 0 else None
            return const(len(row) + place) if row and -len(row) <= place else key
        names = list(self.klass.fields) if self.klass is not None else []
        return const(names[place]) if -len(names) <= place < len(names) else key

    def holding(self, key: Ident, value: Value, **changes: Any) -> Object:
        """The same object once a value is put under a key."""
        return self.having(fields={**self.fields, key: value}, gaps=self.gaps - {key}, **changes)

    def without(self, key: Ident) -> Object:
        """The same object once a field is taken out of it: laid over another, it lets that one's show."""
        fields = {name: part for name, part in self.fields.items() if name != key}
        return self.having(
            fields=fields,
            roots=tuple(root._replace(skips=root.skips | {key}) for root in self.roots),
            gaps=self.gaps - {key},
            named=self.named if any(name[0] != "const" for name in fields) or self.roots else (),
        )

    def having(self, **changes: Any) -> Object:
        """A copy with other parts."""
        return replace(self, **changes)


class State:
    """What holds at one point of a run: variables by scope, objects by number, guards. Forks share until they differ.

    `asked` is what the tests were about that led here, where anyone wants to know.
    """

    __slots__ = ("asked", "guards", "heap", "live", "scopes")

    def __init__(
        self,
        scopes: dict[int, dict[str, Value]],
        heap: dict[int, Object],
        guards: Guards,
        live: bool = True,
        asked: tuple[Origin, ...] = (),
    ) -> None:
        self.scopes = scopes
        self.heap = heap
        self.guards = guards
        self.live = live
        self.asked = asked

    def fork(self) -> State:
        """A state that starts the same and changes on its own."""
        return State(dict(self.scopes), dict(self.heap), self.guards, self.live, self.asked)

    def assign(self, scope: int, name: str, value: Value) -> None:
        """Binds a name."""
        self.scopes[scope] = {**self.scopes.get(scope, {}), name: value}

    def objects(self, value: Value) -> list[tuple[Ref, Object]]:
        """The objects a value may be."""
        return [(ref, self.heap[ref.oid]) for ref in value.refs if ref.oid in self.heap]


def dead(state: State) -> State:
    """A state that no run reaches."""
    return State(state.scopes, state.heap, state.guards, live=False)


def join_values(one: Value, other: Value) -> Value:
    """A value that may be either."""
    if one is other or one == other:
        return one
    refs = one.refs
    if other.refs != refs:
        known = {ref.oid: ref for ref in refs}
        for ref in other.refs:
            mine = known.get(ref.oid)
            known[ref.oid] = ref if mine is None else Ref(ref.oid, mine.fallback and ref.fallback)
        refs = tuple(known.values())
        if len(refs) > 2 * MOST_REFS:
            refs = (*refs[:MOST_REFS], *refs[-MOST_REFS:])
    funcs = one.funcs
    for func in other.funcs:
        if func not in funcs and len(funcs) < MOST_REFS:
            funcs = (*funcs, func)
    return Value(
        refs,
        merge(one.origins, other.origins),
        _either_ident(one, other),
        funcs,
        one.test if one.test == other.test else None,
        one.shape if one.shape == other.shape else "",
        one.klass if one.klass is other.klass else None,
        one.cases if one.cases == other.cases else (),
    )


def _either_ident(one: Value, other: Value) -> Ident | None:
    """The number both share, else that of one of a few; where one is None, a name never bound for want of an import, the other's."""
    if one.ident == other.ident:
        return one.ident
    if one.ident is None or other.ident is None:
        return None
    for mine, theirs in ((one.ident, other.ident), (other.ident, one.ident)):
        if mine == ("const", "NoneType", None) and theirs[0] == "global":
            return theirs
    choices = tuple(dict.fromkeys((*choices_of(one.ident), *choices_of(other.ident))))
    vague = any(choice[0] in ("iter", "each", "opaque") for choice in choices)
    return ("either", *choices) if not vague and len(choices) <= _MOST_CHOICES else None


def holds_mappings(state: State, thing: Object) -> bool:
    """Whether there are mappings under all names of an object: those tell if there is one to lay over something, as a test does."""
    below = [state.objects(part) for part in thing.fields.values()]
    return bool(below) and all(found and not any(one.sequence for _, one in found) for found in below)


def is_untouched(thing: Object, key: Ident, part: Value) -> bool:
    """Whether a part is just what an object holds there by its root: it was looked at, not changed."""
    return bool(thing.roots) and part.ident == ("data", thing.roots[-1].origin.label.child(key))
