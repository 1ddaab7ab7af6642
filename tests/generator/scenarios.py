"""The families of programs beside the grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.generator import carried, decided, packed, services
from tests.generator.pen import Drawn, Pen

SCENARIOS: Mapping[str, Callable[[Pen], Drawn]] = {
    draw.__name__: draw
    for draw in (
        carried.leaked,
        carried.counted_twice,
        carried.one_of_several,
        carried.persisted,
        carried.looped,
        carried.replaced,
        carried.module_cache,
        carried.kept_in_self,
        decided.rebound,
        decided.only_addressed,
        decided.joined,
        decided.inserted,
        decided.deleted,
        decided.given_entry,
        decided.told_apart,
        decided.retried,
        decided.brought_back,
        packed.helper_writes,
        packed.two_returned,
        packed.boxed,
        packed.part_of_an_entry,
        packed.mapping_laid_over,
        packed.set_narrowed,
        packed.put_elsewhere,
        packed.attempted,
        services.served,
        services.recorded,
        services.handed_over,
        services.swept,
    )
}
"""Every family by name."""
