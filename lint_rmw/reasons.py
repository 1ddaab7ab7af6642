"""The words for silence: what was written instead of an old value, what kept an old one from harm, where it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rmw.flow.analysis import Observer, analyse
from lint_rmw.flow.provenance import Sameness
from lint_rmw.flow.uses import Uses, unreached
from lint_rmw.flow.witness import Clearance, Place, Read, Witness

if TYPE_CHECKING:
    from lint_rmw.finding import Span
    from lint_rmw.flow.facts import Write
    from lint_rmw.flow.run import Run
    from lint_rmw.flow.sections import Section
    from lint_rmw.flow.values import Value
    from lint_rmw.source import Source
    from lint_rmw.store import StoreProfile

_MOST_USES = 3


class Reasons:
    """Why the writes and sections of one file are left alone; raises `SourceError` where it cannot be judged."""

    def __init__(self, source: Source, profiles: Iterable[StoreProfile]) -> None:
        watching: list[Witness] = []

        def watch(run: Run) -> Observer:
            watching.append(Witness(run))
            return _ignore

        self.facts = analyse(source, profiles, observe=watch)
        self._witness = watching[0] if watching else None
        bodies = {id(section.body) for section in self.facts.sections}
        functions = self._witness.functions if self._witness is not None else {}
        self._uses = Uses({*bodies, *functions})

    def of_write(self, write: Write) -> list[str]:
        """The reasons for a write into which nothing goes that could be lost."""
        witness = self._witness
        assert witness is not None
        family = write.section.family
        cleared = self._clearances(write)
        if cleared:
            return cleared
        told = []
        making = witness.making(write)
        if making is not None and making.spared:
            told.append(f"no value read from the store goes into the entry, and {making.spared}")
        if making is not None and making.parts:
            told.append(f"what is written is {_listed(making.parts)}")
        told += self._elsewhere(write.section, "does not get here")
        close = "a value built from such a read would be a finding"
        opening = (
            f"no value read from the store '{family}' outside this section can overwrite the fresh state here"
        )
        return ["; ".join((opening, *told, close))]

    def of_section(self, section: Section) -> list[str]:
        """The reasons for a section that overwrites nothing."""
        family = section.family
        cleared = [self._harmless(each) for each in self._in_section(section)]
        told = [f"this section of the store '{family}' overwrites nothing"]
        if section.removes:
            told.append("it only removes, and no old data is written thereby")
        elif section.fills:
            told.append("`setdefault` leaves what is there")
        elif _is_unnamed(section):
            told.append("the block gives no name to the fresh state it is handed")
        elif _is_handed_in(section):
            told.append("what it runs is handed in, and is judged where this is called")
        told += dict.fromkeys(cleared or self._elsewhere(section, "covers nothing"))
        fresh = section.fresh_name or "state"
        told.append(f"assigning to its fresh {fresh} a value read before it would be a finding")
        return ["; ".join(told)]

    def _in_section(self, section: Section) -> list[Clearance]:
        witness = self._witness
        assert witness is not None
        inside = [each for each in witness.clearances if each.epoch == section.epoch]
        roots = witness.root_of(section.epoch)
        return inside or [each for each in witness.clearances if not each.epoch and each.root in roots]

    def _clearances(self, write: Write) -> list[str]:
        """What cleared the values of a write: in its own statement, else in its section where that writes nothing else."""
        here = self._span(Place(write.node, write.piece))
        found = self._in_section(write.section)
        places = {id(each): self._span(each.place) for each in found}
        own = [each for each in found if _within(places[id(each)], here)]
        if not own and all(
            self._span(Place(other.node, other.piece)) == here
            for other in self.facts.writes
            if other.section is write.section
        ):
            # Which of several writes a value goes into that was cleared before them is not known.
            own = found
        return list(
            dict.fromkeys(
                f"a value read outside this section takes part, but {each.reason} at line "
                f"{places[id(each)].start.line}: without that it would be a finding"
                for each in own
            )
        )

    def _harmless(self, each: Clearance) -> str:
        return f"at line {self._span(each.place).start.line} {each.reason}"

    def _elsewhere(self, section: Section, so: str) -> Iterator[str]:
        """Where what was read outside goes instead, and which lines no run comes to."""
        witness = self._witness
        assert witness is not None
        roots = witness.root_of(section.epoch)
        for read in witness.reads.values():
            of_here = section.may_hold(read.label) is not Sameness.DIFFERENT
            if of_here and read.label.epoch != section.epoch and read.root in roots:
                yield self._gone(read, so)
        for place in self._lines_not_reached(roots):
            yield f"no run comes to line {place.start.line}"

    def _gone(self, read: Read, so: str) -> str:
        line = self._span(Place(read.stop.node, read.stop.piece)).start.line
        lines: dict[str, list[int]] = {}
        for how, place in self._uses.of(read):
            lines.setdefault(how, []).append(self._span(place).start.line)
        told = [f"{how} at line {_numbers(at)}" for how, at in lines.items()]
        if not told:
            return f"what is read at line {line} {so}"
        more = ", and more" if len(told) > _MOST_USES else ""
        return f"what is read at line {line} {' and '.join(told[:_MOST_USES])}{more}, and {so}"

    def _lines_not_reached(self, roots: set[int]) -> Iterator[Span]:
        witness = self._witness
        assert witness is not None
        for number in roots:
            place = witness.functions.get(number)
            if place is not None:
                for node in unreached(place.node, witness.reached):
                    yield self._span(Place(node, place.piece))

    def _span(self, place: Place) -> Span:
        return place.piece.span(place.node)


def _numbers(lines: list[int]) -> str:
    return " and ".join(str(line) for line in sorted(set(lines)))


def _is_unnamed(section: Section) -> bool:
    body = section.body
    return isinstance(body, cst.With) and all(item.asname is None for item in body.items)


def _is_handed_in(section: Section) -> bool:
    return section.form == "call" and not isinstance(section.body, cst.FunctionDef | cst.Lambda)


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _listed(parts: tuple[str, ...]) -> str:
    return " and ".join(parts)


def _ignore(node: cst.CSTNode, name: str, value: Value) -> None:
    """Bindings are of no interest here."""
