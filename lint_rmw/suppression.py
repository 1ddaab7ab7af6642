"""Which findings a comment hides, and the comments that hide nothing any more, have run out or cannot be read."""

from __future__ import annotations

import ast
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lint_rmw.comment_rules import MALFORMED, Directive, expired, malformed, unused, unused_noqa
from lint_rmw.comments import (
    Comment,
    Ignore,
    Malformed,
    comments,
    ignores,
    misread_noqa,
    noqa_codes,
    noqa_span,
    skips_file,
    speaks,
)
from lint_rmw.config import ConfigError, Named, resolve
from lint_rmw.finding import Finding, Suppression
from lint_rmw.source import Source, SourceError


@dataclass(frozen=True)
class Sorted:
    """The findings of a file to show, those about its comments included, and those a comment hides."""

    shown: tuple[Finding, ...]
    hidden: tuple[Finding, ...]


def suppress(
    source: Source,
    findings: Sequence[Finding],
    *,
    rules: Sequence[Named],
    every: Callable[[], Sequence[Finding]],
    noqa: bool,
    today: datetime.date | None = None,
) -> Sorted:
    """Applies the comments of a file to its findings.

    `every` gives the findings of all rules at any confidence: a comment is unused only when it hides none of those.
    With `noqa` False, `noqa` comments hide nothing (flake8 applies them itself).
    """
    found, joined = comments(source) if speaks(source, bool(findings)) else ((), {})
    if not found:
        return Sorted(tuple(findings), ())
    scopes = _Scopes(source)
    about: list[Finding] = []
    directives: list[Directive] = []
    for comment in found:
        for start, end, said in ignores(comment):
            read = said if isinstance(said, Malformed) else _codes(said, rules)
            if isinstance(read, Malformed):
                about.append(malformed(source, comment, start, end, read))
            elif isinstance(said, Ignore):
                over = said.until is not None and said.until < (today or datetime.date.today())
                directives.append(Directive(comment, start, end, said, read, scopes.of(comment), over))
        if (misread := misread_noqa(comment)) is not None:
            about.append(malformed(source, comment, comment.text.lower().find("noqa"), None, misread))
    about += [expired(source, d) for d in directives if d.expired]
    active = [d for d in directives if not d.expired]
    shown, hidden = _split(findings, active)
    listed = [(c, s) for c in found if (s := noqa_span(c)) is not None]
    if any(set(d.codes) - d.used for d in active) or any("RMW" in c.text[s[0] : s[1]] for c, s in listed):
        everything = every()
        _split(everything, active)
        about += [unused(source, d) for d in active if set(d.codes) - d.used]
        about += unused_noqa(source, listed, joined, everything)
    shown = sorted([*shown, *about], key=Finding.sort_key)
    if noqa:
        shown, more = _apply_noqa(source, shown, joined)
        hidden += more
    return Sorted(tuple(shown), tuple(sorted(hidden, key=Finding.sort_key)))


def _codes(ignore: Ignore, rules: Sequence[Named]) -> dict[str, str] | Malformed:
    codes: dict[str, str] = {}
    for word in ignore.words:
        try:
            codes[word] = resolve(word, rules, "ignore")
        except ConfigError as error:
            reason = str(error).removeprefix("ignore: ")
            near = reason.partition("did you mean ")[2].strip("'?")
            words = tuple(near if other == word else other for other in ignore.words)
            return Malformed(reason, str(replace(ignore, words=words)) if near else None)
    return codes


def _split(
    findings: Sequence[Finding], directives: Sequence[Directive]
) -> tuple[list[Finding], list[Finding]]:
    shown, hidden = [], []
    for finding in findings:
        by = None
        for directive in directives:
            if (word := directive.word_for(finding)) is not None:
                directive.used.add(word)
                by = by or directive
        if by is None:
            shown.append(finding)
        else:
            hidden.append(replace(finding, suppression=Suppression("rmw", by.ignore.reason)))
    return shown, hidden


def _apply_noqa(
    source: Source, findings: Sequence[Finding], joined: dict[int, tuple[int, int]]
) -> tuple[list[Finding], list[Finding]]:
    shown, hidden = [], []
    whole_file = skips_file(source)
    for finding in findings:
        first, last = joined.get(finding.line, (finding.line, finding.line))
        codes = noqa_codes("\n".join(source.lines[first - 1 : last]))
        blanket = codes == ("",)
        # A comment that became a blanket by mistake must not hide the report of that mistake.
        if finding.code == MALFORMED.code and blanket and not whole_file:
            shown.append(finding)
        elif whole_file or (codes and finding.code.startswith(codes)):
            hidden.append(replace(finding, suppression=Suppression("noqa")))
        else:
            shown.append(finding)
    return shown, hidden


class _Scopes:
    """The lines a comment speaks of: its own statement behind code, the next statement above it."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @cached_property
    def _statements(self) -> list[ast.stmt]:
        """All of the file; none if Python cannot parse it. Most comments ask for none of them."""
        try:
            return [n for n in ast.walk(self._source.tree) if isinstance(n, ast.stmt)]
        except SourceError:
            return []

    def of(self, comment: Comment) -> tuple[int, int]:
        """The first and last line, both included."""
        line = comment.line
        around = [lines for s in self._statements if (lines := _own_lines(s))[0] <= line <= lines[1]]
        if around:
            return max(around)
        if comment.trailing:
            return line, line
        below = [(first, s) for s in self._statements if (first := _first_line(s)) > line]
        if not below:
            return line, line
        nearest = min(first for first, _ in below)
        return nearest, max(s.end_lineno or s.lineno for first, s in below if first == nearest)


def _first_line(statement: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _own_lines(statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement without those of the statements in it."""
    first, last = _first_line(statement), statement.end_lineno or statement.lineno
    inner: Sequence[ast.stmt] = getattr(statement, "body", ()) or [
        s for case in getattr(statement, "cases", ()) for s in case.body
    ]
    if not inner:
        return first, last
    return first, min(last, max(statement.lineno, _header_end(statement, _first_line(inner[0]))))


def _header_end(statement: ast.stmt, body: int) -> int:
    """The last line of a header: comments on lines of their own between it and the body speak of the body."""
    heads = [
        n.end_lineno
        for n in ast.walk(statement)
        if isinstance(n, ast.expr | ast.arg | ast.alias) and n.end_lineno is not None and n.end_lineno < body
    ]
    return min(body - 1, max(heads, default=statement.lineno)) if body > statement.lineno else body
