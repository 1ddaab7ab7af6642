"""The judge: executes a handler with a foreign writer at every schedule point and compares with the serial orders.

A handler is anomalous if some schedule ends in a store that neither order of the two could have left, unless it is the
store of the writer alone, which means that the handler declined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.handler_file import HandlerFile
from tests.scenes import UnknownParameter
from tests.schedules import Disturbed, Schedule, Schedules, parsed, same_store
from tests.stage import BackendName, EndlessRun, open_stage
from tests.writers import ANY_FIELD, DESTRUCTIVE, SAME_FIELD, gentle_writers, writers

__all__ = [
    "EndlessRun",
    "FixProof",
    "HandlerVerdict",
    "UnknownParameter",
    "Verdict",
    "Witness",
    "equivalent_alone",
    "judge",
    "judge_fix",
]

Severity = Literal["S1", "S2", "S3"]


@dataclass(frozen=True)
class Witness:
    """One schedule that no serial order explains, with all the stores it was compared with.

    `schedule` is the number, from 0, of the lock before which the writer acted, or `"stale"`: it acted before the
    handler began, and the read cache did not notice.
    """

    handler: str
    state: str
    arguments: str
    writer: str
    schedule: Schedule
    before: Mapping[str, Any]
    interleaved: Mapping[str, Any]
    writer_first: Mapping[str, Any]
    handler_first: Mapping[str, Any]
    writer_alone: Mapping[str, Any]

    def story(self) -> str:
        """Returns the case in a few lines; of the stores only what somebody changed."""
        when = "from a cache stale from the start" if self.schedule == "stale" else f"at lock {self.schedule}"
        lines = [f"{self.handler}: {self.writer} {when}, state {self.state}, arguments {self.arguments}"]
        stores = {
            "before": self.before,
            "interleaved": self.interleaved,
            "writer, then handler": self.writer_first,
            "handler, then writer": self.handler_first,
        }
        for key in sorted({key for store in stores.values() for key in store}):
            found = [store.get(key) for store in stores.values()]
            if any(entry != found[0] for entry in found):
                lines += [
                    f"  {title + ':':<22}{key} {_changed(entry, found)}"
                    for title, entry in zip(stores, found, strict=True)
                ]
        return "\n".join(lines)


def _changed(entry: Mapping[str, Any] | None, versions: list[Mapping[str, Any] | None]) -> str:
    if entry is None:
        return "absent"
    fields = {name for version in versions if version for name in version}
    told = {
        name: entry[name]
        for name in sorted(fields & set(entry))
        if any(version is not None and version.get(name) != entry[name] for version in versions)
    }
    return json.dumps(told)


@dataclass(frozen=True)
class HandlerVerdict:
    """What was found of one handler; `errors` are the exceptions of undisturbed runs as (state, arguments, repr)."""

    name: str
    breaking: frozenset[str]
    witness: Witness | None
    touched: frozenset[str]
    errors: tuple[tuple[str, str, str], ...]

    @property
    def anomalous(self) -> bool:
        """Whether some writer breaks it."""
        return bool(self.breaking)

    @property
    def severity(self) -> Severity | None:
        """S1: broken by a writer of any field; S2: of the same field; S3: only by delete, recreate or clear."""
        return severity_of(self.breaking)


@dataclass(frozen=True)
class Verdict:
    """What was found of a file; index it by a handler's name."""

    name: str
    handlers: Mapping[str, HandlerVerdict]

    def __getitem__(self, handler: str) -> HandlerVerdict:
        return self.handlers[handler]

    @property
    def breaking(self) -> frozenset[str]:
        """The names of the writers that break any handler."""
        return frozenset().union(*(verdict.breaking for verdict in self.handlers.values()))

    @property
    def anomalous(self) -> bool:
        """Whether any handler is."""
        return bool(self.breaking)

    @property
    def severity(self) -> Severity | None:
        """The worst of all handlers."""
        return severity_of(self.breaking)

    @property
    def witness(self) -> Witness | None:
        """The first witness against any handler."""
        return next((found.witness for found in self.handlers.values() if found.witness), None)


def severity_of(breaking: frozenset[str]) -> Severity | None:
    """Returns how bad it is to be broken by these writers, None by nobody."""
    if breaking & ANY_FIELD:
        return "S1"
    if breaking & SAME_FIELD:
        return "S2"
    return "S3" if breaking & DESTRUCTIVE else None


