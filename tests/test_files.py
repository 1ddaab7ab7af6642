"""Which files a run reads, and how it writes them back."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from lint_rmw import files
from lint_rmw.atomic import ChangedMeanwhile, replace_file
from lint_rmw.config import Config
from lint_rmw.finding import FileError
from tests.doors import git


def make(folder: Path, *names: str) -> None:
    """Makes empty files, and the folders they are in."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def walked(folder: Path, *paths: str, exclude: Iterable[str] = ()) -> list[str]:
    """The names of what a walk gives, errors as `name: message`."""
    config = Config(folder.resolve(), exclude=tuple(exclude))
    found = files.walk([folder / path for path in paths] or [folder], config.excludes)
    return [
        f"{os.path.basename(f.path)}: {f.message}"
        if isinstance(f, FileError)
        else f.path.relative_to(folder).as_posix()
        for f in found
    ]


def test_a_folder_gives_its_python_files_in_order(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a.pyi", "c.txt", "sub/d.py", "sub.py", "é x.py")
    assert walked(tmp_path) == ["a.pyi", "b.py", "sub/d.py", "sub.py", "é x.py"]


def test_other_peoples_folders_are_left_out(tmp_path: Path) -> None:
    make(
        tmp_path,
        "a.py",
        ".hidden/b.py",
        "env/pyvenv.cfg",
        "env/lib/c.py",
        "node_modules/d.py",
        "__pycache__/e.py",
    )
    assert walked(tmp_path) == ["a.py"]
    assert walked(tmp_path, ".hidden") == [".hidden/b.py"]


def test_gitignore_files_hold_in_their_folder_and_below(tmp_path: Path) -> None:
    make(
        tmp_path,
        "a.py",
        "build/b.py",
        "sub/build/c.py",
        "sub/keep.py",
        "sub/drop.py",
        "sub/deep/drop.py",
        "x/drop.py",
    )
    (tmp_path / ".gitignore").write_text("# comment\nbuild/\n*.tmp.py\n")
    (tmp_path / "sub" / ".gitignore").write_text("drop.py\n!deep/drop.py\n")
    assert walked(tmp_path) == ["a.py", "sub/deep/drop.py", "sub/keep.py", "x/drop.py"]


def test_the_walk_agrees_with_git(tmp_path: Path) -> None:
    names = [f"{a}/{b}/{c}.py" for a in ("one", "two") for b in ("x", "y z") for c in ("m", "n", "é")]
    make(tmp_path, "m.py", *names)
    (tmp_path / ".gitignore").write_text("/m.py\none/x/*\n!one/x/n.py\n**/y z/m.py\n\\#odd\n[\n")
    (tmp_path / "two" / ".gitignore").write_text("*\n!x\n!x/n.py\n")
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "info" / "exclude").write_text("é.py\n")
    listed = git(tmp_path, "ls-files", "-z", "-o", "--exclude-standard", "*.py").split("\0")
    assert sorted(walked(tmp_path)) == sorted(name for name in listed if name)


def test_rules_above_the_named_folder_hold_too(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.py", "sub/gen/b.py")
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("gen/\n")
    assert walked(tmp_path, "sub") == ["sub/a.py"]


def test_a_folder_or_file_that_is_named_is_read_whatever_git_ignores(tmp_path: Path) -> None:
    make(tmp_path, "gen/b.py")
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("gen/\n")
    assert walked(tmp_path, "gen") == ["gen/b.py"]
    assert walked(tmp_path, "gen/b.py") == ["gen/b.py"]


def test_exclude_leaves_out_files_and_folders_but_none_that_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "gen/b.py", "sub/c_pb2.py", "sub/gen.py")
    assert walked(tmp_path, exclude=["gen/", "*_pb2.py"]) == ["a.py", "sub/gen.py"]
    assert walked(tmp_path, "gen/b.py", exclude=["gen/"]) == ["gen/b.py"]


def test_a_folder_that_is_named_is_walked_though_it_is_excluded_as_one_that_git_ignores_is(
    tmp_path: Path,
) -> None:
    make(tmp_path, "gen/b.py", "gen/sub/c.py", "gen/sub/d_pb2.py")
    assert walked(tmp_path, "gen", exclude=["gen/", "*_pb2.py"]) == ["gen/b.py", "gen/sub/c.py"]
    assert walked(tmp_path, "gen", exclude=["gen", "sub"]) == ["gen/b.py"]


FORCED = [
    ("a.py", False),
    ("gen/b.py", True),
    ("gen/sub/keep.py", True),
    ("gen", True),
    ("other/keep_pb2.py", True),
    ("other/kept_pb2.py", False),
    ("../elsewhere.py", False),
    ("gen/nowhere.py", True),
    ("", False),
]


@pytest.mark.parametrize(("path", "left_out"), FORCED, ids=[path or "." for path, _ in FORCED])
def test_what_exclude_leaves_out_with_the_folders_around_it(
    tmp_path: Path, path: str, left_out: bool
) -> None:
    make(tmp_path, "gen/sub/keep.py", "other/keep_pb2.py")
    exclude = ("gen/", "*_pb2.py", "!kept_pb2.py", "!gen/sub/keep.py")
    assert Config(tmp_path.resolve(), exclude=exclude).leaves_out(tmp_path / path) is left_out


def test_a_folder_whose_python_is_all_excluded_is_no_error(tmp_path: Path) -> None:
    make(tmp_path, "gen/b.py")
    assert walked(tmp_path, exclude=["gen/"]) == []


def test_a_missing_path_and_an_empty_folder_are_errors_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "docs/x.txt")
    assert walked(tmp_path, "nope", "docs", "a.py") == [
        "nope: does not exist",
        "docs: has no Python files in it",
        "a.py",
    ]


def test_a_dangling_link_is_an_error_when_named_and_passed_over_in_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    assert walked(tmp_path) == ["a.py"]
    assert walked(tmp_path, "gone.py") == ["gone.py: does not exist"]


def test_each_file_comes_once_and_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.py")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    assert walked(tmp_path, "sub/a.py", ".", "sub") == ["sub/a.py"]


def test_pipes_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert walked(tmp_path) == ["a.py"]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "secret/b.py")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "secret":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("lint_rmw.files.os.scandir", refuse)
    assert walked(tmp_path) == ["a.py", "secret: cannot be read: Permission denied"]


def test_folders_deeper_than_the_stack_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(600):
        os.mkdir("d")
        os.chdir("d")
    Path("a.py").touch()
    monkeypatch.chdir(tmp_path)
    assert len(walked(tmp_path)) == 1


def test_a_name_that_is_not_unicode_can_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"\xff.py")
    Path(name).touch()
    (found,) = files.walk([Path(".")], Config(tmp_path).excludes)
    assert isinstance(found, files.File)
    assert (found.shown, found.path.read_bytes()) == ("\\xff.py", b"")


def test_replacing_keeps_mode_and_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o604)
    link.symlink_to(target)
    replace_file(link, b"new", expected=b"old")
    assert (target.read_bytes(), link.is_symlink(), target.stat().st_mode & 0o777) == (b"new", True, 0o604)


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        replace_file(tmp_path / "new", b"x")
    finally:
        os.umask(mask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


def test_what_someone_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    with pytest.raises(ChangedMeanwhile):
        replace_file(target, b"ours", expected=b"what we read")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("target", b"theirs")]


def test_a_write_that_fails_leaves_the_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lint_rmw.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(target, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("target", b"old")]
