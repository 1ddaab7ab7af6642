"""A source in, its findings out: the room that brings together what we know, see, conclude and change."""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from lint_rmw.finding import Confidence, Edit, Finding, RuleCard, Safety, Span, Step, StepKind
from lint_rmw.store import StoreProfile, builtin_profiles

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.facts import Loss, Write
    from lint_rmw.flow.provenance import Stop
    from lint_rmw.rule import Objection, Rule
    from lint_rmw.source import Piece, Source


@dataclass(frozen=True)
class Options:
    """What to look for: codes (or their prefixes), the least confidence, and the stores that are known."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence = Confidence.MEDIUM
    profiles: tuple[StoreProfile, ...] = field(default_factory=builtin_profiles)

    def wants(self, code: str, *, opt_in: bool = False) -> bool:
        """Whether findings of this code are asked for; the longest matching prefix decides."""
        chosen = max((len(p) for p in self.select or () if code.startswith(p)), default=-1)
        if self.select is None and not opt_in:
            chosen = 0
        dropped = max((len(p) for p in self.ignore if code.startswith(p)), default=-1)
        return chosen > dropped


def could_matter(data: bytes, profiles: Iterable[StoreProfile]) -> bool:
    """Whether a file's bytes name an updater or lock of an active profile: if not, it need not be parsed."""
    needles = _needles(tuple(profiles))
    return any(needle in data for needle in needles)


@cache
def _needles(profiles: tuple[StoreProfile, ...]) -> tuple[bytes, ...]:
    words = {word for profile in profiles for word in profile.words}
    # A word that contains another is found with it.
    return tuple(w.encode() for w in sorted(words) if not any(o != w and o in w for o in words))


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by code: one file of `rules/` each."""
    import lint_rmw.rules

    found = [import_module(f"lint_rmw.rules.{m.name}").check for m in iter_modules(lint_rmw.rules.__path__)]
    return tuple(sorted(found, key=lambda rule: str(rule.code)))


def rule_cards() -> tuple[RuleCard, ...]:
    """What reports may say of the rules."""
    return tuple(RuleCard(r.code, r.name, r.severity, r.summary, r.docs) for r in rules())


def lint(
    source: Source,
    options: Options | None = None,
    *,
    tree: ast.Module | None = None,
    propose_fixes: bool = False,
) -> tuple[Finding, ...]:
    """The findings of a file, by place; nothing is suppressed yet. Raises `SourceError` where it cannot be judged."""
    options = options or Options()
    found = judge(source, options, tree=tree)
    if propose_fixes:
        from lint_rmw.proposal import Proposals

        propose = Proposals(source, options, found, judge).of
        found = [replace(raw, finding=replace(raw.finding, fix=propose(raw))) for raw in found]
    return tuple(sorted((raw.finding for raw in found), key=Finding.sort_key))


@dataclass(frozen=True)
class Fixed:
    """A file after its fixes: the new text, the findings that are gone, those that remain with what speaks against."""

    text: str
    fixed: tuple[Finding, ...]
    remaining: tuple[Finding, ...]


_MOST_ROUNDS = 10


def apply_fixes(
    source: Source,
    options: Options | None = None,
    *,
    unsafe: bool = False,
    keep: Callable[[Finding], bool] = lambda finding: True,
) -> Fixed:
    """Makes the safe fixes, with `unsafe` the others too, of the findings that `keep` lets through.

    Fixes that touch each other wait for the next of at most ten rounds. Raises `SourceError`.
    """
    options = options or Options()
    here, fixed = source, []
    found = lint(here, options, propose_fixes=True)
    for _ in range(_MOST_ROUNDS):
        ready = [
            f for f in found if keep(f) and f.fix and f.fix.edits and (unsafe or f.fix.safety is Safety.SAFE)
        ]
        if not ready:
            break
        # Two fixes that are right alone may not be so together, so more than one is proved once more.
        for batch in (_apart(ready), ready[:1]):
            text = here.apply(edit for f in batch if f.fix for edit in f.fix.edits)
            made = replace(here, text=text)
            after = lint(made, options, propose_fixes=True)
            if len(after) <= len(found) - len(batch):
                break
        here, found = made, after
        fixed += batch
    return Fixed(here.text, tuple(fixed), found)


def _apart(ready: list[Finding]) -> list[Finding]:
    """The findings whose edits leave those of the ones before them alone."""
    chosen: list[Finding] = []
    taken: list[Edit] = []
    for finding in ready:
        edits = finding.fix.edits if finding.fix else ()
        meet = any(
            one.span.start <= other.span.end and other.span.start <= one.span.end
            for one in edits
            for other in taken
        )
        if not meet:
            chosen.append(finding)
            taken += edits
    return chosen


@dataclass(frozen=True, eq=False)
class Judged:
    """A finding and the objections it was made from."""

    finding: Finding
    objections: tuple[Objection, ...]
    rule: Rule


@contextmanager
def _without_collection() -> Iterator[None]:
    """What one file is made into lives until its end: to look for cycles among it costs a quarter, and finds few."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_collection()
