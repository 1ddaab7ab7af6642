"""The choices behind one program of the grid: which value, built from what and where, brought how, written how."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.generator.sections import CAPTURES, EXPRESSIONS, SECTIONS, WRITES, is_async, is_entry
from tests.generator.values import RECIPES, uses_root

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
    "reader",
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
            "write": "returned" if is_entry(self.section) else self.write,
            "guard": self.guard,
            **noises,
        }


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
    plain = ASYNC_READS if is_async(section) and pick.random() < 0.5 else READS
    return Plan(
        recipe.name,
        root,
        "inside" if inside else "outside",
        pick.choice(plain),
        builder,
        section,
        capture,
        write,
        guard,
        tuple(sorted(pick.sample(NOISES, pick.choice((0, 0, 1, 1, 2, 3))))),
        pick.random() < 0.5 and capture != "lambda",
        pick.randrange(1_000_000),
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
