"""A report says a whole run in the words of one reader: a person, a build server, a review tool.

`FORMATS` names every report there is; none of their modules is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from lint_rmw.finding import Outcome

Report = Callable[[Outcome], str]

_MODULES = {
    "text": "text",
    "json": "jsondoc",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "rdjson": "rdjson",
    "junit": "junit",
}


def _report(module: str) -> Report:
    def render(outcome: Outcome) -> str:
        text: str = import_module(f"lint_rmw.reports.{module}").render(outcome)
        return text

    return render


FORMATS: Mapping[str, Report] = MappingProxyType({name: _report(module) for name, module in _MODULES.items()})
"""The reports by the name of their format. What each returns ends with a line end, or is empty."""
