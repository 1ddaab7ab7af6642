"""Reads of a store and what is the same inside a section: the fresh store, or the fresh entry looked up the same way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from lint_rmw.fixes import earlier
from lint_rmw.fixes.effects import Effects, Knowledge
from lint_rmw.fixes.home import Home
from lint_rmw.fixes.reserved import standing_for
from lint_rmw.fixes.root import Fresh, Root
from lint_rmw.fixes.syntax import Code, last_word, loads, own_names, parameters
from lint_rmw.pattern import Form
from lint_rmw.store import StoreProfile


class Reads:
    """Tells what the expressions of one function read, given what its names are bound to."""

    def __init__(
        self, code: Code, knowledge: Knowledge, profiles: tuple[StoreProfile, ...], fresh: Fresh, home: Home
    ) -> None:
        self.code = code
        self.knowledge = knowledge
        self.fresh = fresh
        self.home = home
        self.patterns = [
            (pattern.expr, spelled, bool(profile.entry))
            for profile in profiles
            for pattern, spelled in zip(profile.read, profile.counterpart, strict=False)
            if isinstance(pattern.expr, ast.Call) and isinstance(pattern.expr.func, ast.Name)
        ]
        self.bypasses = {
            (expr.func.id, keyword.arg)
            for profile in profiles
            for pattern in profile.fresh
            for expr in [pattern.expr]
            if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name)
            for keyword in expr.keywords
            if keyword.arg is not None
        }
        self.updaters = {
            pattern.expr.func.id
            for profile in profiles
            for pattern in profile.section
            if isinstance(pattern.expr, ast.Call)
            and isinstance(pattern.expr.func, ast.Name)
            and not pattern.binds_key
            and pattern.body is not None
            and profile.returns == "result"
        }
        self.entrances = {p.word for profile in profiles for p in (*profile.section, *profile.read) if p.word}
        self.doors = self.entrances | {p.word for profile in profiles for p in profile.save if p.word}
        self.writers = {p.word for profile in profiles for p in (*profile.section, *profile.save) if p.word}
        self.blocks = {
            p.word for profile in profiles for p in profile.section if p.form is Form.WITH and p.word
        }
        self.entry_parts = {part for profile in profiles for _, part in profile.entry}
        self.key_parts = {part for profile in profiles for _, part in profile.key}
        parts = [
            part for profile in profiles for _, part in (*profile.identity, *profile.entry, *profile.key)
        ]
        self.width = max((part for part in parts if isinstance(part, int)), default=-1) + 1
        self.globals: set[str] = set()
        self.aliases: dict[str, str] = {}
        for node in ast.walk(code.tree):
            if isinstance(node, ast.ImportFrom):
                self.aliases |= {a.asname: a.name for a in node.names if a.asname}
        readers = {expr.func.id for expr, *_ in self.patterns if isinstance(expr.func, ast.Name)}
        stored = [
            n.id for n in ast.walk(code.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        for node in ast.walk(code.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=reader)):
                    if self.aliases.get(reader, reader) in readers and stored.count(name) == 1:
                        self.aliases[name] = self.aliases.get(reader, reader)
        self.globals = earlier.caches(self)

    def root(self, node: ast.expr, names: Mapping[str, Root]) -> Root | None:
        """What an expression is of the store; None if it is something else or only made from it."""
        match node:
            case ast.Name(id=name):
                return names.get(name) or earlier.cache(self, node)
            case ast.Await(value=value):
                return self.root(value, names)
            case ast.NamedExpr(value=value):
                return self.root(value, names)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return earlier.kept(self, node, attr)
            case ast.Attribute(value=value, attr=attr):
                return self._part(self.root(value, names), attr)
            case ast.Subscript(value=value, slice=key):
                found = self.root(value, names)
                if found is None or found.kind == "entry":
                    return None
                if found.kind == "record":
                    return self._part(found, key.value if isinstance(key, ast.Constant) else None)
                return self._entry(
                    found, self._text(key), f"{found.spelled}[{self._text(key)}]", brittle=True
                )
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *rest], keywords=[]):
                found = self.root(value, names)
                if found is not None and found.kind == "store":
                    inner = ", ".join(self._text(a) for a in (key, *rest))
                    entry = self._entry(found, self._text(key), f"{found.spelled}.get({inner})")
                    return None if entry is None else replace(entry, defaulted=bool(rest))
                return None if found is not None else self._call(node, names)
            case ast.Call(
                func=ast.Name(id="next"), args=[ast.GeneratorExp() as search, default], keywords=[]
            ):
                return self._looked_for(search, default, names)
            case ast.Call():
                return self._copy(node, names) or self._call(node, names)
        return None

    def _looked_for(
        self, search: ast.GeneratorExp, default: ast.expr, names: Mapping[str, Root]
    ) -> Root | None:
        """An entry that is looked for by its name among all of them, as `store.get(name)` would find it."""
        match search:
            case ast.GeneratorExp(
                elt=ast.Name(id=given),
                generators=[
                    ast.comprehension(
                        target=ast.Tuple(elts=[ast.Name(id=name), ast.Name(id=found)]),
                        iter=ast.Call(func=ast.Attribute(value=store, attr="items"), args=[], keywords=[]),
                        ifs=[ast.Compare(left=one, ops=[ast.Eq()], comparators=[other])],
                        is_async=0,
                    )
                ],
            ) if given == found:
                keys = [each for each in (one, other) if not loads(each) & {name, found}]
                asked = [each for each in (one, other) if isinstance(each, ast.Name) and each.id == name]
                whole = self.root(store, names)
                if len(keys) != 1 or not asked or whole is None:
                    return None
                key, text = self._text(keys[0]), self._text(default)
                is_none = isinstance(default, ast.Constant) and default.value is None
                looked = f"{whole.spelled}.get({key})" if is_none else f"{whole.spelled}.get({key}, {text})"
                entry = self._entry(whole, key, looked) if whole.kind == "store" else None
                return None if entry is None else replace(entry, defaulted=not is_none)
        return None

    def _copy(self, node: ast.Call, names: Mapping[str, Root]) -> Root | None:
        """A copy of the whole store right where it is read: nobody else holds what was copied.

        A dictionary of it may look up in another way, which is all the same where one entry is handed over.
        """
        match node:
            case ast.Call(func=ast.Name(id="dict"), args=[inner], keywords=[]) if self.fresh.entry_key:
                pass
            case ast.Call(func=ast.Name(id="copy" | "deepcopy"), args=[inner], keywords=[]):
                pass
            case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[], keywords=[]):
                pass
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="copy"), attr="copy" | "deepcopy"), args=[inner]
            ):
                pass
            case _:
                return None
        found = self.root(inner, names) if isinstance(inner, ast.Call | ast.Await) else None
        return found if found is not None and found.kind == "store" else None

    def _text(self, node: ast.expr) -> str:
        return self.code.segment(node) if hasattr(node, "lineno") else ast.unparse(node)

    def _part(self, found: Root | None, part: object) -> Root | None:
        if found is None or found.kind != "record" or part not in self.entry_parts:
            return None
        return replace(found, kind="entry")

    def _entry(self, store: Root, key: str, spelled: str, *, brittle: bool = False) -> Root | None:
        if self.fresh.entry_key is not None:
            if key != self.fresh.entry_key:
                return None
            spelled = self.fresh.name
        return Root("entry", spelled, key, brittle, doubt=store.doubt)

    def _call(self, node: ast.Call, names: Mapping[str, Root]) -> Root | None:
        spelled = ast.unparse(node.func)
        name = spelled.rsplit(".", 1)[-1]
        name = self.aliases.get(name, name)
        for pattern, counterpart, apart in self.patterns:
            assert isinstance(pattern.func, ast.Name)
            if pattern.func.id != name:
                continue
            if self.home.is_other(node, name):
                return None
            if any(k.arg and (name, k.arg) in self.bypasses for k in node.keywords):
                return None
            if "KEY" not in counterpart:
                return Root("store", self.fresh.name)
            key = self._key(pattern, node)
            if key is None:
                return None
            kind = "record" if apart else "entry"
            if self.fresh.entry_key is not None:
                return Root(kind, self.fresh.name, key) if key == self.fresh.entry_key else None
            prefix = spelled.rsplit(".", 1)[0] + "." if "." in spelled else ""
            text, helpers = _spell(counterpart, self.fresh.name, key, prefix, name)
            if self.fresh.settled_key is not None and "(FRESH" not in counterpart:
                text, helpers = _spell(counterpart, self.fresh.name, self.fresh.settled_key, prefix, name)
            return Root(kind, text, key, helpers=helpers)
        return earlier.earlier(self, node, name) or self._through(node, names)

    def entered(self, effects: Effects) -> str | None:
        """The function of the store that some code calls besides computing; None if there is none."""
        words = (spelled.removesuffix("()").rsplit(".", 1)[-1] for spelled in effects.unknown)
        return next((word for word in words if word in self.doors), None)

    def key_of(self, node: ast.Call) -> str | None:
        """The text of the key that a call reads one entry under; None if it is no such read."""
        name = last_word(node.func)
        for pattern, counterpart, _ in self.patterns:
            if ast.unparse(pattern.func) == self.aliases.get(name, name) and "KEY" in counterpart:
                return self._key(pattern, node)
        return None

    def keyed(self, root: Root, key: str) -> Root:
        """The root looked up under another spelling of its key, where that can be told apart in it."""
        plain = f"({root.key})"
        if root.spelled.count(plain) != 1:
            return root
        return replace(root, key=key, spelled=root.spelled.replace(plain, f"({key})"))

    def _key(self, pattern: ast.Call, node: ast.Call) -> str | None:
        _, key = standing_for("KEY", pattern, node)
        return None if key is None else self._text(key)

    def _through(self, node: ast.Call, names: Mapping[str, Root]) -> Root | None:
        """A function of this file whose one statement returns a read."""
        match node.func:
            case ast.Name(id=name):
                known = self.knowledge.definition(name, node)
            case ast.Attribute(value=value, attr=name):
                known = self.knowledge.method_of(value, name, node)
            case _:
                return None
        if not isinstance(known, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return None
        if isinstance(known, ast.Lambda):
            returned: ast.expr | None = known.body
        else:
            body = [
                s for s in known.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            ]
            returned = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
        if returned is None or (node.keywords and any(k.arg is None for k in node.keywords)):
            return None
        wanted = [n for n in parameters(known) if n not in ("self", "cls")]
        if (loads(returned) - set(wanted)) & set(names):
            # What it closes over is spelled there.
            return None
        given = dict(zip(wanted, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        if set(given) != set(wanted) or any(isinstance(a, ast.Starred) for a in node.args):
            return None
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        own = isinstance(receiver, ast.Name) and receiver.id == "self"
        if not own and any(isinstance(n, ast.Name) and n.id == "self" for n in ast.walk(returned)):
            return None
        swapped = _Swap({name: value for name, value in given.items() if name}, self.code).visit(
            ast.parse(ast.unparse(returned), mode="eval").body
        )
        ast.fix_missing_locations(swapped)
        for inner in ast.walk(swapped):
            for place in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                if hasattr(inner, place):
                    delattr(inner, place)
        return self.root(swapped, names)

    def is_reader(self, statement: ast.stmt) -> bool:
        """Whether a statement binds a function that reads the store whenever it is called."""
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Assign(value=ast.Lambda()):
                return next(self.spelled(statement, {}), None) is not None
        return False

    def spelled(self, node: ast.AST, names: Mapping[str, Root]) -> Iterator[tuple[ast.expr, Root]]:
        """The outermost expressions in a node that are (parts of) a store, names included."""
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
            found = self.root(node, names)
            if found is not None:
                yield node, found
                if isinstance(node, ast.Name):
                    return
                return
        own = own_names(node) & set(names)
        if own:
            names = {name: root for name, root in names.items() if name not in own}
        for child in ast.iter_child_nodes(node):
            yield from self.spelled(child, names)


class _Swap(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr], code: Code) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.given.get(node.id)
        return node if value is None else ast.parse(ast.unparse(value), mode="eval").body


def _spell(
    counterpart: str, fresh: str, key: str, prefix: str, reader: str
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A counterpart with the reserved names filled in, and the functions it calls beside the reader."""
    tree = ast.parse(counterpart, mode="eval")
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}

    def fill(found: re.Match[str]) -> str:
        word = found[0]
        return {"FRESH": fresh, "KEY": key}.get(word, f"{prefix}{word}" if word in called else word)

    text = re.sub(r"(?<![.\w])[A-Za-z_]\w*", fill, counterpart)
    return text, () if prefix else tuple((name, reader) for name in sorted(called))
