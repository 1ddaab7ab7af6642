"""Runs every check of the project, one after the other: `python -m tests`; extra arguments go to pytest."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint_rmw", "check", "lint_rmw", "tests", "benchmarks"),
    ("pytest", "-n", "2"),
)


def main(arguments: list[str]) -> int:
    """Returns 0 if all checks passed; all of them run, whatever the others said."""
    failed = []
    for check in CHECKS:
        extra = arguments if check[0] == "pytest" else []
        command = [sys.executable, "-m", *check, *extra]
        print(f"$ python -m {' '.join([*check, *extra])}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode:
            failed.append(" ".join(check))
        print(f"  took {time.monotonic() - started:.0f} s", flush=True)
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
