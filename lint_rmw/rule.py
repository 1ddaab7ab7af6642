"""What a rule is: a function from the facts of a file to its objections, with a code, a severity and its docs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lint_rmw.finding import Confidence, Severity
from lint_rmw.flow.facts import Facts, Kind, Loss, Write

HEADINGS = (
    "What it does",
    "Why is this bad?",
    "Known problems",
    "Example",
    "Use instead",
)


@dataclass(frozen=True)
class Objection:
    """A write, how sure the rule is, and one sentence; `{read}`, `{write}` and `{fresh}` are filled in with places."""

    write: Write
    confidence: Confidence
    message: str
    losses: tuple[Loss, ...]


Check = Callable[[Facts], Iterator[Objection]]


@dataclass(frozen=True)
class Rule:
    """One rule. `name` is its file's, `summary` the first line of its docs, `fixes` those it trusts, smallest first."""

    code: str
    name: str
    severity: Severity
    summary: str
    docs: str
    check: Check
    fixes: tuple[Any, ...] = ()
    opt_in: bool = False


def rule(
    code: str, severity: Severity, *, fixes: Sequence[Any] = (), opt_in: bool = False
) -> Callable[[Check], Rule]:
    """Makes a rule of the `check` function of a module; the module's docstring is the rule's documentation."""

    def register(check: Check) -> Rule:
        docs = (sys.modules[check.__module__].__doc__ or "").strip()
        name = check.__module__.rsplit(".", 1)[-1].replace("_", "-")
        return Rule(code, name, severity, docs.splitlines()[0], docs, check, tuple(fixes), opt_in)

    return register


def level(hops: int, start: int = 3) -> Confidence | None:
    """The confidence left after that many unresolved hops; None below low."""
    return {3: Confidence.HIGH, 2: Confidence.MEDIUM, 1: Confidence.LOW}.get(max(start - hops, 0))


def surest(losses: Sequence[Loss], start: Callable[[Loss], int] = lambda loss: 3) -> Confidence | None:
    """The confidence of the best proven loss."""
    found = [level(loss.hops, start(loss)) for loss in losses]
    known = [confidence for confidence in found if confidence is not None]
    return max(known, key=lambda confidence: confidence.rank) if known else None


def outside(write: Write) -> tuple[Loss, ...]:
    """The losses of values read before the section, or in an earlier one; none where there is no section."""
    return () if write.section.form == "none" else tuple(loss for loss in write.losses if not loss.inside)


def only_fallback(losses: Sequence[Loss]) -> bool:
    """Whether stale values win only where another operand is empty."""
    return all(loss.fallback for loss in losses)


def certain(write: Write) -> tuple[Loss, ...]:
    """The losses read outside, if any of them wins for certain."""
    losses = outside(write)
    return losses if losses and not only_fallback(losses) else ()


def replaces_entry(write: Write) -> bool:
    """Whether a whole entry or store is written, not laid over the fresh one."""
    return write.kind is Kind.WHOLE and not all(loss.over_fresh for loss in outside(write))
