"""What a fix is: a transformation that holds its preconditions, its changes as text edits, and the proof before it is offered."""

from __future__ import annotations

import ast
import builtins
import io
import symtable
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module

from lint_rmw.finding import Confidence, Edit, Finding, Fix, Safety, Span
from lint_rmw.fixes.draft import Draft
from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.home import home_of
from lint_rmw.fixes.identities import same_key
from lint_rmw.fixes.layout import Change, edits
from lint_rmw.fixes.names import taken, unused
from lint_rmw.fixes.reserved import standing_for
from lint_rmw.fixes.root import Fresh
from lint_rmw.fixes.roots import Reads
from lint_rmw.fixes.site import Guarded, NotRead, Refused, Site, Unfit, inner_site, site_of
from lint_rmw.fixes.slices import slice_of
from lint_rmw.fixes.syntax import Code, last_word
from lint_rmw.fixes.unbound import misread
from lint_rmw.flow.facts import Write
from lint_rmw.flow.sections import Section
from lint_rmw.source import Source, located
from lint_rmw.store import StoreProfile

MANUAL = "repair by hand"
_REBUILD = ("swap_root", "move_slice")
TRUSTED: dict[str, tuple[str, ...]] = {
    "RMW101": _REBUILD,
    "RMW102": ("drop_copy", *_REBUILD),
    "RMW103": _REBUILD,
    "RMW104": _REBUILD,
    "RMW105": ("merge_fresh",),
    "RMW302": ("swap_reader", *_REBUILD),
}
"""The transformations, smallest first, for a rule that does not list its own."""
_NOT_SURE = "the finding itself is not certain"


