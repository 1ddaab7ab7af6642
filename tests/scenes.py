"""What a handler meets when it is judged: the states of the store, the arguments it is called with, the foreign writers."""

from __future__ import annotations

import json
import logging
import marshal
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from fixtures.session_store import Entry, Store

KEY = "agent:main:work"
ALIAS = "Agent:Main:WORK"
PARENT = "agent:main:parent"
OTHER = "agent:main:other"

RICH: Entry = {
    "session_id": "id-rich",
    "label": "old-label",
    "model": "old-model",
    "to": "old-to",
    "last_to": "old-last-to",
    "channel": "old-channel",
    "note": "old-note",
    "state": "idle",
    "policy": "allow",
    "group_id": "old-group",
    "parent": PARENT,
    "enabled": True,
    "count": 4,
    "tokens": 120,
    "left": 6,
    "tags": ["old-tag"],
    "history": ["old-1", "old-2", "old-3", "old-4"],
    "meta": {"theme": "old-theme"},
    "version": 3,
    "updated_at": 1_700_000_000_000,
}
"""Every field has a value of its own, so that a value lost or brought back can be told from any other."""

SPARSE: Entry = {
    "session_id": "id-sparse",
    "label": "",
    "to": None,
    "parent": PARENT,
    "enabled": False,
    "count": 0,
    "tokens": 0,
    "left": 0,
    "tags": [],
    "history": [],
    "meta": {},
    "version": 1,
    "updated_at": 1_600_000_000_000,
}
"""An entry whose fallbacks matter: what it has is empty, and some fields of `RICH` are missing."""

NEIGHBOURS: Store = {
    PARENT: {
        "session_id": "id-parent",
        "label": "parent-label",
        "model": "parent-model",
        "to": "parent-to",
        "group_id": "parent-group",
        "enabled": True,
        "count": 40,
        "tokens": 400,
        "left": 4,
        "tags": ["parent-tag"],
        "history": ["parent-1"],
        "meta": {"theme": "parent-theme"},
        "version": 8,
        "updated_at": 1_650_000_000_000,
    },
    OTHER: {"session_id": "id-other", "label": "other-label", "count": 70, "version": 5},
}

STATES: Mapping[str, str] = {
    "rich": json.dumps({KEY: RICH, **NEIGHBOURS}),
    "sparse": json.dumps({KEY: SPARSE, **NEIGHBOURS}),
    "absent": json.dumps(NEIGHBOURS),
    "alias": json.dumps({ALIAS: RICH, **NEIGHBOURS}),
}
"""The documents a run starts from, by name."""


class Request:
    """What a client sent: values as attributes, as items and by `get`; a name it never heard of is refused."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a request has no {name!r}")

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __contains__(self, name: object) -> bool:
        return self.__dict__.get(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def keys(self) -> list[str]:
        """Returns the names of all values, set or not."""
        return list(self.__dict__)

    def get(self, name: str, default: Any = None) -> Any:
        """Returns the value of `name`, or `default` for an unknown one."""
        return self.__dict__.get(name, default)


_FULL: Mapping[str, Any] = {
    "label": "req-label",
    "model": "req-model",
    "to": "req-to",
    "last_to": "req-last-to",
    "channel": "req-channel",
    "note": "req-note",
    "text": "req-text",
    "message": "req-message",
    "state": "req-state",
    "policy": "allow",
    "group_id": "req-group",
    "session_id": "req-id",
    "tag": "req-tag",
    "tags": ["req-tag"],
    "title": "req-title",
    "reply": "req-reply",
    "status": "req-status",
    "theme": "req-theme",
    "reason": "req-reason",
    "amount": 5,
    "tokens": 30,
    "delta": 6,
    "cost": 7,
    "limit": 10,
    "enabled": True,
    "deliver": True,
    "meta": {"theme": "req-theme"},
    "patch": {"label": "patch-label", "model": "patch-model"},
    "fields": {"note": "fields-note"},
}
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(_FULL),
    "tags": [],
    "amount": 0,
    "tokens": 0,
    "delta": 0,
    "cost": 0,
    "limit": 3,
    "enabled": False,
    "deliver": False,
    "meta": {},
    "patch": {},
    "fields": {},
}
_PARTIAL: Mapping[str, Any] = {
    **_EMPTY,
    "label": "part-label",
    "amount": 2,
    "tokens": 3,
    "limit": 100,
    "tag": "part-tag",
    "tags": ["part-tag"],
    "patch": {"note": "part-note"},
}
REQUESTS: Mapping[str, Mapping[str, Any]] = {"full": _FULL, "empty": _EMPTY, "partial": _PARTIAL}
# Every run changes its arguments as it likes; this is the quickest way to new ones.
_PACKED = {name: marshal.dumps(dict(values)) for name, values in REQUESTS.items()}

_FIXED: Mapping[str, Any] = {
    "other_key": OTHER,
    "parent_key": PARENT,
    "new_key": "agent:main:new",
    "now": 1_700_000_500_000,
    "force": False,
    "field": "label",
    "value": "given-value",
    "keys": [KEY, OTHER],
}
_PATHS = ("path", "store_path")
_KEYS = ("key", "session_key")
_REQUESTS = ("request", "req")
_ENTRIES = ("entry", "session_entry", "current_entry", "cached_entry")
_STORES = ("store", "snapshot", "cached_store")


class UnknownParameter(Exception):
    """A handler asks, without a default, for something no scene can give."""


def varies(parameters: tuple[str, ...]) -> bool:
    """Whether the argument sets differ for a handler with these parameters."""
    return any(name in _REQUESTS or name in _FULL for name in parameters)


def arguments(parameters: tuple[str, ...], chosen: str, path: str, api: Any) -> dict[str, Any]:
    """Returns new values, by name, from the argument set `chosen`; entry parameters are read through the cache.

    Raises UnknownParameter.
    """
    return {name: _argument(name, chosen, path, api) for name in parameters}


def knows(name: str) -> bool:
    """Whether there is an argument of that name."""
    known = (*_PATHS, *_KEYS, *_REQUESTS, *_ENTRIES, *_STORES, "logger", "notify")
    return name in known or name in _FULL or name in _FIXED


def _argument(name: str, chosen: str, path: str, api: Any) -> Any:
    if name in _PATHS:
        return path
    if name in _KEYS:
        return KEY
    request: dict[str, Any] = marshal.loads(_PACKED[chosen])
    if name in _REQUESTS:
        return Request({**request, "key": KEY, "session_key": KEY, "path": path, "store_path": path})
    if name in _ENTRIES:
        return api.load_session_entry(KEY).entry
    if name in _STORES:
        return api.load_session_store(path)
    if name in request:
        return request[name]
    if name in _FIXED:
        return deepcopy(_FIXED[name])
    if name == "logger":
        return logging.getLogger("judged")
    if name == "notify":
        return lambda *_args, **_named: None
    raise UnknownParameter(f"no argument for parameter {name!r}")
