"""One deployment of an environment at a time: a lease that a killed run cannot keep.

It is a parameter of SSM, which costs nothing. Its version number counts every write, so of
two runs that take over a dead one's lease, one sees that it came second.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Thread
from typing import Any
from uuid import getnode, uuid4

from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.target import SHARED_TIER, Target

BEAT_SECONDS = 20
DEAD_AFTER_SECONDS = 120
ASK_AGAIN_SECONDS = 2
PATIENCE_MINUTES = 30.0  # that a next command suggests


def parameter(target: Target) -> str:
    """The name of the parameter that is held, for the environment or the shared stack."""
    alone = all(stack.tier == SHARED_TIER for stack in target.stacks)
    held = SHARED_TIER if alone else target.environment
    return f"/{target.project}/{held}/deployment"


@contextmanager
def lease(
    target: Target, report: Reporter, command: str, patience_seconds: float = 0
) -> Iterator[None]:
    """Hold the environment for one command, or end with BUSY after the patience."""
    name = parameter(target)
    mine = {"run": uuid4().hex, "command": command, "host": _host(), "pid": os.getpid()}
    while not _take(target, report, name, mine):
        if patience_seconds <= 0:
            holder = _read(target, name)[0]
            by = f"{holder.get('command', 'a command')} on {holder.get('host', 'a machine')}"
            message = f"{target.environment} is busy: {by} is under way"
            minutes = target.typed.options.get("wait") or PATIENCE_MINUTES
            then = f"to wait up to {minutes:g} minutes: {target.again_with(wait=minutes)}"
            raise Stop(Exit.BUSY, message, then)
        report.working("lease", "another deployment is under way")
        target.pause(ASK_AGAIN_SECONDS)
        patience_seconds -= ASK_AGAIN_SECONDS
    report.working("lease")
    ended = Event()
    beat = Thread(target=_beat, args=(target, report, name, mine, ended), daemon=True)
    beat.start()
    try:
        yield
    finally:
        ended.set()
        beat.join()
        with suppress(Exception):  # it runs out by itself
            if _read(target, name)[0].get("run") == mine["run"]:
                target.client("ssm").delete_parameter(Name=name)


def _take(target: Target, report: Reporter, name: str, mine: dict[str, Any]) -> bool:
    """Take a free lease, or that of a dead run."""
    ssm = target.client("ssm")
    try:
        ssm.put_parameter(Name=name, Value=json.dumps(mine), Type="String", Overwrite=False)
    except ssm.exceptions.ParameterAlreadyExists:
        holder, version, age = _read(target, name)
        if holder.get("run") == mine["run"]:
            return True  # the answer was lost, and the call was made again
        if version and not _dead(holder, age):
            return False
        if version:
            report.say(
                f"{target.environment}: an earlier run ended without a word; carrying on"
            )
        return _write(target, name, mine) == version + 1
    return True


def _read(target: Target, name: str) -> tuple[dict[str, Any], int, float]:
    """Who holds the lease, its version, and its age in seconds by AWS's own clock."""
    ssm = target.client("ssm")
    try:
        answer = ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return {}, 0, 0.0
    found = answer["Parameter"]
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    age = (now - found["LastModifiedDate"]).total_seconds()
    try:
        return dict(json.loads(found["Value"])), int(found["Version"]), age
    except ValueError:
        return {}, int(found["Version"]), age


def _write(target: Target, name: str, mine: dict[str, Any]) -> int:
    ssm = target.client("ssm")
    answer = ssm.put_parameter(Name=name, Value=json.dumps(mine), Type="String", Overwrite=True)
    return int(answer["Version"])


def _dead(holder: dict[str, Any], age: float) -> bool:
    """A process of this machine that is gone, or one that has not been heard for long."""
    if age > DEAD_AFTER_SECONDS:
        return True
    if holder.get("host") != _host():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError, KeyError):
        return False
    return False


def _host() -> str:
    return f"{socket.gethostname()}/{getnode():x}"


def _beat(
    target: Target, report: Reporter, name: str, mine: dict[str, Any], ended: Event
) -> None:
    """Keep the lease; stop the command where another took it, as after a long sleep."""
    while not ended.wait(BEAT_SECONDS):
        with suppress(Exception):  # the next beat tries again
            holder = _read(target, name)[0]
            if holder and holder.get("run") != mine["run"]:
                report.say(f"another run took over {target.environment}; this one stops")
                target.stopping.set()
                return
            _write(target, name, mine)
