"""Every target of make works for settings beside the tool, also in a folder with a space."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cfnlink.commands import COMMANDS
from tests.helpers import ROOT, git, write_settings
from tests.shell import INSTALLED, make
from tests.test_settings import PROJECT

# What concerns the tool alone, not the settings of a user.
OF_THE_TOOL = {
    "help",
    "emulator",
    "test",
    "test-quick",
    "test-tools",
    "test-long",
    "test-slow",
    "test-faults",
    "format",
    "bench",
    "lock",
    "clean",
}
DATABASE = "[database]\nmulti_az = {}\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with the Makefile and a .venv whose python says that it is 3.12."""
    folder = tmp_path / "my infra \N{LATIN SMALL LETTER E WITH ACUTE}"
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "Makefile", folder)
    venv(folder, (3, 12))
    return folder


def venv(folder: Path, version: tuple[int, int]) -> None:
    """Return a virtual environment that has only the version of its python."""
    python(folder / ".venv" / "bin" / "python", version)
    (folder / ".venv" / "made").touch()


def python(program: Path, version: tuple[int, int]) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)


def made_again(folder: Path, *words: str) -> bool:
    """Return whether make would create .venv again."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "PYTHON")}
    done = subprocess.run(
        ["make", "--dry-run", *words, ".venv/made"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return "rm -rf .venv" in done.stdout


def test_another_python_makes_the_virtual_environment_again(clone: Path) -> None:
    python(clone / "same", (3, 12))
    python(clone / "other", (3, 13))

    assert not made_again(clone, "PYTHON=./same")
    assert made_again(clone, "PYTHON=./other")
    assert not made_again(clone), "the default is no wish for another Python"
    assert not made_again(clone, "BIN=/elsewhere"), "programs elsewhere leave .venv alone"


def test_a_virtual_environment_half_made_or_without_its_python_is_made_again(
    clone: Path,
) -> None:
    (clone / ".venv" / "made").unlink()
    assert made_again(clone)

    venv(clone, (3, 12))
    program = clone / ".venv" / "bin" / "python"
    program.unlink()
    program.symlink_to(clone / "gone")
    assert made_again(clone)


def test_an_old_python_is_refused_before_anything_is_removed(clone: Path) -> None:
    old = clone / "old"
    old.write_text("#!/bin/sh\necho 'Python 3.11 or later is needed' >&2; exit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "PYTHON=./old", ".venv/made"], cwd=clone, capture_output=True, check=False
    )

    assert done.returncode == 2
    assert b"Python 3.11 or later is needed" in done.stderr
    assert (clone / ".venv" / "bin" / "python").exists()


def test_a_clone_that_has_moved_is_installed_again(clone: Path) -> None:
    shutil.copy(ROOT / "setup.cfg", clone)
    done = clone / ".venv" / "runtime"
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "PYTHON")}

    def installs() -> bool:
        command = ["make", "--dry-run", ".venv/runtime"]
        made = subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=True
        )
        return "--editable ." in made.stdout

    done.write_text(f"{clone}\n", "utf-8")
    assert not installs()
    done.write_text("/elsewhere\n", "utf-8")
    assert installs()


def test_the_aws_cli_starts_in_a_folder_with_a_space(clone: Path) -> None:
    """pip's script would name the folder in its first line, which ends at a space."""
    program = clone / ".venv" / "bin" / "aws"
    shutil.copy(Path(sys.executable).with_name("aws"), program)
    program.with_name("python").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")

    done = subprocess.run([program, "s3", "a b"], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["-m", "awscli", "s3", "a b"]


def test_a_linked_virtual_environment_is_none_of_the_project(
    clone: Path, tmp_path: Path
) -> None:
    """Neither git nor ruff looks into it; mypy, pytest and cfn-lint are given folders."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "bad.py").write_text("import nothing")
    shutil.rmtree(clone / ".venv")
    for name in (".venv", ".emulator"):
        (clone / name).symlink_to(tmp_path / "other")
    shutil.copy(ROOT / ".gitignore", clone)
    shutil.copy(ROOT / "ruff.toml", clone)
    (clone / "good.py").touch()
    git(clone, "init", "--quiet")

    ruff = [sys.executable, "-m", "ruff", "check", "--show-files"]
    seen = subprocess.run(ruff, cwd=clone, capture_output=True, text=True, check=True).stdout

    assert not {".venv", ".emulator"} & {*git(clone, "status", "--porcelain").split()}
    names = {Path(line).name for line in seen.splitlines()}
    assert names & {"good.py", "bad.py"} == {"good.py"}


def test_make_passes_on_every_command_that_is_no_target_of_its_own() -> None:
    listed = make("--eval=print: ; @echo $(COMMANDS)", "print").stdout.split()

    assert {*listed} == {*COMMANDS} - {*targets()}


@pytest.mark.parametrize("command", ["deploy", "emulator", "init"])
def test_no_shell_that_a_signal_ends_alone_stands_between_make_and_the_program(
    command: str, tmp_path: Path
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho $PPID\n")
    program.chmod(0o755)
    line = ["make", "--no-print-directory", f"BIN={tmp_path}", *INSTALLED, command, "ENV=x"]

    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as made:
        said, _ = made.communicate()

    assert said.split() == [str(made.pid)]


def test_a_mistyped_variable_stops_a_command_before_it_acts(infra: Path) -> None:
    done = make("deploy", "ENV=staging", "AWS_PROFILE=acme", "TGA=1", folder=infra)

    assert done.returncode == 2
    assert "make deploy has no variable TGA; expected TAG" in done.stderr


def targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository with the settings of one environment, built."""
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


def test_a_folder_of_the_home_is_found_where_the_shell_leaves_the_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))

    done = make("build", folder=Path("~/my infra"), dry=True)

    assert str(tmp_path / "a home" / "my infra") in shlex.split(done.stdout)


