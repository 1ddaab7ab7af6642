"""The hash by which GitHub code scanning recognises a line after the code around it has moved.

It covers the next hundred characters that are neither blank nor tab, so a change of indentation alone keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

_WINDOW = 100
_BASE = 37
_MASK = 2**64 - 1
_END_OF_FILE = 65535
_SKIPPED = {ord(" "), ord("\t")}


def line_hashes(lines: Sequence[str]) -> tuple[str, ...]:
    """One `hash:count` for each line; `lines` joined by a line feed must give the text of the file.

    `hash` is hexadecimal without leading zeros; `count` starts at 1 and tells lines of the same hash apart.
    """
    units: list[int] = []
    starts: list[int] = []
    for line in lines:
        starts.append(len(units))
        units.extend(unit for unit in _utf16(line) if unit not in _SKIPPED)
        units.append(ord("\n"))
    # The end of the file stands where the last line would have had its own line feed.
    units[-1:] = [_END_OF_FILE, *([0] * _WINDOW)]
    # With the hash of every prefix at hand, that of a window is one subtraction.
    prefixes = list(accumulate(units, lambda so_far, unit: (so_far * _BASE + unit) & _MASK, initial=0))
    leaving = pow(_BASE, _WINDOW, _MASK + 1)
    seen: Counter[int] = Counter()
    hashes = []
    for start in starts:
        value = (prefixes[start + _WINDOW] - prefixes[start] * leaving) & _MASK
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return tuple(hashes)


def _utf16(line: str) -> Sequence[int]:
    return memoryview(line.encode("utf-16-le", "surrogatepass")).cast("H")
