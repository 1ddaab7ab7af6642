"""The measures of the linter are counted as their names say."""

from __future__ import annotations

import pytest

from lint_rmw.finding import Confidence, Safety
from tests.evaluate import main, run, summary
from tests.generator import generate
from tests.oracle import judge
from tests.trial import Report, Trial

HIGH = Report("RMW101", Confidence.HIGH, 9, Safety.SAFE)
MEDIUM = Report("RMW104", Confidence.MEDIUM, 3, None)
BLIND = Report("RMW105", Confidence.MEDIUM, 9, Safety.UNSAFE)


def trial(seed: int, *breaking: str, reports: tuple[Report, ...] = (), guard: str = "none") -> Trial:
    return Trial(seed, {"family": "grid", "guard": guard}, frozenset(breaking), (9,), reports)


TRIALS = [
    trial(1, "other-field", reports=(HIGH,)),
    trial(2, "same-field", reports=(MEDIUM,)),
    trial(3, "same-field", guard="stale-inside-same"),
    trial(4, "other-field", reports=(BLIND,)),
    trial(5, "delete", reports=(HIGH,)),
    trial(6, "recreate"),
    trial(7),
    trial(8, reports=(HIGH, MEDIUM)),
    trial(9, reports=(BLIND,)),
]


@pytest.mark.parametrize(
    "line",
    [
        "programs            9: 4 wrong, 3 right, 2 broken only by delete, recreate or clear",
        "precision, high     0.5000 (1 of 2)",
        "precision, default  0.5000 (2 of 4)",
        "recall              0.5000 (2 of 4)",
        "  of data           0.6667 (2 of 3)",
        "  of stale tests    0.0000 (0 of 1)",
        "right line          0.5000 (1 of 2)",
        "only delete         0.5000 (1 of 2) reported",
        "findings            RMW101 3, RMW104 2",
        "not races           RMW105 2",
        "missed: 2",
        "false alarms: 1",
        "on another line: 1",
        "    guard=stale-inside-same                        1 of 1",
    ],
)
def test_a_summary_counts_programs(line: str) -> None:
    assert line in summary(TRIALS).splitlines()


def test_rewrites_flips_and_fixes_have_their_own_lines() -> None:
    variant = Trial(
        1,
        {"family": "grid"},
        frozenset({"other-field"}),
        (9,),
        (HIGH,),
        rewritten=(("walrus", True), ("renamed", False)),
        flipped=(("root-fresh", True),),
        fixes=(("safe", "still broken"),),
    )
    lines = summary([variant]).splitlines()
    assert "same after rewrite  0.5000 (1 of 2)" in lines
    assert "right after flip    1.0000 (1 of 1)" in lines
    assert "safe fixes right    0.0000 (0 of 1)" in lines
    assert "high, safely fixed  1.0000 (1 of 1)" in lines
    assert "high, fixed at all  1.0000 (1 of 1)" in lines
    assert "rewrites judged otherwise: 1" in lines
    assert "wrong safe fixes: 1" in lines


def test_what_is_not_fixed_safely_is_counted_by_its_reason() -> None:
    refused = ("line 7 awaits", "line 7 awaits")
    reports = (
        Report("RMW101", Confidence.HIGH, 9, Safety.UNSAFE, ("print() at line 3 runs inside",)),
        Report("RMW101", Confidence.HIGH, 9, Safety.MANUAL, refused),
        Report("RMW103", Confidence.HIGH, 9, Safety.MANUAL, ("line 12 awaits",)),
        HIGH,
    )
    fixed = Trial(1, {"family": "grid"}, frozenset({"other-field"}), (9,), reports, fixes=(("safe", None),))
    lines = summary([fixed]).splitlines()
    assert "high, safely fixed  0.2500 (1 of 4)" in lines
    assert "high, fixed at all  0.5000 (2 of 4)" in lines
    assert "       2  manual: line _ awaits" in lines
    assert "       1  unsafe: _ at line _ runs inside" in lines


def test_a_run_tries_every_seed_in_its_order() -> None:
    trials = run(range(40, 46), jobs=2)
    assert [each.seed for each in trials] == list(range(40, 46))
    assert [each.breaking for each in trials] == [
        judge(generate(seed).source).breaking for seed in range(40, 46)
    ]


def test_a_program_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show", "42"]) == 0
    shown = capsys.readouterr().out
    assert generate(42).source.splitlines()[-1] in shown
    assert "broken by: " in shown
