"""Messages suggest commands that a user can type, in either form."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfnlink import next_command
from cfnlink.commands import COMMANDS, MARKER, Option, Parameter
from cfnlink.next_command import CommandLine, python_line
from tests.helpers import ROOT
from tests.operations.suggestions import (
    TARGETS,
    form,
    hold_both_forms,
    hold_command,
    options_of_make,
)
from tests.shell import INSTALLED

DEPLOY = CommandLine("deploy", Path("output", "staging"), {"tag": "7", "wait": 5.0})


@pytest.fixture
def started_by_make(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As in the Makefile's directory, where `make` was typed."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(MARKER, str(ROOT))
    return monkeypatch


def sample(option: Parameter) -> Any:
    """Return a value of an option that a shell and make could misread."""
    if isinstance(option, Option) and option.is_flag:
        return True
    if option.multiple:
        return ["Instance", "Secret"]
    if isinstance(option.type, click.Choice):
        return option.type.choices[-1]
    values = {"cmd": ["echo", "it's $HOME", "--", "-x"], "wait": 2.5, "tag": "v1.0_a-b"}
    values |= {"resolver": "127.0.0.1:53", "output": Path("a b")}
    values |= {"time": "2026-11-26T10:00:00Z", "today": date(2026, 11, 26)}
    return values.get(str(option.name), "-it's $HOME #1")


@pytest.mark.parametrize("name", [name for name, each in COMMANDS.items() if each.folder])
def test_every_option_survives_both_forms_of_every_command(name: str) -> None:
    """Of a group one option is given at a time."""
    options = COMMANDS[name].options
    always = [option for option in options if not option.group]
    for chosen in [[option] for option in options if option.group] or [[]]:
        given = {str(option.name): sample(option) for option in [*chosen, *always]}

        hold_both_forms(CommandLine(name, Path("output", "a b"), given))


words = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\x7f"), min_size=1
)


@given(st.lists(st.one_of(words, st.just("a b"), st.just("")), min_size=1))
def test_the_words_of_a_task_are_what_was_typed(cmd: list[str]) -> None:
    line = CommandLine("task", Path("output", "x"), {"cmd": cmd})

    assert form(line, make=True).startswith("make task ENV=x CMD=")
    read = options_of_make(tuple(shlex.split(form(line, make=True))[1:]))
    assert read
    assert read.options["cmd"] == cmd
    hold_both_forms(line)


def test_another_command_keeps_what_it_shares_and_refuses_what_it_lacks() -> None:
    typed = CommandLine("plan", Path("output/x"), {"tag": "7", "allow": ["A"], "json": True})

    assert form(typed.to("deploy"), make=False).endswith(
        "cfnlink deploy output/x --image-tag 7 --allow-replacement A --json"
    )
    assert form(typed.to("release", tag="6"), make=True) == "make release ENV=x TAG=6 JSON=1"
    with pytest.raises(KeyError):
        typed.to("smoke", tag="7")


def test_make_names_make_and_the_settings_folder_as_it_was_typed(
    started_by_make: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "acme infra").mkdir()
    beside = Path(os.path.relpath(tmp_path / "acme infra"))
    (beside / "project.toml").touch()

    assert str(DEPLOY) == "make deploy ENV=staging TAG=7 WAIT=5"
    there = DEPLOY.at(beside / "output" / "staging")
    assert str(there) == f"make deploy ENV=staging TAG=7 WAIT=5 SETTINGS='{beside}'"
    assert next_command.build(there.folder) == f"make build SETTINGS='{beside}'"


def test_make_in_another_directory_is_told_where(
    started_by_make: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started_by_make.setenv(MARKER, str(tmp_path))

    assert str(DEPLOY) == f"make -C {shlex.quote(str(ROOT))} deploy ENV=staging TAG=7 WAIT=5"
    assert next_command.shell_path(Path("build/a.yaml")) == f"{ROOT}/build/a.yaml"


@pytest.mark.parametrize(
    ("on_the_path", "named"),
    [("this", "python"), ("another", "inside"), ("none", "inside"), ("none", "outside")],
)
def test_the_interpreter_that_runs_is_named_where_python_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_the_path: str, named: str
) -> None:
    """Without an activated environment `python` is none, or one that lacks our libraries."""
    own, other = tmp_path / "a b" / ".venv" / "bin", tmp_path / "other"
    for folder in (own, other):
        folder.mkdir(parents=True)
        (folder / "python").symlink_to(Path(sys.executable).resolve())
    paths = {"this": f"{own}:{other}", "another": f"{other}:{own}", "none": ""}
    monkeypatch.setenv("PATH", paths[on_the_path])
    monkeypatch.setattr(sys, "executable", str(own / "python"))
    monkeypatch.chdir(tmp_path if named == "outside" else tmp_path / "a b")
    expected = {"python": "python", "inside": ".venv/bin/python"}
    outside = shlex.quote("a b/.venv/bin/python")

    assert python_line("build.py", "x") == f"{expected.get(named, outside)} build.py x"


def suggestions_of_settings() -> Iterator[str]:
    folder, settings = ROOT / "output" / "staging", Path("..", "acme's infra")
    yield next_command.build(folder)
    yield next_command.build_never_deployed(settings, ["a", "b"], "a", "--output", "x")
    yield next_command.change_setting(folder, "project.toml", "say it").splitlines()[-1]
    yield next_command.check(settings)
    yield next_command.cost(folder)
    yield next_command.lint(folder)
    yield next_command.prices("eu-west-3", settings)


@pytest.mark.parametrize("make", [True, False])
def test_commands_beside_those_of_operations_parse(
    started_by_make: pytest.MonkeyPatch, make: bool
) -> None:
    if not make:
        started_by_make.delenv(MARKER)

    for line in suggestions_of_settings():
        hold_command(tuple(shlex.split(line)))


def make(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Make itself, with this Python."""
    here = os.path.relpath(Path(sys.executable).parent, ROOT)
    return subprocess.run(
        ["make", "--no-print-directory", *INSTALLED, f"BIN={here}", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PWD": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


RESTORE = "say SNAPSHOT=... or TIME=... or DRILL=1: make restore ENV=staging SNAPSHOT=..."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("release ENV=staging", "say TAG=... or STOP=1: make release ENV=staging"),
        ("release ENV=staging TAG=", "say TAG=... or STOP=1: make release ENV=staging"),
        (
            "restore ENV=staging WAIT=5 JSON=1",
            f"{RESTORE} WAIT=5 JSON=1",
        ),
        (
            "restore ENV=staging WAIT=5 JSON=0",
            f"{RESTORE} WAIT=5\n",
        ),
        ("task ENV=staging", "say CMD=... or JOB=...: make task ENV=staging CMD=..."),
        (
            "deploy-role ENV=x EXISTING_PROVIDER=1",
            "say REPOSITORY=...: make deploy-role ENV=x REPOSITORY=... EXISTING_PROVIDER=1",
        ),
        ("deploy ENV=staging TAG=a/b", "TAG=: a/b is no tag of an image: expected "),
        ("restore ENV=x TIME=now", "TIME=: now is no time: expected latest, or a time with"),
        ("restore ENV=x TIME=latest SNAPSHOT=a", "TIME=: not allowed with SNAPSHOT="),
        ("deploy ENV=staging WAIT=soon", "WAIT=: soon is no time: expected minutes"),
        ("preflight ENV=staging RESOLVER=a:b", "RESOLVER=: a:b is no server: expected HOST"),
        ("task ENV=staging CMD=it's", "CMD=it's: No closing quotation"),
    ],
)
def test_make_says_which_variable_is_missing_or_wrong(typed: str, said: str) -> None:
    done = make(*typed.split())

    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "usage" not in done.stderr


