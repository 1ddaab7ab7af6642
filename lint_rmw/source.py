"""One file: its bytes, text and syntax, and the top-level statements of it that are worth a concrete syntax tree."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from lint_rmw.finding import Edit, Position, Span

if TYPE_CHECKING:
    import libcst as cst

_LINE_END = re.compile(r"\r\n|\r|\n")
# LibCST recurses once a level and its own printing once a term; these bounds stay well inside both.
_DEEPEST_NESTING = 90
_LONGEST_CHAIN = 150


class SourceError(Exception):
    """A file that cannot be judged; the message says why in one line."""


@dataclass(frozen=True)
class Source:
    """The text of one file with its line ends as they are; `bom` says whether a byte order mark stood before it."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False

    @staticmethod
    def from_bytes(data: bytes, path: str) -> Source:
        """Decodes as Python does (coding cookie, byte order mark); raises `SourceError`."""
        if b"\0" in data:
            raise SourceError("contains null bytes, so it is not Python source")
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            bom = encoding == "utf-8-sig"
            return Source(path, data.decode(encoding), "utf-8" if bom else encoding, bom)
        except (SyntaxError, LookupError) as error:
            raise SourceError(f"cannot tell its encoding: {error}") from None
        except UnicodeDecodeError as error:
            raise SourceError(
                f"is not valid {error.encoding}: byte {error.start} cannot be decoded"
            ) from None

    @staticmethod
    def from_text(text: str, path: str) -> Source:
        """A source that was decoded elsewhere; a leading byte order mark is taken off."""
        return Source(path, text.removeprefix("\ufeff"), "utf-8", text.startswith("\ufeff"))

    @property
    def data(self) -> bytes:
        """The bytes of the file, byte order mark included."""
        return self.encode(self.text)

    def encode(self, text: str) -> bytes:
        """Other text in this file's encoding; raises `SourceError` where a character does not fit it."""
        try:
            return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode(self.encoding)
        except UnicodeEncodeError:
            raise SourceError(f"the new text does not fit the file's encoding {self.encoding}") from None

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset of each line's first character, and of the end of the text."""
        return (0, *(m.end() for m in _LINE_END.finditer(self.text)), len(self.text))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        return tuple(_LINE_END.split(self.text))

    @property
    def line_end(self) -> str:
        """How the lines end; empty where they do not all end in the same way."""
        ends = set(_LINE_END.findall(self.text))
        return ends.pop() if len(ends) == 1 else ""

    @cached_property
    def tree(self) -> ast.Module:
        """The abstract syntax tree; raises `SourceError` where Python itself refuses the text."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except SyntaxError as error:
            where = f" at line {error.lineno}" if error.lineno else ""
            raise SourceError(f"is not valid Python{where}: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise SourceError("is nested too deep to analyse") from None
        except ValueError as error:
            raise SourceError(f"is not valid Python: {error}") from None

    def offset(self, position: Position) -> int:
        """The 0-based character offset of a position."""
        return self.line_starts[position.line - 1] + position.column - 1

    def position(self, offset: int) -> Position:
        """The 1-based position of a 0-based character offset."""
        starts = self.line_starts
        low = bisect_right(starts, offset, 0, len(starts) - 1) - 1
        return Position(low + 1, offset - starts[low] + 1)

    def apply(self, edits: Iterable[Edit]) -> str:
        """The text with the edits made; they must not overlap (`ValueError`)."""
        text, last = self.text, len(self.text)
        for edit in sorted(set(edits), key=lambda e: e.span, reverse=True):
            start, end = self.offset(edit.span.start), self.offset(edit.span.end)
            if end > last:
                raise ValueError("edits overlap")
            text = text[:start] + edit.replacement + text[end:]
            last = start
        return text


@dataclass(frozen=True)
class Piece:
    """A run of whole top-level lines parsed with LibCST at its own offset: `start` and `end` are character offsets."""

    source: Source
    start: int
    end: int
    module: cst.Module

    @property
    def exact(self) -> bool:
        """Whether printing the tree gives back the text: only then may it be rewritten."""
        return self.module.code == self.source.text[self.start : self.end]

    def spans(self, nodes: Iterable[cst.CSTNode]) -> dict[cst.CSTNode, Span]:
        """Where the nodes stand, without the whitespace and parentheses around them, by printing the piece once."""
        return {
            node: Span(self.source.position(self.start + low), self.source.position(self.start + high))
            for node, (low, high) in _offsets(self.module, set(nodes)).items()
        }

    def span(self, node: cst.CSTNode) -> Span:
        """Where one node of the piece stands; for several, `spans` prints the piece only once."""
        return self.spans([node])[node]


def located(nodes: Iterable[tuple[Piece, cst.CSTNode]]) -> dict[cst.CSTNode, Span]:
    """Where nodes of several pieces stand; each piece is printed once."""
    wanted: dict[int, tuple[Piece, set[cst.CSTNode]]] = {}
    for piece, node in nodes:
        wanted.setdefault(id(piece), (piece, set()))[1].add(node)
    found: dict[cst.CSTNode, Span] = {}
    for piece, inside in wanted.values():
        found.update(piece.spans(inside))
    return found


def parse_piece(source: Source, first: int, last: int) -> Piece:
    """Parses the 1-based lines `first` to `last` inclusive; raises `SourceError` where LibCST cannot."""
    import libcst as cst

    starts = source.line_starts
    low, high = starts[first - 1], starts[min(last, len(starts) - 1)]
    try:
        module = cst.parse_module(source.text[low:high])
    # LibCST itself raises a TypeError for `else(lambda: 0)`.
    except (cst.ParserSyntaxError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise SourceError(f"line {first} cannot be parsed: {str(error).splitlines()[0]}") from None
    return Piece(source, low, high, module)


class Scan:
    """What one walk over pieces of a statement tells: the names it uses and stores, and whether LibCST can bear it.

    `used` are names, attributes, imported names and parameters without annotation; `stored` are the names it binds.
    """

    __slots__ = ("_long", "_nested", "stored", "used")

    def __init__(self, roots: Iterable[ast.AST], depth: int = 0) -> None:
        """Walks `roots`, which stand `depth` levels below their statement."""
        used: set[str] = set()
        self.stored: set[str] = set()
        self._long: list[ast.AST] = []
        self._nested = False
        fields = _CHILDREN
        level: list[ast.AST] = list(roots)
        while level:
            self._nested |= depth > _DEEPEST_NESTING or (
                depth == _DEEPEST_NESTING and any(_MARKS.intersection(node._fields) for node in level)
            )
            below: list[ast.AST] = []
            for node in level:
                kind = type(node)
                if kind is ast.Name:
                    used.add(node.id)  # type: ignore[attr-defined]
                    if type(node.ctx) is ast.Store:  # type: ignore[attr-defined]
                        self.stored.add(node.id)  # type: ignore[attr-defined]
                    continue
                if kind is ast.Constant or kind is ast.JoinedStr or kind is ast.BoolOp:
                    self._measure(node)
                elif kind is ast.Attribute:
                    used.add(node.attr)  # type: ignore[attr-defined]
                elif kind is ast.arg:
                    if node.annotation is None:  # type: ignore[attr-defined]
                        used.add(node.arg)  # type: ignore[attr-defined]
                elif kind is ast.ImportFrom or kind is ast.Import:
                    used.update(alias.name.rsplit(".", 1)[-1] for alias in node.names)  # type: ignore[attr-defined]
                known = fields.get(kind)
                for name in _children(kind) if known is None else known:
                    child = getattr(node, name, None)
                    if type(child) is list:
                        below.extend(filter(None, child))
                    elif isinstance(child, ast.AST):
                        below.append(child)
            level = below
            depth += 1
        self.used = frozenset(used)

    def too_deep(self, source: Source) -> bool:
        """Whether it is nested or chained so deep that LibCST would overflow the stack (it does not raise)."""
        return self._nested or any(_string_parts(node, source) > _LONGEST_CHAIN for node in self._long)

    def _measure(self, node: ast.AST) -> None:
        """Marks a chain that is too long; a string that may be one is kept until someone asks."""
        if isinstance(node, ast.BoolOp):
            self._nested |= len(node.values) > _LONGEST_CHAIN
        elif isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        ):
            width = (node.end_col_offset or 0) - node.col_offset
            if node.end_lineno != node.lineno or width > 3 * _LONGEST_CHAIN:
                self._long.append(node)


# Fields that hold no syntax, or marks without a place of their own, which only count as one more level.
_MARKS = frozenset({"ctx", "op", "ops"})
_PLAIN = _MARKS | {"arg", "attr", "id", "kind", "kwd_attrs", "type_comment"}
_CHILDREN: dict[type, tuple[str, ...]] = {
    kind: () for kind in (ast.Constant, ast.Global, ast.Nonlocal, ast.MatchSingleton, ast.alias)
}


def _children(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold nodes; looked up once a kind."""
    return _CHILDREN.setdefault(kind, tuple(name for name in kind._fields if name not in _PLAIN))


