"""Writes in which only some fields are taken from the value, or only some from the fresh entry."""

from __future__ import annotations

from tests.generator.text import MARK, grouped

SELECTIONS = (
    "fresh-but",
    "fresh-few",
    "fresh-loop",
    "fresh-popped",
    "value-popped",
    "value-deleted",
    "few-of-value",
    "few-one-by-one",
)
_FEW = '("label", "count", "note")'


def selected(form: str, at: str, value: str) -> list[str]:
    """Returns the statements that write `value` and the fresh entry `at`, each in its part."""
    fresh_fields = f"name: item for name, item in {at}.items()"
    match form:
        case "fresh-but":
            return [f"{at} = {{**{value}, **{{{fresh_fields} if name not in {_FEW}}}}}{MARK}"]
        case "fresh-few":
            return [f"{at} = {{**{value}, **{{{fresh_fields} if name in {_FEW}}}}}{MARK}"]
        case "fresh-loop":
            return [
                f"joint = dict({value})",
                f"for name, item in {at}.items():",
                f"    if name in {_FEW}:",
                "        continue",
                "    joint[name] = item",
                f"{at} = joint{MARK}",
            ]
        case "fresh-popped":
            return [
                f"kept = dict({at})",
                'kept.pop("label", None)',
                f"{at} = {{**{value}, **kept}}{MARK}",
            ]
        case "value-popped":
            return [
                f"joint = dict({value})",
                'for name in ("model", "tags", "history"):',
                "    joint.pop(name, None)",
                f"{at} = {{**{at}, **joint}}{MARK}",
            ]
        case "value-deleted":
            return [
                f"joint = dict({value})",
                'if "count" in joint:',
                '    del joint["count"]',
                f"{at}.update(joint){MARK}",
            ]
        case "few-one-by-one":
            return [
                f"joint = {value}",
                'for name in ("label", "note"):',
                "    if name in joint:",
                f"        {at}[name] = joint[name]{MARK}",
            ]
    return [f"{few_of(at, value)}{MARK}"]


def few_of(at: str, value: str) -> str:
    """Returns the expression that writes a few fields of `value` into the fresh entry."""
    return f"{at}.update({few(value)})"


def few(value: str) -> str:
    """Returns an expression for a few fields of `value`."""
    return f"{{name: item for name, item in {grouped(value)}.items() if name in {_FEW}}}"
