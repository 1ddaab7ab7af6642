"""What the user chose: `[tool.lint-rmw]` of the nearest `pyproject.toml`, checked key by key, and where each value came from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import pathspec

from lint_rmw.finding import Confidence
from lint_rmw.gitignore import decision
from lint_rmw.settings import is_utf16, parse_settings, read_settings
from lint_rmw.store import KEYS as STORE_KEYS
from lint_rmw.store import ProfileError, StoreProfile, builtin_profiles, parse_profile

TABLE = "lint-rmw"
DEFAULT = "default"


class ConfigError(Exception):
    """A choice that cannot be followed; the one-line message names the file, the key and the nearest right one."""


class Named(Protocol):
    """What a selection needs to know of a rule."""

    @property
    def code(self) -> str:
        """Like `RMW101`."""
        ...

    @property
    def name(self) -> str:
        """Like `stale-entry-overwrite`."""
        ...

    @property
    def opt_in(self) -> bool:
        """Whether it is off until it is asked for."""
        ...


@dataclass(frozen=True)
class Config:
    """What is in force for the files below `root`.

    `select` is None when every rule that is on by default is meant; it and the ignores hold codes and prefixes of codes.
    `own` names the profiles that are the user's. `origins` says for each key where its value came from (`"default"`, a file, `"command line"`).
    """

    root: Path
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_confidence: Confidence = Confidence.MEDIUM
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    profiles: tuple[StoreProfile, ...] = field(default_factory=builtin_profiles)
    own: frozenset[str] = frozenset()
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin(self, key: str) -> str:
        """Where the value of `key` (spelled as in the file) came from."""
        return self.origins.get(key, DEFAULT)

    def excludes(self, path: Path, is_folder: bool) -> bool:
        """Whether `exclude` leaves out `path`, given that it does not leave out the folder it is in."""
        if not self.exclude:
            return False
        try:
            inside = (path.parent.resolve() / path.name).relative_to(self.root).as_posix()
        except ValueError:
            return False
        return bool(decision(_globs(self.exclude), f"{inside}/" if is_folder else inside))

    def leaves_out(self, path: Path) -> bool:
        """Whether `exclude` leaves out `path` or a folder around it."""
        around = path.absolute().parents if self.exclude else ()
        return any(self.excludes(folder, True) for folder in around) or self.excludes(path, path.is_dir())

    def ignored_in(self, path: Path) -> tuple[str, ...]:
        """What is ignored in the file at `path`: `ignore`, and those `per-file-ignores` whose pattern fits."""
        if not self.per_file_ignores:
            return self.ignore
        try:
            inside = path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            return self.ignore
        codes = set(self.ignore)
        for glob, more in self.per_file_ignores:
            if _globs((glob,)).match_file(inside):
                codes.update(more)
        return tuple(sorted(codes))

    def applied(self, path: Path, rules: Sequence[Named]) -> tuple[str, ...]:
        """The codes of the rules that look at the file at `path`.

        As in flake8, the longest of the prefixes that fit a code decides. A rule that is off by default is switched on
        by its full code only, since `select = ["RMW"]` is how people ask for what is on anyway.
        """
        ignored = self.ignored_in(path)
        found = []
        for rule in rules:
            chosen = max((len(w) for w in self.select or () if _asks_for(w, rule)), default=-1)
            if self.select is None and not rule.opt_in:
                chosen = 0
            if chosen > max((len(w) for w in ignored if rule.code.startswith(w)), default=-1):
                found.append(rule.code)
        return tuple(found)

    def overridden(
        self,
        select: Sequence[str] | None,
        ignore: Sequence[str],
        min_confidence: Confidence | None,
        rules: Sequence[Named],
        where: str = "command line",
    ) -> Config:
        """The same with what `where` says: `select` and the confidence replace, `ignore` adds. Raises `ConfigError`."""
        origins = dict(self.origins)
        chosen = self
        if select is not None:
            chosen = replace(chosen, select=resolve_all(select, rules, f"{where}: select"))
            origins["select"] = where
        if ignore:
            more = resolve_all(ignore, rules, f"{where}: ignore")
            chosen = replace(chosen, ignore=tuple(sorted({*self.ignore, *more})))
            origins["ignore"] = where if not self.ignore else f"{self.origin('ignore')} and {where}"
        if min_confidence is not None:
            chosen = replace(chosen, min_confidence=min_confidence)
            origins["min-confidence"] = where
        return replace(chosen, origins=origins)


def _asks_for(word: str, rule: Named) -> bool:
    return rule.code == word if rule.opt_in else rule.code.startswith(word)


def resolve(word: str, rules: Sequence[Named], where: str) -> str:
    """The code, or prefix of codes, that a code, a name or a prefix means; raises `ConfigError`."""
    for rule in rules:
        if word in (rule.code, rule.name):
            return rule.code
    if not word or not any(rule.code.startswith(word) for rule in rules):
        known = [text for rule in rules for text in (rule.code, rule.name)]
        raise ConfigError(f"{where}: unknown rule {word!r}{nearest(word, known)}")
    return word


def resolve_all(words: Iterable[str], rules: Sequence[Named], where: str) -> tuple[str, ...]:
    """See `resolve`; sorted, each once."""
    return tuple(sorted({resolve(word, rules, where) for word in words}))


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known word most like `word`, else the list of the known words."""
    choices = list(known)
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else f"; known are {', '.join(choices)}"


