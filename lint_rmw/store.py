"""What a store is, said in data: how it is read, locked, written and spelled fresh; one format for ours and the user's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib import resources

from lint_rmw.pattern import Form, Pattern, PatternError, parse, parse_part

_NOT_STALE = frozenset({"fresh", "new", "default", "initial", "empty", "blank"})

Part = tuple[str, int | str]

VERSION_FIELDS = (
    "version",
    "rev",
    "_rev",
    "revision",
    "etag",
    "generation",
    "seq",
    "updated_at",
    "lock_version",
)


class ProfileError(ValueError):
    """A store profile that cannot be used; the message names file, key, column and what was expected."""


@dataclass(frozen=True)
class StoreProfile:
    """One store family.

    `section`, `read`, `fresh`, `save`, `write` and `safe` are patterns; `alias` are calls that give another spelling of
    `KEY`, naming the same entry; `identity`, `entry` and `key` are parts of a
    read's result (not state, the entry itself, the key it was read under). `entries` are type names of entries, in
    capitals, and names of variables that hold one.
    `counterpart` spells, read by read, the fresh value inside a section. `returns` is what a section call gives
    back (`"result"` of the mutator, `"entry"`, `"none"`); `returned` is what the mutator's own return value means
    where `return VALUE` is a write (`"patch"` or `"entry"`). `retried` sections run their body again on conflict.
    `versions` are the fields whose equality proves that an entry did not change.
    """

    name: str
    imports: tuple[str, ...] = ()
    section: tuple[Pattern, ...] = ()
    read: tuple[Pattern, ...] = ()
    fresh: tuple[Pattern, ...] = ()
    save: tuple[Pattern, ...] = ()
    write: tuple[Pattern, ...] = ()
    safe: tuple[Pattern, ...] = ()
    alias: tuple[Pattern, ...] = ()
    identity: tuple[Part, ...] = ()
    entry: tuple[Part, ...] = ()
    key: tuple[Part, ...] = ()
    entries: tuple[str, ...] = ()
    counterpart: tuple[str, ...] = ()
    versions: tuple[str, ...] = VERSION_FIELDS
    returns: str = "result"
    returned: str = "patch"
    retried: bool = False
    reentrant: bool = False

    @property
    def family(self) -> str:
        """The store's name without the form of its updater: `session-entry` updates the store `session`."""
        return self.name.removesuffix("-entry")

    @property
    def words(self) -> frozenset[str]:
        """Words of which a file must contain one to hold a section, or a save, of this store."""
        return frozenset(
            word
            for pattern in (*self.section, *self.save)
            for word in ([pattern.word] if pattern.word else self._words_beside_a_lock())
        )

    def names_entry(self, name: str) -> bool:
        """Whether a parameter or attribute of that name is taken for an entry: `session_entry`, `cached_entry`, `entry`.

        The last words decide; a name that says the entry is new or fresh is believed.
        """
        return not says_fresh(name) and any(
            name == known or name.endswith(f"_{known}") for known in self._entry_names
        )

    @cached_property
    def _entry_names(self) -> frozenset[str]:
        return frozenset(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() for name in self.entries)

    @property
    def entry_types(self) -> tuple[str, ...]:
        """The entry types: what is annotated with one is taken for an entry."""
        return tuple(name for name in self.entries if name[:1].isupper())

    def _words_beside_a_lock(self) -> Iterable[str]:
        return {p.word for p in (*self.save, *self.write, *self.read) if p.word}


def says_fresh(name: str) -> bool:
    """Whether a name says that what it holds is no earlier read: `fresh_entry`, `new_entry`."""
    return name.split("_", 1)[0] in _NOT_STALE


_PATTERNS = ("section", "read", "fresh", "save", "write", "safe", "alias")
_PARTS = ("identity", "entry", "key")
_WORDS = ("imports", "entries", "counterpart", "versions")
_CHOICES = {"returns": ("result", "entry", "none"), "returned": ("patch", "entry")}
_SWITCHES = ("retried", "reentrant")
KEYS = tuple(f.name for f in fields(StoreProfile) if f.name != "name")


def parse_profile(name: str, table: Mapping[str, object], where: str) -> StoreProfile:
    """Reads one `[store.NAME]` table; `where` is the file it stands in. Raises `ProfileError`."""
    values: dict[str, object] = {}
    for key, raw in table.items():
        at = f"{where}: store.{name}.{key}"
        if key in _PATTERNS:
            values[key] = tuple(_pattern(text, f"{at}[{i}]") for i, text in enumerate(_strings(raw, at)))
        elif key in _PARTS:
            values[key] = tuple(_part(text, f"{at}[{i}]") for i, text in enumerate(_strings(raw, at)))
        elif key in _WORDS:
            values[key] = _strings(raw, at)
        elif key in _CHOICES:
            if raw not in _CHOICES[key]:
                raise ProfileError(
                    f"{at}: expected one of {', '.join(map(repr, _CHOICES[key]))}, got {raw!r}"
                )
            values[key] = raw
        elif key in _SWITCHES:
            if not isinstance(raw, bool):
                raise ProfileError(f"{at}: expected true or false, got {raw!r}")
            values[key] = raw
        else:
            raise ProfileError(f"{at}: unknown key; expected one of {', '.join(KEYS)}")
    profile = StoreProfile(name, **values)  # type: ignore[arg-type]
    if not profile.section and not profile.save:
        raise ProfileError(f"{where}: store.{name}.section: expected at least one pattern")
    for index, pattern in enumerate(profile.section):
        if pattern.form is Form.CALL and pattern.body is None:
            raise ProfileError(
                f"{where}: store.{name}.section[{index}]: column 1 of {pattern.text!r}: "
                "expected BODY(…) among the arguments"
            )
    if profile.counterpart and len(profile.counterpart) != len(profile.read):
        raise ProfileError(
            f"{where}: store.{name}.counterpart: expected {len(profile.read)} spellings, one for each read"
        )
    return profile


@cache
def builtin_profiles() -> tuple[StoreProfile, ...]:
    """The profiles that come with the package, sorted by name."""
    found: list[StoreProfile] = []
    folder = resources.files("lint_rmw") / "stores"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            tables = tomllib.loads(file.read_text("utf-8"))["store"]
            found.extend(parse_profile(name, table, file.name) for name, table in tables.items())
    return tuple(found)


def _strings(raw: object, at: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise ProfileError(f"{at}: expected a list of strings, got {raw!r}")
    return tuple(raw)


def _pattern(text: str, at: str) -> Pattern:
    try:
        return parse(text)
    except PatternError as error:
        raise ProfileError(f"{at}: {error}") from None


def _part(text: str, at: str) -> Part:
    try:
        return parse_part(text)
    except PatternError as error:
        raise ProfileError(f"{at}: {error}") from None
