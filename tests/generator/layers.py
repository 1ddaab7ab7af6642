"""Writes that lay the value and the fresh entry over each other in turn: by `reduce`, a loop, `ChainMap`, `chain`."""

from __future__ import annotations

from tests.generator.text import MARK, grouped

FRESH_FIRST = ("reduced", "updates", "chain-map", "chained")
"""The value wins."""

FRESH_LAST = ("reduced-fresh", "updates-fresh", "chain-map-fresh", "chained-fresh")
"""The fresh entry wins."""

LAYERS = (*FRESH_FIRST, *FRESH_LAST)


def layered(form: str, at: str, value: str) -> list[str]:
    """Returns the statements that write one laid over the other."""
    under, over = (value, at) if form in FRESH_LAST else (at, value)
    if form.startswith("updates"):
        return [
            "joint = {}",
            f"for layer in ({under}, {over}):",
            "    joint.update(layer)",
            f"{at} = joint{MARK}",
        ]
    return [f"{at} = {layers(form, under, over)}{MARK}"]


def layers(form: str, under: str, over: str) -> str:
    """Returns the expression for one entry laid over the other."""
    match form.removesuffix("-fresh"):
        case "reduced":
            return f"functools.reduce(operator.or_, [{under}, {over}])"
        case "chain-map":
            return f"dict(collections.ChainMap({over}, {under}))"
    return f"dict(itertools.chain({grouped(under)}.items(), {grouped(over)}.items()))"
