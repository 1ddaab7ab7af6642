"""Where a value that was read goes other than into a write: it is compared, shown, returned, raised, or names an entry."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import libcst as cst

from lint_rmw.flow.witness import Place, Read
from lint_rmw.source import Piece

_OTHER_PART = "gives only what is no state, or was set since,"
_KEYED = frozenset({"get", "pop", "setdefault", "__getitem__", "__setitem__"})


class Uses:
    """The uses of reads, told by the syntax around the expressions that carry them."""

    def __init__(self, ends: Container[int]) -> None:
        """`ends` are the functions whose result nothing in the file goes on with, by their nodes' ids."""
        self._ends = ends
        self._parents: dict[int, dict[cst.CSTNode, cst.CSTNode]] = {}

    def of(self, read: Read) -> list[tuple[str, Place]]:
        """Each use, in words, with its place; where a value only goes on to another expression is none."""
        found = []
        for number, place in read.carriers.items():
            told = self._use(place, read.carriers.keys() - {number})
            if told and (told, place) not in found:
                found.append((told, place))
        return found

    def _use(self, place: Place, carriers: Iterable[int]) -> str:
        parents = self._parents_in(place.piece)
        node: cst.CSTNode = place.node
        if _is_raised(node, parents):
            return "is part of an error"
        while True:
            parent = parents[node]
            match parent:
                case cst.Comparison():
                    return "is compared"
                case cst.BooleanOperation() | cst.UnaryOperation(operator=cst.Not()):
                    return "is tested"
                case cst.Index():
                    return "says which entry is meant"
                case cst.Arg() if isinstance(call := parents.get(parent), cst.Call):
                    return _handed(call, parent) if id(call) not in carriers else ""
                case cst.Return():
                    return "is returned" if self._ends_at(parent, parents) else ""
                case cst.If() | cst.While() | cst.Assert() | cst.IfExp() if parent.test is node:
                    return "is tested"
                case cst.BaseExpression() if id(parent) in carriers:
                    return ""
                case cst.Attribute() | cst.Subscript() if parent.value is node:
                    return "" if isinstance(parents.get(parent), cst.Call) else _OTHER_PART
                case cst.BaseStatement() | cst.BaseSmallStatement():
                    return ""
            node = parent

    def _ends_at(self, node: cst.CSTNode, parents: dict[cst.CSTNode, cst.CSTNode]) -> bool:
        here: cst.CSTNode | None = node
        while here is not None and not isinstance(here, cst.FunctionDef | cst.Lambda):
            here = parents.get(here)
        return here is not None and id(here) in self._ends

    def _parents_in(self, piece: Piece) -> dict[cst.CSTNode, cst.CSTNode]:
        found = self._parents.get(id(piece))
        if found is None:
            found = self._parents[id(piece)] = dict(_parents(piece.module))
        return found


def _is_raised(node: cst.CSTNode, parents: dict[cst.CSTNode, cst.CSTNode]) -> bool:
    here: cst.CSTNode | None = node
    while here is not None and not isinstance(here, cst.BaseSmallStatement | cst.BaseStatement):
        here = parents.get(here)
    return isinstance(here, cst.Raise)


def _parents(root: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    pending = [root]
    while pending:
        node = pending.pop()
        for child in node.children:
            yield child, node
            pending.append(child)


def _handed(call: cst.Call, argument: cst.Arg) -> str:
    name = ""
    if isinstance(call.func, cst.Name):
        name = call.func.value
    elif isinstance(call.func, cst.Attribute):
        name = call.func.attr.value
    if name in _KEYED and argument is call.args[0]:
        return "says which entry is meant"
    return f"is handed to {name}()" if name else "is handed to a call"


def unreached(function: cst.CSTNode, reached: Iterable[int]) -> Iterator[cst.CSTNode]:
    """The first statement, or branch of an expression, of each stretch of a function that no run comes to."""
    known = set(reached)
    pending: list[cst.CSTNode] = [function]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.IfExp) and id(node) in known:
            yield from (each for each in (node.body, node.orelse) if id(each) not in known)
        if isinstance(node, cst.IndentedBlock) and any(_is_reached(line, known) for line in node.body):
            yield from (line for line in node.body if _is_judged(line) and not _is_reached(line, known))
        if isinstance(node, cst.If) and _is_reached(node.test, known):
            sides = (node.body, node.orelse.body if isinstance(node.orelse, cst.Else) else None)
            for side in sides:
                if side is not None and not _is_reached(side, known):
                    yield from (line for line in side.body[:1] if _is_judged(line))
        pending.extend(node.children)


def _is_reached(node: cst.CSTNode, known: set[int]) -> bool:
    pending = [node]
    while pending:
        here = pending.pop()
        if id(here) in known:
            return True
        pending.extend(here.children)
    return False


def _is_judged(line: cst.CSTNode) -> bool:
    """Whether a statement evaluates something when it is reached."""
    return isinstance(line, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Assign | cst.AugAssign | cst.AnnAssign) for small in line.body
    )
