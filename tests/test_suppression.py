"""Comments that hide findings: what they cover, what is wrong with them, and how both are repaired or written in bulk."""

from __future__ import annotations

import ast
import datetime
from pathlib import Path

import pytest
from flake8.violation import Violation  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from lint_rmw.comments import Comment, Ignore, Malformed, ignores, noqa_codes
from lint_rmw.config import Config
from lint_rmw.finding import Finding, Safety
from lint_rmw.inspection import inspect, options_for
from lint_rmw.repair import repair
from lint_rmw.report import FORMATS
from tests.doors import FRESH, READ_LINE, STALE, STALE_LINE, above, lint_rmw, marked, write


def judged(text: str, *, select: list[str] | None = None) -> tuple[list[str], list[str]]:
    """The codes shown and hidden in a text."""
    found = findings(text, select=select)
    return [f.code for f in found[0]], [f.code for f in found[1]]


def findings(
    text: str, *, select: list[str] | None = None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings shown and hidden in a text."""
    options = options_for(Config(Path.cwd(), select=None if select is None else tuple(select)), Path("a.py"))
    found = inspect(text.encode(), "a.py", options)
    assert found.error is None, found.error
    return found.findings, found.hidden


def repaired(text: str) -> str:
    """A text after its safe fixes."""
    options = options_for(Config(Path.cwd(), select=("RMW9",)), Path("a.py"))
    return repair(text.encode(), "a.py", options, unsafe=False).source.text


NOQA = [
    ("# noqa: RMW101", True),
    ("# noqa:RMW101", True),
    ("# NOQA: RMW101", True),
    ("# noqa: E501,RMW101", True),
    ("# noqa: E501 RMW101", True),
    ("# noqa: RMW1", True),
    ("# noqa: RMW101 because it is alone", True),
    ("# noqa", True),
    ("# noqa because", True),
    ("# noqa:  XYZ001", True),
    ("# noqa: E501", False),
    ("# noqa: RMW102", False),
    ("# no qa: RMW101", False),
    ("# type: ignore  # noqa: RMW101", True),
]


@pytest.mark.parametrize(("comment", "hides"), NOQA, ids=[c for c, _ in NOQA])
def test_noqa_hides_what_flake8_hides(comment: str, hides: bool) -> None:
    shown, hidden = judged(marked(STALE, STALE_LINE, comment))
    assert ("RMW101" in hidden, "RMW101" in shown) == (hides, not hides)
    assert Violation("RMW101", "a.py", 1, 1, "", f"x = 1  {comment}").is_inline_ignored(False) is hides


@given(st.text(st.sampled_from("# noqaNO:,RMW109 e\t"), max_size=24))
def test_noqa_is_read_as_flake8_reads_it(text: str) -> None:
    line = f"x = 1  # noqa{text}"
    codes = noqa_codes(line)
    for code in ("RMW101", "E501"):
        theirs = Violation(code, "a.py", 1, 1, "", line).is_inline_ignored(False)
        assert (codes is not None and code.startswith(codes)) is theirs


def test_the_noqa_line_is_the_physical_one_with_strings_joined() -> None:
    joined = STALE.replace("= next_entry", '= {**next_entry, "x": """\n"""}  # noqa: RMW101')
    assert judged(joined) == ([], ["RMW101"])
    brackets = STALE.replace("= next_entry", "= {\n            **next_entry,\n        }  # noqa: RMW101")
    assert "RMW101" in judged(brackets)[0]


def test_a_file_that_flake8_skips_is_skipped() -> None:
    assert judged("# flake8: noqa\n" + STALE) == ([], ["RMW101"])


IGNORES = [
    ("behind the code", marked(STALE, STALE_LINE, '# rmw: ignore[RMW101] reason="one writer"')),
    ("by name", marked(STALE, STALE_LINE, "# rmw: ignore[stale-entry-overwrite]")),
    ("by prefix", marked(STALE, STALE_LINE, "# rmw: ignore[RMW1]")),
    ("behind another comment", marked(STALE, STALE_LINE, "# type: ignore  # rmw: ignore[RMW101]")),
    ("above the statement", above(STALE, STALE_LINE, "# rmw: ignore[RMW101]")),
    ("above the mutator", above(STALE, "    def mutator(store):", "# rmw: ignore[RMW101]")),
    ("above the function", above(STALE, "def rename(path, key, label):", "# rmw: ignore[RMW101]")),
    ("with blank lines between", above(STALE, STALE_LINE, "# rmw: ignore[RMW101]\n\n        # and why")),
    (
        "above a decorator",
        above(STALE, "def rename(path, key, label):", "# rmw: ignore[RMW101]\n@staticmethod"),
    ),
    (
        "behind the last line of a statement",
        STALE.replace("= next_entry", "= {\n            **next_entry,\n        }  # rmw: ignore[RMW101]"),
    ),
    ("until a day to come", marked(STALE, STALE_LINE, "# rmw: ignore[RMW101] until=9999-12-31")),
]


@pytest.mark.parametrize("text", [t for _, t in IGNORES], ids=[name for name, _ in IGNORES])
def test_an_ignore_hides_the_findings_of_its_statement(text: str) -> None:
    assert judged(text) == ([], ["RMW101"])


ELSEWHERE = [
    ("above another statement", above(STALE, READ_LINE, "# rmw: ignore[RMW101]")),
    ("behind another statement", marked(STALE, READ_LINE, "# rmw: ignore[RMW101]")),
    (
        "behind the head of the function",
        marked(STALE, "def rename(path, key, label):", "# rmw: ignore[RMW101]"),
    ),
    ("behind the head of the mutator", marked(STALE, "    def mutator(store):", "# rmw: ignore[RMW101]")),
    ("for another rule", marked(STALE, STALE_LINE, "# rmw: ignore[RMW102]")),
]


@pytest.mark.parametrize("text", [t for _, t in ELSEWHERE], ids=[name for name, _ in ELSEWHERE])
def test_an_ignore_elsewhere_hides_nothing_and_is_unused(text: str) -> None:
    assert sorted(judged(text)[0]) == ["RMW101", "RMW901"]
    assert repaired(text) == STALE


def test_the_reason_is_kept_for_reports() -> None:
    text = marked(STALE, STALE_LINE, r'# rmw: ignore[RMW101] reason="one \"writer\", # só" until=9999-01-01')
    (hidden,) = findings(text)[1]
    assert hidden.suppression is not None
    assert (hidden.suppression.kind, hidden.suppression.reason) == ("rmw", 'one "writer", # só')


def test_text_in_a_string_is_no_comment() -> None:
    assert judged(STALE.replace("Renames a session.", "# rmw: ignore[RMW101] # noqa: RMW101")) == (
        ["RMW101"],
        [],
    )


def test_a_comment_is_not_unused_while_its_rule_is_switched_off() -> None:
    text = marked(STALE, STALE_LINE, "# rmw: ignore[RMW101]")
    assert judged(text, select=["RMW102", "RMW901"]) == ([], [])
    assert judged(
        marked(FRESH, "def rename(path, key, label):", "# rmw: ignore[RMW101]"), select=["RMW1"]
    ) == ([], [])


def test_a_file_that_names_no_store_still_has_its_comments_looked_at() -> None:
    assert judged("x = 1  # rmw: ignore[RMW101]\n") == (["RMW901"], [])
    assert repaired("x = 1  # rmw: ignore[RMW101]\n") == "x = 1\n"


def test_only_the_idle_code_is_taken_from_a_comment() -> None:
    text = marked(STALE, STALE_LINE, '# rmw: ignore[RMW101, RMW102] reason="x"')
    assert judged(text) == (["RMW901"], ["RMW101"])
    assert repaired(text) == marked(STALE, STALE_LINE, '# rmw: ignore[RMW101] reason="x"')


UNUSED_NOQA = [
    ("# noqa: RMW101", ""),
    ("# noqa: E501, RMW101", "  # noqa: E501"),
    ("# noqa: RMW101 and more", "  # and more"),
    ("# noqa: RMW101  # type: ignore", "  # type: ignore"),
    ("# type: ignore  # noqa: RMW101", "  # type: ignore"),
]


@pytest.mark.parametrize(("comment", "left"), UNUSED_NOQA, ids=[c for c, _ in UNUSED_NOQA])
def test_a_noqa_for_nothing_of_ours_is_unused(comment: str, left: str) -> None:
    text = f"import rmw  {comment}\r\nx = 1\r\n"
    assert judged(text)[0] == ["RMW901"]
    assert repaired(text) == f"import rmw{left}\r\nx = 1\r\n"


def test_an_ignore_ends_with_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    class Calendar(datetime.date):
        @classmethod
        def today(cls) -> Calendar:
            return cls(2027, 1, 2)

    text = marked(STALE, STALE_LINE, '# rmw: ignore[RMW101] reason="x" until=2027-01-02')
    monkeypatch.setattr("lint_rmw.suppression.datetime.date", Calendar)
    assert judged(text) == ([], ["RMW101"])
    late = text.replace("01-02", "01-01")
    assert sorted(judged(late)[0]) == ["RMW101", "RMW902"]
    assert repaired(late) == STALE


MALFORMED = [
    ("# rmw: ignore", None),
    ("# rmw: ignore[]", None),
    ("# rmw: disable=RMW101", None),
    ("# rmw: ignore[RMW101] until=tomorrow", None),
    ("# rmw: ignore[RMW101] until=2027-02-30", None),
    ("# rmw: ignore[RMW101] by=me", None),
    ("# rmw: ignore[BUG17]", None),
    ("# rmw: ignore RMW101", "# rmw: ignore[RMW101]"),
    ("# rmw: ignore: RMW101", "# rmw: ignore[RMW101]"),
    ("# rmw: ignore[RWM101]", "# rmw: ignore[RMW101]"),
    ("# rmw: ignore[stale-entry-overwrites]", "# rmw: ignore[stale-entry-overwrite]"),
    ("# rmw: ignore[RMW101] reason=one writer", '# rmw: ignore[RMW101] reason="one writer"'),
    ("# rmw: ignore[RMW101] -- one writer", '# rmw: ignore[RMW101] reason="one writer"'),
    ("# noqa: RMW", None),
    ("#noqa: RMW101", "# noqa: RMW101"),
    ("# noqa: rmw101", "# noqa: RMW101"),
    ("# noqa : RMW101", "# noqa: RMW101"),
    ("# noqa:  E501, RMW101", "# noqa: E501,RMW101"),
    ("# noqa RMW101", "# noqa: RMW101"),
]


@pytest.mark.parametrize(("comment", "meant"), MALFORMED, ids=[c for c, _ in MALFORMED])
def test_a_malformed_comment_is_told_and_repaired_where_it_is_clear(comment: str, meant: str | None) -> None:
    text = marked(STALE, STALE_LINE, comment)
    (told,) = [f for f in findings(text)[0] if f.code == "RMW903"]
    assert told.fix is not None and "\n" not in told.message
    if meant is None:
        assert (told.fix.safety, told.fix.edits) == (Safety.MANUAL, ())
        assert told.fix.reasons
        assert repaired(text) == text
    else:
        better = marked(STALE, STALE_LINE, meant)
        assert repaired(text) == better
        assert judged(better) == ([], ["RMW101"])


def test_prose_that_names_us_is_no_malformed_comment() -> None:
    for comment in (
        "# see RMW101",
        "# noqa is not used with RMW here",
        "# lint-rmw finds this",
        "# warmwater: x",
    ):
        assert judged(f"x = 1  {comment}\n") == ([], [])


def test_a_comment_alone_on_the_last_line_goes() -> None:
    assert repaired("x = 1\n# rmw: ignore[RMW101]") == "x = 1\n"
    assert repaired("# rmw: ignore[RMW101]\nx = 1\n") == "x = 1\n"


@given(
    reason=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))),
    codes=st.lists(st.sampled_from(["RMW101", "RMW1"]), min_size=1),
)
def test_what_is_written_is_read_again(reason: str, codes: list[str]) -> None:
    said = Ignore(tuple(codes), reason, datetime.date(2030, 1, 2))
    ((_, _, read),) = ignores(Comment(str(said), 1, 1, False))
    assert read == said


@given(st.text(max_size=60))
def test_no_comment_is_too_odd_to_read(text: str) -> None:
    for start, end, read in ignores(Comment(f"# rmw: {text}", 1, 1, False)):
        assert 0 <= start <= end <= len(text) + 7
        assert isinstance(read, Ignore | Malformed)


PLACES = [
    ("behind the code", STALE),
    ("behind a comment", marked(STALE, STALE_LINE, "# type: ignore")),
    ("above a line that ends in a string", STALE.replace("= next_entry", '= {**next_entry, "x": """\n"""}')),
    ("above a line that goes on", STALE.replace("= next_entry", "= next_entry or \\\n            {}")),
    ("with DOS line ends", STALE.replace("\n", "\r\n")),
    ("in another encoding", "# coding: latin-1\n" + STALE.replace("Renames", "é")),
]


@pytest.mark.parametrize("text", [t for _, t in PLACES], ids=[name for name, _ in PLACES])
def test_suppressions_in_bulk_hide_every_finding_and_change_no_code(tmp_path: Path, text: str) -> None:
    encoding = "latin-1" if "latin-1" in text else "utf-8"
    (tmp_path / "a.py").write_bytes(text.encode(encoding))
    done = lint_rmw("check", "--add-suppressions", 'only "one" writer', cwd=tmp_path)
    assert (done.code, done.out) == (0, ""), done
    assert lint_rmw("check", cwd=tmp_path).code == 0
    after = (tmp_path / "a.py").read_bytes().decode(encoding)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(text))
    assert r'reason="only \"one\" writer"' in after
    assert after.count("\r\n") == (after.count("\n") if "\r\n" in text else 0)


def test_suppressions_in_bulk_need_a_reason_on_one_line(tmp_path: Path) -> None:
    write(tmp_path, a=STALE)
    for reason in ("", " ", "two\nlines"):
        done = lint_rmw("check", "--add-suppressions", reason, cwd=tmp_path)
        assert (done.code, (tmp_path / "a.py").read_text()) == (2, STALE)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_report_can_tell_of_a_comment(tmp_path: Path, form: str) -> None:
    text = marked(STALE, STALE_LINE, "# rmw: ignore[RMW101]") + "x = 1  # rmw: ignore[RMW102]\n"
    write(tmp_path, a=text)
    done = lint_rmw("check", "--format", form, cwd=tmp_path)
    assert (done.code, done.err, "unused suppression: nothing to ignore for RMW102" in done.out) == (
        1,
        "",
        True,
    )
