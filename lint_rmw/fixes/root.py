"""What an expression read of a store, and how the same is spelled inside a section."""

from __future__ import annotations

from dataclasses import dataclass

EMPTIES = ("{}", "dict()")
LEFT_OVER = "the cache it was read from may still hold entries that the store no longer has"


@dataclass(frozen=True)
class Root:
    """What an expression read: the whole `store`, an `entry`, a `record` that holds one beside its key, or a `value`.

    `spelled` is its counterpart inside the section; `key` is the text of the key. `brittle`: raises where the entry
    is missing; `defaulted`: something empty stands for a missing entry.
    """

    kind: str
    spelled: str
    key: str = ""
    brittle: bool = False
    defaulted: bool = False
    doubt: str = ""
    helpers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fresh:
    """What a section hands over: its name; the key, where it is one entry; the name of a key settled inside first."""

    name: str
    entry_key: str | None = None
    settled_key: str | None = None
