"""ECS: a task of a service as processes, from its start to its end.

A task runs its containers on an address of its own. It leaves its target groups first, then
gets SIGTERM, and SIGKILL after the stop timeout of its containers.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import json
import logging
import signal
import time
from dataclasses import dataclass, field
from typing import Any

import target_health
from loopback import free_place
from ministack.core.responses import new_uuid
from ministack.services import ecs
from pace import scaled
from processes import Container, environment, start
from programs import MissingImageError, command_of
from registry import Properties, accepted
from target_health import Target

STOP_TIMEOUT_SECONDS = 30  # of a container on Fargate that states none
# A task behind no load balancer counts as healthy when it has run so long.
STABLE_SECONDS = 20
FAILED_TO_START = "TaskFailedToStart"
EXITED = "EssentialContainerExited"
BY_SCHEDULER = "ServiceSchedulerInitiated"


@dataclass(eq=False)
class Task:
    """A task of a service: its record in ECS, its containers and its targets."""

    record: Properties
    containers: list[Container] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    grace_until: float = 0.0
    has_failed: bool = False
    """Whether it ended by itself, or failed its health checks."""
    _stable_at: float = 0.0
    _stop: tuple[str, str] | None = None  # the reason and the code
    _killed_at: float | None = None

    @property
    def deployment(self) -> str:
        """Return the id of the deployment that started it."""
        return str(self.record["_deployment_id"])

    @property
    def id(self) -> str:
        return str(self.record["taskArn"]).rpartition("/")[2]

    @property
    def is_over(self) -> bool:
        return bool(self.record["lastStatus"] == "STOPPED")

    @property
    def is_stopping(self) -> bool:
        """Whether its end has begun; a task that is over is stopping, too."""
        return bool(self.record["desiredStatus"] == "STOPPED")

    @property
    def is_healthy(self) -> bool:
        """Whether it runs and every target group finds it healthy."""
        if self.record["lastStatus"] != "RUNNING" or self.is_stopping:
            return False
        if self.targets:
            return all(each.state == "healthy" for each in self.targets)
        return time.monotonic() >= self._stable_at

    @property
    def unhealthy_target(self) -> Target | None:
        """Return the target that failed its checks, once the grace period is over."""
        if self.is_stopping or time.monotonic() < self.grace_until:
            return None
        return next((each for each in self.targets if each.state == "unhealthy"), None)

    def begin(self, service: Properties) -> None:
        """Start the containers and register the task in the service's target groups."""
        definition = ecs._task_defs[ecs._resolve_td_key(self.record["taskDefinitionArn"])]
        balancers = service.get("loadBalancers", [])
        wanted = [each["containerPort"] for each in balancers] or _ports(definition) or [0]
        stated = int(wanted[0])
        address, port = free_place(stated)
        self._attach(address)
        try:
            for container in definition["containerDefinitions"]:
                self._run(container, address, (stated, port))
        except ecs._SecretResolutionError as error:
            words = "unable to pull secrets or registry auth: execution resource retrieval"
            self._fail(f"ResourceInitializationError: {words} failed: {error}")
            return
        except MissingImageError as error:
            words = "pull image manifest has been retried 1 time(s): failed to resolve ref"
            self._fail(f"CannotPullContainerError: {words} {error}: {error}: not found")
            return
        except OSError as error:
            self._fail(f"CannotStartContainerError: {error}")
            return
        except Exception as error:
            logging.getLogger("ecs").exception("a task did not start")
            self._fail(f"ResourceInitializationError: {error}")
            return
        now = time.monotonic()
        self._stable_at = now + scaled(STABLE_SECONDS)
        self.grace_until = now + scaled(service.get("healthCheckGracePeriodSeconds") or 0)
        self._mark("RUNNING", startedAt=ecs._iso())
        for balancer in balancers:
            listens = {stated: port}.get(balancer["containerPort"], balancer["containerPort"])
            target = target_health.register(balancer["targetGroupArn"], address, listens)
            self.targets += [target] if target else []
        if ports_here := [each.port for each in self.targets]:
            where = f"{address}:{ports_here[0]}"
            print(f"{service['serviceName']}: a task runs on {where}", flush=True)

    def _attach(self, address: str) -> None:
        """Give the task a network interface with its address."""
        details = [{"name": "privateIPv4Address", "value": address}]
        interface = {"id": new_uuid(), "type": "ElasticNetworkInterface"}
        self.record["attachments"] = [{**interface, "status": "ATTACHED", "details": details}]

    def _run(self, definition: Properties, address: str, ports: tuple[int, int]) -> None:
        """Start one container; ports: the one that it is told, and the one that it gets."""
        variables = environment(definition) | {"LISTEN_ADDRESS": address}
        if variables.get("PORT") == str(ports[0]):
            variables["PORT"] = str(ports[1])
        command = command_of(definition)
        self.containers.append(start(definition, self.id, command, variables))

    def _fail(self, reason: str) -> None:
        self.has_failed = True
        self._stop = (reason, FAILED_TO_START)
        self.kill()

    def stop(self, reason: str, code: str = BY_SCHEDULER) -> None:
        """Begin the end: the target groups let the task go before its containers stop."""
        if self.is_stopping:
            return
        self._stop = (reason, code)
        self._mark("DEACTIVATING", desiredStatus="STOPPED", stoppingAt=ecs._iso())
        for target in self.targets:
            target_health.deregister(target)

    def kill(self) -> None:
        """End it at once; the record follows."""
        self.record["desiredStatus"] = "STOPPED"
        self._killed_at = 0.0

    def advance(self) -> None:
        """Do what is due: note an exit, go on with the end."""
        running = [each for each in self.containers if each.exit_code is None]
        self._note_exits()
        if not self.is_stopping:
            over = [each for each in self.containers if each not in running]
            if not running or any(each.definition.get("essential", True) for each in over):
                self._exit()
            return
        if self._killed_at is None and all(each.is_drained for each in self.targets):
            self._terminate()
        elif self._killed_at is not None and time.monotonic() >= self._killed_at:
            for container in running:
                container.send(signal.SIGKILL)
        if not running and self._killed_at is not None:
            self._finish()

    def _exit(self) -> None:
        """An essential container has ended by itself: so does the task, at once."""
        self.has_failed = True
        self._stop = ("Essential container in task exited", EXITED)
        self._mark("DEACTIVATING", desiredStatus="STOPPED", stoppingAt=ecs._iso())
        for target in self.targets:
            target_health.deregister(target)
        self._terminate()

    def _terminate(self) -> None:
        """Send SIGTERM, and say when SIGKILL follows."""
        timeouts = [
            each.definition.get("stopTimeout") or STOP_TIMEOUT_SECONDS
            for each in self.containers
        ]
        self._killed_at = time.monotonic() + scaled(max(timeouts, default=0))
        self._mark("STOPPING")
        for container in self.containers:
            if container.exit_code is None:
                container.send(signal.SIGTERM)

    def _finish(self) -> None:
        """Every container has ended."""
        self._note_exits()
        reason, code = self._stop or ("Task stopped", BY_SCHEDULER)
        now = ecs._iso()
        self._mark("STOPPED", stoppedAt=now, executionStoppedAt=now)
        self.record.update(stoppedReason=reason, stopCode=code, connectivity="DISCONNECTED")

    def _note_exits(self) -> None:
        for container, shown in zip(self.containers, self.record["containers"], strict=False):
            if container.exit_code is not None:
                shown.update(lastStatus="STOPPED", exitCode=container.exit_code)

    def _mark(self, status: str, **more: Any) -> None:
        ecs._bump_task_version(self.record)
        self.record.update(lastStatus=status, **more)


def _ports(definition: Properties) -> list[int]:
    """Return the ports that the containers of a task definition are told to listen on."""
    return [
        int(variable["value"])
        for container in definition["containerDefinitions"]
        for variable in container.get("environment", [])
        if variable["name"] == "PORT"
    ]


def new_task(cluster: str, service: Properties, deployment: Properties) -> Task:
    """Make a task of a deployment, and start it."""
    asked = {
        "cluster": cluster,
        "taskDefinition": deployment["taskDefinition"],
        "group": f"service:{service['serviceName']}",
        "startedBy": deployment["id"],
        "launchType": service.get("launchType"),
        "capacityProviderStrategy": service.get("capacityProviderStrategy"),
        "platformVersion": service.get("platformVersion", ""),
        "networkConfiguration": service.get("networkConfiguration", {}),
        "enableExecuteCommand": service.get("enableExecuteCommand", False),
        "_deploymentId": deployment["id"],
    }
    (made,) = json.loads(accepted(ecs._run_task(asked)))["tasks"]
    task = Task(ecs._tasks[made["taskArn"]])
    task.record.update(lastStatus="PENDING", startedAt=None)
    task.begin(service)
    return task
