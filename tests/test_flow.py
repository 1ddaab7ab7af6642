"""What the analysis sees, with no rule at all: each name bound in `fixtures/flow/` holds what its comment says.

`# stale: entry.label` lists the places a value was read from outside the section open now, `# fresh: …` those read in
it; `(fallback)` marks what counts only where something else is empty, `(unsure)` what costs confidence. `# from: a` is
a value never read from a store: that of parameter `a`, a literal, `minted`, or `opaque`; `# clean` is any such value.
`a = stale: …; b = clean` tells the names of one line apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import libcst as cst
import pytest

from lint_rmw.flow.analysis import analyse
from lint_rmw.flow.provenance import Ident, Label
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import Value
from lint_rmw.source import Source
from lint_rmw.store import builtin_profiles
from tests.expectations import FIXTURES, shown, spoken_of

FILES = sorted((FIXTURES / "flow").glob("*.py"))

_CLAUSE = re.compile(r"(?:(?P<name>\w+) = )?(?:(?P<kind>stale|fresh|from): (?P<what>[^;]+)|clean)")
_FIRST_NAME = re.compile(r"[\s(*]*(?:async )?(?:for |with .* as )?(\w+)")
_FALLBACK = " (fallback)"
_UNSURE = " (unsure)"

Seen = dict[tuple[int, str], set[str]]


def place(label: Label) -> str:
    """How a place in a store is written in a comment."""
    if not label.where:
        return "store"
    return ".".join(("entry", *(str(part[2]) if part[0] == "const" else "?" for part in label.where[1:])))


def origin_of(ident: Ident | None) -> str:
    """What a value is that was never read: a parameter, a literal, minted, or something else."""
    match ident:
        case ("param", _, name):
            return f"from: {name}"
        case ("const", _, value):
            return f"from: {value!r}"
        case ("minted", *_):
            return "from: minted"
    return "from: opaque"


def facts_of(run: Run, value: Value) -> set[str]:
    """Everything a comment may say of a value."""
    epochs = {section.epoch for section in run.sections}
    found = set()
    for origin in run.origins(value):
        marks = "".join((_FALLBACK if origin.fallback else "", _UNSURE if origin.hops else ""))
        kind = "fresh" if origin.label.epoch in epochs else "stale"
        found.add(f"{kind}: {place(origin.label)}{marks}")
    return found or {"clean", origin_of(value.ident)}


def covered(facts: set[str]) -> set[str]:
    """The facts without those that another implies: who has an entry has its fields."""
    return {
        each
        for each in facts
        if not any(
            each.startswith(f"{_unmarked(other)}.") for other in facts if _marks(other) <= _marks(each)
        )
    }


def _unmarked(fact: str) -> str:
    return fact.partition(" (")[0]


def _marks(fact: str) -> set[str]:
    return set(fact.partition(" (")[2].split(" ("))


def bindings(path: Path) -> Seen:
    """All that the walks of a file saw bound, by line and name."""
    seen: Seen = defaultdict(set)

    def observer(run: Run) -> Callable[[cst.CSTNode, str, Value], None]:
        def observe(node: cst.CSTNode, name: str, value: Value) -> None:
            line = run.frame.piece.spans({node})[node].start.line
            seen[line, name] |= facts_of(run, value)

        return observe

    analyse(Source.from_text(path.read_text(), shown(path)), builtin_profiles(), observe=observer)
    return seen


def wanted(path: Path) -> list[tuple[int, str, set[str]]]:
    """What the comments say, by line and name; a comment without a name speaks of the first one on its line."""
    found: Seen = defaultdict(set)
    text = path.read_text()
    lines = text.splitlines()
    for line, comment in spoken_of(text):
        first = _FIRST_NAME.match(lines[line - 1])
        assert first, f"line {line}: binds no name"
        name = first[1]
        for clause in comment.removeprefix("# ").split("; "):
            matched = _CLAUSE.fullmatch(clause)
            assert matched, f"line {line}: not an expectation: {clause!r}"
            name = matched["name"] or name
            if matched["kind"] is None or matched["kind"] == "from":
                found[line, name].add(clause.removeprefix(f"{name} = "))
            else:
                found[line, name] |= {f"{matched['kind']}: {each}" for each in matched["what"].split(", ")}
    return [(line, name, facts) for (line, name), facts in found.items()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_hold_what_their_comments_say(path: Path) -> None:
    seen = bindings(path)
    expected = wanted(path)
    assert expected
    wrong = []
    for line, name, facts in expected:
        found = seen.get((line, name), set())
        known = covered(found - {"clean", *(each for each in found if each.startswith("from: "))})
        if facts == {"clean"}:
            right = "clean" in found and not known
        elif any(each.startswith("from: ") for each in facts):
            right = found - {"clean"} == facts
        else:
            right = known == covered(facts)
        if not right:
            wrong.append(f"line {line}: {name} is {sorted(found)}, not {sorted(facts)}")
    assert not wrong, "\n".join(wrong)


def test_every_comment_of_every_file_is_read() -> None:
    assert len(FILES) >= 25
    assert sum(len(wanted(path)) for path in FILES) >= 250
