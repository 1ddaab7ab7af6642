"""What the section changes itself must not be seen by what was read before it: a copy is as it was, the fresh state is not."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Safety
from lint_rmw.lint import apply_fixes
from lint_rmw.source import Source
from tests.oracle import judge_fix
from tests.test_fix_refusals import fix_of
from tests.test_fixes import code, held

KEPT = {
    "the entry that was looked for by its name is answered": """
        def handle(path, key, text):
            entry = None
            for name, found in load_session_store(path).items():
                if name == key:
                    entry = found
            if entry is None:
                return None

            def mutator(store):
                store[key]["label"] = f"{entry['label']}/{text}"

            update_session_store(path, mutator)
            return entry
    """,
    "a field that was changed is read again": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            with locked_session_store(path) as store:
                store[key]["tags"] = entry["tags"] + [text]
                store[key]["history"] = entry["history"] + entry["tags"]
    """,
    "the entry is emptied and filled": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]

            def mutator(store):
                store[key].clear()
                store[key].update({**entry, "label": text})

            update_session_store(path, mutator)
    """,
    "a loop changes what its next round reads": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]

            def mutator(store):
                for name in ("label", "note"):
                    store[key][name] = f"{entry['label']}{name}"

            update_session_store(path, mutator)
    """,
    "another name of the fresh entry": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]

            def mutator(store):
                current = store.setdefault(key, {})
                current.update(label=text)
                current.update(note=entry["label"])

            update_session_store(path, mutator)
    """,
    "the section gives back what was read": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]

            def mutator(store):
                store[key]["count"] = entry["count"] + 1
                return entry["count"]

            return update_session_store(path, mutator)
    """,
    "an entry updater changes what it is handed": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]

            def update(current):
                current["label"] = text
                return {**current, "note": entry["label"]}

            update_session_store_entry(path, key, update)
    """,
    "a part is used behind the block that changes it": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            meta = entry["meta"]
            with locked_session_store(path) as store:
                store[key]["label"] = f"{meta.get('theme')} {entry['label']}"
                store[key]["meta"]["theme"] = text
            return meta
    """,
    "one of several parts is used behind the section that changes it": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            label, tags = entry["label"], entry["tags"]

            def mutator(store):
                store[key]["label"] = label + text
                store[key]["tags"].append(label)

            update_session_store(path, mutator)
            return label, tags
    """,
    "a loop takes away what it goes over": """
        def handle(path):
            def mutator(store):
                for name, entry in load_session_store(path).items():
                    if entry.get("count", 0) > 50:
                        del store[name]
                    else:
                        store[name] = {**entry, "note": "kept"}

            update_session_store(path, mutator)
    """,
    "a loop changes the entry that it goes on reading": """
        def handle(path):
            with locked_session_store(path) as store:
                for name, entry in load_session_store(path).items():
                    store[name]["count"] = entry.get("count", 0) + 1
                    store[name]["left"] = entry.get("count", 0) - 1
    """,
    "an iterator was moved on": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            lines = iter(entry["history"])
            next(lines, None)

            def mutator(store):
                store[key]["history"] = list(lines)

            update_session_store(path, mutator)
    """,
    "a generator was used up": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            upper = (tag.upper() for tag in entry["tags"])
            first = next(upper, "")

            def mutator(store):
                store[key]["tags"] = [*upper, text]

            update_session_store(path, mutator)
            return first
    """,
    "a name that is bound to itself or something else": """
        def handle(path, key, text):
            entry = load_session_store(path).get(key)
            entry = entry or {}
            entry["label"] = text

            def mutator(store):
                store[key] = entry

            update_session_store(path, mutator)
    """,
    "two names for one new object": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            made = shared = {**entry, "label": text}
            shared["note"] = "shared"

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
    """,
    "something is done to it after it was copied, for what is behind the section": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            made = {**entry}
            made["label"] = text
            copied = dict(made)
            made["note"] = "later"

            def mutator(store):
                store[key] = copied

            update_session_store(path, mutator)
            return made["note"]
    """,
    "a view of an entry that grows": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            items = entry.items()
            entry["extra"] = text

            def mutator(store):
                store[key] = dict(items)

            update_session_store(path, mutator)
    """,
    "a method of the type": """
        def handle(path, key, text):
            entry = load_session_store(path)[key]
            dict.update(entry, label=text)
            list.append(entry["tags"], text)

            def mutator(store):
                store[key] = entry

            update_session_store(path, mutator)
    """,
}


