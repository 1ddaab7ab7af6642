"""What a literal or display is: a constant, a text with values put in, a mapping or a sequence built here."""

from __future__ import annotations

import ast

import libcst as cst

from lint_rmw.flow.known import joined, pure
from lint_rmw.flow.provenance import const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Value
from lint_rmw.flow.writes import filling

_QUOTES = ("'", '"')


def number(run: Run, node: cst.Integer | cst.Float) -> Value:
    text = node.value
    # Reading a literal by compiling it costs as much as walking a statement.
    return Value(ident=const(int(text) if text.isdigit() and text[0] != "0" else ast.literal_eval(text)))


def string(run: Run, node: cst.SimpleString | cst.ConcatenatedString) -> Value:
    if isinstance(node, cst.SimpleString) and node.value[0] in _QUOTES and "\\" not in node.value:
        width = 3 if node.value.startswith(('"""', "'''")) and len(node.value) > 5 else 1
        return Value(ident=const(node.value[width:-width]))
    value = node.evaluated_value
    if value is None and isinstance(node, cst.ConcatenatedString):
        return _joined_parts(run, [run.evaluate(node.left), run.evaluate(node.right)], node)
    return Value(ident=const(value))


def formatted(run: Run, node: cst.FormattedString) -> Value:
    parts = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(Value(ident=const(part.value)))
        else:
            assert isinstance(part, cst.FormattedStringExpression)
            parts.append(run.evaluate(part.expression))
    return _joined_parts(run, parts, node)


def _joined_parts(run: Run, parts: list[Value], node: cst.BaseExpression) -> Value:
    value = pure(run, parts, node, "it is put into a text")
    idents = tuple(part.ident or ("opaque", id(node)) for part in parts)
    return value._replace(ident=("format", *idents)) if not value.origins else value


def mapping_display(run: Run, node: cst.Dict) -> Value:
    thing = run.blank(node)
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            thing = run.overlay(thing, run.evaluate(element.value))
        else:
            assert isinstance(element, cst.DictElement)
            name = run.evaluate(element.key)
            key = name.ident or ("opaque", id(element))
            value = filling(run, key, run.evaluate(element.value))
            literal = thing.literal and _is_literal(run, value)
            thing = run.under(thing, name).holding(key, value, literal=literal)
    return run.allocate(thing)


def _is_literal(run: Run, value: Value) -> bool:
    things = run.state.objects(value)
    return value.constant or (bool(things) and all(thing.literal for _, thing in things))


def display(run: Run, node: cst.List | cst.Tuple | cst.Set) -> Value:
    if isinstance(node, cst.Set):
        elements = [run.evaluate(e.value) for e in node.elements]
        value = joined(run, elements, node, "it is collected")
        if all(element.constant for element in elements):
            value = value._replace(ident=("call", "set", *(e.ident for e in elements)))
        return value._replace(shape="set")
    if not any(isinstance(e, cst.StarredElement) for e in node.elements):
        return run.sequence([run.evaluate(e.value) for e in node.elements], node)
    parts: list[Value] = []
    for element in node.elements:
        value = run.evaluate(element.value)
        parts.append(run.element(value, element) if isinstance(element, cst.StarredElement) else value)
    stars = [place for place, each in enumerate(node.elements) if isinstance(each, cst.StarredElement)]
    # Before the first of those that are spread out places count from the front, behind the last from the end.
    known = {const(place): parts[place] for place in range(stars[0])}
    known |= {const(place - len(parts)): parts[place] for place in range(stars[-1] + 1, len(parts))}
    listed = run.sequence(parts, node, exact=False)
    run.replace(listed, lambda thing: thing.having(fields=known))
    return listed
