"""Which small faults in `lint_rmw/flow/` no fixture notices: `python -m benchmarks.mutation --sample 600 --seed 1`.

Each mutant is run in a child of its own, against the expectations that reach its function, until one is not met.
"""

from __future__ import annotations

import argparse
import inspect
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from itertools import product
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

import lint_rmw.flow
from benchmarks.mutants import Mutant, mutants
from tests import (
    test_fix_unasked,
    test_fixtures,
    test_flow,
    test_libraries,
    test_limits,
    test_provenance,
    test_reasons,
)

FLOW = Path(lint_rmw.flow.__file__).parent
_NAMES = (
    "findings_are",
    "steps_are",
    "finding_begins",
    "left_alone",
    "names_hold",
    "textbook",
    "of_ones_own",
    "given_the_reason",
    "reasons_are_said",
    "is_named",
)
_MODULES = (
    test_flow,
    test_libraries,
    test_limits,
    test_fixtures,
    test_reasons,
    test_fix_unasked,
    test_provenance,
)
_MOST_MEMORY = 3 << 30


@dataclass
class Check:
    """One expectation, the functions it reaches and the seconds it takes."""

    name: str
    run: Callable[[], object]
    reached: set[tuple[str, str]] = field(default_factory=set)
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 if a mutant survived."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=600, help="how many mutants are run (default 600)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default 1)")
    parser.add_argument(
        "--limit", type=int, default=60, help="seconds until one counts as hanging (default 60)"
    )
    parser.add_argument("--only", default="", help="only those whose line of the report holds this text")
    chosen = parser.parse_args(arguments)
    checks = list(_checks())
    for check in checks:
        _measure(check)
    found = [each for path in sorted(FLOW.glob("*.py")) for each in mutants(path.stem, path.read_text())]
    found = [each for each in found if chosen.only in str(each)]
    picked = random.Random(chosen.seed).sample(found, min(chosen.sample, len(found)))
    ends: Counter[str] = Counter()
    for mutant in picked:
        reaching = [each for each in checks if (mutant.module, mutant.function) in each.reached]
        end = _end_of(mutant, sorted(reaching, key=lambda each: each.seconds), chosen.limit)
        ends[end] += 1
        if end == "survived":
            print(mutant, flush=True)
    total = sum(ends.values())
    told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    print(f"{total} of {len(found)} mutants: {told}; {1 - ends['survived'] / max(total, 1):.1%} killed")
    return 1 if ends["survived"] else 0


def _checks() -> Iterator[Check]:
    """The expectations of the fixtures, the libraries, the limits and the reasons, each with its parameters."""
    for module in _MODULES:
        for name, test in vars(module).items():
            wanted = module in (test_limits, test_provenance) or any(each in name for each in _NAMES)
            if name.startswith("test_") and wanted and isinstance(test, FunctionType):
                yield from _with_parameters(name, test)


def _with_parameters(name: str, test: FunctionType) -> Iterator[Check]:
    choices = [_choices(*mark.args) for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for picked in product(*choices):
        given = {key: value for each in picked for key, value in each.items()}
        yield Check(f"{name}{list(given.values()) or ''}", partial(test, **given))


def _choices(names: str | Sequence[str], values: Iterable[object]) -> list[dict[str, object]]:
    """What one mark gives the parameters of a test, case by case."""
    listed = [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)
    return [
        dict(zip(listed, value if len(listed) > 1 else (value,), strict=True))  # type: ignore[call-overload]
        for value in values
    ]


def _measure(check: Check) -> None:
    """Runs a check on what is not mutated, which it must accept, and notes which functions it reaches."""
    test_fixtures.findings_in.cache_clear()
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    start = time.process_time()
    sys.setprofile(note)
    try:
        check.run()
    finally:
        sys.setprofile(None)
    check.seconds = time.process_time() - start
    for code in seen:
        path = Path(code.co_filename)
        if path.parent == FLOW:
            check.reached.add((path.stem, code.co_qualname.partition(".<locals>")[0]))


def _end_of(mutant: Mutant, checks: list[Check], limit: int) -> str:
    """How a mutant ended; one that no check reaches has survived."""
    if not checks:
        return "survived"
    child = os.fork()
    if child == 0:
        os._exit(_notice(mutant, checks, limit))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "hanging" if os.WTERMSIG(status) == signal.SIGALRM else "killed"
    return "killed" if os.WEXITSTATUS(status) else "survived"


def _notice(mutant: Mutant, checks: list[Check], limit: int) -> int:
    """Runs in the child; 1 if a check notices the mutant."""
    signal.alarm(limit)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    test_fixtures.findings_in.cache_clear()
    try:
        # A fault that takes away the last use of an outer variable does not fit the function: Python refuses it.
        _original(import_module(f"lint_rmw.flow.{mutant.module}"), mutant.function).__code__ = mutant.code()
        for check in checks:
            check.run()
    except BaseException:
        return 1
    return 0


def _original(module: ModuleType, name: str) -> FunctionType:
    """The function of that name, out of the property or other wrapper it may stand in."""
    owner: object = module
    for part in name.split("."):
        owner = vars(owner)[part]
    for wrapped in ("fget", "__func__", "func"):
        owner = getattr(owner, wrapped, owner)
    found = inspect.unwrap(owner)  # type: ignore[arg-type]
    assert isinstance(found, FunctionType)
    return found


if __name__ == "__main__":
    sys.exit(main())
