"""The house rules: who may import whom, what every file and rule owes its reader, and that generated tables are fresh."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lint_rmw.finding import Confidence
from lint_rmw.lint import Options, lint, rules
from lint_rmw.rule import HEADINGS, Rule
from lint_rmw.source import Source
from tests.expectations import cases, shown

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lint_rmw"
MODULES = sorted(PACKAGE.rglob("*.py"))
FILES = sorted(
    path
    for folder in ("lint_rmw", "tests", "fixtures", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "data" not in path.parts
)

# A few classes still ask for a second noun; no file may grow past the longest of them.
MOST_LINES = 410

# What a room may import beside the standard library. Words are rooms (a folder or a file), or one file of a room, or
# a package from elsewhere.
IMPORTS: dict[str, frozenset[str]] = {
    "finding": frozenset(),
    "pattern": frozenset(),
    "atomic": frozenset(),
    "git": frozenset(),
    "store": frozenset({"pattern"}),
    "stores": frozenset(),
    "source": frozenset({"finding", "libcst"}),
    "flow": frozenset({"finding", "store", "pattern", "source", "flow", "libcst"}),
    "rule": frozenset({"finding", "fix", "flow.facts"}),
    "rules": frozenset({"finding", "fix", "fixes", "flow.facts", "rule"}),
    "fix": frozenset(
        {"finding", "source", "store", "pattern", "fixes", "flow.facts", "flow.sections", "libcst"}
    ),
    "fixes": frozenset(
        {"finding", "source", "store", "pattern", "fix", "fixes", "flow.facts", "flow.sections", "libcst"}
    ),
    "report": frozenset({"finding"}),
    "reports": frozenset({"finding", "reports"}),
    "reports.text": frozenset({"finding", "reports", "rich"}),
    "settings": frozenset(),
    "gitignore": frozenset({"pathspec"}),
    "config": frozenset({"finding", "store", "settings", "gitignore", "pathspec"}),
    "files": frozenset({"finding", "gitignore", "pathspec"}),
    "fingerprint": frozenset({"finding", "source"}),
    "comments": frozenset({"finding", "source"}),
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}

DOORS = frozenset({"cli", "cli_check", "cli_fix", "cli_options", "cli_review", "cli_show", "flake8_plugin"})
ONLY_IN_DOORS = frozenset({"click", "flake8", *DOORS})


def dotted(path: Path) -> str:
    """The name of a module below the package: `flow.walk`, `finding`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


NAMES = frozenset(dotted(path) for path in MODULES)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imported(path: Path, *, for_types: bool = True) -> frozenset[str]:
    """What a module imports: modules of the package by their name below it, others by their first word."""
    return frozenset(_imported(path, for_types=for_types))


