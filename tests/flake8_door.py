"""Runs flake8 with our plugin in it, and holds files of every kind that a door may read in its own way."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests.doors import FRESH, REPOSITORY, STALE, STALE_LINE, above, marked


def registered(folder: Path) -> Path:
    """Makes our plugin known to whoever imports from `folder`, unless the package is installed anyway."""
    if metadata.entry_points(group="flake8.extension", name="RMW"):
        return folder
    info = folder / "lint_rmw_in_place-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lint-rmw-in-place\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[flake8.extension]\nRMW = lint_rmw.flake8_plugin:Plugin\n")
    return folder


def environment(site: Path) -> dict[str, str]:
    """The environment of a process that is to find the plugin."""
    return {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{REPOSITORY}", "PYTHONUTF8": "1"}


def flake8(site: Path, cwd: Path, *arguments: str, stdin: str | None = None) -> list[str]:
    """What flake8 prints with our plugin."""
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--select", "RMW,E9", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(site),
    )
    assert (done.stderr, done.returncode in (0, 1)) == ("", True), done
    return done.stdout.splitlines()


CASES = {
    "stale": STALE,
    "fresh": FRESH,
    "noqa": marked(STALE, STALE_LINE, "# noqa: RMW101"),
    "blanket": marked(STALE, STALE_LINE, "# noqa"),
    "other_noqa": marked(STALE, STALE_LINE, "# noqa: E501"),
    "ignored": marked(STALE, STALE_LINE, '# rmw: ignore[RMW101] reason="x"'),
    "unused": above(FRESH, "def rename(path, key, label):", "# rmw: ignore[RMW101]"),
    "unused_noqa": marked(FRESH, "def rename(path, key, label):", "# noqa: RMW101"),
    "expired": marked(STALE, STALE_LINE, "# rmw: ignore[RMW101] until=2001-01-01"),
    "malformed": marked(STALE, STALE_LINE, "# rmw: ignore RMW101"),
    "no_store": "x = 1  # rmw: ignore[RMW101]\n",
    "skipped": "# flake8: noqa\n" + STALE,
    "wide": STALE.replace(STALE_LINE, f'        "é日本"; {STALE_LINE.strip()}'),
    "joined": STALE.replace("= next_entry", '= {**next_entry, "x": """\n"""}  # noqa: RMW101'),
    "bom": "\ufeff" + STALE,
    "dos": STALE.replace("\n", "\r\n"),
    "tabs": STALE.replace("    ", "\t"),
    "form_feed": STALE.replace("\n\ndef", "\n\x0c\ndef"),
    "empty": "",
    "much": "".join(STALE.replace("rename", f"rename{n}") for n in range(5)),
}
