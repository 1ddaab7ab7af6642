"""What a file holds: its imports, functions and classes, and which of its top-level statements are worth a look.

Found with `ast`, which costs a tenth of LibCST; only the statements that reach a section, their callers and what
they use are parsed into concrete syntax.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst

from lint_rmw.flow.fields import is_mapping_in
from lint_rmw.source import Piece, Scan, Source, SourceError, parse_piece
from lint_rmw.store import StoreProfile

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the file: its methods, its bases' names, its fields' annotations, in order, and first values."""

    name: str
    node: cst.ClassDef
    piece: Piece
    methods: dict[str, cst.FunctionDef]
    bases: tuple[str, ...]
    fields: dict[str, str]
    values: dict[str, cst.BaseExpression]


@dataclass(eq=False)
class Module:
    """One file, ready for the walk: what is defined where, what an imported name means, where to begin."""

    source: Source
    tree: ast.Module
    profiles: tuple[StoreProfile, ...]
    imports: dict[str, str]
    functions: dict[str, tuple[cst.FunctionDef, Piece]] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    statements: list[tuple[cst.CSTNode, Piece]] = field(default_factory=list)
    touching: frozenset[str] = frozenset()
    reaching: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    sharing: frozenset[str] = frozenset()
    skipped: list[str] = field(default_factory=list)
    mappings: dict[str, bool] = field(default_factory=dict)

    def is_mapping(self, name: str) -> bool:
        """Whether fields of that name are mappings in this file; looked for when it is first asked."""
        if name not in self.mappings:
            self.mappings[name] = is_mapping_in(self.tree, self.source.lines, name)
        return self.mappings[name]

    def method(self, klass: Class, name: str) -> tuple[cst.FunctionDef, Piece] | None:
        """The method a class has or inherits within the file."""
        seen: set[str] = set()
        pending = [klass]
        while pending:
            here = pending.pop(0)
            if here.name in seen:
                continue
            seen.add(here.name)
            if name in here.methods:
                return here.methods[name], here.piece
            pending.extend(self.classes[base] for base in here.bases if base in self.classes)
        return None

    def declared(self, annotation: str) -> Class | None:
        """The class of the file that an annotation names, if it is the only one, and itself what is handed over."""
        named = [
            self.classes[word] for word in dict.fromkeys(_WORD.findall(annotation)) if word in self.classes
        ]
        if len(named) != 1 or not named[0].methods or {"Protocol", "ABC"} & set(named[0].bases):
            return None
        inherited = any(named[0].name in klass.bases for klass in self.classes.values())
        whole = annotation.strip("\"'").removesuffix(" | None").removeprefix("Optional[").removesuffix("]")
        return None if inherited or whole != named[0].name else named[0]


@dataclass(eq=False)
class _Unit:
    """A top-level statement, or a method: the names it uses and defines."""

    names: frozenset[str]
    scan: Scan
    statement: ast.stmt

    @property
    def used(self) -> frozenset[str]:
        return self.scan.used


def active_profiles(profiles: Iterable[StoreProfile], imported: Iterable[str]) -> tuple[StoreProfile, ...]:
    """The profiles whose `imports` the file has, or that ask for none."""
    roots = tuple(imported)
    return tuple(
        profile
        for profile in profiles
        if not profile.imports
        or any(
            name == wanted or name.startswith(f"{wanted}.") for wanted in profile.imports for name in roots
        )
    )


