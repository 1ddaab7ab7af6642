"""One file repaired: its proposed fixes made, those of hidden findings never, until nothing more can be fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lint_rmw.finding import Finding, Safety
from lint_rmw.fingerprint import stamp, stem
from lint_rmw.inspection import judge, worth_reading
from lint_rmw.lint import Options
from lint_rmw.source import Source, SourceError

_MOST_ROUNDS = 100


@dataclass(frozen=True)
class Repaired:
    """`source` is the file afterwards, `fixed` the findings that are gone, `remaining` and `hidden` those still there."""

    source: Source
    fixed: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    hidden: tuple[Finding, ...]


def repair(data: bytes, shown: str, options: Options, *, unsafe: bool) -> Repaired:
    """Makes the safe fixes, and with `unsafe` the others too; raises `SourceError`.

    A fix that leaves its finding, brings a new one or breaks the syntax is taken back.
    """
    if not worth_reading(data, options):
        return Repaired(Source(shown, ""), (), (), ())
    source = Source.from_bytes(data, shown)
    shown_now, hidden = _judged(source, options)
    fixed: list[Finding] = []
    refused: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        ready = [f for f in shown_now if f.fingerprint not in refused and _may_fix(f, unsafe)]
        if not ready:
            break
        for batch in _batches(ready):
            after = _made(source, batch)
            if after is None:
                continue
            judged = _after(after, options)
            if judged is not None and _better(shown_now, judged[0], batch):
                source, (shown_now, hidden) = after, judged
                fixed += batch
                break
        else:
            refused.update(f.fingerprint for f in ready[:1])
    return Repaired(source, tuple(fixed), shown_now, hidden)


def _may_fix(finding: Finding, unsafe: bool) -> bool:
    fix = finding.fix
    return fix is not None and bool(fix.edits) and (fix.safety is Safety.SAFE or unsafe)


def _batches(ready: Sequence[Finding]) -> Iterator[Sequence[Finding]]:
    """All fixes at once, and if that does not work out the first alone."""
    yield ready
    if len(ready) > 1:
        yield ready[:1]


def _made(source: Source, batch: Sequence[Finding]) -> Source | None:
    edits = [edit for finding in batch if finding.fix for edit in finding.fix.edits]
    try:
        text = source.apply(edits)
        made = Source(source.path, text, source.encoding, source.bom)
        _ = made.data, made.tree
    except (ValueError, SourceError):
        return None
    return made


def _judged(source: Source, options: Options) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    found = judge(source, options, noqa=True, propose_fixes=True)
    return stamp(source, found.shown), stamp(source, found.hidden)


def _after(source: Source, options: Options) -> tuple[tuple[Finding, ...], tuple[Finding, ...]] | None:
    try:
        return _judged(source, options)
    except SourceError:
        return None


def _better(before: Sequence[Finding], after: Sequence[Finding], batch: Sequence[Finding]) -> bool:
    """Whether as many findings are gone as were to go, and no rule finds more than it did."""
    then, now = Counter(f.code for f in before), Counter(f.code for f in after)
    if any(now[code] > then[code] for code in now):
        return False
    gone = Counter(stem(f.fingerprint) for f in before) - Counter(stem(f.fingerprint) for f in after)
    return all(gone[name] >= number for name, number in Counter(stem(f.fingerprint) for f in batch).items())
