"""Imports a fix needs: a module, or a name beside the reader it belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from lint_rmw.fixes.layout import Change, line_start
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import Code

_WIDEST = 88


def import_changes(code: Code, wanted: Iterable[tuple[str, str]]) -> list[Change]:
    """The changes that import each name from where its reader comes from; a name without a reader is a module."""
    changes: list[Change] = []
    for name, reader in wanted:
        if not reader:
            changes.append(_module(code, name))
        elif not _known(code, name):
            changes.append(_beside(code, name, reader))
    return changes


def _known(code: Code, name: str) -> bool:
    for node in code.tree.body:
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return True
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return True
    return False


def _module(code: Code, name: str) -> Change:
    body = code.tree.body
    imports = [n for n in body if isinstance(n, ast.Import)]
    plain = [n for n in imports if n.names[0].name < name]
    text = f"import {name}{code.newline}"
    if plain:
        at = code.source.line_starts[plain[-1].end_lineno]  # type: ignore[index]
        return at, at, text
    others = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
    others = [n for n in others if not (isinstance(n, ast.ImportFrom) and n.module == "__future__")]
    if not others:
        raise Refused(f"there is no place to import '{name}'")
    at = line_start(code, others[0].lineno)
    gap = "" if isinstance(others[0], ast.Import) else code.newline
    return at, at, text + gap


def _beside(code: Code, name: str, reader: str) -> Change:
    for node in code.tree.body:
        if not isinstance(node, ast.ImportFrom) or all(a.name != reader for a in node.names):
            continue
        later = [a for a in node.names if a.name > name]
        if node.lineno == node.end_lineno:
            width = code.end(node) - code.start(node) + len(name) + 2
            if width > max(_WIDEST, *(len(line) for line in code.source.lines)):
                return _unfolded(code, node, name)
            at = code.start(later[0]) if later else code.end(node.names[-1])
            return at, at, f"{name}, " if later else f", {name}"
        at = code.start(later[0]) if later else code.end(node.names[-1])
        indent = code.indent_of_line(node.names[0].lineno)
        return at, at, f"{name},{code.newline}{indent}" if later else f",{code.newline}{indent}{name}"
    raise Refused(f"'{name}' would have to be imported, and '{reader}' is not imported by name here")


def _unfolded(code: Code, node: ast.ImportFrom, name: str) -> Change:
    """An import that grew too long for its line, one name a line."""
    names = [code.segment(a) for a in node.names]
    place = sum(1 for a in node.names if a.name < name)
    lines = [f"{code.step}{n},{code.newline}" for n in (*names[:place], name, *names[place:])]
    start = code.start(node)
    head = code.text[start : code.start(node.names[0])].rstrip(" (")
    return start, code.end(node), f"{head} ({code.newline}{''.join(lines)})"
