"""How a command ends that could not go on: exit code, message and the next step."""

import re
import shlex
import shutil
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import botocore.exceptions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
    WaiterError,
)
from botocore.parsers import ResponseParserError

from cfnlink.next_command import CommandLine, build, shell_path
from cfnlink.operations.answers import HalfAnswerError, NotAwsError
from cfnlink.operations.aws_cli import aws_global
from cfnlink.operations.errors import CommandError, Exit, one_line
from cfnlink.operations.failure import REPAIRED
from cfnlink.streams import OutputError
from cfnlink.system.folder import UnusableError, built_folders
from cfnlink.system.revision import RevisionError, UnknownRevisionError

HERE = Path(__file__).parents[1]
# AWS did not answer, or knows no credentials: a network, time or a permission cures it.
UNREACHED = (
    botocore.exceptions.ConnectionError,
    CredentialRetrievalError,
    HalfAnswerError,
    HTTPClientError,
    NoCredentialsError,
    NotAwsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    ResponseParserError,
    SSOError,
    TokenRetrievalError,
)
# Codes of a refusal; services that speak JSON answer them with status 400.
# https://docs.aws.amazon.com/awscloudformation/latest/APIReference/CommonErrors.html
REFUSALS = re.compile(
    r"AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|AuthFailure|OptInRequired"
    r"|UnrecognizedClient|InvalidClientTokenId|MissingAuthenticationToken|Expired"
    r"|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature"
)
REFUSED_STATUS = (401, 403)
# What passes with time, as botocore repeats it:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
PASSES = re.compile(
    r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded"
    r"|RequestTimeout|Unavailable|InternalFailure|InternalError"
)
PASSES_STATUS = (429, 500, 502, 503, 504)


def ending(error: BaseException, line: CommandLine, *, begun: bool = True) -> CommandError:
    """Return what an error of a command means for its user.

    line: what was typed; begun: whether AWS was asked to change something.
    """
    if isinstance(error, KeyboardInterrupt) and not begun:
        message = "interrupted before AWS was asked to change anything"
        return CommandError(Exit.INTERRUPTED, message, str(line))
    for kind, explain in EXPLAINED.items():
        if isinstance(error, kind):
            return explain(error, line)
    return _of_a_bug(error, line)


def _of_a_stop(stop: CommandError, line: CommandLine) -> CommandError:
    again = str(line) if stop.code in (Exit.INTERRUPTED, Exit.UNREACHABLE) else ""
    return CommandError(stop.code, stop.message, stop.next_command or again)


def _of_an_interruption(_: KeyboardInterrupt, line: CommandLine) -> CommandError:
    message = "interrupted; AWS goes on with what it has begun"
    return CommandError(Exit.INTERRUPTED, message, str(line))


def _of_output(error: OutputError, line: CommandLine) -> CommandError:
    return CommandError(Exit.INTERRUPTED, f"interrupted: {error}", str(line))


def _of_the_system(error: OSError, line: CommandLine) -> CommandError:
    where = f"{error.filename}: " if error.filename else ""
    message = f"{where}{error.strerror or one_line(error)}"
    return CommandError(Exit.UNUSABLE, message, str(line))


def _of_input(error: UnusableError, line: CommandLine) -> CommandError:
    return CommandError(Exit.UNUSABLE, str(error), _unusable(line))


def _of_a_revision(error: RevisionError, line: CommandLine) -> CommandError:
    if shutil.which("git") is None:
        step = "install git"
    elif not isinstance(error, UnknownRevisionError):
        folder = shlex.quote(shell_path(line.folder))
        step = f"to see the revisions: git -C {folder} log --oneline -- ."
    elif error.branches:
        step = str(line.to(line.name, base=_meant(error.branches, line.options["base"])))
    else:
        step = f"commit {shell_path(line.folder.parent)} to git, then: {line}"
    return CommandError(Exit.UNUSABLE, str(error), step)


def _meant(branches: Sequence[str], revision: str) -> str:
    """Return the branch that a user means by a revision that does not exist, or dots."""
    of_remote = [each for each in branches if each.partition("/")[2] == revision]
    found = of_remote or branches
    return found[0] if len(found) == 1 else "..."


def _of_several(group: BaseExceptionGroup[BaseException], line: CommandLine) -> CommandError:
    """Several stacks failed: each is told, with its own next step."""
    endings = [ending(each, line) for each in group.exceptions]
    messages = dict.fromkeys(each.message for each in endings)
    steps = dict.fromkeys(step for each in endings for step in each.next_command.splitlines())
    return CommandError(endings[0].code, "\n".join(messages), "\n".join(steps))


def _of_aws(error: Exception, line: CommandLine) -> CommandError:
    if isinstance(error, WaiterError):
        return CommandError(Exit.FAILED, one_line(error), str(line.to("status")))
    if isinstance(error, ClientError):
        message = f"AWS refuses: {one_line(error)}"
        if is_cured_without_a_change(error):
            return CommandError(Exit.UNREACHABLE, message, f"when AWS allows it: {line}")
        return CommandError(Exit.FAILED, message, f"{REPAIRED}: {line}")
    if isinstance(error, UNREACHED):
        message = f"AWS was not reached: {one_line(error)}"
        return CommandError(Exit.UNREACHABLE, message, aws_global("sts", "get-caller-identity"))
    message = f"AWS cannot be called: {one_line(error)}"
    return CommandError(Exit.FAILED, message, aws_global("configure", "list"))


def is_cured_without_a_change(error: ClientError) -> bool:
    """Return whether the same call can succeed once it is permitted, or some time later."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    known = REFUSALS.search(code) or PASSES.search(code)
    return bool(known) or status in (*REFUSED_STATUS, *PASSES_STATUS)


def _of_a_bug(error: BaseException, line: CommandLine) -> CommandError:
    """A fault of this tool: where, in one line, in place of a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(HERE)]
    places = [f"{Path(frame.filename).relative_to(HERE)}:{frame.lineno}" for frame in ours]
    where = places[-1] if places else "an unknown place"
    message = f"a fault of this tool, at {where}: {type(error).__name__}: {one_line(error)}"
    return CommandError(Exit.FAILED, message, f"to see what AWS has: {line.to('status')}")


def _unusable(line: CommandLine) -> str:
    """Return the command for another folder where one is there; else the one that builds."""
    folder = line.folder
    if built_folders(folder):
        return str(line.at(folder / "..."))
    there = built_folders(folder.parent)
    if there and folder not in there:
        return str(line.at(folder.with_name("...")))
    return build(folder)


EXPLAINED: dict[type[BaseException], Callable[[Any, CommandLine], CommandError]] = {
    BaseExceptionGroup: _of_several,
    CommandError: _of_a_stop,
    RevisionError: _of_a_revision,
    UnusableError: _of_input,
    KeyboardInterrupt: _of_an_interruption,
    OutputError: _of_output,
    ClientError: _of_aws,
    BotoCoreError: _of_aws,
    ResponseParserError: _of_aws,
    OSError: _of_the_system,
}
