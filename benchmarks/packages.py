"""Runs the linter over folders of real code, with its own profiles and broader ones, and prints a table.

`python -m benchmarks.packages FOLDER...` exits 1 on a crash, or on a file that takes longer than `--limit` CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.claims import PROFILES
from benchmarks.judging import Judge, Verdict
from lint_rmw.reports.story import story

SLOWEST = 10


@dataclass(frozen=True)
class Row:
    """One folder judged with one profile."""

    folder: Path
    profile: str
    verdicts: tuple[Verdict, ...]

    def text(self) -> str:
        """The line of the table."""
        seconds = [verdict.seconds for verdict in self.verdicts]
        return (
            f"{self.folder.name:<24} {self.profile:<9} {len(self.verdicts):>6}"
            f" {sum(verdict.size for verdict in self.verdicts) / 1e6:>7.2f}"
            f" {sum(seconds):>8.1f} {max(seconds, default=0.0):>8.2f}"
            f" {sum(len(verdict.findings) for verdict in self.verdicts):>9}"
            f" {sum(bool(verdict.error) and not verdict.crashed for verdict in self.verdicts):>9}"
            f" {sum(verdict.crashed for verdict in self.verdicts):>8}"
        )


HEADING = (
    f"{'folder':<24} {'profile':<9} {'files':>6} {'MB':>7} {'CPU s':>8} {'slowest':>8}"
    f" {'findings':>9} {'unjudged':>9} {'crashes':>8}"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 on a crash or a slow file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.packages", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--limit", type=float, default=10.0, help="CPU seconds a file may take (default 10)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument("--exclude", action="append", default=[], help="name of a folder to leave out")
    parser.add_argument(
        "--profile", action="append", choices=PROFILES, help="which stores to look for (default: all of them)"
    )
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="print N findings of each broader profile"
    )
    parser.add_argument("--seed", type=int, default=0, help="which N findings (default 0)")
    chosen = parser.parse_args(arguments)
    missing = [folder for folder in chosen.folders if not folder.is_dir()]
    if missing:
        parser.error(f"not a folder: {', '.join(map(str, missing))}")
    tasks = [(folder, profile) for folder in chosen.folders for profile in chosen.profile or PROFILES]
    rows = []
    print(HEADING, flush=True)
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for row in pool.map(partial(_row, frozenset(chosen.exclude)), *zip(*tasks, strict=True)):
            rows.append(row)
            print(row.text(), flush=True)
    bad = _troubles(rows, chosen.limit)
    _show(rows, chosen.show, chosen.seed)
    return int(bad)


def _row(excluded: frozenset[str], folder: Path, profile: str) -> Row:
    files = [path for path in sorted(folder.rglob("*.py")) if path.is_file()]
    chosen = [path for path in files if not excluded.intersection(path.relative_to(folder).parts)]
    with Judge(profile) as judge:
        return Row(folder, profile, tuple(map(judge.verdict, chosen)))


def _troubles(rows: Sequence[Row], limit: float) -> bool:
    every = [(row.profile, verdict) for row in rows for verdict in row.verdicts]
    print(f"\nThe {SLOWEST} slowest files:")
    for profile, verdict in sorted(every, key=lambda item: -item[1].seconds)[:SLOWEST]:
        print(f"{verdict.seconds:8.2f} s {verdict.size / 1000:8.0f} KB  {profile:<9} {verdict.path}")
    unjudged = Counter((v.error, v.path) for _, v in every if v.error and not v.crashed)
    print(f"\n{len(unjudged)} files could not be judged")
    for error, path in sorted(unjudged):
        print(f"  {path}: {error}")
    bad = [(profile, v) for profile, v in every if v.crashed or v.seconds > limit]
    for profile, verdict in bad:
        print(f"FAILED ({profile}) {verdict.path}: {verdict.error or f'{verdict.seconds:.1f} s of CPU'}")
    return bool(bad)


def _show(rows: Sequence[Row], count: int, seed: int) -> None:
    """All findings of the linter's own profiles, a sample of those of each other one."""
    for profile in PROFILES:
        found = [f for row in rows if row.profile == profile for v in row.verdicts for f in v.findings]
        chosen = found if profile == "session" else random.Random(seed).sample(found, min(count, len(found)))
        for finding in chosen:
            print(f"\n{profile}: {finding.path}:{finding.span.start.line}: {finding.code} {finding.message}")
            for line in story(finding):
                print(f"    {line}")


if __name__ == "__main__":
    raise SystemExit(main())
