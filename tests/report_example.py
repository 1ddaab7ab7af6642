"""A run made of real source lines, with wide, combining and multi-byte characters in them, for the tests of the reports."""

from __future__ import annotations

from lint_rmw.finding import (
    Confidence,
    Edit,
    FileError,
    Finding,
    Fix,
    Outcome,
    Position,
    RuleCard,
    Safety,
    Severity,
    Span,
    Step,
    StepKind,
    Suppression,
)

AGENT = "src/agent händler/会话 #1.py"
AGENT_TEXT = '''"""An agent handler that renames a session."""

from store import load_session_entry, update_session_store


def rename(path, key, label="日本語"):
    entry = load_session_entry(key).entry
    note = "é"  # unrelated



    next_entry = {**entry, "label": label}

    def mutator(store):
\t\tnote = "日本"; store[key] = next_entry

    update_session_store(path, mutator)
'''
AGENT_LINES = tuple(AGENT_TEXT.split("\n"))
CACHE = "src/cache.py"
CACHE_TEXT = """from readers import current

def bump(store, key):
    count = current(key)["count"]
    with store.lock: store.data[key]["count"] = count + 1
"""
CACHE_LINES = tuple(CACHE_TEXT.split("\n"))
READERS = "src/readers.py"
READERS_LINES = ("def current(key):", "    return CACHE[key]  # 缓存", "")

RULES = (
    RuleCard(
        "RMW101",
        "stale-entry-overwrite",
        Severity.ERROR,
        "A whole entry is written with a value made from stale data.",
        "# stale-entry-overwrite\n\nWhatever another writer\nstored in between is lost.\n\n```python\nstore[key] = e\n```\n",
    ),
    RuleCard("RMW103", "stale-derived-field", Severity.WARNING, "A field is set from stale data.", ""),
)


def place(lines: tuple[str, ...], line: int, words: str) -> Span:
    """Where the words stand on the 1-based line."""
    column = lines[line - 1].index(words) + 1
    return Span(Position(line, column), Position(line, column + len(words)))


def overwrite() -> Finding:
    """An error of high confidence with a safe fix of two edits."""
    read = place(AGENT_LINES, 7, "load_session_entry(key).entry")
    built = place(AGENT_LINES, 12, '{**entry, "label": label}')
    written = place(AGENT_LINES, 15, "next_entry")
    return Finding(
        code="RMW101",
        name="stale-entry-overwrite",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="entry read at line 7 is written whole at line 15; the fresh 'store' is not used [label]",
        path=AGENT,
        span=written,
        store="session",
        fields=("label",),
        steps=(
            Step(StepKind.READ, AGENT, read, "'entry' is read outside the section"),
            Step(StepKind.DERIVE, AGENT, built, "'next_entry' is built from {**entry}"),
            Step(StepKind.CAPTURE, AGENT, written, "'mutator' closes over 'next_entry'"),
            Step(StepKind.WRITE, AGENT, written, "the whole entry is overwritten"),
        ),
        fix=Fix(
            Safety.SAFE,
            "build the entry inside 'mutator'",
            (),
            (
                Edit(Span(Position(12, 1), Position(13, 1)), ""),
                Edit(written, '{**store.get(key), "label": label}'),
            ),
        ),
        fingerprint="a1b2c3d4",
        baseline="new",
        touched=(0,),
    )


def counter() -> Finding:
    """A warning of medium confidence whose story starts in another file, with an unsafe fix."""
    written = place(CACHE_LINES, 5, "count + 1")
    return Finding(
        code="RMW103",
        name="stale-derived-field",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message="count read at line 4 is written at line 5; the fresh 'data' is not used [count]",
        path=CACHE,
        span=written,
        store="cache",
        fields=("count",),
        steps=(
            Step(
                StepKind.READ, READERS, place(READERS_LINES, 2, "CACHE[key]"), "the cached entry is returned"
            ),
            Step(StepKind.CALL, CACHE, place(CACHE_LINES, 4, "current(key)"), "'count' is taken from it"),
            Step(StepKind.WRITE, CACHE, written, "the field is overwritten"),
        ),
        fix=Fix(
            Safety.UNSAFE,
            "read inside the section",
            ("'current' may log",),
            (Edit(place(CACHE_LINES, 5, "count + 1"), 'store.data[key]["count"] + 1'),),
        ),
        fingerprint="e5f6",
        baseline="unchanged",
    )


def outcome() -> Outcome:
    """Two findings, two suppressed ones and a file that could not be judged."""
    found, other = overwrite(), counter()
    return Outcome(
        version="0.1.0",
        findings=(found, other),
        suppressed=(
            Finding(**{**vars(other), "suppression": Suppression("rmw", "single writer")}),
            Finding(**{**vars(found), "suppression": Suppression("baseline"), "baseline": None}),
        ),
        errors=(FileError("src/broken.py", "is not valid Python at line 3: '{' was never closed"),),
        files=4,
        lines={AGENT: AGENT_LINES, CACHE: CACHE_LINES, READERS: READERS_LINES},
        rules=RULES,
    )
