"""The gate of a review, against real repositories: blame for what a change made worse, and for nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.doors import (
    FRESH,
    READ_LINE,
    STALE,
    STALE_LINE,
    Done,
    commit,
    git,
    lint_rmw,
    marked,
    repeated,
    write,
)

READS_FRESH = STALE.replace(READ_LINE, "    entry = {}")
"""Like `STALE`, but its entry is read from nowhere."""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository whose first commit holds one old finding, on a branch of its own."""
    write(tmp_path, old=STALE, other="x = 1\n")
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "-b", "topic")
    return tmp_path


def check(repo: Path, *arguments: str, base: str = "main") -> Done:
    """Checks what is new against `base`."""
    return lint_rmw("check", "--diff-base", base, *arguments, cwd=repo)


def headlines(done: Done) -> list[str]:
    """The first line of each finding."""
    return [line for line in done.out.splitlines() if ": RMW1" in line]


def test_an_old_finding_is_not_blamed(repo: Path) -> None:
    done = check(repo)
    assert (done.code, headlines(done)) == (0, [])


@pytest.mark.parametrize("committed", [True, False])
def test_an_edit_elsewhere_in_the_file_is_not_blamed(repo: Path, committed: bool) -> None:
    write(repo, old="import os\n\n" + STALE.replace("Renames", "Relabels") + "\n\nprint(os)\n")
    if committed:
        commit(repo)
    assert check(repo).code == 0


def test_a_change_of_the_read_alone_is_caught_and_named(repo: Path) -> None:
    write(repo, old=marked(STALE, READ_LINE, "# again"))
    commit(repo)
    (told,) = headlines(check(repo))
    assert told.startswith("old.py:11:22: RMW101")
    assert "(this change touches the read at line 7)" in told


def test_a_read_that_became_stale_is_caught_at_the_unchanged_write(repo: Path) -> None:
    git(repo, "checkout", "-q", "main")
    write(repo, soon=FRESH)
    commit(repo)
    git(repo, "checkout", "-q", "-b", "next")
    write(repo, soon=STALE)
    commit(repo)
    (told,) = headlines(check(repo))
    assert told.startswith("soon.py:11:") and "the read at line 7" in told


def test_taking_a_line_away_can_bring_a_finding(repo: Path) -> None:
    again = STALE.replace(STALE_LINE, f'        next_entry = {{**store[key], "x": 1}}\n{STALE_LINE}')
    write(repo, gone=again)
    base = commit(repo)
    assert lint_rmw("check", "gone.py", cwd=repo).code == 0
    write(repo, gone=STALE)
    (told,) = headlines(check(repo, base=base))
    assert told.endswith("(new with this change) [high]")


def test_a_new_file_is_new_whether_git_knows_it_or_not(repo: Path) -> None:
    write(repo, fresh_file=STALE)
    untracked = check(repo)
    commit(repo)
    tracked = check(repo)
    assert untracked == tracked
    (told,) = headlines(tracked)
    assert told.startswith("fresh_file.py:11:") and "(new with this change)" in told


def test_a_renamed_file_brings_its_old_findings_along(repo: Path) -> None:
    git(repo, "mv", "old.py", "new name é.py")
    commit(repo)
    assert check(repo).code == 0
    (repo / "new name é.py").write_text(marked(STALE, READ_LINE, "# again"))
    commit(repo)
    (told,) = headlines(check(repo))
    assert told.startswith("new name é.py:11:")


def test_many_renames_are_followed_whatever_the_limit_of_the_user(repo: Path) -> None:
    for number in range(4):
        write(repo, **{f"from{number}": STALE.replace("rename", f"rename{number}")})
    base = commit(repo)
    git(repo, "config", "diff.renameLimit", "1")
    for number in range(4):
        git(repo, "mv", f"from{number}.py", f"to{number}.py")
        write(repo, **{f"to{number}": "import os\n" + STALE.replace("rename", f"rename{number}")})
    commit(repo)
    assert check(repo, base=base).code == 0


def test_a_deleted_file_is_nobodys_fault(repo: Path) -> None:
    (repo / "old.py").unlink()
    commit(repo)
    assert check(repo).code == 0


def test_one_more_of_the_same_is_blamed_once(repo: Path) -> None:
    write(repo, old=repeated(2))
    assert [line.partition(" ")[0] for line in headlines(check(repo))] == ["old.py:16:22:"]


