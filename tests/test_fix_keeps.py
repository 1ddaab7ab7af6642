"""What a fix leaves outside goes on seeing what it saw before, and one entry is never taken for all of them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint_rmw.finding import Safety
from tests.test_fixes import held, told

IMPORTS = """
import copy
import functools
import json

from fixtures.session_store import (
    load_session_entry,
    load_session_store,
    locked_session_store,
    session_mutator,
    update_session_store,
    update_session_store_entry,
)
"""
KEPT = {
    "what a look-up puts into a mapping": """
        from collections import defaultdict


        def handle(path, key):
            entry = load_session_entry(key).entry
            groups = defaultdict(list)
            for text in entry["history"]:
                groups[text[:1]].append(text)
            extra = groups["extra"]

            def mutator(store):
                store[key]["history"] = [*groups.get("o", []), *entry["history"]]
                store[key]["count"] = len(groups)

            update_session_store(path, mutator)
            return extra
        """,
    "the change of a part, for what is returned": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            tags = entry["tags"]
            tags.append(request.tag)
            update_session_store(path, lambda store: store[key].update(label=entry["label"]))
            return entry
        """,
    "the change by a method that hands on what it keeps": """
        class Builder:
            def __init__(self, source):
                self.source = source

            def make(self):
                def relabel(one):
                    one["label"] = "new"

                relabel(self.source)
                return self.source


        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            made = Builder(entry).make()
            update_session_store_entry(path, key, lambda fresh: made)
            return entry
        """,
    "an entry that is used behind the block": """
        def handle(path, key):
            try:
                entry = load_session_store(path)[key]
            except KeyError:
                entry = {}
            model = entry.get("model")
            with locked_session_store(path) as store:
                store[key]["model"] = model
            return entry
        """,
    "the fresh entry, from what a nested mutator changes": """
        def handle(path, key, request):
            def make():
                def inner(store):
                    entry = load_session_store(path)[key]
                    entry["tags"].append(request.tag)
                    store[key]["label"] = entry["label"]

                return inner

            update_session_store(path, make())
        """,
    "a change inside by the name of a part, for what is returned": """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return None
            meta = entry["meta"]

            def mutator(store):
                meta["theme"] = request.theme
                store[key] = entry

            update_session_store(path, mutator)
            return entry, meta
        """,
    "a change of every entry by a comprehension": """
        def handle(path, key, request):
            snapshot = load_session_store(path)
            if key not in snapshot:
                return None
            [item.update(note=request.note) for item in snapshot.values()]

            def write(store):
                store[key] = snapshot[key]

            update_session_store(path, write)
        """,
    "the change by a method kept under a name, for what is returned": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            renew = entry.update
            renew(label=request.label)
            made = entry
            with locked_session_store(path) as store:
                store[key] = made
            return entry
        """,
    "the change by a function that closes over it": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            def relabel():
                entry["meta"]["theme"] = request.label

            relabel()
            update_session_store(path, lambda store: store[key].update(meta=entry["meta"]))
            return entry
        """,
    "a change of the fresh entry by a function in a method": """
        class Builder:
            def __init__(self, source):
                self.source = source

            def make(self):
                def relabel():
                    self.source["meta"]["theme"] = "new"

                relabel()
                return {"label": self.source["label"]}


        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = Builder(entry).make()
            update_session_store(path, lambda store: store[key].update(made))
        """,
    "what is copied into the store by a lambda with a name, for what is returned": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            tags = list(entry["tags"])
            tags.append(request.tag)
            mutator = lambda store: store[key].update({"tags": tags})
            update_session_store(path, mutator)
            return entry
        """,
    "the order of a cached read inside and a stale test handed in": """
        def write(store, key, path, request, current):
            if current.get("policy") == "deny":
                return None
            entry = load_session_store(path)[key]
            store[key] = {**entry, "label": request.label}


        def handle(path, key, request):
            current = load_session_entry(key).entry
            if current is None:
                return None
            update_session_store(
                path, functools.partial(write, key=key, path=path, request=request, current=current)
            )
        """,
    "a cached read in a method that reads its own key": """
        class Change:
            def __init__(self, path, key):
                self.path = path
                self.key = key

            def apply(self, store):
                entry = load_session_store(self.path)[self.key]
                store[self.key] = {**entry, "note": "x"}


        def handle(path, key):
            update_session_store(path, Change(path, key).apply)
        """,
    "what a locked function changes of what it is called with, for what is returned": """
        def handle(path, key, request):
            entry = dict(load_session_store(path)[key])

            @session_mutator(path)
            def write(store, entry, key):
                entry["label"] = request.label
                store[key] = entry

            write(entry, key)
            return entry
        """,
    "a mutator's own function that closes over what was changed": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            entry["tags"].append(request.tag)
            made = entry

            def mutator(fresh):
                def put():
                    return made

                return put()

            update_session_store_entry(path, key, mutator)
        """,
    "an entry that only the mutator works on": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            update_session_store_entry(path, key, lambda fresh: {"count": entry["count"] + 1})
        """,
    "what a reader of copies gives where the entry is missing": """
        def read(path, key):
            found = load_session_store(path).get(key)
            return dict(found) if found else None


        def handle(path, key, request):
            entry = read(path, key)
            if entry is None:
                raise LookupError(key)
            made = {**entry, "label": request.label}
            update_session_store_entry(path, key, lambda fresh: made)
        """,
    "the settled key that a starred unpacking gave": """
        def handle(path, request):
            *_, entry, key = load_session_entry(request.key)
            entry["label"] = request.label
            update_session_store(path, lambda store: store.update({key: entry}))
        """,
    "a part of a read that no entry is": """
        def handle(path, request):
            found = load_session_entry(request.key)
            made = dict(found[2], label=request.label)
            update_session_store(path, lambda store: store.update({found[3]: made}))
        """,
    "the order of a cached read that is taken apart inside": """
        def handle(path, key, request):
            @session_mutator(path)
            def mutator(store):
                _cfg, _path, entry, _key = load_session_entry(key)
                entry["tags"].append(request.tag)
                store[key]["label"] = entry["label"] + "!"

            mutator()
        """,
    "a cached read whose entry alone is used inside": """
        def handle(path, key, request):
            def mutator(store):
                found = load_session_entry(key)
                if found.entry is None:
                    return None
                store[key] = {**found.entry, "label": request.label}

            update_session_store(path, mutator)
        """,
    "a cached read inside that gives the key as well": """
        def handle(path, key, request):
            with locked_session_store(path) as store:
                found = load_session_entry(key)
                store[found.canonical_key] = {**found.entry, "label": request.label}
        """,
    "a change inside by a name of its own, for what is returned": """
        def handle(path, key, request):
            if (entry := load_session_store(path).get(key)) is None:
                return None

            def mutator(store):
                tags = entry["tags"]
                tags += [request.tag]
                store[key] = entry

            update_session_store(path, mutator)
            return entry
        """,
    "the handed entry, from a change under the name it would have": """
        def write(latest, made):
            return None if latest.get("note") else made


        def handle(path, key):
            entry = load_session_entry(key).entry
            if entry is None:
                raise LookupError(key)
            entry.pop("note", None)
            made = entry
            write_it = functools.partial(write, made=made)
            update_session_store_entry(path, key, write_it)
            return entry
        """,
    "a part of the fresh entry that a factory's function names and changes": """
        def make(entry, key):
            def inner(store):
                meta = entry["meta"]
                meta["theme"] = "new"
                store[key].update(label=entry["label"])

            return inner


        def handle(path, key):
            entry = dict(load_session_store(path)[key])
            update_session_store(path, make(entry, key))
        """,
    "what the test of a guard binds, for what is answered and written": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            if (count := entry["count"] + 1) > request.limit:
                return count

            def write(store):
                store[key]["count"] = count

            update_session_store(path, write)
            return count
        """,
    "what is done where a key is missing": """
        def handle(path, key, request):
            try:
                snapshot = load_session_store(path)
                entry = snapshot[key]
            except KeyError:
                print("missing", key)
                return {"ok": False}
            update_session_store(path, lambda store: store.update({key: {**entry, "note": "x"}}))
            return {"ok": True}
        """,
    "what is raised where a key is missing": """
        def handle(path, key, request):
            try:
                entry = load_session_store(path)[key].copy()
            except LookupError:
                raise RuntimeError(key)
            entry["label"] = request.label
            with locked_session_store(path) as store:
                store[key] = entry
            return entry
        """,
    "what a plain dictionary of the store does not find": """
        def handle(path, key, request):
            snapshot = dict(load_session_store(path))
            snapshot[key] = {**snapshot[key], "label": request.label}
            update_session_store(path, lambda store: store.update(snapshot))
        """,
    "what stands in for a missing entry, for an entry updater": """
        def handle(path, key, request):
            try:
                entry = load_session_store(path)[key]
            except KeyError:
                entry = {}
            made = {**entry, "label": request.label}
            update_session_store_entry(path, key, lambda fresh: made)
        """,
    "an old store under the name that the mutator has for the fresh one": """
        def handle(path, key, request):
            store = load_session_store(path)
            if key not in store:
                return None
            label = store[key]["label"] + "!"

            def mutator(store):
                store[key]["label"] = label

            update_session_store(path, mutator)
            return store[key]["label"]
        """,
    "what a case catches": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            match request.label:
                case str(text):
                    label = f"{entry['label']}/{text}"
                case _:
                    label = entry["label"].upper()
            update_session_store(path, lambda store: store[key].update(label=label))
            return label
        """,
    "a default in brackets": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            def mutator(store, base=(entry), count=(entry["count"] + 1)):
                store[key] = {**base, "count": count}
                return count

            return update_session_store(path, mutator)
        """,
    "a change inside a block, read where it was tested": """
        def handle(path, key, request):
            for _ in range(1):
                if (entry := load_session_store(path).get(key)) is None:
                    continue
                with locked_session_store(path) as store:
                    add = entry["tags"].append
                    add(request.tag)
                    store[key]["tags"] = entry["tags"]
                return entry
        """,
    "the key of a look-up that is itself looked up": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            parent = load_session_entry(entry["parent"]).entry
            if parent is None:
                return None
            label = f"{parent['label']}/{entry['label']}"

            def mutator(store):
                store[key]["label"] = label

            update_session_store(path, mutator)
            return label
        """,
    "the key of a look-up inside": """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            if entry is None:
                return None
            with locked_session_store(path) as store:
                parent = load_session_store(path)[entry["parent"]]
                store[key]["label"] = parent["label"] + entry["label"]
        """,
    "a reader that is called again behind the section": """
        def handle(path, key, request):
            def current():
                return load_session_store(path)[key]

            label = current()["label"] + "!"
            update_session_store(path, lambda store: store[key].update(label=label))
            return current()["label"]
        """,
    "a copy that is changed behind the section": """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            meta = {**entry["meta"], "theme": request.theme}
            update_session_store(path, lambda store: store[key].update(meta=meta))
            meta["late"] = True
            return meta, entry["meta"]
        """,
}
KEPT |= {
    f"what happens where the entry is missing, read by {how}": f"""
        def handle(path, key, request):
            entry = {read}{guard}
            update_session_store_entry(path, key, lambda fresh: {{**entry, "label": request.label}})
        """
    for how, read, guard in (
        ("a copy that raises", "dict(load_session_store(path)[key])", ""),
        (
            "a copy that passes None on",
            "copy.deepcopy(load_session_store(path).get(key))",
            "\n            if entry is None:\n                return None",
        ),
        (
            "a copy that an assertion asks for",
            "json.loads(json.dumps(load_session_entry(key).entry))",
            "\n            assert entry is not None",
        ),
        (
            "another name that is asked for",
            "load_session_entry(key).entry",
            "\n            same = entry\n            if same is None:\n                return None",
        ),
    )
}
FUNCTIONS = """
def relabel(store, entry, key):
    for part in (entry["tags"], entry["history"]):
        part.append("x")
    store[key]["label"] = entry["label"]


