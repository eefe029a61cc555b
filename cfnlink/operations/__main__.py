"""Run one command on an output folder: `python -m cfnlink.operations COMMAND FOLDER`.

Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI; the region is the
manifest's. The command NAME is the function `run` of the module `operations.commands.NAME`.
"""

import argparse
import os
import signal
import sys
from importlib import import_module

from cfnlink.operations import make_variables
from cfnlink.operations.cli import MARKER, UsageError, asks_for_json, parser
from cfnlink.operations.environment import open_environment
from cfnlink.operations.next_command import typed
from cfnlink.operations.outcome import Exit
from cfnlink.operations.report import Reporter
from cfnlink.operations.streams import open_streams


def main(arguments: list[str] | None = None) -> int:
    """Run one command; it ends with a message, the next command and an exit code."""
    open_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if MARKER in os.environ:
            arguments = [*arguments, *make_variables.arguments(*arguments)]
        options = parser().parse_args(arguments)
    except UsageError as error:
        return Reporter(asks_for_json(arguments)).end(Exit.UNUSABLE, error.message)
    report = Reporter(options.json)
    try:
        return _run(options, report)
    except KeyboardInterrupt:  # once more, while the first one ended the command
        return report.end(Exit.INTERRUPTED, "interrupted", str(typed(options)))


def _run(options: argparse.Namespace, report: Reporter) -> int:
    """Run the command, and say how it ended; return its exit code."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, signal.default_int_handler)
    line = typed(options)
    try:
        environment = open_environment(line.folder, line, report)
        with report.live():
            from cfnlink.operations import ownership  # noqa: PLC0415 (half a second; --help needs none)

            ownership.check(environment, options)
            command = import_module(
                f"cfnlink.operations.commands.{line.name.replace('-', '_')}"
            )
            code: Exit = command.run(environment, options)
    except BaseException as error:  # noqa: BLE001 (each end of a command is one of ours)
        from cfnlink.operations.ending import ending  # noqa: PLC0415 (likewise)

        stop = ending(error, line)
        return report.end(stop.code, stop.message, stop.next_command)
    return report.end(code)


if __name__ == "__main__":
    sys.exit(main())
