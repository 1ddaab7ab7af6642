"""Where a finding is to be repaired: the function, the section it opens, the region that runs inside, what is fresh there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lint_rmw.finding import Span
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.gates import gate
from lint_rmw.fixes.reserved import standing_for
from lint_rmw.fixes.syntax import Block, Code, Function, free_names, last_word, parameters, shallow
from lint_rmw.flow.sections import Section


class Refused(Exception):
    """A precondition that does not hold; the message says which, in words."""


class Guarded(Refused):
    """The function around the section decides on stale data in `guards`, so that the mutator alone cannot be repaired."""

    def __init__(self, guards: Sequence[ast.stmt], reason: str) -> None:
        super().__init__(f"line {guards[0].lineno} decides on the stale entry, and {reason}")
        self.guards = guards


class NotRead(Refused):
    """Nothing stale comes from the function that opens the section."""


class Unfit(Refused):
    """A transformation that is not meant for this shape; no reason to tell anyone."""


@dataclass(eq=False)
class Site:
    """One section as code.

    `statement` opens it, `prior` are the statements that always run before it in `function`, outermost block first.
    `form` is `"def"`, `"lambda"`, `"with"` or `"wrap"` (a mutator made by an expression); `region` is what runs inside,
    `call` the updater call or the call of the decorated function, `twins` the same mutator made for sections behind it.
    """

    function: Function
    form: str
    region: ast.AST
    statement: ast.stmt
    prior: list[ast.stmt]
    fresh: str
    section: Section
    call: ast.Call | None = None
    mutator: ast.expr | None = None
    asynchronous: bool = False
    ancestors: list[ast.stmt] = field(default_factory=list)
    twins: list[ast.expr] = field(default_factory=list)

    @property
    def body(self) -> Block:
        """The statements of the region; a lambda and an expression have none."""
        return getattr(self.region, "body", []) if self.form in ("def", "with") else []

    @property
    def settling(self) -> ast.Assign | None:
        """A first statement that makes the key from the fresh store (`primary = migrate(store, key)`)."""
        if self.form not in ("def", "with") or not self.body:
            return None
        match self.body[0]:
            case ast.Assign(targets=[ast.Name()], value=ast.Call(args=[ast.Name(id=first), _])) as statement:
                return statement if first == self.fresh else None
        return None

    @property
    def hands_entry(self) -> bool:
        """Whether the section hands over one entry."""
        return self.section.key is not None and bool(self.section.profile.write)


def site_of(code: Code, knowledge: Knowledge, section: Section, opener: Span, body: Span) -> Site:
    """The site of a section whose opener and body stand at these places; raises `Refused`."""
    if section.form == "with":
        return _with_block(code, section, body)
    call = _call_at(code, opener)
    function = code.function(call)
    if function is None:
        raise Refused("the section is opened at module level")
    statement = code.statement(call)
    if section.form == "decorator":
        region = knowledge.definition(call.func.id, call) if isinstance(call.func, ast.Name) else None
        if (
            not isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef)
            or code.function(region) is not function
        ):
            raise Refused("the locked function is not defined beside its call")
        return _made(code, section, function, "def", region, statement, call)
    mutator = _mutator(section, call)
    target: ast.AST = mutator
    if isinstance(mutator, ast.Name):
        known = knowledge.definition(mutator.id, call)
        if known is not None and not isinstance(known, ast.ClassDef) and code.function(known) is function:
            target = known
    if isinstance(target, ast.Lambda):
        made = _made(code, section, function, "lambda", target, statement, call)
    elif isinstance(target, ast.FunctionDef | ast.AsyncFunctionDef):
        made = _made(code, section, function, "def", target, statement, call)
    else:
        made = _made(code, section, function, "wrap", mutator, statement, call)
        made.asynchronous = _is_coroutine(section)
        made.fresh = "fresh_entry" if made.hands_entry else "store"
        made.twins = list(_twins(code, statement, call, mutator))
    made.mutator = mutator
    return made


def _twins(code: Code, statement: ast.stmt, call: ast.Call, mutator: ast.expr) -> Iterator[ast.expr]:
    """What is spelled like the mutator in calls like this one, further down in the same block."""
    block = code.block(statement) or []
    for behind in block[block.index(statement) + 1 :]:
        for node in shallow(behind):
            if isinstance(node, ast.Call) and ast.dump(node.func) == ast.dump(call.func):
                given = [*node.args, *(k.value for k in node.keywords)]
                yield from (g for g in given if ast.dump(g) == ast.dump(mutator))


def inner_site(code: Code, section: Section, write: Span) -> Site:
    """The mutator itself as the function to repair, where all it needs can be read inside it; raises `Refused`."""
    start, end = code.source.offset(write.start), code.source.offset(write.end)
    node = next(code.covering(start, end), None)
    if node is None:
        raise Refused("the write cannot be located")
    around = [n for n in code.around(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in around:
        names = [n for n in parameters(function) if n not in ("self", "cls")]
        fresh = section.fresh_name or (names[0] if names and function is around[-1] else "")
        if fresh and fresh in names and function.body:
            return Site(function, "def", function, function.body[0], [], fresh, section)
    raise Refused("the stale value does not come from a read in the function that opens the section")


def _made(
    code: Code,
    section: Section,
    function: Function,
    form: str,
    region: ast.AST,
    statement: ast.stmt,
    call: ast.Call | None,
) -> Site:
    prior, ancestors = _before(code, function, statement, block=form == "with")
    fresh = section.fresh_name
    if isinstance(region, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        names = [n for n in parameters(region) if n != "self"]
        if not names:
            raise Refused("the mutator has no name for the fresh state")
        fresh = fresh if fresh in names else names[0]
    return Site(function, form, region, statement, prior, fresh, section, call, ancestors=ancestors)


def _before(
    code: Code, function: Function, statement: ast.stmt, *, block: bool
) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements that always run before one, with the gates among them, and those around it."""
    prior: list[ast.stmt] = []
    ancestors: list[ast.stmt] = []
    here: ast.AST = statement
    while here is not function:
        assert isinstance(here, ast.stmt)
        beside = code.block(here)
        if beside is None:
            raise Refused("the section stands where no statement can be put before it")
        prior = [*beside[: beside.index(here)], *prior]
        parent = code.parents[here]
        while not isinstance(parent, ast.stmt):
            parent = code.parents[parent]
        if parent is not function:
            ancestors.append(parent)
        made = gate(code, function, parent, statement, block=block) if isinstance(parent, ast.If) else None
        prior = [*([made] if made is not None else []), *prior]
        here = parent
    return prior, ancestors