def index(source: Source, tree: ast.Module, profiles: Iterable[StoreProfile]) -> Module | None:
    """Indexes a file; None when no statement of it can hold a section."""
    units = [unit for statement in tree.body for unit in _units(statement)]
    imports, modules = _imports(tree)
    active = active_profiles(profiles, modules)
    module = Module(source, tree, active, imports)
    sections, all_words, locks = _words(active, imports)

    def names_section(used: frozenset[str]) -> bool:
        return bool(used & sections) or (
            locks and any("lock" in name.lower() or "mutex" in name.lower() for name in used)
        )

    reaching = [unit for unit in units if names_section(unit.used)]
    if not reaching:
        return None
    users = _users(units)
    touching = _closure([unit for unit in units if unit.used & all_words or names_section(unit.used)], users)
    reaching = _closure(reaching, users)
    module.touching = frozenset(name for unit in touching for name in unit.names)
    reaching = _with_sharers(units, reaching, touching)
    module.reaching = frozenset(name for unit in reaching for name in unit.names)
    wanted = _uses(units, reaching)
    variables = _variables(units)
    module.sharing = frozenset(name for unit in reaching if unit.used & variables for name in unit.names)
    module.called = frozenset[str]().union(*(unit.used for unit in units))
    ids = {id(unit.statement) for unit in wanted}
    deep = {id(unit.statement) for unit in units if id(unit.statement) in ids and unit.scan.too_deep(source)}
    _parse(module, tree, ids, deep)
    return module


def _units(statement: ast.stmt) -> Iterator[_Unit]:
    if isinstance(statement, ast.ClassDef):
        for part in statement.body:
            names = [statement.name]
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                names.append(part.name)
            names.extend(_defined_in(part))
            yield _Unit(frozenset(names), Scan([part], 1), statement)
        outside = [*statement.bases, *statement.decorator_list]
        yield _Unit(frozenset((statement.name,)), Scan(outside, 1), statement)
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        yield _Unit(frozenset((statement.name,)), Scan([statement]), statement)
    else:
        scan = Scan([statement])
        yield _Unit(frozenset(scan.stored) | _defined_in(statement), scan, statement)


def _defined_in(statement: ast.stmt) -> frozenset[str]:
    """The functions and classes that a compound statement of the module defines, at any depth."""
    names: set[str] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            for block in ("body", "orelse", "handlers", "finalbody"):
                pending.extend(getattr(node, block, ()))
    return frozenset(names)


