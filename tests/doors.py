"""Code to lint and ways to run the command line, for the tests of everything between the user and the analysis."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lint_rmw.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent
MANIFEST = REPOSITORY / ".pre-commit-hooks.yaml"

STALE = '''"""Renames a session."""

from store import load_session_entry, update_session_store


def rename(path, key, label):
    entry = load_session_entry(key, store_path=path).entry
    next_entry = {**entry, "label": label}

    def mutator(store):
        store[key] = next_entry

    update_session_store(path, mutator)
'''
STALE_LINE = "        store[key] = next_entry"
READ_LINE = "    entry = load_session_entry(key, store_path=path).entry"
_SECTION = STALE[STALE.index("\n    def mutator") :]
FRESH = STALE.replace(
    '    entry = load_session_entry(key, store_path=path).entry\n    next_entry = {**entry, "label": label}\n\n',
    "",
).replace("= next_entry", '= {**store.get(key), "label": label}')

UNFIXED = '''"""Saves a store that was read without a lock: where the lock belongs is for its author to say."""

from store import load_session_store, save_session_store


def rename(path, key, label):
    sessions = load_session_store(path)
    sessions[key]["label"] = label
    save_session_store(path, sessions)
'''


def repeated(times: int) -> str:
    """`STALE` with its section several times over in the one function: findings that do not differ."""
    return STALE + _SECTION * (times - 1)


class Done(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def lint_rmw(*arguments: str | Path, cwd: Path, stdin: str | bytes = b"", **environment: str) -> Done:
    """Runs the command line in this process, with streams, working directory and environment of its own."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as exit:
            main([str(argument) for argument in arguments])
    assert isinstance(exit.value.code, int)
    return Done(exit.value.code, *(_written(stream) for stream in (out, err)))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


def process(*arguments: str | Path, cwd: Path, **environment: str) -> Done:
    """Runs the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "lint_rmw", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", **environment},
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(folder: Path, **texts: str) -> Path:
    """Writes `name.py` files into `folder` and returns it."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return folder


def marked(text: str, line: str, comment: str) -> str:
    """`text` with a comment behind one of its lines."""
    assert text.count(line) == 1
    return text.replace(line, f"{line}  {comment}")


def above(text: str, line: str, comment: str) -> str:
    """`text` with a comment on a line of its own above one of its lines."""
    assert text.count(line) == 1
    indent = line[: len(line) - len(line.lstrip())]
    return text.replace(line, f"{indent}{comment}\n{line}")


def git(folder: Path, *arguments: str) -> str:
    """Runs git as nobody in particular, whatever the machine's own configuration says."""
    identity = {f"GIT_{who}_{what}": "x@y.z" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ("git", "-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false", *arguments),
        cwd=folder,
        capture_output=True,
        env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "replace")


def commit(folder: Path, message: str = "work") -> str:
    """Commits everything in `folder`, making the repository first if need be; returns the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()


def hooks() -> str:
    """A configuration of pre-commit with our hooks, as the manifest has them but for running this very code."""
    command = f"env PYTHONPATH={REPOSITORY} PYTHONUTF8=1 {sys.executable} -m lint_rmw"
    text = MANIFEST.read_text("utf-8").replace("language: python", "language: system")
    text = text.replace("entry: lint-rmw", f"entry: {command}")
    return "repos:\n- repo: local\n  hooks:\n" + "".join(f"  {line}\n" for line in text.splitlines())
