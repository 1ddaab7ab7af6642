"""What a run saw beside its facts, kept for those who ask why nothing is reported.

It watches a run from outside: what went into each write, what kept old values from doing harm, where the others went.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import libcst as cst

from lint_rmw.flow.facts import Write
from lint_rmw.flow.makings import Making, made_of
from lint_rmw.flow.provenance import Label, Stop
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Value
from lint_rmw.source import Piece


class Place(NamedTuple):
    """A node, and the piece it stands in."""

    node: cst.CSTNode
    piece: Piece


@dataclass(frozen=True)
class Clearance:
    """A value read earlier that does no harm, why in words, where, and in which activation of a section (0: outside)."""

    reason: str
    place: Place
    epoch: int
    root: int


@dataclass(eq=False)
class Read:
    """A read outside a section, in the walk of which function, and every expression that carries what it found."""

    stop: Stop
    label: Label
    root: int
    carriers: dict[int, Place] = field(default_factory=dict)


class Witness:
    """Watches one run, from before its first walk; asked when it is over."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._evaluate = run.evaluate
        self._here: Place | None = None
        self.makings: dict[tuple[int, int], Making] = {}
        self.clearances: list[Clearance] = []
        self.reads: dict[int, Read] = {}
        self.reached: dict[int, Place] = {}
        self.roots: dict[int, set[int]] = {}
        self.functions: dict[int, Place] = {}
        run.evaluate = self._watched
        run.cleared = self._cleared
        run.written = self._written

    def making(self, write: Write) -> Making | None:
        """What went into a write."""
        return self.makings.get((id(write.node), write.section.epoch))

    def root_of(self, epoch: int) -> set[int]:
        """The functions whose walks opened the section."""
        return self.roots.get(epoch, set())

    def _watched(self, node: cst.BaseExpression) -> Value:
        before = self._here
        self._here = Place(node, self._run.frame.piece)
        self._enter()
        value = self._evaluate(node)
        place = self.reached[id(node)] = Place(node, self._run.frame.piece)
        for label, stop in _labels(self._run, value):
            if self._run.section_of(label.epoch) is None:
                read = self.reads.setdefault(id(stop.node), Read(stop, label, self._root))
                read.carriers[id(node)] = place
        self._here = before or place
        return value

    @property
    def _root(self) -> int:
        frames = self._run.frames
        node = frames[1].node if len(frames) > 1 else None
        if node is None:
            return 0
        self.functions[id(node)] = Place(node, frames[1].piece)
        return id(node)

    def _enter(self) -> None:
        for section in self._run.sections:
            self.roots.setdefault(section.epoch, set()).add(self._root)

    def _cleared(self, reason: str) -> None:
        if self._here is not None:
            self.clearances.append(Clearance(reason, self._here, self._run.epoch, self._root))

    def _written(self, write: Write, value: Value) -> None:
        self.roots.setdefault(write.section.epoch, set()).add(self._root)
        key = (id(write.node), write.section.epoch)
        made = made_of(self._run, write, value, self.reached)
        known = self.makings.get(key)
        self.makings[key] = made if known is None else known.along(made)


def _labels(run: Run, value: Value) -> Iterator[tuple[Label, Stop]]:
    for origin in value.origins:
        yield origin.label, origin.trail.read
    for _, thing in run.state.objects(value):
        for root in thing.roots:
            yield root.origin.label, root.origin.trail.read
        for part in thing.fields.values():
            for origin in part.origins:
                yield origin.label, origin.trail.read
