"""The commands and their options, declared once: for the program, for make and for messages.

An option is a flag of `cfnlink COMMAND` and a variable of `make COMMAND`. Make exports the
variables that were typed, and a command that make started reads them from its environment, so
the Makefile repeats no option.
"""

import os
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from cfnlink import option_types
from cfnlink.exit_codes import MEANINGS, Exit, table

NAME = "cfnlink"
FOLDER = "folder"
# The Makefile sets it: the directory in which `make` was typed.
MARKER = "MAKE_STARTED_IN"
CREDENTIALS = "Credentials, profile and AWS_ENDPOINT_URL are those of the AWS CLI."


class Option(click.Option):
    """An option of a command, and a variable of make.

    variable: the variable's name; the name of the option's value in upper case if left out.
    group: of the options of a group exactly one is given.
    """

    def __init__(self, *names: str, group: str = "", variable: str = "", **shape: Any) -> None:
        if "metavar" not in shape and "type" not in shape:
            shape["is_flag"] = True
        super().__init__(names, **shape)
        self.group = group
        self.variable = variable or str(self.name).upper()
        self.flag = self.opts[0]
        self.question = str(self.help)
        self.help = f"{self.help} (make: {self.variable}=)"


class Argument(click.Argument):
    """A value without a flag, and a variable of make."""

    flag = ""

    def __init__(self, name: str, variable: str, group: str = "", **shape: Any) -> None:
        super().__init__([name], **shape)
        self.variable = variable
        self.group = group


Parameter = Option | Argument


class Use(Enum):
    """What a command does with AWS; one that makes change sets counts as changing."""

    OFFLINE = auto()
    READS = auto()
    CHANGES = auto()


class Command(click.Command):
    """A command: the function `run` of a module, which takes the values of its options.

    Its callback returns the values and runs nothing: a test reads a command line with it.
    """

    def __init__(
        self,
        summary: str,
        module: str,
        *parameters: Parameter,
        use: Use = Use.OFFLINE,
        exit_codes: dict[Exit, str] | None = None,
    ) -> None:
        codes = table(exit_codes or MEANINGS)
        super().__init__(
            name=None,  # set by the table
            params=[*parameters],
            help=f"{summary[0].upper()}{summary[1:]}.",
            short_help=summary,
            epilog=f"\b\nexit codes:\n{codes}",
            callback=self._values,
        )
        self.summary = summary
        self.module = module
        self.use = use

    @property
    def options(self) -> list[Parameter]:
        """Return what may be given beside the folder."""
        return [each for each in self.parameters if each.name != FOLDER]

    @property
    def parameters(self) -> list[Parameter]:
        """Return the folder and the options."""
        return [each for each in self.params if isinstance(each, Option | Argument)]

    @property
    def folder(self) -> Parameter | None:
        """Return the argument that names an output folder, or several."""
        return next((each for each in self.parameters if each.name == FOLDER), None)

    def option(self, name: str) -> Parameter:
        """Return an option by its name. Raises KeyError."""
        return {str(option.name): option for option in self.options}[name]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; exactly one option of a group is given."""
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser leaves it out of some errors
            raise
        for group in {each.group for each in self.options if each.group}:
            members = [each for each in self.options if each.group == group]
            given = [
                each for each in members if ctx.params[str(each.name)] not in (None, (), False)
            ]
            if len(given) > 1:
                message = f"not allowed with {label(given[0])}"
                raise click.BadParameter(message, ctx, given[1])
            if not given:
                raise click.UsageError(f"expected {' or '.join(map(label, members))}", ctx)
        return rest

    def _values(self, **values: Any) -> SimpleNamespace:
        read = {key: [*v] if isinstance(v, tuple) else v for key, v in values.items()}
        return SimpleNamespace(command=self.name, **read)


def is_on(text: str) -> bool:
    """Whether the text of a flag's variable sets the flag."""
    return text not in ("", "0")


def started_by_make() -> bool:
    """Whether make started this program, so that its user types make's commands."""
    return MARKER in os.environ


def label(parameter: click.Parameter) -> str:
    """Return what a user types for a parameter: make's variable, or the option."""
    if not isinstance(parameter, Option):
        return parameter.human_readable_name.strip("[]")
    return f"{parameter.variable}=" if started_by_make() else parameter.flag


