"""One emulator for each file of tests, wiped before every test."""

import shlex
from collections.abc import Iterator, Mapping

import pytest

from operations import aws_cli, next_command
from tests.operations.suggestions import ANY_FOLDER, hold_both_forms, hold_command
from tests.operations.world import reset
from tests.rehearsal.cloud import Cloud, emulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return reset(running)


@pytest.fixture(autouse=True)
def _every_next_command_parses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold all commands that the code makes during a test, said or not; ours in both forms."""
    ours: dict[str, next_command.CommandLine] = {}
    others: set[tuple[str, ...]] = set()
    render, make = next_command.CommandLine.__str__, next_command.make_line
    python, aws = next_command.python_line, aws_cli._line

    def render_and_note(line: next_command.CommandLine) -> str:
        ours[render(line.at(ANY_FOLDER))] = line.at(ANY_FOLDER)
        return render(line)

    def make_and_note(target: str, settings: str, *variables: Mapping[str, str]) -> str:
        line = make(target, settings, *variables)
        others.add(tuple(shlex.split(line)))
        return line

    def python_and_note(*arguments: str) -> str:
        others.add(("python", *arguments))
        return python(*arguments)

    def aws_and_note(words: list[str], text: str = "") -> str:
        if not text:  # what a shell still has to fill in, no parser takes
            others.add(("aws", *words))
        return aws(words, text)

    monkeypatch.setattr(next_command.CommandLine, "__str__", render_and_note)
    monkeypatch.setattr(next_command, "make_line", make_and_note)
    monkeypatch.setattr(next_command, "python_line", python_and_note)
    monkeypatch.setattr(aws_cli, "_line", aws_and_note)
    yield
    monkeypatch.undo()
    for line in ours.values():
        hold_both_forms(line)
    for words in others:
        hold_command(words)
