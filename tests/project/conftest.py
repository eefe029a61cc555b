"""Find the user's own settings: the folder SETTINGS of the environment, or the root."""

import os
from pathlib import Path

import pytest

from build import Built, build
from templates.settings import Settings, SettingsError, load_environments
from tests.helpers import ROOT

TYPED = Path(os.environ.get("SETTINGS") or os.path.relpath(ROOT))
FOLDER = TYPED.resolve()
NAMES = sorted(path.stem for path in (FOLDER / "environments").glob("[!.]*.toml"))


@pytest.fixture(scope="session")
def folder() -> Path:
    return FOLDER


@pytest.fixture(scope="session")
def outputs() -> list[str]:
    """Return the output folders as make names them, so that lint finds its cached answer."""
    return [str(TYPED / "output" / name) for name in NAMES]


@pytest.fixture(scope="session")
def environments() -> dict[str, Settings]:
    try:
        return {each.environment: each for each in load_environments(FOLDER)}
    except SettingsError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def built(environments: dict[str, Settings]) -> dict[str, Built]:
    return {name: build(settings) for name, settings in environments.items()}
