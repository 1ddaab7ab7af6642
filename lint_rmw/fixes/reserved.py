"""The argument of a call that stands where a pattern has a reserved word: by its name, or by its place."""

from __future__ import annotations

import ast


def standing_for(word: str, pattern: ast.Call, call: ast.Call) -> tuple[bool, ast.expr | None]:
    """Whether a pattern has the word, as itself or called, and the argument that stands for it, if there is one."""
    for place, given in enumerate([*(ast.keyword(None, a) for a in pattern.args), *pattern.keywords]):
        wanted = given.value.func if isinstance(given.value, ast.Call) else given.value
        if not (isinstance(wanted, ast.Name) and wanted.id == word):
            continue
        named = next((k.value for k in call.keywords if k.arg and k.arg == given.arg), None)
        if named is None and place < len(call.args):
            named = call.args[place]
        return True, named
    return False, None
