"""The commands of docs/own-settings.md and docs/upgrading.md work as they are written.

Two repositories on this machine replace the hosted ones: `upstream` is the tool with two
versions, and `hosted` is the fork.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cfnlink.version import version
from tests.copies import copy_repository
from tests.helpers import ROOT
from tests.shell import INSTALLED
from tests.tools import need

pytestmark = pytest.mark.long
URL = "https://github.com/OWNER/cloudformation-generator.git"
NEXT = ".".join([*version().split(".")[:-1], "999"])
# What the next version changes in every environment: a default of the settings.
CHANGE = ('] = "/health"\n', '] = "/healthz"\n')


@dataclass(frozen=True)
class Place:
    """A folder for repositories, and a way to run commands in it."""

    folder: Path
    environment: dict[str, str]

    def run(self, where: str, *words: str) -> str:
        """Run one command that must succeed; return its output."""
        done = self.tried(where, *words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def tried(self, where: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            words,
            cwd=self.folder / where,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def follow(self, where: str, block: str) -> str:
        """Run the commands of a page line by line; `cd` changes where the others run.

        A merge may end with conflicts, which the lines after it resolve.
        """
        said = []
        for line in block.splitlines():
            if line.startswith("cd "):
                where = str(Path(where, line.removeprefix("cd ")))
                continue
            done = self.tried(where, "bash", "-c", line)
            said.append(done.stdout + done.stderr)
            assert done.returncode == 0 or line.startswith("git merge"), f"{line}: {said[-1]}"
        return "".join(said)


def blocks(page: str) -> list[str]:
    """Return the shell commands of a page, block by block, for the version after this one."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in found]


