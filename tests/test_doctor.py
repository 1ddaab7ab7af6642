"""What `doctor` finds in the tools around a project, and what it says to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rmw.doctor import examine
from tests.doors import commit, git, lint_rmw

RUFF_WELL = '[tool.ruff.lint]\nexternal = ["RMW"]\n'
HOOK = "repos:\n- repo: https://example.org/lint-rmw\n  rev: v1\n  hooks:\n  - id: lint-rmw\n"

WRONG = [
    ("pyproject.toml", "[tool.ruff]\n", 'add external = ["RMW"] to [tool.ruff.lint]'),
    ("pyproject.toml", '[tool.ruff.lint]\nexternal = ["XYZ"]\n', "RUF102 removes"),
    ("ruff.toml", "line-length = 100\n", 'add external = ["RMW"] to [lint]'),
    (".ruff.toml", "", "RUF102 removes"),
    (".flake8", "[flake8]\nselect = E,F\n", "`select` leaves out RMW"),
    ("setup.cfg", "[flake8]\nselect =\n    E,\n    F  # all\n", "`select` leaves out RMW"),
    ("tox.ini", "[flake8]\nignore = E501,RMW1\n", "`ignore` hides RMW1 in flake8, but not in lint-rmw"),
    (".flake8", "[flake8]\nextend-ignore = RMW\n", "`extend-ignore` hides RMW"),
    (".flake8", "[flake8]\nselect = RMW1010\n", "RMW1010 in `select` is no code flake8 accepts"),
    (".flake8", "[flake8]\ndisable-noqa = true\n", "`disable-noqa` makes flake8 report"),
    (".pre-commit-config.yaml", "repos: []\n", "has no hook `lint-rmw`"),
    (
        ".pre-commit-config.yaml",
        "repos:\n- hooks:\n  - id: ruff\n  - id: lint-rmw\n",
        "ruff runs without a configuration",
    ),
    ("pyproject.toml", "[tool.lint-rmw]\nselekt = []\n", "did you mean 'select'?"),
]


@pytest.mark.parametrize(("name", "text", "told"), WRONG, ids=[f"{name}: {told}" for name, _, told in WRONG])
def test_what_is_wrong_is_told_with_its_remedy(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    done = lint_rmw("doctor", cwd=tmp_path)
    assert done.code == 1
    wrong = [r for r in examine(tmp_path) if not r.well]
    assert any(told in f"{r.text}; {r.remedy}" for r in wrong)
    assert all(r.remedy for r in wrong)


WELL = [
    ("pyproject.toml", RUFF_WELL),
    ("pyproject.toml", "[project]\nname = 'x'\n"),
    ("ruff.toml", '[lint]\nexternal = ["R"]\n'),
    (".flake8", "[flake8]\nselect = E,RMW\n"),
    (".flake8", "[flake8]\nselect = E\nextend-select = RMW1\n"),
    (".flake8", "[flake8]\nignore = E501\nmax-line-length = 100\n"),
    (".flake8", "not a configuration file\n"),
    (".pre-commit-config.yaml", HOOK),
]


@pytest.mark.parametrize(("name", "text"), WELL, ids=[f"{name} {text!r}" for name, text in WELL])
def test_what_is_well_is_let_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    done = lint_rmw("doctor", cwd=tmp_path)
    assert (done.code, "wrong" in done.out) == (0, False), done


def test_flake8_reads_the_first_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nextend-ignore = E203\n")
    (tmp_path / ".flake8").write_text("[flake8]\nselect = E\n")
    assert lint_rmw("doctor", cwd=tmp_path).code == 0


def test_a_hook_that_git_does_not_run_is_told(tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(HOOK)
    commit(tmp_path)
    done = lint_rmw("doctor", cwd=tmp_path)
    assert (done.code, "run `pre-commit install`" in done.out) == (1, True)
    hooks = Path(tmp_path, git(tmp_path, "rev-parse", "--git-path", "hooks").strip())
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").touch()
    assert lint_rmw("doctor", cwd=tmp_path).code == 0


def test_it_looks_at_the_project_around_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 100\n")
    below = tmp_path / "src" / "package"
    below.mkdir(parents=True)
    done = lint_rmw("doctor", cwd=below)
    assert (done.code, 'add external = ["RMW"] to [lint]' in done.out) == (1, True)
