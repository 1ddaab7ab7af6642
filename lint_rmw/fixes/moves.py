"""What a fix moves into a section: single statements, each a read, a guard or a step of the building, and all of them in order."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from lint_rmw.fixes.root import Root
from lint_rmw.fixes.sharing import Link


@dataclass(eq=False)
class Move:
    """One statement before the section that has to run inside it.

    `kind` is `"root"` (binds what was read), `"guard"` (leaves early), `"check"` (may raise, and is said again) or `"plain"`. `name` is the name a root binds,
    `roots` what its names stood for there. `guard` is the test and the exit of a guard.
    """

    statement: ast.stmt
    kind: str
    roots: dict[str, Root]
    name: str = ""
    root: Root | None = None
    value: ast.expr | None = None


@dataclass(eq=False)
class Slice:
    """All moves in order; `uses` are the stale names read inside the region, each with what it stands for, if a root.

    `changed` are names whose object the moved code or the region changes, the value says whether below its first
    level. `items` are the keys of a loop around the section over the stale store. `kept` are the comparisons inside the region of stale with fresh state, which go on seeing the stale. `private` are reads whose copy is changed later. `tied`: which names hold the same objects. `taken_apart` are the unpackings of a read inside the region, and `records` the readings there that only gave their entry. `readers` are functions that read the store whenever they are called. `drawn` are reads that a loop goes over while it changes the store, the value says whether below its entries.
    """

    moves: list[Move] = field(default_factory=list)
    uses: list[ast.Name] = field(default_factory=list)
    inline: list[tuple[ast.expr, Root]] = field(default_factory=list)
    roots: dict[str, Root] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    changed: dict[str, bool] = field(default_factory=dict)
    kept: list[ast.Compare] = field(default_factory=list)
    captured: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    items: set[str] = field(default_factory=set)
    private: set[ast.expr] = field(default_factory=set)
    tied: list[Link] = field(default_factory=list)
    taken_apart: dict[ast.Assign, tuple[ast.expr, Root]] = field(default_factory=dict)
    records: list[ast.stmt] = field(default_factory=list)
    readers: set[str] = field(default_factory=set)
    drawn: dict[ast.expr, bool] = field(default_factory=dict)
