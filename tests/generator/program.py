"""One random program: its text, the choices behind it, and where it writes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from tests.generator.grid import rendered
from tests.generator.imports import assembled
from tests.generator.pen import Pen
from tests.generator.plan import Plan, choose
from tests.generator.recipe import uses_root
from tests.generator.recipes import RECIPES
from tests.generator.scenarios import SCENARIOS
from tests.generator.sections import MIXED, is_entry
from tests.generator.text import Names, finished


@dataclass(frozen=True)
class Program:
    """A handler as text. What its `axes` say is how it was made; whether it is right only execution tells.

    `write_lines` are the 1-based lines of the statements that write to the store.
    """

    seed: int
    source: str
    axes: dict[str, str]
    write_lines: tuple[int, ...]
    plan: Plan | None = field(default=None, repr=False)

    @property
    def write_line(self) -> int | None:
        """The first of them."""
        return self.write_lines[0] if self.write_lines else None


def generate(seed: int) -> Program:
    """Returns the program of that seed; the same one in every run and process."""
    pick = random.Random(seed)
    if pick.random() < 0.65:
        plan = choose(pick)
        return _of_plan(seed, plan)
    family = pick.choice(sorted(SCENARIOS))
    lines, choices = SCENARIOS[family](Pen(Names.chosen(pick.randrange(1_000_000)), pick))
    source, marked = finished(assembled("A generated handler.", lines))
    axes = {"family": family, **{f"{family}.{name}": choice for name, choice in choices.items()}}
    return Program(seed, source, axes, marked)


def flips(program: Program) -> list[tuple[str, str]]:
    """Returns versions of a program of the grid in which the value is built from another root: (name, source).

    Those of a program that builds from the stale entry, without a guard, repair it; those of one that builds from the
    fresh entry break it. Others have none.
    """
    plan = program.plan
    if (
        plan is None
        or plan.guard != "none"
        or plan.turns != "once"
        or not uses_root(RECIPES[plan.recipe])
        or plan.capture == "lambda"
    ):
        return []
    mixed = (*MIXED, "reduced-update", "chained-update")
    unsure = mixed if is_entry(plan.section) else (*mixed, "fresh-wins", "join", "augment", "spelled-out")
    if plan.write in unsure:
        return []
    if plan.root == "stale" and plan.section != "unlocked":
        changes = [("root-fresh", replace(plan, root="fresh", place="inside"))]
        if not is_entry(plan.section):
            changes.append(("read-inside", replace(plan, root="fresh-load", place="inside")))
        # A whole entry made of nothing but the request stays wrong where a stale test guards it.
        requested = {"patch": "patch-request", "field": "field-request"}.get(RECIPES[plan.recipe].shape)
        if requested:
            changes.append(("request-only", replace(plan, recipe=requested, place="outside")))
    elif plan.root == "fresh":
        changes = [
            ("root-stale", replace(plan, root="stale", place="outside", read="two-steps", absent="return"))
        ]
    else:
        changes = []
    return [(name, _of_plan(program.seed, changed).source) for name, changed in changes]


def _of_plan(seed: int, plan: Plan) -> Program:
    source, marked = finished(rendered(plan))
    return Program(seed, source, plan.axes(), marked, plan)
