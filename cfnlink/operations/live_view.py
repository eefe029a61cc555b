"""What `release --watch` shows: tasks, health and alarms, a line whenever one changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.alarms import described_alarms
from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import one_line
from cfnlink.operations.rollout import released_services
from cfnlink.operations.service_deployments import newest
from cfnlink.operations.stacks import StackResource, of_type, resources
from cfnlink.operations.subscribers import ALARMS

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

PAUSE_SECONDS = 2.0
WITHOUT_REASON = ("OK", "INSUFFICIENT_DATA")


@contextmanager
def live_view(environment: Environment, stack: Stack) -> Iterator[None]:
    """Show the services of a stack during the block, and at its end unless interrupted."""
    view, ended = _View(environment, stack), Event()
    thread = Thread(target=view.keep, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    except Exception:
        view.look()
        raise
    else:
        view.look()
    finally:
        ended.set()
        thread.join()


@dataclass
class _View:
    """The lines that were shown last, by what each is about."""

    environment: Environment
    stack: Stack
    _shown: dict[str, str] = field(default_factory=dict)
    _alarms: list[str] | None = None

    def keep(self, ended: Event) -> None:
        """Look again and again until the end."""
        self.look()
        while not ended.wait(PAUSE_SECONDS):
            self.look()

    def look(self) -> None:
        """Show what has changed. A look that AWS does not answer changes no command's end."""
        try:
            for about, words in self._lines():
                self._show(about, words)
        except (*NO_ANSWER, ClientError) as error:
            self._show("watch", f"could not look: {one_line(error)}")

    def _show(self, about: str, words: str) -> None:
        if self._shown.get(about) != words:
            self._shown[about] = words
            self.environment.report.say(f"{about}: {words}")

    def _lines(self) -> Iterator[tuple[str, str]]:
        there = resources(self.environment, self.stack.name)
        for each in released_services(self.environment, self.stack, there):
            if last := newest(self.environment, each["clusterArn"], each["serviceName"]):
                yield each["serviceName"], last.words()
            yield from self._targets(each)
        yield from self._of_alarms(there)

    def _targets(self, service: "ServiceTypeDef") -> Iterator[tuple[str, str]]:
        """Yield how many targets of each of a service's target groups are in which health."""
        for balancer in service.get("loadBalancers", []):
            group = balancer.get("targetGroupArn", "")
            answer = self.environment.clients.elbv2.describe_target_health(TargetGroupArn=group)
            states = [
                each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]
            ]
            counts = (f"{states.count(state)} {state}" for state in sorted({*states}))
            name = group.rpartition("targetgroup/")[2].partition("/")[0]
            yield f"targets of {name}", ", ".join(counts) or "none"

    def _of_alarms(self, there: list[StackResource]) -> Iterator[tuple[str, str]]:
        """Yield each alarm of the environment that is not in OK, or was not; and the others."""
        names = self._alarm_names(there)
        quiet = 0
        for alarm in described_alarms(self.environment, names):
            about, state = f"alarm {alarm['AlarmName']}", alarm["StateValue"]
            if state != "ALARM":
                quiet += 1
            if state == "ALARM" or about in self._shown:
                why = "" if state in WITHOUT_REASON else f": {alarm.get('StateReason', '')}"
                yield about, f"{state}{why}"
        if names:
            yield "alarms", f"{quiet} of {len(names)} are not raised"

    def _alarm_names(self, there: list[StackResource]) -> list[str]:
        """Return the names of the alarms of all stacks, which are asked for once."""
        if self._alarms is None:
            others = [stack for stack in self.environment.stacks if stack != self.stack]
            found = [*there]
            for stack in others:
                found += resources(self.environment, stack.name)
            self._alarms = of_type(found, *ALARMS)
        return self._alarms
