"""Whatever is fed to the command line: one line about it, the other files judged, the right exit code, no traceback."""

from __future__ import annotations

import builtins
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lint_rmw.__main__ import main as start
from tests.doors import REPOSITORY, STALE, UNFIXED, Done, lint_rmw, process, write

BAD: list[tuple[str, bytes, str]] = [
    ("binary", bytes(range(256)) * 4 + b"update_session_store", "contains null bytes"),
    ("null_bytes", b"update_session_store = 1\0\n", "contains null bytes"),
    ("wrong_cookie", b"# coding: klingon\nupdate_session_store = 1\n", "cannot tell its encoding"),
    ("cookie_that_lies", b"# coding: ascii\nupdate_session_store = '\xe9'\n", "is not valid ascii"),
    ("no_encoding", b"update_session_store = '\xe9'\n", "cannot tell its encoding"),
    (
        "two_encodings",
        b"\xef\xbb\xbf# coding: latin-1\nupdate_session_store = 1\n",
        "cannot tell its encoding",
    ),
    ("syntax_error", b"def (:  # update_session_store\n", "is not valid Python at line 1"),
    ("python_2", b"print 'x'  # update_session_store\n", "is not valid Python at line 1"),
    ("merge_conflict", b"<<<<<<< HEAD\nupdate_session_store()\n", "is not valid Python"),
    ("parentheses", b"update_session_store(" + b"(" * 3000 + b")" * 3000 + b")\n", ""),
]


@pytest.mark.parametrize("command", [["check"], ["check", "-j", "2"], ["fix"]], ids=" ".join)
def test_bad_files_are_told_one_by_one_and_the_others_are_judged(tmp_path: Path, command: list[str]) -> None:
    for name, data, _ in BAD:
        (tmp_path / f"{name}.py").write_bytes(data)
    write(tmp_path, good=STALE)
    done = lint_rmw(*command, cwd=tmp_path)
    assert (done.code, "Traceback" in done.err + done.out) == (2, False), done
    assert "internal error" not in done.err + done.out
    judged = "fixed 1 finding in 1 file" if command == ["fix"] else "good.py:11:22: RMW101"
    assert judged in done.out + done.err
    for name, _, told in BAD:
        lines = [line for line in (done.out + done.err).splitlines() if line.startswith(f"{name}.py: ")]
        assert len(lines) == 1 and told in lines[0], (name, lines)


