"""One file judged for a door: its findings with fingerprints, those a comment hides, or why it could not be judged."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lint_rmw.comment_rules import COMMENT_RULES, CommentRule
from lint_rmw.config import Config
from lint_rmw.finding import Confidence, FileError, Finding
from lint_rmw.fingerprint import stamp
from lint_rmw.lint import Options, could_matter, lint, rules
from lint_rmw.rule import Rule
from lint_rmw.source import Source, SourceError
from lint_rmw.suppression import Sorted, suppress


def known_rules() -> tuple[Rule | CommentRule, ...]:
    """Every rule a user may name, sorted by code."""
    return (*rules(), *COMMENT_RULES)


@dataclass(frozen=True)
class Inspection:
    """What became of one file; `lines` are its lines without ends where it has findings, hidden ones included.

    `line_end` is how they end, empty where they do not all end in the same way.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    hidden: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()
    error: FileError | None = None
    line_end: str = ""


def options_for(config: Config, path: Path) -> Options:
    """The options of the file at `path`."""
    return Options(
        select=config.applied(path, known_rules()),
        min_confidence=config.min_confidence,
        profiles=config.profiles,
    )


def worth_reading(data: bytes, options: Options) -> bool:
    """Whether a file can have a finding, or a comment that is one; decides without parsing."""
    return could_matter(data, options.profiles) or b"rmw" in data or b"RMW" in data


def inspect(data: bytes, shown: str, options: Options, *, propose_fixes: bool = False) -> Inspection:
    """Judges the bytes of one file, called `shown` in reports, as the command line does."""
    if not worth_reading(data, options):
        return Inspection(shown)
    try:
        source = Source.from_bytes(data, shown)
        findings = judge(source, options, noqa=True, propose_fixes=propose_fixes)
        return Inspection(
            shown,
            stamp(source, findings.shown),
            stamp(source, findings.hidden),
            source.lines if findings.shown or findings.hidden else (),
            line_end=source.line_end if findings.shown or findings.hidden else "",
        )
    except SourceError as error:
        return Inspection(shown, error=FileError(shown, str(error)))
    except (RecursionError, MemoryError):
        return Inspection(shown, error=FileError(shown, "is nested too deep to analyse"))
    except Exception as error:
        # One file must not end the run of a thousand: a bug in a rule is told like any other trouble with the file.
        return Inspection(shown, error=FileError(shown, internal_error(error)))


def internal_error(error: Exception) -> str:
    """One line that says what went wrong inside, and where, for a bug report."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split())[:200]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"internal error, please report it: {type(error).__name__} at {where}: {said}"


def judge(
    source: Source,
    options: Options,
    *,
    noqa: bool,
    tree: ast.Module | None = None,
    propose_fixes: bool = False,
) -> Sorted:
    """The findings of one file after its comments, without fingerprints; raises `SourceError`."""
    if could_matter(source.data, options.profiles):
        findings: Sequence[Finding] = lint(source, options, tree=tree, propose_fixes=propose_fixes)
    else:
        findings = ()
        # Only its comments matter, and a file that does not parse must not pass for one without findings.
        _ = source.tree

    def every() -> Sequence[Finding]:
        loose = replace(options, select=tuple(r.code for r in rules()), min_confidence=Confidence.LOW)
        return lint(source, loose, tree=tree) if could_matter(source.data, options.profiles) else ()

    found = suppress(source, findings, rules=rules(), every=every, noqa=noqa)
    about = {rule.code for rule in COMMENT_RULES}
    shown = tuple(f for f in found.shown if f.code not in about or options.wants(f.code))
    return Sorted(shown, found.hidden)
