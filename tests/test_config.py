"""`[tool.lint-rmw]`: which table holds for which file, what it may say, and how a mistake in it is told."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lint_rmw.config import Config, ConfigError, Configs
from lint_rmw.finding import Confidence
from lint_rmw.inspection import known_rules
from lint_rmw.store import builtin_profiles
from tests.doors import REPOSITORY, lint_rmw


def config_of(folder: Path, table: str, below: str = "") -> Config:
    """What `[tool.lint-rmw]` with these lines means in `folder` (or below it)."""
    (folder / "pyproject.toml").write_text(table, "utf-8")
    return Configs(known_rules()).nearest(folder / below)


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[project]\nname = 'lint-rmw-user'\n")
    assert (config.select, config.ignore, config.min_confidence) == (None, (), Confidence.MEDIUM)
    assert config.profiles == builtin_profiles()
    assert config.origin("select") == "default"


def test_the_nearest_table_holds_and_a_file_without_one_is_passed_over(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.lint-rmw]\nselect = ["RMW101"]\n')
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\n")
    configs = Configs(known_rules())
    assert configs.nearest(inner).select == ("RMW101",)
    (inner / "pyproject.toml").write_text("[tool.lint-rmw]\n")
    assert Configs(known_rules()).nearest(inner).select is None


def test_every_key_is_read(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        """
[tool.lint-rmw]
select = ["RMW1", "unused-suppression"]
ignore = ["stale-fallback"]
exclude = ["generated/", "*_pb2.py"]
min-confidence = "high"
stores = ["session"]
[tool.lint-rmw.per-file-ignores]
"tests/" = ["RMW101"]
[tool.lint-rmw.store.cart]
section = ["change_cart(KEY, BODY(FRESH))"]
read = ["load_cart(KEY)"]
""",
    )
    assert config.select == ("RMW1", "RMW901")
    assert config.ignore == ("RMW104",)
    assert config.min_confidence is Confidence.HIGH
    assert config.per_file_ignores == (("tests/", ("RMW101",)),)
    assert {p.name for p in config.profiles} == {"session", "session-entry", "cart"}
    assert config.own == {"cart"}
    assert {config.origin(key) for key in ("select", "stores", "store")} == {
        (tmp_path / "pyproject.toml").as_posix()
    }


def test_a_store_of_the_users_takes_the_place_of_ours(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, '[tool.lint-rmw.store.session]\nsection = ["change(BODY(FRESH))"]\nread = ["load()"]\n'
    )
    (session,) = [p for p in config.profiles if p.name == "session"]
    assert [pattern.text for pattern in session.section] == ["change(BODY(FRESH))"]


def test_no_stores_leaves_only_the_users(tmp_path: Path) -> None:
    assert config_of(tmp_path, "[tool.lint-rmw]\nstores = []\n").profiles == ()


MISTAKES = [
    ('selekt = ["RMW101"]', "tool.lint-rmw.selekt: unknown key; did you mean 'select'?"),
    ("zzz = 1", "tool.lint-rmw.zzz: unknown key; known are select, ignore,"),
    ('select = "RMW101"', "tool.lint-rmw.select: expected a list of strings, got 'RMW101'"),
    ("select = [101]", "tool.lint-rmw.select: expected a list of strings, got [101]"),
    ('select = ["RWM101"]', "tool.lint-rmw.select: unknown rule 'RWM101'; did you mean 'RMW101'?"),
    ('ignore = ["stale-entry-overwrit"]', "did you mean 'stale-entry-overwrite'?"),
    ('ignore = [""]', "tool.lint-rmw.ignore: unknown rule ''"),
    (
        'min-confidence = "hihg"',
        "tool.lint-rmw.min-confidence: unknown confidence 'hihg'; did you mean 'high'?",
    ),
    ("min-confidence = 3", "tool.lint-rmw.min-confidence: expected one of high, medium, low, got 3"),
    ('exclude = "x"', "tool.lint-rmw.exclude: expected a list of strings"),
    ('exclude = ["!"]', "tool.lint-rmw.exclude[0]: '!' is not a gitignore pattern"),
    ('per-file-ignores = ["x"]', "tool.lint-rmw.per-file-ignores: expected a table"),
    ('per-file-ignores = { "x" = ["RMW1O1"] }', "tool.lint-rmw.per-file-ignores.'x': unknown rule 'RMW1O1'"),
    ('stores = ["sesion"]', "tool.lint-rmw.stores: unknown store 'sesion'; did you mean 'session'?"),
    ("store = 1", "tool.lint-rmw.store: expected tables"),
    ("store.cart = 1", "tool.lint-rmw.store.cart: expected a table, got 1"),
    (
        'store.cart.sektion = ["f(BODY(FRESH))"]',
        "tool.lint-rmw.store.cart.sektion: unknown key; did you mean 'section'?",
    ),
    ('store.cart.section = ["f(FRESH)"]', "store.cart.section[0]: column 1"),
]


@pytest.mark.parametrize(("line", "told"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_names_file_key_and_the_nearest_right_one(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        config_of(tmp_path, f"[tool.lint-rmw]\n{line}\n")
    message = str(error.value)
    assert message.startswith(f"{(tmp_path / 'pyproject.toml').as_posix()}: tool.lint-rmw")
    assert told in message
    assert "\n" not in message


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a table, got 3"):
        config_of(tmp_path, "[tool]\nlint-rmw = 3\n")


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml: is not valid TOML"):
        config_of(tmp_path, "[tool.lint-rmw\n")


TABLE = '[tool.lint-rmw]\nmin-confidence = "high"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_passed_over(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(TABLE.replace("\n", "\r\n").encode(encoding))
    assert Configs(known_rules()).nearest(tmp_path).min_confidence is Confidence.HIGH


def test_utf_16_is_told_for_what_it_is(tmp_path: Path) -> None:
    """In UTF-16 the name of our table would not be found, and the settings be passed over without a word."""
    (tmp_path / "pyproject.toml").write_bytes(TABLE.encode("utf-16"))
    with pytest.raises(ConfigError, match="is not valid TOML: it is UTF-16, but TOML has to be UTF-8"):
        Configs(known_rules()).nearest(tmp_path)


def test_settings_that_are_no_file_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "pipe").mkdir()
    (tmp_path / "device").mkdir()
    os.mkfifo(tmp_path / "pipe" / "pyproject.toml")
    (tmp_path / "device" / "pyproject.toml").symlink_to("/dev/zero")
    for folder, told in (("pipe", "is a pipe"), ("device", "larger than 10 MB")):
        with pytest.raises(ConfigError, match=f"cannot be read: {told}"):
            Configs(known_rules()).nearest(tmp_path / folder)
        assert lint_rmw("doctor", cwd=tmp_path / folder).code == 1


def test_a_prefix_does_not_switch_on_what_is_off_by_default(tmp_path: Path) -> None:
    class Off:
        code, name, opt_in = "RMW399", "off", True

    rules = [*known_rules(), Off()]
    for words, on in ((["RMW"], False), (["RMW3"], False), (["RMW399"], True), (["RMW", "off"], True)):
        config = Config(tmp_path).overridden(words, (), None, rules)
        assert ("RMW399" in config.applied(tmp_path, rules)) is on, words
    assert "RMW399" not in Config(tmp_path).applied(tmp_path, rules)


def test_the_longest_prefix_decides_as_in_flake8(tmp_path: Path) -> None:
    def applied(select: list[str], ignore: list[str]) -> set[str]:
        config = Config(tmp_path).overridden(select, ignore, None, known_rules())
        return set(config.applied(tmp_path, known_rules()))

    assert applied(["RMW101"], ["RMW1"]) == {"RMW101"}
    assert applied(["RMW1"], ["RMW101"]) & {"RMW101", "RMW102"} == {"RMW102"}
    assert applied(["RMW101"], ["RMW101"]) == set()


def test_per_file_ignores_are_relative_to_the_table(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    config = config_of(tmp_path, '[tool.lint-rmw.per-file-ignores]\n"tests/**" = ["RMW101"]\n', "tests")
    assert "RMW101" not in config.applied(tmp_path / "tests" / "a.py", known_rules())
    assert "RMW101" in config.applied(tmp_path / "a.py", known_rules())
    assert "RMW101" in config.applied(Path("/elsewhere/tests/a.py"), known_rules())


def test_what_the_readme_says_to_write_is_read(tmp_path: Path) -> None:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    tables = [
        b for b in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "lint-rmw" in b
    ]
    assert len(tables) == 2
    for table in tables:
        assert config_of(tmp_path, table).origins
