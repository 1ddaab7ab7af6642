"""Objects of classes in the same file: what their methods and properties do is known, whatever they are called."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Safety
from lint_rmw.lint import Options, apply_fixes, lint
from lint_rmw.source import Source
from tests.oracle import judge_fix
from tests.test_fix_closures import handler

CLASSES = """
ASKED = []


class Sink:
    def __init__(self):
        self.seen = []

    def add(self, value):
        print("seen", value)
        self.seen.append(value)
        return value

    def get(self, value):
        ASKED.append(value)
        return value

    def update(self, value):
        self.seen.append(value)
        return value


class Pair:
    def __init__(self, one, other):
        self.one, self.other = one, other

    def grown(self, by):
        return Pair(self.one + by, self.other + by)

    @property
    def total(self):
        return self.one + self.other

    @property
    def counted(self):
        print("counted")
        return self.one + self.other
"""
SAFE = {
    "a method that changes no more than its object": """
        sink = Sink()
        label = sink.update(entry["label"]) + "!"
        update_session_store(path, lambda store: store[key].update(label=label))
        return sink.seen
        """,
    "a class whose methods make another of its kind": """
        pair = Pair(entry["count"], entry["tokens"])
        total = pair.total + request.amount
        update_session_store(path, lambda store: store[key].update(count=total))
        return total
        """,
    "an entry in the place of another that is missing": """
        parent = load_session_store(path).get("agent:main:parent", entry)
        label = parent["label"] + entry["label"]
        update_session_store(path, lambda store: store[key].update(label=label))
        """,
}
NOT_SAFE = {
    "a method that prints, called as that of a set": (
        """
        sink = Sink()
        label = sink.add(entry["label"]) + "!"
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "print() at line 56 runs inside the section",
    ),
    "a method that changes what is global, called as that of a dictionary": (
        """
        sink = Sink()
        label = sink.get(entry["label"]) + "!"
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "sink.get(), which changes ASKED at line 56 runs inside the section",
    ),
    "a property that prints": (
        """
        pair = Pair(entry["count"], entry["tokens"])
        total = pair.counted + request.amount
        update_session_store(path, lambda store: store[key].update(count=total))
        return total
        """,
        "print() at line 56 runs inside the section",
    ),
}


def with_classes(body: str) -> str:
    before, after = handler(body).split("\ndef handle")
    return f"{before}{CLASSES}\n\ndef handle{after}"


@pytest.mark.parametrize("name", SAFE)
def test_what_only_computes_is_moved(name: str) -> None:
    text = with_classes(SAFE[name])
    fixed = apply_fixes(Source.from_text(text, "a.py"), Options())
    assert fixed.fixed
    assert judge_fix(text, fixed.text).difference is None


@pytest.mark.parametrize("name", NOT_SAFE)
def test_what_does_more_is_told_of(name: str) -> None:
    text, reason = NOT_SAFE[name]
    (finding,) = lint(Source.from_text(with_classes(text), "a.py"), Options(), propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    assert reason in " ".join(finding.fix.reasons)
