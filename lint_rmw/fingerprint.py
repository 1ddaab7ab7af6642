"""What a finding is, apart from where it stands: a hash of the code of its story, without lines, layout or file name."""

from __future__ import annotations

import ast
import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from lint_rmw.finding import Finding, Position, Span, StepKind
from lint_rmw.source import Source, SourceError

_LENGTH = 24
# `kind` is the u of u"…", which formatters drop; contexts follow from the place; the rest is layout or comments.
_LAYOUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def stamp(source: Source, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of one file, in their order, with fingerprints.

    A fingerprint is 24 hex digits; findings that do not differ in their code get `:2`, `:3`, … in source order.
    """
    if not findings:
        return ()
    places = _Places(source)
    stems = [_stem(places, finding) for finding in findings]
    seen: Counter[str] = Counter()
    stamped: dict[int, Finding] = {}
    for index in sorted(range(len(findings)), key=lambda i: (findings[i].span, findings[i].code)):
        stem = stems[index]
        seen[stem] += 1
        text = stem if seen[stem] == 1 else f"{stem}:{seen[stem]}"
        stamped[index] = replace(findings[index], fingerprint=text)
    return tuple(stamped[index] for index in range(len(findings)))


def stem(fingerprint: str) -> str:
    """The fingerprint without the number that tells true repeats apart."""
    return fingerprint.partition(":")[0]


def _stem(places: _Places, finding: Finding) -> str:
    told = [
        (step.kind.value, places.statement(step.span))
        for step in finding.steps
        if step.kind in (StepKind.READ, StepKind.WRITE) and step.path == finding.path
    ]
    parts = (
        finding.code,
        places.function(finding.span),
        places.expression(finding.span) if finding.steps else places.text(finding.span),
        finding.store,
        *finding.fields,
        *chain.from_iterable(told),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


class _Places:
    """The syntax of one file by position."""

    def __init__(self, source: Source) -> None:
        self._source = source
        try:
            self._tree: ast.Module | None = source.tree
        except SourceError:
            self._tree = None
        self._known: dict[Span, Sequence[ast.AST]] = {}
        self._top: list[ast.stmt] = [] if self._tree is None else self._tree.body
        self._starts = [
            min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) for node in self._top
        ]

    def function(self, span: Span) -> str:
        """The dotted name of the functions and classes around `span`, empty at the top of the file."""
        names = [
            node.name
            for node in self._around(span)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        return ".".join(names)

    def statement(self, span: Span) -> str:
        """The innermost statement around `span`, without the statements inside it."""
        around = [node for node in self._around(span) if isinstance(node, ast.stmt)]
        return _normal(around[-1], inside=False) if around else self.text(span)

    def expression(self, span: Span) -> str:
        """The smallest piece of syntax around `span`."""
        around = [node for node in self._around(span) if not isinstance(node, ast.Module)]
        return _normal(around[-1], inside=False) if around else self.text(span)

    def text(self, span: Span) -> str:
        """What stands in `span`, its whitespace evened out."""
        source = self._source
        return " ".join(source.text[source.offset(span.start) : source.offset(span.end)].split())

    def _around(self, span: Span) -> Sequence[ast.AST]:
        """The nodes that hold `span`, outermost first."""
        known = self._known.get(span)
        if known is not None:
            return known
        found: list[ast.AST] = []
        node: ast.AST | None = self._tree
        while node is not None:
            found.append(node)
            below = self._near(span) if node is self._tree else _children(node)
            node = next((child for child in below if self._holds(child, span)), None)
        return self._known.setdefault(span, found)

    def _near(self, span: Span) -> Sequence[ast.AST]:
        """The statements of the module that may hold `span`: a file has many, so they are not tried one by one."""
        end = bisect_right(self._starts, span.start.line)
        return self._top[max(0, bisect_left(self._starts, self._starts[end - 1]) - 1) : end] if end else []

    def _holds(self, node: ast.AST, span: Span) -> bool:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])  # type: ignore[attr-defined]
        last: int = node.end_lineno  # type: ignore[attr-defined]
        if not first <= span.start.line <= span.end.line <= last:
            return False
        start = self._position(first, node.col_offset if first == node.lineno else 0)  # type: ignore[attr-defined]
        return start <= span.start and span.end <= self._position(last, node.end_col_offset)  # type: ignore[attr-defined]

    def _position(self, line: int, offset: int) -> Position:
        """`ast` counts bytes of UTF-8; we count characters."""
        text = self._source.lines[line - 1]
        return Position(
            line, 1 + (offset if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore")))
        )


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below that have a place; those that have none (arguments, comprehensions, cases) give theirs."""
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            yield child
        else:
            yield from _children(child)


def _normal(node: object, *, inside: bool) -> str:
    """The syntax as text: the same for every layout and every version of Python that prints syntax its own way."""
    if isinstance(node, list):
        return f"[{','.join(_normal(item, inside=inside) for item in node)}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.stmt) and inside:
        return ""
    if isinstance(node, ast.Delete) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple):
        # `del (a, b)` is the one statement whose tree changes when a formatter drops its parentheses.
        return _normal(ast.Delete(node.targets[0].elts), inside=inside)
    named = (
        (name, value)
        for name, value in ast.iter_fields(node)
        if name not in _LAYOUT and value is not None and value != []
    )
    return f"{type(node).__name__}({','.join(f'{n}={_normal(v, inside=True)}' for n, v in named)})"
