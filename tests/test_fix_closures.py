"""Functions within the handler: they look at what they close over whenever they run, and may give a name another value."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint_rmw.finding import Safety
from lint_rmw.lint import Options, lint
from lint_rmw.source import Source
from tests.test_fix_keeps import IMPORTS
from tests.test_fixes import held, told

OPENED = """
def handle(path, key, request):
    entry = load_session_store(path)[key]
"""
SAFE = {
    "a function asked after the section has changed what it looks at": """
        def describe():
            return f"{entry['label']}:{entry['count']}"

        def mutator(store):
            store[key]["count"] = 0
            store[key]["label"] = describe()

        update_session_store(path, mutator)
        """,
    "a function asked behind the section": """
        def described():
            return entry["count"] + request.amount

        print(described())

        def mutator(store):
            store[key]["count"] = described()

        update_session_store(path, mutator)
        print(described())
        """,
    "a function asked behind a block": """
        def described():
            return f"{entry['label']}:{entry['count']}"

        label = described()
        with locked_session_store(path) as store:
            store[key]["label"] = label
            store[key]["count"] = 0
        return described()
        """,
    "a lambda that took the entry for a default": """
        described = lambda one=entry: f"{one['label']}:{one['count']}"

        def mutator(store):
            store[key]["count"] = 0
            store[key]["label"] = described()

        update_session_store(path, mutator)
        return described()
        """,
    "functions in a list": """
        steps = [lambda: entry["count"] + 1, lambda: entry["tokens"]]

        def mutator(store):
            store[key]["count"] = 0
            store[key]["tokens"] = sum(step() for step in steps)

        update_session_store(path, mutator)
        """,
    "a lambda that is applied when somebody asks for an element": """
        tags = map(lambda tag: tag + entry["label"], entry["tags"])
        with locked_session_store(path) as store:
            store[key]["label"] = "y"
            store[key]["tags"] = list(tags)
        """,
    "an entry that is changed behind the function that looks at it": """
        def counted():
            return entry["count"]

        entry["count"] += 1

        def mutator(store):
            store[key]["count"] = counted()

        update_session_store(path, mutator)
        """,
    "a part of the entry that a function hands out": """
        def meta_of():
            found = entry["meta"]
            return found

        meta = meta_of()
        meta["theme"] = request.theme

        def mutator(store):
            store[key] = entry

        update_session_store(path, mutator)
        """,
    "a generator that is drawn from while the section changes what it looks at": """
        def changes():
            yield "label", entry["label"] + "!"
            yield "note", entry["label"] + "?"

        def mutator(store):
            store[key].update(changes())

        update_session_store(path, mutator)
        """,
    "pairs that are drawn while the section makes one of the lists longer": """
        pairs = zip(entry["tags"], entry["history"])

        def mutator(store):
            for tag, text in pairs:
                store[key]["tags"].append(text + tag)

        update_session_store(path, mutator)
        """,
    "a method kept under a name, and called behind the section": """
        out = []
        emit = out.append
        emit(entry["label"])

        def mutator(store):
            store[key]["history"] = out + entry["history"]
            emit("written")

        update_session_store(path, mutator)
        emit("end")
        return out
        """,
    "a mutator that gives an outer name its value already": """
        count = entry["count"]

        def mutator(store):
            nonlocal count
            count += 1
            store[key]["count"] = count

        update_session_store(path, mutator)
        return count
        """,
}
REBOUND = {
    "defined before the value": """
        count = 0

        def step(by):
            nonlocal count
            count += by

        count = entry["count"]
        step(1)

        def mutator(store):
            store[key]["count"] = count

        update_session_store(path, mutator)
        """,
    "defined behind the value, and used behind the section": """
        count = entry["count"]

        def step():
            nonlocal count
            count += 1
            return count

        step()
        step()
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
    "handed the value": """
        count = 0

        def step(by):
            nonlocal count
            count += by

        step(entry["count"])

        def mutator(store):
            store[key]["count"] = count

        update_session_store(path, mutator)
        """,
    "called by another": """
        label = entry["label"]

        def put(value):
            nonlocal label
            label = value

        def shout():
            put(label.upper())

        if request.label:
            shout()
        with locked_session_store(path) as store:
            store[key]["label"] = label
        return label
        """,
}


def handler(body: str) -> str:
    lines = dedent(body).strip("\n").splitlines()
    return IMPORTS + OPENED + "\n".join(f"    {line}" if line else "" for line in lines) + "\n"


@pytest.mark.parametrize("name", SAFE)
def test_a_function_goes_on_seeing_what_was_read(name: str) -> None:
    text = handler(SAFE[name])
    fixed = held(text)
    assert fixed.count("nonlocal") <= 1, "said once"


@pytest.mark.parametrize("name", REBOUND)
def test_what_a_function_gives_another_value_is_built_as_a_whole(name: str) -> None:
    text = handler(REBOUND[name])
    (finding,) = lint(Source.from_text(text, "a.py"), Options(), propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.UNSAFE
    assert "an assignment to the outer name" in finding.fix.reasons[0]
    held(text, unsafe=True)


def test_a_name_that_is_another_inside_is_not_given_a_value_by_a_function() -> None:
    text = handler(
        """
        def relabel():
            nonlocal entry
            entry = {**entry, "label": request.label}

        relabel()

        def mutator(store):
            store[key] = entry

        update_session_store(path, mutator)
        """
    )
    (finding,) = lint(Source.from_text(text, "a.py"), Options(), propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.MANUAL
    assert "gives 'entry' another value, which goes by another name inside" in finding.fix.reasons[0]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            """
            count = entry["count"]

            def step():
                nonlocal count
                count += 1

            class Steps:
                def __enter__(self):
                    step()

                def __exit__(self, *_):
                    step()

            with Steps():
                pass

            def mutator(store):
                store[key]["count"] = count

            update_session_store(path, mutator)
            """,
            "step() may give 'count' another value, and what line 23 does with it is not done again inside",
        ),
        (
            """
            lines = []
            shown = lines.copy
            lines.append(entry["label"])

            def mutator(store):
                store[key]["history"] = lines + entry["history"]

            update_session_store(path, mutator)
            return shown()
            """,
            "line 19 changes 'shown' once more inside the section",
        ),
    ],
)
def test_what_goes_another_way_is_told_of(body: str, reason: str) -> None:
    told(handler(body), Safety.UNSAFE, reason)