def _string_parts(node: ast.AST, source: Source) -> int:
    """About how many literals an implicit concatenation has, for `ast` shows it as one and LibCST nests it."""
    assert isinstance(node, ast.expr)
    last = node.end_lineno or node.lineno
    part = "".join(source.lines[node.lineno - 1 : last])
    return max(part.count('"'), part.count("'")) // 2 if '"""' not in part and "'''" not in part else 0


class _Stretch:
    """Notes which tokens are printed while it is entered."""

    __slots__ = ("found", "node", "start", "tokens")

    def __init__(
        self, found: dict[cst.CSTNode, tuple[int, int]], node: cst.CSTNode, tokens: list[str]
    ) -> None:
        self.found = found
        self.node = node
        self.tokens = tokens

    def __enter__(self) -> None:
        self.start = len(self.tokens)

    def __exit__(self, *error: object) -> None:
        self.found[self.node] = (self.start, len(self.tokens))


def _offsets(module: cst.Module, wanted: set[cst.CSTNode]) -> dict[cst.CSTNode, tuple[int, int]]:
    """Token-level positions of the wanted nodes only: PositionProvider records every node at six times the price."""
    from libcst._nodes.internal import CodegenState

    found: dict[cst.CSTNode, tuple[int, int]] = {}
    # Nodes hash by identity, but in Python: asking for each that is printed would cost a tenth of printing it.
    identities = {id(node) for node in wanted}
    pending: list[int] = []
    # Most nodes are not wanted, and a context manager made by a generator costs more than printing the node.
    unwanted = nullcontext()

    class Recorder(CodegenState):
        def before_codegen(self, node: cst.CSTNode) -> None:
            if id(node) in identities:
                pending.append(len(self.tokens))

        def after_codegen(self, node: cst.CSTNode) -> None:
            if id(node) in identities:
                found.setdefault(node, (pending.pop(), len(self.tokens)))

        def record_syntactic_position(  # type: ignore[override]
            self,
            node: cst.CSTNode,
            *,
            start_node: cst.CSTNode | None = None,
            end_node: cst.CSTNode | None = None,
        ) -> AbstractContextManager[None]:
            return _Stretch(found, node, self.tokens) if id(node) in identities else unwanted

    state = Recorder(module.default_indent, module.default_newline)
    module._codegen(state)
    ends = [0, *accumulate(map(len, state.tokens))]
    # The end of a file without a last newline is printed with one, which is then taken off again.
    ends.append(ends[-1])
    return {node: (ends[low], ends[high]) for node, (low, high) in found.items()}
