"""Why nothing is reported at a line, and which one fact would turn it into a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.finding import Confidence, Span
from lint_rmw.lint import Options, could_matter, rules
from lint_rmw.source import Source

if TYPE_CHECKING:
    from lint_rmw.flow.facts import Facts, Write
    from lint_rmw.flow.sections import Section
    from lint_rmw.rule import Objection


def explain_silence(source: Source, options: Options, line: int) -> list[str]:
    """The reasons, one sentence each, for the 1-based line; raises `SourceError` where the file cannot be judged."""
    if not could_matter(source.data, options.profiles):
        return [
            "this file names no updater, lock or saver of a known store: declare yours as a store profile"
        ]
    from lint_rmw.flow.analysis import analyse

    facts = analyse(source, options.profiles)
    writes = [write for write in facts.writes if _covers(_span_of_write(write), line)]
    found = list(facts.skipped)
    for write in writes:
        found.extend(_reasons(write, facts, options))
    if not writes:
        sections = [section for section in facts.sections if _covers(_span(section), line)]
        found.extend(_no_write(section) for section in sections)
    if not found:
        found.append("this line is in no section of a known store, and saves none")
    return list(dict.fromkeys(found))


def _covers(span: Span, line: int) -> bool:
    return span.start.line <= line <= span.end.line


def _span_of_write(write: Write) -> Span:
    return write.piece.spans([write.node])[write.node]


def _span(section: Section) -> Span:
    return section.piece.spans([section.body])[section.body]


def _no_write(section: Section) -> str:
    return (
        f"this section of the store '{section.family}' writes nothing here; "
        f"assigning to its fresh {section.fresh_name or 'state'} a value read before it would be a finding"
    )


def _reasons(write: Write, facts: Facts, options: Options) -> list[str]:
    found: list[str] = []
    for code, objection in _objections(write, facts):
        if not options.wants(code):
            found.append(f"{code} applies, but is not selected")
        elif not objection.confidence.at_least(options.min_confidence):
            found.append(
                f"{code} applies with {objection.confidence} confidence: below {options.min_confidence}, for "
                f"{_unresolved(objection)}; with that resolved it would be a finding"
            )
        else:
            found.append(f"{code} is reported here")
    found.extend(f"{reason}: without that it would be a finding" for reason in write.silenced)
    if not found:
        found.append(
            f"the value written here comes from nothing that was read from the store '{write.section.family}' outside "
            "this section; built from such a read it would be a finding"
        )
    return found


def _objections(write: Write, facts: Facts) -> list[tuple[str, Objection]]:
    return [
        (rule.code, objection)
        for rule in rules()
        for objection in rule.check(facts)
        if objection.write is write
    ]


def _unresolved(objection: Objection) -> str:
    hops = min((loss.hops for loss in objection.losses), default=0)
    if objection.confidence is Confidence.LOW and hops:
        return f"{hops} step{'s' if hops > 1 else ''} on the way from the read could not be resolved"
    return "it may be meant"