def test_of_findings_that_do_not_differ_the_touched_one_is_the_new_one(repo: Path) -> None:
    section = STALE[STALE.index("    def mutator") :]
    write(repo, old=STALE.replace("    def mutator", f"{section}\n    def mutator"))
    assert len(headlines(check(repo))) == 1


def test_removing_a_suppression_brings_its_finding_back(repo: Path) -> None:
    write(repo, quiet=marked(STALE, STALE_LINE, "# rmw: ignore[RMW101]"))
    base = commit(repo)
    write(repo, quiet=STALE)
    assert len(headlines(check(repo, base=base))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "with space.py",
        "Plan b/x.py",
        "日本.py",
        'quo"te.py',
        "back\\slash.py",
        "-dash.py",
        "*.py",
        "tab\t.py",
        "a b/b c\t é.py",
    ],
)
def test_any_name_a_file_can_have(repo: Path, name: str) -> None:
    (repo / name).parent.mkdir(exist_ok=True)
    (repo / name).write_text(STALE)
    commit(repo)
    git(repo, "checkout", "-q", "-b", "next")
    (repo / name).write_text(marked(STALE, READ_LINE, "# again"))
    assert len(headlines(check(repo, base="topic"))) == 1
    commit(repo)
    assert len(headlines(check(repo, base="topic"))) == 1
    (repo / name).write_text("y = 1\n" + marked(STALE, READ_LINE, "# again"))
    commit(repo)
    assert check(repo, base="next").code == 0


def test_the_users_own_git_configuration_does_not_matter(repo: Path) -> None:
    for setting in (
        "diff.noprefix=true",
        "diff.mnemonicPrefix=true",
        "diff.external=false",
        "color.ui=always",
        "core.quotepath=true",
        "diff.renames=false",
        "diff.context=50",
        "diff.interHunkContext=50",
        "core.pager=false",
        "diff.submodule=log",
    ):
        git(repo, "config", *setting.split("="))
    (repo / ".gitattributes").write_text("*.py -diff\n")
    git(repo, "mv", "old.py", "é.py")
    (repo / "é.py").write_text(marked(STALE, READ_LINE, "# again"))
    commit(repo)
    (told,) = headlines(check(repo))
    assert "the read at line 7)" in told


def test_it_works_from_a_folder_below(repo: Path) -> None:
    (repo / "sub").mkdir()
    write(repo / "sub", a=STALE)
    done = lint_rmw("check", "--diff-base", "main", "..", cwd=repo / "sub")
    assert [line.partition(":")[0] for line in headlines(done)] == ["a.py"]


def test_the_merge_base_counts_not_the_branch_itself(repo: Path) -> None:
    git(repo, "checkout", "-q", "main")
    write(repo, old=FRESH)
    commit(repo)
    git(repo, "checkout", "-q", "topic")
    assert check(repo).code == 0


def test_only_staged_content_counts(repo: Path) -> None:
    write(repo, staged=STALE)
    git(repo, "add", "staged.py")
    write(repo, staged=FRESH, unstaged=STALE, old=marked(STALE, READ_LINE, "# again"))
    done = lint_rmw("check", "--staged", cwd=repo)
    assert [line.partition(":")[0] for line in headlines(done)] == ["staged.py"]
    git(repo, "add", "staged.py")
    assert lint_rmw("check", "--staged", cwd=repo).code == 0
    git(repo, "add", "old.py")
    (told,) = headlines(lint_rmw("check", "--staged", cwd=repo))
    assert "the read at line 7)" in told
    assert lint_rmw("check", "--staged", "other.py", cwd=repo).code == 0


def test_staged_files_are_found_by_a_path_through_a_link(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo)
    write(repo, staged=STALE)
    git(repo, "add", "-A")
    for path in ("link", "link/staged.py", str(tmp_path / "link" / "staged.py")):
        done = lint_rmw("check", "--staged", path, cwd=repo)
        assert [line.rpartition("/")[2].partition(":")[0] for line in headlines(done)] == ["staged.py"], path


