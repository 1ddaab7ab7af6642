"""New names in the user's own words, never one that is taken."""

from __future__ import annotations

import ast

from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import Code, Function, bound

_STALE_WORDS = frozenset(
    {"cached", "stale", "old", "before", "previous", "prev", "loaded", "snapshot", "last"}
)


def taken(code: Code, function: Function) -> set[str]:
    """Names that mean something in a function, in those around it, or at module level."""
    around = [n for n in code.around(function) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    outermost: ast.AST = around[-1] if around else function
    found = {n.id for n in ast.walk(outermost) if isinstance(n, ast.Name)}
    found |= {n.arg for n in ast.walk(outermost) if isinstance(n, ast.arg)}
    for scope in ast.walk(outermost):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found |= {scope.name} | bound(scope.body)
    imports = [n for n in ast.walk(code.tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    found |= {alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names}
    return found | bound(code.tree.body)


def refuse_named(code: Code, node: ast.AST, changing: set[str]) -> None:
    """Raises `Refused` if a text prints one of these names itself, as `f"{entry=}"` does."""
    for text in ast.walk(node):
        if not isinstance(text, ast.FormattedValue):
            continue
        behind = code.text[code.end(text.value) :].lstrip(" )")
        if behind.startswith("=") and any(
            isinstance(n, ast.Name) and n.id in changing for n in ast.walk(text.value)
        ):
            raise Refused(f"line {text.value.lineno} prints a name of the code, which would change")


def unused(name: str, known: set[str]) -> str:
    """The name, or the name with the smallest number behind it that makes it new; it is taken from now on."""
    found, number = name, 1
    while found in known:
        number += 1
        found = f"{name}_{number}"
    known.add(found)
    return found


def fresh_name(name: str, kind: str) -> str:
    """What the fresh counterpart of a stale name is called: `fresh_entry` for `entry`, `cached_entry`, `stale`."""
    words = [
        word for word in name.strip("_").split("_") if word and word not in _STALE_WORDS and word != "fresh"
    ]
    return "_".join(["fresh", *(words or [kind])])
