"""One command at a time changes an environment: a lease that a killed run cannot keep.

It is a parameter of SSM, which costs nothing, and SSM numbers its versions one after another.
That makes a write conditional: each value names the version that its writer has read, and it
counts only as the next version. Of runs that take a lease at once, one writes the next version;
the others, and every reader, see that theirs does not count. The parameter stays when it is
free, since the versions of a new one begin with 1 again.
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
docs/decisions/0024-lease.md has what else could be.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import GetParameterResultTypeDef

BEAT_SECONDS = 20
DEAD_AFTER_SECONDS = 120
ASK_AGAIN_SECONDS = 2
PATIENCE_MINUTES = 30.0  # that a next command suggests


@dataclass(frozen=True)
class Holder:
    """A value of the parameter: the version that its writer has read, and the writer's run."""

    after: int = 0
    run: str = ""
    """The run that holds the lease; empty where it is free."""
    command: str = ""
    host: str = ""
    place: str = ""
    pid: int = 0

    @classmethod
    def parse(cls, text: str) -> "Holder | None":
        """Return what a value says, or None where no command wrote it."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        types = {each.name: each.type for each in fields(cls)}
        if not isinstance(found, dict) or {key: type(found[key]) for key in found} != types:
            return None
        return cls(**found)

    def is_dead(self, silent_seconds: float) -> bool:
        """Return whether the run has ended: its process is gone, or it is silent for long."""
        if silent_seconds > DEAD_AFTER_SECONDS:
            return True
        if not self.place or self.place != place():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False


def place() -> str:
    """Return the boot and the PID namespace in which this process has its PID.

    Only there the PID of another run says whether that has ended. Empty where the system does
    not tell, as on macOS: then only silence says it.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
        return f"{socket.gethostname()} {boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def parameter(environment: Environment) -> str:
    """Return the name of the parameter, for the environment or for the shared stack alone."""
    held = environment.name if environment.own_stacks else environment.shared_tier
    return f"/{environment.project}/{held}/deployment"


@contextmanager
def lease(
    environment: Environment, command: str, patience_seconds: float = 0
) -> Iterator[None]:
    """Hold the environment for one command, or end with BUSY after the patience."""
    run = Holder(0, uuid4().hex, command, socket.gethostname(), place(), os.getpid())
    held = Lease(environment, parameter(environment), run)
    while not held.take():
        if patience_seconds <= 0:
            raise held.busy()
        environment.report.working(held.name, f"another command holds {held.name}")
        environment.pause(ASK_AGAIN_SECONDS)
        patience_seconds -= ASK_AGAIN_SECONDS
    environment.report.working(held.name)
    ended = Event()
    beat = Thread(target=held.keep, args=(ended,), daemon=True)
    beat.start()
    try:
        yield
    finally:
        ended.set()
        beat.join()
        held.release()


@dataclass(frozen=True)
class Lease:
    """The parameter as one run takes, keeps and releases it."""

    environment: Environment
    name: str
    mine: Holder

    @property
    def held(self) -> str:
        """The environment that it is the lease of, or the shared stack's tier."""
        return self.name.split("/")[-2]

    @property
    def ssm(self) -> "SSMClient":
        """The client."""
        return self.environment.clients.ssm

    def take(self) -> bool:
        """Take a free lease, or that of a dead run; return whether this run holds it."""
        if self._create():
            return True
        try:
            holder, newest, silent = self.read()
        except self.ssm.exceptions.ParameterNotFound:
            return self.take()
        if holder.run == self.mine.run:
            return True  # the answer was lost, and the call was made again
        if holder.run and not holder.is_dead(silent):
            return False
        if holder.run:
            self.environment.report.say(
                f"{self.held}: an earlier run ended without a word; carrying on"
            )
        return self.write(self.mine, newest) or self.read()[0].run == self.mine.run

    def read(self) -> tuple[Holder, int, float]:
        """Return the last value that counts, the newest version, and the value's age.

        The age is in seconds, by AWS's own clock. Raises CommandError if a value is no lease.
        """
        ssm, answer = self.ssm, self.ssm.get_parameter(Name=self.name)
        newest = version = int(answer["Parameter"]["Version"])
        while True:
            holder = Holder.parse(answer["Parameter"]["Value"])
            if holder is None:
                raise self._unusable()
            if holder.after == version - 1:
                return holder, newest, _age(answer)
            version -= 1
            try:
                answer = ssm.get_parameter(Name=f"{self.name}:{version}")
            except (ssm.exceptions.ParameterVersionNotFound, ssm.exceptions.ParameterNotFound):
                raise self._unusable() from None

    def write(self, holder: Holder, newest: int) -> bool:
        """Write a value after the newest version that was read; return whether it counts."""
        value = json.dumps(asdict(replace(holder, after=newest)))
        answer = self.ssm.put_parameter(
            Name=self.name, Value=value, Type="String", Overwrite=True
        )
        return bool(answer["Version"] == newest + 1)

    def keep(self, ended: Event) -> None:
        """Renew the lease; stop the command where another took it, as after a long sleep."""
        while not ended.wait(BEAT_SECONDS):
            with suppress(Exception):  # the next beat tries again
                if not self._renew():
                    self.environment.report.say(
                        f"another run took over {self.held}; this one stops"
                    )
                    self.environment.stopping.set()
                    return

    def release(self) -> None:
        """Free the lease, unless another run has it; without an answer it runs out."""
        with suppress(Exception):
            holder, newest, _ = self.read()
            while holder.run == self.mine.run and not self.write(Holder(), newest):
                holder, newest, _ = self.read()

    def busy(self) -> CommandError:
        """Return the error that another run holds the lease."""
        holder = self.read()[0]
        by = f"{holder.command or 'a command'} on {holder.host or 'a machine'}"
        message = f"{self.held} is busy: {by} is under way"
        minutes = self.environment.typed.options.get("wait") or PATIENCE_MINUTES
        again = self.environment.command_line_with(wait=minutes)
        return CommandError(Exit.BUSY, message, f"to wait up to {minutes:g} minutes: {again}")

    def _create(self) -> bool:
        value = json.dumps(asdict(self.mine))
        try:
            self.ssm.put_parameter(Name=self.name, Value=value, Type="String", Overwrite=False)
        except self.ssm.exceptions.ParameterAlreadyExists:
            return False
        return True

    def _renew(self) -> bool:
        """Write the value again; return whether the lease is still this run's."""
        try:
            holder, newest, _ = self.read()
        except self.ssm.exceptions.ParameterNotFound:
            return self._create()
        if holder.run == self.mine.run:
            self.write(self.mine, newest)
            return True
        return False

    def _unusable(self) -> CommandError:
        message = (
            f"the SSM parameter {self.name} is no lease: expected the JSON that a command of "
            "this project writes"
        )
        delete = aws(self.environment, "ssm", "delete-parameter", "--name", self.name)
        next_command = f"if no command is under way: {delete}\n{self.environment.command_line}"
        return CommandError(Exit.UNUSABLE, message, next_command)


def _age(answer: "GetParameterResultTypeDef") -> float:
    """Return the age of an answer's parameter in seconds, by the clock of who answered."""
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    return float((now - answer["Parameter"]["LastModifiedDate"]).total_seconds())
