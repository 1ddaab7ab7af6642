"""What the linter costs where there is nothing to find: against parsing the files, and as a plugin of flake8.

`python -m benchmarks.screen [FOLDER]` prints ratios with their bars, and exits 1 if one is missed by more than noise.
"""

from __future__ import annotations

import argparse
import ast
import resource
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.pairs import Measure, ratio
from lint_rmw.inspection import worth_reading
from lint_rmw.lint import Options

# Eight searches for a word cost a fortieth of `ast.parse`; a read from the cache is no yardstick, for it is the
# machine's memory that is measured.
SCREEN_BAR = 0.025
FLAKE8_BAR = 1.05
# Of so many files one is parsed.
_PARSED = 5

_ROOT = Path(__file__).resolve().parent.parent
# An installed copy of the plugin would be there in both runs; only a named one is.
_FLAKE8 = """
import importlib.metadata as metadata, sys
found = metadata.distributions
metadata.distributions = lambda **kinds: (d for d in found(**kinds) if d.metadata["Name"] not in ("lint-rmw", "lint_rmw"))
from flake8.main.cli import main
sys.exit(main())
"""
_PLUGIN = """[flake8]
select = F
[flake8:local-plugins]
extension =
    RMW = lint_rmw.flake8_plugin:Plugin
paths = {root}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--rounds", type=int, default=5, help="pairs of which the median counts (default 5)")
    parser.add_argument(
        "--megabytes", type=float, default=1.0, help="how much flake8 gets to check (default 1)"
    )
    chosen = parser.parse_args(arguments)
    options = Options()
    every = sorted(p for p in chosen.folder.rglob("*.py") if "site-packages" not in p.parts and p.is_file())
    files = [path for path in every if not worth_reading(path.read_bytes(), options)]
    if not files:
        parser.error(f"no file of {chosen.folder} is free of the words of a store")
    print(f"{len(files)} of {len(every)} files name no store")

    texts = [path.read_bytes() for path in files[::_PARSED]]

    def screen() -> None:
        for text in texts:
            worth_reading(text, options)

    measures = [
        Measure("screen / ast.parse", ratio([(screen, partial(_parse, texts))], chosen.rounds), SCREEN_BAR),
        Measure(
            "flake8 with / without the plugin",
            _flake8(files, chosen.megabytes, chosen.rounds),
            FLAKE8_BAR,
            # Two runs of a second or two differ by that much; a fifth would hide the whole cost of the plugin.
            noise=0.04,
        ),
    ]
    for measure in measures:
        print(measure.text())
    return int(any(measure.missed for measure in measures))


def _parse(texts: Sequence[bytes]) -> None:
    for text in texts:
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue


def _flake8(files: Sequence[Path], megabytes: float, rounds: int) -> float:
    """CPU of flake8 with the plugin to that without, over an even sample of the files."""
    total = sum(path.stat().st_size for path in files) / 1e6
    sample = files[:: max(1, round(total / megabytes))]
    with tempfile.TemporaryDirectory() as folder:
        plain, plugged = Path(folder, "plain.cfg"), Path(folder, "plugged.cfg")
        plain.write_text("[flake8]\nselect = F\n")
        plugged.write_text(_PLUGIN.format(root=_ROOT).replace("select = F", "select = F,RMW"))
        _cpu(plugged, sample)
        found = []
        for _ in range(rounds):
            found.append(_cpu(plugged, sample) / _cpu(plain, sample))
        return median(found)


def _cpu(config: Path, files: Sequence[Path]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", _FLAKE8, "-j1", "--config", str(config), *map(str, files)]
    done = subprocess.run(command, cwd=config.parent, capture_output=True, text=True)
    if done.stderr:
        raise RuntimeError(f"flake8 failed: {done.stderr.strip().splitlines()[-1]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
