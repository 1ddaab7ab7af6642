"""The choices behind one program of the grid: which value, built from what and where, brought how, written how."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.generator.absences import ABSENCES, MISSES
from tests.generator.layers import FRESH_LAST
from tests.generator.reads import RAISING, TESTED
from tests.generator.recipe import uses_root
from tests.generator.recipes import RECIPES
from tests.generator.sections import (
    CAPTURES,
    EXPRESSIONS,
    MIXED,
    RETURNED,
    SECTIONS,
    WRITES,
    is_async,
    is_entry,
)

READS = (
    "attribute",
    "two-steps",
    "position",
    "unpacked",
    "index",
    "get",
    "get-default",
    "or-empty",
    "walrus",
    "snapshot",
    "copied",
    "copy-copy",
    "deep-copy",
    "json-copy",
    "spread-copy",
    "snapshot-copy",
    "reader",
    "reader-copy",
    "looked-for",
    "found-by-name",
    "reader-method",
    "aliased-reader",
)
ASYNC_READS = ("awaited", "awaited-unpacked")
ROOTS = ("stale", "cached-inside", "fresh", "fresh-load", "other")
BUILDERS = ("inline", "function", "function-of-function", "class", "nested", "lambda")
GUARDS = (
    "none",
    "stale-outside-same",
    "stale-outside-other",
    "stale-inside-same",
    "stale-inside-other",
    "fresh-exists",
    "version",
    "version-raise",
    "whole-entry",
    "identity",
    "fill-missing",
)
DECLINES = ("return", "if", "else", "continue", "break")
"""How a section goes on, or does not, by the test of its guard."""

TURNS = ("once", "twice", "loop", "own-section", "own-save")
"""How often the section is run, and what the handler itself wrote between its read and the section."""

NOISES = (
    "log",
    "print",
    "dead",
    "comprehension",
    "finally",
    "except",
    "loop",
    "pause",
    "annotated",
    "match",
    "unpack",
    "branch",
    "aliased-value",
    "return-stale",
)


@dataclass(frozen=True)
class Plan:
    """One program of the grid; `root` is what the value is built from, `place` whether before or in the section."""

    recipe: str
    root: str
    place: str
    read: str
    builder: str
    section: str
    capture: str
    write: str
    guard: str
    noises: tuple[str, ...]
    coroutine: bool
    absent: str
    declines: str
    turns: str
    salt: int

    def axes(self) -> dict[str, str]:
        """Returns the choices by axis, for tables of misses."""
        recipe = RECIPES[self.recipe]
        noises = {f"noise.{name}": "yes" for name in self.noises}
        return {
            "family": "grid",
            "use": recipe.use,
            "shape": recipe.shape,
            "recipe": self.recipe,
            "root": self.root if uses_root(recipe) else "request",
            "place": self.place,
            "read": self.read,
            "builder": self.builder,
            "section": self.section,
            "capture": self.capture,
            "write": self._written(),
            "guard": self.guard,
            "absent": self.absent,
            "declines": "nothing" if self.guard == "none" else self.declines,
            "turns": self.turns,
            **noises,
        }

    def _written(self) -> str:
        if is_entry(self.section):
            return f"returned-{self.write}" if self.write in RETURNED else "returned"
        return self.write


def choose(pick: random.Random) -> Plan:
    """Returns a plan whose choices go together; about half of all plans build from the stale entry."""
    section = pick.choices(SECTIONS, (8, 4, 3, 2, 4, 3, 2, 1))[0]
    recipe = pick.choice(
        [recipe for recipe in RECIPES.values() if section != "unlocked" or recipe.shape != "item"]
    )
    root = pick.choices(ROOTS, (10, 1, 5, 1, 1))[0]
    root = "stale" if section == "unlocked" else root
    if root == "cached-inside" and is_entry(section):
        root = "fresh"
    if root == "other" and recipe.shape == "entry":
        root = "fresh"
    inside = root in ("fresh", "cached-inside", "fresh-load") or pick.random() < 0.2
    guard = _guard(pick, section)
    if guard in ("version", "version-raise", "whole-entry", "identity") and recipe.mutates_root:
        guard = "none"
    capture = _capture(pick, section)
    builder = pick.choices(BUILDERS, (10, 4, 2, 2, 2, 1))[0]
    write = pick.choice(WRITES[recipe.shape])
    if recipe.shape in ("entry", "patch") and pick.random() < 0.3:
        write = pick.choice(RETURNED if is_entry(section) else MIXED)
    if write == "join" and recipe.field not in ("count", "tokens", "left", "updated_at"):
        write = "set"
    if capture == "lambda":
        guard = guard if "outside" in guard else "none"
        inside = inside and builder != "inline"
        root = root if inside or root in ("stale", "other") else "stale"
        write = pick.choice(EXPRESSIONS[recipe.shape])
        builder = "function" if inside and builder in ("nested", "lambda") else builder
    if capture == "nested" and write == "ior":
        write = "setitem"
    read = pick.choice(ASYNC_READS if is_async(section) and pick.random() < 0.5 else READS)
    root_is_lost = root == "stale" and uses_root(recipe) and guard == "none"
    return Plan(
        recipe.name,
        root,
        "inside" if inside else "outside",
        read,
        builder,
        section,
        capture,
        write,
        guard,
        tuple(sorted(pick.sample(NOISES, pick.choice((0, 0, 1, 1, 2, 3))))),
        pick.random() < 0.5 and capture != "lambda",
        _absent(pick, read, section),
        pick.choice([each for each in DECLINES if each != "return" or section not in ("with", "async-with")]),
        _turns(pick, section, write) if root_is_lost else "once",
        pick.randrange(1_000_000),
    )


def _absent(pick: random.Random, read: str, section: str) -> str:
    if read in TESTED or section == "unlocked":
        return "own"
    if read in RAISING:
        return pick.choices(MISSES, (3, 1, 1))[0]
    return pick.choices(ABSENCES, (8, 1, 1, 1, 1, 1, 1))[0]


def _turns(pick: random.Random, section: str, write: str) -> str:
    """Only of a handler that loses something anyway: two sections with a writer in between are no serial order."""
    if write in ("fresh-wins", *FRESH_LAST) or section == "unlocked" or pick.random() < 0.8:
        return "once"
    return pick.choice(
        [each for each in TURNS[1:] if each != "twice" or section not in ("with", "async-with")]
    )


def _guard(pick: random.Random, section: str) -> str:
    guard = pick.choices(GUARDS, (30, 1, 1, 1, 1, 3, 2, 1, 2, 1, 2))[0]
    if section == "unlocked" and not guard.startswith("stale-outside"):
        return "none"
    if is_entry(section) and guard == "fresh-exists":
        return "none"
    return guard


def _capture(pick: random.Random, section: str) -> str:
    if section in ("with", "async-with", "unlocked"):
        return "inline"
    if section == "decorator":
        return pick.choice(("def", "argument"))
    return pick.choices(CAPTURES[:-1], (10, 6, 3, 3, 3, 2, 3, 2, 2))[0]
