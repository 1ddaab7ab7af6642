"""The other door: the same findings as the command line, under flake8's contract.

flake8 applies its own selection and `noqa`; an error of ours is reported as RMW900 and never ends its run.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lint_rmw import __version__
from lint_rmw.config import Config, ConfigError, Configs
from lint_rmw.finding import Confidence, Finding
from lint_rmw.inspection import internal_error, judge, known_rules, options_for, worth_reading
from lint_rmw.source import Source, SourceError

INTERNAL = "RMW900"

Report = tuple[int, int, str, type["Plugin"]]


class Plugin:
    """What flake8 makes once for each file: it hands over the tree and the lines it has read."""

    name = "lint-rmw"
    version = __version__
    _select: ClassVar[tuple[str, ...] | None] = None
    _ignore: ClassVar[tuple[str, ...]] = ()
    _enable: ClassVar[tuple[str, ...]] = ()
    _min_confidence: ClassVar[str | None] = None
    _configs: ClassVar[dict[Path, Configs]] = {}

    def __init__(self, tree: ast.Module, lines: Sequence[str], filename: str) -> None:
        self._tree = tree
        self._lines = lines
        self._filename = filename

    @staticmethod
    def add_options(manager: Any) -> None:
        """Registers our options; each can also stand in flake8's configuration file."""
        for name, text in (
            ("select", "Rules of lint-rmw to apply, instead of `select` of [tool.lint-rmw]."),
            ("ignore", "Rules of lint-rmw to leave out, besides `ignore` of [tool.lint-rmw]."),
            ("enable", "Rules of lint-rmw that are off by default and should be on."),
        ):
            manager.add_option(
                f"--rmw-{name}", default="", parse_from_config=True, comma_separated_list=True, help=text
            )
        manager.add_option(
            "--rmw-min-confidence",
            default="",
            parse_from_config=True,
            help="Least confidence of findings of lint-rmw: high, medium or low.",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Takes over our options; a wrong value is reported when a file is checked, since flake8 hides errors here."""
        cls._select = tuple(options.rmw_select) or None
        cls._ignore = tuple(options.rmw_ignore)
        cls._enable = tuple(options.rmw_enable)
        cls._min_confidence = options.rmw_min_confidence or None
        cls._configs = {}

    def run(self) -> Iterator[Report]:
        """The findings as flake8 takes them: 1-based lines, 0-based columns in characters, each once."""
        try:
            found = self._found()
        except (ConfigError, SourceError) as error:
            found = [(1, 0, f"{INTERNAL} {' '.join(str(error).split())}")]
        except (RecursionError, MemoryError):
            found = [(1, 0, f"{INTERNAL} the file is nested too deep to analyse")]
        except Exception as error:
            found = [(1, 0, f"{INTERNAL} {internal_error(error)}")]
        for line, column, text in dict.fromkeys(found):
            yield line, column, text, type(self)

    def _found(self) -> list[tuple[int, int, str]]:
        path = Path(self._filename)
        config = self._config(path.parent)
        if config.leaves_out(path):
            # flake8 does not say whether a file was named or found, and most are found.
            return []
        options = options_for(config, path)
        text = "".join(self._lines)
        if not worth_reading(text.encode("utf-8", "surrogatepass"), options):
            return []
        source = Source.from_text(text, self._filename)
        shown = judge(source, options, noqa=False, tree=self._tree).shown
        return [_reported(finding) for finding in sorted(shown, key=Finding.sort_key)]

    def _config(self, folder: Path) -> Config:
        here = Path.cwd()
        configs = self._configs.setdefault(here, Configs(known_rules()))
        said = self._select
        config = configs.nearest(folder)
        if self._enable:
            # On top of what is on anyway, or of what was selected.
            said = (*(said or config.select or ("RMW",)), *self._enable)
        return config.overridden(
            said, self._ignore, _confidence(self._min_confidence), known_rules(), "flake8: rmw"
        )


def _confidence(text: str | None) -> Confidence | None:
    try:
        return Confidence(text) if text else None
    except ValueError:
        known = ", ".join(level.value for level in Confidence)
        raise ConfigError(
            f"flake8: rmw-min-confidence: unknown confidence {text!r}; known are {known}"
        ) from None


def _reported(finding: Finding) -> tuple[int, int, str]:
    return finding.span.start.line, finding.span.start.column - 1, f"{finding.code} {finding.message}"