@pytest.mark.parametrize("target", sorted({*targets(), *COMMANDS} - OF_THE_TOOL))
def test_every_target_takes_the_settings_folder(target: str, infra: Path) -> None:
    given = ("ENV=staging", "TAG=7", "SNAPSHOT=x", "REPOSITORY=a/b", "CMD=x", "BASE=main")
    done = make(target, *given, "REGION=eu-central-1", folder=infra, dry=True)
    words = shlex.split(done.stdout)

    assert done.returncode == 0, done.stderr
    assert any(str(infra) in word for word in words), done.stdout
    assert not [word for word in words if word.startswith("output/")], done.stdout


def test_the_command_of_a_refused_build_builds_what_was_never_deployed(tmp_path: Path) -> None:
    folder = write_settings(tmp_path / "acme's infra", PROJECT, one="", two="")
    assert make("build", folder=folder).returncode == 0
    moved = 'network.cidr = "10.9.0.0/16"'
    write_settings(folder, PROJECT, one=moved, two=moved)

    refused = make("build", folder=folder)
    said = refused.stderr.partition("if two was never deployed: ")[2].splitlines()[0]
    program, *words = shlex.split(said)

    assert (refused.returncode, program) == (2, "make")
    assert make(*words, "NEVER_DEPLOYED=one two").returncode == 0


@pytest.mark.long
def test_lint_cost_and_page_read_the_settings_folder(infra: Path) -> None:
    done = make("lint", "cost", "page", "ENV=staging", folder=infra)

    assert done.returncode == 0, done.stderr
    assert "staging, us-east-1, USD a month" in done.stdout
    assert (infra / "build" / "staging" / "index.html").is_file()


def test_a_deploy_role_is_written_beside_the_settings(infra: Path) -> None:
    done = make("deploy-role", "ENV=staging", "REPOSITORY=a/b", folder=infra)
    asked = make("deploy-role", "ENV=staging", folder=infra)

    file = infra / "build" / "deploy-role-staging.yaml"
    assert file.is_file(), done.stderr
    assert f"--template-file {shlex.quote(str(file))} " in done.stdout
    assert "OUTPUT" not in asked.stderr


@pytest.mark.long
def test_diff_and_cost_ask_the_git_repository_of_the_settings(infra: Path) -> None:
    write_settings(infra, PROJECT, staging=DATABASE.format("true"))
    assert make("build", folder=infra).returncode == 0

    diff = make("diff", "BASE=main", folder=infra)
    cost = make("cost", "ENV=staging", "BASE=main", folder=infra)

    assert "shop-staging-database:" in diff.stdout, diff.stderr
    assert "MultiAZ" in diff.stdout
    assert "| DatabaseInstance |" in cost.stdout, cost.stderr


def test_a_revision_without_the_output_makes_all_of_it_new(infra: Path) -> None:
    git(infra, "checkout", "--quiet", "--orphan", "empty")
    git(infra, "rm", "-r", "--quiet", "--cached", "--force", ".")
    git(infra, "commit", "--allow-empty", "--message=empty")

    diff = make("diff", "BASE=empty", folder=infra)
    cost = make("cost", "ENV=staging", "BASE=empty", folder=infra)

    assert "shop-staging: all of it is new" in diff.stdout, diff.stderr
    assert "**staging**: 0.00 -> " in cost.stdout, cost.stderr


@pytest.mark.parametrize(
    ("words", "named"), [(["deploy"], "one of staging"), (["cost", "ENV=prod"], "/staging")]
)
def test_a_missing_environment_is_reported_with_the_existing_ones(
    infra: Path, words: list[str], named: str
) -> None:
    done = make(*words, folder=infra)

    assert done.returncode == 2
    assert named in done.stderr


def test_timeout_gets_a_program_to_start() -> None:
    words = shlex.split(make("test-faults", dry=True).stdout)

    assert shutil.which(words[words.index("timeout") + 2])