class Configs:
    """The configuration of each folder, each file read once."""

    def __init__(self, rules: Sequence[Named]) -> None:
        self._rules = rules
        self._found: dict[Path, Config | None] = {}
        self._nearest: dict[Path, Config] = {}

    def nearest(self, folder: Path) -> Config:
        """The configuration that holds in `folder`, of the nearest `pyproject.toml` with our table above it.

        Raises `ConfigError`.
        """
        if folder not in self._nearest:
            here = folder.resolve()
            self._nearest[folder] = next(filter(None, map(self._at, (here, *here.parents))), None) or Config(
                here
            )
        return self._nearest[folder]

    def _at(self, folder: Path) -> Config | None:
        if folder not in self._found:
            self._found[folder] = self._in(folder)
        return self._found[folder]

    def _in(self, folder: Path) -> Config | None:
        file = folder / "pyproject.toml"
        try:
            data = read_settings(file)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ConfigError(f"{shown(file)}: cannot be read: {error.strerror}") from None
        # Most pyproject.toml files do not name us, and parsing TOML costs more than looking at the bytes.
        if TABLE.encode() not in data and not is_utf16(data):
            return None
        try:
            document = parse_settings(data)
        except ValueError as error:
            raise ConfigError(f"{shown(file)}: is not valid TOML: {error}") from None
        tool = document.get("tool")
        table = tool.get(TABLE) if isinstance(tool, dict) else None
        return None if table is None else parse(table, file, self._rules)


def shown(path: Path) -> str:
    """`path` relative to the working directory where it is below it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def parse(table: object, file: Path, rules: Sequence[Named]) -> Config:
    """Reads the table `[tool.lint-rmw]` of `file`. Raises `ConfigError`."""
    where = f"{shown(file)}: tool.{TABLE}"
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: expected a table, got {table!r}")
    readers: dict[str, Callable[[object, str], object]] = {
        "select": lambda raw, at: resolve_all(_strings(raw, at), rules, at),
        "ignore": lambda raw, at: resolve_all(_strings(raw, at), rules, at),
        "exclude": _patterns,
        "min-confidence": _confidence,
        "per-file-ignores": lambda raw, at: _per_file(raw, at, rules),
    }
    values: dict[str, object] = {}
    for key, raw in table.items():
        if key in ("stores", "store"):
            continue
        if key not in readers:
            raise ConfigError(f"{where}.{key}: unknown key{nearest(key, [*readers, 'stores', 'store'])}")
        values[key.replace("-", "_")] = readers[key](raw, f"{where}.{key}")
    own = _own(table.get("store", {}), f"{where}.store")
    builtin = _builtin(table.get("stores"), f"{where}.stores", "stores" in table)
    # A profile of the user's takes the place of ours of the same name.
    profiles = tuple({profile.name: profile for profile in (*builtin, *own)}.values())
    names = frozenset(profile.name for profile in own)
    origins = {key: shown(file) for key in table}
    return Config(file.parent, profiles=profiles, own=names, origins=origins, **values)  # type: ignore[arg-type]


def _strings(raw: object, at: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        raise ConfigError(f"{at}: expected a list of strings, got {raw!r}")
    return tuple(raw)


def _patterns(raw: object, at: str) -> tuple[str, ...]:
    globs = _strings(raw, at)
    for index, glob in enumerate(globs):
        _check_glob(glob, f"{at}[{index}]")
    return globs


@cache
def _globs(globs: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    return pathspec.GitIgnoreSpec.from_lines(globs)


def _check_glob(glob: str, at: str) -> None:
    try:
        _globs((glob,))
    except ValueError as error:
        raise ConfigError(f"{at}: {glob!r} is not a gitignore pattern: {error}") from None


def _confidence(raw: object, at: str) -> Confidence:
    levels = [level.value for level in Confidence]
    if not isinstance(raw, str):
        raise ConfigError(f"{at}: expected one of {', '.join(levels)}, got {raw!r}")
    if raw not in levels:
        raise ConfigError(f"{at}: unknown confidence {raw!r}{nearest(raw, levels)}")
    return Confidence(raw)


def _per_file(raw: object, at: str, rules: Sequence[Named]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(raw, dict):
        raise ConfigError(f"{at}: expected a table of file pattern to list of codes, got {raw!r}")
    found = []
    for glob, codes in raw.items():
        _check_glob(glob, f"{at}.{glob!r}")
        found.append((glob, resolve_all(_strings(codes, f"{at}.{glob!r}"), rules, f"{at}.{glob!r}")))
    return tuple(found)


def _builtin(raw: object, at: str, given: bool) -> tuple[StoreProfile, ...]:
    if not given:
        return builtin_profiles()
    wanted = _strings(raw, at)
    families = sorted({p.family for p in builtin_profiles()})
    for word in wanted:
        if not any(word in (p.name, p.family) for p in builtin_profiles()):
            raise ConfigError(f"{at}: unknown store {word!r}{nearest(word, families)}")
    return tuple(p for p in builtin_profiles() if p.name in wanted or p.family in wanted)


def _own(raw: object, at: str) -> tuple[StoreProfile, ...]:
    if not isinstance(raw, dict):
        raise ConfigError(f"{at}: expected tables [tool.{TABLE}.store.NAME], got {raw!r}")
    found = []
    for name, table in raw.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{at}.{name}: expected a table, got {table!r}")
        for key in table:
            if key not in STORE_KEYS:
                raise ConfigError(f"{at}.{name}.{key}: unknown key{nearest(key, STORE_KEYS)}")
        try:
            found.append(parse_profile(name, table, at.removesuffix(".store")))
        except ProfileError as error:
            raise ConfigError(str(error)) from None
    return tuple(found)
