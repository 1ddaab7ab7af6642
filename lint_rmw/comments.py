"""The comments of one file that speak to a linter: `# noqa…` as flake8 reads it, and `# rmw: ignore[…]`."""

from __future__ import annotations

import datetime
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from lint_rmw.finding import Position, Span
from lint_rmw.source import Source

# flake8 searches a line for this form, wherever it stands; what does not fit behind the colon makes it a blanket.
_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_MEANT = re.compile(
    r"#\s*noqa(?P<colon>\s*:?\s*)(?P<codes>(?:[A-Z]{1,3}[0-9]*\s*,\s*)*RMW[0-9]*\b(?:\s*,\s*[A-Z]{1,3}[0-9]+\b)*)",
    re.IGNORECASE,
)
_RMW = re.compile(r"#\s*rmw\s*:\s*(?P<body>(?:\"(?:[^\"\\]|\\.)*\"|[^#\"]|\")*)", re.IGNORECASE)
_IGNORE = re.compile(r"ignore\s*\[(?P<codes>[^\]]*)\](?P<rest>.*)", re.DOTALL)
_REASON = re.compile(r"\s*,?\s*reason\s*=\s*\"(?P<reason>(?:[^\"\\]|\\.)*)\"")
_UNTIL = re.compile(r"\s*,?\s*until\s*=\s*(?P<until>\d{4}-\d{2}-\d{2})(?![\w-])")
_SPEAKS = re.compile(r"#\s*(?:rmw\s*:|(?:flake8\s*[:=]\s*)?noqa)", re.IGNORECASE)
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


class Malformed(ValueError):
    """A comment that cannot be followed: the message says what is wrong; `repaired` is what was meant, if that is clear."""

    def __init__(self, message: str, repaired: str | None = None) -> None:
        super().__init__(message)
        self.repaired = repaired