def test_a_file_of_one_long_line_is_judged(tmp_path: Path) -> None:
    text = f'update_session_store = "{"x" * 2_000_000}"  # rmw: ignore[RMW101]\n'
    (tmp_path / "long.py").write_text(text)
    done = lint_rmw("check", "--select", "RMW1", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")


def test_an_unreadable_file_is_told_and_the_others_are_judged(tmp_path: Path) -> None:
    write(tmp_path, good=STALE)
    (tmp_path / "bad.py").symlink_to("/proc/self/mem")
    done = process("check", "bad.py", "good.py", cwd=tmp_path)
    assert (done.code, "bad.py: cannot be read: " in done.out) == (2, True)
    assert "good.py:11:22: RMW101" in done.out


@pytest.mark.parametrize("command", [["check"], ["check", "-j", "2"], ["fix"]], ids=" ".join)
def test_a_file_without_leave_to_read_it_is_told_and_the_others_are_judged(
    tmp_path: Path, command: list[str]
) -> None:
    write(tmp_path, good=UNFIXED, bad=STALE)
    (tmp_path / "bad.py").chmod(0)
    (tmp_path / "folder").mkdir(mode=0)
    for paths in (["."], ["bad.py", "folder", "good.py"]):
        done = _without_privileges(tmp_path, *command, *paths)
        assert (done.code, "good.py:9:" in done.out) == (2, True), done
        told = [line for line in (done.out + done.err).splitlines() if "Permission denied" in line]
        assert sorted(told) == [f"{name}: cannot be read: Permission denied" for name in ("bad.py", "folder")]
    (tmp_path / "folder").chmod(0o755)


def test_a_folder_without_leave_to_write_keeps_its_files_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder", a=STALE)
    (tmp_path / "folder").chmod(0o555)
    fixed = _without_privileges(tmp_path, "fix", "--unsafe-fixes", "folder")
    assert (fixed.code, fixed.err.splitlines()[0]) == (2, "folder/a.py: cannot be written: Permission denied")
    for option in ("--output", "--write-baseline"):
        done = _without_privileges(tmp_path, "check", option, "folder/x", "folder")
        assert (done.code, done.err) == (2, "error: folder/x: cannot be written: Permission denied\n")
    done = _without_privileges(tmp_path, "check", "--add-suppressions", "one writer", "folder")
    assert (done.code, "folder/a.py: cannot be written: Permission denied" in done.err) == (2, True)
    assert {p.name: p.read_text() for p in (tmp_path / "folder").iterdir()} == {"a.py": STALE}


def test_a_file_that_is_protected_is_not_replaced(tmp_path: Path) -> None:
    """Its folder may be written to, so that a rename would do it."""
    write(tmp_path, a=STALE)
    (tmp_path / "report.txt").write_text("old")
    for name in ("a.py", "report.txt"):
        (tmp_path / name).chmod(0o444)
    denied = "cannot be written: Permission denied"
    assert f"a.py: {denied}" in _without_privileges(tmp_path, "fix", "--unsafe-fixes", "a.py").err
    done = _without_privileges(tmp_path, "check", "--output", "report.txt", "a.py")
    assert (done.code, done.err) == (2, f"error: report.txt: {denied}\n")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.py": STALE, "report.txt": "old"}


def _without_privileges(folder: Path, *arguments: str) -> Done:
    """Runs the command line as one whom permissions hold, which they do not hold root."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*drop, sys.executable, "-m", "lint_rmw", *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_a_device_that_never_ends_is_told_and_never_read_to_its_end(tmp_path: Path) -> None:
    write(tmp_path, a=UNFIXED)
    endless = "cannot be read: larger than 100 MB"
    for command in ("check", "fix"):
        done = lint_rmw(command, "/dev/zero", "a.py", cwd=tmp_path)
        assert (done.code, endless in done.out + done.err, "a.py:9:" in done.out) == (2, True, True)
    assert endless in lint_rmw("why", "/dev/zero:1", cwd=tmp_path).err
    full = lint_rmw("check", "--write-baseline", "/dev/full", cwd=tmp_path)
    assert (full.code, full.err) == (2, "error: /dev/full: cannot be written: No space left on device\n")


@pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "rdjson", "junit"])
def test_other_formats_tell_bad_files_on_standard_error_too(tmp_path: Path, form: str) -> None:
    (tmp_path / "bad.py").write_bytes(BAD[1][1])
    done = lint_rmw("check", "--format", form, cwd=tmp_path)
    assert (done.code, done.err) == (2, "bad.py: contains null bytes, so it is not Python source\n")


def test_bad_standard_input(tmp_path: Path) -> None:
    for _, data, told in BAD:
        done = lint_rmw("check", "-", cwd=tmp_path, stdin=data)
        assert (done.code, told in done.out, "Traceback" in done.err) == (2, True, False)
        fixed = lint_rmw("fix", "-", cwd=tmp_path, stdin=b"update_session_store = 1\0")
        assert (fixed.code, fixed.out) == (2, "update_session_store = 1\0")


def test_closed_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        f"exec {sys.executable} -m lint_rmw check - <&-",
        shell=True,
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
    )
    assert (done.returncode, b"Traceback" in done.stderr, done.stderr.count(b"\n")) == (2, False, 1)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_disk_behind_standard_output(tmp_path: Path, form: str) -> None:
    write(tmp_path, a=STALE)
    done = _in_shell(tmp_path, f"check --format {form} > /dev/full")
    assert (done.code, done.err) == (2, "error: standard output cannot be written: No space left on device\n")


@pytest.mark.parametrize("command", ["rules", "explain RMW101", "--help", "--version", "fix --diff"])
def test_a_full_disk_behind_any_other_command(tmp_path: Path, command: str) -> None:
    write(tmp_path, a="x = 1  # rmw: ignore[RMW101]\n")
    done = _in_shell(tmp_path, f"{command} > /dev/full")
    assert (done.code, "Traceback" in done.err, "Exception ignored" in done.err) == (2, False, False), done


def test_a_full_disk_behind_output(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    done = lint_rmw("check", "--output", "/dev/full", cwd=tmp_path)
    assert (done.code, done.err) == (2, "error: /dev/full: cannot be written: No space left on device\n")


def test_an_output_that_cannot_be_made(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / "folder").mkdir()
    for target in ("no/such/folder.json", "folder", "a.py/b"):
        done = lint_rmw("check", "--output", target, cwd=tmp_path)
        assert (done.code, done.err.count("\n"), "cannot be written" in done.err) == (2, 1, True), done
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.py", "folder"]


def test_an_output_that_fails_half_way_leaves_the_old_report(tmp_path: Path) -> None:
    write(tmp_path, **{f"module{i}": STALE.replace("rename", f"rename{i}") for i in range(20)})
    (tmp_path / "report.txt").write_text("the old report\n")
    done = _in_shell(tmp_path, "check --output report.txt", before="ulimit -f 1;")
    assert done.code == 2 and "Traceback" not in done.err, done
    assert (tmp_path / "report.txt").read_text() == "the old report\n"
    assert not [p for p in tmp_path.iterdir() if p.suffix not in (".py", ".txt")]


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    write(tmp_path, **{f"module{i}": STALE.replace("rename", f"rename{i}") for i in range(60)})
    script = f"{sys.executable} -m lint_rmw check -j 1; echo $? >&2"
    done = subprocess.run(
        f"( {script} ) | head -n 1",
        shell=True,
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("module0.py:11:22: RMW101")
    assert done.stderr == "1\n"


def test_a_closed_standard_error_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    done = _in_shell(tmp_path, "check 2>&-")
    assert (done.code, "RMW101" in done.out) == (1, True)
    assert _in_shell(tmp_path, "check nowhere.py --format json 2>&-").code == 2
    closed = _in_shell(tmp_path, "check >&-")
    assert (closed.code, closed.err) == (2, "error: standard output cannot be written: it is closed\n")


@pytest.mark.parametrize("option", ["--baseline", "--diff-file"])
def test_what_has_no_end_is_no_baseline_and_no_diff(tmp_path: Path, option: str) -> None:
    write(tmp_path, a=STALE)
    done = lint_rmw("check", option, "/dev/zero", cwd=tmp_path)
    assert (done.code, done.err) == (2, "error: /dev/zero: cannot be read: larger than 100 MB\n")


@pytest.mark.parametrize("command", ["check", "fix"])
def test_an_empty_path_is_not_taken_for_the_working_directory(tmp_path: Path, command: str) -> None:
    write(tmp_path, a=STALE)
    done = lint_rmw(command, "", cwd=tmp_path)
    assert (done.code, done.err) == (2, f"error: a path is empty (see `lint-rmw {command} --help`)\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_the_run_with_130(tmp_path: Path, jobs: str) -> None:
    os.mkfifo(tmp_path / "slow.py")
    write(tmp_path, a=STALE)
    with subprocess.Popen(
        [sys.executable, "-m", "lint_rmw", "check", "-j", jobs, "a.py", "slow.py"],
        cwd=tmp_path,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    ) as running:
        try:
            writer = _once_it_is_read(tmp_path / "slow.py")
            # One that comes between the opening and the reading is heeded by Python after the reading only.
            time.sleep(0.3)
            os.killpg(running.pid, signal.SIGINT)
            out, err = running.communicate(timeout=30)
        except BaseException:
            # Leaving the block waits for the process, without end if it does not heed the interrupt.
            os.killpg(running.pid, signal.SIGKILL)
            raise
    os.close(writer)
    assert (running.returncode, out, err.strip().splitlines()) == (130, b"", [b"interrupted"])


def test_an_interrupt_does_not_wait_for_files_that_take_long(tmp_path: Path) -> None:
    """Each of these takes a process many seconds; both are at work when the interrupt comes."""
    heavy = "\n".join(f"{STALE}\n".replace("def rename", f"def rename{n}") for n in range(1500))
    write(tmp_path, a=heavy, b=heavy)
    with subprocess.Popen(
        [sys.executable, "-m", "lint_rmw", "check", "-j", "2", "--output", "report.txt"],
        cwd=tmp_path,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    ) as running:
        time.sleep(2)
        os.killpg(running.pid, signal.SIGINT)
        begin = time.monotonic()
        try:
            out, err = running.communicate(timeout=10)
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)
            raise
        took = time.monotonic() - begin
    assert (running.returncode, out, err.strip()) == (130, b"", b"interrupted")
    assert took < 3 and not _group_lives(running.pid)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "b.py"]


def test_an_interrupt_during_the_start_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str, *rest: Any) -> Any:
        if name == "lint_rmw.cli":
            raise KeyboardInterrupt
        return importing(name, *rest)

    importing = builtins.__import__
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(builtins, "__import__", interrupted)
    try:
        with pytest.raises(SystemExit) as ended:
            start()
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ended.value.code, capsys.readouterr().err) == (130, "interrupted\n")


def test_no_process_outlives_a_run_that_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "slow.py")
    write(tmp_path, a=STALE, b=STALE)
    with subprocess.Popen(
        [sys.executable, "-m", "lint_rmw", "check", "-j", "2", "a.py", "b.py", "slow.py"],
        cwd=tmp_path,
        env=_environment(),
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        writer = _once_it_is_read(tmp_path / "slow.py")
        running.kill()
        running.wait()
    os.close(writer)
    deadline = time.monotonic() + 20
    while _group_lives(running.pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _heed_interrupts() -> None:
    """A shell starts what it runs in the background with interrupts ignored, and so would the tests started by it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _once_it_is_read(pipe: Path) -> int:
    """Opens a pipe for writing as soon as somebody waits to read from it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            assert error.errno == errno.ENXIO
            time.sleep(0.02)
    raise AssertionError("nobody came to read the pipe")


def test_output_in_a_poor_locale_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "日本.py").write_text(STALE.replace('"label"', '"é"'), "utf-8")
    done = process("check", cwd=tmp_path, PYTHONUTF8="0", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert done.out.startswith("\\u65e5\\u672c.py:11:22: RMW101")


def test_a_configuration_that_is_wrong_ends_the_run_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    (tmp_path / "pyproject.toml").write_text('[tool.lint-rmw]\nselekt = ["RMW101"]\n')
    for command in (["check"], ["fix"], ["config"], ["check", "-"], ["why", "a.py:1"], ["stores"]):
        done = lint_rmw(*command, cwd=tmp_path)
        assert (done.code, done.out) == (2, ""), command
        assert done.err == (
            "error: pyproject.toml: tool.lint-rmw.selekt: unknown key; did you mean 'select'?\n"
        )


def test_five_thousand_paths_at_once(tmp_path: Path) -> None:
    names = [f"module_with_a_long_name_{number}.py" for number in range(5000)]
    for name in names:
        (tmp_path / name).write_text("x = 1\n")
    begin = time.monotonic()
    done = lint_rmw("check", "-j", "1", *names, cwd=tmp_path)
    assert (done.code, done.out) == (0, "no findings in 5000 files\n")
    assert time.monotonic() - begin < 20


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}


def _in_shell(folder: Path, arguments: str, before: str = "") -> Done:
    done = subprocess.run(
        f"{before} exec {sys.executable} -m lint_rmw {arguments}",
        shell=True,
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)