class _Program(click.Group):
    """The program; it lists the commands in the order of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click gives it)
        return [*self.commands]


def program() -> click.Group:
    """Return the program with all commands."""
    return _Program(
        NAME,
        {**COMMANDS},
        help=(
            "Check, draw, price and deploy a folder of CloudFormation stacks that has a "
            f"manifest.json. {CREDENTIALS}"
        ),
        params=[click.Option(["--version"], is_flag=True, help="Show the version and exit.")],
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    )


def read(arguments: Sequence[str]) -> SimpleNamespace:
    """Return the values of a command line, the command's name included.

    Without a command the name is empty. Raises click.UsageError, and click.exceptions.Exit
    once help was printed.
    """
    group = program()
    with group.make_context(NAME, [*arguments]) as context:
        found = group.invoke(context)
        if isinstance(found, SimpleNamespace):
            return found
        if not context.params["version"]:
            raise click.UsageError("no command is given", context)
        return SimpleNamespace(command="")


def _written() -> Path:
    """Return where pages and roles go: below the settings folder, where make names one."""
    return Path((started_by_make() and os.environ.get("SETTINGS")) or "", "build")


def _path(name: str, text: str, **shape: Any) -> Option:
    return Option(name, help=text, metavar="DIR", type=click.Path(path_type=Path), **shape)


ONE_FOLDER = Argument(FOLDER, "ENV", type=click.Path(path_type=Path))
FOLDERS = Argument(FOLDER, "ENV", type=click.Path(path_type=Path), nargs=-1, required=True)

ACCOUNT = Option("--account", help="the role of the stack that all environments share")
ALLOW = Option(
    "--allow-replacement",
    "allow",
    help="a resource that may be replaced or removed with its data; repeat it for several",
    metavar="LOGICAL_ID",
    multiple=True,
)
ALTERNATIVES = Option("--alternatives", help="what each single choice would change")
BRANCH = Option("--branch", help="the branch that is released", metavar="NAME", default="main")
BASE = Option("--base", help="a git revision: main", metavar="REVISION", required=True)
BEFORE = Option("--base", help="the git revision that is deployed: main", metavar="REVISION")
CHECK = Option("--check", help="say only what exceeds a budget or has no price")
CLIENT = Option("--client", help="another client than the first", metavar="NAME")
CMD = Argument("cmd", "CMD", group="what", metavar="[-- CMD...]", nargs=-1)
COMPARED = Option(
    "--base", help="a git revision: print the difference as Markdown", metavar="REVISION"
)
DRIFT = Option("--drift", help="report what was changed outside CloudFormation, too")
ENVIRONMENTS = Option(
    "--environment",
    help="an environment, in the order of deployment; repeat it; the default is all, by cost",
    metavar="NAME",
    multiple=True,
    variable="ENVIRONMENTS",
)
ESTIMATE = Option("--estimate", help="compare with the architecture's first estimate")
DRILL = Option(
    "--drill",
    help="restore the newest backup beside the database, read it, and remove it",
    group="source",
)
EXISTING_PROVIDER = Option(
    "--existing-provider", help="the account has GitHub's OIDC provider already"
)
EXPRESS = Option(
    "--express", help="wait for no resource of an update; refused where there is value"
)
IGNORE_ALARMS = Option("--ignore-alarms", help="no alarm takes an update back")
IMAGE_TAG = Option(
    "--image-tag",
    "tag",
    help="the image; the first deployment needs it",
    metavar="TAG",
    type=option_types.tag,
)
JSON = Option("--json", help="print the result as JSON on stdout")
ONLY = Option("--only", help="a tier: its stack and those that it needs", metavar="TIER")
JOB = Option("--job", help="the job NAME of the settings, now", metavar="NAME", group="what")
JOB_LOG = Option("--job", help="the log of a job", metavar="NAME")
ONCE = Option("--once", help="print what is there, then end")
OUTPUT = _path("--output", "where to write", default=_written())
PARAMETERS = Option(
    "--parameters",
    help="parameters of templates without a manifest, as the AWS CLI takes them; repeat it",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
)
PRICE_HOST = Option(
    "--host",
    help="a mirror of the price list",
    metavar="ADDRESS",
    type=option_types.address,
    variable="PRICE_HOST",
)
PURPOSE = Option(
    "--purpose",
    help="what the role is for; plan changes nothing, schedule rotates, images pushes",
    type=click.Choice(("deploy", "plan", "schedule", "images")),
    default="deploy",
)
QUERY = Option(
    "--query",
    help="with the drill: a file with SQL that reads the restored data",
    metavar="FILE",
    type=click.Path(path_type=Path),
)
REALLY = Option("--really", help="confirm that a protected database is deleted")
REGION = Argument("region", "REGION", type=option_types.region)
LINT_REGION = Option(
    "--region",
    help="the region of templates without a manifest; the default is us-east-1",
    metavar="REGION",
)
REPOSITORY = Option(
    "--repository",
    help="the GitHub repository whose jobs deploy",
    metavar="OWNER/NAME",
    required=True,
)
REPLACE = Option("--force", help="replace files that were changed, too")
RESOLVER = Option(
    "--resolver",
    help="the DNS server to ask about delegation; the default is this machine's",
    metavar="HOST:PORT",
    type=option_types.server,
)
REVERT_DRIFT = Option(
    "--revert-drift", help="undo what was changed outside CloudFormation, too"
)
REVOKE = Option("--revoke", help="end every older password and session, the owner's included")
RUNNER = Option(
    "--runner",
    help="the runner that builds the image; the default is GitHub's with the CPU of the tasks",
    metavar="LABEL",
)
SERVICE = Option(
    "--service",
    help="the folder of the repository with the service's Dockerfile",
    metavar="DIR",
    default="example",
)
SETTINGS = _path("--settings", "the settings folder; this one, if left out", default=Path())
SMOKE = Option("--smoke", help="go back as well where smoke fails")
SINCE = Option("--since", help="start 30s, 10m, 2h or 1d ago", metavar="TIME", default="10m")
SNAPSHOT = Option(
    "--snapshot", help="the id of a snapshot at RDS", metavar="ID", group="source"
)
SPENT = Option("--spent", help="report this month's cost, too; asking costs 0.01 USD")
STOP = Option("--stop", help="take a release back that is under way", group="image")
TAG = Option(
    "--tag", help="the image to release", metavar="TAG", type=option_types.tag, group="image"
)
TIME = Option(
    "--time",
    help="latest, or a time such as 2026-11-26T10:00:00Z: the database as it was then",
    metavar="TIME",
    type=option_types.moment,
    group="source",
)
TOOL = Option(
    "--tool",
    help="the repository of the generator, where the settings lie beside it",
    metavar="OWNER/NAME@TAG",
)
TODAY = Option(
    "--today", help="mark prices old on this day", metavar="DAY", type=option_types.day
)
WAIT = Option(
    "--wait",
    help="wait so long for another deployment; the default is to end at once",
    metavar="MINUTES",
    type=option_types.minutes,
    default=0.0,
)
WATCH = Option("--watch", help="show tasks, health and alarms as they change")
WORKER = Option("--worker", help="the log of a worker: mail", metavar="NAME")
YES = Option("--yes", help="the environment's name, in place of the question", metavar="NAME")

# What `cfnlink init` asks for; initialize/variables.py says which setting each one is.
FORCE = Option("--force", help="change a project of your own, too")
PROJECT = Option("--project", help="Name of the project", metavar="NAME")
INIT_REGION = Option("--region", help="Region of AWS", metavar="REGION")
ZONES = Option("--zones", help="Two availability zones by id", metavar="'ID ID'")
ZONE = Option("--zone", help="Hosted zone at Route 53 for the API's domains", metavar="DOMAIN")
DOMAIN = Option("--domain", help="Domain of the API in production", metavar="DOMAIN")
HOSTED_ZONE_ID = Option(
    "--hosted-zone-id",
    help="Id of that zone where it exists; without it, the account stack creates the zone",
    metavar="ID",
)
ALARM_EMAIL = Option("--alarm-email", help="Address that receives alarms", metavar="ADDRESS")
BUDGET = Option("--budget", help="Budget of each environment in USD a month", metavar="USD")

PRINTED = {Exit.DONE: "printed"}
WRONG = {Exit.UNUSABLE: "wrong usage or an unusable file", Exit.INTERRUPTED: "interrupted"}
OPERATIONS = "cfnlink.operations.command"


def _operation(summary: str, *parameters: Parameter, use: Use = Use.READS) -> Command:
    return Command(summary, OPERATIONS, ONE_FOLDER, *parameters, JSON, use=use)


def _form(*choices: str) -> Option:
    kind = click.Choice(choices)
    return Option("--format", help="the form of the text", type=kind, default="text")


COMMANDS: dict[str, Command] = {
    "init": Command(
        "make the settings yours; on a terminal it asks",
        "cfnlink.clone",
        PROJECT,
        INIT_REGION,
        ZONES,
        ZONE,
        DOMAIN,
        HOSTED_ZONE_ID,
        ALARM_EMAIL,
        BUDGET,
        FORCE,
        SETTINGS,
        exit_codes={
            Exit.DONE: "the settings and output/ are written",
            Exit.FAILED: "refused: a value is wrong, or the project is yours already",
            Exit.UNUSABLE: "a value is missing",
            Exit.INTERRUPTED: "interrupted",
        },
    ),
    "lint": Command(
        "check folders, or templates without a manifest, with cfn-lint's rules and ours",
        "cfnlink.lint.command",
        FOLDERS,
        PARAMETERS,
        LINT_REGION,
        _form("text", "json", "sarif", "github"),
        exit_codes={Exit.DONE: "clean", Exit.FAILED: "findings; notes do not count", **WRONG},
    ),
    "cost": Command(
        "print what an environment costs a month",
        "cfnlink.cost.command",
        FOLDERS,
        ALTERNATIVES,
        ESTIMATE,
        COMPARED,
        CHECK,
        TODAY,
        _form("text", "markdown", "json"),
        exit_codes={
            **PRINTED,
            Exit.FAILED: "above a budget or not priced (with --check)",
            **WRONG,
        },
    ),
    "prices": Command(
        "read the prices of a region from AWS's price list, without an account",
        "cfnlink.prices.command",
        REGION,
        SETTINGS,
        PRICE_HOST,
        exit_codes={
            Exit.DONE: "written",
            Exit.FAILED: "a file could not be read; what was read is written",
            **WRONG,
        },
    ),
    "draw": Command(
        "draw environments into their folders, as architecture.svg",
        "cfnlink.picture.command",
        FOLDERS,
        exit_codes={Exit.DONE: "drawn", **WRONG},
    ),
    "page": Command(
        "write one page about each environment: picture, bill, stacks, alarms, findings",
        "cfnlink.page.command",
        FOLDERS,
        OUTPUT,
        TODAY,
        exit_codes={Exit.DONE: "written", **WRONG},
    ),
    "diff": Command(
        "say what changed since a git revision, offline",
        OPERATIONS,
        FOLDERS,
        BASE,
        ALLOW,
        JSON,
    ),
    "commands": _operation(
        "print the AWS CLI's commands that deploy it, offline",
        IMAGE_TAG,
        BEFORE,
        use=Use.OFFLINE,
    ),
    "preflight": _operation(
        "say what would make a deployment fail, and how to fix it", IMAGE_TAG, RESOLVER
    ),
    "plan": _operation(
        "say what a deployment would change",
        IMAGE_TAG,
        ONLY,
        ALLOW,
        REVERT_DRIFT,
        use=Use.CHANGES,
    ),
    "deploy": _operation(
        "bring every stack to what the folder holds",
        IMAGE_TAG,
        ONLY,
        ALLOW,
        WAIT,
        RESOLVER,
        IGNORE_ALARMS,
        REVERT_DRIFT,
        EXPRESS,
        use=Use.CHANGES,
    ),
    "status": _operation("say how the environment is", DRIFT, SPENT),
    "diagnose": _operation("say why the last operation failed, and the next command", RESOLVER),
    "smoke": _operation("send requests as a client does"),
    "logs": _operation("follow the service's log until Ctrl-C", SINCE, ONCE, WORKER, JOB_LOG),
    "key": _operation("print a client's API key, on a terminal only", CLIENT),
    "task": _operation(
        "run a command once in the service's image, or a job now", CMD, JOB, use=Use.CHANGES
    ),
    "release": _operation(
        "change the image's tag, or go back",
        TAG,
        STOP,
        SMOKE,
        WATCH,
        WAIT,
        IGNORE_ALARMS,
        use=Use.CHANGES,
    ),
    "rotate": _operation(
        "change the database's password, with no request failing",
        REVOKE,
        WAIT,
        use=Use.CHANGES,
    ),
    "restore": _operation(
        "put the database back to a snapshot or a time",
        SNAPSHOT,
        TIME,
        DRILL,
        QUERY,
        ALLOW,
        WAIT,
        use=Use.CHANGES,
    ),
    "destroy": _operation(
        "delete every stack but the account's", YES, REALLY, WAIT, use=Use.CHANGES
    ),
    "deploy-role": _operation(
        "write the role that deploys from GitHub Actions",
        REPOSITORY,
        ACCOUNT,
        PURPOSE,
        EXISTING_PROVIDER,
        OUTPUT,
        use=Use.OFFLINE,
    ),
    "pipeline": Command(
        "write the workflows of GitHub Actions that check, release and rotate",
        "cfnlink.pipeline.command",
        REPOSITORY,
        SETTINGS,
        ENVIRONMENTS,
        SERVICE,
        RUNNER,
        BRANCH,
        TOOL,
        REPLACE,
        JSON,
        exit_codes={
            Exit.DONE: "written, or unchanged",
            Exit.FAILED: "refused: a file is not as this command wrote it; none is written",
            **WRONG,
        },
    ),
    "emulator": Command(
        "serve an account of AWS on 127.0.0.1 until Ctrl-C",
        "cfnlink.emulator",
        Option("--port", help="a free one, if left out", metavar="PORT", type=int),
        _path("--variables", "the file that a shell reads", default=None),
        exit_codes={Exit.DONE: "ended", Exit.UNUSABLE: "the port is taken"},
    ),
}
for _name, _command in COMMANDS.items():
    _command.name = _name
