"""What is tied to what is written: the links before a section and inside it, but for those that hold no state."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Sequence

from lint_rmw.fixes.sharing import Bond, Link, links
from lint_rmw.fixes.syntax import last_word


def ties(
    prior: Sequence[ast.AST], inside: Sequence[ast.AST], store: str, entrances: Collection[str]
) -> list[Link]:
    """The links made before a section and inside it, but for those that say nothing of what is written.

    Inside, all that lies in the `store` is tied to it, and what may be the store itself is changed in place as it
    always was; what is handed to the functions named `entrances` are paths and keys, which hold no state.
    """
    # Nobody asks the mutator itself for what it looks at.
    itself = {n.name for n in inside if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    made = [m for m in links(inside) if m.name not in itself]
    apart = {m.name for m in made if m.other == store and m.bond in (Bond.SAME, Bond.PART)} | {store}
    seen = [_Paths(entrances).visit(copy.deepcopy(part)) for part in prior]
    kept = [*links(seen), *(m for m in made if m.name not in apart and m.other not in apart)]
    asked = {
        given.id
        for part in (*prior, *inside)
        for call in ast.walk(part)
        if isinstance(call, ast.Call) and last_word(call.func) in entrances
        for given in (*call.args, *(k.value for k in call.keywords))
        if isinstance(given, ast.Name)
    }
    return [m for m in kept if m.name not in asked and m.other not in asked]


class _Paths(ast.NodeTransformer):
    """Takes the attributes out of what some functions are handed: a path may lie in an object, and holds no state."""

    def __init__(self, entrances: Collection[str]) -> None:
        self.entrances = entrances

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if last_word(node.func) in self.entrances:
            node.args = [_nothing(a) if isinstance(a, ast.Attribute) else a for a in node.args]
            for keyword in node.keywords:
                if isinstance(keyword.value, ast.Attribute):
                    keyword.value = _nothing(keyword.value)
        return node


def _nothing(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(None), node)
