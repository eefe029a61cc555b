"""The programs before `cfnlink` print the command that replaces them."""

import shlex
import subprocess
import sys

import pytest

from cfnlink.commands import COMMANDS, FOLDERS, read
from cfnlink.lint.formats import FORMATS
from tests.helpers import ROOT


@pytest.mark.parametrize(
    ("module", "words", "new"),
    [
        ("checks", ["output/x", "--format", "json"], "lint output/x --format json"),
        ("operations", ["deploy", "a b", "--image-tag", "7"], "deploy 'a b' --image-tag 7"),
        ("reports.cost", ["--check", "output/x"], "cost --check output/x"),
        ("reports.page", ["output/x"], "page output/x"),
        ("reports.picture", ["output/x"], "draw output/x"),
        ("reports.prices", ["eu-west-3"], "prices eu-west-3"),
    ],
)
def test_an_old_program_ends_with_the_new_command(
    module: str, words: list[str], new: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"python -m {module} is gone; fix: ")
    assert done.stderr.endswith(f"cfnlink {new}\n")
    assert read(shlex.split(new)).command == new.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("file", "new"), [("checks.py", "lint"), ("operations.py", ""), ("init.py", "init")]
)
def test_an_old_program_started_as_a_file_ends_with_the_new_command(
    file: str, new: str
) -> None:
    done = subprocess.run(
        [sys.executable, file, "x"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"python {file} is gone; fix: ")
    assert done.stderr.endswith(f"cfnlink {new} x\n".replace("  ", " "))


def test_lint_offers_every_form_that_it_writes() -> None:
    kind = COMMANDS["lint"].option("format").type

    assert COMMANDS["lint"].folder is FOLDERS
    assert list(getattr(kind, "choices", ())) == [*FORMATS]
