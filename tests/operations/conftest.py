"""Start one emulator for each process of tests, and wipe it before every test."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import pytest

from cfnlink import next_command
from cfnlink.next_command import CommandLine
from cfnlink.operations import aws_cli
from tests.operations.fault_proxy import FaultProxy, serve
from tests.operations.helpers import reset
from tests.operations.suggestions import ANY_FOLDER, hold_both_forms, hold_command
from tests.rehearsal.cloud import Cloud, emulator


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return reset(running)


@pytest.fixture
def between(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a proxy in front of the emulator; a test sets what it does."""
    monkeypatch.setattr(FaultProxy, "port", cloud.port)
    monkeypatch.setattr(FaultProxy, "calls", count(1))
    with serve() as url:
        yield url


@pytest.fixture(autouse=True)
def _every_next_command_parses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold all commands that the code makes during a test, said or not; ours in both forms."""
    made: set[tuple[str, ...]] = set()
    ours: dict[str, CommandLine] = {}

    def note(owner: Any, name: str, words: Callable[..., Iterable[str]]) -> None:
        maker = getattr(owner, name)

        def make_and_note(*arguments: Any) -> str:
            line = str(maker(*arguments))
            made.add(tuple(words(line, *arguments)))
            return line

        monkeypatch.setattr(owner, name, make_and_note)

    def note_ours(_: str, command: CommandLine) -> tuple[str, ...]:
        ours[repr(command.at(ANY_FOLDER))] = command.at(ANY_FOLDER)
        return ()

    note(CommandLine, "__str__", note_ours)
    note(next_command, "make_line", lambda line, *_: shlex.split(line))
    note(next_command, "python_line", lambda _, *words: ["python", *words])
    # What a shell still has to fill in, no parser takes.
    note(aws_cli, "_line", lambda _, words, text="": [] if text else ["aws", *words])
    yield
    monkeypatch.undo()
    for line in ours.values():
        hold_both_forms(line)
    for words in made - {()}:
        hold_command(words)