def made(entry, key):
    def inner(store):
        entry["tags"].append("x")
        store[key]["label"] = entry["label"]

    return inner


def all_of(*entries, **named):
    for one in (*entries, *named.values()):
        one["tags"].append("x")


class Keeper:
    def apply(self, store, entry, key):
        relabel(store, entry, key)
"""
KEPT |= {
    f"the fresh entry, changed {how}": FUNCTIONS
    + f"""

def handle(path, key):
    entry = load_session_store(path)[key]
    keeper = Keeper()
    update_session_store(path, {mutator})
"""
    for how, mutator in {
        "by what a partial calls": "functools.partial(relabel, entry=entry, key=key)",
        "by what a partial of a method calls": "functools.partial(keeper.apply, entry=entry, key=key)",
        "by what a factory makes": "made(entry, key)",
        "among arguments": "lambda store: (all_of({}, entry), store[key].update(label=entry['label']))".replace(
            "{}", "{'tags': []}"
        ),
        "by its keyword": "lambda store: (all_of(one=entry), store[key].update(label=entry['label']))",
        "by a function handed to another": "lambda store: ("
        "list(map(lambda part: part.append('x'), [entry['tags']])), store[key].update(label=entry['label']))",
    }.items()
}
KEPT["what is done to a list behind its copy, where both are used behind the block"] = """
    def handle(path, key, request):
        entry = load_session_store(path)[key]
        history = entry["history"]
        longer = history[:]
        history.append("a")
        longer.append("b")
        with locked_session_store(path) as store:
            store[key]["history"] = longer
        return history, longer
    """
KEPT["a part of the fresh entry, changed two calls further down"] = """
    def add(several, one):
        several.append(one)


    def build(source):
        add(source["tags"], "x")
        return {"label": source["label"]}


    def handle(path, key):
        entry = {**load_session_store(path)[key]}
        made = build(entry)
        update_session_store(path, lambda store: store[key].update(made))
    """
KEPT["the fresh entry, changed in a loop over parts"] = """
    def handle(path, key):
        with locked_session_store(path) as store:
            entry = load_session_store(path)[key]
            for part in (entry["tags"], entry["history"]):
                part.append("x")
            store[key] = {**store[key], "label": entry["label"]}
    """
KEPT["a missing entry, before an assertion about the request"] = """
    def handle(path, key, request):
        entry = load_session_store(path)[key]
        assert not request.tag
        update_session_store(path, lambda store: store[key].update(label=entry["label"] + "x"))
    """
KEPT["a missing entry, before a number that cannot be read"] = """
    def handle(path, key, request):
        entry = load_session_store(path)[key]
        count = int(request.count if request.count == 1 else request.label)
        update_session_store(path, lambda store: store[key].update(label=entry["label"], count=count))
    """
KEPT["a missing entry, before a part that nothing has"] = """
    def row_of(path, key):
        found = load_session_store(path).get(key)
        return dict(found) if found else None


    def handle(path, key, request):
        row = row_of(path, key)
        entry = load_session_store(path)[key]
        seen = row["note"]
        update_session_store(path, lambda store: store[key].update(label=entry["label"] + request.label))
        return seen
    """
KEPT["a test of what another store holds"] = """
    def handle(path, key, request):
        flags = load_session_store("flags.json")
        entry = load_session_store(path)[key]
        if flags and flags["any"]["policy"] == "deny":
            return None
        update_session_store(path, lambda store: store[key].update(label=entry["label"] + "x"))
    """
KEPT["a value of another store"] = """
    def handle(path, key, request):
        other = load_session_store("other.json").get(key)
        entry = load_session_store(path)[key]
        note = other["note"] if other else ""
        update_session_store(path, lambda store: store[key].update(label=entry["label"] + "x", note=note))
    """
KEPT["what sections of another store saw"] = """
    def handle(path, key, request):
        def look(store):
            return len(store)

        kept = path
        many = update_session_store("other.json", look)
        with locked_session_store("third.json") as third:
            more = len(third)
        entry = load_session_store(kept)[key]
        label = f"{entry['label']} {many} {more}"
        update_session_store(path, lambda store: store[key].update(label=label))
    """
KEPT["a store under two names of its own"] = """
    def handle(path, key, request):
        class Places:
            sessions = path

        place = Places.sessions
        entry = load_session_store(place)[key]
        label = entry["label"] + "x"
        with locked_session_store(Places.sessions) as store:
            store[key]["label"] = label
    """
NOT_SAFE = {
    "a helper whose parameter is called an entry": (
        """
        def save(path, key, entry):
            with locked_session_store(path) as store:
                store[key] = entry


        def handle(path, key, request):
            entry = load_session_store(path)[key]
            save(path, key, {**entry, "label": request.label})
        """,
        Safety.UNSAFE,
        "RMW101 stays at line 17, for what others may hand over there",
    ),
    "a mutator that is made of what would raise": (
        """
        class Change:
            def __init__(self, entry):
                self.count = entry["count"] + 1

            def __call__(self, fresh):
                return {"count": self.count}


        def handle(path, key):
            entry = load_session_entry(key).entry
            update_session_store_entry(path, key, Change(entry))
        """,
        Safety.UNSAFE,
        "where the entry is missing, nothing raises any more",
    ),
    **{
        f"a try that {what}": (
            f"""
        def handle(path, key, request):
            try:
                entry = {value}
            except KeyError{name}:
                {leaving}
            made = {{**entry, "label": request.label}}
            update_session_store(path, lambda store: store.update({{key: made}}))
        """,
            Safety.MANUAL,
            "leaves the function from within the building of the value",
        )
        for what, value, name, leaving in (
            ("may miss a field as well", 'load_session_store(path)[key]["meta"]', "", "return None"),
            ("raises again", "load_session_store(path)[key]", "", "raise"),
            (
                "asks for the error",
                "load_session_store(path)[key]",
                " as error",
                "raise RuntimeError from error",
            ),
        )
    },
    **{
        f"a change inside, seen behind it through {how}": (
            f"""
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            seen = {value}

            def mutator(store):
                entry["meta"]["theme"] = request.theme
                store[key] = entry

            update_session_store(path, mutator)
            return seen
        """,
            Safety.MANUAL,
            "what the section changes in 'seen' is used behind it",
        )
        for how, value in {
            "another name": "entry",
            "a part": 'entry["meta"]',
            "what holds it": "[entry]",
            "a flat copy": "dict(entry)",
        }.items()
    },
    "a mutator made once and run twice": (
        """
        def write(store, entry, key):
            store[key] = entry


        def handle(path, key):
            entry = load_session_store(path)[key]
            mutator = functools.partial(write, entry=entry, key=key)
            update_session_store(path, mutator)
            update_session_store(path, mutator)
        """,
        Safety.UNSAFE,
        "the mutator is used at line 23 as well, and would meet what it stored itself",
    ),
    "a copy that raised for a missing entry": (
        """
        def handle(path, key, request):
            entry = dict(load_session_store(path).get(key))
            update_session_store_entry(path, key, lambda fresh: {**entry, "label": request.label})
        """,
        Safety.UNSAFE,
        "where the entry is missing, nothing raises any more",
    ),
    "a test of what a loop over the store goes over": (
        """
        def handle(path):
            snapshot = load_session_store(path)
            for name, entry in snapshot.items():
                if entry.get("enabled"):
                    with locked_session_store(path) as store:
                        store[name] = {**entry, "note": "seen"}
        """,
        Safety.MANUAL,
        "the stale condition at line 18 decides whether the section is opened at all",
    ),
    "a change of what is handed to the handler, by another name": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            seen = request.tags
            if seen is None:
                return None
            seen.append(entry["label"])

            def mutator(store):
                store[key]["label"] = entry["label"] + str(len(seen))

            update_session_store(path, mutator)
            return seen
        """,
        Safety.UNSAFE,
        "changes 'request' once more inside the section",
    ),
    "a copy of all entries where one is handed over": (
        """
        def handle(path, key, request):
            snapshot = dict(load_session_store(path))
            entry, count = snapshot[key], len(snapshot)
            update_session_store_entry(path, key, lambda fresh: {"count": entry["count"] + count})
        """,
        Safety.MANUAL,
        "the section hands over one entry",
    ),
}


NOT_SAFE |= {
    f"a change behind the section, seen in the old entry, too, of {what}": (
        f"""
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            {made}
            update_session_store(path, lambda store: store[key].update(tags=tags))
            {change}
            return entry, tags
        """,
        Safety.MANUAL,
        "what is changed behind the section is seen in 'tags' and in 'entry'",
    )
    for what, made, change in (
        (
            "a part",
            "tags = entry['tags']; tags += [request.tag]".replace("; ", "\n            "),
            "tags.append('x')",
        ),
        ("what it lies in", "tags = entry['tags']", "entry['tags'].append('x')"),
        ("what a flat copy holds", "tags = [*entry['tags'], entry['meta']]", "tags[-1]['theme'] = 'x'"),
        ("another name of it", "tags = entry['tags']", "same = tags\n            same.append('x')"),
    )
}


@pytest.mark.parametrize("name", KEPT)
def test_a_safe_fix_keeps(name: str) -> None:
    text = IMPORTS + dedent(KEPT[name])
    held(text)


@pytest.mark.parametrize("name", NOT_SAFE)
def test_a_fix_is_not_safe_for(name: str) -> None:
    text, safety, reason = NOT_SAFE[name]
    told(IMPORTS + dedent(text), safety, reason)
