"""The files by which pre-commit and GitHub run us: valid by their own schemas, and the hooks at work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

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


def example_of(word: str) -> str:
    """The only block of YAML in the README that holds a word."""
    text = (REPOSITORY / "README.md").read_text("utf-8")
    (block,) = [b for b in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if word in b]
    assert isinstance(block, str)
    return block


@pytest.mark.parametrize(
    ("word", "schema"),
    [("actions/checkout", "vendor.github-workflows"), ("codequality:", "vendor.gitlab-ci")],
    ids=["GitHub", "GitLab"],
)
def test_what_the_readme_says_to_write_fits_the_schema_of_its_reader(
    tmp_path: Path, word: str, schema: str
) -> None:
    (tmp_path / "example.yml").write_text(example_of(word))
    arguments = ["--builtin-schema", schema]
    if "gitlab" in schema:
        arguments += ["--data-transform", "gitlab-ci"]
    done = run("check_jsonschema", *arguments, "example.yml", cwd=tmp_path, cache=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_readme_names_hooks_and_inputs_that_exist() -> None:
    assert "- id: lint-rmw\n" in example_of("hooks:") and "- id: lint-rmw\n" in MANIFEST.read_text("utf-8")
    (name,) = re.findall(r"with:\n +(\S+): origin/", example_of("actions/checkout"))
    assert f"\n  {name}:\n" in ACTION.read_text("utf-8")


def test_the_shell_of_the_example_for_gitlab_runs(tmp_path: Path) -> None:
    """The gate of the example, on a repository that was fetched as it says."""
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    write(upstream, old=STALE)
    commit(upstream)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(upstream), str(clone))
    git(clone, "checkout", "-q", "-b", "topic")
    write(clone, new=STALE)
    commit(clone)
    script = [
        line.strip()[2:] for line in example_of("codequality:").splitlines() if line.startswith("    - ")
    ]
    commands = [line for line in script if line.startswith(("git ", "lint-rmw "))]
    assert len(commands) == 2
    shell = "set -e\n" + "\n".join(commands).replace("lint-rmw", f"{sys.executable} -m lint_rmw", 1)
    done = subprocess.run(
        ["bash", "-c", shell],
        cwd=clone,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        },
    )
    assert done.returncode == 1, done.stderr
    report = json.loads((clone / "gl-code-quality.json").read_text())
    assert [row["location"]["path"] for row in report] == ["new.py"]


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


def test_the_check_of_the_action_reports_twice_and_ends_with_its_exit_code(tmp_path: Path) -> None:
    block = ACTION.read_text("utf-8").split("      run: |\n")[2]
    command = tmp_path / "temp" / "lint-rmw" / "bin" / "lint-rmw"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m lint_rmw "$@"\n')
    command.chmod(0o755)
    work = tmp_path / "work"
    (work / "with space").mkdir(parents=True)
    write(work, old=STALE)
    base = commit(work)
    write(work / "with space", new=STALE)
    write(work, other=STALE, broken="def (:  # update_session_store\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "LINT_RMW_DIFF_BASE": base,
        "LINT_RMW_BASELINE": "",
        "LINT_RMW_FORMAT": "github",
        "LINT_RMW_SARIF": "report.sarif",
    }
    for paths, code, found in (
        ("with space\nold.py\n", 1, ["with space/new.py"]),
        ("old.py", 0, []),
        ("broken.py\nother.py", 2, ["other.py"]),
    ):
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", textwrap.dedent(block)],
            cwd=work,
            capture_output=True,
            text=True,
            env={**environment, "LINT_RMW_PATHS": paths},
        )
        assert done.returncode == code, done
        assert re.findall(r"^::error file=(.*?),line", done.stdout, re.MULTILINE) == found
        shown = [r for r in _results(work / "report.sarif") if not r["suppressions"]]
        assert len(shown) == len(found)
    assert "new.py" in (tmp_path / "summary.md").read_text()


def _results(file: Path) -> list[dict[str, Any]]:
    (only,) = json.loads(file.read_text())["runs"]
    results = only["results"]
    assert isinstance(results, list)
    return results


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
