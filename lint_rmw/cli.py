"""The command line: the door to the commands; every failure is one line and an exit code, never a traceback."""

from __future__ import annotations

import signal
from collections.abc import Sequence

import click

from lint_rmw import __version__
from lint_rmw.baseline import BaselineError
from lint_rmw.cli_check import check
from lint_rmw.cli_fix import fix
from lint_rmw.cli_options import BROKEN, CLEAN, EXIT_CODES, INTERRUPTED, complain, leave
from lint_rmw.cli_show import config, doctor, explain, rules, stores, why
from lint_rmw.config import ConfigError
from lint_rmw.git import GitError
from lint_rmw.inspection import internal_error

_EPILOG = f"""{EXIT_CODES}

\b
Shell completion (add to the shell's start-up file):
  bash  eval "$(_LINT_RMW_COMPLETE=bash_source lint-rmw)"
  zsh   eval "$(_LINT_RMW_COMPLETE=zsh_source lint-rmw)"
  fish  _LINT_RMW_COMPLETE=fish_source lint-rmw | source

Configuration is read from [tool.lint-rmw] of the nearest pyproject.toml; `lint-rmw config` prints what is in force.
"""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(__version__, "-V", "--version", prog_name="lint-rmw")
def cli() -> None:
    """Finds stale read-modify-write in Python.

    A value is read from a store outside a critical section and written back inside it, over whatever another writer
    stored in between.
    """


for command in (check, fix, explain, rules, stores, config, doctor, why):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        result = cli.main(arguments, prog_name="lint-rmw", standalone_mode=False)
        code = result if isinstance(result, int) else CLEAN
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = BROKEN
    except click.UsageError as error:
        complain(f"error: {_told(error)}")
        code = BROKEN
    except click.ClickException as error:
        error.show()
        code = BROKEN
    except (ConfigError, GitError, BaselineError) as error:
        complain(f"error: {error}")
        code = BROKEN
    except (click.Abort, KeyboardInterrupt):
        # A second interrupt ends what is left of the process, and prints no traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        complain("interrupted")
        code = INTERRUPTED
    except BrokenPipeError:
        code = CLEAN
    except OSError as error:
        complain(f"error: {error.strerror or error}")
        code = BROKEN
    except Exception as error:
        complain(f"error: {internal_error(error)}")
        code = BROKEN
    leave(code)


def _told(error: click.UsageError) -> str:
    """What is wrong with the command line and where its options are explained, in one line."""
    text = error.format_message()
    command = error.ctx.command_path if error.ctx is not None else "lint-rmw"
    return f"{text[:1].lower()}{text[1:].rstrip('.')} (see `{command} --help`)"
