"""One emulator for each file of tests, wiped before every test."""

from collections.abc import Iterator

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
    """Hold all commands that the code makes during a test, said or not, in both forms."""
    lines: dict[str, next_command.CommandLine] = {}
    others: set[tuple[str, ...]] = set()
    render = next_command.CommandLine.__str__
    join, join_aws = next_command._line, aws_cli._line

    def remember(line: next_command.CommandLine) -> str:
        lines[render(line.at(ANY_FOLDER))] = line.at(ANY_FOLDER)
        return render(line)

    def remember_words(words: list[str]) -> str:
        others.add(tuple(words))
        return join(words)

    def remember_aws(words: list[str], text: str = "") -> str:
        if not text:  # what a shell still has to fill in, no parser takes
            others.add(("aws", *words))
        return join_aws(words, text)

    monkeypatch.setattr(next_command.CommandLine, "__str__", remember)
    monkeypatch.setattr(aws_cli, "_line", remember_aws)
    monkeypatch.setattr(next_command, "_line", remember_words)
    yield
    monkeypatch.undo()
    for line in lines.values():
        hold_both_forms(line)
    for words in others:
        hold_command(words)