def judge(source: Source, options: Options, *, tree: ast.Module | None = None) -> list[Judged]:
    """The findings of a file with what they rest on."""
    if not could_matter(source.text.encode("utf-8", "surrogatepass"), options.profiles):
        return []
    from lint_rmw.flow.analysis import analyse
    from lint_rmw.source import located

    facts = analyse(source, options.profiles, tree=tree)
    groups: dict[tuple[object, ...], list[Objection]] = {}
    by_code: dict[str, Rule] = {}
    for rule in rules():
        if not options.wants(rule.code, opt_in=rule.opt_in):
            continue
        by_code[rule.code] = rule
        for objection in rule.check(facts):
            if objection.confidence.at_least(options.min_confidence):
                write = objection.write
                key = (rule.code, id(write.section.body), _entry(write))
                groups.setdefault(key, []).append(objection)
    groups = _merged(groups)
    every = (objection for group in groups.values() for objection in group)
    spans = located(pair for objection in every for pair in _nodes(objection))
    return [_judged(source, by_code[str(key[0])], group, spans) for key, group in groups.items()]


def _merged(groups: dict[tuple[object, ...], list[Objection]]) -> dict[tuple[object, ...], list[Objection]]:
    """One group a written expression: reached by two ways, it is still one finding."""
    found: dict[tuple[object, ...], list[Objection]] = {}
    owner: dict[tuple[object, int], tuple[object, ...]] = {}
    for key, group in groups.items():
        places = [(key[0], id(objection.write.value)) for objection in group]
        home = next((owner[place] for place in places if place in owner), key)
        found.setdefault(home, []).extend(group)
        owner.update(dict.fromkeys(places, home))
    return found


def _entry(write: Write) -> object:
    """The entry a write belongs to, by the spelling of its key rather than its value in one activation.

    What has no key is told apart by where it was read: two objects that are saved are two.
    """
    if not write.where:
        return frozenset(id(loss.trail.read.node) for loss in write.losses)
    key = write.where[0]
    return "iter" if key[0] in ("iter", "each", "opaque") else key


def _nodes(objection: Objection) -> Iterable[tuple[Piece, cst.CSTNode]]:
    write = objection.write
    yield write.piece, write.value
    yield write.piece, write.node
    yield write.section.piece, _capture_node(write)
    for stop in (*write.calls, *((write.built,) if write.built else ())):
        yield stop.piece, stop.node
    for loss in objection.losses:
        for stop in (*loss.trail.stops(), *loss.trail.calls):
            yield stop.piece, stop.node


def _capture_node(write: Write) -> cst.CSTNode:
    import libcst as cst

    body = write.section.body
    return body.name if isinstance(body, cst.FunctionDef) else body


def _judged(source: Source, rule: Rule, group: list[Objection], spans: dict[cst.CSTNode, Span]) -> Judged:
    group.sort(key=lambda o: (-o.confidence.rank, spans[o.write.value]))
    surest = group[0].confidence
    group.sort(key=lambda o: spans[o.write.value])
    first = next(o for o in group if o.confidence is surest)
    losses = [loss for objection in group for loss in objection.losses]
    names = {loss.field for loss in losses if loss.field is not None and loss.field != "?"}
    if any(loss.field is None for loss in losses):
        # The whole entry is stale: to name some of its fields would say that the others are not.
        names = set()
    fields = tuple(sorted(names))
    steps = _steps(source, first, spans)
    message = first.message.format(
        read=f"line {steps[0].span.start.line}",
        write=f"line {spans[first.write.value].start.line}",
        fresh=_fresh_name(first.write),
    )
    finding = Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        confidence=surest,
        message=f"{message} [{', '.join(fields)}]" if fields else message,
        path=source.path,
        span=spans[first.write.value],
        store=first.write.section.family,
        fields=fields,
        steps=steps,
    )
    return Judged(finding, tuple(group), rule)


def _fresh_name(write: Write) -> str:
    name = write.section.fresh_name
    return f"'{name}'" if name else "state"


def _steps(source: Source, objection: Objection, spans: dict[cst.CSTNode, Span]) -> tuple[Step, ...]:
    write = objection.write
    stops: list[Stop] = []
    if objection.losses:
        loss = min(objection.losses, key=lambda loss: (loss.hops, loss.trail.length))
        stops = _path(write, loss)
    elif write.built is not None:
        stops = [write.built]
    steps = [_step(source, stop.kind, spans[stop.node], stop.note) for stop in stops]
    inside = any(loss.inside for loss in objection.losses)
    if write.section.form not in ("with", "none") and not inside:
        steps.append(_step(source, StepKind.CAPTURE, spans[_capture_node(write)], "captured by the mutator"))
    told = f"written here, in a section that holds the fresh {_fresh_name(write)}"
    if write.section.form == "none":
        told = "saved here, with no section around"
    steps.append(_step(source, StepKind.WRITE, spans[write.value], told))
    return tuple(steps)


def _path(write: Write, loss: Loss) -> list[Stop]:
    """The read, the calls it came back through, what was built from it, the calls it was handed down by."""
    stops = loss.trail.stops()
    back, down = write.calls_between(loss)
    told = {id(stop.node) for stop in (*back, *down)}
    return [stops[0], *back[::-1], *(stop for stop in stops[1:] if id(stop.node) not in told), *down]


def _step(source: Source, kind: StepKind, span: Span, message: str) -> Step:
    return Step(kind, source.path, span, message)
