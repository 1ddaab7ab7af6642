"""The foreign writers: somebody else who changes the entry a handler is about, in one section of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fixtures.session_store import Entry, Store, migrate_aliases
from tests.scenes import KEY, OTHER, RICH

ANY_FIELD = frozenset({"other-field", "add-field", "other-entry"})
SAME_FIELD = frozenset({"same-field", "several-fields", "increment", "some-fields", "step", "add-part"})
# Whoever fills a gap from an old copy brings back what was taken away, be it an entry or the value of a field; the
# linter stays silent about both on purpose.
DESTRUCTIVE = frozenset({"delete", "recreate", "clear"})


@dataclass(frozen=True)
class Writer:
    """Somebody else who changes the entry of `KEY` in one section of their own, keeping the version protocol."""

    name: str
    apply: Callable[[Store], None]


def writers(touched: frozenset[str]) -> tuple[Writer, ...]:
    """Returns the foreign writers against a handler whose business are the fields `touched`.

    Besides the six kinds there is one that sets fields of both sorts at once: only that tells apart a value copied
    across fields too late from one copied just before the write; and one that never touches the handler's entry: only
    that tells of a whole store written back.
    """
    others = tuple(name for name in RICH if name not in touched and name not in _PROTOCOL)
    same = tuple(sorted(touched - {"version", "updated_at"}))
    return (
        Writer("other-field", lambda store: _set(store, others)),
        Writer("same-field", lambda store: _set(store, same)),
        Writer("several-fields", lambda store: _set(store, (*others, *same))),
        Writer("increment", partial(_increment, by=11)),
        Writer("add-field", lambda store: _set(store, ("added_by_writer",))),
        Writer("other-entry", _other_entry),
        Writer("delete", _delete),
        Writer("recreate", _recreate),
    )


_PROTOCOL = ("session_id", "version", "updated_at")


def gentle_writers(touched: frozenset[str]) -> tuple[Writer, ...]:
    """Returns writers that change little: one that takes the smallest step, one that adds a key within each dict, of
    any two fields one that sets the first and leaves the second, and those that set a field to None.

    A handler may read one field and look at a fresh other before it writes: whoever sets both makes it decline, and is
    no witness. Nor is a large step against one that keeps the larger of two sums, nor a dict with new values for the
    old keys against one that lays the fresh dict over its stale copy. None is what most tests for a value look for.
    """
    names = sorted((set(RICH) | touched) - set(_PROTOCOL))
    splits = {
        tuple(name for place, name in enumerate(names) if (place >> bit) & 1 == side)
        for bit in range(len(names).bit_length())
        for side in (0, 1)
    }
    some = (Writer("some-fields", partial(_set, fields=fields)) for fields in sorted(splits) if fields)
    cleared = (Writer("clear", partial(_clear, field=name)) for name in names)
    return (Writer("step", partial(_increment, by=1)), Writer("add-part", _add_part), *some, *cleared)


def _bump(entry: Entry) -> None:
    for name, step in (("version", 1), ("updated_at", 1000)):
        if isinstance(entry.get(name), int | float):
            entry[name] += step


def _set(store: Store, fields: tuple[str, ...]) -> None:
    if not fields:
        return
    key = migrate_aliases(store, KEY)
    new: Entry = {"session_id": "id-of-writer", "version": 1, "updated_at": 1_700_000_000_500}
    entry = store.setdefault(key, new)
    for name in fields:
        entry[name] = _sentinel(name, entry)
    _bump(entry)


def _sentinel(name: str, entry: Entry) -> Any:
    value = entry.get(name)
    if value is None:
        value = RICH.get(name)
    if name == "policy":
        return "allow" if value == "deny" else "deny"
    # Set values may not be reached from the old ones: a switch that is thrown twice, a sum of two steps would look
    # like one writer's work alone.
    if isinstance(value, bool):
        return "" if value else f"w-{name}"
    if isinstance(value, int):
        return 7000 + len(name)
    if isinstance(value, list):
        # Lists grow, as tags and histories do: a union with a stale list is then no loss.
        return [*value, f"w-{name}"]
    if isinstance(value, dict):
        return {"theme": f"w-{name}"}
    return f"w-{name}"


def _increment(store: Store, by: int) -> None:
    key = migrate_aliases(store, KEY)
    if (entry := store.get(key)) is None:
        return
    for name, value in entry.items():
        if isinstance(value, int) and not isinstance(value, bool) and name not in _PROTOCOL:
            entry[name] = value + by
    _bump(entry)


def _add_part(store: Store) -> None:
    key = migrate_aliases(store, KEY)
    if (entry := store.get(key)) is None:
        return
    for value in entry.values():
        if isinstance(value, dict):
            value["added_by_writer"] = "w-part"
    _bump(entry)


def _clear(store: Store, field: str) -> None:
    key = migrate_aliases(store, KEY)
    if store.get(key, {}).get(field) is None:
        return
    store[key][field] = None
    _bump(store[key])


def _other_entry(store: Store) -> None:
    store.setdefault(OTHER, {"session_id": "id-of-writer"})["label"] = "w-label"
    store["agent:main:added-by-writer"] = {"session_id": "id-added"}


def _delete(store: Store) -> None:
    store.pop(KEY, None)


def _recreate(store: Store) -> None:
    key = migrate_aliases(store, KEY)
    old = store.get(key, {})
    store[key] = {name: _sentinel(name, {}) for name in RICH} | {
        "session_id": "id-recreated",
        "version": old.get("version") or 0,
        "updated_at": old.get("updated_at") or RICH["updated_at"],
    }
    _bump(store[key])
