"""Where the analysis stops it says so or stops quietly, and what stands beside it is judged all the same."""

from __future__ import annotations

import ast
from keyword import iskeyword
from pathlib import Path

import pytest

import lint_rmw.flow
from lint_rmw.flow.analysis import WORK_PER_FUNCTION, analyse
from lint_rmw.flow.facts import Facts
from lint_rmw.flow.module import index
from lint_rmw.source import Source
from lint_rmw.store import builtin_profiles

HEAD = (
    "from fixtures.session_store import load_session_entry, load_session_store, locked_session_store, "
    "update_session_store\n"
)
STALE = """
def rename(path, key):
    entry = load_session_entry(key).entry
    with locked_session_store(path) as store:
        store[key] = entry
"""


def facts(text: str, budget: int = WORK_PER_FUNCTION) -> Facts:
    return analyse(Source.from_text(HEAD + text, "handler.py"), builtin_profiles(), budget=budget)


def lost(found: Facts) -> list[int]:
    """How many stale values each write loses."""
    return [len(write.losses) for write in found.writes]


def test_a_file_that_only_speaks_of_a_section_has_no_facts() -> None:
    found = analyse(Source.from_text('"""Calls update_session_store."""\n', "notes.py"), builtin_profiles())
    assert (found.writes, found.sections, found.skipped) == ([], [], [])


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (f"    return {'[' * 95}path{']' * 95}", "line 9 is nested too deep to analyse"),
        ("    return path if key else(lambda: key)", "line 9 cannot be parsed: super(type, obj)"),
    ],
    ids=["too deep", "not understood by LibCST"],
)
def test_a_function_that_cannot_be_parsed_is_left_out(refused: str, told: str) -> None:
    found = facts(f"{STALE}\n\ndef other(path, key):\n    update_session_store(path, rename)\n{refused}\n")
    assert [each.startswith(told) for each in found.skipped] == [True]
    assert lost(found) == [1]


def test_a_function_that_overflows_the_stack_is_left_out() -> None:
    chain = "".join(f"def step{n}(entry):\n    return {'not ' * 60}step{n + 1}(entry)\n\n" for n in range(20))
    deep = "def deep(path, key):\n    with locked_session_store(path) as store:\n        store[key] = step0(store)\n"
    found = facts(f"{chain}{deep}{STALE}")
    assert found.skipped == ["a function is nested too deep to analyse"]
    assert lost(found) == [1]


OPENED = """
from contextlib import contextmanager

@contextmanager
def opened(path):
    with locked_session_store(path) as store:
        yield store

def label_of(entry):
    return entry["label"]

def rename(path, key):
    entry = load_session_entry(key).entry
    with opened(path) as store:
        store[key]["label"] = label_of(entry)
        with locked_session_store(path) as same:
            same[key]["note"] = entry["note"]
"""


@pytest.mark.parametrize(("budget", "wanted"), [(WORK_PER_FUNCTION, [1, 1]), (10, [1])])
def test_where_the_work_is_used_up_calls_are_not_followed_but_blocks_are(
    budget: int, wanted: list[int]
) -> None:
    assert lost(facts(OPENED, budget)) == wanted


@pytest.mark.parametrize(("depth", "wanted"), [(1, [1]), (4, [1]), (5, [0]), (20, [0])])
def test_a_value_is_followed_five_levels_down(depth: int, wanted: list[int]) -> None:
    value = "{'in': " * depth + "entry['count']" + "}" * depth
    assert lost(facts(STALE.replace("= entry\n", f"= {{'value': {value}}}\n"))) == wanted


@pytest.mark.parametrize(("depth", "wanted"), [(1, [1]), (5, [1]), (8, [0])])
def test_a_text_is_made_of_what_lies_six_levels_down(depth: int, wanted: list[int]) -> None:
    value = "{'in': " * depth + "entry['count']" + "}" * depth
    assert lost(facts(STALE.replace("= entry\n", f"= {{'note': str({value})}}\n"))) == wanted


