"""A fix being written: moves a slice into its region, swaps stale roots for fresh ones, keeps outside what is needed there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from lint_rmw.fixes import (
    clashes,
    guards,
    handed,
    hoist_minted,
    lambda_to_def,
    missing,
    outside,
    region,
    streams,
    thread_out,
    wrap_mutator,
)
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.imports import import_changes
from lint_rmw.fixes.layout import Change, changed_text, lifted, line_start, removed
from lint_rmw.fixes.moves import Move, Slice
from lint_rmw.fixes.names import fresh_name, refuse_named, taken, unused
from lint_rmw.fixes.root import Root
from lint_rmw.fixes.roots import Reads
from lint_rmw.fixes.site import Refused, Site, parts_of
from lint_rmw.fixes.syntax import Code, base_name, bound, branches, free_names, loads, shallow


@dataclass(eq=False)
class Draft:
    """The changes so far, what is unsafe about them, and what goes to the top of the region."""

    code: Code
    knowledge: Knowledge
    reads: Reads
    site: Site
    slice: Slice
    changes: list[Change] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)
    imports: list[tuple[str, str]] = field(default_factory=list)
    gone: set[ast.stmt] = field(default_factory=set)
    shared: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    aliases: set[ast.stmt] = field(default_factory=set)
    replaced: set[ast.stmt] = field(default_factory=set)
    headed: set[ast.stmt] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)
    flags: dict[str, str] = field(default_factory=dict)
    carried: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    depth: int = 0

    def write(self) -> None:
        """Writes everything; raises `Refused`."""
        self.known = taken(self.code, self.site.function) | {self.site.fresh}
        self.doubts += self.slice.doubts
        missing.doubt(self)
        self.carried = clashes.carried_out(self)
        self._name_roots()
        clashes.refuse_capture(self)
        outside.drop(self)
        streams.doubt(self)
        clashes.doubt_twice(self)
        clashes.doubt_rebound(self)
        outside.unname(self)
        lines = self._lines()
        self.shared += sorted({*thread_out.later_names(self), *self._carried_by_name()})
        if self.site.form == "wrap":
            wrap_mutator.write(self, lines)
        elif self.site.form == "lambda":
            lambda_to_def.write(self, lines)
        else:
            region.into_body(self, lines)
        self.changes += removed(self.code, list(self.gone), frozenset(self.replaced), frozenset(self.headed))
        region.surroundings(self)

    def join(self, other: Draft) -> None:
        """Takes over what another draft, of the same file, changes elsewhere."""
        self.changes += [change for change in other.changes if change not in self.changes]
        self.imports += [wanted for wanted in other.imports if wanted not in self.imports]
        self.doubts += other.doubts
        self.slice.moves += other.slice.moves

    def all_changes(self) -> list[Change]:
        """The changes with the imports they need."""
        return [*self.changes, *import_changes(self.code, self.imports)]

    @property
    def indent(self) -> str:
        """The indentation inside the region, where the lines written last stand."""
        return self.outer_indent + self.code.step * self.depth

    @property
    def outer_indent(self) -> str:
        """The indentation of the region's first line."""
        site, code = self.site, self.code
        if site.form in ("def", "with"):
            first = site.body[0]
            outer = code.indent(code.statement(site.region))
            if first.lineno != site.region.lineno:  # type: ignore[attr-defined]
                return code.indent(first)
            return outer + code.step
        return code.indent(site.statement) + code.step

    def _name_roots(self) -> None:
        again = {n for m in self.slice.moves if m.kind == "plain" for n in bound(m.statement)}
        self.rebound = {m.name for m in self.slice.moves if m.name in again}
        for move in self.slice.moves:
            if move.root is None or move.root.kind == "record":
                continue
            name, root = move.name, move.root
            changed = name in self.slice.changed
            if name in self.rebound and root.kind != "record":
                # The name stands for more than the root, so all of it is renamed and the root bound to it.
                if self.site.hands_entry or root.kind == "store":
                    raise Refused(f"'{name}' is bound again before the section")
                self.renames.setdefault(name, unused(fresh_name(name, root.kind), self.known))
                continue
            if isinstance(move.value, ast.Name) and move.value.id in self.renames:
                self.renames[name] = self.renames[move.value.id]
                self.aliases.add(move.statement)
                continue
            if name in self.carried:
                # Code behind the section goes on with it under this name.
                self.renames[name] = name
                continue
            if self.site.hands_entry and root.kind == "store":
                if not self._only_this_entry(name):
                    raise Refused(f"the section hands over one entry, and '{name}' is used for more")
                self.renames[name] = self.site.fresh
                continue
            if (self.site.hands_entry and not changed) or (
                root.kind == "store" and not changed and self._only_looked_up(name)
            ):
                self.renames[name] = self.site.fresh
            elif name not in self.renames:
                self.renames[name] = unused(fresh_name(name, root.kind), self.known)
        for name, root in self.slice.roots.items():
            # Read in an argument of the section itself, or bound where it cannot be moved from.
            if (
                name not in self.renames
                and root.kind != "record"
                and any(u.id == name for u in self.slice.uses)
            ):
                raise Refused(f"'{name}' is bound where it cannot be moved from")

    def _carried_by_name(self) -> set[str]:
        return set() if self.site.form == "with" else self.carried

    def _only_this_entry(self, name: str) -> bool:
        nodes: list[ast.AST] = [u for u in self.slice.uses if u.id == name]
        names = {m.name: m.root for m in self.slice.moves if m.root is not None}
        for move in self.slice.moves:
            if move.kind != "root" or move.name != name:
                nodes += [n for n in free_names(move.value or move.statement) if n.id == name]
        for node in nodes:
            parent = self.code.parents[node]
            whole = self.code.parents[parent] if isinstance(parent, ast.Attribute) else parent
            root = self.reads.root(whole, names) if isinstance(whole, ast.expr) else None
            if root is None or root.kind != "entry":
                return False
        return True

    def _only_looked_up(self, name: str) -> bool:
        nodes: list[ast.Name] = [u for u in self.slice.uses if u.id == name]
        for move in self.slice.moves:
            if move.kind != "root" or move.name != name:
                nodes += [n for n in free_names(move.statement) if n.id == name]
        for node in nodes:
            parent = self.code.parents.get(node)
            looked_up = (
                isinstance(parent, ast.Subscript)
                and parent.value is node
                and isinstance(parent.ctx, ast.Load)
            )
            looked_up = looked_up or (isinstance(parent, ast.Attribute) and parent.attr == "get")
            looked_up = looked_up or (
                isinstance(parent, ast.Compare)
                and isinstance(parent.ops[0], ast.In | ast.NotIn)
                and parent.left is not node
            )
            if not looked_up:
                return False
        return True

    def rewritten(self, node: ast.AST, roots: Mapping[str, Root]) -> list[Change]:
        """The changes that make a piece of code read fresh."""
        code = self.code
        bound_stores = {n for n, new in self.renames.items() if new != self.site.fresh}
        plain = {n: r for n, r in roots.items() if not (r.kind == "store" and n in bound_stores)}
        changes: list[Change] = []
        refuse_named(code, node, set(self.renames))
        for found, root in self.reads.spelled(node, plain):
            if isinstance(found, ast.Name):
                continue
            if root.kind == "record":
                continue
            if root.kind == "store" and self.site.hands_entry:
                raise Refused(f"the section hands over one entry, and line {found.lineno} reads all of them")
            self._use(root)
            text = self.spelled(root)
            if found in self.slice.private:
                flat = _flat_copy(self.code, found)
                if flat is not None:
                    # One copy is enough, if it goes all the way down.
                    changes.append((code.start(flat), code.end(flat), self._deepcopy()))
                else:
                    text = f"{self._deepcopy()}({text})"
            changes.append((code.start(found), code.end(found), text))
        for name in free_names(node):
            if name.id in self.renames:
                changes.append((code.start(name), code.end(name), self.renames[name.id]))
        for stored in shallow(node):
            if (
                isinstance(stored, ast.Name)
                and isinstance(stored.ctx, ast.Store)
                and stored.id in self.rebound
            ):
                changes.append((code.start(stored), code.end(stored), self.renames.get(stored.id, stored.id)))
        return changes

    def spelled(self, root: Root) -> str:
        """How a root is looked up inside, by a key that is made of what is fresh itself."""
        names = [n for n in free_names(ast.parse(root.key or "0", mode="eval")) if n.id in self.renames]
        if names and ("\n" in root.key or any(n.id == self.site.fresh for n in names)):
            raise Refused(f"the key {ast.unparse(ast.parse(root.key))} is itself read before the section")
        whole = free_names(ast.parse(root.spelled, mode="eval"))
        # The key, and what stands in for a missing entry.
        stale = [n for n in whole if n.id in self.renames and n.id != self.site.fresh and n.lineno == 1]
        text = root.spelled.encode()
        for name in sorted(stale, key=lambda n: -n.col_offset):
            text = text[: name.col_offset] + self.renames[name.id].encode() + text[name.end_col_offset :]
        return text.decode()

    def _use(self, root: Root) -> None:
        self.imports += [h for h in root.helpers if h not in self.imports]
        if root.doubt and root.doubt not in self.doubts:
            self.doubts.append(root.doubt)

    def _lines(self) -> list[str]:
        """The moved statements as lines for the top of the region."""
        lines = self._item_lines()
        for move in self.slice.moves:
            if move.kind == "root":
                lines += self._root_lines(move)
            elif move.kind == "refresh":
                lines.append(f"{self.indent}{move.name}({self.site.fresh})")
            elif move.kind == "guard":
                lines += guards.guard_lines(self, move)
            else:
                changes = self.rewritten(move.statement, move.roots)
                minted = hoist_minted.hoisted(self, move.statement)
                changes += minted
                if move.statement not in self.gone:
                    # Both must have the same one.
                    self.changes += minted
                changes += self._unannotated(move.statement)
                moved = lifted(
                    self.code, move.statement, changes, self.indent, comments=move.statement in self.gone
                )
                if isinstance(move.statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    moved = [*([""] if lines and lines[-1] else []), *moved, ""]
                lines += moved
        return lines + handed.lines(self)

    def _unannotated(self, statement: ast.stmt) -> list[Change]:
        """A name that is another function's cannot be annotated again."""
        if not isinstance(statement, ast.AnnAssign) or statement.value is None:
            return []
        target = statement.target
        if not isinstance(target, ast.Name):
            return []
        told = {n for m in self.slice.moves for each in _guards(m.statement) for n in loads(each.body)}
        if target.id not in {*thread_out.later_names(self), *told}:
            return []
        code = self.code
        end = code.end(statement.annotation)
        return [(code.end(target), code.text.index("=", end), " ")]

    def _item_lines(self) -> list[str]:
        """In a loop over the stale store: what became of a key that is gone."""
        site, lines = self.site, []
        for key in sorted(self.slice.items):
            asked = any(
                isinstance(n, ast.Compare)
                and isinstance(n.ops[0], ast.In)
                and ast.unparse(n.left) == key
                and ast.unparse(n.comparators[0]) == site.fresh
                for part in parts_of(site)
                for n in ast.walk(part)
            )
            if asked:
                continue
            if site.form != "with" and not isinstance(site.statement, ast.Expr):
                raise Refused("the section's result is used in a loop over what was read before")
            leave = "continue" if site.form == "with" else "return None"
            lines += [f"{self.indent}if {key} not in {site.fresh}:", f"{self.indent}{self.code.step}{leave}"]
        return lines

    def binding(self, move: Move) -> str | None:
        """The statement that binds a root's fresh name; None if the name of the region's parameter does."""
        root = move.root
        if root is None or root.kind == "record" or self.renames.get(move.name) == self.site.fresh:
            return None
        if move.statement in self.aliases:
            return None
        assert move.value is not None
        if self.site.hands_entry:
            value = self.site.fresh
            self._use(root)
        elif root.kind == "store":
            value = self.site.fresh
        elif root.kind == "value" or isinstance(
            getattr(move.statement, "targets", [None])[0], ast.Tuple | ast.List
        ):
            value = self.spelled(root)
            self._use(root)
        else:
            start, end = self.code.start(move.value), self.code.end(move.value)
            value = changed_text(self.code, start, end, self.rewritten(move.value, move.roots))
            if isinstance(move.value, ast.Await):
                value = self.spelled(root)
        value = self._private(move, root, value)
        return f"{self.renames[move.name]} = {value}"

    def _private(self, move: Move, root: Root, value: str) -> str:
        """A reader hands out a copy of its own, the section the state itself: what is changed is copied first."""
        name = move.name
        if root.kind == "store" and name not in self.slice.changed:
            return f"{value}.copy()"
        if name not in self.slice.changed:
            return value
        # `entry or {}` of what has a fresh name already is that, or something new.
        first = move.value.values[0] if isinstance(move.value, ast.BoolOp) else move.value
        source = base_name(first) if first is not None else None
        if self.renames.get(source or "", self.site.fresh) != self.site.fresh:
            # A part of what was copied already, and is to see the change.
            return value
        deep = self.slice.changed[name]
        if not deep and root.kind == "store":
            # Not dict(): the store may be more than that, and the copy must find what it finds.
            return f"{value}.copy()"
        if not deep and (root.brittle or self.site.hands_entry):
            return f"dict({value})" if "dict" not in self.known else f"{{**{value}}}"
        return f"{self._deepcopy()}({value})"

    def _deepcopy(self) -> str:
        for node in self.code.tree.body:
            if isinstance(node, ast.Import) and any(a.name == "copy" and not a.asname for a in node.names):
                return "copy.deepcopy"
            if isinstance(node, ast.ImportFrom) and node.module == "copy":
                for alias in node.names:
                    if alias.name == "deepcopy":
                        return alias.asname or "deepcopy"
        if "copy" in self.known:
            raise Refused("a copy of the fresh entry is needed, and the name 'copy' is taken")
        self.imports.append(("copy", ""))
        return "copy.deepcopy"

    def _root_lines(self, move: Move) -> list[str]:
        text = self.binding(move)
        if text is None:
            return []
        lines = [f"{self.indent}{text}"]
        if move.statement in self.gone:
            first = self.code.statement(move.statement)
            whole = lifted(self.code, first, [], self.indent, comments=True)
            above = [line for line in whole if line.lstrip().startswith("#")]
            tail = self._tail(first)
            lines = [*above, f"{lines[0]}{tail}"]
        return lines

    def _tail(self, statement: ast.stmt) -> str:
        last = statement.end_lineno or statement.lineno
        line = self.code.source.lines[last - 1]
        rest = self.code.text[self.code.end(statement) : line_start(self.code, last) + len(line)]
        return rest.rstrip() if rest.strip().startswith("#") else ""


def _guards(statement: ast.stmt) -> list[ast.If]:
    return branches(statement) if isinstance(statement, ast.If) else []


def _flat_copy(code: Code, node: ast.expr) -> ast.expr | None:
    """The function that makes a flat copy of a value right where it is read, if that can be a deep one as well."""
    match code.parents.get(node):
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="copy"), attr="copy") as function, args=[_], keywords=[]
        ):
            return function
    return None