def _imported(path: Path, *, for_types: bool) -> Iterator[str]:
    pending: list[ast.AST] = [_tree(path)]
    while pending:
        node = pending.pop()
        if not for_types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (_named(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _named(node.module or "")
            for alias in node.names:
                inner = alias.name if base == "__init__" else f"{base}.{alias.name}"
                yield inner if (node.module or "").startswith("lint_rmw") and inner in NAMES else base
        pending.extend(ast.iter_child_nodes(node))


def _named(module: str) -> str:
    if module == "lint_rmw":
        return "__init__"
    if module.startswith("lint_rmw."):
        return module.removeprefix("lint_rmw.")
    return module.partition(".")[0]


def foreign(path: Path) -> set[str]:
    """What a module imports from outside the standard library."""
    return {name for name in imported(path) if name not in sys.stdlib_module_names and name != "__init__"}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    name = dotted(path)
    room = name.partition(".")[0]
    if room in DOORS:
        return
    allowed = IMPORTS.get(name, IMPORTS.get(room))
    wrong = {
        each
        for each in foreign(path)
        if (
            each in ONLY_IN_DOORS
            if allowed is None
            else each not in allowed and each.partition(".")[0] not in allowed
        )
    }
    if name == "__main__":
        wrong.discard("cli")
    assert wrong == set()


def test_no_rule_imports_another() -> None:
    names = {rule.name.replace("-", "_") for rule in rules()}
    crossed = {
        (dotted(path), each)
        for path in (PACKAGE / "rules").glob("*.py")
        for each in imported(path)
        if each.startswith("rules.") and each.removeprefix("rules.") in names
    }
    assert crossed == set()


def test_reports_know_findings_and_each_other_only() -> None:
    strangers = {
        (dotted(path), each)
        for path in (PACKAGE / "reports").glob("*.py")
        for each in foreign(path)
        if not each.startswith("reports") and each not in ("finding", "rich")
    }
    assert strangers == set()
    assert [dotted(path) for path in MODULES if "rich" in foreign(path) and path.stem != "cli_show"] == [
        "reports.text"
    ]


@cache
def _needs() -> dict[str, frozenset[str]]:
    return {
        dotted(path): frozenset(
            each for each in imported(path, for_types=False) if each in NAMES and each != dotted(path)
        )
        for path in MODULES
    }


def test_imports_run_downward_without_a_circle() -> None:
    needs = _needs()
    done: set[str] = set()
    while len(done) < len(needs):
        ready = {name for name, wanted in needs.items() if name not in done and wanted <= done}
        assert ready, f"a circle among {sorted(set(needs) - done)}"
        done |= ready


def test_the_syntax_library_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, lint_rmw.cli, lint_rmw.flake8_plugin, lint_rmw.lint; print('libcst' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_a_file_says_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(_tree(path))
    assert docstring
    assert docstring[0].isupper() or docstring[0] in '`"'
    assert docstring.splitlines()[0].endswith((".", ":", "?"))


VAGUE = frozenset({"utils", "util", "helpers", "common", "base", "core", "types", "misc", "manager"})


def test_no_file_or_class_has_a_name_that_says_nothing() -> None:
    assert [shown(path) for path in FILES if path.stem in VAGUE] == []
    classes = [
        (shown(path), name)
        for path in FILES
        for name in re.findall(r"^ *class (\w+)", path.read_text(), flags=re.MULTILINE)
        if re.search(r"(Utils?|Helpers?|Common|Base|Manager)$", name)
    ]
    assert classes == []


def test_no_file_of_the_package_is_too_long() -> None:
    long = {dotted(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: size for name, size in long.items() if size > MOST_LINES} == {}


UNWANTED = (
    "TO" + "DO",
    "FIX" + "ME",
    "X" + "XX",
    "false " + "positive",
    "false " + "negative",
    "mark.sk" + "ip",
    "mark.xf" + "ail",
    "pytest.sk" + "ip(",
    "/work" + "/",
    "/opt" + "/",
    "/tmp/" + "fx",
)


def test_no_file_holds_what_is_unfinished_or_belongs_to_one_machine() -> None:
    found = [
        (shown(path), word) for path in FILES for word in UNWANTED if word.lower() in path.read_text().lower()
    ]
    assert found == []


def _sections(docs: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", docs, flags=re.MULTILINE)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _example(text: str) -> str:
    found = re.fullmatch(r"```python\n(.+)\n```", text, flags=re.DOTALL)
    assert found, "a section of code holds one block of Python"
    return found[1]


def _codes(rule: Rule, code: str) -> set[str]:
    options = Options(select=(rule.code,), min_confidence=Confidence.LOW)
    return {finding.code for finding in lint(Source.from_text(f"{code}\n", "example.py"), options)}


by_name = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)


@by_name
def test_a_rule_is_documented_under_the_fixed_headings(rule: Rule) -> None:
    sections = _sections(rule.docs)
    assert tuple(sections) == HEADINGS
    assert all(sections.values())
    assert rule.summary == rule.docs.splitlines()[0]
    assert rule.summary.endswith(".")


@by_name
def test_a_rule_finds_its_own_example_and_not_the_cure(rule: Rule) -> None:
    sections = _sections(rule.docs)
    assert _codes(rule, _example(sections["Example"])) == {rule.code}
    cure = _example(sections["Use instead"])
    assert lint(Source.from_text(f"{cure}\n", "example.py"), Options(min_confidence=Confidence.LOW)) == ()


@by_name
def test_a_rule_has_a_code_that_flake8_takes_and_a_name_that_is_its_files(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{1,3}[0-9]{0,3}", rule.code)
    assert (PACKAGE / "rules" / f"{rule.name.replace('-', '_')}.py").exists()


def test_codes_and_names_are_given_once() -> None:
    assert len({rule.code for rule in rules()}) == len({rule.name for rule in rules()}) == len(rules())


@pytest.mark.parametrize("path", cases("bad.py"), ids=shown)
def test_a_message_is_one_lower_case_sentence_without_a_full_stop(path: Path) -> None:
    for finding in lint(Source.from_text(path.read_text(), shown(path)), Options()):
        for text in (finding.message, *(step.message for step in finding.steps)):
            assert text[0].islower()
            assert text == text.strip()
            assert not text.endswith(".")
            assert "\n" not in text


README = ROOT / "README.md"
MARKERS = ("<!-- rules -->", "<!-- /rules -->")


def rule_table() -> str:
    """The rules as a table of the README."""
    rows = [
        f"| {rule.code} | {rule.name} | {rule.summary.rstrip('.')} | {rule.severity.value} |"
        for rule in rules()
    ]
    return "\n".join(["| code | name | finds | severity |", "|---|---|---|---|", *rows])


def test_the_rule_table_of_the_readme_is_fresh(update: bool) -> None:
    begin, end = MARKERS
    fresh = f"{begin}\n{rule_table()}\n{end}"
    text = README.read_text() if README.exists() else f"# lint_rmw\n\n{begin}\n{end}\n"
    assert text.count(begin) == text.count(end) == 1
    shown_now = text[text.index(begin) : text.index(end) + len(end)]
    if update:
        README.write_text(text.replace(shown_now, fresh))
    else:
        assert shown_now == fresh, "run pytest --update"
