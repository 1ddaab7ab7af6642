"""T3 and T4: the statements that build the value, one or many, move into the section and start from the fresh entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.finding import Fix

if TYPE_CHECKING:
    from lint_rmw.fix import Ground


def apply(ground: Ground) -> Fix:
    """The fix; raises `Refused` where a precondition fails."""
    draft = ground.draft
    title = "build the value inside the section, from the fresh entry"
    return ground.offered(draft.all_changes(), title, draft.doubts)
