"""All runs of one handler: alone, and with each foreign writer at each point where it may act."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from tests.handler_file import Handler, HandlerFile
from tests.scenes import KEY, REQUESTS, STATES, varies
from tests.stage import Run, Stage
from tests.writers import Writer

Schedule = int | Literal["stale"]

MOST_LOCKS = 6
"""How many sections of one run are tried as the place where the writer acts."""


CASES = (
    *((state, chosen) for state in ("rich", "sparse") for chosen in REQUESTS),
    ("absent", "full"),
    ("absent", "empty"),
    ("alias", "full"),
)
UNDISTURBED = {("sparse", "partial"), ("absent", "empty")}
"""Cases that are only run alone: with a writer they show nothing that the others do not."""


@dataclass(frozen=True)
class Case:
    """What a run starts from: the names of a state and of a set of arguments."""

    state: str
    chosen: str

    @property
    def document(self) -> str:
        """The store."""
        return STATES[self.state]


@dataclass(frozen=True)
class Disturbed:
    """A schedule that was run, with the stores of the serial orders."""

    case: Case
    writer: Writer
    schedule: Schedule
    run: Run
    writer_alone: str
    writer_first: str
    handler_first: str

    @property
    def serial(self) -> bool:
        """Whether a serial order, or the handler's declining, explains the store."""
        orders = (self.writer_first, self.handler_first, self.writer_alone)
        return any(same_store(self.run.document, order) for order in orders)


class Schedules:
    """All runs of one handler."""

    def __init__(self, stage: Stage, file: HandlerFile, handler: Handler) -> None:
        self.stage = stage
        self.file = file
        self.handler = handler
        cases = [
            Case(state, chosen) for state, chosen in CASES if chosen == "full" or varies(handler.parameters)
        ]
        self.alone = {case: stage.run(file, handler, case.chosen, case.document) for case in cases}

    def touched(self) -> frozenset[str]:
        """The fields of the entry that undisturbed runs change."""
        found: set[str] = set()
        for case, run in self.alone.items():
            before = parsed(case.document).get(KEY)
            after = parsed(run.document).get(KEY)
            if isinstance(before, dict) and isinstance(after, dict) and after:
                found |= {name for name in before | after if before.get(name) != after.get(name)}
        return frozenset(found)

    def disturbed(self, against: tuple[Writer, ...]) -> Iterator[Disturbed]:
        """Runs every schedule with every writer that changes anything."""
        for case, alone in self.alone.items():
            for writer in against if (case.state, case.chosen) not in UNDISTURBED else ():
                writer_alone = self.stage.after(writer, case.document)
                if writer_alone != case.document:
                    yield from self._schedules(case, alone, writer, writer_alone)

    def run(self, case: Case, document: str, writer: Writer | None = None, at: Schedule = 0) -> Run:
        """Runs the handler once more."""
        return self.stage.run(self.file, self.handler, case.chosen, document, writer, at)

    def _schedules(self, case: Case, alone: Run, writer: Writer, writer_alone: str) -> Iterator[Disturbed]:
        if not alone.locks:
            return
        first = self.run(case, writer_alone).document
        last = self.stage.after(writer, alone.document)
        replay_differs = False
        for lock in range(min(alone.locks, MOST_LOCKS)):
            run = self.run(case, case.document, writer, lock)
            replay_differs |= run.replay_differs
            yield Disturbed(case, writer, lock, run, writer_alone, first, last)
        if replay_differs:
            run = self.run(case, case.document, writer, "stale")
            yield Disturbed(case, writer, "stale", run, writer_alone, first, last)


@lru_cache(maxsize=2048)
def parsed(document: str) -> Mapping[str, Any]:
    """Returns the entries of a document; not to be changed."""
    store: Mapping[str, Any] = json.loads(document)
    return store


def same_store(one: str, other: str) -> bool:
    """Whether two documents hold the same entries, in whatever order."""
    return one == other or parsed(one) == parsed(other)
