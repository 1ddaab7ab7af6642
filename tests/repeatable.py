"""Clocks, ids and chance that say the same in every run: stand-ins for the modules a handler takes them from."""

from __future__ import annotations

import asyncio
import datetime
import random
import secrets
import time
import uuid
from types import ModuleType
from typing import Any

_EPOCH = 1_700_000_100.0


class Ticks:
    """The counters behind clocks and ids, and what a run printed."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Makes the next run like the first."""
        self.clock = 0
        self.ids = 0
        self._random: random.Random | None = None
        self.printed: list[str] = []

    @property
    def random(self) -> random.Random:
        """The source of chance, made when it is first asked for."""
        if self._random is None:
            self._random = random.Random(1)
        return self._random

    def seconds(self) -> float:
        """Returns the time, one second later at each call."""
        self.clock += 1
        return _EPOCH + self.clock

    def next_id(self) -> int:
        """Returns 1, 2, 3 and so on."""
        self.ids += 1
        return self.ids


ticks = Ticks()


class _Moment(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _Moment:
        return cls.fromtimestamp(ticks.seconds(), tz or datetime.UTC)

    @classmethod
    def utcnow(cls) -> _Moment:
        return cls.now().replace(tzinfo=None)


def _copied(module: ModuleType, **replaced: Any) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    vars(copy).update(replaced)
    return copy


def _uuid(*_arguments: Any) -> uuid.UUID:
    return uuid.UUID(int=ticks.next_id() << 64)


async def _pause(_seconds: float = 0, result: Any = None) -> Any:
    await asyncio.sleep(0)
    return result


REPEATABLE: dict[str, ModuleType] = {
    "time": _copied(
        time,
        time=ticks.seconds,
        time_ns=lambda: int(ticks.seconds() * 1e9),
        monotonic=ticks.seconds,
        perf_counter=ticks.seconds,
        sleep=lambda _seconds: None,
    ),
    "datetime": _copied(datetime, datetime=_Moment),
    "uuid": _copied(uuid, uuid4=_uuid, uuid1=_uuid),
    "secrets": _copied(
        secrets,
        token_hex=lambda _size=16: f"{ticks.next_id():08x}",
        token_urlsafe=lambda _size=16: f"t{ticks.next_id():08d}",
    ),
    "random": _copied(
        random,
        random=lambda: ticks.random.random(),
        randint=lambda low, high: ticks.random.randint(low, high),
        choice=lambda items: ticks.random.choice(items),
    ),
    "asyncio": _copied(asyncio, sleep=_pause),
}
