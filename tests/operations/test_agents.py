"""AGENTS.md names commands, exit codes, answers and options as the programs have them."""

import contextlib
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import build
from cfnlink.cli import main
from cfnlink.commands import COMMANDS, Use
from cfnlink.exit_codes import MEANINGS
from tests.helpers import ROOT, example, git
from tests.operations.helpers import run, topic, write
from tests.operations.suggestions import hold_command
from tests.rehearsal.cloud import Cloud
from tests.test_docs import broken_links

PAGE = ROOT / "AGENTS.md"
TEXT = PAGE.read_text("utf-8")
COMMAND = re.compile(
    r"^\| (?P<step>[a-z ]+) \| `(?P<command>[^`]+)` \| (?P<exits>[\d, ]+) \| (?P<aws>[^|]*)\|"
    r" (?P<answer>[^|]+) \|$",
    re.MULTILINE,
)
EXIT = re.compile(r"^\| (\d+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
USES = {Use.OFFLINE: "", Use.READS: "reads", Use.CHANGES: "change sets, deleted again"}
ONE_PAGE = 80  # lines


class Row(NamedTuple):
    """A row of the table of commands."""

    words: list[str]
    exits: set[int]
    aws: str
    keys: set[str]

    @property
    def name(self) -> str:
        """The command of the program; empty for make and build.py."""
        return self.words[1] if self.words[0].endswith("cfnlink") else ""


ROWS = [
    Row(
        shlex.split(found["command"]),
        {int(code) for code in found["exits"].split(",")},
        found["aws"].strip(),
        {key for key in re.findall(r"`(\w+)`", found["answer"]) if key != "expected"},
    )
    for found in COMMAND.finditer(TEXT)
]
NAMED = {row.name: row for row in ROWS if row.name}


def codes_of(name: str) -> set[int]:
    """Return the exit codes that the help of a command lists."""
    return {
        int(code)
        for code in re.findall(r"^ +(\d+)  ", COMMANDS[name].epilog or "", re.MULTILINE)
    }


def test_it_is_one_page_whose_links_lead_to_files() -> None:
    assert len(TEXT.splitlines()) <= ONE_PAGE
    assert broken_links(PAGE, TEXT) == []


def test_every_command_is_one_that_its_program_takes() -> None:
    assert [row.name for row in ROWS].count("") == 2
    expected = {"lint", "cost", "diff", "preflight", "plan", "diagnose", "status"}
    assert expected == NAMED.keys()
    for row in ROWS:
        hold_command(tuple(word.replace("FOLDER", "output/x") for word in row.words))


def test_every_exit_code_of_a_command_is_one_of_its_help() -> None:
    for name, row in NAMED.items():
        assert row.exits <= codes_of(name), name
        assert row.aws == USES[COMMANDS[name].use], name


def test_the_exit_codes_mean_what_the_program_says() -> None:
    assert {int(code): meaning for code, meaning in EXIT.findall(TEXT)} == {
        int(code): meaning for code, meaning in MEANINGS.items()
    }


def test_what_an_agent_never_runs_is_what_changes_an_account() -> None:
    (sentence,) = re.findall(r"- Never run (.*?) against an account", TEXT, re.DOTALL)
    changing = {name for name, command in COMMANDS.items() if command.use == Use.CHANGES}

    assert {*re.findall(r"`([a-z-]+)`", sentence)} == changing - {"plan"}


def test_every_option_that_an_agent_never_adds_exists() -> None:
    (sentence,) = re.findall(r"- Never add (.*?) to make a command pass", TEXT, re.DOTALL)
    flags = {option.flag for command in COMMANDS.values() for option in command.options}
    of_build = {"--never-deployed"}

    assert {*re.findall(r"`(--[a-z-]+)`", sentence)} <= flags | of_build
    assert "--never-deployed" in build._parser().format_help()


def said(*arguments: Any) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main([*map(str, arguments)])
    return code, out.getvalue()


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """Return the output folder of a small system, committed to git."""
    write(tmp_path / "tiny", one={"Topic": topic()})
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path / "tiny"


@pytest.mark.parametrize("name", ["cost", "diff"])
def test_the_answers_of_the_offline_commands_have_the_keys(name: str, committed: Path) -> None:
    row = NAMED[name]
    words = [str(committed) if word == "FOLDER" else word for word in row.words[1:]]

    code, out = said(*words)

    assert code in row.exits
    assert row.keys <= json.loads(out).keys()


def test_lint_answers_with_a_list() -> None:
    code, out = said("lint", example() / "output" / "production", "--format", "json")

    assert (code, json.loads(out)) == (0, [])


def test_a_wrong_setting_ends_the_build_with_1_and_names_key_and_expectation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "project.toml").write_text('project = "Shop"\n', "utf-8")
    (tmp_path / "environments" / "test.toml").write_text("", "utf-8")

    assert build.main(["--settings", str(tmp_path)]) == 1
    assert "project.toml: project: " in (said := capsys.readouterr().err)
    assert "expected" in said


@pytest.mark.rehearsal
@pytest.mark.parametrize("name", ["preflight", "plan", "diagnose", "status"])
def test_the_answers_about_an_account_have_the_keys(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    assert run(cloud, "deploy", tmp_path).code == 0
    row = NAMED[name]
    words = [str(tmp_path) if word == "FOLDER" else word for word in row.words[1:]]

    done = run(cloud, *words)

    assert done.code in row.exits
    assert row.keys <= json.loads(done.out).keys()
