"""What a written value is made of, and why one that no read went into covers nothing it should not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import libcst as cst

from lint_rmw.flow.facts import Kind, Write
from lint_rmw.flow.provenance import Ident, Label, Sameness, is_minted, relation, roots
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Value

_DEEPEST = 4
_LONGEST_CODE = 40


class Making(NamedTuple):
    """The ingredients of a write, in words, and why it is no blind one (empty where that is no question)."""

    parts: tuple[str, ...]
    spared: str

    def along(self, other: Making) -> Making:
        """Both, where one expression writes more than once."""
        return Making(tuple(dict.fromkeys((*self.parts, *other.parts))), self.spared or other.spared)


def made_of(run: Run, write: Write, value: Value, reached: Mapping[int, Any]) -> Making:
    """What the value of a write is made of; `reached` holds the place of each expression by its node's id."""
    found = dict.fromkeys(_Ingredients(run, write, reached).of(value, 0))
    return Making(tuple(found), _spared(run, write, value))


class _Ingredients:
    """The ingredients of one write."""

    def __init__(self, run: Run, write: Write, reached: Mapping[int, Any]) -> None:
        self._run = run
        self._write = write
        self._reached = reached

    def of(self, value: Value, depth: int) -> Iterator[str]:
        """What the value is made of, most telling things first."""
        things = self._run.state.objects(value)
        labels = [origin.label for origin in value.origins]
        labels += [root.origin.label for _, thing in things for root in thing.roots]
        yield from (told for label in labels if (told := self._read(label)))
        if depth < _DEEPEST:
            for _, thing in things:
                for part in (*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ())):
                    yield from self.of(part, depth + 1)
                if thing.literal and not thing.fields:
                    yield "a constant"
                if thing.opaque:
                    yield "parts that come from elsewhere"
        if not labels and not things:
            yield from self._named(value.ident)

    def _read(self, label: Label) -> str:
        section = self._write.section
        if section.may_hold(label) is Sameness.DIFFERENT:
            return "read from another store"
        if label.epoch == section.epoch:
            return "read from the fresh state in this section"
        return ""

    def _named(self, ident: Ident | None) -> Iterator[str]:
        if ident is None:
            return
        if is_minted(ident):
            nodes = (self._code(r[1]) for r in roots(ident) if r[0] == "minted")
            yield f"minted by this run ({', '.join(sorted(c for c in nodes if c)) or 'an id, a time, a token'})"
        if ident[0] == "call" and len(ident) > 2 and isinstance(ident[2], tuple) and ident[2][0] == "global":
            yield f"made by {_last(ident[2][1])}(), into which no read of the store went"
            return
        found = roots(ident)
        if not found:
            yield "a constant"
        for root in sorted(found, key=str):
            match root:
                case ("param", _, str(name)):
                    yield f"handed in as '{name}'"
                case ("global", str(name)):
                    yield f"the name '{_last(name)}' of the module"
                case ("part", *_):
                    yield "a part of a read that is no state (a key, a path)"
                case ("data", Label() as label) if told := self._read(label):
                    yield told
                case ("iter" | "each", *_):
                    yield "what a loop goes through"
                case ("opaque", int(number)) if code := self._code(number):
                    yield f"`{code}`, into which no read of the store went"

    def _code(self, number: object) -> str:
        place = self._reached.get(number) if isinstance(number, int) else None
        if place is None or not isinstance(place.node, cst.BaseExpression):
            return ""
        code = " ".join(str(place.piece.module.code_for_node(place.node)).split())
        return code if len(code) <= _LONGEST_CODE else f"{code[:_LONGEST_CODE]}…"


def _last(name: object) -> str:
    return str(name).rsplit(".", 1)[-1]


def _spared(run: Run, write: Write, value: Value) -> str:
    """Why a whole entry that no read went into is not written blindly; see `losses`."""
    if write.kind is not Kind.WHOLE or len(write.where) > 1 or write.losses or write.blind:
        return ""
    section, key = write.section, write.where[0] if write.where else None
    things = [thing for _, thing in run.state.objects(value)]
    if any(thing.roots for thing in things) or value.origins:
        return ""
    if section.form == "none":
        return "nothing that was loaded from the store is saved"
    if not section.hands_over:
        return "the section hands over no fresh state that could be ignored"
    if is_minted(key):
        return "the key is minted by this run, so nobody else can have stored anything under it"
    guarded = any(guard.kind == "missing" and guard.where == write.where for guard in run.state.guards)
    if guarded:
        return "it is written only where the fresh state has none"
    if all(thing.literal for thing in things) and things:
        return "the entry is a constant, so every run writes the same"
    if any(thing.built and thing.born == section.epoch for thing in things):
        return "the entry is built inside, where the fresh one is at hand"
    if None in section.looked or (
        key is not None
        and any(relation(each, key) is not Sameness.DIFFERENT for each in section.looked if each is not None)
    ):
        return "the fresh entry is looked at before"
    return "where the entry comes from is not known: it may be made from the fresh one already"
