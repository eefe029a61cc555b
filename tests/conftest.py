"""What the tests share: the shipped settings, and the templates built from them."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from build import Built, build
from templates.settings import Settings, load_environments

ROOT = Path(__file__).parents[1]

settings.register_profile(
    "quick",
    max_examples=12,
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


@pytest.fixture(scope="session")
def environments() -> dict[str, Settings]:
    return {shipped.environment: shipped for shipped in load_environments(ROOT)}


@pytest.fixture(scope="session")
def production(environments: dict[str, Settings]) -> Settings:
    return environments["production"]


@pytest.fixture(scope="session")
def built(environments: dict[str, Settings]) -> dict[str, Built]:
    return {name: build(shipped) for name, shipped in environments.items()}


@pytest.fixture(scope="session")
def system(built: dict[str, Built]) -> dict[str, Any]:
    """The resources of production by system id: LoadBalancerListener, DatabaseInstance."""
    return dict(built["production"].system.template["Resources"])
