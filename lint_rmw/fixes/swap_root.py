"""T2: where the value is built inside the section already, what it is built from is looked up fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.finding import Fix
from lint_rmw.fixes.site import Unfit

if TYPE_CHECKING:
    from lint_rmw.fix import Ground


def apply(ground: Ground) -> Fix:
    """The fix; raises `Refused` where a precondition fails."""
    draft = ground.draft
    if any(move.kind == "plain" for move in draft.slice.moves):
        raise Unfit
    return ground.offered(draft.all_changes(), "look the entry up in the fresh state", draft.doubts)
