"""What a call may do of which nothing is known: give back what it was handed, and call it."""

from __future__ import annotations

import libcst as cst

from lint_rmw.finding import StepKind
from lint_rmw.flow import known, rows
from lint_rmw.flow.accesses import note_looked
from lint_rmw.flow.names import Argument
from lint_rmw.flow.objects import together
from lint_rmw.flow.provenance import Ident, Origin, const, merge
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Object, Partial, Root, Value


def unknown(
    run: Run, name: str, receiver: Value | None, arguments: tuple[Argument, ...], node: cst.CSTNode
) -> Value:
    """A call nothing is known of: its result may be made from its arguments, and it may call what it is handed."""
    for argument in arguments:
        if argument.value.funcs or isinstance(argument.value.klass, Partial):
            before = run.state
            run.state = before.fork()
            run.invoke(argument.value, (), node)
            run.state = run.join((before, run.state))
    note_looked(run, arguments)
    for argument in arguments:
        rows.lessen(run, argument.value)
    if name.endswith(("Error", "Exception")):
        return _exception(run, arguments, node)
    if name[:1].isupper():
        return known.mapping(run, arguments, node)
    roots: tuple[Root, ...] = ()
    rest: tuple[Origin, ...] = ()
    for value in (*((receiver,) if receiver is not None else ()), *known.values_of(arguments)):
        top, other = _exposed(run, value)
        roots += top
        rest = merge(rest, other)
    idents = tuple(a.value.ident for a in arguments)
    ident: Ident = ("opaque", id(node))
    base = receiver.ident if receiver is not None else ("global", name)
    if base is not None and all(i is not None for i in idents):
        ident = ("call", name, base, *idents)
    if not roots and not rest:
        return Value(ident=ident)
    made = run.stop(StepKind.DERIVE, node, f"it is handed to {name or 'a call'}(), which is not known here")
    return run.allocate(
        Object(
            roots=roots,
            rest=Value(origins=rest) if rest else None,
            born=run.epoch,
            built=True,
            made=made,
        ),
        ident,
    )


def _exception(run: Run, arguments: tuple[Argument, ...], node: cst.CSTNode) -> Value:
    """An exception of a class that is not known here: it has its arguments in order, and may keep them by any name."""
    values = known.values_of(arguments)
    listed = run.sequence([a.value for a in arguments if a.keyword is None], node)
    rest = Value(origins=run.origins(together(values)))
    thing = run.blank(node).holding(const("args"), listed, literal=False)
    return run.allocate(thing.having(rest=rest if rest.origins else None))


def _exposed(run: Run, value: Value) -> tuple[tuple[Root, ...], tuple[Origin, ...]]:
    """What an unknown call may give back of a value: the places it is a copy of, and what else is in it."""
    roots: tuple[Root, ...] = ()
    rest = tuple(o._replace(hops=o.hops + 1) for o in value.origins)
    for _, thing in run.state.objects(value):
        if thing.klass is not None and not thing.roots:
            continue
        if thing.roots:
            top = thing.roots[-1].origin
            roots += (Root(top._replace(hops=top.hops + 1)),)
        parts = (*thing.fields.values(), *((thing.rest,) if thing.rest is not None else ()))
        rest = merge(rest, tuple(o._replace(hops=o.hops + 1) for o in run.origins(together(parts))))
    return roots, rest
