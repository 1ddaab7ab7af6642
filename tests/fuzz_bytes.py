"""Splices a handler into real files, in every line ending and encoding, and fixes it: `python -m tests.fuzz_bytes --count 2000`.

Every byte before and behind the handler must be the same afterwards, and so must the comments; the second run changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import io
import random
import sys
import sysconfig
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from lint_rmw.lint import apply_fixes
from lint_rmw.source import Source, SourceError
from tests.test_fix_bytes import HANDLERS, VARIANTS

LARGEST = 40_000
FLAWS_LISTED = 20
FIRST, LAST = "# -- here begins the handler", "# -- here it ends"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 if a fix touched what is not its own, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_bytes", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="how many files (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="where chance begins (default 0)")
    parser.add_argument("folders", nargs="*", type=Path, help="real code (default: the standard library)")
    chosen = parser.parse_args(arguments)
    folders = chosen.folders or [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    outcomes: Counter[str] = Counter()
    flaws: list[str] = []
    for name, data, low, high in spliced(folders, chosen.count, chosen.seed):
        outcome = judged(data, low, high)
        outcomes[outcome] += 1
        if outcome not in ("fixed", "left alone"):
            flaws.append(f"    {name}: {outcome}")
    total = sum(outcomes.values())
    print(f"files               {total}: {outcomes['fixed']} fixed, {outcomes['left alone']} left alone")
    print(f"bytes outside       {total - len(flaws)} of {total} the same")
    print(*flaws[:FLAWS_LISTED], sep="\n", end="\n" if flaws else "")
    return int(bool(flaws))


def spliced(folders: Sequence[Path], count: int, seed: int) -> Iterator[tuple[str, bytes, int, int]]:
    """Returns files with a handler among their code: a name, the bytes, and how many stand before and behind it."""
    pick = random.Random(seed)
    paths = sorted(path for folder in folders for path in folder.rglob("*.py") if path.is_file())
    made = 0
    while made < count:
        path = pick.choice(paths)
        text = _text(path)
        if text is None:
            continue
        lines = text.splitlines(keepends=True)
        body = ast.parse(text).body
        places = [0] if not body else [node.end_lineno or 0 for node in body]
        # Not before an import from the future, nor amid statements that share a line.
        at = pick.choice([p for p in places if p >= _header(body)] or [len(lines)])
        before, behind = "".join(lines[:at]), "".join(lines[at:])
        if before and not before.endswith("\n"):
            before += "\n"
        handler = pick.choice(HANDLERS)
        variant = pick.choice(sorted(VARIANTS))
        try:
            data = VARIANTS[variant](f"{before}\n\n{FIRST}\n{handler}\n\n{LAST}\n{behind}")
            compile(data, str(path), "exec", dont_inherit=True)
        except (UnicodeEncodeError, SyntaxError, ValueError):
            continue
        made += 1
        low, high = data.index(FIRST.encode()), data.index(LAST.encode())
        yield f"{path.name} as {variant}", data, low, len(data) - high


def _text(path: Path) -> str | None:
    """A file of a usable size without a word of its own on its encoding."""
    try:
        data = path.read_bytes()
        if len(data) > LARGEST or b"coding" in b"\n".join(data.split(b"\n")[:2]):
            return None
        text = data.decode().replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return None if "\\\n" in text and "\t" in text else text


def _header(body: list[ast.stmt]) -> int:
    return max(
        [n.end_lineno or 0 for n in body if isinstance(n, ast.ImportFrom) and n.module == "__future__"],
        default=0,
    )


def judged(data: bytes, low: int, high: int) -> str:
    """Fixes a file and returns `fixed`, `left alone`, or what is wrong; outside are the first and the last bytes."""
    try:
        source = Source.from_bytes(data, "handler.py")
    except SourceError:
        return "left alone"
    outcome = apply_fixes(source)
    if not outcome.fixed:
        return "left alone" if outcome.text == source.text else "changed without a fix"
    fixed = source.encode(outcome.text)
    if fixed[:low] != data[:low] or fixed[len(fixed) - high :] != data[len(data) - high :]:
        return "a byte outside the handler changed"
    try:
        compile(fixed, "handler.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"does not compile: {error}"
    if lost := _comments(source.text) - _comments(outcome.text):
        return f"lost {sorted(lost)[0]!r}"
    again = Source.from_bytes(fixed, "handler.py")
    if (again.encoding, again.bom) != (source.encoding, source.bom):
        return "another encoding"
    return "fixed" if apply_fixes(again).text == outcome.text else "a second run changes it again"


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


if __name__ == "__main__":
    sys.exit(main())