def _imports(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    names: dict[str, str] = {}
    modules: set[str] = set()
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                modules.add(alias.name)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
                modules.update((node.module or "", f"{node.module or ''}.{alias.name}"))
        else:
            for name in ("body", "orelse", "handlers", "finalbody"):
                pending.extend(getattr(node, name, ()))
    return names, modules


def _words(
    profiles: tuple[StoreProfile, ...], imports: dict[str, str]
) -> tuple[frozenset[str], frozenset[str], bool]:
    sections = {p.word for profile in profiles for p in (*profile.section, *profile.save) if p.word}
    locks = any(not p.word for profile in profiles for p in profile.section)
    others = {
        p.word
        for profile in profiles
        for patterns in (profile.read, profile.fresh, profile.save, profile.write)
        for p in patterns
        if p.word
    }
    for local, dotted in imports.items():
        last = dotted.rsplit(".", 1)[-1]
        if last in sections:
            sections.add(local)
        if last in others:
            others.add(local)
    return frozenset(sections), frozenset(sections | others), locks


def _users(units: list[_Unit]) -> dict[str, list[_Unit]]:
    """Who uses each name that the file defines."""
    defined = frozenset[str]().union(*(unit.names for unit in units))
    users: dict[str, list[_Unit]] = {}
    for unit in units:
        for name in unit.used & defined:
            users.setdefault(name, []).append(unit)
    return users


def _closure(found: list[_Unit], users: dict[str, list[_Unit]]) -> list[_Unit]:
    """Those units, and the ones that use what such a unit defines, at any depth."""
    found = list(found)
    taken = {id(unit) for unit in found}
    pending = list(found)
    while pending:
        unit = pending.pop()
        for name in unit.names:
            for user in users.get(name, ()):
                if id(user) not in taken:
                    taken.add(id(user))
                    found.append(user)
                    pending.append(user)
    return found


def _with_sharers(units: list[_Unit], reaching: list[_Unit], touching: list[_Unit]) -> list[_Unit]:
    """Those units, and the ones that read a store and share a global variable with them."""
    variables = _variables(units)
    shared = {name for unit in reaching for name in unit.used & variables}
    taken = {id(unit) for unit in reaching}
    return reaching + [unit for unit in touching if id(unit) not in taken and unit.used & shared]


def _variables(units: list[_Unit]) -> frozenset[str]:
    """The names that the module's own statements bind."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return frozenset(
        name for unit in units if not isinstance(unit.statement, definitions) for name in unit.names
    )


def _uses(units: list[_Unit], start: list[_Unit]) -> list[_Unit]:
    """Those units, and whatever they use that the file defines, at any depth."""
    makers: dict[str, list[_Unit]] = {}
    for unit in units:
        for name in unit.names:
            makers.setdefault(name, []).append(unit)
    taken = {id(unit) for unit in start}
    found, pending = list(start), list(start)
    while pending:
        for name in pending.pop().used:
            for maker in makers.get(name, ()):
                if id(maker) not in taken:
                    taken.add(id(maker))
                    found.append(maker)
                    pending.append(maker)
    return found


def _parse(module: Module, tree: ast.Module, wanted: set[int], deep: set[int]) -> None:
    runs: list[list[int]] = []
    for statement in tree.body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        last = statement.end_lineno or statement.lineno
        if runs and first <= runs[-1][1]:
            runs[-1][1] = max(runs[-1][1], last)
            runs[-1][2] |= id(statement) in wanted
        else:
            runs.append([first, last, id(statement) in wanted])
        if id(statement) in deep:
            module.skipped.append(f"line {first} is nested too deep to analyse")
            runs[-1][2] = False
    for first, last, is_wanted in runs:
        if not is_wanted:
            continue
        try:
            piece = parse_piece(module.source, first, last)
        except SourceError as error:
            module.skipped.append(str(error))
            continue
        for node in piece.module.body:
            _define(module, node, piece)


def _define(module: Module, node: cst.CSTNode, piece: Piece) -> None:
    module.statements.append((node, piece))
    pending: list[cst.CSTNode] = [node]
    while pending:
        here = pending.pop()
        if isinstance(here, cst.FunctionDef):
            # Of definitions that always run the last counts; one under a condition does not hide the others.
            if here is node or here.name.value not in module.functions:
                module.functions[here.name.value] = (here, piece)
        elif isinstance(here, cst.ClassDef):
            if here is node or here.name.value not in module.classes:
                module.classes[here.name.value] = describe(here, piece)
            pending.extend(part for part in here.body.body if isinstance(part, cst.ClassDef))
        elif isinstance(
            here, cst.BaseCompoundStatement | cst.BaseSuite | cst.Else | cst.ExceptHandler | cst.Finally
        ):
            pending.extend(reversed(here.children))


def _method_name(node: cst.FunctionDef) -> str:
    """The name a method is kept under; the setter of a property must not hide its getter."""
    for decorator in node.decorators:
        match decorator.decorator:
            case cst.Attribute(value=cst.Name(), attr=cst.Name(value="setter" | "deleter" as role)):
                return f"{node.name.value}.{role}"
    return node.name.value


def describe(node: cst.ClassDef, piece: Piece) -> Class:
    """A class as the walk needs it."""
    methods: dict[str, cst.FunctionDef] = {}
    fields: dict[str, str] = {}
    values: dict[str, cst.BaseExpression] = {}
    for part in node.body.body:
        if isinstance(part, cst.FunctionDef):
            methods[_method_name(part)] = part
        elif isinstance(part, cst.SimpleStatementLine):
            for small in part.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    fields[small.target.value] = piece.module.code_for_node(small.annotation.annotation)
                    if small.value is not None:
                        values[small.target.value] = small.value
                elif isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
                    values[small.targets[0].target.value] = small.value
    bases = tuple(arg.value.value for arg in node.bases if isinstance(arg.value, cst.Name))
    return Class(node.name.value, node, piece, methods, bases, fields, values)
