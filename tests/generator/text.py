"""Lines of Python on their way to a program: indentation, names that differ from program to program, marked writes."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

MARK = "  #@write"
"""Stands at the end of a line that writes to the store until the program is finished."""


def indented(lines: Iterable[str]) -> list[str]:
    """Returns the lines one level deeper."""
    return [f"    {line}" if line else line for line in lines]


def grouped(expression: str) -> str:
    """Returns the expression as something that an attribute can be asked of."""
    return f"({expression})" if " | " in expression else expression


def block(header: str, body: Iterable[str]) -> list[str]:
    """Returns a compound statement; an empty body becomes `pass`."""
    return [header, *(indented(body) or ["    pass"])]


def finished(lines: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """Returns the text without its marks, and the 1-based numbers of the lines that bore one."""
    texts = list(lines)
    marked = tuple(number for number, line in enumerate(texts, 1) if line.endswith(MARK))
    return "\n".join(line.removesuffix(MARK) for line in texts) + "\n", marked


@dataclass(frozen=True)
class Names:
    """The names one program uses for its things."""

    entry: str
    value: str
    store: str
    mutator: str
    request: str
    path: str
    key: str
    fresh: str
    loaded: str
    builder: str

    @staticmethod
    def chosen(salt: int) -> Names:
        """Returns the names that belong to `salt`, all different."""
        pick = random.Random(salt).choice
        return Names(
            entry=pick(("entry", "current", "cached", "session", "row", "before")),
            value=pick(("next_entry", "updated", "payload", "change", "new_value", "result")),
            store=pick(("store", "sessions", "fresh_store", "data", "s")),
            mutator=pick(("mutator", "apply", "write", "persist", "_change")),
            request=pick(("request", "req")),
            path=pick(("path", "store_path")),
            key=pick(("key", "session_key")),
            fresh=pick(("fresh", "latest", "live", "now_stored")),
            loaded=pick(("loaded", "found", "ctx")),
            builder=pick(("build", "compose", "make_entry", "derive")),
        )
