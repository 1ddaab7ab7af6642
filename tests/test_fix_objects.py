"""Objects of classes in the same file: what their methods and properties do is known, whatever they are called."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Safety
from tests.test_fix_closures import handler
from tests.test_fixes import held, told

IMPORTS = """\
import itertools
import re
import time
from dataclasses import dataclass, field
from enum import Enum

"""
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


class Amount:
    def __init__(self, value):
        self.value = value

    def __add__(self, more):
        print("added", more)
        return self.value + more

    def __lt__(self, other):
        print("compared", other)
        return self.value < other

    def __bool__(self):
        print("asked")
        return self.value > 0

    def __str__(self):
        print("told")
        return str(self.value)

    def __getitem__(self, name):
        print("looked up", name)
        return self.value

    def __iter__(self):
        print("gone over")
        return iter([self.value])


class Watched:
    def __init__(self, kept):
        self.__dict__["kept"] = kept

    def __getattr__(self, name):
        print("read", name)
        return self.kept[name]


class View:
    def __init__(self, kept):
        self.kept = kept

    def __setitem__(self, name, value):
        self.kept[name] = value

    def __iadd__(self, more):
        self.kept["count"] += more
        return self

    def grow(self):
        kept = self.kept
        kept["count"] += 1
        return kept["count"]


@dataclass
class Ticket:
    count: int

    def __post_init__(self):
        print("made", self.count)


def new_rows():
    print("new")
    return []


def told(value):
    print("key of", value)
    return value


@dataclass
class Bag:
    count: int
    rows: list = field(default_factory=new_rows)


@dataclass
class Stamped:
    count: int
    at: float = field(default_factory=time.time)


class Numbers:
    def __init__(self):
        self.last = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.last += 1
        return self.last


@dataclass
class Rows:
    rows: list
    drawn: int = 0

    def __post_init__(self):
        self.rows.append("made")

    @property
    def next_row(self):
        self.drawn += 1
        return self.drawn


class State(Enum):
    IDLE = "idle"
    BUSY = "busy"
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
SAFE |= {
    "a member of an enumeration": """
        state = State(entry.get("state", "idle"))
        state = State.BUSY if state is State.IDLE else state
        update_session_store(path, lambda store: store[key].update(state=state.value))
        return state.name
        """,
    "a part that an object changes by an operator of its own": """
        view = View(entry)
        view["label"] = entry["label"] + "!"
        view += request.amount
        update_session_store(path, lambda store: store[key].update(count=entry["count"], label=entry["label"]))
        return entry["label"]
        """,
    "a method that changes what its object keeps under another name": """
        view = View(entry)
        view.grow()
        update_session_store(path, lambda store: store.update({key: entry}))
        return view.kept["count"]
        """,
    "a record that changes what it is made of": """
        Rows(entry["history"])
        update_session_store(path, lambda store: store[key].update(history=entry["history"]))
        return len(entry["history"])
        """,
    "numbers that are drawn, and asked for the last behind": """
        numbers = Numbers()
        rows = [f"{n} {row}" for n, row in zip(numbers, entry["history"])]
        update_session_store(path, lambda store: store[key].update(history=rows))
        return numbers.last
        """,
    "plain numbers, in a file with a class whose numbers print": """
        count = entry["count"] + 1
        update_session_store(path, lambda store: store[key].update(count=count))
        return f"{count}"
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
        "print() at line 178 runs inside the section",
    ),
    "a method that changes what is global, called as that of a dictionary": (
        """
        sink = Sink()
        label = sink.get(entry["label"]) + "!"
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "sink.get(), which changes ASKED at line 178 runs inside the section",
    ),
    "a property that prints": (
        """
        pair = Pair(entry["count"], entry["tokens"])
        total = pair.counted + request.amount
        update_session_store(path, lambda store: store[key].update(count=total))
        return total
        """,
        "print() at line 178 runs inside the section",
    ),
    "an addition that prints": (
        """
        count = Amount(entry["count"]) + 1
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "a comparison that prints": (
        """
        amount = Amount(entry["left"])
        if amount < 1:
            return None
        left = amount.value - 1
        update_session_store(path, lambda store: store[key].update(left=left))
        """,
        "print() is called again",
    ),
    "a truth that prints": (
        """
        amount = Amount(entry["left"])
        if not amount:
            return None
        left = amount.value - 1
        update_session_store(path, lambda store: store[key].update(left=left))
        """,
        "print() is called again",
    ),
    "a text that prints": (
        """
        label = f"{Amount(entry['count'])}"
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "print()",
    ),
    "a function of the language that has an object print": (
        """
        label = str(Amount(entry["count"])) + "!"
        update_session_store(path, lambda store: store[key].update(label=label))
        return label
        """,
        "print()",
    ),
    "a look-up that prints": (
        """
        count = Amount(entry["count"])["x"] + 1
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "a loop that prints": (
        """
        count = 1
        for more in Amount(entry["count"]):
            count += more
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "an attribute that prints": (
        """
        watched = Watched(entry)
        count = watched.count + 1
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "a record that prints when it is made": (
        """
        count = Ticket(entry["count"] + 1).count
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "a record that has a part made, which prints": (
        """
        count = Bag(entry["count"] + 1).count
        update_session_store(path, lambda store: store[key].update(count=count))
        return count
        """,
        "print()",
    ),
    "a record that mints a part": (
        """
        made = Stamped(entry["count"] + 1)
        count = made.count
        update_session_store(path, lambda store: store[key].update(count=count))
        return made
        """,
        "time.time() is called inside the section",
    ),
    "a function that is handed over and prints": (
        """
        rows = sorted(entry["history"], key=told)
        update_session_store(path, lambda store: store[key].update(history=rows))
        return rows
        """,
        "print()",
    ),
    "a lambda that is handed over and prints": (
        """
        note = re.sub("o", lambda found: print(found[0]) or "0", entry["note"])
        update_session_store(path, lambda store: store[key].update(note=note))
        return note
        """,
        "print()",
    ),
    "print itself handed over": (
        """
        rows = [*entry["history"], request.text]
        rows = [row for row in rows if row and not list(map(print, [row]))]
        update_session_store(path, lambda store: store[key].update(history=rows))
        return rows
        """,
        "print()",
    ),
    "a method handed over that prints": (
        """
        sink = Sink()
        rows = list(map(sink.add, entry["history"]))
        update_session_store(path, lambda store: store[key].update(history=rows))
        return rows
        """,
        "print()",
    ),
    "a number drawn by a guard": (
        """
        ids = itertools.count(1)
        if entry["count"] < next(ids):
            return None
        update_session_store(path, lambda store: store[key].update(count=entry["count"] - 1))
        return next(ids)
        """,
        "changes 'ids' once more inside the section",
    ),
    "a property that counts, asked by a guard": (
        """
        rows = Rows([])
        if entry["count"] < rows.next_row:
            return None
        update_session_store(path, lambda store: store[key].update(count=entry["count"] - 1))
        return rows.drawn
        """,
        "changes 'rows' once more inside the section",
    ),
    "something taken away by a guard": (
        """
        limits = [9, 1]
        if entry["count"] < limits.pop():
            return None
        update_session_store(path, lambda store: store[key].update(count=entry["count"] - 1))
        return limits
        """,
        "changes 'limits' once more inside the section",
    ),
}


def with_classes(body: str) -> str:
    before, after = handler(body).split("\ndef handle")
    return f"{IMPORTS}{before}{CLASSES}\n\ndef handle{after}"


@pytest.mark.parametrize("name", SAFE)
def test_what_only_computes_is_moved(name: str) -> None:
    text = with_classes(SAFE[name])
    held(text)


@pytest.mark.parametrize("name", NOT_SAFE)
def test_what_does_more_is_told_of(name: str) -> None:
    text, reason = NOT_SAFE[name]
    told(with_classes(text), Safety.UNSAFE, reason)
