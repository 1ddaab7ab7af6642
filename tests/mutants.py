"""Switches one barrier of the analysis off: a function is compiled again with one piece of its text replaced."""

from __future__ import annotations

import inspect
import sys
import textwrap
from importlib import import_module
from types import FunctionType

import pytest

_ANALYSIS = "lint_rmw.flow"


def switch_off(monkeypatch: pytest.MonkeyPatch, target: str, old: str, new: str) -> None:
    """Replaces `old` in the text of `module:function` or `module:Class.method`, for whoever uses that function.

    Fails where the text does not stand there exactly once: then the barrier has moved, and its test with it.
    """
    module_name, _, path = target.partition(":")
    owner: object = import_module(f"{_ANALYSIS}.{module_name}")
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    original = vars(owner)[name]
    assert isinstance(original, FunctionType)
    text = getattr(original, "text_of_mutant", "") or textwrap.dedent(inspect.getsource(original))
    assert text.count(old) == 1, f"{target} has {text.count(old)} times {old!r}"
    scope: dict[str, object] = {}
    mutated = text.replace(old, new)
    exec(f"from __future__ import annotations\n{mutated}", original.__globals__, scope)
    mutant = scope[name]
    vars(mutant)["text_of_mutant"] = mutated
    if classes:
        monkeypatch.setattr(owner, name, mutant)
        return
    for module in [each for key, each in sys.modules.items() if key.startswith(_ANALYSIS)]:
        for known, value in list(vars(module).items()):
            if value is original:
                monkeypatch.setattr(module, known, mutant)
            elif isinstance(value, dict):
                for key in [key for key, held in value.items() if held is original]:
                    monkeypatch.setitem(value, key, mutant)
