"""The package as pip installs it, apart from the clone, on a folder with a manifest."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from cfnlink.commands import COMMANDS
from tests.helpers import ROOT, example_output, git

PIP: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of the package, built from a copy of what git has."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ["setup.cfg", "pyproject.toml", "LICENSE", "cfnlink", "requirements"]:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / "source" / name, ignore=ignored)
        else:
            (folder / "source").mkdir(exist_ok=True)
            shutil.copy(source, folder / "source")
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    subprocess.run([*PIP, *words, folder, folder / "source"], check=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a new environment with the package and our libraries."""
    folder = tmp_path_factory.mktemp("a venv")
    venv.create(folder)
    (site,) = folder.glob("lib/python*/site-packages")
    # The libraries are those of this environment, without what it has of the clone.
    libraries = Path(shutil.__file__).parent if sys.prefix == sys.base_prefix else own_site()
    for library in libraries.iterdir():
        if "cfnlink" not in library.name and library.suffix != ".pth":
            (site / library.name).symlink_to(library)
    words = ["--python", str(folder), "install", "--no-deps", "--no-index"]
    subprocess.run([*PIP, *words, str(wheel)], check=True)
    return folder / "bin"


def own_site() -> Path:
    (found,) = Path(sys.prefix).glob("lib/python*/site-packages")
    return found


def cfn_lint(installed: Path) -> Path:
    """Return the script of cfn-lint, as pip writes it beside the package's own."""
    script = installed / "cfn-lint"
    code = "import sys; from cfnlint.runner import main; sys.exit(main())"
    script.write_text(f"#!/bin/sh\nexec '{installed}/python' -c '{code}' \"$@\"\n")
    script.chmod(0o755)
    return script


def run(program: Path, *words: str | Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a program in a folder, with nothing of this clone in its environment."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    tracked = {
        name
        for name in git(ROOT, "ls-files", "cfnlink").splitlines()
        if not name.startswith("cfnlink/plugin/") and (ROOT / name).exists()
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert names == tracked


@pytest.mark.long
def test_the_installed_programs_work_on_a_copy_of_the_output(
    installed: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(example_output("staging"), tmp_path / "my stacks")
    (folder / "architecture.svg").unlink(missing_ok=True)

    lint = run(installed / "cfnlink", "lint", folder, folder=tmp_path)
    draw = run(installed / "cfnlink", "draw", folder, folder=tmp_path)
    cost = run(installed / "cfnlink", "cost", folder, folder=tmp_path)
    words = [str(folder / "network.yaml"), "--append-rules", "cfnlink.rules"]
    stock = run(cfn_lint(installed), *words, folder=tmp_path)
    role = ["deploy-role", str(folder), "--repository", "a/b", "--output", "role"]
    written = run(installed / "cfnlink", *role, folder=tmp_path)

    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
    assert (draw.returncode, draw.stderr) == (0, "")
    assert (folder / "architecture.svg").read_text("utf-8").startswith("<svg")
    assert (cost.returncode, cost.stderr) == (0, "")
    assert (stock.returncode, stock.stdout, stock.stderr) == (0, "", "")
    assert written.returncode == 0, written.stderr
    assert (tmp_path / ".cache" / "cfnlink" / "checks").is_dir()


@pytest.mark.long
def test_every_installed_command_shows_its_help(installed: Path, tmp_path: Path) -> None:
    for name in COMMANDS:
        done = run(installed / "cfnlink", name, "--help", folder=tmp_path)

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"Usage: cfnlink {name} ")


@pytest.mark.long
def test_what_needs_a_clone_says_that_there_is_none(installed: Path, tmp_path: Path) -> None:
    for words in (("init", "--settings", "x"), ("emulator",)):
        done = run(installed / "cfnlink", *words, folder=tmp_path)

        assert done.returncode == 2
        assert "no clone of the generator; fix: " in done.stderr


@pytest.mark.long
def test_the_hooks_of_pre_commit_run_the_installed_programs(
    installed: Path, tmp_path: Path
) -> None:
    folder = faulty_copy(tmp_path / "stacks")
    hooks = {hook["id"]: hook for hook in read_yaml(ROOT / ".pre-commit-hooks.yaml")}
    assert [hook["language"] for hook in hooks.values()] == ["python", "python"]

    whole = hooks["cfnlink-lint"]
    program, *words = whole["entry"].split()
    linked = run(installed / program, *words, "stacks", folder=tmp_path)
    alone = hooks["cfnlink-rules"]
    program, *words = alone["entry"].split()
    files = [folder / "database.yaml", folder / "network.yaml"]
    each = run(cfn_lint(installed), *words, *files, folder=tmp_path)

    assert (program, whole["pass_filenames"]) == ("cfn-lint", False)
    for done in (linked, each):
        assert done.returncode != 0
        assert "W9271" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("is_readable", [True, False])
def test_the_action_writes_its_findings_and_fails(
    installed: Path, tmp_path: Path, is_readable: bool
) -> None:
    template = faulty_copy(tmp_path / "my stacks") / "database.yaml"
    if not is_readable:
        template.write_text("Resources: [", "utf-8")
    step = read_yaml(ROOT / "action.yml")["runs"]["steps"][-1]
    (tmp_path / "cfnlink").symlink_to(installed.parent)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path),
        "FOLDERS": "my stacks\n",
        "SARIF": "found.sarif",
    }

    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (results,) = json.loads((tmp_path / "found.sarif").read_text("utf-8"))["runs"]

    code, rule, kind = (1, "W9271", "warning") if is_readable else (2, "E9031", "error")
    assert set(step["env"]) < set(environment)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, code - 1)
    assert [found["ruleId"] for found in results["results"]] == [rule]
    assert f"::{kind} file=my stacks/database.yaml,line=" in done.stdout


def faulty_copy(folder: Path) -> Path:
    """Copy the example's staging stacks, and take the encryption of the instance away."""
    shutil.copytree(example_output("staging"), folder)
    template = folder / "database.yaml"
    text = template.read_text("utf-8")
    assert "StorageEncrypted: true" in text
    template.write_text(text.replace("StorageEncrypted: true", "StorageEncrypted: false"))
    return folder


def read_yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))
