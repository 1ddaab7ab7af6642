"""CPU of everything the linter does with a file against `libcst.parse_module` of the same text: `python -m benchmarks.cost`.

Prints ratios with their bars, and exits 1 if one is missed by more than noise.
"""

from __future__ import annotations

import argparse
import random
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import libcst as cst

from benchmarks.handlers import (
    FORMS,
    HANDLER,
    IMPORTS,
    fixture_handlers,
    generated_handlers,
    joined,
    repeated,
)
from benchmarks.pairs import Measure, ratio
from lint_rmw.finding import Outcome
from lint_rmw.inspection import inspect
from lint_rmw.lint import Options
from lint_rmw.reports.text import render

CANDIDATES_BAR = 3.0
SPLICED_BAR = 0.5
GROWTH_BAR = 1.0
SMALLEST, LARGEST = 4_000, 120_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="pairs of which the median counts (default 7)")
    parser.add_argument("--files", type=int, default=40, help="package files to splice into (default 40)")
    parser.add_argument("--packages", type=Path, default=Path(sysconfig.get_path("purelib")))
    chosen = parser.parse_args(arguments)
    measures: list[Measure] = []

    def measured(measure: Measure) -> None:
        measures.append(measure)
        print(measure.text(), flush=True)

    for name, texts in (
        ("every fixture in one file", [joined(fixture_handlers())]),
        ("100 generated handlers in one file", [joined(generated_handlers(100))]),
        ("100 generated handlers, a file each", generated_handlers(100)),
    ):
        measured(Measure(f"lint / parse, {name}", against_parse(texts, chosen.rounds), CANDIDATES_BAR))
    spliced = [
        text + "\n\n" + IMPORTS + HANDLER.format(number=0) for text in texts_of(chosen.packages, chosen.files)
    ]
    if not spliced:
        parser.error(f"no package files in {chosen.packages}")
    measured(
        Measure(
            f"lint / parse, {len(spliced)} package files with one handler each",
            against_parse(spliced, chosen.rounds),
            SPLICED_BAR,
        )
    )
    for form in FORMS:
        measured(
            Measure(
                f"CPU a handler, 100 to 10 in a file, {form}",
                growth(form, 10, 100, chosen.rounds),
                GROWTH_BAR,
            )
        )
        measured(
            Measure(
                f"CPU a handler, 100 to 1 in a file, {form}", growth(form, 1, 100, chosen.rounds), GROWTH_BAR
            )
        )
    return int(any(measure.missed for measure in measures))


def report_on(text: str) -> str:
    """Everything: screen, decode, parse, analysis, fingerprints, and the report for people."""
    judged = inspect(text.encode(), "handlers.py", Options())
    return render(Outcome("0", judged.findings, files=1, lines={judged.path: judged.lines}))


def against_parse(texts: Iterable[str], rounds: int) -> float:
    """CPU of linting the texts, to that of parsing them with LibCST."""
    return ratio([(partial(report_on, text), partial(cst.parse_module, text)) for text in texts], rounds)


def growth(form: str, few: int, many: int, rounds: int) -> float:
    """CPU a handler in a file of `many`, to that in files of `few`; 1 is linear growth."""
    small, large = repeated(form, few), repeated(form, many)

    def often() -> None:
        for _ in range(many // few):
            report_on(small)

    once: Callable[[], object] = partial(report_on, large)
    return ratio([(once, often)], rounds)


def texts_of(folder: Path, count: int) -> list[str]:
    """The same sample, in every run, of files that LibCST can parse and that are neither tiny nor data."""
    files = sorted(folder.glob("*/**/*.py"))
    random.Random(1).shuffle(files)
    texts: list[str] = []
    for path in files:
        if len(texts) == count:
            break
        if not SMALLEST <= path.stat().st_size <= LARGEST or "lint_rmw" in path.parts:
            continue
        try:
            text = path.read_text("utf-8")
            cst.parse_module(text)
        except (UnicodeDecodeError, cst.ParserSyntaxError, RecursionError):
            continue
        texts.append(text)
    return texts


if __name__ == "__main__":
    raise SystemExit(main())
