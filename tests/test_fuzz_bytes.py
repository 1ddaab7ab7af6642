"""The run over real files counts what it says, and finds nothing."""

from __future__ import annotations

import email
import json
from pathlib import Path

import pytest

from tests.fuzz_bytes import judged, main, spliced


def test_a_handler_among_real_code_is_all_that_changes(capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(Path(str(module.__file__)).parent) for module in (json, email)]
    assert main(["--count", "40", "--seed", "1", *folders]) == 0
    assert "bytes outside       40 of 40 the same" in capsys.readouterr().out


def test_most_of_the_files_are_fixed() -> None:
    outcomes = [judged(*each[1:]) for each in spliced([Path(json.__file__).parent], 20, 2)]
    assert outcomes.count("fixed") >= 15


def test_a_change_elsewhere_would_be_told() -> None:
    (_, data, low, _), *_ = spliced([Path(json.__file__).parent], 1, 3)
    assert judged(data, low, len(data) - low) == "a byte outside the handler changed"
