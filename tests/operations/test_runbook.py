"""The blocks of docs/operations.md work from top to bottom."""

import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from cfnlink.commands import COMMANDS
from cfnlink.commands import OPERATIONS as OPERATIONS_MODULE
from cfnlink.operations.errors import MEANINGS
from tests.helpers import ROOT, example, git
from tests.operations.helpers import push
from tests.operations.stubs import served
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

# What ends with 1 here: an empty account lacks much, as it should; and the emulator looks
# secrets up by name, finds none under their ARN, and calls that drift.
MAY_FIND = re.compile(r" preflight | --drift")
# A key wants a terminal, a restore settings of its own: test_task.py, test_restore.py.
ELSEWHERE = {"key", "restore"}
OPERATIONS = {name for name, command in COMMANDS.items() if command.module == OPERATIONS_MODULE}


def committed(folder: Path) -> Path:
    """Return the example's settings and output in a git repository."""
    shutil.copytree(example(), folder)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        git(folder, *arguments)
    return folder


@pytest.mark.long
def test_every_block_works_in_the_order_of_the_page(cloud: Cloud, tmp_path: Path) -> None:
    done = []
    folder = committed(tmp_path / "shop")
    with ExitStack() as service:
        for line in (block.strip() for block in BLOCKS):
            if " release " in line:
                push(cloud, line.split()[-1], "arm64")
            if " smoke " in line:
                service.enter_context(served(cloud, "development"))
            cloud.run(f"{line} || test $? -eq 1" if MAY_FIND.search(line) else line, folder)
            done.append(line.split()[1])

    assert {*done} == OPERATIONS - ELSEWHERE


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_help_has_every_exit_code(name: str) -> None:
    shown = COMMANDS[name].get_help(click.Context(COMMANDS[name]))
    rows = re.findall(r"^ +(\d+)  (.*)$", shown, re.MULTILINE)

    assert {int(code): meaning for code, meaning in rows} == {
        int(code): meaning for code, meaning in MEANINGS.items()
    }


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_help_or_the_page_names_the_variable_of_each_option(name: str) -> None:
    command = COMMANDS[name]
    shown = " ".join(command.get_help(click.Context(command)).split())

    missing = [o.variable for o in command.options if f"(make: {o.variable}=" not in shown]
    assert [variable for variable in missing if f"`{variable}`" not in PAGE] == []
