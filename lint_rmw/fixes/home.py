"""Which store a call means: that of the section, or another one whose entries never lie there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from lint_rmw.fixes.reserved import standing_for
from lint_rmw.fixes.site import Site
from lint_rmw.fixes.syntax import Code, bindings, last_word, parameters
from lint_rmw.store import StoreProfile


@dataclass(frozen=True)
class Home:
    """The store of a section as it is spelled, None where it is not; `reads` are the offsets of reads known to be of it."""

    code: Code
    profiles: tuple[StoreProfile, ...]
    store: str | None
    reads: frozenset[int]

    def is_other(self, call: ast.Call, word: str = "") -> bool:
        """Whether a call of a reader or an updater, under the name that the profile has for it, names another store."""
        if self.store is None or (call in self.code.parents and self.code.start(call) in self.reads):
            return False
        named = _named(self.profiles, call, word)
        return named is not None and spelled(self.code, named) != self.store


def home_of(code: Code, profiles: tuple[StoreProfile, ...], site: Site, reads: frozenset[int]) -> Home:
    """The store of the section at a site."""
    calls = [] if site.call is None else [site.call]
    if isinstance(site.region, ast.With | ast.AsyncWith):
        calls += [i.context_expr for i in site.region.items if isinstance(i.context_expr, ast.Call)]
    elif isinstance(site.region, ast.FunctionDef | ast.AsyncFunctionDef):
        calls += [d for d in site.region.decorator_list if isinstance(d, ast.Call)]
    named = next((n for call in calls if (n := _named((site.section.profile,), call)) is not None), None)
    return Home(code, profiles, None if named is None else spelled(code, named), reads)


def _named(profiles: Iterable[StoreProfile], call: ast.Call, word: str = "") -> ast.expr | None:
    word = word or last_word(call.func)
    for profile in profiles:
        for pattern in (*profile.section, *profile.read):
            if pattern.word == word and isinstance(pattern.expr, ast.Call):
                _, named = standing_for("STORE", pattern.expr, call)
                if named is not None:
                    return named
    return None


def spelled(code: Code, node: ast.expr) -> str:
    """The text of an expression, with a name that is bound once, to another name, told by that."""
    while isinstance(node, ast.Name) and (value := _bound_to(code, node)) is not None:
        node = value
    return ast.unparse(node)


def _bound_to(code: Code, name: ast.Name) -> ast.expr | None:
    """The other name or attribute that a name is bound to, once and for all, in a function around it."""
    for around in code.around(name) if name in code.parents else ():
        if not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if name.id in parameters(around):
            return None
        values = [value for s in around.body for n, value in bindings(s) if n == name.id]
        if values:
            return values[0] if len(values) == 1 and isinstance(values[0], ast.Name | ast.Attribute) else None
    return None
