"""Generated programs run, are of every kind, and keep or change their verdict as their rewrites and flips promise."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

import pytest

from tests.generator import Program, flips, generate, rewrites
from tests.generator.absences import ABSENCES, MISSES
from tests.generator.plan import ASYNC_READS, BUILDERS, DECLINES, GUARDS, READS, ROOTS, TURNS
from tests.generator.recipes import RECIPES
from tests.generator.rewrites import rewrite_names
from tests.generator.scenarios import SCENARIOS
from tests.generator.sections import CAPTURES, EXPRESSIONS, MIXED, RETURNED, SECTIONS, WRITES
from tests.oracle import Verdict, judge

SEEDS = range(300)
PROGRAMS = [generate(seed) for seed in range(4000)]


@cache
def judged(seed: int) -> Verdict:
    return judge(generate(seed).source)


def test_a_seed_is_a_program() -> None:
    assert generate(7) == generate(7)
    assert len({program.source for program in PROGRAMS[:500]}) > 480


def test_every_program_compiles_and_says_where_it_writes() -> None:
    for program in PROGRAMS:
        compile(program.source, f"seed {program.seed}", "exec")
        lines = program.source.splitlines()
        assert program.write_line in program.write_lines, program.seed
        assert all(lines[number - 1].strip() for number in program.write_lines)
        assert "#@" not in program.source


def test_undisturbed_runs_do_not_crash() -> None:
    crashed = {
        seed: error
        for seed in SEEDS
        for handler in judged(seed).handlers.values()
        for error in handler.errors
        if error[0] in ("rich", "sparse")
    }
    assert not crashed


def test_right_and_wrong_programs_are_common() -> None:
    found = Counter(judged(seed).severity for seed in SEEDS)
    assert found["S1"] > 50
    assert found["S2"] > 25
    assert found[None] > 90


@pytest.mark.parametrize(
    ("axis", "choices"),
    [
        ("read", (*READS, *ASYNC_READS)),
        ("root", (*ROOTS, "request")),
        ("builder", BUILDERS),
        ("guard", GUARDS),
        ("section", SECTIONS),
        ("capture", (*CAPTURES, "inline")),
        ("recipe", tuple(RECIPES)),
        ("write", {*sum(WRITES.values(), ()), *sum(EXPRESSIONS.values(), ()), *MIXED}),
        ("write", ("returned", *(f"returned-{form}" for form in RETURNED))),
        ("absent", (*ABSENCES, *MISSES)),
        ("declines", DECLINES),
        ("turns", TURNS),
        ("family", (*SCENARIOS, "grid")),
    ],
)
def test_every_choice_is_made(axis: str, choices: tuple[str, ...]) -> None:
    made = {program.axes.get(axis) for program in PROGRAMS}
    assert set(choices) - made == set()


def assigned_from_reads(program: Program) -> bool:
    return "load_session" in program.source


def test_wrong_programs_read_and_right_ones_often_do() -> None:
    wrong = [seed for seed in SEEDS if judged(seed).severity in ("S1", "S2")]
    right = [seed for seed in SEEDS if judged(seed).severity is None]
    # What leaks out of an earlier section was read there, by no reader.
    unread = {generate(seed).axes["family"] for seed in wrong if not assigned_from_reads(generate(seed))}
    assert unread <= {"leaked", "counted_twice", "given_entry"}
    assert sum(assigned_from_reads(generate(seed)) for seed in right) > len(right) / 3


@pytest.mark.parametrize("seed", range(0, 40))
def test_rewrites_keep_the_verdict_and_the_undisturbed_runs(seed: int) -> None:
    versions = rewrites(generate(seed).source)
    before = judged(seed)
    # Two a program: each rewrite meets many programs, and the whole stays quick.
    for name, text in [versions[seed % len(versions)], versions[(seed * 7 + 3) % len(versions)]]:
        after = judge(text)
        assert after.breaking == before.breaking, name
        assert [each.errors for each in after.handlers.values()] == [
            each.errors for each in before.handlers.values()
        ], name


def test_every_rewrite_finds_something_to_do() -> None:
    done = {name for seed in range(80) for name, _ in rewrites(PROGRAMS[seed].source)}
    assert done == set(rewrite_names())


def test_rewrites_of_every_program_compile() -> None:
    for program in PROGRAMS[::20]:
        for name, text in rewrites(program.source):
            compile(text, f"seed {program.seed}, {name}", "exec")


def test_flips_change_the_verdict() -> None:
    changed: Counter[tuple[str, bool]] = Counter()
    for seed in range(60):
        for name, text in flips(generate(seed)):
            ast.parse(text)
            before = judged(seed).severity in ("S1", "S2")
            assert (judge(text).severity in ("S1", "S2")) is not before, (seed, name)
            changed[name, before] += 1
    assert {name for name, _ in changed} == {"root-fresh", "read-inside", "request-only", "root-stale"}