def judge(source: str, *, name: str = "handler.py", backend: BackendName = "model") -> Verdict:
    """Judges every handler in the source of one file.

    Raises SyntaxError, ValueError for a file without handlers, UnknownParameter, and EndlessRun.
    """
    file = HandlerFile(source, name)
    with open_stage(backend) as stage:
        found = {handler.name: _verdict(Schedules(stage, file, handler)) for handler in file.handlers}
    return Verdict(name, found)


def _verdict(schedules: Schedules) -> HandlerVerdict:
    breaking: set[str] = set()
    witness = None
    name = schedules.handler.name
    touched = schedules.touched()
    for found in schedules.disturbed(writers(touched)):
        if not found.serial:
            breaking.add(found.writer.name)
            witness = witness or _witness(name, found)
    if not breaking:
        for found in schedules.disturbed(gentle_writers(touched)):
            if not found.serial:
                breaking.add(found.writer.name)
                witness = witness or _witness(name, found)
                break
    errors = tuple(
        (case.state, case.chosen, repr(run.error)) for case, run in schedules.alone.items() if run.error
    )
    return HandlerVerdict(name, frozenset(breaking), witness, touched, errors)


def _witness(handler: str, found: Disturbed) -> Witness:
    return Witness(
        handler,
        found.case.state,
        found.case.chosen,
        found.writer.name,
        found.schedule,
        parsed(found.case.document),
        parsed(found.run.document),
        parsed(found.writer_first),
        parsed(found.handler_first),
        parsed(found.writer_alone),
    )


@dataclass(frozen=True)
class FixProof:
    """Whether a fix keeps the undisturbed runs and repairs the disturbed ones; `difference` says where it does not."""

    difference: str | None

    @property
    def holds(self) -> bool:
        """Whether no difference was found."""
        return self.difference is None


def equivalent_alone(original: str, fixed: str, *, backend: BackendName = "model") -> str | None:
    """Returns the first difference of the two files without any foreign writer, None if there is none.

    Compared are the store, the result, the kind of the exception, what is printed and what becomes of the arguments.
    """
    one, two = HandlerFile(original, "original.py"), HandlerFile(fixed, "fixed.py")
    if one.handlers != two.handlers:
        return f"the handlers are {two.handlers}, not {one.handlers}"
    with open_stage(backend) as stage:
        for handler in one.handlers:
            old, new = Schedules(stage, one, handler), Schedules(stage, two, handler)
            if difference := _difference_alone(old, new):
                return difference
    return None


def judge_fix(original: str, fixed: str, *, backend: BackendName = "model") -> FixProof:
    """Proves that the fixed file, run with any writer at any schedule, ends as the original run after the writer.

    Where that does not hold, a serial order of the fixed file itself will do, if undisturbed runs are the same.
    """
    one, two = HandlerFile(original, "original.py"), HandlerFile(fixed, "fixed.py")
    if one.handlers != two.handlers:
        return FixProof(f"the handlers are {two.handlers}, not {one.handlers}")
    with open_stage(backend) as stage:
        for handler in one.handlers:
            old, new = Schedules(stage, one, handler), Schedules(stage, two, handler)
            alone = _difference_alone(old, new)
            touched = old.touched() | new.touched()
            for found in new.disturbed((*writers(touched), *gentle_writers(touched))):
                wanted = old.run(found.case, found.writer_alone).document
                if same_store(found.run.document, wanted) or (alone is None and found.serial):
                    continue
                if alone:
                    return FixProof(alone)
                return FixProof(f"still broken: {_witness(handler.name, found).story()}")
            if alone:
                return FixProof(alone)
    return FixProof(None)


def _difference_alone(old: Schedules, new: Schedules) -> str | None:
    for case, before in old.alone.items():
        after = new.alone[case]
        pairs = (
            ("store", parsed(before.document), parsed(after.document)),
            ("result", plain(before.value), plain(after.value)),
            ("exception", type(before.error).__name__, type(after.error).__name__),
            ("output", before.printed, after.printed),
            ("arguments", plain(before.arguments), plain(after.arguments)),
        )
        for what, was, now in pairs:
            if was != now:
                where = f"{old.handler.name}, state {case.state}, arguments {case.chosen}"
                return f"{where}: {what} was {was!r}, is {now!r}"
    return None


def plain(value: Any, depth: int = 0) -> Any:
    """Returns something comparable that says what a value holds, whichever execution its classes come from."""
    if depth > 8 or value is None or isinstance(value, str | int | float | bytes):
        return value if depth <= 8 else "..."
    if isinstance(value, dict):
        return {str(name): plain(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if callable(value) or not hasattr(value, "__dict__"):
        return type(value).__name__
    return type(value).__name__, plain(vars(value), depth + 1)