@dataclass(frozen=True, eq=False)
class Ground:
    """A finding with all a transformation may look at; `opener` and `body` are where its section stands."""

    source: Source
    code: Code
    knowledge: Knowledge
    finding: Finding
    writes: tuple[Write, ...]
    opener: Span
    body: Span
    profiles: tuple[StoreProfile, ...]

    @property
    def section(self) -> Section:
        """The section that writes."""
        return self.writes[0].section

    @cached_property
    def draft(self) -> Draft:
        """What is written, built inside the section from the fresh state; raises `Refused`."""
        if self.section.form == "none":
            raise Refused("no section surrounds the read and the save")
        sites: list[Callable[[], Site]] = [
            lambda: site_of(self.code, self.knowledge, self.section, self.opener, self.body),
            lambda: inner_site(self.code, self.section, self.finding.span),
        ]
        if self.finding.code == "RMW302" and not self._written_beside():
            return self._both(*sites)
        reasons: list[Refused] = []
        for site in sites:
            try:
                draft = self._drafted(site())
                # What is stale around the mutator stays.
                draft.doubts += [str(reason) for reason in reasons if not isinstance(reason, NotRead)]
                return draft
            except Guarded:
                raise
            except Refused as refused:
                reasons.append(refused)
        raise reasons[0]

    def _both(self, opening: Callable[[], Site], writing: Callable[[], Site]) -> Draft:
        """What is read and written in a function of its own is repaired there, and what is stale of what it is given outside."""
        try:
            draft = self._drafted(writing())
        except Refused:
            return self._drafted(opening())
        try:
            draft.join(self._drafted(opening()))
        except NotRead:
            pass
        except Refused as refused:
            draft.doubts.append(str(refused))
        return draft

    def _written_beside(self) -> bool:
        """Whether the write stands in the function that opens the section, or in one inside it."""
        write, opener = (self.source.offset(span.start) for span in (self.finding.span, self.opener))
        functions = [
            n for n in ast.walk(self.code.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        around = [n for n in functions if self.code.start(n) <= opener < self.code.end(n)]
        return any(self.code.start(n) <= write < self.code.end(n) for n in around)

    def _drafted(self, site: Site) -> Draft:
        if site.form == "wrap":
            site.fresh = unused(site.fresh, taken(self.code, site.function))
        settling = site.settling
        settled = settling.targets[0].id if settling is not None else None  # type: ignore[attr-defined]
        key = _entry_key(self.code, site)
        home = home_of(self.code, self.profiles, site, self._reads)
        reads = Reads(self.code, self.knowledge, self.profiles, Fresh(site.fresh, key, settled), home)
        if key is not None:
            key = same_key(reads, site.function, key)
            reads.fresh = replace(reads.fresh, entry_key=key)
        draft = Draft(
            self.code, self.knowledge, reads, site, slice_of(self.code, self.knowledge, reads, site)
        )
        draft.write()
        return draft

    @cached_property
    def _reads(self) -> frozenset[int]:
        """The offsets of the reads whose values are lost, which are of this store however it is spelled there."""
        reads = [loss.trail.read for write in self.writes for loss in write.losses]
        spans = located((read.piece, read.node) for read in reads)
        return frozenset(self.source.offset(span.start) for span in spans.values())

    def offered(self, changes: Iterable[Change], title: str, doubts: Iterable[str]) -> Fix:
        """A fix with these changes; every doubt makes it unsafe."""
        reasons = [] if self.finding.confidence is Confidence.HIGH else [_NOT_SURE]
        reasons += dict.fromkeys(doubts)
        return Fix(
            Safety.UNSAFE if reasons else Safety.SAFE, title, tuple(reasons), edits(self.code, changes)
        )


def propose(ground: Ground, names: Sequence[str]) -> Fix:
    """The smallest of the named transformations whose preconditions hold, not yet proved; else `MANUAL`, with reasons."""
    if not all(write.piece.exact for write in ground.writes):
        return Fix(Safety.MANUAL, MANUAL, ("the file cannot be printed back byte for byte",))
    reasons: list[str] = []
    for name in names:
        try:
            return import_module(f"lint_rmw.fixes.{name}").apply(ground)  # type: ignore[no-any-return]
        except Unfit:
            continue
        except Refused as refused:
            if str(refused) not in reasons:
                reasons.append(str(refused))
        except RecursionError:
            reasons.append("the code is nested too deep to rewrite")
    return Fix(Safety.MANUAL, MANUAL, tuple(reasons) or ("what to do instead is the author's to decide",))


def _entry_key(code: Code, site: Site) -> str | None:
    if not site.hands_entry or site.call is None:
        return None
    name = last_word(site.call.func)
    for pattern in sorted(site.section.profile.section, key=lambda p: p.word != name):
        if isinstance(pattern.expr, ast.Call):
            known, key = standing_for("KEY", pattern.expr, site.call)
            if known:
                return None if key is None else code.segment(key)
    return None


def proved(
    source: Source,
    finding: Finding,
    fix: Fix,
    relint: Callable[[Source], Sequence[Finding]],
    before: Sequence[Finding],
) -> Fix:
    """The fix, or why it is taken back: it must compile, keep names and all other code, and silence its finding."""
    if not fix.edits:
        return fix
    after: list[Finding] = []

    def judged(made: Source) -> Sequence[Finding]:
        after.extend(relint(made))
        return after

    objection = _objection(source, finding, fix, judged, before)
    if objection is not None:
        return Fix(Safety.MANUAL, MANUAL, (*fix.reasons, f"a fix was made and taken back: {objection}"))
    reasons = fix.reasons
    lost = _comment_lost(source.text, source.apply(fix.edits))
    if lost is not None:
        reasons = (*reasons, f"the comment {lost!r} finds no place in the result")
    same = [found for found in after if found.code == finding.code]
    if len(same) >= sum(found.code == finding.code for found in before):
        # Less certain than it was: nothing in the file brings it a stale value any more.
        reasons = (
            *reasons,
            f"{finding.code} stays at line {same[0].line}, for what others may hand over there",
        )
    return fix if reasons == fix.reasons else replace(fix, safety=Safety.UNSAFE, reasons=reasons)


def _comment_lost(before: str, after: str) -> str | None:
    left = Counter(_comments(after))
    for comment in _comments(before):
        if not left[comment]:
            return comment
        left[comment] -= 1
    return None


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _objection(
    source: Source,
    finding: Finding,
    fix: Fix,
    relint: Callable[[Source], Sequence[Finding]],
    before: Sequence[Finding],
) -> str | None:
    try:
        text = source.apply(fix.edits)
        made = Source(source.path, text, source.encoding, source.bom)
        _ = made.data
        compile(text, source.path, "exec", dont_inherit=True)
    except (ValueError, SyntaxError) as error:
        return f"the result is no valid Python ({error})"
    except Exception as error:
        return str(error)
    if moved := _outside_changed(source, made, fix.edits):
        return moved
    if changed := _names_changed(source, made):
        return changed
    if wrong := misread(source.tree, made.tree):
        return wrong
    after = relint(made)
    counts = _counted(after)
    known = _counted(before)
    if any(number > known.get(code, 0) for code, number in counts.items()):
        new = next(f for f in after if counts[f.code] > known.get(f.code, 0))
        return f"{new.code} would be found at line {new.line} afterwards"
    sure = [
        _counted(f for f in found if f.confidence.at_least(finding.confidence)) for found in (after, before)
    ]
    if sure[0].get(finding.code, 0) >= sure[1].get(finding.code, 0):
        return "the finding would stay"
    return None


def _counted(findings: Iterable[Finding]) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in findings:
        found[finding.code] = found.get(finding.code, 0) + 1
    return found


def _outside_changed(source: Source, made: Source, changes: Sequence[Edit]) -> str | None:
    """Whether a top-level statement without an edit is no longer the same."""
    old, new = source.tree.body, made.tree.body
    touched = {edit.span.start.line for edit in changes} | {edit.span.end.line for edit in changes}

    def dumped(nodes: Iterable[ast.stmt]) -> list[str]:
        return [ast.dump(n) for n in nodes if not isinstance(n, ast.Import | ast.ImportFrom)]

    spared = [n for n in old if not any(n.lineno <= line <= (n.end_lineno or n.lineno) for line in touched)]
    left = dumped(new)
    for text in dumped(spared):
        if text not in left:
            return "code outside the edited function would change"
        left.remove(text)
    if len(dumped(new)) != len(dumped(old)):
        return "code outside the edited function would change"
    return None


def _names_changed(source: Source, made: Source) -> str | None:
    """Whether a name that stays is no longer local, free or global where it was."""
    old, new = _classes(source), _classes(made)
    for where, names in old.items():
        for name, kind in names.items():
            now = new.get(where, {}).get(name)
            if now is None or now == kind or {now, kind} == {"free", "local"}:
                continue
            return f"'{name}' would no longer be {kind} in {where[-1]}()"
    known = {
        s.get_name()
        for s in symtable.symtable(made.text, made.path, "exec").get_symbols()
        if s.is_assigned() or s.is_imported()
    }
    known |= set(dir(builtins)) | {
        n for names in old.values() for n, kind in names.items() if kind == "global"
    }
    for where, names in new.items():
        for name, kind in names.items():
            if kind == "global" and name not in known and not name.startswith("__"):
                return f"'{name}' would not be defined in {where[-1]}()"
    return None


def _classes(source: Source) -> dict[tuple[str, ...], dict[str, str]]:
    found: dict[tuple[str, ...], dict[str, str]] = {}

    def visit(table: symtable.SymbolTable, path: tuple[str, ...]) -> None:
        for child in table.get_children():
            below = (*path, child.get_name())
            if child.get_type() == "function":
                found[below] = {
                    s.get_name(): "free" if s.is_free() else "global" if s.is_global() else "local"
                    for s in child.get_symbols()
                }
            visit(child, below)

    visit(symtable.symtable(source.text, source.path, "exec"), ())
    return found
