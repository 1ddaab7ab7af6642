"""One truth behind every door: the same findings by command line, flake8 and pre-commit, on every file there is here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors import REPOSITORY, STALE, commit, hooks, lint_rmw, process, write
from tests.flake8_door import CASES, environment, flake8, registered

CONFIGURATION = """
[tool.lint-rmw]
exclude = ["generated/", "*_pb2.py"]
[tool.lint-rmw.per-file-ignores]
"cases/muted.py" = ["RMW1"]
[tool.lint-rmw.store.settings]
section = ["update_settings(path=STORE, mutate=BODY(FRESH), ...)"]
read = ["load_settings(path=STORE)"]
"""
OWN_STORE = """
def rename(path, name):
    settings = load_settings(path)
    update_settings(path, lambda fresh: fresh.update({"names": settings["names"] + [name]}))
"""
HEADLINE = re.compile(r"(?P<told>.+?:\d+:\d+: [A-Z]+\d+ .+) \[(?:high|medium|low)\]")
# One process for them all: it takes longer to start flake8 than to judge a file.
ONE_BY_ONE = """
import io, sys
from pathlib import Path
from flake8 import utils
from flake8.main.application import Application
for name in sys.argv[1:]:
    utils.stdin_get_value.cache_clear()
    sys.stdin = io.TextIOWrapper(io.BytesIO(Path(name).read_bytes()))
    Application().run(["--select", "RMW,E9", "--stdin-display-name", name, "-"])
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from in which our plugin is registered."""
    return registered(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fixture and every odd case, a store of the user's and what the configuration leaves out, under git."""
    folder = tmp_path_factory.mktemp("corpus")
    shutil.copytree(
        REPOSITORY / "fixtures", folder / "fixtures", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("cases", "generated", "with space é"):
        (folder / name).mkdir()
    for name, text in CASES.items():
        (folder / "cases" / f"{name}.py").write_bytes(text.encode())
    write(folder / "cases", muted=STALE, schema_pb2=STALE, own=OWN_STORE)
    write(folder / "generated", model=STALE)
    write(folder / "with space é", 日本=STALE)
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / ".pre-commit-config.yaml").write_text(hooks())
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def expected(corpus: Path) -> list[str]:
    """What the command line finds, in the words of flake8, sorted."""
    document = json.loads(process("check", "--format", "json", "-j", "1", cwd=corpus).out)
    assert document["errors"] == []
    found = sorted(
        f"{f['path']}:{f['start']['line']}:{f['start']['column']}: {f['code']} {f['message']}"
        for f in document["findings"]
    )
    assert len(found) > 100
    files = {line.partition(":")[0] for line in found}
    assert {"cases/own.py", "cases/wide.py", "with space é/日本.py"} <= files
    assert not files & {"cases/muted.py", "cases/schema_pb2.py", "generated/model.py"}
    return found


def headlines(text: str) -> list[str]:
    """The findings of a text report without their confidence, sorted."""
    return sorted(match["told"] for line in text.splitlines() if (match := HEADLINE.fullmatch(line)))


def python_files(corpus: Path) -> list[str]:
    """Every file of the corpus, as a name relative to it."""
    return sorted(path.relative_to(corpus).as_posix() for path in corpus.rglob("*.py"))


def test_the_command_line_says_the_same_with_two_processes(corpus: Path, expected: list[str]) -> None:
    assert headlines(process("check", "-j", "2", cwd=corpus).out) == expected


def test_the_command_line_says_the_same_of_files_it_is_handed(corpus: Path, expected: list[str]) -> None:
    named = process("check", "--force-exclude", *python_files(corpus), cwd=corpus)
    assert headlines(named.out) == expected


def test_the_command_line_says_the_same_of_standard_input(corpus: Path, expected: list[str]) -> None:
    found = []
    for name in python_files(corpus):
        done = lint_rmw(
            "check",
            "--force-exclude",
            "--stdin-filename",
            name,
            "-",
            cwd=corpus,
            stdin=(corpus / name).read_bytes(),
        )
        found += headlines(done.out)
    assert sorted(found) == expected


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_flake8_says_the_same(site: Path, corpus: Path, expected: list[str], jobs: str) -> None:
    found = flake8(site, corpus, "-j", jobs, ".")
    assert sorted(line.removeprefix("./") for line in found) == expected


def test_flake8_says_the_same_of_standard_input(site: Path, corpus: Path, expected: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, *python_files(corpus)],
        cwd=corpus,
        capture_output=True,
        encoding="utf-8",
        env=environment(site),
    )
    assert done.stderr == ""
    assert sorted(done.stdout.splitlines()) == expected


def test_pre_commit_says_the_same(corpus: Path, expected: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "lint-rmw", "--all-files", "--color", "never"],
        cwd=corpus,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path), "PYTHONUTF8": "1"},
    )
    assert done.returncode == 1
    assert headlines(done.stdout) == expected
