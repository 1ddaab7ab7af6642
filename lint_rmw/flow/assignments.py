"""What an assignment does to its target: binds a name, changes an object, or writes to a section's state."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow import rows
from lint_rmw.flow.activations import call_function
from lint_rmw.flow.calls import method_of
from lint_rmw.flow.facts import Kind
from lint_rmw.flow.fallbacks import filled_in, shield
from lint_rmw.flow.losses import record
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument, names_attribute
from lint_rmw.flow.operators import in_place
from lint_rmw.flow.provenance import Ident, const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Object, Value, join_values
from lint_rmw.flow.writes import accumulate, note_removed, put, update
from lint_rmw.pattern import Form


def assign(run: Run, target: cst.CSTNode, value: Value) -> None:
    """Binds a target of a `for`, `with` or comprehension."""
    assign_from(run, target, value, target, target)


def assign_from(
    run: Run, target: cst.CSTNode, value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    """Binds a target to a value; an item or attribute of a section's state makes it a write."""
    match target:
        case cst.Name(value=name):
            _bind_name(run, name, value, node)
        case cst.Subscript(value=base):
            _assign_item(run, target, run.target(base), value, node, value_node)
        case cst.Attribute(value=base, attr=attr):
            owner = run.target(base)
            if call_own(run, owner, f"{attr.value}.setter", (value,), node):
                return
            if attr.value == "__dict__":
                update(run, run.evaluate(base), value, node, value_node)
            else:
                _own_write(run, target, value, node, value_node)
                put(run, owner, Value(ident=const(attr.value)), value, node, value_node)
        case _:
            assert isinstance(target, cst.Tuple | cst.List)
            _unpack(run, target.elements, value, node, value_node)


def _bind_name(run: Run, name: str, value: Value, node: cst.CSTNode) -> None:
    old = run.find(name)
    value = shield(run, value)
    empties = run.frame.empties[-1] if run.frame.empties else frozenset()
    if old is not None and old.ident is not None and old.ident in empties:
        value = filled_in(run, old, value)
    run.bind(name, value)
    if run.observe is not None:
        run.observe(node, name, value)


def call_own(run: Run, owner: Value, name: str, values: tuple[Value, ...], node: cst.CSTNode) -> bool:
    """Runs the method of a class of the file that an assignment means; whether there is one."""
    for _, thing in run.state.objects(owner):
        found = run.module.method(thing.klass, name) if isinstance(thing.klass, Class) else None
        if found is not None:
            handed = tuple(Argument(None, "", value, cst.Name("_")) for value in values)
            call_function(run, method_of(run, found, owner, thing.klass), handed, node)
            return True
    return False


def _assign_item(
    run: Run, target: cst.Subscript, base: Value, value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Index):
        key = run.evaluate(target.slice[0].slice.value)
        if call_own(run, base, "__setitem__", (Value(ident=key.ident), value), node):
            return
        _ambient_write(run, base, key.ident, value, node, value_node)
        put(run, base, key, value, node, value_node)
    elif not accumulate(run, base, value, node, value_node):
        _assign_slice(run, target, base, run.element(value, value_node), node)


def _assign_slice(run: Run, target: cst.Subscript, base: Value, part: Value, node: cst.CSTNode) -> None:
    """`rows[1:] = others` puts elements in at places that are not known; behind `rows[:] = others` there are no others."""
    bounds = target.slice[0].slice
    everything = isinstance(bounds, cst.Slice) and not (bounds.lower or bounds.upper or bounds.step)
    changed = run.stop(StepKind.DERIVE, node, "it is changed")
    rows.lessen(run, base)

    def change(thing: Object) -> Object:
        if everything:
            return thing.having(fields={}, roots=(), rest=part)
        rest = part
        for known in (*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ())):
            rest = join_values(rest, known)
        return thing.having(fields={}, rest=rest, changed=(*thing.changed[:1], changed))

    run.replace(base, change)