def to_next(block: str) -> str:
    """Return the commands of an upgrade to 0.2.0, for the version after this one."""
    assert "0.2.0" in block
    return block.replace("0.2.0", NEXT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return `upstream` with this version, and a make that installs nothing."""
    folder = tmp_path_factory.mktemp("hosts")
    tools = folder / "bin"
    tools.mkdir()
    need("git")
    # The tool's folder may have a space in its path, which BIN may not.
    (folder / "python").symlink_to(sys.prefix)
    bin_ = folder / "python" / Path(sys.executable).parent.name
    command = shlex.join([str(shutil.which("make")), f"BIN={bin_}", *INSTALLED])
    (tools / "make").write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    (tools / "make").chmod(0o755)
    config = folder / "gitconfig"
    config.write_text(
        "[user]\nname = A\nemail = a@acme.example\n[init]\ndefaultBranch = main\n"
        f'[url "{folder / "upstream"}"]\ninsteadOf = {URL}\n[advice]\ndetachedHead = false\n'
    )
    environment = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(folder),
    }
    made = Place(folder, environment)
    upstream = copy_repository(folder / "upstream")
    made.run("upstream", "git", "init")
    release(made, version())
    made.run("upstream", "git", "checkout", "--detach")
    edit(upstream / "templates" / "settings" / "service.py", *CHANGE)
    edit(upstream / "setup.cfg", f"version = {version()}\n", f"version = {NEXT}\n")
    release(made, NEXT)
    made.run("upstream", "git", "checkout", "main")
    return made


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(before) == 1, file
    file.write_text(text.replace(before, after), "utf-8")


def release(place: Place, tag: str) -> None:
    place.run("upstream", "make", "build")
    place.run("upstream", "git", "add", "--all")
    place.run("upstream", "git", "commit", "--message", tag)
    place.run("upstream", "git", "tag", f"v{tag}")


@pytest.fixture(scope="module")
def forked(place: Place) -> Place:
    """Also a fork that is hosted, and its clone, in which the project is made the user's."""
    place.run(".", "git", "clone", "--bare", "upstream", "fork-hosted")
    place.run(".", "git", "clone", "fork-hosted", "fork")
    place.follow("fork", blocks("own-settings.md")[0])
    return place


def fork(place: Place, name: str) -> None:
    """Return a copy of this fork and of its clone for one test."""
    for kind in ("-hosted", ""):
        source, copy = (place.folder / f"{each}{kind}" for each in ("fork", name))
        shutil.copytree(source, copy, symlinks=True)
    place.run(name, "git", "remote", "set-url", "origin", str(place.folder / f"{name}-hosted"))


def manifest(folder: Path, environment: str = "production") -> dict[str, Any]:
    file = folder / "output" / environment / "manifest.json"
    return dict(json.loads(file.read_text("utf-8")))


def health_path(folder: Path, environment: str = "production") -> str:
    text = (folder / "output" / environment / "load_balancer.json").read_text("utf-8")
    group = json.loads(text)["Resources"]["TargetGroup"]["Properties"]
    return str(group["HealthCheckPath"])


@pytest.mark.parametrize("keeps_staging", [True, False])
def test_a_renamed_fork_takes_a_new_version(forked: Place, keeps_staging: bool) -> None:
    place = forked
    name = f"fork-{keeps_staging}"
    folder = place.folder / name
    fork(place, name)
    if not keeps_staging:  # git has a conflict for a file that only one side deleted
        removed = ("environments/staging.toml", "output/staging")
        place.run(name, "git", "rm", "-r", "--quiet", *removed)
        place.run(name, "git", "commit", "--message", "No staging")

    said = place.follow(name, to_next(blocks("upgrading.md")[0]))

    assert ("CONFLICT" in said) == (not keeps_staging), said
    assert "HealthCheckPath" in said
    assert (manifest(folder)["project"], manifest(folder)["generator"]) == ("acme", NEXT)
    assert health_path(folder) == "/healthz"
    assert (folder / "output" / "staging").exists() == keeps_staging
    assert len(place.run(name, "git", "log", "-1", "--format=%P").split()) == 2
    place.run(name, "make", "build")
    assert place.run(name, "git", "status", "--porcelain") == ""


def test_a_clone_without_the_driver_has_conflicts_in_output(forked: Place) -> None:
    place = forked
    fork(place, "first")
    place.run("first", "git", "push", "origin", "main")
    place.run(".", "git", "clone", "first-hosted", "second")
    place.run("second", "git", "fetch", URL, f"v{NEXT}")

    without = place.tried("second", "git", "merge", "--no-commit", "FETCH_HEAD")
    place.run("second", "git", "merge", "--abort")
    place.follow("second", blocks("upgrading.md")[2])
    place.run("second", "git", "merge", "--no-commit", "FETCH_HEAD")

    assert "CONFLICT (content): Merge conflict in output/production/" in without.stdout
    assert manifest(place.folder / "second")["project"] == "acme"


def test_settings_beside_the_tool_are_built_with_a_new_version(place: Place) -> None:
    (place.folder / "desk").mkdir()
    place.follow("desk", blocks("own-settings.md")[1])
    infra = place.folder / "desk" / "acme-infra"
    before = (manifest(infra)["generator"], health_path(infra))

    said = place.follow("desk/cloudformation-generator", to_next(blocks("upgrading.md")[1]))

    assert before == (version(), "/health")
    assert (manifest(infra)["generator"], health_path(infra)) == (NEXT, "/healthz")
    assert "HealthCheckPath" in said
    assert place.run("desk/acme-infra", "git", "status", "--porcelain") == ""


def test_a_branch_takes_main_in_before_it_is_merged_on_the_server(forked: Place) -> None:
    place = forked
    fork(place, "team")
    folder = place.folder / "team"
    place.run("team", "git", "checkout", "-b", "branch")
    change(place, "team", "development", "health_path = '/one'")
    place.run("team", "git", "push", "--set-upstream", "origin", "branch")
    place.run("team", "git", "checkout", "main")
    change(place, "team", "staging", "health_path = '/two'")
    place.run("team", "git", "push", "origin", "main")
    place.run("team", "git", "checkout", "branch")

    place.follow("team", blocks("upgrading.md")[3])

    assert health_path(folder, "development") == "/one"
    assert health_path(folder, "staging") == "/two"
    assert (
        place.run("team", "git", "status", "--porcelain", "--branch")
        == "## branch...origin/branch\n"
    )


def change(place: Place, where: str, environment: str, line: str) -> None:
    """Commit a setting of the service, with its output."""
    edit(
        place.folder / where / "environments" / f"{environment}.toml",
        "[service]\n",
        f"[service]\n{line}\n",
    )
    place.run(where, "make", "build")
    place.run(where, "git", "commit", "--all", "--message", line)
