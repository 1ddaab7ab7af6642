"""The command `check`: judge, pass the gates, report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from lint_rmw.cli_options import (
    BROKEN,
    CLEAN,
    FOUND,
    Failure,
    OneOf,
    choices,
    color_wanted,
    complain,
    complain_of,
    epilog,
    say,
    selection,
    sources,
    write_report,
)
from lint_rmw.cli_review import Review, Wanted
from lint_rmw.finding import Outcome
from lint_rmw.report import FORMATS

_EPILOG = epilog(
    ("lint-rmw check", "everything below this folder"),
    ("lint-rmw check --diff-base origin/main", "only what this branch made worse"),
    ("lint-rmw check --staged", "only what a commit would worsen"),
    ("lint-rmw check --write-baseline known.json", "record what is there, then:"),
    ("lint-rmw check --baseline known.json", "only what is not recorded"),
    ("lint-rmw check --format sarif", "a report for code scanning"),
)


@click.command(epilog=_EPILOG)
@sources
@click.option("--format", "form", type=OneOf(list(FORMATS)), default="text", help="How to report.")
@click.option("--output", metavar="FILE", help="Write the report to FILE instead of standard output.")
@selection
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are findings (never hides exit 2).")
@click.option("-j", "--jobs", type=click.IntRange(1), help="Processes to use (default: by number of files).")
@click.option(
    "--diff-base", metavar="REF", help="Report only what is new or touched since the merge base with REF."
)
@click.option("--diff-file", metavar="FILE", help="Report only what is new or touched by this unified diff.")
@click.option("--staged", is_flag=True, help="Judge what is staged in git, against HEAD or --diff-base.")
@click.option("--baseline", metavar="FILE", help="Do not report the findings recorded in FILE.")
@click.option("--write-baseline", metavar="FILE", help="Record the findings in FILE and exit.")
@click.option("--strict-baseline", is_flag=True, help="Exit 1 if the baseline has entries without a finding.")
@click.option(
    "--add-suppressions",
    metavar="REASON",
    help="Write a `# rmw: ignore[…]` with this reason at each finding.",
)
def check(
    paths: tuple[str, ...],
    stdin_filename: str | None,
    force_exclude: bool,
    form: str,
    output: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    min_confidence: str | None,
    statistics: bool,
    exit_zero: bool,
    jobs: int | None,
    add_suppressions: str | None,
    **gates: Any,
) -> int:
    """Report stale read-modify-write in PATHS.

    PATHS are files or folders (default: the working directory), or `-` for standard input. Folders are walked as git
    would, with `exclude` of the configuration; files that are named are always read, unless --force-exclude is given.
    """
    if add_suppressions is not None and gates["write_baseline"] is not None:
        raise click.UsageError("--add-suppressions and --write-baseline exclude each other.")
    for name, given in (("add-suppressions", add_suppressions), ("write-baseline", gates["write_baseline"])):
        if given is not None and output is not None:
            raise click.UsageError(f"--{name} makes no report, so there is none for --output.")
    wanted = Wanted(paths, stdin_filename, force_exclude, jobs, **gates)
    review = Review(wanted, choices(select, ignore, min_confidence))
    if add_suppressions is not None:
        review.add_suppressions(add_suppressions)
    elif review.baseline_written is None:
        _report(review.outcome, form, output)
    for line in review.notes:
        complain(line)
    if statistics:
        _count(review.outcome, to_stdout=form == "text" and output is None)
    if review.outcome.errors:
        return BROKEN
    if (review.outcome.findings and not exit_zero and not review.settled) or review.strictly_stale:
        return FOUND
    return CLEAN


def _report(outcome: Outcome, form: str, output: str | None) -> None:
    if form == "text" and output is None and color_wanted():
        from lint_rmw.reports.text import render

        text = render(outcome, color=True)
    else:
        text = FORMATS[form](outcome)
    write_report(text, output, utf8=form != "text")
    if form != "text" or output is not None:
        complain_of(outcome.errors)
    if form == "github":
        _summarise(outcome)


def _summarise(outcome: Outcome) -> None:
    """GitHub shows ten annotations of each kind at most; the job's summary has the totals."""
    from lint_rmw.reports.github import job_summary

    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(job_summary(outcome))
        except OSError as error:
            raise Failure(f"the job summary cannot be written: {error.strerror or error}") from None


def _count(outcome: Outcome, *, to_stdout: bool) -> None:
    counts = Counter((finding.code, finding.name) for finding in outcome.findings)
    lines = [f"{number:6}  {code}  {name}" for (code, name), number in sorted(counts.items())]
    for line in lines:
        if to_stdout:
            say(f"{line}\n")
        else:
            complain(line)
