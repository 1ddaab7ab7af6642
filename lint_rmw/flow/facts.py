"""What the walk learned and a rule is handed: the writes of a file, each with the stale values it is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from lint_rmw.flow.provenance import Ident, Label, Stop, Trail
from lint_rmw.flow.sections import Section

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.source import Piece


class Kind(StrEnum):
    """How much a write replaces."""

    WHOLE = "whole"
    OVERLAY = "overlay"
    FIELD = "field"
    ACCUMULATE = "accumulate"


@dataclass(frozen=True, eq=False)
class Loss:
    """One stale value in a write.

    `field` is the field it is written to (None: the whole entry). `same_field`: it was read from that very field.
    `fallback`: it wins only where another operand is empty. `inside`: it was read in this section, from a cache.
    `over_fresh`: it was laid over the fresh entry, whose other fields stay.
    """

    field: str | None
    label: Label
    trail: Trail
    fallback: bool
    hops: int
    same_field: bool
    inside: bool
    over_fresh: bool


@dataclass(frozen=True, eq=False)
class Write:
    """One write inside a section; `where` is the place written, `value` the expression that is written.

    `elsewhere` are stale values read from another entry of the store. `blind` says that it was built outside from no read at all, over an entry nobody looked at, `built` where.
    `calls` were open when it was reached; `silenced` says in words what kept stale values in it from being losses.
    """

    kind: Kind
    section: Section
    where: tuple[Ident, ...]
    node: cst.CSTNode
    value: cst.CSTNode
    piece: Piece
    losses: tuple[Loss, ...]
    elsewhere: tuple[Loss, ...]
    blind: bool
    calls: tuple[Stop, ...]
    built: Stop | None = None
    silenced: tuple[str, ...] = ()

    def calls_between(self, loss: Loss) -> tuple[list[Stop], list[Stop]]:
        """The calls that a stale value came back from, and those it was handed down by, each the outermost first."""
        open_now = {id(stop.node) for stop in self.calls}
        open_then = {id(stop.node) for stop in loss.trail.calls}
        back = [stop for stop in loss.trail.calls if id(stop.node) not in open_now]
        return back, [stop for stop in self.calls if id(stop.node) not in open_then]


@dataclass
class Facts:
    """All writes of one file, in the order they were reached."""

    writes: list[Write] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
