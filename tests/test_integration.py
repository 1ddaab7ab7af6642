"""The files by which pre-commit and GitHub run us: valid by their own schemas, and the hooks at work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors import FRESH, MANIFEST, REPOSITORY, STALE, commit, git, hooks, write

ACTION = REPOSITORY / "action.yml"


def run(module: str, *arguments: str, cwd: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Runs a tool of the test environment with a cache of its own."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PRE_COMMIT_HOME": str(cache), "PYTHONPATH": str(REPOSITORY)},
    )


def test_pre_commit_accepts_the_manifest(tmp_path: Path) -> None:
    done = run("pre_commit", "validate-manifest", str(MANIFEST), cwd=tmp_path, cache=tmp_path / "cache")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("schema", "file"), [("vendor.github-actions", ACTION)], ids=["action"])
def test_the_action_fits_its_schema(tmp_path: Path, schema: str, file: Path) -> None:
    done = run("check_jsonschema", "--builtin-schema", schema, str(file), cwd=tmp_path, cache=tmp_path)
    assert done.returncode == 0, done.stdout


def test_each_input_of_the_action_is_used() -> None:
    text = ACTION.read_text("utf-8")
    inputs = text[text.index("inputs:") : text.index("runs:")]
    names = [
        line.strip().rstrip(":")
        for line in inputs.splitlines()[1:]
        if line.startswith("  ") and line[2] != " "
    ]
    assert len(names) >= 6
    assert all(f"${{{{ inputs.{name} }}}}" in text for name in names)


def test_the_shell_of_the_action_parses(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    blocks = [b for b in ACTION.read_text("utf-8").split("      run: |\n")[1:]]
    assert len(blocks) == 2
    for block in blocks:
        lines = [line for line in block.splitlines() if line.startswith("        ") or not line]
        done = subprocess.run([bash, "-n"], input="\n".join(lines), text=True, capture_output=True)
        assert done.stderr == ""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A repository that runs our hooks, taken from the manifest, with this very code."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / ".pre-commit-config.yaml").write_text(hooks())
    write(scratch, fresh=FRESH)
    commit(scratch)
    return scratch


def test_the_hook_stops_a_commit_with_a_finding(scratch: Path, tmp_path: Path) -> None:
    write(scratch, stale=STALE)
    (scratch / "words.txt").write_text(STALE)
    git(scratch, "add", "-A")
    done = run("pre_commit", "run", "lint-rmw", cwd=scratch, cache=tmp_path / "cache")
    assert done.returncode == 1
    assert "stale.py:11:22: RMW101" in done.stdout and "1 finding in 1 file" in done.stdout


def test_the_hook_lets_a_clean_commit_pass(scratch: Path, tmp_path: Path) -> None:
    for hook in ("lint-rmw", "lint-rmw-fix"):
        done = run("pre_commit", "run", hook, "--all-files", cwd=scratch, cache=tmp_path / "cache")
        assert (done.returncode, "Passed" in done.stdout) == (0, True), done.stdout
