"""Every target of make works for settings beside the tool, also in a folder with a space."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT, write_settings
from tests.test_settings import PROJECT

# What concerns the tool alone, not the settings of a user.
OF_THE_TOOL = {"help", "test", "test-long", "format", "bench", "lock", "clean"}
DATABASE = "[database]\nmulti_az = {}\n"


def make(
    *words: str, folder: Path | None = None, dry: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run make with this Python's tools, so that nothing is installed."""
    stamps = (".venv/runtime", ".venv/development", ".emulator/ready", ".venv/bin/python")
    command = ["make", "--no-print-directory", f"BIN={Path(sys.executable).parent}"]
    command += [f"--assume-old={stamp}" for stamp in stamps] + ["--dry-run"] * dry
    command += [f"SETTINGS={folder}"] if folder else []
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "ENV")}
    return subprocess.run(
        [*command, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of its own with the settings of one environment, built."""
    folder = tmp_path_factory.mktemp("beside") / "acme's infra"
    write_settings(folder, PROJECT, staging=DATABASE.format("false"))
    built = make("build", folder=folder)
    assert built.returncode == 0, built.stderr
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--message=first")
    return folder


def test_build_writes_output_and_pictures_beside_the_settings(infra: Path) -> None:
    written = {path.name for path in (infra / "output" / "staging").iterdir()}

    assert {"manifest.json", "network.yaml", "system.yaml", "architecture.svg"} <= written
    assert (infra / "environments" / "settings.schema.json").is_file()


@pytest.mark.parametrize("target", sorted({*targets()} - OF_THE_TOOL))
def test_every_target_takes_the_settings_folder(target: str, infra: Path) -> None:
    given = ("ENV=staging", "TAG=7", "SNAPSHOT=x", "REPOSITORY=a/b", "CMD=x", "BASE=main")
    done = make(target, *given, folder=infra, dry=True)
    words = shlex.split(done.stdout)

    assert done.returncode == 0, done.stderr
    assert any(str(infra) in word for word in words), done.stdout
    assert not [word for word in words if word.startswith("output/")], done.stdout


def test_lint_cost_and_page_read_the_settings_folder(infra: Path) -> None:
    done = make("lint", "cost", "page", "ENV=staging", folder=infra)

    assert done.returncode == 0, done.stderr
    assert "staging, us-east-1, USD a month" in done.stdout
    assert (infra / "build" / "staging" / "index.html").is_file()


def test_diff_and_cost_ask_the_git_repository_of_the_settings(infra: Path) -> None:
    write_settings(infra, PROJECT, staging=DATABASE.format("true"))
    assert make("build", folder=infra).returncode == 0

    diff = make("diff", "BASE=main", folder=infra)
    cost = make("cost", "ENV=staging", "BASE=main", folder=infra)

    assert "shop-staging-database:" in diff.stdout, diff.stderr
    assert "MultiAZ" in diff.stdout
    assert "| DatabaseInstance |" in cost.stdout, cost.stderr


@pytest.mark.parametrize(
    ("words", "named"), [(["deploy"], "one of staging"), (["cost", "ENV=prod"], "/staging")]
)
def test_an_environment_that_is_not_there_is_answered_with_those_that_are(
    infra: Path, words: list[str], named: str
) -> None:
    done = make(*words, folder=infra)

    assert done.returncode == 2
    assert named in done.stderr
