"""What can be gone over once is made again where it is gone over again: inside the section, or the fix is not safe."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint_rmw.finding import Safety
from lint_rmw.lint import Options, lint
from lint_rmw.source import Source
from tests.test_fixes import held

HEAD = """
import csv
import itertools

from feeds import feed
from fixtures.session_store import load_session_entry, update_session_store


def clean(tags):
    for tag in tags or ():
        yield tag.strip()


def numbered(tags):
    lines = enumerate(tags or ())
    return lines


class Draining:
    def __init__(self, tags):
        self.tags = list(tags or ())

    def __iter__(self):
        while self.tags:
            yield self.tags.pop()


class Keeping:
    def __init__(self, tags):
        self.tags = iter(tags or ())


"""
HANDLER = """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return None
    {made}
    tags = [*entry["tags"], *{given}]

    def mutator(store):
        store[key]["tags"] = tags

    update_session_store(path, mutator)
    return tags
"""
ONCE = {
    "a generator function": ("extra = clean(request.tags)", "extra"),
    "what a function made of an iterator": ("extra = numbered(request.tags)", "map(str, extra)"),
    "an object that is emptied by going over it": ("extra = Draining(request.tags)", "extra"),
    "an object that keeps an iterator": ("extra = Keeping(request.tags)", "extra.tags"),
    "iterators in a tuple": (
        "extra = (iter(request.tags or ()), iter('xy'))",
        "(t for one in extra for t in one)",
    ),
    "one of two names": ("extra, more = iter(request.tags or ()), 'xy'", "[*extra, *more]"),
    "either of two": ("extra = clean(request.tags) if request.deliver else iter('xy')", "extra"),
    "what counts on": ("numbers = itertools.count(1)", "[str(next(numbers))]"),
}


def handler(made: str, given: str) -> str:
    return HEAD.replace("from feeds import feed\n", "") + HANDLER.format(made=made, given=given)


@pytest.mark.parametrize("name", ONCE)
def test_what_was_gone_over_before_is_made_again(name: str) -> None:
    text = handler(*ONCE[name])
    held(text)


DOUBTED = {
    "what an unknown function gives": (
        HEAD + HANDLER.format(made="extra = feed(request.tags)", given="extra"),
        "and what feed() gives may be used up by then",
    ),
    "a generator that prints": (
        handler("pass", "loud(entry['tags'])")
        + dedent(
            """
            def loud(tags):
                for tag in tags:
                    print(tag)
                    yield tag
            """
        ),
        "print() at line 38 runs inside the section, and may do more than compute",
    ),
    "what the whole file counts with": (
        handler("pass", "[entry['label'], next(numbers)]") + "\n\nnumbers = itertools.count(1)\n",
        "changes 'numbers', which does not belong to the value",
    ),
}


@pytest.mark.parametrize("name", DOUBTED)
def test_it_is_not_safe_with(name: str) -> None:
    text, reason = DOUBTED[name]
    (finding,) = lint(Source.from_text(text, "a.py"), Options(), propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety is not Safety.SAFE
    assert reason in " ".join(finding.fix.reasons)
