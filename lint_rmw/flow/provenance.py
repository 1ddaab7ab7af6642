"""Where a value comes from: the store, the place in it, the epoch it was read in, and the steps it took since.

The epoch rule is block-local atomicity (Artho, Havelund and Biere, ATVA 2004; stale-value errors, Burrows and Leino
2002) with the activation of a section in place of the monitor block.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from lint_rmw.finding import StepKind

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.source import Piece

# A value number: equal idents mean equal values within one run of the code. The first item says what it is.
Ident = tuple[object, ...]

_LEAVES = frozenset(
    {"param", "const", "minted", "iter", "each", "global", "opaque", "data", "part", "any", "object"}
)
# What makes another path of a path: of two that are made so the parts tell them apart, and from what they are made of.
_PATHS = frozenset({"Divide", "join", "joinpath", "with_name", "with_stem", "with_suffix"})
ANY: Ident = ("any",)
OUTSIDE = 0


class Sameness(Enum):
    """Whether two idents name the same thing."""

    SAME = "same"
    MAYBE = "maybe"
    DIFFERENT = "different"


def const(value: object) -> Ident:
    """The ident of a literal."""
    return ("const", type(value).__name__, value)


def relation(one: Ident | None, other: Ident | None) -> Sameness:
    """Compares two keys or two stores.

    An ident derived from the other (`normalise(key)` of `key`) may be the same; two separate parameters, two
    literals, two files of one folder, or anything against a freshly minted id are taken to differ, as the names say.
    """
    if one is None or other is None or one == other or ANY in (one, other):
        return Sameness.SAME
    kinds = {one[0], other[0]}
    if "either" in kinds:
        pairs = [(mine, theirs) for mine in choices_of(one) for theirs in choices_of(other)]
        possible = any(relation(mine, theirs) is not Sameness.DIFFERENT for mine, theirs in pairs)
        return Sameness.MAYBE if possible else Sameness.DIFFERENT
    if "each" in kinds:
        # Made from every entry of the store in turn: the one that is written is among them.
        return Sameness.MAYBE
    if kinds == {"iter"} and one[3:] == other[3:] and one[3:] not in ((), (None,)):
        # Elements of one and the same collection, met in two loops.
        return Sameness.MAYBE
    if kinds & {"minted", "data", "iter", "format"}:
        return Sameness.DIFFERENT
    if one[0] == other[0] and one[0] in ("attr", "item") and one[1] == other[1]:
        return Sameness.DIFFERENT
    if _is_another_path(one, other) or _is_another_path(other, one):
        return Sameness.DIFFERENT
    if kinds == {"param"} and one[1] != other[1]:
        # Parameters of two functions that nothing ties together: a shared name is the best there is to go by.
        return Sameness.SAME if one[2] == other[2] else Sameness.MAYBE
    return Sameness.MAYBE if roots(one) & roots(other) else Sameness.DIFFERENT


def _is_another_path(one: Ident, other: Ident) -> bool:
    if one[0] != "call" or one[1] not in _PATHS:
        return False
    if other[:2] != one[:2]:
        # Another way to it would be another call that joins paths, or be made of it.
        joined = other[0] == "call" and other[1] in _PATHS
        return other in one if joined else not _is_made_of(other, one)
    parts, theirs = ([part for part in each[2:] if isinstance(part, tuple)] for each in (one, other))
    return other in one or any(
        relation(*pair) is Sameness.DIFFERENT for pair in zip(parts, theirs, strict=False)
    )


def _is_made_of(made: Ident, part: Ident) -> bool:
    return made == part or any(_is_made_of(each, part) for each in made if isinstance(each, tuple))


def choices_of(ident: Ident) -> tuple[Ident, ...]:
    """The idents that an ident may be, where it depends on which way a branch was taken."""
    return ident[1:] if ident[0] == "either" else (ident,)  # type: ignore[return-value]


def roots(ident: Ident) -> frozenset[Ident]:
    """The idents an ident was computed from that were not computed themselves."""
    if ident[0] in _LEAVES:
        return frozenset((ident,)) if ident[0] != "const" else frozenset()
    parts = [part for part in ident[1:] if isinstance(part, tuple)]
    found: frozenset[Ident] = frozenset()
    for part in parts:
        found |= roots(part)
    return found


def is_minted(ident: Ident | None) -> bool:
    """Whether a random or counted part went into the ident."""
    return ident is not None and any(root[0] == "minted" for root in roots(ident))


class Label(NamedTuple):
    """A place in a store, as read in one epoch.

    `where` is () for the whole store, (key,) for an entry, (key, field, …) below it; `epoch` is `OUTSIDE`, the
    number of the section activation, or its negative for a cached read made inside that activation.
    """

    family: str
    store: Ident | None
    where: tuple[Ident, ...]
    epoch: int

    def child(self, part: Ident) -> Label:
        """The place one level below."""
        return Label(self.family, self.store, (*self.where, part), self.epoch)


def field_name(part: Ident) -> str:
    """How a field is named in a message."""
    return str(part[2]) if part[0] == "const" else "?"


class Stop(NamedTuple):
    """One syntactic place of the story."""

    kind: StepKind
    node: cst.CSTNode
    piece: Piece
    note: str


class Trail(NamedTuple):
    """How a value came here: the latest stop, those before it, and the calls that were open when it was read."""

    stop: Stop
    before: Trail | None
    calls: tuple[Stop, ...]
    length: int

    @staticmethod
    def begin(stop: Stop, calls: tuple[Stop, ...]) -> Trail:
        """A trail that starts with a read."""
        return Trail(stop, None, calls, 1)

    def then(self, stop: Stop) -> Trail:
        """The trail one stop longer; a stop at the same node is not told twice."""
        if self.stop.node is stop.node:
            return self
        return Trail(stop, self, self.calls, self.length + 1)

    def stops(self) -> list[Stop]:
        """All stops from the read on."""
        found: list[Stop] = []
        here: Trail | None = self
        while here is not None:
            found.append(here.stop)
            here = here.before
        return found[::-1]

    @property
    def read(self) -> Stop:
        """Where it was read."""
        return self.stops()[0]


class Origin(NamedTuple):
    """One place a value was (partly) made from.

    `fallback`: it counts only where another operand is empty. `hops`: how many unresolved steps lie between; each
    costs one level of confidence.
    """

    label: Label
    trail: Trail
    fallback: bool = False
    hops: int = 0


def merge(one: tuple[Origin, ...], other: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """Both sets of origins; of the same label the surest, then shortest stays."""
    if not other or one is other:
        return one
    if not one:
        return other
    best: dict[Label, Origin] = {}
    for origin in (*one, *other):
        gather(best, origin)
    return tuple(best.values())[:MOST_ORIGINS]


def gather(best: dict[Label, Origin], origin: Origin, fallback: bool = False) -> None:
    """Adds an origin to those gathered by label: the surest stays, and it is a fallback only if all are."""
    fallback = fallback or origin.fallback
    known = best.get(origin.label)
    if known is None:
        best[origin.label] = origin if origin.fallback is fallback else origin._replace(fallback=True)
        return
    fallback = fallback and known.fallback
    nearer = known if (known.hops, known.trail.length) <= (origin.hops, origin.trail.length) else origin
    best[origin.label] = nearer if nearer.fallback is fallback else nearer._replace(fallback=fallback)


# A value made from more places than this is told by the first of them.
MOST_ORIGINS = 48
