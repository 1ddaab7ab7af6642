"""The command line as its users meet it: options, exit codes, streams, and the same answer whichever way it is asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lint_rmw import silence
from lint_rmw.lint import Options
from lint_rmw.source import Source
from tests.doors import FRESH, REPOSITORY, STALE, UNFIXED, Done, lint_rmw, process, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path) -> Callable[..., Done]:
    """Runs the command line in `here`."""
    return lambda *arguments: lint_rmw(*arguments, cwd=here)


EXIT_CODES: list[tuple[str, list[str], int]] = [
    ("a clean file", ["check", "fresh.py"], 0),
    ("a finding", ["check", "stale.py"], 1),
    ("a folder with a finding", ["check", "."], 1),
    ("the working directory by default", ["check"], 1),
    ("findings that may not fail", ["check", "--exit-zero", "stale.py"], 0),
    ("a rule that is not selected", ["check", "--select", "RMW102", "stale.py"], 0),
    ("a rule by its name", ["check", "--select", "stale-entry-overwrite", "stale.py"], 1),
    ("an ignored rule", ["check", "--ignore", "RMW1", "stale.py"], 0),
    (
        "an ignored prefix, a longer one selected",
        ["check", "--ignore", "RMW1", "--select", "RMW101", "stale.py"],
        1,
    ),
    ("a missing path", ["check", "nowhere.py"], 2),
    ("a missing path that may not fail", ["check", "--exit-zero", "nowhere.py"], 2),
    ("a missing path beside a clean file", ["check", "fresh.py", "nowhere.py"], 2),
    ("a folder without Python", ["check", "empty"], 2),
    ("a file that does not parse", ["check", "broken.py"], 2),
    ("an unknown option", ["check", "--nope"], 2),
    ("an unknown command", ["chekc"], 2),
    ("an unknown format", ["check", "--format", "xml", "."], 2),
    ("an unknown rule", ["check", "--select", "RMW999", "fresh.py"], 2),
    ("an unknown confidence", ["check", "--min-confidence", "sure", "fresh.py"], 2),
    ("no processes", ["check", "-j", "0", "fresh.py"], 2),
    ("a baseline that is missing", ["check", "--baseline", "none.json", "fresh.py"], 2),
    ("a strict baseline without one", ["check", "--strict-baseline", "fresh.py"], 2),
    ("two changes at once", ["check", "--diff-base", "main", "--diff-file", "x", "fresh.py"], 2),
    ("a change without a repository", ["check", "--diff-base", "main", "fresh.py"], 2),
    ("standard input beside a file", ["check", "-", "fresh.py"], 2),
    ("a name for no standard input", ["check", "--stdin-filename", "x.py", "fresh.py"], 2),
    ("no rule at all", ["check", "--select", ",", "fresh.py"], 2),
    ("nothing ignored", ["check", "--ignore", "", "fresh.py"], 0),
    ("no command", [], 2),
    ("recording a part of the findings", ["check", "--staged", "--write-baseline", "b.json"], 2),
    ("a baseline written", ["check", "--write-baseline", "b.json", "stale.py"], 0),
    ("a baseline that cannot be written", ["check", "--write-baseline", "empty", "stale.py"], 2),
    ("a report that cannot be written", ["check", "--output", "empty", "stale.py"], 2),
    ("a diff that is missing", ["check", "--diff-file", "none.diff", "fresh.py"], 2),
    ("suppressions in bulk", ["check", "--add-suppressions", "one writer", "stale.py"], 0),
    ("suppressions without a reason", ["check", "--add-suppressions", " ", "stale.py"], 2),
    ("a finding that is fixed", ["fix", "stale.py"], 0),
    ("a finding that is not fixed", ["fix", "--unsafe-fixes", "unfixed.py"], 1),
    ("a finding that would be fixed", ["fix", "--unsafe-fixes", "--check", "stale.py"], 1),
    ("a finding whose fix is shown", ["fix", "--unsafe-fixes", "--diff", "stale.py"], 1),
    ("a file that does not parse, to fix", ["fix", "broken.py"], 2),
    ("nothing to fix", ["fix", "fresh.py"], 0),
    ("nothing to fix, checked", ["fix", "--check", "fresh.py"], 0),
    ("a missing path to fix", ["fix", "nowhere.py"], 2),
    ("a rule explained", ["explain", "RMW101"], 0),
    ("a rule explained by name", ["explain", "stale-entry-overwrite"], 0),
    ("an unknown rule explained", ["explain", "RMW111"], 2),
    ("many rules explained at once", ["explain", "RMW1"], 2),
    ("the rules", ["rules"], 0),
    ("the stores", ["stores"], 0),
    ("the configuration", ["config"], 0),
    ("the configuration of a missing path", ["config", "nowhere.py"], 2),
    ("a project with nothing in the way", ["doctor"], 0),
    ("a line that is explained", ["why", "stale.py:11"], 0),
    ("a line of nothing", ["why", "stale.py"], 2),
    ("a line beyond the end", ["why", "stale.py:99"], 2),
    ("a line of a missing file", ["why", "nowhere.py:1"], 2),
    ("help", ["--help"], 0),
    ("the version", ["--version"], 0),
]


@pytest.mark.parametrize(("arguments", "code"), [c[1:] for c in EXIT_CODES], ids=[c[0] for c in EXIT_CODES])
def test_exit_code(run: Callable[..., Done], here: Path, arguments: list[str], code: int) -> None:
    write(here, stale=STALE, fresh=FRESH)
    if "unfixed.py" in arguments:
        write(here, unfixed=UNFIXED)
    (here / "broken.py").write_text("update_session_store(\n") if "broken.py" in arguments else None
    (here / "empty").mkdir()
    done = run(*arguments)
    assert (done.code, "Traceback" in done.err) == (code, False), done


MISTAKEN: list[tuple[list[str], str]] = [
    (["chekc"], "no such command 'chekc'. Did you mean 'check'? (see `lint-rmw --help`)"),
    (["check", "--fromat", "json"], "Did you mean '--format'? (see `lint-rmw check --help`)"),
    (["check", "--format", "jsn"], "unknown word 'jsn'; did you mean 'json'? (see `lint-rmw check --help`)"),
    (["check", "--min-confidence", "hihg"], "unknown word 'hihg'; did you mean 'high'?"),
    (["check", "--min-confidence", "3"], "unknown word '3'; known are high, medium, low"),
    (["check", "--select", ""], "invalid value for '--select': no rule is named"),
    (["check", "--select", "RMW1O1"], "command line: select: unknown rule 'RMW1O1'; did you mean 'RMW101'?"),
    (["check", "-j"], "option '-j' requires an argument"),
    (["why", "a.py"], "expected FILE:LINE, got 'a.py' (see `lint-rmw why --help`)"),
    (["explain"], "missing argument 'RULE'"),
    (["config", "nowhere.py"], "nowhere.py does not exist"),
]


@pytest.mark.parametrize(("arguments", "told"), MISTAKEN, ids=[" ".join(a) for a, _ in MISTAKEN])
def test_a_mistake_on_the_command_line_is_one_line_that_says_what_to_do(
    run: Callable[..., Done], arguments: list[str], told: str
) -> None:
    done = run(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ") and told in done.err


def test_the_same_findings_with_one_process_and_with_two(run: Callable[..., Done], here: Path) -> None:
    for number in range(12):
        write(here, **{f"module{number}": STALE.replace("rename", f"rename{number}")})
    (here / "broken.py").write_text("update_session_store(\n")
    one, two = run("check", "--format", "json", "-j", "1"), run("check", "--format", "json", "-j", "2")
    assert one == two
    assert len(json.loads(one.out)["findings"]) == 12


def test_json_holds_paths_relative_to_the_working_directory(run: Callable[..., Done], here: Path) -> None:
    (here / "a b").mkdir()
    write(here / "a b", é=STALE)
    document = json.loads(run("check", "--format", "json", str(here)).out)
    assert [f["path"] for f in document["findings"]] == ["a b/é.py"]
    assert document["summary"]["files"] == 1
    assert document["findings"][0]["fingerprint"]


def test_standard_input_has_the_name_it_is_given(here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.lint-rmw.per-file-ignores]\n"quiet/*" = ["RMW101"]\n')
    loud = lint_rmw("check", "-", "--stdin-filename", "loud/a.py", cwd=here, stdin=STALE)
    assert (loud.code, loud.out.partition(":")[0]) == (1, "loud/a.py")
    assert lint_rmw("check", "-", "--stdin-filename", "quiet/a.py", cwd=here, stdin=STALE).code == 0
    assert lint_rmw("check", "-", cwd=here, stdin=STALE).code == 1


def test_exclude_can_be_forced_upon_what_is_named(run: Callable[..., Done], here: Path) -> None:
    (here / "gen").mkdir()
    (here / "pyproject.toml").write_text('[tool.lint-rmw]\nexclude = ["gen/"]\n')
    write(here / "gen", stale=STALE)
    assert run("check", "gen/stale.py").code == run("check", "gen").code == 1
    for named in ("gen/stale.py", "gen", str(here / "gen")):
        done = run("check", "--force-exclude", named)
        assert (done.code, done.out) == (0, "no findings in 0 files\n")
        assert run("fix", "--force-exclude", "--unsafe-fixes", named).code == 0
    assert (here / "gen" / "stale.py").read_text() == STALE
    piped = ("--force-exclude", "-", "--stdin-filename", "gen/stale.py")
    assert lint_rmw("check", *piped, cwd=here, stdin=STALE).code == 0
    fixed = lint_rmw("fix", "--unsafe-fixes", *piped, cwd=here, stdin=STALE)
    assert (fixed.code, fixed.out) == (0, STALE)
    assert lint_rmw("fix", "--diff", *piped, cwd=here, stdin=STALE).out == ""
    assert run("check", "--force-exclude", "gen/stale.py", "nowhere.py").code == 2


def test_a_report_in_a_file_leaves_standard_output_empty(run: Callable[..., Done], here: Path) -> None:
    write(here, stale=STALE)
    done = run("check", "--format", "sarif", "--output", "report.sarif")
    assert (done.code, done.out) == (1, "")
    assert json.loads((here / "report.sarif").read_text())["version"] == "2.1.0"
    assert sorted(p.name for p in here.iterdir()) == ["report.sarif", "stale.py"]


def test_statistics_count_the_findings_of_each_rule(run: Callable[..., Done], here: Path) -> None:
    write(here, one=STALE, two=STALE)
    assert "     2  RMW101  stale-entry-overwrite\n" in run("check", "--statistics").out
    machine = run("check", "--statistics", "--format", "json")
    assert json.loads(machine.out) and "     2  RMW101  stale-entry-overwrite\n" in machine.err


def test_github_totals_go_to_the_job_summary(here: Path) -> None:
    write(here, stale=STALE)
    summary = here / "summary.md"
    done = lint_rmw("check", "--format", "github", cwd=here, GITHUB_STEP_SUMMARY=str(summary))
    assert done.out.startswith("::error file=stale.py")
    assert "RMW101" in summary.read_text()


def test_a_terminal_gets_colours_and_a_pipe_or_no_color_does_not(here: Path) -> None:
    write(here, stale=STALE)
    assert "\033[" in _on_a_terminal(here, "check")
    assert "\033[" not in _on_a_terminal(here, "check", NO_COLOR="1")
    assert "\033[" in _on_a_terminal(here, "explain", "RMW101")
    assert "\033[" not in process("check", cwd=here).out


def _on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    ours, theirs = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "lint_rmw", *arguments],
        cwd=folder,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**plain, "TERM": "xterm-256color", "PYTHONPATH": str(REPOSITORY), **environment},
    ):
        os.close(theirs)
        read = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:
                break
            if not more:
                break
            read += more
    os.close(ours)
    return read.decode()


def test_starting_up_imports_no_concrete_syntax(here: Path) -> None:
    write(here, plain="x = 1\n")
    program = "import sys, lint_rmw.cli as c\ntry: c.main(['check', 'plain.py'])\nexcept SystemExit: pass\n"
    asked = program + "print('libcst' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=here,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.stdout.splitlines()[-1] == "False", done


def test_explain_prints_markdown_in_a_pipe(run: Callable[..., Done]) -> None:
    out = run("explain", "unused-suppression").out
    assert out.startswith("# RMW901 unused-suppression\n\n## What it does\n")


def test_an_unknown_rule_names_the_nearest(run: Callable[..., Done]) -> None:
    assert "did you mean 'stale-entry-overwrite'?" in run("explain", "stale-entry-overwrites").err


def test_rules_lists_each_rule_once(run: Callable[..., Done]) -> None:
    codes = [line.split()[0] for line in run("rules").out.splitlines()]
    assert codes == sorted(set(codes)) and {"RMW101", "RMW901", "RMW902", "RMW903"} <= set(codes)


def test_stores_prints_the_patterns(run: Callable[..., Done]) -> None:
    assert "update_session_store(store_path=STORE, mutator=BODY(FRESH), ...)" in run("stores").out


def test_why_hands_over_to_the_analysis(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, fresh=FRESH)
    asked: list[tuple[str, int]] = []

    def explain_silence(source: Source, options: Options, line: int) -> list[str]:
        asked.append((source.path, line))
        return ["the fresh entry is used"]

    monkeypatch.setattr(silence, "explain_silence", explain_silence)
    assert run("why", "fresh.py:9").out == "the fresh entry is used\n"
    assert asked == [("fresh.py", 9)]


def test_a_bug_of_ours_is_one_line_too(
    run: Callable[..., Done], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: object) -> list[str]:
        raise KeyError("two\nlines")

    write(here, fresh=FRESH)
    monkeypatch.setattr(silence, "explain_silence", trip)
    done = run("why", "fresh.py:9")
    assert (done.code, done.err.count("\n"), done.out) == (2, 1, "")
    assert done.err.startswith("error: internal error, please report it: KeyError at test_cli.py:")


def test_config_prints_values_with_their_origin(run: Callable[..., Done], here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.lint-rmw]\nselect = ["RMW1"]\nexclude = ["gen/"]\n')
    lines = run("config", "--ignore", "RMW104").out.splitlines()
    origins = {line.partition(" = ")[0]: line.rpartition("# ")[2] for line in lines}
    assert origins["select"] == "pyproject.toml"
    assert origins["exclude"] == "pyproject.toml"
    assert origins["ignore"] == "command line"
    assert origins["min-confidence"] == "default"
    assert "RMW101" in lines[-1] and "RMW104" not in lines[-1] and "RMW901" not in lines[-1]


def test_help_names_the_exit_codes_and_shell_completion(run: Callable[..., Done]) -> None:
    out = run("--help").out
    assert "130  interrupted" in out and "_LINT_RMW_COMPLETE=zsh_source" in out


@pytest.mark.parametrize("command", ["check", "fix", "why"])
def test_help_shows_how_to_use_a_command(run: Callable[..., Done], command: str) -> None:
    out = run(command, "--help").out
    assert f"\n    lint-rmw {command} " in out and "Exit codes:" in out
    assert max(map(len, out.splitlines())) <= 110


def test_the_list_of_commands_cuts_no_sentence(run: Callable[..., Done]) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]


def test_every_option_of_every_command_has_help(run: Callable[..., Done]) -> None:
    from lint_rmw.cli import cli

    options = [p for c in cli.commands.values() for p in c.params if p.param_type_name == "option"]
    assert options and all(getattr(option, "help", None) for option in options)


def test_completion_script_is_offered(here: Path) -> None:
    done = process(cwd=here, _LINT_RMW_COMPLETE="bash_source")
    assert "_lint_rmw_completion" in done.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--write-baseline", "b", "--output", "o"], "--write-baseline makes no report"),
        (["--add-suppressions", "r", "--output", "o"], "--add-suppressions makes no report"),
        (["--add-suppressions", "r", "--write-baseline", "b"], "exclude each other"),
    ],
)
def test_options_that_would_be_passed_over_are_refused(tmp_path: Path, options: list[str], told: str) -> None:
    write(tmp_path, a=STALE)
    done = lint_rmw("check", *options, cwd=tmp_path)
    assert (done.code, told in done.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_rules_are_completed(tmp_path: Path) -> None:
    done = process(
        cwd=tmp_path,
        _LINT_RMW_COMPLETE="bash_complete",
        COMP_WORDS="lint-rmw explain stale-w",
        COMP_CWORD="2",
    )
    assert done.out == "plain,stale-wins-merge\n"