@pytest.mark.parametrize(("which", "wanted"), [(0, [1]), (7, [0]), (13, [1])])
def test_of_many_values_the_first_and_the_last_are_kept(which: int, wanted: list[int]) -> None:
    keys = [f"key{n}" for n in range(14)]
    branches = "".join(
        f"    if kind == {n}:\n        entry = load_session_entry({key}).entry\n"
        for n, key in enumerate(keys)
    ).replace("    if kind", "    elif kind")
    found = facts(
        f"def rename(path, kind, {', '.join(keys)}):\n    if not kind:\n        entry = None\n{branches}"
        f"    with locked_session_store(path) as store:\n        store[{keys[which]}] = entry\n"
    )
    assert lost(found) == wanted


def test_a_break_outside_a_loop_ends_the_path() -> None:
    """Python refuses it only when it compiles the file, so it may come here."""
    again = STALE.replace("rename", "again")
    assert lost(facts(f"{STALE}    continue\n    store[key] = entry\n{again}    break\n")) == [1, 1]


def test_the_check_of_one_entry_does_not_cover_the_others() -> None:
    found = facts("""
def restore(path, key):
    entries = load_session_store(path)
    with locked_session_store(path) as store:
        if store.get(key) == entries.get(key):
            store.update(entries)
""")
    assert lost(found) == [1]


SHARED = """
def rename(path, key): entry = load_session_entry(key).entry; update_session_store(path, lambda s: s.update({key: entry}))
one = 1; found = load_session_entry("one").entry; update_session_store("p", lambda s: s.update(one=found)); last = """


@pytest.mark.parametrize("last", ["2\n", "[\n    2,\n]; more = 3\n"])
def test_statements_that_share_a_line_are_all_looked_at(last: str) -> None:
    assert lost(facts(SHARED + last)) == [1, 1]


def test_of_functions_with_one_name_the_last_is_meant() -> None:
    found = facts("""
def build(entry):
    return {"label": "none"}

if __debug__:
    def build(entry):
        return {"label": "some"}

def build(entry):
    return {**entry, "label": "none"}

def rename(path, key):
    made = build(load_session_entry(key).entry)
    with locked_session_store(path) as store:
        store[key] = made
""")
    assert lost(found) == [1]


def test_of_classes_with_one_name_the_last_is_meant() -> None:
    found = facts("""
class Draft:
    def build(self, entry):
        return {"label": "none"}

class Draft:
    def build(self, entry):
        return {**entry, "label": "none"}

def rename(path, key):
    made = Draft().build(load_session_entry(key).entry)
    with locked_session_store(path) as store:
        store[key] = made
""")
    assert lost(found) == [1]


@pytest.mark.parametrize(
    ("read", "written", "wanted"),
    [
        ("key", "key", [1]),
        ("key", "other", [0]),
        ("key", "key.lower()", [1]),
        ("key", "f'{key}:copy'", [0]),
        ("key", "job.key", [0]),
        ("job.key", "job.other", [0]),
        ("job.key", "job.key", [1]),
        ("names[0]", "names[1]", [0]),
        ("'one'", "'two'", [0]),
        ("'one'", "str(uuid4())", [0]),
        ("key", "normal(key)", [1]),
        ("normal(key)", "folded(key)", [1]),
        ("normal(key)", "folded(other)", [0]),
        ("key if job else 'none'", "key", [1]),
        ("key", "other if job else key", [1]),
        ("key if job else other", "key if job else job.key", [1]),
        ("'one' if job else 'two'", "'one'", [1]),
        ("'one' if job else 'two'", "'three'", [0]),
        ("key or 'none'", "other", [0]),
    ],
)
def test_whether_the_key_of_a_read_is_that_of_a_write(read: str, written: str, wanted: list[int]) -> None:
    found = facts(f"""
from uuid import uuid4

def rename(path, key, other, job, names):
    entry = load_session_entry({read}).entry
    with locked_session_store(path) as store:
        store[{written}] = entry
""")
    assert lost(found) == wanted


