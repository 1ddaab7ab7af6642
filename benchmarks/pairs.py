"""Two ways to spend CPU, measured side by side: what is compared is taken in turns, so that a busy machine slows both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

# How far above its bar a ratio may be before it counts as missed: runs on a busy machine differ by that much.
NOISE = 0.20


@dataclass(frozen=True)
class Measure:
    """A ratio and the bar it must not pass by more than `noise`, a share of the bar."""

    name: str
    ratio: float
    bar: float
    noise: float = NOISE

    @property
    def missed(self) -> bool:
        """Whether the ratio is above the bar by more than noise."""
        return self.ratio > self.bar * (1 + self.noise)

    def text(self) -> str:
        """The line to print."""
        said = "MISSED" if self.missed else "held" if self.ratio <= self.bar else "held within noise"
        return f"{self.name:<62} {self.ratio:6.3f}  (bar {self.bar:.3f}, {said})"


def spent(work: Callable[[], object]) -> float:
    """The CPU seconds that `work` takes."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def ratio(works: Sequence[tuple[Callable[[], object], Callable[[], object]]], rounds: int) -> float:
    """The median over the rounds of: CPU of all first works to CPU of all second ones. One round before is not counted."""
    for first, second in works:
        first()
        second()
    found = []
    for turn in range(rounds):
        sums = [0.0, 0.0]
        for pair in works:
            for which in (turn % 2, 1 - turn % 2):
                sums[which] += spent(pair[which])
        found.append(sums[0] / sums[1])
    return median(found)