def test_make_says_which_environments_there_are() -> None:
    settings = ROOT / "tests" / "settings"  # it has no output
    done = make("release", "TAG=7", f"SETTINGS={settings}")

    assert done.returncode == 2
    assert done.stderr.startswith(
        f"say ENV=...: make release ENV=... TAG=7 SETTINGS={shlex.quote(str(settings))}\n"
    )


def test_a_switch_is_off_at_0_and_a_variable_of_the_environment_counts() -> None:
    words = "status", "ENV=x", "DRIFT=0", "SPENT=1"

    read = options_of_make(words)

    assert read
    assert (read.options["drift"], read.options["spent"]) == (False, True)
    done = make("release", "ENV=staging", TAG="a/b")
    assert done.stderr.startswith("TAG=: a/b is no tag")


# The makers, and files that explain a command and suggest none.
EXCEPT = {"next_command.py", "aws_cli.py", "left_over.py"}
EXCEPT |= {"own_file.py", "merge_driver.py", "__main__.py", "cfn_lint.py"}
OWN = r"(?:make|cfnlink) (?:{})\b|python[\d.]* (?:build\.py|init\.py)"
OTHERS = r"(?:^|[:;&|] )aws [a-z0-9]+ [a-z]"
COMMAND = re.compile(f"{OWN.format('|'.join([*COMMANDS, *TARGETS, 'init']))}|{OTHERS}")


def test_one_place_makes_all_commands() -> None:
    """No message of the commands, the bill or the build has a command of its own."""
    folders = [ROOT / name for name in ("cfnlink", "initialize")]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in [*files, ROOT / "build.py"]
        if file.name not in EXCEPT
        for line, text in spoken(ast.parse(file.read_text("utf-8")))
        if COMMAND.search(text)
    ]

    assert found == []


def spoken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return the texts of a module that are neither docstrings nor the name of a program."""
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) or (isinstance(node, ast.keyword) and node.arg == "prog")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in silent:
            yield node.lineno, str(node.value)
