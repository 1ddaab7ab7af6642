"""Classes of records that a call makes: `namedtuple("Pair", "label note")` and its like, whose fields are told apart."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow.activations import instance
from lint_rmw.flow.known import Arguments
from lint_rmw.flow.module import Class
from lint_rmw.flow.names import Argument
from lint_rmw.flow.provenance import const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Value

_MAKERS = frozenset({"namedtuple", "NamedTuple", "make_dataclass"})


def record_class(run: Run, maker: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The class that such a call makes; None if it makes none, or its fields are not written down."""
    if maker not in _MAKERS or len(arguments) < 2:
        return None
    name, names = arguments[0].value.text, _names(run, arguments[1].value)
    if name is None or not name.isidentifier() or names is None:
        return None
    empty = cst.ClassDef(cst.Name(name), cst.IndentedBlock(()))
    klass = Class(name, empty, run.frame.piece, {}, (), dict.fromkeys(names, ""), {})
    return Value(klass=klass, ident=("opaque", id(node)))


def made_of(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The record that `Pair._make(elements)` makes; None if that is not what is called."""
    klass = receiver.klass
    if name != "_make" or not isinstance(klass, Class) or len(arguments) != 1:
        return None
    given = arguments[0]
    parts = run.each(given.value) or [run.element(given.value, node) for _ in klass.fields]
    return instance(run, klass, tuple(Argument(None, "", part, given.node) for part in parts), node)


def _names(run: Run, listed: Value) -> list[str] | None:
    """The names of the fields: in one text, one by one, or each the first of a few."""
    text = listed.text
    if text is not None:
        return text.replace(",", " ").split()
    rows = [row for _, thing in run.state.objects(listed) if (row := thing.row()) is not None]
    names = []
    for part in rows[0] if len(rows) == 1 else ():
        first = [thing.fields.get(const(0), Value()) for _, thing in run.state.objects(part)] or [part]
        names.append(first[0].text)
    written = [name for name in names if name is not None]
    return written if written and len(written) == len(names) else None
