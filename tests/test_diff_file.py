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


@pytest.mark.parametrize(
    "setting", ["diff.mnemonicPrefix=true", "diff.noprefix=true", "diff.mnemonicPrefix=false"]
)
def test_the_prefixes_that_git_is_set_to_are_understood(repo: Path, setting: str) -> None:
    write(repo, old=marked(STALE, READ_LINE, "# again"))
    diff = git(repo, "-c", setting, "diff")
    done = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=diff)
    assert (done.code, "the read at line 7" in done.out) == (1, True)


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


def test_a_diff_of_another_tool_or_folder_is_understood(repo: Path) -> None:
    folder = repo / "Plan b"
    folder.mkdir()
    (folder / "né w.py").write_text(STALE)
    commit(repo)
    (folder / "né w.py").write_text(marked(STALE, READ_LINE, "# again"))
    plain = git(repo, "diff")
    diffs = {
        "git": (repo, plain),
        "from a folder below": (folder, plain),
        "no prefix": (repo, git(repo, "diff", "--no-prefix")),
        "relative": (folder, git(folder, "diff", "--relative")),
        "DOS line ends": (repo, "".join(f"{line}\r\n" for line in plain.split("\n"))),
        "no header of git": (repo, plain[plain.index("--- ") :]),
        "a mail around it": (repo, f"Subject: words\n---\n old.py | 2 +-\n\n{plain}-- \n2.50.0\n"),
    }
    for name, (where, text) in diffs.items():
        done = lint_rmw("check", "--diff-file", "-", cwd=where, stdin=text)
        assert (len(headlines(done)), done.err) == (1, ""), (name, done)


def test_a_renamed_file_keeps_its_old_findings(repo: Path) -> None:
    git(repo, "mv", "old.py", "new name.py")
    (repo / "new name.py").write_text("import os\n" + STALE)
    git(repo, "add", "-A")
    text = git(repo, "diff", "--cached", "-M")
    assert "rename to new name.py" in text
    assert lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=text).code == 0
    git(repo, "commit", "-q", "-m", "x")
    git(repo, "mv", "new name.py", "third.py")
    assert lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=git(repo, "diff", "HEAD", "-M")).code == 0


def test_a_diff_of_files_that_are_not_here_is_told(repo: Path) -> None:
    write(repo, old=marked(STALE, READ_LINE, "# again"))
    text = git(repo, "diff").replace("old.py", "elsewhere/old.py")
    done = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=text)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "there is no elsewhere/old.py here" in done.err


def test_a_diff_without_changes_blames_nothing(repo: Path) -> None:
    assert lint_rmw("check", "--diff-file", "-", cwd=repo, stdin="").code == 0


@pytest.mark.parametrize(
    "text",
    [
        "no diff at all\n",
        "\ud800+\0\n",
        "--- a/old.py\n+++ b/old.py\n@@ -1,9 +1,9 @@\n x\n",
        "@@ nonsense\n+++ b/x\n",
    ],
)
def test_a_broken_diff_ends_the_run(repo: Path, text: str) -> None:
    done = lint_rmw("check", "--diff-file", "-", cwd=repo, stdin=text.encode("utf-8", "surrogatepass"))
    assert (done.code, done.err.count("\n"), "Traceback" in done.err) == (2, 1, False)
    assert "is not a unified diff" in done.err
