"""The flake8 door: its contract with flake8, and the same findings as the command line on the same text."""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flake8.options.manager import OptionManager  # type: ignore[import-untyped]

from lint_rmw import inspection
from lint_rmw.flake8_plugin import Plugin
from lint_rmw.source import Source
from tests.doors import REPOSITORY, STALE, write
from tests.flake8_door import CASES, flake8, registered

PLAIN = argparse.Namespace(rmw_select=[], rmw_ignore=[], rmw_enable=[], rmw_min_confidence="")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from in which our plugin is registered."""
    return registered(tmp_path_factory.mktemp("site"))


@pytest.fixture(autouse=True)
def as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Options are kept on the class, so each test begins with none."""
    Plugin.parse_options(PLAIN)
    yield
    Plugin.parse_options(PLAIN)


def plugged(text: str, filename: str = "a.py") -> list[tuple[int, int, str]]:
    """What the plugin yields for a text."""
    plugin = Plugin(ast.parse(text), text.splitlines(keepends=True), filename)
    return [(line, column, said) for line, column, said, _ in plugin.run()]


def test_columns_count_characters(site: Path, tmp_path: Path) -> None:
    write(tmp_path, a=CASES["wide"])
    (found,) = flake8(site, tmp_path, "a.py")
    line = CASES["wide"].splitlines()[10]
    assert found.startswith(f"a.py:11:{line.index('next_entry') + 1}: RMW101 ")


def test_noqa_is_left_to_flake8(site: Path, tmp_path: Path) -> None:
    write(tmp_path, a=CASES["noqa"])
    assert flake8(site, tmp_path, "a.py") == []
    assert len(flake8(site, tmp_path, "--disable-noqa", "a.py")) == 1


def parsed(*arguments: str) -> argparse.Namespace:
    """Our options as flake8 reads them."""
    manager = OptionManager(version="", plugin_versions="", parents=[], formatter_names=[])
    Plugin.add_options(manager)
    options = manager.parse_args([*arguments])
    assert isinstance(options, argparse.Namespace)
    return options


OPTIONS = [
    ([], 1),
    (["--rmw-select", "RMW102"], 0),
    (["--rmw-select", "stale-entry-overwrite,RMW102"], 1),
    (["--rmw-ignore", "RMW1"], 0),
    (["--rmw-min-confidence", "low"], 1),
    (["--rmw-enable", "RMW101"], 1),
]


@pytest.mark.parametrize(("arguments", "number"), OPTIONS, ids=[" ".join(a) or "none" for a, _ in OPTIONS])
def test_our_own_options_choose_rules(arguments: list[str], number: int) -> None:
    Plugin.parse_options(parsed(*arguments))
    assert len(plugged(STALE)) == number


def test_our_own_options_can_stand_in_its_file(site: Path, tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / ".flake8").write_text("[flake8]\nrmw-ignore = RMW101\n")
    assert flake8(site, tmp_path, "a.py") == []


def test_a_rule_that_is_off_by_default_needs_our_own_option(monkeypatch: pytest.MonkeyPatch) -> None:
    class Off:
        code, name, opt_in = "RMW399", "off", True

    def known() -> tuple[object, ...]:
        return (*real(), Off())

    real = inspection.known_rules
    monkeypatch.setattr("lint_rmw.flake8_plugin.known_rules", known)
    monkeypatch.setattr("lint_rmw.inspection.known_rules", known)
    for namespace, on in (
        (PLAIN, False),
        (argparse.Namespace(**{**vars(PLAIN), "rmw_select": ["RMW"]}), False),
        (argparse.Namespace(**{**vars(PLAIN), "rmw_enable": ["RMW399"]}), True),
    ):
        Plugin.parse_options(namespace)
        config = Plugin(ast.parse(""), [], "a.py")._config(Path("."))
        assert ("RMW399" in config.applied(Path("a.py"), known())) is on  # type: ignore[arg-type]
        assert "RMW101" in config.applied(Path("a.py"), real())


WRONG = [
    ["--rmw-select", "RMW999"],
    ["--rmw-ignore", "nonsense"],
    ["--rmw-enable", "x"],
    ["--rmw-min-confidence", "sure"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_wrong_option_is_one_line_and_no_crash(arguments: list[str]) -> None:
    Plugin.parse_options(parsed(*arguments))
    ((line, column, said),) = plugged(STALE)
    assert (line, column) == (1, 0) and said.startswith("RMW900 flake8: rmw")


def test_a_wrong_configuration_is_one_line_and_no_crash(site: Path, tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / "pyproject.toml").write_text("[tool.lint-rmw]\nselekt = []\n")
    assert flake8(site, tmp_path, "a.py") == [
        "a.py:1:1: RMW900 pyproject.toml: tool.lint-rmw.selekt: unknown key; did you mean 'select'?"
    ]


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError(), SyntaxError("y"), MemoryError(), TypeError("a\nb")]
)
def test_no_error_of_ours_gets_out(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("lint_rmw.flake8_plugin.judge", fail)
    ((line, column, said),) = plugged(STALE)
    assert (line, column, said[:7], "\n" in said) == (1, 0, "RMW900 ", False)


def test_a_finding_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = inspection.judge

    def twice(source: Source, *arguments: object, **named: object) -> object:
        found = judge(source, *arguments, **named)  # type: ignore[arg-type]
        return type(found)(found.shown * 2, found.hidden)

    monkeypatch.setattr("lint_rmw.flake8_plugin.judge", twice)
    assert len(plugged(STALE)) == 1


def test_a_file_with_a_syntax_error_is_left_to_flake8(site: Path, tmp_path: Path) -> None:
    write(tmp_path, a="update_session_store(\n")
    (found,) = flake8(site, tmp_path, "a.py")
    assert " E999 " in found


def test_files_that_do_not_matter_cost_no_concrete_syntax(tmp_path: Path) -> None:
    program = (
        "import ast, sys\nfrom lint_rmw.flake8_plugin import Plugin\n"
        "found = list(Plugin(ast.parse('x = 1'), ['x = 1'], 'a.py').run())\n"
        "print(found, 'libcst' in sys.modules, 'rich' in sys.modules, 'click' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.stdout == "[] False False False\n", done
