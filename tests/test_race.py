"""Many processes at once: the vulnerable handlers lose updates, the fixed one loses none, killed writers harm nobody."""

from __future__ import annotations

import pytest

from fixtures.session_store import race
from fixtures.session_store.crash import Toll, crash
from fixtures.session_store.race import Tally


@pytest.mark.parametrize("form", ["whole", "patch"])
def test_a_vulnerable_handler_loses_updates(form: str) -> None:
    tally = race.race(form, seconds=1.0)
    assert tally.turns > 0
    assert 0 < tally.lost <= tally.patches


def test_the_fixed_handler_loses_none() -> None:
    tally = race.race("fixed", seconds=1.5)
    assert min(tally.turns, tally.patches) > 10
    assert tally.lost == 0


def test_killed_writers_leave_a_whole_store_with_every_acknowledged_update() -> None:
    toll = crash(25)
    assert (toll.kills, toll.lost) == (25, 0)
    assert toll.acknowledged >= 25


@pytest.mark.parametrize(("lost_by_fixed", "lost_to_kills", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_the_command_fails_only_for_what_should_not_be_lost(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lost_by_fixed: int,
    lost_to_kills: int,
    code: int,
) -> None:
    def tally(form: str, **options: float) -> Tally:
        return Tally(form, turns=5, patches=7, lost=lost_by_fixed if form == "fixed" else 3)

    monkeypatch.setattr(race, "race", tally)
    monkeypatch.setattr(race, "crash", lambda kills: Toll(kills, 9, lost_to_kills))
    assert race.main(["--kill", "4"]) == code
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["form", "turns", "patches", "lost"],
        ["whole", "5", "7", "3"],
    ]
    assert lines[-1] == f"4 writers killed, 9 updates acknowledged, {lost_to_kills} lost"
