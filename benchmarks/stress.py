"""A store profile so broad that ordinary code is full of its locks, reads and writes: work for the analysis, not advice."""

from __future__ import annotations

from lint_rmw.lint import Options
from lint_rmw.store import builtin_profiles, parse_profile

_TABLE = {
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
    return Options(profiles=(*builtin_profiles(), parse_profile("stress", _TABLE, "benchmarks")))
