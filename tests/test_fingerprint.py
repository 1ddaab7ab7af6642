"""A fingerprint follows its finding wherever the code goes, and tells it from every other finding."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lint_rmw.finding import Finding
from lint_rmw.fingerprint import stamp, stem
from lint_rmw.lint import lint
from lint_rmw.source import Source
from tests.doors import READ_LINE, STALE, STALE_LINE, repeated


def fingerprints(text: str, path: str = "a.py") -> list[str]:
    """The fingerprints of the findings of a text, in order."""
    source = Source.from_text(text, path)
    return [finding.fingerprint for finding in stamp(source, lint(source))]


(WHOLE,) = fingerprints(STALE)

SAME = [
    ("lines above", "# a comment\n\n\nimport os\n" + STALE),
    ("blank lines inside", STALE.replace("\n    def mutator", "\n\n\n    def mutator")),
    ("a comment on the line", STALE.replace(STALE_LINE, f"{STALE_LINE}  # so it is")),
    ("another indent", re.sub(r"(?m)^( +)", r"\1\1", STALE)),
    ("DOS line ends", STALE.replace("\n", "\r\n")),
    ("a byte order mark", "\ufeff" + STALE),
    ("parentheses", STALE.replace("= next_entry", "= (\n            next_entry\n        )")),
    ("other quotes", STALE.replace('"label"', "'label'")),
    (
        "a broken line",
        STALE.replace("(key, store_path=path)", "(\n        key,\n        store_path=path,\n    )"),
    ),
    (
        "characters outside of ASCII before it",
        STALE.replace(STALE_LINE, f'        "日本"; {STALE_LINE.strip()}'),
    ),
    ("another function before it", "def other():\n    return 1\n\n\n" + STALE),
    ("another function behind it", STALE + "\n\ndef other():\n    return 1\n"),
    ("another docstring", STALE.replace("Renames a session.", "Gives a session\n\nanother name.")),
]


@pytest.mark.parametrize("text", [t for _, t in SAME], ids=[name for name, _ in SAME])
def test_layout_does_not_matter(text: str) -> None:
    assert fingerprints(text) == [WHOLE]


def test_the_name_of_the_file_does_not_matter() -> None:
    assert fingerprints(STALE, "sub/b.py") == [WHOLE]


DIFFERENT = [
    ("another function", STALE.replace("rename", "relabel")),
    ("another key", STALE.replace("store[key]", "store[key.lower()]")),
    (
        "another read",
        STALE.replace("load_session_entry(key, store_path=path).entry", "load_session_store(path)[key]"),
    ),
    ("another value", STALE.replace("= next_entry", "= dict(next_entry)")),
    ("a class around it", "class A:\n" + re.sub(r"(?m)^(?=.)", "    ", STALE)),
]


@pytest.mark.parametrize("text", [t for _, t in DIFFERENT], ids=[name for name, _ in DIFFERENT])
def test_other_code_has_another_fingerprint(text: str) -> None:
    (other,) = fingerprints(text)
    assert other != WHOLE


def test_true_repeats_are_numbered_in_source_order() -> None:
    three = repeated(3)
    assert fingerprints(three) == [WHOLE, f"{WHOLE}:2", f"{WHOLE}:3"]
    assert {stem(f) for f in fingerprints(three)} == {WHOLE}


def test_numbers_follow_the_source_whatever_the_order_of_the_findings() -> None:
    source = Source.from_text(repeated(2), "a.py")
    backwards = tuple(reversed(lint(source)))
    assert [f.fingerprint for f in stamp(source, backwards)] == [f"{WHOLE}:2", WHOLE]


def test_a_fingerprint_holds_no_line_number() -> None:
    assert re.fullmatch("[0-9a-f]{24}", WHOLE)


@pytest.mark.parametrize("width", ["30", "200"])
def test_ruff_may_format_the_file(tmp_path: Path, width: str) -> None:
    text = (
        STALE.replace('"label": label', "u'label': label,'list': [1,2, 0XFF], 'b': not(a)  ") + "del (a, b)\n"
    )
    file = tmp_path / "a.py"
    file.write_text(text)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--isolated",
            "--line-length",
            width,
            "--no-cache",
            str(file),
        ]
    )
    assert done.returncode == 0
    assert file.read_text() != text
    assert fingerprints(file.read_text()) == fingerprints(text)


_NAMES = st.sampled_from(["alpha", "beta", "gamma"])
_FILLERS = st.sampled_from(["", "\n\n", "# words\n", "x = 1\n", "def f():\n    pass\n\n\n", "'é日本'\n"])
_PARTS = st.lists(
    st.tuples(_NAMES, _FILLERS, st.integers(1, 3)), min_size=1, max_size=3, unique_by=lambda p: p[0]
)


@settings(max_examples=25, deadline=None)
@given(_PARTS)
def test_each_finding_of_a_file_keeps_its_fingerprint_and_shares_it_with_none(
    parts: list[tuple[str, str, int]],
) -> None:
    text = "".join(filler + repeated(times).replace("rename", name) for name, filler, times in parts)
    bare = "".join(repeated(times).replace("rename", name) for name, _, times in parts)
    found = fingerprints(text)
    assert found == fingerprints(bare)
    assert len(set(found)) == len(found) == sum(times for _, _, times in parts)
    alone = [f for name, _, times in parts for f in fingerprints(repeated(times).replace("rename", name))]
    assert found == alone


def test_a_finding_without_syntax_around_it_has_one_too() -> None:
    source = Source.from_text(STALE, "a.py")
    (finding,) = lint(source)
    broken = Source.from_text("def (:\n" * 12, "a.py")
    (stamped,) = stamp(broken, [finding])
    assert isinstance(stamped, Finding) and stamped.fingerprint not in ("", WHOLE)


def test_what_is_read_matters_and_what_stands_beside_it_does_not() -> None:
    assert fingerprints(STALE.replace(READ_LINE, f"{READ_LINE}\n    log(entry)")) == [WHOLE]
