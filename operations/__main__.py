"""Talk to AWS about an output folder: `python -m operations COMMAND FOLDER`.

Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI; the region is the
manifest's.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checks.folder import UnusableError
from operations.outcome import Exit, Stop, table
from operations.report import Reporter
from operations.target import Target, open_target

Command = Callable[[Target, Reporter, argparse.Namespace], Exit]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every end of it is a line and an exit code."""
    options = _parser().parse_args(arguments)
    report = Reporter(options.json)
    code, message, then = _run(options, report)
    if message:
        print(report.clean(message), file=sys.stderr)
        if then:
            print(report.clean(f"next: {then}"), file=sys.stderr)
    ended = {"exit": int(code), "error": message or None, "next": then or None}
    report.finish(ended)
    return int(code)


def _run(  # noqa: PLR0911 (each way in which it can end)
    options: argparse.Namespace, report: Reporter
) -> tuple[Exit, str, str]:
    """The command's exit code; a message and the next command where it did not end well."""
    from botocore.exceptions import (  # noqa: PLC0415 (half a second; --help needs none)
        BotoCoreError,
        ClientError,
        WaiterError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 (likewise)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    again = f"python -m operations {options.command} {options.folder}"
    try:
        target = open_target(options.folder)
        with report.live():
            command: Command = options.run
            return command(target, report, options), "", ""
    except Stop as stop:
        then = again if stop.code == Exit.INTERRUPTED else stop.then
        return stop.code, stop.message, then
    except UnusableError as error:
        return Exit.UNUSABLE, str(error), "make build"
    except KeyboardInterrupt:
        message = "interrupted; AWS goes on with what it has begun"
        return Exit.INTERRUPTED, message, again
    except WaiterError as error:
        return Exit.FAILED, _one_line(error), f"python -m operations status {options.folder}"
    except ClientError as error:
        return (
            Exit.UNREACHABLE,
            f"AWS refuses: {_one_line(error)}",
            f"{again}, once it is allowed",
        )
    except (BotoCoreError, ResponseParserError) as error:
        then = "aws sts get-caller-identity says who you are to AWS"
        return Exit.UNREACHABLE, f"AWS was not reached: {_one_line(error)}", then


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m operations",
        description=__doc__,
        epilog=table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    plan = _command(commands, "plan", _plan, "say what a deployment would change")
    _deployment(plan)
    deploy = _command(commands, "deploy", _deploy, "bring every stack to what the folder holds")
    _deployment(deploy)
    _patience(deploy)
    status = _command(commands, "status", _status, "say how the environment is")
    status.add_argument("--drift", action="store_true", help="what was changed by hand, too")
    destroy = _command(commands, "destroy", _destroy, "delete every stack but the account's")
    destroy.add_argument("--yes", metavar="NAME", help="the environment's name, unasked")
    destroy.add_argument("--really", action="store_true", help="production's second word")
    _patience(destroy)
    release = _command(commands, "release", _release, "change the image's tag, or go back")
    release.add_argument("--tag", metavar="TAG", required=True, help="the image to release")
    _patience(release)
    smoke = _command(commands, "smoke", _smoke, "send requests as a client does")
    smoke.add_argument("--client", metavar="NAME", help="whose key; without it the first one's")
    smoke.add_argument("--limit", action="store_true", help="until 429; spends the quota")
    return parser


def _command(commands: Any, name: str, run: Command, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_,
        description=f"{help_[0].upper()}{help_[1:]}.",
        epilog=table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="an output folder: output/production")
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    parser.set_defaults(run=run)
    return parser


def _deployment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image-tag", metavar="TAG", help="needed once, by the first deploy")
    parser.add_argument(
        "--allow-replacement",
        metavar="LOGICAL_ID",
        action="append",
        default=[],
        help="a resource that may be replaced or removed with the data in it",
    )


def _patience(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        metavar="MINUTES",
        type=float,
        default=0.0,
        help="how long to wait for another deployment; without it, refuse",
    )


def _plan(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.plan import plan  # noqa: PLC0415 (one command needs one module)

    return plan(target, report, options.image_tag, options.allow_replacement)


def _deploy(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.deploy import Run, deploy  # noqa: PLC0415 (likewise)

    run = Run(target, report, options.image_tag, tuple(options.allow_replacement))
    return deploy(run, options.wait * 60)


def _status(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.status import status  # noqa: PLC0415 (likewise)

    return status(target, report, options.drift)


def _destroy(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.destroy import destroy  # noqa: PLC0415 (likewise)

    return destroy(target, report, options.yes, options.really, options.wait * 60)


def _release(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.deploy import Run  # noqa: PLC0415 (likewise)
    from operations.release import release  # noqa: PLC0415 (likewise)

    return release(Run(target, report), options.tag, options.wait * 60)


def _smoke(target: Target, report: Reporter, options: argparse.Namespace) -> Exit:
    from operations.smoke import smoke  # noqa: PLC0415 (likewise)

    return smoke(target, report, options.client, options.limit)


if __name__ == "__main__":
    sys.exit(main())