def _ambient_write(
    run: Run, base: Value, key: Ident | None, value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    """`STORE[KEY] = VALUE` in a section whose store is the object itself."""
    for section in reversed(run.sections):
        for pattern in section.profile.write:
            of_store = pattern.form is Form.ASSIGN and "STORE" in pattern.text
            if of_store and base.ident is not None and base.ident == section.store:
                where = (key,) if key is not None else ()
                record(run, Kind.WHOLE, section, where, value, node, value_node)
                return


def _own_write(
    run: Run, target: cst.Attribute, value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    """`self.NAME = VALUE` in a section of a store that is kept in an attribute."""
    for section in reversed(run.sections):
        for pattern in section.profile.write:
            if pattern.form is Form.ASSIGN and names_attribute(pattern, target):
                record(run, Kind.WHOLE, section, (), value, node, value_node)
                return


def _unpack(
    run: Run, elements: Sequence[cst.BaseElement], value: Value, node: cst.CSTNode, value_node: cst.CSTNode
) -> None:
    starred = next((i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)), None)
    size = _length(run, value)
    for index, element in enumerate(elements):
        if starred is not None and index == starred:
            part = _middle(
                run, value, index, None if size is None else size - (len(elements) - index - 1), element
            )
        elif starred is not None and index > starred:
            place = None if size is None else size - (len(elements) - index)
            part = run.get(value, const(place), element) if place is not None else run.element(value, element)
        else:
            part = element_at(run, value, index, element)
        assign_from(run, element.value, part, node, value_node)


def _middle(run: Run, value: Value, start: int, end: int | None, node: cst.CSTNode) -> Value:
    """What a starred target takes: the elements between its neighbours."""
    if end is not None and all(
        thing.rest is None and not thing.roots for _, thing in run.state.objects(value)
    ):
        return run.sequence([run.get(value, const(place), node) for place in range(start, end)], node)
    return run.copy(value, node) if value.refs else value


def _length(run: Run, value: Value) -> int | None:
    for _, thing in run.state.objects(value):
        if thing.rest is not None:
            return None
        places = [
            key[2] for key in (*thing.fields, *thing.parts) if key[0] == "const" and isinstance(key[2], int)
        ]
        if places:
            return int(max(places)) + 1
    return None


def element_at(run: Run, value: Value, index: int, node: cst.CSTNode) -> Value:
    things = run.state.objects(value)
    if things and all(thing.sequence and const(index) not in thing.fields for _, thing in things):
        return run.element(value, node)
    return rows.at_rank(run, value, const(index), run.get(value, const(index), node), node)


def augmented(run: Run, node: cst.AugAssign) -> None:
    old = run.evaluate(node.target)
    added = run.evaluate(node.value)
    operator = getattr(cst, type(node.operator).__name__.removesuffix("Assign"))
    value = in_place(run, old, operator, added, node, node.value)
    if value is old:
        return
    if isinstance(node.target, cst.Name):
        run.bind(node.target.value, value)
    else:
        assign_from(run, node.target, value, node, node.value)


def delete(run: Run, node: cst.Del) -> None:
    targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
    for target in targets:
        if isinstance(target, cst.Subscript):
            base = run.evaluate(target.value)
            rows.lessen(run, base)
            index = target.slice[0].slice
            key = run.evaluate(index.value).ident if isinstance(index, cst.Index) else None
            if key is not None:
                _remove(run, base, key)
        elif isinstance(target, cst.Attribute):
            _remove(run, run.evaluate(target.value), const(target.attr.value))


def _remove(run: Run, base: Value, key: Ident) -> None:
    note_removed(run, base, key)
    gone = Value(ident=const(None))
    stores = [t.place for _, t in run.state.objects(base) if t.place is not None and not t.place.label.where]
    if stores:
        run.replace(base, lambda thing: thing.having(fields={**thing.fields, key: gone}))
    elif any(thing.sequence for _, thing in run.state.objects(base)):
        rows.remove(run, base, key)
    else:
        run.replace(base, lambda thing: thing.without(key))
