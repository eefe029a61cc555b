"""Provide the example's settings and the templates built from them."""

import os
import signal
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from build import Built, build
from templates.settings import Settings, load_environments
from tests.helpers import SETTINGS
from tests.reliability import record_marked

# A background job of a script starts with SIGINT ignored, and so would every program that a
# test starts in order to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "quick",
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long",
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say in a test's report which fault it tries; keep a file's tests on one worker."""
    for item in items:
        for mark in item.iter_markers("fault"):
            item.user_properties.append(("fault", [*mark.args]))
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    # The longest ones come last in their file, and the load of a rotation is the longest.
    longest = [item for item in items if item.get_closest_marker("faults")]
    items[:] = [*reversed(longest), *(item for item in items if item not in longest)]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print a line for each reason why tests were skipped, such as a missing tool."""
    if "fault" in config.option.markexpr.split():
        record_marked(terminalreporter.stats)
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"SKIPPED [{tests}] {reason}")


@pytest.fixture(scope="session")
def environments() -> dict[str, Settings]:
    return {each.environment: each for each in load_environments(SETTINGS)}


@pytest.fixture(scope="session")
def production(environments: dict[str, Settings]) -> Settings:
    return environments["production"]


@pytest.fixture(scope="session")
def built(environments: dict[str, Settings]) -> dict[str, Built]:
    return {name: build(settings) for name, settings in environments.items()}


@pytest.fixture(scope="session")
def system(built: dict[str, Built]) -> dict[str, Any]:
    """Return the resources of production by system id: LoadBalancerListener,
    DatabaseInstance."""
    return dict(built["production"].system.template["Resources"])
