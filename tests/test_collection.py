"""The search for cycles rests while a file is analysed, and goes on as before behind it."""

from __future__ import annotations

import gc
from contextlib import nullcontext

import pytest

from lint_rmw.flow.facts import Facts
from lint_rmw.lint import lint
from lint_rmw.source import Source, SourceError


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_garbage_is_collected_as_before_once_a_file_is_done(
    monkeypatch: pytest.MonkeyPatch, fails: bool, enabled: bool
) -> None:
    seen: list[bool] = []

    def analysed(*_: object, **__: object) -> Facts:
        seen.append(gc.isenabled())
        if fails:
            raise SourceError("cannot be read")
        return Facts()

    monkeypatch.setattr("lint_rmw.flow.analysis.analyse", analysed)
    source = Source.from_text("update_session_store(path, mutator)\n", "handler.py")
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(SourceError) if fails else nullcontext():
            lint(source)
        after = gc.isenabled()
    finally:
        gc.enable()
    assert (seen, after) == ([False], enabled)
