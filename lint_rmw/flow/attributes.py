"""What an attribute is: a part of an object, a method, a property, or an entry by its name."""

from __future__ import annotations

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow.activations import call_function
from lint_rmw.flow.calls import method_of
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument, dotted
from lint_rmw.flow.provenance import Ident, Label, Origin, Trail, const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Object, Partial, Value


def attribute(run: Run, node: cst.Attribute) -> Value:
    base = run.evaluate(node.value)
    name = node.attr.value
    if base.ident is not None and base.ident[0] == "global" and not base.refs and not base.klass:
        return Value(ident=("global", f"{base.ident[1]}.{name}"))
    for _, thing in run.state.objects(base):
        if isinstance(thing.klass, Class) and const(name) not in thing.fields:
            filled = thing.root_of(const(name)) is not None
            kept = None if filled else _class_attribute(run, thing.klass, name, node)
            if kept is not None:
                return kept
            found = run.module.method(thing.klass, name)
            if found is not None:
                func = method_of(run, found, base, thing.klass)
                if any(
                    dotted(d.decorator)[-1] in ("property", "cached_property") for d in found[0].decorators
                ):
                    return call_function(run, func, (), node)
                return Value(funcs=(func,), ident=("opaque", id(node)))
    if name in ("__dict__", "__wrapped__"):
        return base
    known = _is_filled(run, base, name)
    if not known:
        own = _asked_for(run, base, name, node)
        if own is not None:
            return own
        entry = _entry_attribute(run, base, name, node)
        if entry is not None:
            return entry
    value = run.get(base, const(name), node)
    if value.ident is None or not (base.refs or base.origins) or is_unknown_part(value):
        value = value._replace(ident=("attr", _owner(base, node), name))
    if (base.refs or base.constant) and not value.klass and not value.funcs:
        value = value._replace(klass=Partial(base, (), name))
    return value


def _asked_for(run: Run, base: Value, name: str, node: cst.Attribute) -> Value | None:
    """What a class of the file gives for an attribute it does not have."""
    for _, thing in run.state.objects(base):
        found = run.module.method(thing.klass, "__getattr__") if isinstance(thing.klass, Class) else None
        if found is not None:
            handed = (Argument(None, "", Value(ident=const(name)), node),)
            return call_function(run, method_of(run, found, base, thing.klass), handed, node)
    return None


def _owner(base: Value, node: cst.CSTNode) -> Ident:
    """What an attribute is numbered by: what it is an attribute of, the object itself if that has no other number."""
    if base.ident is not None:
        return base.ident
    return ("object", base.refs[0].oid) if len(base.refs) == 1 else ("opaque", id(node))


def _class_attribute(run: Run, klass: Class, name: str, node: cst.CSTNode) -> Value | None:
    """What an object finds in its class, if it is a value."""
    shared = Value(run.class_refs(klass))
    if any(const(name) in thing.fields for _, thing in run.state.objects(shared)):
        return run.get(shared, const(name), node)
    return None


def is_unknown_part(value: Value) -> bool:
    """Whether a value is what an object nothing is known of holds: it is numbered by how it is reached."""
    return value.ident is not None and value.ident[0] == "item" and value.ident[1][0] == "object"  # type: ignore[index]


def target(run: Run, node: cst.BaseExpression) -> Value:
    """The value of an expression that is about to be changed: one nothing was known of becomes an object of its own."""
    value = run.evaluate(node)
    if value.refs or value.origins or value.funcs or value.klass is not None or value.constant:
        return value
    if value.ident is not None and value.ident[0] == "global" and not isinstance(node, cst.Name):
        return value
    made = run.allocate(Object(opaque=True, born=run.epoch), value.ident)
    if isinstance(node, cst.Name):
        run.rebind(node.value, made)
    elif isinstance(node, cst.Attribute):
        run.fill(target(run, node.value), const(node.attr.value), made)
    elif isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Index):
        key = run.evaluate(node.slice[0].slice.value).ident
        run.fill(target(run, node.value), key or ("opaque", id(node)), made)
    return made


def _is_filled(run: Run, base: Value, name: str) -> bool:
    return any(const(name) in thing.fields or thing.roots for _, thing in run.state.objects(base)) or bool(
        base.origins
    )


def _entry_attribute(run: Run, base: Value, name: str, node: cst.Attribute) -> Value | None:
    """An attribute that is named or typed as an entry: taken for a stale one, at one level less of confidence."""
    for profile in run.module.profiles:
        typed = any(
            any(entry in klass.fields.get(name, "") for entry in profile.entry_types)
            for klass in run.module.classes.values()
        )
        if typed or profile.names_entry(name):
            label = Label(profile.family, None, (("any",),), 0)
            stop = run.stop(StepKind.READ, node, f"entry is taken from attribute '{name}'")
            value = run.allocate(
                run.rooted(Origin(label, Trail.begin(stop, run.frame.calls), hops=1), None),
                ("data", label, name),
            )
            named = isinstance(node.value, cst.Name) and not base.refs
            run.fill(target(run, node.value) if named else base, const(name), value)
            return value
    return None
