"""The findings a project has chosen to live with: one line each in a file that git can merge; only new ones are shown."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lint_rmw.atomic import replace_file
from lint_rmw.files import read_bytes
from lint_rmw.finding import Finding, Suppression

_VERSION = 1
_CONFLICT = b"<<<<<<< "


class BaselineError(Exception):
    """A baseline that cannot be read or written; the message is one line."""


@dataclass(frozen=True, order=True)
class Entry:
    """One finding to live with; `path` is relative to the folder of the baseline, with `/`."""

    path: str
    code: str
    fingerprint: str


@dataclass(frozen=True)
class Compared:
    """Findings against a baseline.

    `new` are to be shown, `known` are hidden by an entry, `stale` are entries without their finding, and `moved` are
    pairs of an entry and the path where its finding stands now.
    """

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[Entry, ...]
    moved: tuple[tuple[Entry, str], ...]


def compare(
    findings: Sequence[Finding],
    entries: Collection[Entry],
    baseline: Path,
    *,
    judged: Collection[str],
    codes: Collection[str],
) -> Compared:
    """Matches each finding with at most one entry, and each entry with at most one finding.

    `judged` are the paths, as in findings, that this run read; `codes` the rules it applied: an entry of another file
    or rule is not stale, and a finding in a new file takes over an entry only when the entry's own finding is gone.
    """
    folder = _folder(baseline)
    names = {path: _relative(path, folder) for path in {*judged, *(f.path for f in findings)}}
    in_scope = {names[path] for path in judged}
    left = set(entries)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        entry = Entry(names[finding.path], finding.code, finding.fingerprint)
        if entry in left:
            left.remove(entry)
            known.append(_known(finding))
        else:
            new.append(finding)
    gone = {e for e in left if e.path in in_scope or not (folder / e.path).exists()}
    orphans: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in sorted(gone, reverse=True):
        orphans[entry.code, entry.fingerprint].append(entry)
    moved: list[tuple[Entry, str]] = []
    truly_new: list[Finding] = []
    for finding in new:
        if waiting := orphans[finding.code, finding.fingerprint]:
            entry = waiting.pop()
            gone.remove(entry)
            moved.append((entry, finding.path))
            known.append(_known(finding))
        else:
            truly_new.append(replace(finding, baseline=finding.baseline or "new"))
    return Compared(
        tuple(truly_new),
        tuple(sorted(known, key=Finding.sort_key)),
        tuple(sorted(e for e in gone if e.code in codes)),
        tuple(moved),
    )


def read(baseline: Path) -> frozenset[Entry]:
    """The entries of a baseline file; raises `BaselineError`."""
    try:
        data = read_bytes(baseline)
        if data.startswith(_CONFLICT) or b"\n" + _CONFLICT in data:
            raise BaselineError(
                f"{baseline}: holds a merge conflict: keep the entries of both sides, or record it again"
            )
        document = json.loads(data)
    except OSError as error:
        raise BaselineError(f"{baseline}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{baseline}: is not valid JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise BaselineError(f"{baseline}: is not a baseline: expected an object with a list of findings")
    if document.get("version") != _VERSION:
        raise BaselineError(f"{baseline}: is of version {document.get('version')!r}, expected {_VERSION}")
    return frozenset(_entry(item, baseline) for item in document["findings"] if item is not None)


def write(
    baseline: Path, findings: Iterable[Finding], *, judged: Collection[str], codes: Collection[str]
) -> int:
    """Writes the findings of a run, keeping the entries of files and rules it did not look at.

    Returns the number of entries written; raises `BaselineError`.
    """
    folder = _folder(baseline)
    entries = {Entry(_relative(f.path, folder), f.code, f.fingerprint) for f in findings}
    # A device is written to only: it may have no end.
    if baseline.is_file():
        in_scope = {_relative(path, folder) for path in judged}
        entries |= {
            e
            for e in read(baseline)
            if (e.path not in in_scope and (folder / e.path).exists()) or e.code not in codes
        }
    _replace(baseline, render(entries))
    return len(entries)


def render(entries: Iterable[Entry]) -> str:
    """The text of a baseline: sorted, one entry a line, every one of them ended by a comma so that git can merge them."""
    lines = [
        json.dumps({"path": e.path, "code": e.code, "fingerprint": e.fingerprint}, ensure_ascii=False) + ","
        for e in sorted(entries)
    ]
    return "\n".join([f'{{"version": {_VERSION}, "findings": [', *lines, "null]}", ""])


def _folder(baseline: Path) -> Path:
    """What the paths of a baseline are relative to; a pipe (`<(git show …)`) has no place of its own."""
    return baseline.absolute().parent if baseline.is_file() or not baseline.exists() else Path.cwd()


def _entry(item: object, baseline: Path) -> Entry:
    if isinstance(item, dict):
        values = [item.get(key) for key in ("path", "code", "fingerprint")]
        if all(isinstance(value, str) for value in values):
            return Entry(*map(str, values))
    raise BaselineError(f"{baseline}: is not a baseline: {item!r} is no entry")


def _known(finding: Finding) -> Finding:
    return replace(finding, baseline="unchanged", suppression=Suppression("baseline"))


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")


def _replace(baseline: Path, text: str) -> None:
    try:
        replace_file(baseline, text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise BaselineError(f"{baseline}: cannot be written: {error.strerror or error}") from None
