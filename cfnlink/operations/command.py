"""Run a command of the operations on an output folder.

Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI; the region is the
manifest's. The command NAME is the function `run` of the module `operations.commands.NAME`.
"""

import signal
from importlib import import_module
from types import SimpleNamespace

from cfnlink.next_command import typed
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.errors import Exit
from cfnlink.operations.reporter import Reporter


def run(options: SimpleNamespace) -> int:
    """Run one command; it ends with a message, the next command and an exit code.

    A command that takes several folders reads one after the other; the last error counts, and
    a fault that several have is printed once.
    """
    several = isinstance(options.folder, list)
    folders = options.folder if several else [options.folder]
    said: set[str] = set()
    each_one = (SimpleNamespace(**{**vars(options), "folder": each}) for each in folders)
    codes = [_ended(each, said) for each in each_one]
    return next((code for code in reversed(codes) if code), int(Exit.DONE))


def _ended(options: SimpleNamespace, said: set[str]) -> int:
    report = Reporter(options.json)
    try:
        return _run(options, report, said)
    except KeyboardInterrupt:  # once more, while the first one ended the command
        return report.end(Exit.INTERRUPTED, "interrupted", str(typed(options)))


def _run(options: SimpleNamespace, report: Reporter, said: set[str]) -> int:
    """Run the command, and say how it ended; return its exit code.

    said: the faults that were printed for other folders.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, signal.default_int_handler)
    line = typed(options)
    environment: Environment | None = None
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

        begun = environment is not None and bool(environment.clients.changes)
        stop = ending(error, line, begun=begun)
        if stop.message in said and not options.json:
            return int(stop.code)
        said.add(stop.message)
        return report.end(stop.code, stop.message, stop.next_command)
    return report.end(code)