@pytest.mark.parametrize(
    ("read", "written", "hops"),
    [
        ("key if key else 'none'", "key", 0),
        ("key or 'none'", "key", 0),
        ("key if job else 'none'", "key", 1),
        ("key if job else other", "other", 1),
        ("name", "name", 0),
    ],
)
def test_a_key_that_may_be_another_costs_one_level(read: str, written: str, hops: int) -> None:
    found = facts(f"""
def rename(path, key, other, job):
    name = key
    if job:
        name = other
    entry = load_session_store(path)[{read}]
    with locked_session_store(path) as store:
        store[{written}] = entry
""")
    assert [loss.hops for write in found.writes for loss in write.losses] == [hops]


KEPT = """
class Service:
    def keep(self, path, key):
        {keep}

    def use(self, path, key):
        {use}
        with locked_session_store(path) as store:
            {write}
"""


@pytest.mark.parametrize(
    ("kept", "used", "hops"),
    [
        ("load_session_entry(key).entry", "self.kept", 1),
        ("load_session_entry(key)", "self.kept.entry", 1),
        ("{'in': {'one': load_session_entry(key).entry}}", "self.kept['in']['one']", 1),
        ("list(map(lambda _: load_session_entry(key).entry, path))", "self.kept[0]", 1),
        ("load_session_entry(key).entry['count'] + 1", "self.kept", 1),
        ("elsewhere(load_session_entry(key).entry)", "self.kept", 2),
    ],
)
def test_what_a_method_left_behind_costs_one_level(kept: str, used: str, hops: int) -> None:
    found = facts(KEPT.format(keep=f"self.kept = {kept}", use="", write=f"store[key] = {used}"))
    assert {loss.hops for write in found.writes for loss in write.losses} == {hops}


@pytest.mark.parametrize(
    ("kept", "changed", "used", "wanted"),
    [
        ("store[key]", "pass", "self.kept['label']", [1]),
        ("store[key]", "self.kept.pop('label')", "self.kept['label']", [0]),
        ("store", "self.kept[key].pop('label')", "self.kept[key]['label']", [0]),
    ],
)
def test_what_a_section_left_behind_is_no_state(
    kept: str, changed: str, used: str, wanted: list[int]
) -> None:
    keep = f"with locked_session_store(path) as store: self.kept = {kept}"
    found = facts(KEPT.format(keep=keep, use=changed, write=f"store[key]['label'] = {used}"))
    assert lost(found)[:1] == wanted


@pytest.mark.parametrize(
    ("body", "written", "wanted"),
    [
        ("pass", ["Name"], [0]),
        ("return", ["Return"], [0]),
        ("return {'label': old['label']}", ["Dict"], [1]),
        (
            "patch = {'label': old['label']}\n        if path:\n            patch['label'] = 'own'\n"
            "            return patch\n        return {}",
            ["Name", "Dict"],
            [0, 0],
        ),
    ],
)
def test_each_return_is_judged_as_it_is_left(body: str, written: list[str], wanted: list[int]) -> None:
    found = facts(f"""
from fixtures.session_store import update_session_store_entry

def rename(path, key):
    old = load_session_entry(key).entry
    def change(entry):
        {body}
    update_session_store_entry(path, key, change)
""")
    assert lost(found) == wanted
    assert [type(write.value).__name__ for write in found.writes] == written


@pytest.mark.parametrize("kind", ["def build(entry):\n", "class build:\n    def __new__(entry):\n"])
def test_of_definitions_under_conditions_the_first_is_kept(kind: str) -> None:
    """Which of them a call means is told where they are bound; here nobody calls them."""
    text = f"""
if __debug__:
    {kind.replace(chr(10), chr(10) + "    ")}        return update_session_store(entry, print)
else:
    {kind.replace(chr(10), chr(10) + "    ")}        return None
"""
    source = Source.from_text(HEAD + text, "handler.py")
    module = index(source, source.tree, builtin_profiles())
    assert module is not None
    found, piece = module.functions.get("build") or (
        module.classes["build"].node,
        module.classes["build"].piece,
    )
    assert "update_session_store" in piece.module.code_for_node(found)


