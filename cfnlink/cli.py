"""The program `cfnlink`: read a command line, and run the command.

A command is imported when it runs, so that no command waits for the libraries of another one.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from cfnlink import interrupts, piped
from cfnlink.aws.catalogue import CatalogueError
from cfnlink.commands import COMMANDS, JSON, is_on, label, read, started_by_make
from cfnlink.exit_codes import Exit
from cfnlink.streams import open_streams
from cfnlink.system.folder import UnusableError


def run() -> NoReturn:
    """Run the program, and end the process."""
    open_streams()
    piped.run(main)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        if words and started_by_make():
            from cfnlink import make_variables  # noqa: PLC0415 (only make's user needs it)

            words = make_variables.arguments(words)
        options = read(words)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        return _refuse(error, words)
    if not options.command:
        from cfnlink.version import version  # noqa: PLC0415 (only here)

        print(version())
        return Exit.DONE
    try:
        command = import_module(COMMANDS[options.command].module)
        interrupts.end_in_order()
        code: int = command.run(options)
    except (CatalogueError, UnusableError) as error:
        print(error, file=sys.stderr)
        return Exit.UNUSABLE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    return code


def _refuse(error: click.UsageError, words: Sequence[str]) -> int:
    """Say why a command line cannot be read, as JSON if it asks for JSON; return the code."""
    from cfnlink.operations.reporter import Reporter  # noqa: PLC0415 (most commands need none)

    return Reporter(_asks_for_json(words)).end(Exit.UNUSABLE, _message(error))


def _message(error: click.UsageError) -> str:
    """Return what is wrong, and the command that shows what is expected.

    Where make started the command, a variable of make is named in place of an option.
    """
    text, parameter = error.format_message(), getattr(error, "param", None)
    if isinstance(error, click.BadParameter) and isinstance(parameter, click.Parameter):
        text = f"{label(parameter)}: {error.message}" if error.message else text
    if started_by_make():
        return text
    from cfnlink.next_command import program_line  # noqa: PLC0415 (only an error needs it)

    context = error.ctx
    path = context.command_path.split()[1:] if context else []
    return f"{text}\nfix: see {program_line(*path, '--help')}"


def _asks_for_json(words: Sequence[str]) -> bool:
    """Return whether a command that cannot be read was to end in JSON."""
    own = words[: words.index("--")] if "--" in words else words
    made = os.environ.get(JSON.variable, "0") if started_by_make() else "0"
    return JSON.flag in own or is_on(made)