def test_a_path_that_is_neither_staged_nor_there_is_an_error(repo: Path) -> None:
    missing = lint_rmw("check", "--staged", "nowhere.py", cwd=repo)
    assert (missing.code, "nowhere.py: does not exist" in missing.out) == (2, True)
    write(repo, gone=STALE)
    git(repo, "add", "gone.py")
    (repo / "gone.py").unlink()
    assert len(headlines(lint_rmw("check", "--staged", "gone.py", cwd=repo))) == 1


def test_the_first_commit_of_all_can_be_checked(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, a=STALE)
    assert lint_rmw("check", "--staged", cwd=tmp_path).code == 0
    git(tmp_path, "add", "-A")
    assert len(headlines(lint_rmw("check", "--staged", cwd=tmp_path))) == 1


def test_a_hook_sees_the_index_that_the_commit_uses(repo: Path) -> None:
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {os.fsencode(_python()).decode()} -m lint_rmw check --staged\n")
    hook.chmod(0o755)
    write(repo, one=STALE, two="x = 1\n")
    git(repo, "add", "-A")
    with pytest.raises(AssertionError, match="RMW101"):
        _git_with_path(repo, "commit", "-m", "x", "one.py")
    _git_with_path(repo, "commit", "-m", "x", "two.py")


def _python() -> str:
    import sys

    return sys.executable


