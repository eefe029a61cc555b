"""Provide what several tests need."""

import atexit
import contextlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from build import main
from templates.settings import Settings, load_environments
from tests.tools import need

ROOT = Path(__file__).parents[1]
# The example as it is shipped. Tests read it; they never read the settings of the user.
SETTINGS = ROOT / "tests" / "settings"
README_HEADING = "# A REST API on Fargate with PostgreSQL, as CloudFormation"

PROJECT = {
    "project": "shop",
    "region": "us-east-1",
    "account": {"hosted_zone": "example.com"},
    "network": {"zones": ["use1-az1", "use1-az2"]},
}


@cache
def example() -> Path:
    """Return a copy of SETTINGS with its output: a settings folder, built once a process."""
    folder = Path(tempfile.mkdtemp(prefix="example-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(SETTINGS, folder, dirs_exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["--settings", str(folder)]) == 0
    return folder


def example_output(environment: str = "production") -> Path:
    """Return the output folder of one environment of the example, to read only."""
    return example() / "output" / environment


def example_outputs() -> list[Path]:
    """Return the output folders of all environments of the example, by name."""
    return sorted((example() / "output").iterdir())


def example_settings(environment: str = "production") -> Settings:
    """Return the settings of one environment of the example."""
    return load_environments(SETTINGS, [environment])[0]


def readme() -> str:
    """Return the text of README.md; skip the test where a user wrote a README."""
    text = (ROOT / "README.md").read_text("utf-8")
    if text.partition("\n")[0] != README_HEADING:
        pytest.skip("README.md is not the shipped one: its first heading differs")
    return text


def need_shipped_tiers() -> None:
    """Skip a test that states a figure of the shipped tiers, where a user has added one."""
    readme()


def git(folder: Path, *arguments: str) -> str:
    """Return git's output in a folder, without the settings of the user who runs the tests."""
    program = need("git")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        [program, *who, *arguments],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def changed(settings: Settings, key: str, value: Any) -> Settings:
    """Return the same settings with one of them changed: changed(s, "api.rate_limit", 50)."""
    content = settings.model_dump()
    table = content
    *path, last = key.split(".")
    for part in path:
        table = table[part]
    table[last] = value
    return Settings.model_validate(content)


def write_settings(folder: Path, project: str, **environments: str) -> Path:
    """Return a settings folder with these files, as TOML text."""
    (folder / "environments").mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(project, "utf-8")
    for name, text in environments.items():
        (folder / "environments" / f"{name}.toml").write_text(text, "utf-8")
    return folder


def built_with(folder: Path, more: str) -> Path:
    """Build the example's development with more settings in a folder; return its output."""
    shutil.copytree(SETTINGS, folder, dirs_exist_ok=True)
    file = folder / "environments" / "development.toml"
    file.write_text(f"{file.read_text('utf-8')}{more}", "utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["--settings", str(folder), "development"]) == 0
    return folder / "output" / "development"


def properties(resources: Mapping[str, Any], system_id: str) -> dict[str, Any]:
    """Return the properties of one resource of a linked system."""
    return dict(resources[system_id]["Properties"])