@pytest.mark.parametrize(
    ("done", "hops"),
    [
        ("rows[:]", 0),
        ("(rows, rows.insert(place, 3))[0]", 0),
        ("(rows, rows.append(3))[0]", 0),
        ("rows[:2]", 1),
        ("rows[place:]", 1),
        ("(rows, rows.pop(place))[0]", 1),
        ("(rows, rows.remove(3))[0]", 1),
        ("(rows, rows.pop(place), rows.insert(place, 3))[0]", 1),
        ("list(filter(bool, rows))", 1),
    ],
)
def test_what_is_made_of_some_of_the_entries_need_not_be_made_of_the_one_written(
    done: str, hops: int
) -> None:
    text = (
        "def total(path, key, place):\n"
        "    rows = [entry['count'] for entry in load_session_store(path).values()]\n"
        f"    rows = {done}\n"
        "    update_session_store(path, lambda store: store[key].update(count=sum(rows)))\n"
    )
    assert [loss.hops for write in facts(text).writes for loss in write.losses] == [hops]


@pytest.mark.parametrize(
    ("collected", "count"),
    [
        ("entry", 0),
        ("load_session_store(path)", 0),
        ("{'note': entry['note']}", 0),
        ("entry['tags']", 1),
        ("[entry['note']]", 1),
        ("{}", 0),
        ("str(entry['note'])", 1),
    ],
)
def test_a_set_of_names_holds_nothing_that_is_stored(collected: str, count: int) -> None:
    text = (
        "def keep(path, key):\n"
        "    entry = load_session_store(path)[key]\n"
        f"    names = set({collected})\n"
        "    update_session_store(path, lambda store: store[key].update(tags=sorted(names)))\n"
        "    return entry\n"
    )
    assert lost(facts(text)) == [count]


def _spoken_of() -> list[str]:
    """Every word that the analysis compares a name with."""
    words: set[str] = set()
    for path in Path(lint_rmw.flow.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(word for word in node.value.split() if word.isidentifier())
    return sorted(word for word in words if not iskeyword(word))


@pytest.mark.parametrize("receiver", ["entry", "rows", "store", "names"])
@pytest.mark.parametrize("given", ["", "entry", "*rows, **entry", "None, key, rows, entry"])
def test_no_call_is_too_odd(receiver: str, given: str) -> None:
    lines = [
        line
        for word in _spoken_of()
        for line in (f"        found = {receiver}.{word}({given})", f"        found = {word}({given})")
    ]
    for start in range(0, len(lines), 200):
        text = (
            "def handle(path, key, unknown):\n"
            "    entry = load_session_store(path)[key]\n"
            "    rows = [entry, key]\n"
            "    names = {'label', 'note'}\n"
            "    with locked_session_store(path) as store:\n"
            + "\n".join(lines[start : start + 200])
            + "\n        for name in found if key in () else names:\n"
            "            store[key][name] = entry[name]\n"
        )
        assert facts(text, budget=10 * WORK_PER_FUNCTION).skipped == []


@pytest.mark.parametrize(
    ("names", "some"),
    [
        ("made", True),
        ("made.keys() & {'note'}", True),
        ("made.keys() & {'label'}", False),
        ("made.keys() - unknown", True),
        ("entry.keys() - {'label'}", True),
    ],
)
def test_of_names_only_those_that_are_left_are_written(names: str, some: bool) -> None:
    text = (
        "def handle(path, key, label, unknown):\n"
        "    entry = load_session_store(path)[key]\n"
        "    made = {'note': entry['note'], 'label': label}\n"
        "    with locked_session_store(path) as store:\n"
        f"        for name in {names}:\n"
        "            store[key][name] = made[name]\n"
    )
    assert any(lost(facts(text))) is some
