"""A rule as SARIF describes it to code scanning: names, help in two spellings, level, tags and precision."""

from __future__ import annotations

import re

from lint_rmw.finding import RuleCard, Severity

# GitHub cuts nothing: a description that is longer, or empty, makes it refuse the file.
_LONGEST_DESCRIPTION = 1024
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def rule_descriptor(card: RuleCard) -> dict[str, object]:
    """The `reportingDescriptor` of a rule; a rule without help is explained by its summary."""
    summary = card.summary.strip() or card.name
    explanation = card.help.strip() or summary
    return {
        "id": card.code,
        "name": card.name,
        "shortDescription": {"text": _cut(summary)},
        "fullDescription": {"text": _cut(_first_prose(explanation) or summary)},
        "help": {"text": explanation, "markdown": explanation},
        "defaultConfiguration": {"level": card.severity.value},
        "properties": {
            "tags": ["concurrency", "correctness", "lost-update"],
            "precision": "high" if card.severity is Severity.ERROR else "medium",
            "problem.severity": card.severity.value,
        },
    }


def _first_prose(markdown: str) -> str:
    """The first paragraph that is neither heading nor code, on one line."""
    for paragraph in _BLANK_LINE.split(markdown):
        if not paragraph.startswith(("#", "```", "    ", "|")):
            return " ".join(paragraph.split())
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 1] + "…"
