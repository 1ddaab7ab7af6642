"""The command `fix`: what it writes, what it leaves alone, and what it says of both."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lint_rmw import inspection, lint
from lint_rmw.finding import Edit, Finding, Fix, Position, Safety, Span
from lint_rmw.lint import Options
from lint_rmw.source import Source
from tests.doors import FRESH, STALE, STALE_LINE, Done, lint_rmw, marked, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path) -> Callable[..., Done]:
    """Runs the command line in `here`."""
    return lambda *arguments: lint_rmw(*arguments, cwd=here)


def propose(monkeypatch: pytest.MonkeyPatch, safety: Safety = Safety.SAFE) -> None:
    """Lets every RMW101 come with a fix that writes the request onto the fresh entry."""

    def lint_and_propose(source: Source, options: Options | None = None, **said: Any) -> tuple[Finding, ...]:
        return tuple(replace(f, fix=repair_of(f, safety)) for f in lint.lint(source, options, **said))

    monkeypatch.setattr(inspection, "lint", lint_and_propose)


def repair_of(finding: Finding, safety: Safety) -> Fix:
    """What the tests take for the right fix of `STALE`."""
    edit = Edit(finding.span, '{**store.get(key), "label": label}')
    return Fix(safety, "build it from the fresh entry", ("the label is read again",), (edit,))


def test_fix_writes_the_file_and_says_so(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch)
    write(here, stale=STALE, fresh=FRESH)
    done = run("fix")
    assert (done.code, done.err) == (0, "fixed 1 finding in 1 file\n")
    assert '{**store.get(key), "label": label}' in (here / "stale.py").read_text()
    assert run("fix").err == "fixed 0 findings in 0 files\n"


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_a_look_before_the_fix_writes_nothing_and_exits_1(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    propose(monkeypatch)
    write(here, stale=STALE)
    done = run("fix", mode)
    assert (done.code, (here / "stale.py").read_text()) == (1, STALE)
    assert "would fix 1 finding in 1 file" in done.err


def test_the_diff_can_be_applied(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch)
    (here / "stale.py").write_bytes(STALE.rstrip("\n").replace("\n", "\r\n").encode())
    diff = run("fix", "--diff").out
    subprocess.run(["git", "apply", "-"], cwd=here, input=diff.encode(), check=True)
    assert run("fix", "--check").code == 0
    assert (here / "stale.py").read_bytes().count(b"\r\n") == STALE.count("\n") - 1


def test_an_unsafe_fix_wants_to_be_asked_for(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch, Safety.UNSAFE)
    write(here, stale=STALE)
    held = run("fix")
    assert (held.code, (here / "stale.py").read_text()) == (1, STALE)
    assert "the label is read again" in held.out
    assert run("fix", "--unsafe-fixes").code == 0


def test_a_suppressed_finding_is_not_fixed(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch)
    text = marked(STALE, STALE_LINE, "# noqa: RMW101")
    two = text + STALE.replace("rename", "rename2")
    write(here, stale=two)
    assert run("fix").code == 0
    fixed = (here / "stale.py").read_text()
    assert fixed.startswith(text)
    assert '{**store.get(key), "label": label}' in fixed[len(text) :]


def test_a_fix_that_leaves_its_finding_is_taken_back(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def useless(source: Source, options: Options | None = None, **said: Any) -> tuple[Finding, ...]:
        start = Position(1, 1)
        fix = Fix(Safety.SAFE, "do nothing", edits=(Edit(Span(start, start), "# nothing\n"),))
        return tuple(replace(f, fix=fix) for f in lint.lint(source, options, **said))

    monkeypatch.setattr(inspection, "lint", useless)
    write(here, stale=STALE)
    assert run("fix").code == 1
    assert (here / "stale.py").read_text() == STALE


def test_standard_input_is_fixed_to_standard_output(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(monkeypatch)
    text = "\ufeff" + STALE.replace("\n", "\r\n")
    done = lint_rmw("fix", "-", cwd=here, stdin=text)
    before, _, after = text.rpartition("next_entry")
    assert (done.code, done.out) == (0, f'{before}{{**store.get(key), "label": label}}{after}')
    assert lint_rmw("fix", "-", cwd=here, stdin="x = 1").out == "x = 1"


def test_bytes_outside_the_edit_stay(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch)
    text = "# coding: latin-1\r\n" + STALE.replace("Renames", "Bén\x0cames").replace("\n", "\r\n")
    target = here / "real.py"
    target.write_bytes(text.encode("latin-1"))
    target.chmod(0o750)
    (here / "link.py").symlink_to("real.py")
    assert run("fix", "link.py").code == 0
    assert (here / "link.py").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o750
    changed = text.replace(
        "= next_entry\r\n\r\n    update", '= {**store.get(key), "label": label}\r\n\r\n    update'
    )
    assert target.read_bytes() == changed.encode("latin-1")


def test_a_file_that_changed_meanwhile_is_left_alone(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(monkeypatch)
    write(here, stale=STALE)
    whole = Source.apply

    def apply_while_someone_saves(source: Source, edits: Any) -> str:
        (here / "stale.py").write_text("# saved in an editor\n")
        return whole(source, edits)

    monkeypatch.setattr(Source, "apply", apply_while_someone_saves)
    done = run("fix")
    assert (done.code, (here / "stale.py").read_text()) == (2, "# saved in an editor\n")
    assert "changed meanwhile" in done.err
    assert [p.name for p in here.iterdir()] == ["stale.py"]


PROFILE = """
[tool.lint-rmw.store.rows]
section = ["with rows_locked(STORE) as FRESH", "change_row(KEY, BODY(FRESH))"]
read = ["get_row(KEY)", "find_row(row_key=KEY)"]
counterpart = ["FRESH.get(KEY)", "FRESH[KEY]"]
write = ["return VALUE"]
"""
ROWS = """from app import change_row, find_row, get_row, rows_locked


def label(db, key, text):
    row = get_row(key)
    if row is not None:
        with rows_locked(db) as rows:
            rows[key] = {**row, "label": text}


def count(key):
    number = find_row(key)["count"] + 1
    change_row(key, lambda row: {"count": number})
"""
FRESH_ROWS = """from app import change_row, find_row, get_row, rows_locked


def label(db, key, text):
    row = get_row(key)
    if row is not None:
        with rows_locked(db) as rows:
            fresh_row = rows.get(key)
            if fresh_row is None:
                return
            rows[key] = {**fresh_row, "label": text}


def count(key):
    def mutator(row):
        number = row["count"] + 1
        return {"count": number}

    change_row(key, mutator)
"""


def test_a_store_of_the_user_is_repaired_by_its_profile_alone(run: Callable[..., Done], here: Path) -> None:
    write(here, rows=ROWS)
    (here / "pyproject.toml").write_text(PROFILE)
    run("fix", "--unsafe-fixes")
    assert (here / "rows.py").read_text() == FRESH_ROWS
