"""T9: a reader that may answer from a cache, called inside the section, gives way to the fresh state at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.finding import Fix
from lint_rmw.fixes.site import Unfit

if TYPE_CHECKING:
    from lint_rmw.fix import Ground


def apply(ground: Ground) -> Fix:
    """The fix; raises `Refused` where a precondition fails."""
    draft = ground.draft
    if draft.slice.moves or not draft.slice.inline or ground.finding.code != "RMW302":
        raise Unfit
    return ground.offered(draft.all_changes(), "read the fresh state instead of the cache", draft.doubts)
