"""Run one command on an output folder: `python -m operations COMMAND FOLDER`.

Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI; the region is the
manifest's. The command NAME is the function `run` of the module `operations.NAME`.
"""

import argparse
import os
import signal
import sys
from importlib import import_module

from checks.folder import UnusableError
from operations import make_variables
from operations.aws_cli import aws_global
from operations.cli import MARKER, parser
from operations.next_command import CommandLine, build, typed
from operations.outcome import Exit, Stop, one_line
from operations.report import Reporter, after
from operations.target import open_target


def main(arguments: list[str] | None = None) -> int:
    """Run one command; it ends with a message, the next command and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if MARKER in os.environ:
        arguments = [*arguments, *make_variables.arguments(*arguments)]
    options = parser().parse_args(arguments)
    report = Reporter(options.json)
    code, message, then = _run(options, report)
    if message:
        print(report.clean(message), file=sys.stderr)
    if then:
        print(report.clean(after("next: ", then)), file=sys.stderr)
        report.result({"next": then})
    report.finish({"exit": int(code), "error": message or None})
    return int(code)


def _run(  # noqa: PLR0911 (each way in which it can end)
    options: argparse.Namespace, report: Reporter
) -> tuple[Exit, str, str]:
    """Return the exit code, and a message and the next steps where it did not end well."""
    from botocore.exceptions import (  # noqa: PLC0415 (half a second; --help needs none)
        BotoCoreError,
        ClientError,
        WaiterError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 (likewise)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    line = typed(options)
    again = str(line)
    try:
        target = open_target(line.folder, line)
        with report.live():
            from operations import ownership  # noqa: PLC0415 (as boto3: --help needs none)

            ownership.check(target, report, options)
            command = import_module(f"operations.{line.name.replace('-', '_')}")
            code: Exit = command.run(target, report, options)
            return code, "", ""
    except Stop as stop:
        then = stop.then or (again if stop.code == Exit.INTERRUPTED else "")
        return stop.code, stop.message, then
    except UnusableError as error:
        return Exit.UNUSABLE, str(error), _unusable(line)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED, "interrupted; AWS goes on with what it has begun", again
    except WaiterError as error:
        return Exit.FAILED, one_line(error), str(line.to("status"))
    except ClientError as error:
        message = f"AWS refuses: {one_line(error)}"
        return Exit.UNREACHABLE, message, f"when AWS allows it: {again}"
    except (BotoCoreError, ResponseParserError) as error:
        message = f"AWS was not reached: {one_line(error)}"
        return Exit.UNREACHABLE, message, aws_global("sts", "get-caller-identity")
    except BrokenPipeError:
        # Python flushes once more at its end: https://docs.python.org/3/library/signal.html
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.INTERRUPTED, "interrupted: the output is read no further", again
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Exit.UNUSABLE, f"{where}{error.strerror or one_line(error)}", again


def _unusable(line: CommandLine) -> str:
    """Return the command for another folder where one is there; else the one that builds."""
    folder = line.folder
    there = [file.parent for file in folder.parent.glob("*/manifest.json")]
    if there and folder not in there:
        return str(line.at(folder.with_name("...")))
    return build(folder)


if __name__ == "__main__":
    sys.exit(main())
