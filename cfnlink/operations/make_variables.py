"""Read the options of a command that make started from the variables that make exports."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from cfnlink.operations.cli import COMMANDS, Option, UsageError
from cfnlink.operations.next_command import CommandLine

PLACEHOLDER = "..."


def arguments(name: str, folder: str) -> list[str]:
    """Return the arguments that stand for the variables. Raises UsageError.

    folder: the output folder; it ends with a slash where make was told no ENV.
    """
    options = COMMANDS[name].options
    given = {each.name: text for each in options if (text := os.environ.get(each.variable))}
    groups = {each.group for each in options if each.name in given}
    missing = [
        each
        for each in options
        if each.name not in given
        and (each.is_required or (each.group and each.group not in groups))
    ]
    if missing or folder.endswith("/"):
        _ask(name, folder, given, missing)
    return [*_arguments(options, given)]


def _arguments(options: tuple[Option, ...], given: Mapping[str, str]) -> Iterator[str]:
    for option in options:
        try:
            yield from option.arguments(given.get(option.name, ""))
        except ValueError as error:
            message = f"{option.variable}={given[option.name]}: {error}"
            raise UsageError(message) from None


def _ask(name: str, folder: str, given: Mapping[str, str], missing: list[Option]) -> NoReturn:
    """Raise UsageError with the variables that are missing, and the whole command."""
    named = [
        " or ".join(f"{option.variable}={PLACEHOLDER}" for option in options)
        for options in _choices(missing)
    ]
    missing = [options[0] for options in _choices(missing)]
    whole = Path(folder)
    if folder.endswith("/"):
        there = [file.parent.name for file in sorted(whole.glob("*/manifest.json"))]
        which = f", one of {', '.join(there)}" if there else ""
        named = [f"ENV={PLACEHOLDER}{which}", *named]
        whole /= PLACEHOLDER
    options = COMMANDS[name].options
    typed = {o.name: given[o.name] if o.metavar else True for o in options if o.name in given}
    line = CommandLine(name, whole, {**typed, **{o.name: PLACEHOLDER for o in missing}})
    raise UsageError(f"say {'; '.join(named)}: {line}")


def _choices(options: list[Option]) -> list[list[Option]]:
    """Options of which each is needed, those of a group together."""
    found: dict[str, list[Option]] = {}
    for option in options:
        found.setdefault(option.group or option.name, []).append(option)
    return [*found.values()]