def _git_with_path(folder: Path, *arguments: str) -> None:
    from tests.doors import REPOSITORY

    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        ("git", "-c", "user.name=x", "-c", "user.email=x@y.z", *arguments),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_submodule_is_compared_with_the_commit_its_parent_names(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.mkdir()
    outer.mkdir()
    write(inner, a=STALE)
    commit(inner)
    write(outer, top="x = 1\n")
    commit(outer)
    git(outer, "submodule", "-q", "add", str(inner), "libs/in ner")
    commit(outer)
    module = outer / "libs" / "in ner"
    git(outer, "checkout", "-q", "-b", "topic")
    assert check(outer).code == 0
    write(module, a=marked(STALE, READ_LINE, "# again"))
    assert len(headlines(check(outer))) == 1
    commit(module)
    commit(outer)
    (told,) = headlines(check(outer))
    assert told.startswith("libs/in ner/a.py:11:") and "the read at line 7" in told


@pytest.fixture
def nest(tmp_path: Path) -> tuple[Path, Path]:
    """A repository on a branch, whose submodule `libs/in ner` has a commit of its own that is worse, not staged yet."""
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.mkdir()
    outer.mkdir()
    write(inner, a=FRESH)
    commit(inner)
    write(outer, top="x = 1\n")
    commit(outer)
    git(outer, "submodule", "-q", "add", str(inner), "libs/in ner")
    commit(outer)
    git(outer, "checkout", "-q", "-b", "topic")
    module = outer / "libs" / "in ner"
    write(module, a=STALE)
    commit(module)
    return outer, module


def test_a_staged_submodule_is_judged_at_the_commit_that_is_staged(nest: tuple[Path, Path]) -> None:
    outer, module = nest
    assert headlines(lint_rmw("check", "--staged", cwd=outer)) == []
    git(outer, "add", "--all")
    write(module, a=FRESH, dirty=STALE)
    git(module, "add", "--all")
    for path in (".", "libs", "libs/in ner", "libs/in ner/a.py"):
        (told,) = headlines(lint_rmw("check", "--staged", path, cwd=outer))
        assert told.startswith("libs/in ner/a.py:11:") and "the write at line 11" in told
    assert headlines(lint_rmw("check", "--staged", "top.py", cwd=outer)) == []
    (told,) = headlines(lint_rmw("check", "--staged", cwd=module))
    assert told.startswith("dirty.py:11:")
    (told,) = headlines(lint_rmw("check", "--staged", "--diff-base", "main", cwd=outer))
    assert told.startswith("libs/in ner/a.py:11:")


def test_a_new_submodule_is_new_in_all_its_files(nest: tuple[Path, Path]) -> None:
    outer, module = nest
    git(outer, "submodule", "-q", "add", str(module), "second")
    (told,) = headlines(lint_rmw("check", "--staged", cwd=outer))
    assert told.startswith("second/a.py:11:") and "new with this change" in told


def test_a_submodule_that_is_not_there_is_told(nest: tuple[Path, Path]) -> None:
    outer, _ = nest
    git(outer, "add", "--all")
    git(outer, "submodule", "-q", "deinit", "-f", "libs/in ner")
    done = lint_rmw("check", "--staged", cwd=outer)
    assert (done.code, done.err) == (
        0,
        "submodule libs/in ner is not checked out, so its change is not judged\n",
    )


def test_a_diff_that_only_names_the_commits_of_a_submodule_is_told(nest: tuple[Path, Path]) -> None:
    outer, _ = nest
    short = git(outer, "diff", "main")
    done = lint_rmw("check", "--diff-file", "-", cwd=outer, stdin=short.encode())
    assert headlines(done) == []
    assert "-: does not say what changed in the submodule libs/in ner: make it by" in done.err
    full = git(outer, "diff", "--submodule=diff", "main")
    done = lint_rmw("check", "--diff-file", "-", cwd=outer, stdin=full.encode())
    assert (len(headlines(done)), done.err) == (1, "")


def test_a_shallow_clone_without_the_base_says_what_to_do(repo: Path, tmp_path: Path) -> None:
    write(repo, other="x = 2\n")
    commit(repo)
    shallow = tmp_path / "shallow"
    git(repo, "clone", "-q", "--depth", "1", "--branch", "topic", f"file://{repo}", str(shallow))
    missing = check(shallow, base="origin/main")
    assert (missing.code, missing.out) == (2, "")
    assert "this clone is shallow: fetch more of it" in missing.err and missing.err.count("\n") == 1
    git(shallow, "fetch", "-q", "--depth", "1", "origin", "main")
    unrelated = check(shallow, base="FETCH_HEAD")
    assert (unrelated.code, "have no common commit here; this clone is shallow" in unrelated.err) == (2, True)


WRONG = [
    ("no-such-ref", "'no-such-ref' is not a commit in this repository; was it fetched?"),
    ("--output=x", "'--output=x' is not a commit"),
    ("", "'' is not a commit"),
]


@pytest.mark.parametrize(("base", "told"), WRONG, ids=[repr(base) for base, _ in WRONG])
def test_a_base_that_is_none_ends_the_run(repo: Path, base: str, told: str) -> None:
    done = check(repo, base=base)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and done.err.count("\n") == 1


def test_a_repository_of_somebody_else_says_what_to_do(repo: Path) -> None:
    done = lint_rmw("check", "--diff-base", "main", cwd=repo, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"run `git config --global --add safe.directory {repo}`" in done.err


def test_a_file_outside_of_the_repository_cannot_be_compared(
    repo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = write(tmp_path_factory.mktemp("elsewhere"), a=STALE)
    done = check(repo, str(elsewhere))
    assert (done.code, "is outside of the repository" in done.err) == (2, True)


def test_reports_tell_new_from_unchanged(repo: Path) -> None:
    write(repo, new=STALE)
    document = json.loads(check(repo, "--format", "sarif").out)
    states = {
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: r["baselineState"]
        for r in document["runs"][0]["results"]
    }
    assert states == {"new.py": "new", "old.py": "unchanged"}


def test_a_baseline_and_a_change_are_both_heeded(repo: Path) -> None:
    """What the change left alone is no stale entry, and what the baseline knows is no blame."""
    write(repo, known=STALE.replace("rename", "relabel"))
    assert lint_rmw("check", "--write-baseline", "base.json", "known.py", "old.py", cwd=repo).code == 0
    write(repo, new=STALE.replace("rename", "retitle"))
    done = check(repo, "--baseline", "base.json", "--strict-baseline")
    assert [line.partition(":")[0] for line in headlines(done)] == ["new.py"]
    assert (done.code, "stale: no such" in done.err) == (1, False)
    write(repo, old=repeated(2), new="")
    one_more = check(repo, "--baseline", "base.json")
    assert [line.partition(" ")[0] for line in headlines(one_more)] == ["old.py:16:22:"]


@pytest.mark.parametrize(
    "change", [["--diff-base", "main"], ["--staged"], ["--diff-file", "x.diff"]], ids=lambda c: c[0]
)
def test_a_baseline_is_not_recorded_from_a_part_of_the_findings(repo: Path, change: list[str]) -> None:
    done = lint_rmw("check", *change, "--write-baseline", "base.json", cwd=repo)
    assert (done.code, f"so {change[0]} cannot be used with it" in done.err) == (2, True)
    assert not (repo / "base.json").exists()
