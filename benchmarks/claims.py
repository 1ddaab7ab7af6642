"""The stores that runs over real code look for: the linter's own, a broad one, and well-known libraries."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from lint_rmw.lint import Options
from lint_rmw.store import builtin_profiles, parse_profile

_LIBRARIES = Path(__file__).with_name("libraries.toml")
# Ordinary code is full of these locks, reads and writes: work for the analysis, not advice.
_STRESS = {
    "section": ["with LOCK", "with _.atomic(...)", "with _.transaction(...)", "_.submit(BODY())"],
    "read": ["_.get(KEY)", "_.load(...)", "load(...)", "_.read(...)", "open(...)"],
    "save": [
        "_.save(VALUE, ...)",
        "_.dump(VALUE, ...)",
        "_.write(VALUE)",
        "_.put(KEY, VALUE, ...)",
        "_.set(KEY, VALUE, ...)",
    ],
}


def stress_options() -> Options:
    """The stores that come with the package and the broad one."""
    return Options(profiles=(*builtin_profiles(), parse_profile("stress", _STRESS, "benchmarks")))


def library_options() -> Options:
    """The stores of `libraries.toml`, as a user would declare them."""
    tables = tomllib.loads(_LIBRARIES.read_text("utf-8"))["store"]
    return Options(
        profiles=tuple(parse_profile(name, table, _LIBRARIES.name) for name, table in tables.items())
    )


PROFILES: dict[str, Callable[[], Options]] = {
    "session": Options,
    "stress": stress_options,
    "libraries": library_options,
}
