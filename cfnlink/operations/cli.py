"""The commands and their options: one table for the parser, for make and for next commands.

An option is a flag of `python -m cfnlink.operations COMMAND FOLDER` and a variable of
`make COMMAND ENV=...`. Make exports the variables that were typed, and a command that make
started reads them from its environment, so the Makefile repeats no option.
"""

import argparse
import math
import os
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from cfnlink.operations.outcome import Exit, table

# The Makefile sets it: the directory in which `make` was typed.
MARKER = "MAKE_STARTED_IN"
# https://pkg.go.dev/github.com/distribution/reference
TAG_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class Option:
    """An option of a command.

    flag: empty for the words behind `--`. metavar: what the value is; an option without one
    is a switch. type: converts the text of a value, or raises ArgumentTypeError. group: of
    the options of a group exactly one is given.
    """

    name: str
    flag: str
    help: str
    metavar: str = ""
    type: Callable[[str], Any] = str
    default: Any = None
    is_required: bool = False
    is_repeated: bool = False
    group: str = ""

    @property
    def variable(self) -> str:
        """The option's variable of make."""
        return self.name.upper()

    def add_to(self, parser: argparse._ActionsContainer) -> None:
        """Add the option to the parser of a command, or to a group of it."""
        words = f"{self.help} (make: {self.variable}=)"
        if not self.flag:
            parser.add_argument(self.name, metavar=self.metavar, nargs="+", help=words)
            return
        shape: dict[str, Any] = {"action": "store_true"}
        if self.metavar:
            shape = {"metavar": self.metavar, "type": self.type, "default": self.default}
            shape |= {"required": self.is_required}
        if self.is_repeated:
            shape |= {"action": "append", "default": []}
        parser.add_argument(self.flag, dest=self.name, help=words, **shape)

    def arguments(self, text: str) -> list[str]:
        """Return the arguments that stand for the text of the make variable.

        Raises ValueError for words that cannot be split.
        """
        if not text:
            return []
        if not self.flag:
            return ["--", *shlex.split(text)]
        if not self.metavar:
            return [] if text == "0" else [self.flag]
        return [
            f"{self.flag}={each}" for each in (text.split() if self.is_repeated else [text])
        ]


class Use(Enum):
    """What a command does with AWS; one that makes change sets counts as changing."""

    OFFLINE = auto()
    READS = auto()
    CHANGES = auto()


