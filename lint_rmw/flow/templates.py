"""What a text written down as a template takes of the values put into it: of a mapping only the fields it names."""

from __future__ import annotations

import itertools
import re
import string
from typing import TYPE_CHECKING

from lint_rmw.flow.known import Arguments, pure
from lint_rmw.flow.provenance import const
from lint_rmw.flow.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import libcst as cst

    from lint_rmw.flow.run import Run

_TEXT = const("template")
_NOTE = "it is put into a text"
_PERCENT = re.compile(r"%(?:%|\((?P<named>[^)]*)\)|.)", re.DOTALL)


def template(run: Run, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """A `string.Template`; None if that is not what is called."""
    if name != "Template" or not arguments:
        return None
    return run.allocate(run.blank(node).having(parts={_TEXT: arguments[0].value}))


def method(run: Run, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """What `format`, `format_map`, `substitute` and `safe_substitute` make; None if this is none of them."""
    if name in ("substitute", "safe_substitute"):
        texts = [t.parts[_TEXT] for _, t in run.state.objects(receiver) if _TEXT in t.parts]
        text = texts[0] if len(texts) == 1 else Value()
        names = None if text.text is None else list(_dollars(text.text))
    elif name in ("format", "format_map"):
        text = receiver
        names = None if text.text is None else list(_braces(text.text))
    else:
        return None
    parts = [text]
    for place, argument in enumerate(arguments):
        spread = argument.star == "**" or (name != "format" and argument.keyword is None)
        if names is None or argument.star == "*":
            parts.append(argument.value)
        elif spread:
            parts.extend(run.get(argument.value, const(root), node) for root, _ in names)
        else:
            parts.extend(_looked_at(run, argument.value, argument.keyword or str(place), names, node))
    return pure(run, parts, node, _NOTE)


def percent(run: Run, text: Value, value: Value, node: cst.CSTNode) -> Value | None:
    """What `text % value` makes of a mapping; None if the text names nothing of it."""
    found = [m for m in _PERCENT.finditer(text.text or "") if m[0] != "%%"]
    if not found or not value.refs or any(match["named"] is None for match in found):
        return None
    return pure(run, [text, *(run.get(value, const(m["named"]), node) for m in found)], node, _NOTE)


def _looked_at(
    run: Run, value: Value, root: str, names: Iterable[tuple[str, str]], node: cst.CSTNode
) -> list[Value]:
    """What is taken of the argument with that name or number: what each `{0[name]}` says, or all of it."""
    return [run.get(value, const(part), node) if part else value for name, part in names if name == root]


def _dollars(written: str) -> Iterable[tuple[str, str]]:
    for match in string.Template.pattern.finditer(written):
        name = match["named"] or match["braced"]
        if name:
            yield name, ""


def _braces(written: str) -> Iterable[tuple[str, str]]:
    """The arguments a format takes by name or number, each with the first part of it that is looked at."""
    try:
        fields = list(_fields(written))
    except ValueError:
        return
    unnamed = itertools.count()
    for field in fields:
        root, *parts = re.split(r"[.\[]", field)
        yield root or str(next(unnamed)), parts[0].rstrip("]") if parts else ""


def _fields(written: str) -> Iterator[str]:
    """What stands in the braces, and in those within them: a width may be put in too."""
    for _, field, spec, _ in string.Formatter().parse(written):
        if field is not None:
            yield field
            yield from _fields(spec or "")
