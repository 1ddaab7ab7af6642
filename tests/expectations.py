"""The comments of fixtures: what the linter is to say of a line, and which files there are.

`# RMW101: "text"` is a finding on that line whose message holds the text, `# step: RMW101 "text"` a related line,
`# unfixable: "text"` a reason why no fix is offered. A comment alone on its line speaks of the next line of code.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"

_EXPECTED = re.compile(r'# (?P<step>step: )?(?P<code>RMW\d{3}):? "(?P<text>[^"]*)"')
_UNFIXABLE = re.compile(r'# unfixable: "(?P<text>[^"]*)"')
_OF_OURS = re.compile(r"# (?:step: |unfixable: |RMW\d{3}:)")


@dataclass(frozen=True, order=True)
class Expectation:
    """One thing a line is to show: a finding or a step of it, and what its message holds."""

    line: int
    code: str
    step: bool
    text: str

    def __str__(self) -> str:
        what = "step of " if self.step else ""
        return f"line {self.line}: {what}{self.code} {self.text!r}"


def cases(name: str, pattern: str = "*/*") -> list[Path]:
    """Returns the fixture files of that name, those of one rule or of one case beside each other."""
    return sorted(FIXTURES.glob(f"{pattern}/{name}"))


def shown(path: Path) -> str:
    """Returns how a fixture is named in a report: its path below the project."""
    return path.relative_to(FIXTURES.parent).as_posix()


def spoken_of(text: str) -> Iterator[tuple[int, str]]:
    """Returns each comment with the 1-based number of the line it speaks of."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            while _only_comment(lines[line - 1]):
                line += 1
            yield line, token.string


def _only_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def expectations(text: str) -> list[Expectation]:
    """Returns what the comments of a file expect, in order."""
    return sorted(
        Expectation(line, found["code"], bool(found["step"]), found["text"])
        for line, comment in spoken_of(text)
        for found in _EXPECTED.finditer(comment)
    )


def unfixable(text: str) -> list[tuple[int, str]]:
    """Returns the reasons that a file gives for having no fix, each with the line it speaks of."""
    return [
        (line, found["text"]) for line, comment in spoken_of(text) for found in _UNFIXABLE.finditer(comment)
    ]


def plain(text: str) -> str:
    """Returns the file without the comments that expect something, as a user would have written it."""
    return _without(text, _OF_OURS)


def with_reasons(text: str, reasons: dict[int, str]) -> str:
    """Returns the file with a reason for having no fix above each of those lines, and with no other such reason.

    The line numbers are those of the file without any reasons.
    """
    lines = without_reasons(text).splitlines(keepends=True)
    for line in sorted(reasons, reverse=True):
        indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
        lines.insert(line - 1, f'{indent}# unfixable: "{reasons[line]}"\n')
    return "".join(lines)


def without_reasons(text: str) -> str:
    """Returns the file without its reasons for having no fix."""
    return _without(text, _UNFIXABLE)


def _without(text: str, unwanted: re.Pattern[str]) -> str:
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and unwanted.match(token.string):
            row, column = token.start
            before = lines[row - 1][:column].rstrip()
            lines[row - 1] = f"{before}\n" if before else ""
    return "".join(lines)