@dataclass(frozen=True)
class Command:
    """A command: the function `run` of the module of its name."""

    summary: str
    options: tuple[Option, ...]
    use: Use = Use.READS

    def option(self, name: str) -> Option:
        """Return an option by its name. Raises KeyError."""
        return {option.name: option for option in self.options}[name]


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    made = _Parser(
        prog="python -m cfnlink.operations",
        description="Talk to AWS about an output folder, with the AWS CLI's credentials.",
        epilog=table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        its = commands.add_parser(
            name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=table(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        its.add_argument("folder", type=Path, help="an output folder: output/production")
        groups = {
            name: its.add_mutually_exclusive_group(required=True)
            for name in {option.group for option in command.options if option.group}
        }
        for option in command.options:
            option.add_to(groups.get(option.group, its))
    return made


class UsageError(SystemExit):
    """A command that cannot be understood; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(int(Exit.UNUSABLE))
        self.message = message


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Return whether a command that cannot be understood was to end in JSON."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    made = os.environ.get(JSON.variable, "0") if MARKER in os.environ else "0"
    return JSON.flag in own or made not in ("", "0")


class _Parser(argparse.ArgumentParser):
    """Names the make variable in place of the flag where make started the command."""

    def error(self, message: str) -> NoReturn:
        if MARKER not in os.environ:
            raise UsageError(f"{self.format_usage()}{self.prog}: error: {message}")
        variables = {option.flag: option.variable for option in OPTIONS}
        named = re.sub(
            r"\bargument (--[\w-]+)", lambda found: f"{variables[found[1]]}=", message
        )
        raise UsageError(named)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time: expected minutes, such as 30")
    return minutes


def _tag(text: str) -> str:
    if not TAG_PATTERN.fullmatch(text):
        expected = "up to 128 letters, digits, '.', '_' and '-'"
        raise argparse.ArgumentTypeError(f"{text} is no tag of an image: expected {expected}")
    return text


def _server(text: str) -> str:
    try:
        urlsplit(f"//{text}").port  # noqa: B018 (reading it checks it)
    except ValueError:
        message = f"{text} is no server: expected HOST:PORT, such as 127.0.0.1:53"
        raise argparse.ArgumentTypeError(message) from None
    return text


def _moment(text: str) -> str:
    """A moment as CloudFormation takes it, in UTC."""
    if text == "latest":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        expected = "latest, or a time with its zone, such as 2026-11-26T10:00:00Z"
        raise argparse.ArgumentTypeError(f"{text} is no time: expected {expected}")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


ACCOUNT = Option("account", "--account", "the role of the stack that all environments share")
ALLOW = Option(
    "allow",
    "--allow-replacement",
    "a resource that may be replaced or removed with its data; repeat it for several",
    metavar="LOGICAL_ID",
    is_repeated=True,
)
BEFORE = Option("base", "--base", "the git revision that is deployed: main", metavar="REVISION")
BASE = Option("base", "--base", "a git revision: main", metavar="REVISION", is_required=True)
CLIENT = Option("client", "--client", "another client than the first", metavar="NAME")
CMD = Option("cmd", "", "behind --, as the image runs it", metavar="CMD", is_required=True)
DRIFT = Option("drift", "--drift", "report what was changed outside CloudFormation, too")
EXISTING_PROVIDER = Option(
    "existing_provider",
    "--existing-provider",
    "the account has GitHub's OIDC provider already",
)
IMAGE_TAG = Option(
    "tag", "--image-tag", "the image; the first deployment needs it", metavar="TAG", type=_tag
)
JSON = Option("json", "--json", "print the result as JSON on stdout")
ONLY = Option("only", "--only", "a tier: its stack and those that it needs", metavar="TIER")
ONCE = Option("once", "--once", "print what is there, then end")
OUTPUT = Option(
    "output", "--output", "where to write", metavar="DIR", type=Path, default=Path("build")
)
REALLY = Option("really", "--really", "confirm that a protected database is deleted")
REPOSITORY = Option(
    "repository",
    "--repository",
    "the GitHub repository whose jobs deploy",
    metavar="OWNER/NAME",
    is_required=True,
)
REVOKE = Option(
    "revoke", "--revoke", "end every older password and session, the owner's included"
)
RESOLVER = Option(
    "resolver",
    "--resolver",
    "the DNS server to ask about delegation; the default is this machine's",
    metavar="HOST:PORT",
    type=_server,
)
SINCE = Option(
    "since", "--since", "start 30s, 10m, 2h or 1d ago", metavar="TIME", default="10m"
)
SNAPSHOT = Option(
    "snapshot", "--snapshot", "the id of a snapshot at RDS", metavar="ID", group="source"
)
TIME = Option(
    "time",
    "--time",
    "latest, or a time such as 2026-11-26T10:00:00Z: the database as it was then",
    metavar="TIME",
    type=_moment,
    group="source",
)
SPENT = Option("spent", "--spent", "report this month's cost, too; asking costs 0.01 USD")
TAG = Option("tag", "--tag", "the image to release", metavar="TAG", type=_tag, is_required=True)
WAIT = Option(
    "wait",
    "--wait",
    "wait so long for another deployment; the default is to end at once",
    metavar="MINUTES",
    type=_minutes,
    default=0.0,
)
YES = Option("yes", "--yes", "the environment's name, in place of the question", metavar="NAME")

COMMANDS = {
    "diff": Command(
        "say what changed since a git revision, offline", (BASE, ALLOW, JSON), Use.OFFLINE
    ),
    "preflight": Command(
        "say what would make a deployment fail, and how to fix it", (IMAGE_TAG, RESOLVER, JSON)
    ),
    "commands": Command(
        "print the AWS CLI's commands that deploy it, offline",
        (IMAGE_TAG, BEFORE, JSON),
        Use.OFFLINE,
    ),
    "plan": Command(
        "say what a deployment would change", (IMAGE_TAG, ONLY, ALLOW, JSON), Use.CHANGES
    ),
    "deploy": Command(
        "bring every stack to what the folder holds",
        (IMAGE_TAG, ONLY, ALLOW, WAIT, RESOLVER, JSON),
        Use.CHANGES,
    ),
    "status": Command("say how the environment is", (DRIFT, SPENT, JSON)),
    "smoke": Command("send requests as a client does", (JSON,)),
    "logs": Command("follow the service's log until Ctrl-C", (SINCE, ONCE, JSON)),
    "key": Command("print a client's API key, on a terminal only", (CLIENT, JSON)),
    "task": Command("run a command once in the service's image", (JSON, CMD), Use.CHANGES),
    "release": Command("change the image's tag, or go back", (TAG, WAIT, JSON), Use.CHANGES),
    "rotate": Command(
        "change the database's password, with no request failing",
        (REVOKE, WAIT, JSON),
        Use.CHANGES,
    ),
    "restore": Command(
        "put the database back to a snapshot or a time",
        (SNAPSHOT, TIME, ALLOW, WAIT, JSON),
        Use.CHANGES,
    ),
    "destroy": Command(
        "delete every stack but the account's", (YES, REALLY, WAIT, JSON), Use.CHANGES
    ),
    "deploy-role": Command(
        "write the role that deploys from GitHub Actions",
        (REPOSITORY, ACCOUNT, EXISTING_PROVIDER, OUTPUT, JSON),
        Use.OFFLINE,
    ),
}
OPTIONS = tuple(
    dict.fromkeys(option for command in COMMANDS.values() for option in command.options)
)
