"""What functions of the library do by a fix: call what they are handed, change it, fill it, use it up, or look further."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from lint_rmw.finding import Safety
from tests.test_fixes import held, told

HEAD = """
import difflib
import io
import itertools
import itertools as it
import json
import math
import operator
import re
from collections import defaultdict
from functools import reduce
from itertools import chain as joined
from operator import attrgetter, getitem, iadd, itemgetter, methodcaller, setitem

from fixtures.session_store import load_session_store, update_session_store

THEME = itemgetter("theme")


class Names:
    def __init__(self):
        self.used = 0

    def following(self, match):
        self.used += 1
        return f"{match.group()}{self.used}"


def lengthen(row):
    row.append("b")
    return len(row)


def grouped(rows):
    found = defaultdict(list)
    for row in rows:
        found[row[:1]].append(row)
    return found


def picked(groups, name):
    return groups[name]


def handle(path, key, request):
    entry = load_session_store(path)[key]
"""
SAFE = {
    "a lambda that notes what it was called with": """
        seen = []
        label = re.sub("o", lambda m: seen.append(m.group()) or "0", entry["label"])
        update_session_store(path, lambda store: store[key].update(label=label))
        return seen
        """,
    "a function that does, and is counted before the section": """
        seen = []

        def swap(match):
            seen.append(match.group())
            return "0"

        label = re.sub("o", swap, entry["label"])
        count = len(seen)
        update_session_store(path, lambda store: store[key].update(label=label))
        return count, seen
        """,
    "a key that does": """
        seen = []
        tags = sorted(entry["tags"], key=lambda tag: seen.append(tag) or tag)
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return seen
        """,
    "a hook that does": """
        pairs = []
        read = json.loads(json.dumps(entry), object_pairs_hook=lambda p: pairs.extend(p) or dict(p))
        label = read["label"] + "x"
        update_session_store(path, lambda store: store[key].update(label=label))
        return len(pairs)
        """,
    "a method under a name that is called for every tag": """
        seen = []
        note = seen.append
        any(map(note, entry["tags"]))
        tags = [*entry["tags"], *seen]
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return seen
        """,
    "a method of an object of the file": """
        names = Names()
        label = re.sub("[a-z]", names.following, entry["label"])
        used = names.used
        update_session_store(path, lambda store: store[key].update(label=label))
        return used
        """,
    "a method of lists, called with one": """
        last = list(map(list.pop, [entry["tags"]]))
        update_session_store(path, lambda store: store[key].update(tags=entry["tags"]))
        return last
        """,
    "a function of `operator` that stores": """
        list(itertools.starmap(setitem, [(entry, "label", "x"), (entry, "note", "y")]))
        update_session_store(path, lambda store: store[key].update(label=entry["label"], model=entry["model"] + "m"))
        return entry["label"]
        """,
    "a caller of a method that changes": """
        list(map(methodcaller("append", "new"), [entry["tags"], entry["history"]]))
        update_session_store(path, lambda store: store[key].update(tags=entry["tags"]))
        """,
    "a key that changes what is sorted": """
        rows = sorted([entry["tags"], entry["history"]], key=lengthen)
        update_session_store(path, lambda store: store[key].update(tags=entry["tags"]))
        return rows
        """,
    "what a function makes of one element, which is that": """
        meta = reduce(lambda one, other: {**one, **other}, [entry["meta"]])
        meta["theme"] = "dark"
        update_session_store(path, lambda store: store[key].update(meta=meta))
        return entry["meta"]
        """,
    "a look-up by `getitem` that fills": """
        groups = defaultdict(list)
        groups["a"].append(entry["label"])
        getitem(groups, "b")
        count = len(groups)
        update_session_store(path, lambda store: store[key].update(count=entry["count"] + count))
        """,
    "a look-up by another name that fills": """
        groups = defaultdict(list)
        alias = groups
        for tag in entry["tags"]:
            groups[tag[:1]].append(tag)
        extra = alias["zz"]
        update_session_store(path, lambda store: store[key].update(tags=[*entry["tags"], *groups]))
        return extra
        """,
    "a look-up, which fills, in what a function made": """
        groups = grouped(entry["tags"])
        extra = "".join(groups["zz"])
        tags = sorted(groups)
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return extra, tags
        """,
    "a look-up that fills, by a function": """
        found = defaultdict(list)
        for tag in entry["tags"]:
            found[tag[:1]].append(tag)
        extra = picked(found, "zz")
        tags = sorted(found) + entry["tags"]
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return extra
        """,
    "a look-up that fills what another one put in": """
        tree = defaultdict(lambda: defaultdict(int))
        inner = tree[entry["model"]]
        inner["a"] += 1
        extra = inner["b"]
        update_session_store(path, lambda store: store[key].update(count=entry["count"] + len(inner)))
        return extra, len(tree)
        """,
    "an iterator that was imported under another name": """
        every = joined(entry["tags"], entry["history"])
        seen = list(every)
        rest = list(every)
        update_session_store(path, lambda store: store[key].update(tags=entry["tags"] + rest))
        return seen
        """,
    "an iterator of a module that was": """
        ids = it.count(1)
        first = next(ids)
        tags = [f"{number}{tag}" for number, tag in zip(ids, entry["tags"])]
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return first, next(ids)
        """,
    "a generator of the library": """
        lines = difflib.unified_diff([entry["label"]], [request.label])
        shown = list(lines)
        left = list(lines)
        update_session_store(path, lambda store: store[key].update(history=entry["history"] + left))
        return shown
        """,
    "a getter that is kept": """
        pick = itemgetter("tags")
        tags = pick(entry)
        tags.append(THEME(entry["meta"]))
        update_session_store(path, lambda store: store[key].update(tags=entry["tags"]))
        return tags
        """,
    "a module that is imported in the function": """
        import math

        count = math.floor(entry["count"] / 2)
        update_session_store(path, lambda store: store[key].update(count=count))
        """,
}
NOT_SAFE = {
    "a file that is read to its end": (
        """
        body = io.StringIO(json.dumps({"label": request.label}))
        label = json.load(body)["label"] + entry["label"]
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "json.load() at line",
    ),
    "a function of `operator` that adds in place": (
        """
        total = reduce(iadd, [entry["tags"], entry["history"]])
        tags = entry["tags"]
        update_session_store(path, lambda store: store[key].update(tags=tags))
        return total
        """,
        "iadd() at line",
    ),
}
AUDIT = """

class Audit:
    lines = []

    @property
    def prefix(self):
        Audit.lines.append("p")
        return "p-"

    def noted(self):
        Audit.lines.append("n")
        return "n-"
"""
LOOKED_UP = ["audit.prefix", 'getattr(audit, "prefix")', 'attrgetter("prefix")(audit)']