@dataclass(frozen=True)
class Comment:
    """One comment: its text from the number sign on, where it stands, and whether code stands before it."""

    text: str
    line: int
    column: int
    trailing: bool

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Where the characters `start` to `end` of the text stand."""
        stop = len(self.text) if end is None else end
        return Span(Position(self.line, self.column + start), Position(self.line, self.column + stop))


@dataclass(frozen=True)
class Ignore:
    """`# rmw: ignore[WORDS] reason="…" until=…`: `words` are codes, names or prefixes, as written."""

    words: tuple[str, ...]
    reason: str | None = None
    until: datetime.date | None = None

    def __str__(self) -> str:
        text = f"# rmw: ignore[{', '.join(self.words)}]"
        if self.reason is not None:
            escaped = self.reason.replace("\\", "\\\\").replace('"', '\\"')
            text += f' reason="{escaped}"'
        return text if self.until is None else f"{text} until={self.until.isoformat()}"


def speaks(source: Source, has_findings: bool) -> bool:
    """Whether the text can hold a comment that matters, which is cheaper to tell than to look for it."""
    if _SPEAKS.search(source.text) is None:
        return False
    return has_findings or "rmw" in source.text.lower()


def comments(source: Source) -> tuple[tuple[Comment, ...], dict[int, tuple[int, int]]]:
    """The comments of a file, and for each line the first and last line flake8 reads together with it for `noqa`.

    A file that Python cannot split into tokens has none.
    """
    found: list[Comment] = []
    joined: dict[int, tuple[int, int]] = {}
    first, last, code = 0, 0, False
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                found.append(Comment(token.string, token.start[0], token.start[1] + 1, code))
            elif token.type not in _LAYOUT:
                code = True
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first, last = min(first or token.start[0], token.start[0]), max(last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                joined.update(dict.fromkeys(range(first, last + 1), (first, last)))
                first, last, code = 0, 0, False
    except (tokenize.TokenError, SyntaxError):
        return (), {}
    return tuple(found), joined


def skips_file(source: Source) -> bool:
    """Whether a `# flake8: noqa` line takes the whole file out, as it does in flake8."""
    return any(_NOQA_FILE.match(line) for line in source.lines)


def noqa_codes(line: str) -> tuple[str, ...] | None:
    """What `noqa` on a line hides, as flake8 reads it: prefixes of codes, `("",)` for everything, None for nothing."""
    match = _NOQA.search(line)
    if match is None:
        return None
    codes = match["codes"]
    return ("",) if codes is None else tuple(code for code in re.split(r"[,\s]", codes) if code)


def noqa_span(comment: Comment) -> tuple[int, int] | None:
    """The offsets in the comment of the list of codes flake8 reads, trailing separators left out; None without one."""
    match = _NOQA.search(comment.text)
    if match is None or match["codes"] is None:
        return None
    start = match.start("codes")
    return start, start + len(match["codes"].rstrip(", \t"))


def misread_noqa(comment: Comment) -> Malformed | None:
    """What is wrong with a `noqa` that names our codes in a form flake8 reads as something else."""
    meant = _MEANT.search(comment.text)
    if meant is None:
        return None
    listed = [code.upper() for code in re.split(r"[,\s]+", meant["codes"]) if code]
    read = noqa_codes(comment.text)
    if read is not None and read != ("",) and set(listed) <= set(read):
        return None
    # Which codes a bare `RMW` means is for its writer to say: flake8 takes a word without digits for no code at all.
    repaired = None if "RMW" in listed else f"# noqa: {','.join(listed)}{comment.text[meant.end() :]}"
    if read == ("",):
        return Malformed("this noqa hides every finding on the line, not only ours", repaired)
    return Malformed("flake8 does not read this noqa as it is meant", repaired)


def ignores(comment: Comment) -> Iterator[tuple[int, int, Ignore | Malformed]]:
    """Each `# rmw:` in a comment: its offsets in the text, and what it says or what is wrong with it."""
    for match in _RMW.finditer(comment.text):
        end = match.start() + len(match[0].rstrip())
        try:
            yield match.start(), end, _parse(match["body"].strip())
        except Malformed as malformed:
            yield match.start(), end, malformed


def _parse(body: str) -> Ignore:
    match = _IGNORE.fullmatch(body)
    if match is None:
        bare = re.fullmatch(r"ignore\s*[:=(]?\s*(?P<codes>RMW\d+(?:\s*,\s*RMW\d+)*)\)?", body)
        repaired = str(Ignore(tuple(re.findall(r"RMW\d+", bare["codes"])))) if bare else None
        raise Malformed("expected ignore[CODE, …]", repaired)
    words = tuple(word.strip() for word in match["codes"].split(",") if word.strip())
    rest, reason, until = match["rest"], None, None
    while rest.strip():
        if reason is None and (found := _REASON.match(rest)):
            reason = re.sub(r"\\(.)", r"\1", found["reason"])
        elif until is None and (found := _UNTIL.match(rest)):
            try:
                until = datetime.date.fromisoformat(found["until"])
            except ValueError:
                raise Malformed(f"{found['until']} is not a date") from None
        else:
            raise Malformed(*_wrong(rest.strip(), words, reason, until))
        rest = rest[found.end() :]
    if not words:
        raise Malformed("no code between the brackets")
    return Ignore(words, reason, until)


def _wrong(
    rest: str, words: tuple[str, ...], reason: str | None, until: datetime.date | None
) -> tuple[str, str | None]:
    """What is wrong behind the brackets, and the comment as it was meant where only quotes are missing."""
    plain = re.fullmatch(r"(?:reason\s*=\s*)?(?P<said>[^\"=]*[^\"=\s])", rest)
    if plain and words and reason is None and not rest.startswith("until"):
        said = plain["said"].strip("' -—:")
        return 'expected reason="…" in double quotes', str(Ignore(words, said, until)) if said else None
    return f'expected reason="…" or until=YYYY-MM-DD, found {rest.split()[0]!r}', None
