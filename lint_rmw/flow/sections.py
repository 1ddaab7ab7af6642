"""A section: one activation of a mutator, a `with` block or a locking function, with its store and what is fresh in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lint_rmw.flow.provenance import Ident, Label, Sameness, relation
from lint_rmw.pattern import Pattern
from lint_rmw.store import StoreProfile

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.names import Match
    from lint_rmw.source import Piece


@dataclass(eq=False)
class Section:
    """One activation. `epoch` numbers it; an activation inside another of the same store shares the outer's.

    `key` is set where the section hands over one entry. `body` is the mutator or the `with` statement, `opener` the
    updater call, context expression or decorator, and `opened_in` the piece it stands in, for the mutator may stand in
    another; the form `none` is no section at all, but a save that none is around.
    `hands_over` is whether it gives the fresh state to its body.
    `looked` collects the entries whose fresh state was looked at, `removed` those deleted or made anew;
    `removes`: an entry or a field was; `fills`: something was put in where there was nothing.
    """

    epoch: int
    profile: StoreProfile
    store: Ident | None
    key: Ident | None
    form: str
    opener: cst.CSTNode
    body: cst.CSTNode
    piece: Piece
    opened_in: Piece
    fresh_name: str
    hands_over: bool
    looked: set[Ident | None] = field(default_factory=set)
    removed: set[Ident] = field(default_factory=set)
    removes: bool = False
    fills: bool = False

    @property
    def family(self) -> str:
        """The family of its store."""
        return self.profile.family

    def may_hold(self, label: Label) -> Sameness:
        """Whether a place read somewhere lies in this section's store."""
        if label.family != self.family:
            return Sameness.DIFFERENT
        return relation(label.store, self.store)


class Pending(NamedTuple):
    """A context manager or decorator of a profile that was made but not entered yet."""

    profile: StoreProfile
    pattern: Pattern
    found: Match