def with_head(body: str) -> str:
    return HEAD + indent(dedent(body), "    ")


@pytest.mark.parametrize("name", SAFE)
def test_a_safe_fix_keeps(name: str) -> None:
    held(with_head(SAFE[name]))


@pytest.mark.parametrize("name", NOT_SAFE)
def test_a_fix_is_not_safe_for(name: str) -> None:
    text, reason = NOT_SAFE[name]
    told(with_head(text), Safety.UNSAFE, reason)


@pytest.mark.parametrize("asked", LOOKED_UP)
def test_a_property_that_notes_who_asks_is_told_of_by_whatever_it_is_asked(asked: str) -> None:
    head = HEAD.replace("\n\n\ndef handle", f"{AUDIT}\n\ndef handle")
    body = f"""
        audit = Audit()
        label = {asked} + entry["label"]
        used = len(Audit.lines)
        update_session_store(path, lambda store: store[key].update(label=label))
        return used
        """
    told(head + indent(dedent(body), "    "), Safety.UNSAFE, "prefix(), which changes Audit")


READ = [
    'store[key]["label"]',
    'getitem(store, key)["label"]',
    'store.get(key)["label"]',
    'itemgetter(key)(store)["label"]',
]


@pytest.mark.parametrize("read", READ)
def test_a_missing_entry_raises_before_whatever_else_may(read: str) -> None:
    body = f"""
        store = load_session_store(path)
        label = {read} + "x"
        count = int(request.text)
        update_session_store(path, lambda store: store[key].update(label=label, count=count))
        """
    head = HEAD.replace("    entry = load_session_store(path)[key]\n", "")
    told(head + indent(dedent(body), "    "), Safety.UNSAFE, "which may raise something else")


def test_a_module_that_another_name_shadows_is_not_that_module() -> None:
    body = """
        operator = request.operator
        count = operator.mul(entry["count"], 2)
        update_session_store(path, lambda store: store[key].update(count=count))
        """
    told(with_head(body), Safety.UNSAFE, "operator.mul() at line")
