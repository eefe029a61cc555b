"""What a message of AWS means, and the steps that repair it: a table of known messages.

A message that the table does not know is told in AWS's words alone.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from cfnlink.aws.catalogue import facts
from cfnlink.operations.aws_cli import aws, aws_global
from cfnlink.operations.environment import Environment
from cfnlink.operations.permission_rows import Row


class Step(Row):
    """One step of a repair, in one of five forms."""

    say: str = ""
    command: str = ""
    aws: str = ""
    aws_global: str = ""
    setting: str = ""


class KnownFailure(Row):
    """A row of cfnlink/aws/failures.yaml."""

    name: str
    messages: tuple[str, ...]
    says: str
    page: str
    steps: tuple[Step, ...] = ()
    is_symptom: bool = False
    is_of_log: bool = False

    def words_of(self, message: str) -> Mapping[str, str] | None:
        """Return the words that the row's first pattern finds; None if no pattern does."""
        for pattern in self.messages:
            if found := re.search(pattern, message, re.DOTALL):
                return {key: value or key for key, value in found.groupdict().items()}
        return None


@dataclass(frozen=True)
class Explanation:
    """What is wrong, in our words. is_symptom: whether another message has the root."""

    name: str
    says: str
    page: str = ""
    steps: tuple[str, ...] = ()
    is_symptom: bool = False


def explain(
    environment: Environment, message: str, *, is_log: bool = False
) -> Explanation | None:
    """Return what a message of AWS means; None if the table does not know it.

    is_log: whether a program of the user wrote it, whose words mean less.
    """
    for row in known_failures():
        words = row.words_of(message) if row.is_of_log or not is_log else None
        if words is not None:
            filled = _Words(words)
            steps = (line for step in row.steps for line in _lines(environment, step, filled))
            says = row.says.format_map(filled)
            return Explanation(row.name, says, row.page, tuple(steps), row.is_symptom)
    return None


@cache
def known_failures() -> tuple[KnownFailure, ...]:
    """Return the rows of the table, checked."""
    return tuple(KnownFailure.model_validate(row) for row in facts("failures"))


class _Words(dict[str, str]):
    """The words of a message; one that it does not tell stands for itself."""

    def __missing__(self, key: str) -> str:
        return key


def _lines(environment: Environment, step: Step, words: _Words) -> Iterator[str]:
    """Yield a step as a user reads it, a line each."""
    if step.say:
        yield step.say.format_map(words)
    if step.command:
        yield environment.command(step.command)
    if step.aws:
        yield aws(environment, *_split(step.aws, words))
    if step.aws_global:
        yield aws_global(*_split(step.aws_global, words))
    if step.setting:
        text = step.setting.format_map(words)
        steps = environment.change_setting(environment.environment_file, text)
        yield from (steps or text).splitlines()


def _split(command: str, words: _Words) -> list[str]:
    """Return the words of a command; what AWS said stays one word each."""
    return [word.format_map(words) for word in shlex.split(command)]
