"""How a handler turns away an entry that is not there, before it goes on to its section."""

from __future__ import annotations

from tests.generator.text import Names, block

ABSENCES = ("return", "around", "continue", "break", "elif", "assert", "raise")
"""Forms for an entry that may be None."""

MISSES = ("error", "tried", "tried-empty")
"""Forms for one whose read raises KeyError."""


def may_be_none(form: str, names: Names, read: list[str], rest: list[str]) -> list[str]:
    """Returns the read, what becomes of None, and the rest of the handler."""
    absent, there = f"if {names.entry} is None:", f"if {names.entry} is not None:"
    match form:
        case "around":
            return [*read, *block(there, rest)]
        case "continue":
            return block("for _once in (None,):", [*read, *block(absent, ["continue"]), *rest])
        case "break":
            return block("while True:", [*read, *block(absent, ["break"]), *rest, "break"])
        case "elif":
            asked = block(f'elif {names.request}.label == "nobody":', ['print("nobody")'])
            return [*read, *block(absent, ["return None"]), *asked, *block("else:", rest)]
        case "assert":
            return [*read, f"assert {names.entry} is not None", *rest]
        case "raise":
            return [*read, *block(absent, [f"raise LookupError({names.key})"]), *rest]
    return [*read, *block(absent, ["return None"]), *rest]


def may_raise(form: str, names: Names, read: list[str], rest: list[str]) -> list[str]:
    """Returns the read, what becomes of its KeyError, and the rest of the handler."""
    if form == "error":
        return [*read, *rest]
    if form == "tried":
        return [*block("try:", read), *block("except KeyError:", ["return None"]), *rest]
    instead = block("except KeyError:", [f"{names.entry} = {{}}"])
    return [*block("try:", read), *instead, *block(f"if not {names.entry}:", ["return None"]), *rest]
