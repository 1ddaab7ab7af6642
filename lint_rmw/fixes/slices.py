"""The backward slice of what a section writes: the statements before it that carry stale data in, and the guards on it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from lint_rmw.fixes import attempts, checks, earlier, guards, live, own_writes, preconditions
from lint_rmw.fixes.closures import hidden, rebound
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.gates import Gate, origin
from lint_rmw.fixes.identities import taken_apart, unpacked
from lint_rmw.fixes.moves import Move, Slice
from lint_rmw.fixes.root import EMPTIES, Root
from lint_rmw.fixes.roots import Reads
from lint_rmw.fixes.sharing import Link, changers, spread
from lint_rmw.fixes.site import Guarded, Refused, Site, not_read_here
from lint_rmw.fixes.streams import streams
from lint_rmw.fixes.syntax import (
    GROWING,
    LOOPS,
    Code,
    base_name,
    bindings,
    bound,
    decides,
    deepen,
    free_names,
    leaving,
    loads,
    mutated,
    outer_names,
    own_names,
    parameters,
)
from lint_rmw.fixes.thread_out import used_behind
from lint_rmw.fixes.ties import ties


def slice_of(code: Code, knowledge: Knowledge, reads: Reads, site: Site) -> Slice:
    """Computes the slice; raises `Refused` where a precondition fails."""
    return Slicer(code, knowledge, reads, site).run()


class Slicer:
    """One slice in the making: `roots` and `stale` are what the names stand for at the statement reached."""

    def __init__(self, code: Code, knowledge: Knowledge, reads: Reads, site: Site) -> None:
        self.code = code
        self.knowledge = knowledge
        self.reads = reads
        self.site = site
        self.found = Slice()
        self.roots: dict[str, Root] = {}
        self.stale: set[str] = set()
        self.moves: dict[ast.stmt, Move] = {}
        self.refreshed: dict[ast.stmt, set[str]] = {}
        self.items: dict[str, Root] = {}
        self.leaving: list[ast.stmt] = []

    def run(self) -> Slice:
        site = self.site
        for statement in list(site.prior):
            if statement is site.region:
                continue
            if isinstance(statement, Gate) and not self._is_stale(statement.test):
                site.prior.remove(statement)
            elif isinstance(statement, ast.Try) and (inner := attempts.opened(self, statement)):
                place = site.prior.index(statement)
                site.prior[place : place + 1] = inner
                for each in inner:
                    self._visit(each)
                if not any(isinstance(each, attempts.Absence) for each in inner):
                    attempts.settled(self, inner[-1])
            else:
                self._visit(statement)
        self._ancestors()
        found = self.found
        found.roots, found.stale = dict(self.roots), self.stale | set(self.roots)
        self._inside()
        if not found.uses and not found.inline:
            deciding = [m.statement for m in self.moves.values() if m.kind == "guard"]
            if deciding:
                raise Guarded(deciding, "what is written is read in another function")
            raise not_read_here(self.code, self.site, self.region(), self.reads.entrances)
        self._backwards()
        return found

    def _is_stale(self, node: ast.AST) -> bool:
        if loads(node) & (self.stale | {n for n, r in self.roots.items() if r.kind != "record"}):
            return True
        return any(r.kind != "record" for _, r in self.reads.spelled(node, self.roots))

    def _visit(self, statement: ast.stmt) -> None:
        before = dict(self.roots)
        bound_here = list(bindings(statement))
        simple = isinstance(statement, ast.Assign | ast.AnnAssign)
        if simple and len(bound_here) == 1:
            name, value = bound_here[0]
            root = self._root_like(value)
            if root is not None:
                self.forget([name])
                self.roots[name] = root
                self.moves[statement] = Move(statement, "root", before, name, root, value)
                return
        if simple and unpacked(self, statement, before):
            return
        if isinstance(statement, ast.If) and guards.met(self, statement, before):
            return
        if isinstance(statement, ast.Expr) and self._refreshed(statement, before):
            return
        if isinstance(statement, ast.With | ast.AsyncWith) and self._looked(statement, before):
            return
        if isinstance(statement, ast.Assert) and self._is_stale(statement.test):
            self.moves[statement] = Move(statement, "guard", before)
            return
        given = bound(statement) | rebound(self.knowledge, statement)
        touched = given | set(self.knowledge.changed(statement))
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if self._is_stale(statement):
                self.stale.add(statement.name)
                self.moves[statement] = Move(statement, "plain", before)
            return
        if self._is_stale(statement) and checks.is_check(self, statement):
            self.moves[statement] = Move(statement, "check", before)
            return
        if self._is_stale(statement) and next(leaving([statement]), None) is not None:
            self.leaving.append(statement)
        if self._is_stale(statement) or touched & set(self.roots) & set(self.knowledge.changed(statement)):
            self.moves[statement] = Move(statement, "plain", before)
            if not isinstance(statement, ast.Expr) or self.knowledge.changed(statement):
                for name in touched:
                    if name not in self.roots:
                        self.stale.add(name)
            for name in given & set(self.roots):
                del self.roots[name]
                self.stale.add(name)
        else:
            self.forget(bound(statement) if simple else ())
            if touched:
                self.moves.setdefault(statement, Move(statement, "plain", before))

    def forget(self, names: Iterable[str]) -> None:
        """Takes it that names stand for nothing stale from here on."""
        for name in names:
            self.roots.pop(name, None)
            self.stale.discard(name)

    def _root_like(self, value: ast.expr) -> Root | None:
        root = self.reads.root(value, self.roots)
        if root is not None:
            return root
        if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or) and len(value.values) == 2:
            first, second = value.values
            root = self.reads.root(first, self.roots)
            if root is not None and root.kind == "entry" and ast.unparse(second) in EMPTIES:
                return Root(
                    "entry",
                    root.spelled if self.site.hands_entry else f"{root.spelled} or {ast.unparse(second)}",
                    root.key,
                    defaulted=True,
                    doubt=root.doubt,
                    helpers=root.helpers,
                )
        return None

    def _refreshed(self, statement: ast.Expr, before: dict[str, Root]) -> bool:
        """An earlier section that only leaves what it saw in outer names: its mutator may look once more."""
        call = statement.value
        if not isinstance(call, ast.Call) or self.site.hands_entry:
            return False
        taker = earlier.taker(self.reads, call)
        if taker is None:
            return False
        outer = outer_names(taker) | (set(mutated(taker.body)) - bound(taker.body))
        if any(
            isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in GROWING
            for n in ast.walk(taker)
        ) or any(isinstance(n, ast.AugAssign) for n in ast.walk(taker)):
            return False
        self.stale |= outer
        self.moves[statement] = Move(statement, "refresh", before, taker.name)
        self.refreshed[statement] = outer
        return True

    def _looked(self, statement: ast.With | ast.AsyncWith, before: dict[str, Root]) -> bool:
        """An earlier `with` section whose one statement binds what it saw."""
        match statement.body:
            case [ast.Assign(targets=[ast.Name(id=name)], value=value)]:
                spelled = earlier.looked(self.reads, statement, value)
            case _:
                return False
        if spelled is None or not self.knowledge.of(value).none or loads(value) & self.stale:
            return False
        self.forget([name])
        root = Root("value", spelled, brittle=True)
        self.roots[name] = root
        self.moves[statement] = Move(statement, "root", before, name, root, value)
        return True

    def leaves(self, last: ast.stmt) -> bool:
        """Whether a statement leaves the function, or the round of the loop that the section is in, too."""
        if isinstance(last, ast.Return | ast.Raise):
            return True
        if not isinstance(last, ast.Continue | ast.Break):
            return False
        inner = next((n for n in self.site.ancestors if isinstance(n, LOOPS)), None)
        return (
            inner is not None
            and next((n for n in self.code.around(last) if isinstance(n, LOOPS)), 0) is inner
        )

    def _ancestors(self) -> None:
        gated = {origin(move.statement) for move in self.moves.values()}
        # A loop binds what a test inside it asks for.
        for node in reversed(self.site.ancestors):
            if node in gated:
                continue
            match node:
                case ast.If(test=test) | ast.While(test=test) if self._is_stale(test):
                    raise Refused(
                        f"the stale condition at line {node.lineno} decides whether the section is opened at all"
                    )
                case ast.For(
                    target=ast.Tuple(elts=[ast.Name(id=key), ast.Name(id=item)]),
                    iter=ast.Call(func=ast.Attribute(value=store, attr="items")),
                ) if self._whole(store) and not self.site.hands_entry:
                    self.items[item] = Root("entry", f"{self.site.fresh}[{key}]", key, brittle=True)
                    self.stale.add(item)
                case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated) if self._is_stale(iterated):
                    raise Refused(f"the section stands in a loop over what was read at line {node.lineno}")
                case ast.Match(subject=subject) if self._is_stale(subject):
                    raise Refused(f"the stale value at line {node.lineno} decides which section is opened")
                case ast.ExceptHandler() | ast.Try() | ast.With() | ast.AsyncWith() | ast.If():
                    continue

    def _whole(self, node: ast.expr) -> bool:
        root = self.reads.root(node, self.roots)
        return root is not None and root.kind == "store"

    def region(self) -> list[ast.AST]:
        """The code that runs inside the section."""
        site = self.site
        if site.form in ("def",):
            inside: list[ast.AST] = [site.region]
        elif site.form == "with":
            inside = list(site.body)
        else:
            inside = [site.region]
        if site.section.form == "decorator" and site.call is not None:
            inside += [*site.call.args, *(k.value for k in site.call.keywords)]
        return inside

    def _inside(self) -> None:
        found, inside = self.found, self.region()
        if self.site.form == "with" and self.site.fresh in found.stale:
            raise Refused(f"'{self.site.fresh}' is the fresh state inside, and what was read before it")
        fresh = self._fresh_names(inside)
        for node in [n for part in inside for n in ast.walk(part)]:
            if isinstance(node, ast.Compare) and decides(self.code, node):
                sides = [node.left, *node.comparators]
                old = [s for s in sides if loads(s) & found.stale]
                new = [s for s in sides if loads(s) & fresh]
                if old and new and not any(s in old for s in new):
                    found.kept.append(node)
        spared = {n for node in found.kept for n in ast.walk(node)}
        found.uses = [
            n for n in free_names(inside) if n.id in found.stale and n not in spared and not self._identity(n)
        ]
        records = taken_apart(self, inside)
        found.inline = [
            (node, root)
            for part in inside
            for node, root in self.reads.spelled(part, found.roots)
            if not isinstance(node, ast.Name) and root.kind != "record" and node not in spared
        ]
        found.inline += found.taken_apart.values()
        if records:
            functions = ast.FunctionDef, ast.AsyncFunctionDef
            bodies = [s for p in inside for s in (p.body if isinstance(p, functions) else [p])]
            found.inline += [
                (node, root)
                for s in bodies
                for node, root in self.reads.spelled(s, records)
                if root.kind == "entry" and base_name(node) in records
            ]
        for use in [u for u in found.uses if u.id in self.items]:
            if any(use.id in loads(statement) for statement in self.site.prior):
                raise Refused(f"'{use.id}' is worked on in the loop before the section is opened")
            found.inline.append((use, self.items[use.id]))
        found.items = {self.items[u.id].key for u in found.uses if u.id in self.items}
        for node, root in found.inline:
            within = set(ast.walk(node))
            # What the key is made of is needed for the fresh look-up, too.
            keyed = loads(ast.parse(root.key or "0", mode="eval")) - {base_name(node)}
            found.uses = [n for n in found.uses if n not in within or n.id in keyed]

    def _identity(self, name: ast.Name) -> bool:
        root = self.roots.get(name.id)
        return root is not None and root.kind == "record"

    def _fresh_names(self, inside: list[ast.AST]) -> set[str]:
        names = {self.site.fresh}
        for _ in range(2):
            for part in inside:
                for node in ast.walk(part):
                    if isinstance(node, ast.Assign) and base_name(node.value) in names:
                        names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        return names

    def _backwards(self) -> None:
        found, site = self.found, self.site
        needed = {n.id for n in found.uses}
        inside = self.region()
        # A mutator that stands among them, by itself or as a value, is what runs inside.
        prior = [s for s in site.prior if all(n is not site.region for n in ast.walk(s))]
        tied = found.tied = ties(prior, inside, site.fresh, self.reads.entrances)
        handles = {n for s in prior for n, value in bindings(s) if changers(value)}
        needed |= self._worked_on(prior, tied)
        own = own_names(site.region) - self._given()
        deepen(found.changed, self.knowledge.changed_in(inside).items())
        found.changed |= dict.fromkeys(loads(inside) & handles, True)
        found.readers = {n for s in self.moves for n in bound(s) if self.reads.is_reader(s)}
        # What is used behind the section is what was made inside, so all that was done to it is done there.
        moved = self._collected(needed, tied, handles)
        made = {n for m in moved if m.kind == "plain" for n in bound(m.statement)} & self.stale
        made -= found.readers
        if made & used_behind(site) - needed:
            moved = self._collected(needed | (made & used_behind(site)), tied, handles)
        found.moves = moved[::-1]
        again = found.readers & {n for m in moved for n in bound(m.statement)} & used_behind(site)
        if again and site.form == "with":
            raise Refused(f"'{sorted(again)[0]}' reads the store behind the section, too")
        for statement in self.leaving:
            if all(m.statement is not statement for m in moved):
                found.doubts.append(
                    f"line {statement.lineno} leaves on what was read before, and that is not asked again inside"
                )
        found.changed = {n: deep for n, deep in spread(found.changed, tied).items() if n not in own}
        live.settle(self, tied)
        preconditions.check(self)
        own_writes.doubt(self)

    def _collected(self, wanted: set[str], tied: list[Link], handles: set[str]) -> list[Move]:
        """The statements that make, or work on, what is wanted, last first."""
        found, needed = self.found, set(wanted)
        drawn = streams(self.knowledge, self.site.prior)
        moved: list[Move] = []
        for statement in reversed(list(self.moves)):
            move = self.moves[statement]
            if move.kind in ("guard", "check"):
                moved.append(move)
                needed |= self._used(move)
                if move.name:
                    needed.discard(move.name)
                continue
            if move.kind == "refresh":
                if self.refreshed[statement] & needed:
                    moved.append(move)
                    needed -= self.refreshed[statement]
                continue
            changed = self.knowledge.changed(statement) | dict.fromkeys(loads(statement) & handles, True)
            if move.kind != "root":
                changed |= dict.fromkeys(hidden(self.knowledge, statement, self.site.function), True)
            for name in loads(statement) & set(drawn):
                changed = dict.fromkeys(drawn[name], False) | changed
            binds = bound(statement) | rebound(self.knowledge, statement)
            if not (binds | set(spread(changed, tied))) & needed:
                continue
            if move.kind == "root" and move.root is not None and move.root.kind == "record":
                continue
            moved.append(move)
            deepen(found.changed, changed.items())
            if _always_binds(statement):
                needed -= bound(statement) - set(changed)
            if move.kind == "root":
                needed.discard(move.name)
            needed |= self._used(move) | (set(changed) - set(parameters(self.site.function)))
        return moved

    def _given(self) -> set[str]:
        """Parameters of the region that are given an outer name of the same spelling."""
        return {n.id for n in self.found.uses}

    def _worked_on(self, prior: list[ast.stmt], tied: list[Link]) -> set[str]:
        """The names looked up inside that were changed before: a look-up in the fresh state would not see that."""
        found = self.found
        worked = spread(self.knowledge.changed(prior), tied)
        named = {n for node, _ in found.inline if (n := base_name(node)) in worked and n in self.roots}
        moved = {node for node, _ in found.inline if base_name(node) in named}
        found.inline = [(node, root) for node, root in found.inline if node not in moved]
        found.uses += [n for node in moved for n in free_names(node) if n.id in named]
        return named

    def _used(self, move: Move) -> set[str]:
        read = move.value if move.kind == "root" else move.statement
        if read is None:
            return set()
        # A reader is not called inside, its counterpart is looked up.
        swapped = {n for node, _ in self.reads.spelled(read, move.roots) for n in ast.walk(node)}
        names = {n.id for n in free_names(read) if n not in swapped or n.id not in self.found.readers}
        # A name that was clean when it was read here stays outside and is captured.
        return {n for n in names if n in self.stale or (n in self.roots and self.roots[n].kind != "record")}


def _always_binds(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef)