@pytest.mark.parametrize("case", KEPT)
def test_what_was_read_stays_as_it_was(case: str) -> None:
    text = code(KEPT[case])
    held(text)


def test_a_cached_read_after_a_change_of_the_section_is_not_made_fresh() -> None:
    fix = fix_of(
        """
        def handle(path, key, text):
            def mutator(store):
                store[key]["label"] = text
                store[key]["note"] = load_session_store(path)[key]["label"]

            update_session_store(path, mutator)
        """
    )
    assert fix.reasons == ("line 19 would read what the section itself has changed before",)


@pytest.mark.parametrize(
    "work",
    [
        "for act in [lambda: entry.update(label=text)]:\n        act()",
        "steps = {'put': entry.update}\n    steps['put'](label=text)",
        "getattr(entry, 'update')(label=text)",
        "def put(name):\n        return lambda value: entry.update({name: value})\n    put('label')(text)",
    ],
)
def test_what_is_called_under_no_name_may_change_what_it_closes_over(work: str) -> None:
    text = code(
        f"def handle(path, key, text):\n    entry = load_session_store(path)[key]\n    {work}\n"
        "    update_session_store(path, lambda store: store.update({key: entry}))\n"
    )
    source = Source.from_text(text, "handler.py")
    assert not apply_fixes(source).fixed
    assert judge_fix(text, apply_fixes(source, unsafe=True).text).difference is None


@pytest.mark.parametrize(
    "section", ["with locked_session_store(path) as store:", "def mutator(store):\n        nonlocal entry"]
)
def test_a_stale_name_that_is_bound_again_inside_is_refused(section: str) -> None:
    call = "    update_session_store(path, mutator)\n" if "def" in section else ""
    fix = fix_of(
        f"def handle(path, key, text):\n    entry = load_session_store(path)[key]\n    {section}\n"
        f'        entry = {{**entry, "label": text}}\n        store[key] = entry\n{call}'
        "    return entry\n"
    )
    assert fix.reasons == ("'entry' is bound again inside the section",)


def test_whether_two_names_hold_one_object_is_not_asked_of_a_fresh_and_a_stale_one() -> None:
    fix = fix_of(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            history = entry["history"]
            history.append(request.text)

            def mutator(store):
                store[key]["history"] = history

            update_session_store(path, mutator)
            return history is entry["history"]
        """
    )
    assert fix.reasons == ("line 25 asks whether 'history' is still the object that 'entry' holds",)


def test_an_earlier_section_that_changes_an_entry_under_another_name_is_not_run_again() -> None:
    fix = fix_of(
        """
        def handle(path, key, request):
            def count(store):
                entry = store[key]
                entry["count"] += 1
                return dict(entry)

            seen = update_session_store(path, count)
            seen["label"] = request.label

            def again(store):
                store[key] = seen

            update_session_store(path, again)
        """
    )
    assert fix.safety is Safety.MANUAL


def test_an_object_that_holds_the_path_may_change_in_between() -> None:
    text = code(
        """
        class Counter:
            def __init__(self, path):
                self.path = path
                self.hits = 0

            def touch(self, key):
                entry = load_session_store(self.path)[key]
                self.hits += 1
                count = entry["count"] + self.hits
                update_session_store(self.path, lambda store: store[key].update(count=count))
                return count


        def handle(path, key, request):
            return Counter(path).touch(key)
        """
    )
    held(text)


def test_what_an_unknown_mutator_changes_is_not_met_behind_it() -> None:
    text = code(
        """
        class Change:
            def __init__(self, count, key):
                self.count = count
                self.key = key

            def __call__(self, store):
                store[self.key]["count"] = self.count


        def handle(path, key, request):
            try:
                entry = load_session_store(path)[key]
            except KeyError:
                entry = {}
            if not entry:
                return None
            update_session_store(path, Change(entry["count"] + request.amount, key))
            return entry
        """
    )
    held(text)
