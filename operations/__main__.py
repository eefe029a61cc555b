"""Talk to AWS about an output folder: `python -m operations COMMAND FOLDER`.

Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI; the region is the
manifest's.
"""

import argparse
import os
import shlex
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from checks.folder import UnusableError
from operations.outcome import Exit, Stop, one_line, table
from operations.report import Reporter
from operations.target import open_target


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every end of it is a line and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)
    report = Reporter(options.json)
    again = f"python -m operations {shlex.join(arguments)}"
    code, message, then = _run(options, report, again)
    if message:
        print(report.clean(message), file=sys.stderr)
    if then:
        print(report.clean(f"next: {then}"), file=sys.stderr)
        report.result({"next": then})
    report.finish({"exit": int(code), "error": message or None})
    return int(code)


def _run(  # noqa: PLR0911 (each way in which it can end)
    options: argparse.Namespace, report: Reporter, again: str
) -> tuple[Exit, str, str]:
    """The command's exit code; a message and the next command where it did not end well."""
    from botocore.exceptions import (  # noqa: PLC0415 (half a second; --help needs none)
        BotoCoreError,
        ClientError,
        WaiterError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 (likewise)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        target = open_target(options.folder, again)
        with report.live():
            command = import_module(f"operations.{options.command.replace('-', '_')}")
            code: Exit = command.run(target, report, options)
            return code, "", ""
    except Stop as stop:
        then = stop.then or (again if stop.code == Exit.INTERRUPTED else "")
        return stop.code, stop.message, then
    except UnusableError as error:
        return Exit.UNUSABLE, str(error), "make build"
    except KeyboardInterrupt:
        message = "interrupted; AWS goes on with what it has begun"
        return Exit.INTERRUPTED, message, again
    except WaiterError as error:
        return Exit.FAILED, one_line(error), f"python -m operations status {options.folder}"
    except ClientError as error:
        return (
            Exit.UNREACHABLE,
            f"AWS refuses: {one_line(error)}",
            f"{again}, once it is allowed",
        )
    except (BotoCoreError, ResponseParserError) as error:
        then = "aws sts get-caller-identity says who you are to AWS"
        return Exit.UNREACHABLE, f"AWS was not reached: {one_line(error)}", then
    except BrokenPipeError:
        # Python flushes once more at its end: https://docs.python.org/3/library/signal.html
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.INTERRUPTED, "interrupted; nobody reads on", again
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Exit.UNUSABLE, f"{where}{error.strerror or one_line(error)}", again


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m operations",
        description=__doc__,
        epilog=table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (words, *flags) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            epilog=table(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("folder", type=Path, help="an output folder: output/production")
        command.add_argument("--json", action="store_true", help="the result as JSON on stdout")
        for flag in flags:
            command.add_argument(flag, **FLAGS[flag])
    return parser


def _server(text: str) -> str:
    """HOST:PORT; a port that is no number is a ValueError."""
    urlsplit(f"//{text}").port  # noqa: B018 (it is read only then)
    return text


FLAGS: dict[str, dict[str, Any]] = {
    "--allow-replacement": {
        "metavar": "LOGICAL_ID",
        "action": "append",
        "default": [],
        "help": "a resource that may be replaced or removed with the data in it",
    },
    "--base": {"metavar": "REVISION", "help": "of git, which was deployed: main"},
    "--client": {"metavar": "NAME", "help": "whose key, not the first one's"},
    "--drift": {"action": "store_true", "help": "what was changed by hand, too"},
    "--existing-provider": {
        "action": "store_true",
        "help": "the account knows GitHub's OIDC provider already",
    },
    "--image-tag": {"metavar": "TAG", "help": "needed once, by the first deploy"},
    "--once": {"action": "store_true", "help": "what is there, then end"},
    "--output": {"metavar": "DIR", "type": Path, "default": Path("build")},
    "--really": {"action": "store_true", "help": "production's second word"},
    "--repository": {"metavar": "OWNER/NAME", "required": True, "help": "whose jobs deploy"},
    "--resolver": {
        "metavar": "HOST:PORT",
        "type": _server,
        "help": "the DNS server to ask about delegation; without it, that of this machine",
    },
    "--since": {"metavar": "TIME", "default": "10m", "help": "30s, 10m, 2h or 1d ago"},
    "--snapshot": {"metavar": "ID", "required": True, "help": "which one, as RDS has it"},
    "--spent": {
        "action": "store_true",
        "help": "this month's cost, too; asking costs 0.01 USD",
    },
    "--tag": {"metavar": "TAG", "required": True, "help": "the image to release"},
    "--wait": {
        "metavar": "MINUTES",
        "type": float,
        "default": 0.0,
        "help": "how long to wait for another deployment; without it, refuse",
    },
    "--yes": {"metavar": "NAME", "help": "the environment's name, unasked"},
    "words": {"metavar": "CMD", "nargs": "+", "help": "behind --, as the image runs it"},
}
# Each command is the function `run` of the module of its name: what it does, and its flags.
COMMANDS: dict[str, tuple[str, ...]] = {
    "diff": ("say what changed since a git revision, offline", "--base", "--allow-replacement"),
    "preflight": (
        "say what would make a deployment fail, and what mends it",
        *("--image-tag", "--resolver"),
    ),
    "commands": (
        "print the AWS CLI's commands that deploy it, offline",
        *("--image-tag", "--base"),
    ),
    "plan": ("say what a deployment would change", "--image-tag", "--allow-replacement"),
    "deploy": (
        "bring every stack to what the folder holds",
        *("--image-tag", "--allow-replacement", "--wait", "--resolver"),
    ),
    "status": ("say how the environment is", "--drift", "--spent"),
    "smoke": ("send requests as a client does",),
    "logs": ("follow the service's log until Ctrl-C", "--since", "--once"),
    "key": ("print a client's API key, on a terminal only", "--client"),
    "task": ("run a command once in the service's image", "words"),
    "release": ("change the image's tag, or go back", "--tag", "--wait"),
    "rotate": ("change the database's password, with no request failing", "--wait"),
    "restore": ("put the database back to a snapshot", "--snapshot", "--wait"),
    "destroy": ("delete every stack but the account's", "--yes", "--really", "--wait"),
    "deploy-role": (
        "write the role that deploys from GitHub Actions",
        *("--repository", "--existing-provider", "--output"),
    ),
}


if __name__ == "__main__":
    sys.exit(main())
