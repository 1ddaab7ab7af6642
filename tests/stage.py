"""Where a handler is executed: on the reference store or its model, with clocks and ids that repeat in every run."""

from __future__ import annotations

import asyncio
import builtins
import functools
import inspect
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Literal

import fixtures.session_store as reference_store
from fixtures.session_store import cache
from fixtures.session_store.document import FSYNC_VARIABLE
from tests import model_store, scenes
from tests.handler_file import Handler, HandlerFile
from tests.repeatable import REPEATABLE, ticks
from tests.writers import Writer

BackendName = Literal["reference", "model"]

LIMIT_SECONDS = 4.0
"""How long one run may take before it counts as endless."""


class EndlessRun(BaseException):
    """A handler did not come to its end; no ordinary `except` catches this."""


@dataclass(frozen=True)
class Run:
    """What one call left behind: the document, its result or exception, and how many sections it asked for."""

    document: str
    value: Any
    error: Exception | None
    locks: int
    arguments: dict[str, Any]
    printed: tuple[str, ...]
    replay_differs: bool = True


_STORE = "fixtures.session_store"
_PURE = frozenset({f"{_STORE}.{name}" for name in ("agent", "config", "entries", "errors", "seams")})


def _importer(api: ModuleType) -> Callable[..., Any]:
    package = ModuleType("fixtures")
    vars(package).update(session_store=api)

    def load(name: str, scope: Any = None, local: Any = None, wanted: Any = (), level: int = 0) -> Any:
        if level == 0 and name in REPEATABLE:
            return REPEATABLE[name]
        if level == 0 and (name == "fixtures" or name.startswith(_STORE)) and name not in _PURE:
            return api if wanted and name != "fixtures" else package
        return builtins.__import__(name, scope, local, wanted, level)

    return load


class Stage:
    """Executes handlers on one kind of store. Use it as a context manager, in the main thread of a process."""

    api: ModuleType
    path: str

    def __enter__(self) -> Stage:
        self.builtins = {**vars(builtins), "__import__": _importer(self.api), "print": self._print}
        self._config = reference_store.current_config()
        reference_store.configure(self.path)
        self._alarm = signal.signal(signal.SIGALRM, _stop)
        self._logging = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        return self

    def __exit__(self, *_error: object) -> None:
        logging.disable(self._logging)
        signal.signal(signal.SIGALRM, self._alarm)
        reference_store.configure(self._config.store_path, idle_ms=self._config.idle_ms)

    @staticmethod
    def _print(*values: Any, **_named: Any) -> None:
        ticks.printed.append(" ".join(map(str, values)))

    def plant(self, document: str) -> None:
        """Makes `document` the store, with nothing cached."""
        raise NotImplementedError

    def document(self) -> str:
        """Returns the store as it now is."""
        raise NotImplementedError

    def write(self, writer: Writer) -> None:
        """Lets the foreign writer act now."""
        raise NotImplementedError

    def after(self, writer: Writer, document: str) -> str:
        """Returns `document` as the writer leaves it."""
        self.plant(document)
        self.write(writer)
        return self.document()

    def run(
        self,
        file: HandlerFile,
        handler: Handler,
        chosen: str,
        document: str,
        writer: Writer | None = None,
        at: int | Literal["stale"] = 0,
    ) -> Run:
        """Calls the handler once on `document`, with argument set `chosen`.

        The writer acts before the handler's lock number `at`, counted from 0, or before the handler begins, with the
        read cache left as it was before (`"stale"`). Raises EndlessRun.
        """
        self.plant(document)
        asked = 0

        def hook(_path: str) -> None:
            nonlocal asked
            asked += 1
            if writer is not None and asked - 1 == at:
                self.write(writer)

        cached: AbstractContextManager[None] = nullcontext()
        if at == "stale" and writer is not None:
            self.api.load_session_store(self.path)
            self.write(writer)
            cached = reference_store.stale_cache()
        with cached, reference_store.lock_hook(hook), _Limited():
            value, error, given = self._call(file, handler, chosen)
        return Run(self.document(), value, error, asked, given, tuple(ticks.printed), self._replay_differs())

    def _replay_differs(self) -> bool:
        return True

    def _finish(self, waiting: Coroutine[Any, Any, Any], needs_loop: bool) -> Any:
        loop = _event_loop()
        try:
            return loop.run_until_complete(waiting)
        except EndlessRun:
            # The task may still be pending, and would go on in the next run.
            _event_loop.cache_clear()
            loop.close()
            raise

    def _call(self, file: HandlerFile, handler: Handler, chosen: str) -> tuple[Any, Exception | None, Any]:
        ticks.restart()
        module = ModuleType("judged_handler")
        scope = vars(module)
        scope["__builtins__"] = self.builtins
        sys.modules["judged_handler"] = module
        given: dict[str, Any] = {}
        try:
            exec(file.code, scope)
            given = scenes.arguments(handler.parameters, chosen, self.path, self.api)
            value = scope[handler.name](**given)
            if inspect.iscoroutine(value):
                value = self._finish(value, file.needs_loop)
            return value, None, given
        except Exception as error:
            # The frames hold the whole run, and only the kind of the error is compared.
            return None, error.with_traceback(None), given
        finally:
            del sys.modules["judged_handler"]


