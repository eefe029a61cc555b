"""Hold each suggested command against the parser of its own program.

Nothing is run: make with a stand-in for Python, the AWS CLI up to the call of a service.
"""

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import click

import build
from cfnlink import make_variables
from cfnlink.commands import COMMANDS, MARKER, NAME, read
from cfnlink.next_command import CommandLine, typed
from tests.helpers import ROOT
from tests.shell import INSTALLED

PROGRAM = r"(?:make|aws|docker|git|gh|dig|\S*cfnlink|\S*python[\d.]* (?:-m|build\.py)) "
SUGGESTED = re.compile(rf"(?:^|: )\s*({PROGRAM}.*)$", re.MULTILINE)
BETWEEN = (";", "&&", "||", "|", "do", "done", "if", "then", "fi")
SETTINGS = {"SETTINGS"}
ANY_FOLDER = Path("output", "x")
# The targets beside the commands, and the variables that they read.
TARGETS = {"build": {*SETTINGS, "NEVER_DEPLOYED"}, "check": SETTINGS}
SHAPES = (
    r"docker login --username AWS --password-stdin [\w.-]+(:\d+)?",
    r"docker build --platform linux/(arm64|amd64) --tag \S+:\S+ \.",
    r"docker push \S+:\S+",
    r"docker buildx imagetools create --platform linux/(arm64|amd64) --tag \S+:\S+ \S+:\S+",
    r"git -C .+ log --oneline -- \.",
    r"gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq \.sub_claim_prefix",
    r"dig \+short NS \S+",
    r"rm -r .+",
)


def commands(text: str) -> Iterator[list[str]]:
    """Return the commands that a text suggests, as words; each ends its line of text."""
    for line in SUGGESTED.findall(text):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&")
        lexer.whitespace_split = True
        for is_between, words in groupby(lexer, lambda word: word in BETWEEN):
            found = [*words]
            if not is_between and found[0] not in ("for", "break", "test"):
                yield found


def hold(text: str) -> None:
    """Fail where a text suggests a command that its program does not take."""
    for words in commands(text):
        hold_command(tuple(words))


@cache
def hold_command(words: tuple[str, ...]) -> None:
    """Fail where a program does not take a command."""
    if words[0] == "make":
        options_of_make(words[1:])
    elif words[0] == "aws":
        _hold_aws([*words[1:]])
    elif words[1:3] == ("-m", NAME):
        values(words[3:])
    elif Path(words[0]).name == NAME:
        values(words[1:])
    elif words[1] == "build.py":
        _hold_main(build.main, [*words[2:]])
    else:
        line = " ".join(words)
        assert any(re.fullmatch(shape, line) for shape in SHAPES), line


def hold_both_forms(line: CommandLine) -> None:
    """Fail where one of both forms of a command is not read as it was meant."""
    _hold_both_forms(form(line, make=True), form(line, make=False))


@cache
def _hold_both_forms(of_make: str, of_program: str) -> None:
    words = shlex.split(of_program.partition("cfnlink ")[2])

    assert form(options_of_program(tuple(words)), make=False) == of_program
    read = options_of_make(tuple(shlex.split(of_make)[1:]))
    assert read, of_make
    assert form(read, make=False) == of_program


def form(line: CommandLine, *, make: bool) -> str:
    """Return one of both forms of a command."""
    with mock.patch.dict(os.environ, {MARKER: str(Path.cwd())}):
        if not make:
            del os.environ[MARKER]
        return str(line)


def values(words: Sequence[str]) -> SimpleNamespace:
    """What the program reads of its arguments."""
    with _refusals(words):
        try:
            return read(words)
        except click.UsageError as error:
            raise SystemExit(error.format_message()) from None


def options_of_program(words: tuple[str, ...]) -> CommandLine:
    """The command that the program reads of its arguments."""
    return line_of(values(words))


def line_of(read: SimpleNamespace) -> CommandLine:
    """The command of some values, for one folder."""
    if isinstance(read.folder, list):
        (read.folder,) = read.folder
    return typed(read)


def options_of_make(words: tuple[str, ...]) -> CommandLine | None:
    """What the parser makes of the variables that make exports; None for another target."""
    if words[0] == "-C":
        words = words[2:]
    target, variables = words[0], {word.partition("=")[0] for word in words[1:]}
    if target not in COMMANDS:
        assert variables <= TARGETS[target], words
        _make("-n", *words)
        return None
    known = {option.variable for option in COMMANDS[target].options}
    assert variables <= {*known, *SETTINGS, "ENV"}, words
    with tempfile.TemporaryDirectory() as folder:
        stand_in = Path(folder, "python")
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)
        given = json.loads(_make(*INSTALLED, *words, f"BIN={folder}"))
    with mock.patch.dict(os.environ, given["environment"], clear=True):
        read = values(make_variables.arguments(given["arguments"]))
    return line_of(read) if hasattr(read, "folder") else None


# In place of `python -m cfnlink`: prints what make gave it.
STAND_IN = """#!/bin/sh
exec "$REAL_PYTHON" -SIc 'import json, os, sys
print(json.dumps({"arguments": sys.argv[3:], "environment": dict(os.environ)}))' "$@"
"""


def _make(*words: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PWD": str(ROOT), "REAL_PYTHON": sys.executable}
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


@contextlib.contextmanager
def _refusals(words: Any) -> Iterator[None]:
    """Turn the end of a parser into a failure with its words."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            yield
    except SystemExit:
        raise AssertionError(f"{words}: {said.getvalue()}") from None


class _ParsedError(Exception):
    """The arguments were taken, and that is all."""


def _hold_main(main: Callable[[list[str]], int], words: list[str]) -> None:
    """Let a program parse its arguments, and no more."""
    parse = argparse.ArgumentParser.parse_args

    def only_parse(self: argparse.ArgumentParser, arguments: Any) -> None:
        parse(self, arguments)
        raise _ParsedError

    with (
        mock.patch.object(argparse.ArgumentParser, "parse_args", only_parse),
        _refusals(words),
        contextlib.suppress(_ParsedError),
    ):
        main(words)


def _hold_aws(words: list[str]) -> None:
    """Let the AWS CLI parse a command, and check what it would send to the service."""
    parser = _aws_cli()
    assert parser.stdin
    assert parser.stdout
    parser.stdin.write(f"{json.dumps(words)}\n")
    parser.stdin.flush()
    wrong = json.loads(parser.stdout.readline())
    assert not wrong, f"{words}: {wrong}"


@cache
def _aws_cli() -> "subprocess.Popen[str]":
    """Return the parser of the AWS CLI, which ends with its standard input."""
    command = [sys.executable, "-m", "tests.operations.aws_cli_parser"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
