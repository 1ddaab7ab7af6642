"""What there is to say about suppression comments themselves: unused, expired or malformed, each with its repair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lint_rmw.comments import Comment, Ignore, Malformed
from lint_rmw.finding import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Position,
    RuleCard,
    Safety,
    Severity,
    Span,
)
from lint_rmw.source import Source


@dataclass(frozen=True)
class CommentRule:
    """A rule about comments: the same words as any other rule, `docs` in markdown."""

    code: str
    name: str
    severity: Severity
    summary: str
    docs: str
    opt_in: bool = False

    @property
    def card(self) -> RuleCard:
        """What reports may say of it."""
        return RuleCard(self.code, self.name, self.severity, self.summary, self.docs)


UNUSED = CommentRule(
    "RMW901",
    "unused-suppression",
    Severity.WARNING,
    "a comment suppresses a finding that is not there",
    """## What it does

Finds `# rmw: ignore[…]` and `# noqa: RMW…` comments, or single codes in them, that hide no finding.

## Why is this bad?

The comment claims a danger that is gone, and would hide the next one that comes to stand on its line.

## Known problems

A comment for a store whose profile is switched off in this configuration counts as unused.
""",
)
EXPIRED = CommentRule(
    "RMW902",
    "expired-suppression",
    Severity.WARNING,
    "a suppression has passed its `until` date and hides nothing any more",
    """## What it does

Finds `# rmw: ignore[…] until=YYYY-MM-DD` comments whose date is past. The day itself still counts.

## Why is this bad?

Somebody promised to come back to this code by that day.

## Known problems

The date is compared with the local date of the machine that runs the check.
""",
)
MALFORMED = CommentRule(
    "RMW903",
    "malformed-suppression",
    Severity.WARNING,
    "a suppression comment is not read as it is meant",
    """## What it does

Finds `# rmw:` comments that do not have the form `# rmw: ignore[CODE, …] reason="…" until=YYYY-MM-DD`, those that
name a rule that does not exist, and `noqa` comments that name our codes in a form flake8 reads differently.

## Why is this bad?

`# noqa : RMW101` hides every finding of every tool on its line, and `#noqa: RMW101` hides none.

## Known problems

flake8 hides the report on a line that a malformed `noqa` turned into a blanket; `lint-rmw check` shows it.
""",
)
COMMENT_RULES = (UNUSED, EXPIRED, MALFORMED)


@dataclass
class Directive:
    """One `# rmw: ignore[…]` that can be followed; `lines` are the first and last line it speaks of.

    `codes` says for each word the code or prefix it means; `used` collects the words that hide something.
    """

    comment: Comment
    start: int
    end: int
    ignore: Ignore
    codes: dict[str, str]
    lines: tuple[int, int]
    expired: bool
    used: set[str] = field(default_factory=set)

    def word_for(self, finding: Finding) -> str | None:
        """The word of the comment that covers `finding`."""
        if not self.lines[0] <= finding.line <= self.lines[1]:
            return None
        return next((word for word, code in self.codes.items() if finding.code.startswith(code)), None)


def _about(source: Source, rule: CommentRule, span: Span, message: str, fix: Fix) -> Finding:
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=message,
        path=source.path,
        span=span,
        store="",
        fields=(),
        steps=(),
        fix=fix,
    )


def malformed(source: Source, comment: Comment, start: int, end: int | None, wrong: Malformed) -> Finding:
    """The finding for the part of a comment, from `start` to `end`, that cannot be followed."""
    start = max(0, comment.text.rfind("#", 0, start + 1))
    span = comment.span(start, end)
    if wrong.repaired is None:
        fix = Fix(Safety.MANUAL, "correct the comment", (str(wrong),))
    else:
        title = f"write `{wrong.repaired}`"
        fix = Fix(Safety.SAFE, title, edits=(Edit(span, wrong.repaired),))
    return _about(source, MALFORMED, span, f"malformed suppression: {wrong}", fix)


def expired(source: Source, directive: Directive) -> Finding:
    """The finding for a comment whose day is past."""
    comment, until = directive.comment, directive.ignore.until
    fix = Fix(Safety.SAFE, "remove the comment", edits=(_removal(source, comment, directive),))
    span = comment.span(directive.start, directive.end)
    return _about(source, EXPIRED, span, f"this suppression ended on {until}", fix)


def unused(source: Source, directive: Directive) -> Finding:
    """The finding for the words of a comment that hide nothing; its fix keeps the others."""
    comment, words = directive.comment, directive.ignore.words
    idle = [word for word in words if word not in directive.used]
    span = comment.span(directive.start, directive.end)
    if len(idle) == len(words):
        edit, title = _removal(source, comment, directive), "remove the comment"
    else:
        kept = replace(directive.ignore, words=tuple(word for word in words if word in directive.used))
        edit, title = Edit(span, str(kept)), f"remove {', '.join(idle)} from the comment"
    message = f"unused suppression: nothing to ignore for {', '.join(idle)}"
    return _about(source, UNUSED, span, message, Fix(Safety.SAFE, title, edits=(edit,)))


def unused_noqa(
    source: Source,
    listed: Sequence[tuple[Comment, tuple[int, int]]],
    joined: dict[int, tuple[int, int]],
    everything: Sequence[Finding],
) -> Iterator[Finding]:
    """The findings for our codes in `noqa` comments (with the offsets of their codes) that no finding needs."""
    for comment, (start, end) in listed:
        first, last = joined.get(comment.line, (comment.line, comment.line))
        here = [f.code for f in everything if first <= f.line <= last]
        codes = [code for code in comment.text[start:end].replace(",", " ").split() if code]
        idle = [c for c in codes if c.startswith("RMW") and c[3:4] != "9" and not _covers(c, here)]
        if not idle:
            continue
        kept = [code for code in codes if code not in idle]
        if kept:
            edit = Edit(comment.span(start, end), ",".join(kept))
        else:
            whole = comment.text[:start].rfind("#")
            rest = comment.text[end:].strip(" \t,")
            if whole == 0 and not rest:
                edit = _whole_removal(source, comment)
            else:
                kept_text = rest if rest.startswith("#") or not rest else f"# {rest}"
                before = len(comment.text[:whole]) if rest else len(comment.text[:whole].rstrip())
                edit = Edit(comment.span(before), kept_text)
        message = f"unused suppression: nothing to ignore for {', '.join(idle)}"
        fix = Fix(Safety.SAFE, f"remove {', '.join(idle)} from the noqa", edits=(edit,))
        yield _about(source, UNUSED, comment.span(start, end), message, fix)


def _covers(prefix: str, codes: Sequence[str]) -> bool:
    return any(code.startswith(prefix) for code in codes)


def _removal(source: Source, comment: Comment, directive: Directive) -> Edit:
    before, after = comment.text[: directive.start].rstrip(), comment.text[directive.end :].strip()
    if not before and not after:
        return _whole_removal(source, comment)
    joint = f"{before}  {after}" if before and after else before or after
    return Edit(comment.span(), joint)


def _whole_removal(source: Source, comment: Comment) -> Edit:
    line = source.lines[comment.line - 1]
    end = comment.span().end
    if comment.trailing:
        return Edit(Span(Position(comment.line, len(line[: comment.column - 1].rstrip()) + 1), end), "")
    if comment.line < len(source.lines):
        return Edit(Span(Position(comment.line, 1), Position(comment.line + 1, 1)), "")
    return Edit(Span(Position(comment.line, 1), end), "")