class ModelStage(Stage):
    """The store in memory."""

    api = model_store
    path = "model/sessions.json"

    def __init__(self) -> None:
        self._written: dict[tuple[Writer, str], str] = {}

    def plant(self, document: str) -> None:
        """Makes `document` the store."""
        model_store.memory.plant(self.path, document)

    def document(self) -> str:
        """Returns the store as it now is."""
        return model_store.memory.texts[self.path]

    def write(self, writer: Writer) -> None:
        """Lets the foreign writer act now, or repeats what it once made of the same document."""
        texts = model_store.memory.texts
        before = texts[self.path]
        if (writer, before) not in self._written:
            with reference_store.foreign_writer():
                model_store.update_session_store(self.path, writer.apply)
            self._written[writer, before] = texts[self.path]
        texts[self.path] = self._written[writer, before]

    def _replay_differs(self) -> bool:
        return model_store.memory.replay_differs

    def _finish(self, waiting: Coroutine[Any, Any, Any], needs_loop: bool) -> Any:
        if needs_loop:
            return super()._finish(waiting, needs_loop)
        # Nothing in the model waits for another task, so most coroutines need no loop, which costs more than they do.
        try:
            while True:
                waiting.send(None)
        except StopIteration as end:
            return end.value


class ReferenceStage(Stage):
    """The real store, in a folder of its own that is gone afterwards."""

    api = reference_store

    def __enter__(self) -> Stage:
        self._folder = tempfile.TemporaryDirectory()
        self.path = str(Path(os.path.realpath(self._folder.name)) / "sessions.json")
        self._fsync = os.environ.get(FSYNC_VARIABLE)
        os.environ[FSYNC_VARIABLE] = "0"
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._fsync is None:
            del os.environ[FSYNC_VARIABLE]
        else:
            os.environ[FSYNC_VARIABLE] = self._fsync
        self._folder.cleanup()

    def plant(self, document: str) -> None:
        """Makes `document` the store."""
        Path(self.path).write_text(document)
        cache.forget_all()

    def document(self) -> str:
        """Returns the store as it now is."""
        return Path(self.path).read_text()

    def write(self, writer: Writer) -> None:
        """Lets the foreign writer act now."""
        with reference_store.foreign_writer():
            reference_store.update_session_store(self.path, writer.apply)


def open_stage(backend: BackendName) -> Stage:
    """Returns a stage, to be entered, over the store of that name."""
    return ReferenceStage() if backend == "reference" else ModelStage()


@functools.cache
def _event_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise EndlessRun(f"no end within {LIMIT_SECONDS:g} s")


class _Limited:
    """Raises EndlessRun in a block that takes too long, again and again: a bare `except` may swallow it once."""

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS, 0.05)

    def __exit__(self, *_error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
