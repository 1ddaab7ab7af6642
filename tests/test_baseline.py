"""A baseline hides what is known, never what is new, and says when it is out of date."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lint_rmw import baseline
from lint_rmw.baseline import Entry
from tests.doors import FRESH, REPOSITORY, STALE, Done, commit, git, lint_rmw, repeated, write

RELABEL = STALE.replace("rename", "relabel")


def recorded(folder: Path) -> Path:
    """Records what is found in `folder`."""
    done = lint_rmw("check", "--write-baseline", "base.json", cwd=folder)
    assert (done.code, done.out) == (0, ""), done
    return folder / "base.json"


def check(folder: Path, *arguments: str) -> Done:
    """Checks against the record."""
    return lint_rmw("check", "--baseline", "base.json", *arguments, cwd=folder)


def test_a_baseline_from_a_pipe_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    lint_rmw("check", "--write-baseline", "known.json", cwd=tmp_path)
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m lint_rmw check --baseline <(cat known.json)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_is_recorded_is_hidden_and_what_is_new_is_not(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    assert check(tmp_path, "--strict-baseline").code == 0
    write(tmp_path, a=RELABEL + STALE)
    done = check(tmp_path)
    assert (done.code, done.out.count("RMW101")) == (1, 1)
    assert done.out.startswith("a.py:11:")


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    write(tmp_path, a=repeated(2))
    assert check(tmp_path).out.count("RMW101") == 1


def test_a_copy_in_another_file_is_new_while_the_first_stays(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    write(tmp_path, b=STALE)
    for paths in ([], ["b.py"]):
        done = check(tmp_path, *paths)
        assert (done.code, done.out.partition(":")[0]) == (1, "b.py")


def test_a_renamed_file_has_moved(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    for paths in ([], ["b.py"]):
        done = check(tmp_path, "--strict-baseline", *paths)
        assert (done.code, done.err) == (0, "base.json: RMW101 of a.py has moved to b.py\n")


@pytest.mark.parametrize("gone", ["fixed", "deleted"])
def test_an_entry_without_its_finding_is_stale_and_fails_when_strict(tmp_path: Path, gone: str) -> None:
    write(tmp_path, a=STALE, b=FRESH)
    recorded(tmp_path)
    if gone == "fixed":
        write(tmp_path, a=FRESH)
    else:
        (tmp_path / "a.py").unlink()
    lenient, strict = check(tmp_path), check(tmp_path, "--strict-baseline")
    assert (lenient.code, strict.code) == (0, 1)
    assert "in a.py is stale: no such finding any more" in lenient.err
    assert check(tmp_path, "--strict-baseline", "--exit-zero").code == 1


def test_entries_of_files_and_rules_outside_the_run_are_not_stale(tmp_path: Path) -> None:
    write(tmp_path, a=STALE, b=FRESH)
    recorded(tmp_path)
    for arguments in (["b.py"], ["--select", "RMW102"]):
        done = check(tmp_path, "--strict-baseline", *arguments)
        assert (done.code, done.err) == (0, "")


def test_entries_of_a_file_that_does_not_parse_any_more_are_not_stale(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    write(tmp_path, a=STALE + "def (:\n")
    done = check(tmp_path)
    assert (done.code, "stale" in done.err) == (2, False)


def test_recording_again_keeps_what_the_run_did_not_look_at(tmp_path: Path) -> None:
    write(tmp_path, a=STALE, b=RELABEL)
    file = recorded(tmp_path)
    whole = file.read_bytes()
    write(tmp_path, a=FRESH)
    assert lint_rmw("check", "--write-baseline", "base.json", "b.py", cwd=tmp_path).code == 0
    assert file.read_bytes() == whole
    assert lint_rmw("check", "--write-baseline", "base.json", cwd=tmp_path).code == 0
    assert [e.path for e in baseline.read(file)] == ["b.py"]


def test_paths_are_relative_to_the_baseline(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", a=STALE)
    recorded(tmp_path)
    done = lint_rmw("check", "--baseline", "../base.json", "--strict-baseline", "a.py", cwd=tmp_path / "sub")
    assert (done.code, done.err) == (0, "")


def test_reports_know_new_from_known(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    write(tmp_path, b=RELABEL)
    document = json.loads(check(tmp_path, "--format", "sarif").out)
    states = {r["baselineState"] for r in document["runs"][0]["results"]}
    assert states == {"new", "unchanged"}


def test_an_empty_record_is_a_record(tmp_path: Path) -> None:
    write(tmp_path, a=FRESH)
    assert json.loads(recorded(tmp_path).read_text()) == {"version": 1, "findings": [None]}
    assert check(tmp_path, "--strict-baseline").code == 0


def test_two_branches_merge_in_git(tmp_path: Path) -> None:
    write(tmp_path, b=STALE, d=STALE, f=STALE, h=STALE, j=STALE)
    recorded(tmp_path)
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "-b", "topic")
    write(tmp_path, a=STALE)
    recorded(tmp_path)
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "main")
    write(tmp_path, z=STALE)
    recorded(tmp_path)
    commit(tmp_path)
    git(tmp_path, "merge", "-q", "topic")
    assert check(tmp_path, "--strict-baseline").code == 0
    assert len(baseline.read(tmp_path / "base.json")) == 7


WRONG = [
    ("", "is not valid JSON"),
    ("[]", "is not a baseline"),
    (
        '{"version": 1, "findings": [\n<<<<<<< HEAD\n=======\n>>>>>>> topic\nnull]}\n',
        "holds a merge conflict: keep the entries of both sides, or record it again",
    ),
    ('{"version": 1}', "is not a baseline"),
    ('{"version": 2, "findings": []}', "is of version 2, expected 1"),
    ('{"version": 1, "findings": [3]}', "3 is no entry"),
    ('{"version": 1, "findings": [{"path": "a.py", "code": 1, "fingerprint": "x"}]}', "is no entry"),
    ("[" * 100_000, "is not valid JSON"),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_file_that_is_no_baseline_ends_the_run(tmp_path: Path, text: str, told: str) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / "base.json").write_text(text)
    done = check(tmp_path)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and done.err.count("\n") == 1


_ENTRIES = st.builds(
    Entry,
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.sampled_from(["RMW101", "RMW104"]),
    st.text("0123456789abcdef:", min_size=1),
)


@given(st.sets(_ENTRIES), st.randoms(use_true_random=False))
def test_the_text_depends_on_the_entries_only_and_is_read_again(
    entries: set[Entry], order: random.Random
) -> None:
    shuffled = sorted(entries)
    order.shuffle(shuffled)
    text = baseline.render(shuffled)
    assert text == baseline.render(entries)
    assert len(text.splitlines()) >= len(entries) + 2
    document = json.loads(text)
    found = {Entry(e["path"], e["code"], e["fingerprint"]) for e in document["findings"] if e}
    assert found == entries
