"""Read the values of a command that make started from the variables that make exports."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NoReturn

import click

from cfnlink.commands import COMMANDS, FOLDER, FOLDERS, Command, Option, Parameter, is_on
from cfnlink.next_command import CommandLine, build, make_line, outputs, shown
from cfnlink.system.folder import built_folders

PLACEHOLDER = "..."
# The Makefile may name the variables that were typed; then those of the shell do not count,
# and an empty one does.
TYPED = "MAKE_TYPED"
# The Makefile names the variables on its command line: none of them may be a mistake.
NAMED = "MAKE_NAMED"
OF_MAKE = {"ENV", "SETTINGS", "PYTHON", "BIN", "EMULATOR"}
# Those of other programs, which read them from the environment: the AWS CLI's, a proxy's.
OF_OTHERS = re.compile(
    r"AWS_\w+|PYTHON\w+|\w+_PROXY|HOME|LANG|NO_COLOR|PATH|TERM", re.IGNORECASE
)


def arguments(words: Sequence[str]) -> list[str]:
    """Return the arguments of a command that make started. Raises click.UsageError.

    words: what the Makefile passes, which begins with the name of the command.
    """
    name, *rest = words
    command = COMMANDS.get(name)
    if command is None or {"-h", "--help"} & {*rest}:
        return [*words]
    _refuse_unknown(name, command)
    given = _given(command)
    _refuse_missing(name, command, given)
    options = [word for each in command.options for word in _words(each, given)]
    # What stands behind `--` comes last.
    last = [word for each in command.options for word in _behind(each, given)]
    return [name, *_folders(command, given), *rest, *options, *last]


def _given(command: Command) -> dict[str, str]:
    """Return the text of each variable that was given, by the option's name."""
    named = os.environ.get(TYPED)
    counts = named.split() if named is not None else None
    return {
        str(each.name): os.environ.get(each.variable, "")
        for each in command.parameters
        if (each.variable in counts if counts is not None else os.environ.get(each.variable))
    }


def _words(option: Parameter, given: Mapping[str, str]) -> list[str]:
    """Return the arguments of an option, but what stands behind `--`."""
    text = given.get(str(option.name))
    if text is None or not isinstance(option, Option):
        return [] if text is None or option.nargs == -1 else [text]
    if option.is_flag:
        return [option.flag] if is_on(text) else []
    return [f"{option.flag}={each}" for each in (text.split() if option.multiple else [text])]


def _behind(option: Parameter, given: Mapping[str, str]) -> list[str]:
    text = given.get(str(option.name))
    if isinstance(option, Option) or option.nargs != -1 or text is None:
        return []
    try:
        return ["--", *shlex.split(text)]
    except ValueError as error:
        message = f"{option.variable}={text}: {error}"
        raise click.UsageError(message) from None


def _folders(command: Command, given: Mapping[str, str]) -> list[str]:
    """Return the output folder of ENV; without ENV every one, where a command takes several."""
    if command.folder is None:
        return []
    if FOLDER in given:
        return [str(outputs() / given[FOLDER])]
    every = [str(folder) for folder in built_folders(outputs())]
    if not every:
        message = f"{outputs()} has no environment; fix: {build(outputs() / PLACEHOLDER)}"
        raise click.UsageError(message)
    return every


def _refuse_unknown(name: str, command: Command) -> None:
    """Raise click.UsageError with the typed variables that the command does not have."""
    known = {each.variable for each in command.parameters} | OF_MAKE
    for typed in os.environ.get(NAMED, "").split():
        if typed not in known and not OF_OTHERS.fullmatch(typed):
            near = get_close_matches(typed, known, 1) or sorted(known - OF_MAKE)
            message = f"make {name} has no variable {typed}; expected {' or '.join(near)}"
            raise click.UsageError(message)


def _refuse_missing(name: str, command: Command, given: Mapping[str, str]) -> None:
    """Raise click.UsageError with the variables that are missing, and the whole command."""
    groups = {each.group for each in command.options if each.name in given}
    missing = [
        each
        for each in command.parameters
        if each is not FOLDERS
        and not given.get(str(each.name))
        and (each.required or (each.group and each.group not in groups))
    ]
    if missing:
        _ask(name, command, given, missing)


def _ask(
    name: str, command: Command, given: Mapping[str, str], missing: list[Parameter]
) -> NoReturn:
    choices = [*_choices(missing)]
    named = [
        " or ".join(f"{option.variable}={_placeholder(option)}" for option in options)
        for options in choices
    ]
    if command.folder in missing:
        there = [folder.name for folder in built_folders(outputs())]
        named[0] += f", one of {', '.join(there)}" if there else ""
    placeholders = {str(options[0].name): PLACEHOLDER for options in choices}
    typed = {
        str(each.name): is_on(given[str(each.name)])
        if isinstance(each, Option) and each.is_flag
        else given[str(each.name)]
        for each in command.options
        if each.name in given
    }
    values = {**typed, **placeholders}
    raise click.UsageError(f"say {'; '.join(named)}: {_line(name, command, given, values)}")


def _placeholder(option: Parameter) -> str:
    """Return what stands for a value; a flag has only one."""
    return "1" if isinstance(option, Option) and option.is_flag else PLACEHOLDER


def _line(
    name: str, command: Command, given: Mapping[str, str], values: Mapping[str, object]
) -> str:
    if command.folder:
        environment = given.get(FOLDER) or PLACEHOLDER
        return str(CommandLine(name, outputs() / environment, values))
    named = {
        each.variable: "1" if value is True else str(value)
        for each in command.options
        if (value := values.get(str(each.name), False)) is not False
    }
    return make_line(name, shown(outputs().parent), named)


def _choices(options: list[Parameter]) -> Iterator[list[Parameter]]:
    """Yield options of which each is needed, those of a group together."""
    found: dict[str, list[Parameter]] = {}
    for option in options:
        found.setdefault(option.group or str(option.name), []).append(option)
    yield from found.values()