def _with_block(code: Code, section: Section, body: Span) -> Site:
    start = code.source.offset(body.start)
    for node in ast.walk(code.tree):
        if isinstance(node, ast.With | ast.AsyncWith) and code.start(node) == start:
            function = code.function(node)
            if function is None:
                raise Refused("the section is opened at module level")
            if not section.hands_over or not section.fresh_name:
                raise Refused("the section does not hand over the fresh state")
            return _made(code, section, function, "with", node, node, None)
    raise Refused("the section cannot be located")


def _call_at(code: Code, span: Span) -> ast.Call:
    start, end = code.source.offset(span.start), code.source.offset(span.end)
    for node in code.covering(start, end):
        if isinstance(node, ast.Call):
            return node
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            return node.value
    raise Refused("the section cannot be located")


def _mutator(section: Section, call: ast.Call) -> ast.expr:
    name = last_word(call.func)
    patterns = sorted(section.profile.section, key=lambda p: p.word != name)
    for pattern in patterns:
        if pattern.body is None or not isinstance(pattern.expr, ast.Call):
            continue
        _, mutator = standing_for("BODY", pattern.expr, call)
        starred = any(isinstance(a, ast.Starred) for a in call.args)
        if mutator is not None and not (starred and mutator in call.args):
            return mutator
    raise Refused("the mutator is not an argument of the call")


def not_read_here(code: Code, site: Site, inside: Iterable[ast.AST], entrances: Collection[str]) -> NotRead:
    """That no read was found, with the parameters used inside that may be, or hold, what was read."""
    own = set(parameters(site.function))
    handed = {n.id for n in free_names(inside) if n.id in own and not _is_plain(code, n, entrances)}
    named = f"; {site.function.name}() is handed {', '.join(sorted(handed))}" if handed else ""
    return NotRead(f"the stale value does not come from a read in the function that opens the section{named}")


def _is_plain(code: Code, name: ast.Name, entrances: Collection[str]) -> bool:
    """Whether a name is used as a key, or as the value of one field."""
    match code.parents.get(name):
        case ast.Subscript(slice=key):
            return key is name
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[first, *_]):
            return first is name
        case ast.Dict(keys=keys, values=values):
            field = next((k for k, v in zip(keys, values, strict=True) if v is name), None)
            return name in keys or isinstance(field, ast.Constant)
        case ast.keyword(arg=str()):
            return True
        case ast.Call(func=function):
            return last_word(function) in entrances
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant())]):
            return True
    return False


def _is_coroutine(section: Section) -> bool:
    return getattr(section.body, "asynchronous", None) is not None


def parts_of(site: Site) -> list[ast.AST]:
    """The code that runs inside the section, and what a locked function is called with."""
    parts: list[ast.AST] = list(site.body) if site.form == "with" else [site.region]
    if site.section.form == "decorator" and site.call is not None:
        parts += [*site.call.args, *(k.value for k in site.call.keywords)]
    return parts
