"""What in the tools around a project keeps findings from being seen, and what to do about it."""

from __future__ import annotations

import configparser
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lint_rmw.config import ConfigError, Configs
from lint_rmw.inspection import known_rules
from lint_rmw.settings import parse_settings, read_settings

PREFIX = "RMW"
_RUFF_FILES = ("ruff.toml", ".ruff.toml")
_FLAKE8_FILES = ("setup.cfg", "tox.ini", ".flake8")
_FLAKE8_CODE = re.compile(r"[A-Z]{1,3}[0-9]{0,3}", re.ASCII)
_HOOK = re.compile(r"^\s*(?:-\s*)?id:\s*['\"]?lint-rmw['\"]?\s*(?:#.*)?$", re.MULTILINE)
_RUFF_HOOK = re.compile(r"^\s*(?:-\s*)?id:\s*['\"]?ruff(?:-check)?['\"]?\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Remark:
    """One thing looked at: whether it is as it should be, and what to do where it is not."""

    well: bool
    text: str
    remedy: str = ""


def project_around(folder: Path) -> Path:
    """The nearest folder, from `folder` upward, in which some of what is looked at stands; `folder` if there is none."""
    marks = (".git", "pyproject.toml", ".pre-commit-config.yaml", *_RUFF_FILES, *_FLAKE8_FILES)
    around = (folder, *folder.parents)
    return next((f for f in around if any((f / mark).exists() for mark in marks)), folder)


def examine(folder: Path) -> tuple[Remark, ...]:
    """Looks at the project in `folder`: our configuration, ruff's, flake8's, pre-commit's."""
    return (*_ours(folder), *_ruff(folder), *_flake8(folder), *_pre_commit(folder))


def _ours(folder: Path) -> Iterator[Remark]:
    try:
        Configs(known_rules()).nearest(folder)
    except ConfigError as error:
        yield Remark(False, str(error), "correct the configuration; until then every run ends with exit 2")
    else:
        yield Remark(True, "the configuration of lint-rmw can be read")


def _ruff(folder: Path) -> Iterator[Remark]:
    hooks = _text(folder / ".pre-commit-config.yaml")
    found = False
    for name in (*_RUFF_FILES, "pyproject.toml"):
        document = _toml(folder / name)
        table = _table(document, "tool", "ruff") if name == "pyproject.toml" else document
        if table is None:
            continue
        found = True
        external = (_table(table, "lint") or {}).get("external")
        codes = external if isinstance(external, list) else []
        if any(isinstance(code, str) and code and PREFIX.startswith(code) for code in codes):
            yield Remark(True, f"{name}: ruff leaves our codes in noqa comments alone")
        else:
            section = "[tool.ruff.lint]" if name == "pyproject.toml" else "[lint]"
            yield Remark(
                False,
                f"{name}: ruff's RUF102 removes `# noqa: RMW…` comments as unknown codes",
                f'add external = ["{PREFIX}"] to {section}',
            )
        break
    if not found and _RUFF_HOOK.search(hooks):
        yield Remark(
            False,
            ".pre-commit-config.yaml: ruff runs without a configuration, so RUF102 may remove `# noqa: RMW…`",
            f'add external = ["{PREFIX}"] to [tool.ruff.lint] in pyproject.toml',
        )


def _flake8(folder: Path) -> Iterator[Remark]:
    try:
        version = metadata.version("flake8")
    except metadata.PackageNotFoundError:
        yield Remark(True, "flake8 is not installed here, so nothing can be wrong with it")
        return
    if int(version.partition(".")[0]) < 6:
        yield Remark(False, f"flake8 {version} is too old for the plugin", "install flake8 6 or newer")
    for name in _FLAKE8_FILES:
        options = _flake8_options(folder / name)
        if options is None:
            continue
        remarks = list(_flake8_traps(name, options))
        yield from remarks or [Remark(True, f"{name}: flake8 reports our codes")]
        # flake8 itself stops at the first of these files that has a section for it.
        break


def _flake8_traps(name: str, options: Mapping[str, str]) -> Iterator[Remark]:
    selected = _codes(options.get("select", ""))
    extended = _codes(options.get("extend_select", ""))
    ours = [code for code in (*selected, *extended) if _related(code)]
    if selected and not ours:
        yield Remark(
            False,
            f"{name}: `select` leaves out {PREFIX}, so flake8 drops every finding of ours",
            f"add {PREFIX} to `select`, or use `extend-select` instead of it",
        )
    for key in ("ignore", "extend_ignore"):
        ignored = [code for code in _codes(options.get(key, "")) if _related(code)]
        if ignored:
            yield Remark(
                False,
                f"{name}: `{key.replace('_', '-')}` hides {', '.join(ignored)} in flake8, but not in lint-rmw",
                "move it to `ignore` of [tool.lint-rmw], which both read",
            )
    for key in ("ignore", "extend_ignore", "select", "extend_select"):
        wrong = [
            c for c in _codes(options.get(key, "")) if c.startswith(PREFIX) and not _FLAKE8_CODE.fullmatch(c)
        ]
        if wrong:
            yield Remark(
                False,
                f"{name}: {', '.join(wrong)} in `{key.replace('_', '-')}` is no code flake8 accepts",
                "codes have three letters and at most three digits",
            )
    if options.get("disable_noqa", "").lower() in ("true", "1", "yes", "on"):
        yield Remark(
            False,
            f"{name}: `disable-noqa` makes flake8 report what `# noqa: RMW…` hides in lint-rmw",
            "remove `disable-noqa`, or use `# rmw: ignore[…]`",
        )


def _pre_commit(folder: Path) -> Iterator[Remark]:
    file = folder / ".pre-commit-config.yaml"
    if not file.is_file():
        yield Remark(True, "pre-commit is not used here")
        return
    if not _HOOK.search(_text(file)):
        yield Remark(
            False,
            f"{file.name}: has no hook `lint-rmw`",
            "add the hook `lint-rmw` of this project's repository",
        )
        return
    yield Remark(True, f"{file.name}: has the hook `lint-rmw`")
    try:
        asked = subprocess.run(
            ("git", "rev-parse", "--git-path", "hooks/pre-commit"),
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return
    if asked.returncode != 0:
        return
    if (folder / asked.stdout.strip()).is_file():
        yield Remark(True, "git runs pre-commit before each commit")
    else:
        yield Remark(False, "git does not run pre-commit before a commit", "run `pre-commit install`")


def _related(code: str) -> bool:
    """Whether a prefix means some of our codes."""
    return bool(code) and (code.startswith(PREFIX) or PREFIX.startswith(code))


def _codes(value: str) -> tuple[str, ...]:
    without_comments = re.sub(r"#.*", "", value)
    return tuple(code for code in re.split(r"[,\s]+", without_comments) if code)


def _flake8_options(file: Path) -> Mapping[str, str] | None:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_text(file))
    except configparser.Error:
        return None
    if not parser.has_section("flake8"):
        return None
    return {key.replace("-", "_"): value for key, value in parser.items("flake8")}


def _text(file: Path) -> str:
    try:
        return read_settings(file).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _toml(file: Path) -> Mapping[str, object] | None:
    try:
        return parse_settings(read_settings(file))
    except (OSError, ValueError):
        return None


def _table(document: Mapping[str, object] | None, *keys: str) -> Mapping[str, object] | None:
    found: object = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None
