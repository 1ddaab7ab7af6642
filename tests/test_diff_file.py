"""The gate of a review when all there is of the change is a unified diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors import READ_LINE, STALE, Done, commit, git, lint_rmw, marked, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    write(tmp_path, old=STALE)
    commit(tmp_path)
    return tmp_path


def headlines(done: Done) -> list[str]:
    """The first line of each finding."""
    return [line for line in done.out.splitlines() if ": RMW1" in line]


@pytest.fixture(params=["-U0", "-U3", "-U50"])
def diff_of(request: pytest.FixtureRequest, repo: Path) -> str:
    """A diff with so many lines of context that touches one old finding and leaves another."""
    write(repo, left=STALE, touched=STALE + "\n" * 20 + STALE.replace("rename", "relabel"))
    (repo / "né w.py").write_text(STALE)
    base = commit(repo)
    write(repo, left="import os\n" + STALE, brought=STALE)
    second = marked(STALE.replace("rename", "relabel"), READ_LINE, "# again")
    write(repo, touched=STALE + "\n" * 20 + second)
    (repo / "né w.py").write_text(marked(STALE, READ_LINE, "# again"))
    commit(repo)
    return git(repo, "diff", request.param, base, "HEAD")


def test_a_diff_alone_is_enough(repo: Path, diff_of: str) -> None:
    (repo / "x.diff").write_text(diff_of)
    done = lint_rmw("check", "--diff-file", "x.diff", cwd=repo)
    assert [line.partition(" RMW")[0] for line in headlines(done)] == [
        "brought.py:11:22:",
        "né w.py:11:22:",
        "touched.py:44:22:",
    ]
    piped = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=diff_of)
    assert piped.out == done.out


def test_a_diff_that_leads_elsewhere_is_told(repo: Path, diff_of: str) -> None:
    write(repo, touched=STALE.replace("def rename", "def rename_it") + STALE)
    done = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=diff_of)
    assert (done.code, "touched.py is not what the diff leads to" in done.err) == (2, True)


@pytest.mark.parametrize(
    "text", ["--- a/old.py\n+++ b/old.py\n@@ -1,9 +1,9 @@\n x\n", "@@ nonsense\n+++ b/x\n"]
)
def test_a_broken_diff_ends_the_run(repo: Path, text: str) -> None:
    done = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=text)
    assert (done.code, done.err.count("\n"), "Traceback" in done.err) == (2, 1, False)
