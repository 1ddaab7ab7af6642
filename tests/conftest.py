"""What the command line of a test run may ask for: rewrite what is generated, judge everything by the real store."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# On a busy machine, or before the tables of characters are cached, an input may take its time; that says nothing of us.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--update` and `--reference`."""
    group = parser.getgroup("lint_rmw")
    group.addoption("--update", action="store_true", help="rewrite fixed.py files and generated tables")
    group.addoption("--reference", action="store_true", help="judge every fixture by the real session store")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether generated files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update"))


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> bool:
    """Whether fixtures are judged by the real store, which takes minutes, and not by its model."""
    return bool(request.config.getoption("--reference"))
