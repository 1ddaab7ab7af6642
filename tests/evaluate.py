"""Measures the linter on generated programs against what execution says of them: `python -m tests.evaluate`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from lint_rmw.finding import Confidence, Safety
from tests.generator import generate
from tests.oracle import judge
from tests.trial import RACES, Report, Trial, findings_in, tried

SEEDS_LISTED = 20
ROWS_LISTED = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 if the linter crashed or a safe fix is wrong, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many programs (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--fixes", action="store_true", help="apply the fixes and prove them")
    parser.add_argument(
        "--variants-every",
        type=int,
        default=10,
        metavar="N",
        help="rewrite and flip every Nth program (0: none)",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument(
        "--show", type=int, metavar="SEED", help="print one program, its verdict and its findings"
    )
    chosen = parser.parse_args(arguments)
    if chosen.show is not None:
        print(shown(chosen.show))
        return 0
    seeds = range(chosen.seed, chosen.seed + chosen.count)
    trials = run(seeds, jobs=chosen.jobs, fixes=chosen.fixes, variants_every=chosen.variants_every)
    print(summary(trials))
    broken = any(
        trial.errors or any(kind == "safe" and flaw for kind, flaw in trial.fixes) for trial in trials
    )
    return int(broken)


def run(seeds: Iterable[int], *, jobs: int = 1, fixes: bool = False, variants_every: int = 0) -> list[Trial]:
    """Returns the trials of the seeds in their order."""
    work = partial(_one, fixes=fixes, variants_every=variants_every)
    if jobs == 1:
        return [work(seed) for seed in seeds]
    with multiprocessing.Pool(jobs) as pool:
        return sorted(pool.imap_unordered(work, seeds, chunksize=20), key=lambda trial: trial.seed)


def _one(seed: int, *, fixes: bool, variants_every: int) -> Trial:
    return tried(seed, variants=bool(variants_every) and seed % variants_every == 0, fixes=fixes)


def share(part: int, whole: int) -> str:
    """Returns `part` of `whole` as text."""
    return f"{part / whole:.4f} ({part} of {whole})" if whole else "- (0 of 0)"


def summary(trials: Sequence[Trial]) -> str:
    """Returns all measures, the tables by axis, and the seeds to look at."""
    wrong = [trial for trial in trials if trial.wrong]
    clean = [trial for trial in trials if trial.severity is None]
    late = [trial for trial in trials if trial.severity == "S3"]
    missed = [trial for trial in wrong if not trial.reported]
    alarms = [trial for trial in clean if trial.reported]
    found = [trial for trial in wrong if trial.reported]
    placed = [t for t in found if any(report.line in t.write_lines for report in t.races())]
    astray = [t for t in found if t not in placed]
    unlike = [t for t in trials if not all(same for _, same in t.rewritten)]
    unflipped = [t for t in trials if not all(right for _, right in t.flipped)]
    unfit = {
        kind: [t for t in trials if any(flaw for each, flaw in t.fixes if each == kind)]
        for kind in ("safe", "unsafe")
    }
    crashed = [t for t in trials if t.errors]
    lines = [
        f"programs            {len(trials)}: {len(wrong)} wrong, {len(clean)} right, {len(late)} broken only by delete, recreate or clear",
        f"precision, high     {_precision(trials, Confidence.HIGH)}",
        f"precision, default  {_precision(trials, Confidence.MEDIUM)}",
        f"recall              {share(len(found), len(wrong))}",
        f"  of data           {share(sum(not t.by_control for t in found), sum(not t.by_control for t in wrong))}",
        f"  of stale tests    {share(sum(t.by_control for t in found), sum(t.by_control for t in wrong))}",
        f"right line          {share(len(placed), len(found))}",
        f"only delete         {share(sum(t.reported for t in late), len(late))} reported",
        *_rewrite_lines(trials),
        *_fix_lines(trials),
        *_other_codes(trials),
        *_seeds("crashed", crashed, lambda trial: trial.errors[0]),
        *_seeds("missed", missed, lambda trial: _axes(trial)),
        *_seeds("false alarms", alarms, lambda trial: " ".join(sorted({r.code for r in trial.races()}))),
        *_seeds("on another line", astray, lambda trial: f"wrote at {trial.write_lines}"),
        *_seeds(
            "rewrites judged otherwise", unlike, lambda t: ", ".join(n for n, same in t.rewritten if not same)
        ),
        *_seeds("flips misjudged", unflipped, lambda t: ", ".join(n for n, right in t.flipped if not right)),
        *(
            line
            for kind, unfitting in unfit.items()
            for line in _seeds(f"wrong {kind} fixes", unfitting, partial(_flaw, kind=kind))
        ),
        *_table("missed", wrong, missed),
        *_table("false alarms", clean, alarms),
    ]
    return "\n".join(lines)


def _flaw(trial: Trial, kind: str) -> str:
    return next(flaw for each, flaw in trial.fixes if flaw and each == kind)[:160]


def _precision(trials: Sequence[Trial], least: Confidence) -> str:
    true = sum(len(trial.races(least)) for trial in trials if trial.wrong)
    false = sum(len(trial.races(least)) for trial in trials if trial.severity is None)
    return share(true, true + false)


def _rewrite_lines(trials: Sequence[Trial]) -> list[str]:
    kinds: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for trial in trials:
        for name, same in (*trial.rewritten, *((f"flip: {name}", right) for name, right in trial.flipped)):
            kinds[name] += 1
            agreed[name] += same
    rewrites = [name for name in kinds if not name.startswith("flip: ")]
    if not rewrites:
        return []
    flips = [name for name in kinds if name.startswith("flip: ")]
    total = share(sum(agreed[name] for name in rewrites), sum(kinds[name] for name in rewrites))
    right = share(sum(agreed[name] for name in flips), sum(kinds[name] for name in flips))
    lines = [f"same after rewrite  {total}", f"right after flip    {right}"]
    return [*lines, *(f"    {name:<20} {share(agreed[name], kinds[name])}" for name in sorted(kinds))]


def _fix_lines(trials: Sequence[Trial]) -> list[str]:
    lines: list[str] = []
    for kind in ("safe", "unsafe"):
        flaws = [flaw for trial in trials for each, flaw in trial.fixes if each == kind]
        if flaws:
            lines.append(f"{kind + ' fixes right':<19} {share(flaws.count(None), len(flaws))}")
    sure = [r for trial in trials if trial.wrong for r in trial.races(Confidence.HIGH)]
    if any(trial.fixes for trial in trials):
        safe = sum(report.safety is Safety.SAFE for report in sure)
        fixed = sum(report.safety in (Safety.SAFE, Safety.UNSAFE) for report in sure)
        lines.append(f"high, safely fixed  {share(safe, len(sure))}")
        lines.append(f"high, fixed at all  {share(fixed, len(sure))}")
        lines += _reason_lines(sure)
    return lines


def _reason_lines(reports: Iterable[Report]) -> list[str]:
    """How often each reason stands between a finding and a safe fix, line numbers and names aside."""
    counts: Counter[str] = Counter()
    for report in reports:
        if report.safety is not Safety.SAFE:
            counts.update({f"{report.safety}: {_NAMES.sub('_', reason)}" for reason in report.reasons})
    return [
        f"    {number:>4}  {reason}" for reason, number in sorted(counts.items(), key=lambda c: (-c[1], c[0]))
    ]


_NAMES = re.compile(r"'[^']*'|(?<=line )\d+|\b[\w.]+\(\)")


def _other_codes(trials: Sequence[Trial]) -> list[str]:
    codes = Counter(report.code for trial in trials for report in trial.reports)
    races = ", ".join(f"{code} {codes[code]}" for code in sorted(codes) if code in RACES)
    others = ", ".join(f"{code} {codes[code]}" for code in sorted(codes) if code not in RACES)
    return [f"findings            {races or 'none'}", f"not races           {others or 'none'}"]


def _axes(trial: Trial) -> str:
    shown = ("family", "recipe", "root", "place", "read", "builder", "section", "capture", "write", "guard")
    return " ".join(
        value
        for name, value in trial.axes.items()
        if name in shown or name.startswith(f"{trial.axes['family']}.")
    )


def _seeds(title: str, trials: Sequence[Trial], note: Callable[[Trial], str]) -> list[str]:
    if not trials:
        return []
    listed = [f"    {trial.seed}  {trial.severity or '-'}  {note(trial)}" for trial in trials[:SEEDS_LISTED]]
    return ["", f"{title}: {len(trials)}", *listed]


def _table(title: str, all_trials: Sequence[Trial], failed: Sequence[Trial]) -> list[str]:
    if not failed:
        return []
    total = Counter(pair for trial in all_trials for pair in trial.axes.items())
    bad = Counter(pair for trial in failed for pair in trial.axes.items())
    ranked = sorted(bad, key=lambda pair: (-bad[pair] / total[pair], -bad[pair], pair))
    rows = [
        f"    {axis + '=' + value:<42} {bad[axis, value]:>5} of {total[axis, value]}"
        for axis, value in ranked
    ]
    return ["", f"{title} by axis, worst first", *rows[:ROWS_LISTED]]


def shown(seed: int) -> str:
    """Returns one program with line numbers, what the judge found, and what the linter says."""
    program = generate(seed)
    verdict = judge(program.source)
    lines = [f"{number:>4}  {line}" for number, line in enumerate(program.source.splitlines(), 1)]
    lines += ["", f"axes: {program.axes}", f"writes at: {program.write_lines}"]
    lines.append(f"broken by: {', '.join(sorted(verdict.breaking)) or 'nobody'} ({verdict.severity})")
    if verdict.witness:
        lines.append(verdict.witness.story())
    for finding in findings_in(program.source, fixes=True):
        place = f"{finding.line}:{finding.span.start.column}"
        lines.append(f"{place} {finding.code} {finding.message} [{finding.confidence.value}]")
        lines += [f"    {step.span.start.line}: {step.kind.value}: {step.message}" for step in finding.steps]
        if finding.fix:
            lines.append(
                f"    fix: {finding.fix.safety.value}, {finding.fix.title} {'; '.join(finding.fix.reasons)}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
