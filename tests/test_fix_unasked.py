"""A fix is not safe while what is written hangs on a test of what was read before the section, and is not asked again in it."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from lint_rmw.finding import Safety
from tests.test_fixes import findings, held

IMPORTS = """
import logging

from fixtures.session_store import load_session_store, locked_session_store, update_session_store

log = logging.getLogger("handler")


def row_of(path, key):
    found = load_session_store(path).get(key)
    return dict(found) if found else None
"""
HANDLER = """
def handle(path, key, request):
    row = row_of(path, key)
    entry = load_session_store(path)[key]
{between}
    update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
"""
DECIDED_BETWEEN = {
    "a match": """
        match row["policy"]:
            case "deny":
                return None
            case _:
                pass
        """,
    "a loop that returns": """
        for tag in row["tags"]:
            if tag == request.tag:
                return None
        """,
    "any() over what was read": """
        if any(tag == "old-tag" for tag in row["tags"]):
            return None
        """,
    "a method that tells": """
        if row["label"].startswith("w"):
            return None
        """,
    "an exception raised and caught": """
        try:
            if row["policy"] == "deny":
                raise LookupError
        except LookupError:
            return None
        """,
    "a length": """
        if len(row["history"]) > 4:
            return None
        """,
    "whether any are left": """
        others = [tag for tag in row["tags"] if tag != request.tag]
        if others:
            return None
        """,
    "whether a loop goes round at all": """
        for _ in row["tags"]:
            break
        else:
            return None
        """,
    "whether a part is empty": """
        if not row["tags"]:
            return None
        """,
    "an element of a part": """
        if request.tag in row["tags"]:
            return None
        """,
    "a part as a whole": """
        if row["meta"] == {"theme": request.label}:
            return None
        """,
}
DECIDED_BEFORE = {
    "a cached read in the section, a test of what a helper read around it": """
        def build(source, given):
            return {name: item for name, item in source.items() if name != "note"}


        def handle(path, session_key, request):
            row = row_of(path, session_key)
            if row is None:
                return None
            def apply(sessions):
                if row.get("policy") == "deny":
                    return None
                source_entry = load_session_store(path)[session_key]
                sessions[session_key] = build(source_entry, request)
            return update_session_store(path, apply)
        """,
    "a cached read, a guard before the section on what a helper read": """
        def build(source, given):
            return {name: item for name, item in source.items() if name != "note"}


        def handle(path, session_key, request):
            row = row_of(path, session_key)
            if row is None:
                return None
            if row.get("policy") == "deny":
                return None
            def apply(sessions):
                source_entry = load_session_store(path)[session_key]
                sessions[session_key] = build(source_entry, request)
            return update_session_store(path, apply)
        """,
    "a flag made inside of what a helper read": """
        def handle(path, session_key, request):
            row = row_of(path, session_key)
            if row is None:
                return None
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            def apply(sessions):
                denied = row.get("policy") == "deny"
                if denied:
                    return None
                sessions[session_key] = {**entry, "label": request.label}
            return update_session_store(path, apply)
        """,
    "a guard before the section on what a helper read": """
        def handle(path, session_key, request):
            row = row_of(path, session_key)
            if row is None:
                return None
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            if row["policy"] == "deny":
                return None
            def apply(sessions):
                sessions[session_key] = {**entry, "label": request.label}
            return update_session_store(path, apply)
        """,
    "what the caller read, tested in the mutator": """
        def _save(path, key, row, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return None
            def apply(store):
                if row["policy"] == "deny":
                    return
                store[key] = {**entry, "label": request.label}
            return update_session_store(path, apply)


        def handle(path, session_key, request):
            row = load_session_store(path).get(session_key)
            if row is None:
                return None
            return _save(path, session_key, row, request)
        """,
    "a flag of the caller": """
        def _save2(path, key, allowed, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return None
            if not allowed:
                return None
            def apply(store):
                store[key] = {**entry, "label": request.label}
            return update_session_store(path, apply)


        def handle(path, session_key, request):
            row = load_session_store(path).get(session_key)
            if row is None:
                return None
            return _save2(path, session_key, row["policy"] != "deny", request)
        """,
    "an attribute set by the constructor": """
        class Handler:
            def __init__(self, path, key):
                self.path = path
                self.key = key
                self.row = load_session_store(path).get(key)

            def run(self, request):
                entry = load_session_store(self.path).get(self.key)
                if entry is None:
                    return None
                def apply(store):
                    if self.row["policy"] == "deny":
                        return
                    store[self.key] = {**entry, "label": request.label}
                return update_session_store(self.path, apply)


        def handle(path, session_key, request):
            return Handler(path, session_key).run(request)
        """,
    "a method that tells about an attribute": """
        class Handler:
            def __init__(self, path, key):
                self.path = path
                self.key = key
                self.row = load_session_store(path).get(key)

            def run(self, request):
                entry = load_session_store(self.path).get(self.key)
                if entry is None:
                    return None
                if self.allowed():
                    return None
                def apply(store):
                    store[self.key] = {**entry, "label": request.label}
                return update_session_store(self.path, apply)

            def allowed(self):
                return self.row["policy"] == "deny"


        def handle(path, session_key, request):
            return Handler(path, session_key).run(request)
        """,
    "a function that reads and tells": """
        def _denied(path, key):
            return load_session_store(path)[key]["policy"] == "deny"


        def handle(path, session_key, request):
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            if _denied(path, session_key):
                return None
            def apply(store):
                store[session_key] = {**entry, "label": request.label}
            return update_session_store(path, apply)
        """,
    "a function that reads and raises": """
        def _check(path, key):
            if load_session_store(path)[key]["policy"] == "deny":
                raise LookupError(key)


        def handle(path, session_key, request):
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            _check(path, session_key)
            def apply(store):
                store[session_key] = {**entry, "label": request.label}
            return update_session_store(path, apply)
        """,
    "a branch that binds what is written": """
        def _denied(path, key):
            return load_session_store(path)[key]["policy"] == "deny"


        def handle(path, session_key, request):
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            if _denied(path, session_key):
                label = request.label
            else:
                label = "plain"
            def apply(store):
                store[session_key] = {**entry, "label": label}
            return update_session_store(path, apply)
        """,
    "a flag around the section": """
        def _denied(path, key):
            return load_session_store(path)[key]["policy"] == "deny"


        def handle(path, session_key, request):
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            denied = _denied(path, session_key)
            def apply(store):
                store[session_key] = {**entry, "label": request.label}
            if not denied:
                update_session_store(path, apply)
        """,
    "a flag in a dictionary": """
        def _denied(path, key):
            return load_session_store(path)[key]["policy"] == "deny"


        def handle(path, session_key, request):
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            state = {"denied": _denied(path, session_key)}
            def apply(store):
                if state["denied"]:
                    return
                store[session_key] = {**entry, "label": request.label}
            update_session_store(path, apply)
        """,
    "an operand before the call": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            row["policy"] == "allow" and update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
    "a conditional expression": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            suffix = "a" if row["policy"] == "allow" else "b"
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + suffix))
        """,
    "a flag in a list": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            flags = [row["policy"] == "allow"]
            if flags[0]:
                update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
    "a while": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            while row["policy"] == "allow":
                update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
                break
        """,
    "a filter": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            picked = [t for t in ("a", "b") if t != row["note"]]
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + picked[0]))
        """,
    "a nested function that raises": """
        def handle(path, key, request):
            def check():
                if load_session_store(path)[key]["policy"] == "deny":
                    raise LookupError
            entry = load_session_store(path)[key]
            check()
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
    "a test in a block": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            with locked_session_store(path) as s:
                if row["policy"] != "deny":
                    s[key]["label"] = entry["label"] + "x"
        """,
    "a turn left out": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            for each in ("x",):
                if row["policy"] == "deny":
                    continue
                update_session_store(path, lambda s: s[key].update(label=entry["label"] + each))
        """,
    "a mutator looked up": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            def a(s):
                s[key].update(label=entry["label"] + "x")
            def b(s):
                return None
            update_session_store(path, {"allow": a}.get(row["policy"], b))
        """,
    "a mutator chosen": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            def a(s):
                s[key].update(label=entry["label"] + "x")
            def b(s):
                return None
            update_session_store(path, a if row["policy"] == "allow" else b)
        """,
    "another field asked inside": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            if row["policy"] == "deny":
                return None

            def apply(store):
                if store[key]["note"] == request.label:
                    return
                store[key]["label"] = entry["label"] + "x"

            update_session_store(path, apply)
        """,
}
ASKED_BETWEEN = {
    "whether anything of an entry is left": """
        row.pop("note", None)
        if not row:
            return None
        """,
    "over which entries a loop goes": """
        for other in load_session_store(path):
            log.info("there is %s", other)
        """,
    "a test that only logs": """
        if row["policy"] == "deny":
            log.info("denied")
        """,
    "a value that is not written": """
        shown = "yes" if row["policy"] == "deny" else "no"
        log.info("shown %s", shown)
        """,
    "a loop that only logs": """
        for tag in row["tags"]:
            if tag == "x":
                continue
            log.info("tag %s", tag)
        """,
}
ASKED_AGAIN_OR_NOT_AT_ALL = {
    "another store": """
        def handle(path, key, request):
            flags = load_session_store("flags.json")
            entry = load_session_store(path)[key]
            if flags and flags["any"]["policy"] == "deny":
                return None
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
    "the field asked inside as well": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            if row["policy"] == "deny":
                return None

            def apply(store):
                if store[key]["policy"] == "deny":
                    return
                store[key]["label"] = entry["label"] + "x"

            update_session_store(path, apply)
        """,
    "whether it is there at all": """
        def handle(path, session_key, request):
            row = row_of(path, session_key)
            if row is None:
                return None
            entry = load_session_store(path).get(session_key)
            if entry is None:
                return None
            def apply(sessions):
                sessions[session_key] = {**entry, "label": request.label}
            return update_session_store(path, apply)
        """,
    "whether there is anything": """
        def handle(path, key, request):
            row = row_of(path, key)
            if not row:
                return None
            entry = load_session_store(path)[key]
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
    "a test behind the section": """
        def handle(path, key, request):
            row = row_of(path, key)
            entry = load_session_store(path)[key]
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
            if row["policy"] == "deny":
                return None
            return True
        """,
    "a test of the request, and one that is asked again": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if request.tag == "x":
                return None
            if entry["policy"] == "deny":
                return None
            update_session_store(path, lambda s: s[key].update(label=entry["label"] + "x"))
        """,
}


def between(lines: str) -> str:
    """A handler that reads, does this, and writes."""
    return HANDLER.format(between=indent(dedent(lines).strip("\n"), "    "))


DECIDED = {name: between(text) for name, text in DECIDED_BETWEEN.items()} | DECIDED_BEFORE
ASKED = {name: between(text) for name, text in ASKED_BETWEEN.items()} | ASKED_AGAIN_OR_NOT_AT_ALL


@pytest.mark.parametrize("name", DECIDED)
def test_what_decides_is_named(name: str) -> None:
    text = IMPORTS + dedent(DECIDED[name])
    for finding in findings(text):
        assert finding.fix is not None
        assert finding.fix.safety is not Safety.SAFE
        told = "decides on what was read before, and that is not asked again inside"
        assert any(told in reason for reason in finding.fix.reasons)


@pytest.mark.parametrize("name", ASKED)
def test_nothing_is_named(name: str) -> None:
    held(IMPORTS + dedent(ASKED[name]))


def test_the_line_of_the_test_is_told() -> None:
    text = IMPORTS + dedent(DECIDED["whether a part is empty"])
    (finding,) = findings(text)
    line = text[: text.index("if not row[")].count("\n") + 1
    assert finding.fix is not None
    assert finding.fix.reasons[-1].startswith(f"line {line} decides")
