"""The commands that judge no files: what a rule means, what is in force, what is known, what stands in the way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from lint_rmw import silence
from lint_rmw.cli_options import (
    CLEAN,
    FOUND,
    Failure,
    choices,
    color_wanted,
    epilog,
    say,
    selection,
)
from lint_rmw.config import Config, Configs, resolve
from lint_rmw.files import read_bytes, shown, shown_or_raw
from lint_rmw.inspection import known_rules, options_for
from lint_rmw.source import Source, SourceError
from lint_rmw.store import StoreProfile

_PLACE = re.compile(r"(?P<file>.+):(?P<line>[0-9]+)", re.DOTALL)


def _complete_rule(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    words = (word for rule in known_rules() for word in (rule.code, rule.name))
    return [word for word in words if word.startswith(typed)]


@click.command(short_help="Print the documentation of a rule.")
@click.argument("rule", metavar="RULE", shell_complete=_complete_rule)
def explain(rule: str) -> int:
    """Print the documentation of RULE, a code (RMW101) or a name (stale-entry-overwrite)."""
    code = resolve(rule, known_rules(), "explain")
    found = next((r for r in known_rules() if r.code == code), None)
    if found is None:
        starting = ", ".join(r.code for r in known_rules() if r.code.startswith(code))
        raise Failure(f"{rule} is not one rule but the beginning of {starting}")
    text = f"# {found.code} {found.name}\n\n{found.docs.strip()}\n"
    if not color_wanted():
        say(text)
        return CLEAN
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
    return CLEAN


@click.command()
def rules() -> int:
    """List the rules: code, name, severity, what each finds."""
    width = max(len(rule.name) for rule in known_rules())
    for rule in known_rules():
        off = " (off by default)" if rule.opt_in else ""
        say(f"{rule.code}  {rule.name:{width}}  {rule.severity.value:7}  {rule.summary}{off}\n")
    return CLEAN


@click.command()
def stores() -> int:
    """List the stores known here: their updaters, locks and readers."""
    for profile in Configs(known_rules()).nearest(Path.cwd()).profiles:
        say("".join(f"{line}\n" for line in _described(profile)))
    return CLEAN


def _described(profile: StoreProfile) -> Iterator[str]:
    yield profile.name
    for key in ("section", "read", "fresh", "save", "write"):
        for pattern in getattr(profile, key):
            yield f"  {key:8} {pattern.text}"


@click.command(short_help="Print what is in force, and where it was set.")
@click.argument("path", default=".", metavar="[PATH]", type=click.Path(readable=False))
@selection
def config(
    path: str,
    select: Sequence[str],
    ignore: Sequence[str],
    min_confidence: str | None,
) -> int:
    """Print what is in force for PATH (default: the working directory), and where each value came from."""
    place = Path(path)
    if not path:
        raise click.UsageError("the path is empty.")
    if not os.path.lexists(place):
        raise Failure(f"{shown_or_raw(place)} does not exist")
    folder = place if place.is_dir() else place.parent
    in_force = choices(select, ignore, min_confidence).config(folder)
    lines = [*_values(in_force)]
    width = max(len(line) for line, _ in lines)
    for line, origin in lines:
        say(f"{line:{width}}  # {origin}\n")
    applied = in_force.applied(place, known_rules())
    say(f"# rules applied: {', '.join(applied) or 'none'}\n")
    return CLEAN


def _values(config: Config) -> Iterator[tuple[str, str]]:
    """Each key as TOML would spell it, with its origin."""
    selected = list(config.select) if config.select is not None else ["RMW"]
    yield f"select = {_toml(selected)}", config.origin("select")
    yield f"ignore = {_toml(config.ignore)}", config.origin("ignore")
    yield f"exclude = {_toml(config.exclude)}", config.origin("exclude")
    yield f"min-confidence = {_toml(config.min_confidence.value)}", config.origin("min-confidence")
    for glob, codes in config.per_file_ignores:
        yield f"per-file-ignores.{_toml(glob)} = {_toml(codes)}", config.origin("per-file-ignores")
    for profile in config.profiles:
        own = profile.name in config.own
        yield f"store.{profile.name}", config.origin("store" if own else "stores")


def _toml(value: str | Sequence[str]) -> str:
    import json

    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


@click.command(
    short_help="Say why nothing is reported at a line.",
    epilog=epilog(
        ("lint-rmw why src/agent.py:42", "the call of an updater, a write, or a line of its section")
    ),
)
@click.argument("place", metavar="FILE:LINE")
@selection
def why(
    place: str,
    select: Sequence[str],
    ignore: Sequence[str],
    min_confidence: str | None,
) -> int:
    """Say why nothing is reported at FILE:LINE, and which one fact would turn it into a finding."""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise click.UsageError(f"expected FILE:LINE, got {place!r}.")
    longer = _PLACE.fullmatch(match["file"])
    if longer is not None and not os.path.lexists(match["file"]):
        # The headline of a finding has a column, too.
        match = longer
    path, line = Path(match["file"]), int(match["line"])
    in_force = choices(select, ignore, min_confidence).config(path.parent)
    try:
        source = Source.from_bytes(read_bytes(path), shown(path))
        if not 1 <= line <= len(source.lines):
            raise Failure(f"{shown(path)} has no line {line}: it has {len(source.lines)}")
        reasons = silence.explain_silence(source, options_for(in_force, path), line)
    except (OSError, ValueError) as error:
        raise Failure(
            f"{match['file']}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    except SourceError as error:
        raise Failure(f"{shown(path)}: {error}") from None
    if in_force.leaves_out(path):
        where = in_force.origin("exclude")
        say(f"`exclude` of {where} leaves this file out when its folder is checked\n")
    say("".join(f"{reason}\n" for reason in reasons))
    return CLEAN


@click.command(short_help="Say what around this project keeps findings from being seen.")
def doctor() -> int:
    """Look at the tools around this project and say what keeps findings from being seen.

    Checks our own configuration, flake8's selection, ruff's list of foreign codes and the pre-commit hook. Exits 1 when
    something is wrong.
    """
    from lint_rmw.doctor import examine, project_around

    remarks = examine(project_around(Path.cwd()))
    for remark in remarks:
        say(f"{'ok' if remark.well else 'wrong'}: {remark.text}\n")
        if remark.remedy:
            say(f"    {remark.remedy}\n")
    return CLEAN if all(remark.well for remark in remarks) else FOUND
