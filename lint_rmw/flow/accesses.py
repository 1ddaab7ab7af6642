"""What a call does to a store of a profile: opens a section, reads, saves, or spells a key another way."""

from __future__ import annotations

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow import questions
from lint_rmw.flow.activations import new_fresh, run_section
from lint_rmw.flow.facts import Kind
from lint_rmw.flow.losses import record
from lint_rmw.flow.names import Argument, Call, Match, dotted, match
from lint_rmw.flow.provenance import Ident, Label, Sameness, const, relation
from lint_rmw.flow.run import Run
from lint_rmw.flow.sections import Pending, Section
from lint_rmw.flow.values import Value, join_values
from lint_rmw.flow.writes import fresh_place
from lint_rmw.pattern import Form, Pattern
from lint_rmw.store import StoreProfile


def by_profile(run: Run, seen: Call) -> Value | None:
    for profile in run.module.profiles:
        for pattern in profile.section:
            if pattern.form is Form.CALL and (not pattern.word or pattern.word == seen.name):
                found = match(pattern, seen)
                if found is not None and found.body is not None:
                    return _open_callback(run, profile, pattern, found, seen.node)
            if pattern.form in (Form.WITH, Form.DECORATOR) and pattern.word == seen.name:
                found = match(pattern, seen)
                if found is not None:
                    return Value(klass=Pending(profile, pattern, found), ident=("opaque", id(seen.node)))
    for profile in run.module.profiles:
        for pattern in profile.alias:
            found = match(pattern, seen) if pattern.word == seen.name else None
            if found is not None:
                note_looked(run, seen.arguments)
                return Value(ident=found.key)
        if _saved(run, profile, seen):
            return Value()
        read = _read(run, profile, seen)
        if read is not None:
            return read
    return None


def _is_fresh(run: Run) -> object:
    return lambda value: fresh_place(run, value) is not None


def _read(run: Run, profile: StoreProfile, seen: Call) -> Value | None:
    section = _active(run, profile, None)
    for pattern in profile.fresh if section is not None else ():
        if _may_spell(pattern, seen):
            found = match(pattern, seen, is_fresh=_is_fresh(run))
            if found is not None and section is not None:
                return _loaded(run, profile, pattern, found, seen.node, section.epoch)
    for pattern in profile.read:
        if not _may_spell(pattern, seen):
            continue
        found = match(pattern, seen, is_fresh=_is_fresh(run))
        if found is None:
            continue
        section = _active(run, profile, found.store)
        epoch = 0
        if section is not None:
            epoch = -section.epoch if section.hands_over or profile.fresh else section.epoch
        return _loaded(run, profile, pattern, found, seen.node, epoch)
    return None


def _may_spell(pattern: Pattern, seen: Call) -> bool:
    """Whether a pattern of a read may be that call, as far as the last name says; a chain is met at any of its names."""
    return pattern.form is Form.CHAIN or (pattern.form is Form.CALL and pattern.word in ("", seen.name))


def _active(run: Run, profile: StoreProfile, store: Ident | None) -> Section | None:
    for section in reversed(run.sections):
        if section.family == profile.family and relation(section.store, store) is not Sameness.DIFFERENT:
            return section
    return None


def _loaded(
    run: Run, profile: StoreProfile, pattern: Pattern, found: Match, node: cst.CSTNode, epoch: int
) -> Value:
    """The result of a read: an entry, or the whole store, with the parts of it that are no state set apart."""
    entry = pattern.binds_key
    label = Label(profile.family, found.store, ((found.key or ("opaque", id(node))),) if entry else (), epoch)
    what = "entry" if entry else "store"
    inside = " from a cache, inside the section" if epoch < 0 else ""
    value = run.read(label, run.stop(StepKind.READ, node, f"{what} read here{inside}"))
    if pattern.form is Form.CHAIN:
        klass = run.module.classes.get(dotted(node)[0]) if isinstance(node, cst.Call) else None
        run.replace(value, lambda thing: thing.having(table=True, klass=klass))
    if not entry or not (profile.identity or profile.entry):
        return value
    inner = run.read(label, run.stop(StepKind.READ, node, f"{what} read here{inside}"))
    fields: dict[Ident, Value] = {}
    for part in profile.identity:
        ident = found.key if part in profile.key and found.key is not None else ("part", part[1], id(node))
        fields[const(part[1])] = Value(ident=ident)
    for part in profile.entry:
        fields[const(part[1])] = inner
    oid = value.refs[0].oid
    run.state.heap[oid] = run.state.heap[oid].having(parts=fields)
    return value


def _saved(run: Run, profile: StoreProfile, seen: Call) -> bool:
    """A save or a profile's own write, inside a section of its store."""
    for pattern in (*profile.save, *profile.write):
        if pattern.form is not Form.CALL or pattern.word != seen.name:
            continue
        found = match(pattern, seen, is_fresh=_is_fresh(run))
        if found is None or found.value is None:
            continue
        section = _active(run, profile, found.store)
        if section is None:
            if pattern not in profile.save or _helps_a_section(run, profile):
                continue
            section = _unlocked(run, profile, found.store, seen.node)
        if any(match(safe, seen, is_fresh=_is_fresh(run)) is not None for safe in profile.safe):
            return True
        where = (found.key,) if found.key is not None else _place_of(run, found.value.value)
        value, of = found.value.value, found.value.node
        if _is_unsaved(run, value):
            return True
        by_reference = of is seen.receiver_node
        record(run, Kind.WHOLE, section, where, value, seen.node, of, by_reference=by_reference)
        return True
    return False


def _is_unsaved(run: Run, value: Value) -> bool:
    """Whether an object was told to forget the row it was read from: saving it makes a new one."""
    things = [thing for _, thing in run.state.objects(value)]
    return bool(things) and all(
        thing.table
        and any(thing.fields.get(const(name), value).ident == const(None) for name in ("pk", "id"))
        for thing in things
    )


def _place_of(run: Run, value: Value) -> tuple[Ident, ...]:
    """The entry that an object was read from, which saving it writes; () for a whole store."""
    for _, thing in run.state.objects(value):
        if thing.roots:
            return thing.roots[-1].origin.label.where[:1]
    return ()


def _helps_a_section(run: Run, profile: StoreProfile) -> bool:
    return any(section.family == profile.family for section in run.sections)


def _unlocked(run: Run, profile: StoreProfile, store: Ident | None, node: cst.CSTNode) -> Section:
    """The want of a section around a save."""
    here = run.frame.piece
    return Section(run.number(), profile, store, None, "none", node, node, here, here, "", False)


def _open_callback(
    run: Run, profile: StoreProfile, pattern: Pattern, found: Match, node: cst.CSTNode
) -> Value:
    assert found.body is not None
    body = found.body.value
    bodies = body.funcs
    key = found.key if pattern.binds_key else None
    result: Value | None = None
    callees = [Value(funcs=(f,), origins=questions.of_choice(run, body)) for f in bodies] or [body]
    before, after = run.state, []
    for callee in callees:
        run.state = before.fork()
        value = run_section(run, profile, pattern, found.store, key, node, found.body.node, callee)
        after.append(run.state)
        result = value if result is None else join_values(result, value)
    run.state = run.join(after)
    if profile.returns == "none" or result is None:
        return Value()
    if profile.returns == "entry":
        section = run.facts.sections[-1]
        return new_fresh(run, section, node, live=False)
    return result


def note_looked(run: Run, arguments: tuple[Argument, ...]) -> None:
    for argument in arguments:
        place = fresh_place(run, argument.value)
        if place is not None:
            place[1].looked.add(place[0].where[0] if place[0].where else None)
