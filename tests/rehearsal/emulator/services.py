"""ECS: a service keeps its tasks running, replaces them, and goes back where they fail.

Only an emulator with real tasks loads this. ministack called a task RUNNING that had no
process, and a deployment complete at once.

One thread looks at all services again and again: what its tasks do, then what the service
needs. Every answer of ECS is given between two such looks, under LOCK.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import service_deployments
from ministack.core.responses import request_scope
from ministack.services import cloudwatch, ecs
from pace import MINUTE_SECONDS, scaled
from registry import Answer, Properties, patch
from rolling import Limits, to_start, to_stop
from shifting import IS_DONE, Shift
from tasks import Task, new_task

LOOK_SECONDS = 0.05
# Before a task takes the place of one that failed.
AFTER_A_FAILURE_SECONDS = 10
BREAKER, ALARMS = "ECS deployment circuit breaker", "ECS deployment alarms"
# How long a service that is steady again still shows the deployment that failed.
FAILED_SHOWN_SECONDS = 60

LOCK = threading.RLock()


@dataclass
class Service:
    """A service of ECS: its record and its tasks, oldest first."""

    cluster: str
    record: Properties
    tasks: list[Task] = field(default_factory=list)
    paused_until: float = 0.0

    @property
    def primary(self) -> Properties:
        """Return the deployment that the service runs or is to run."""
        found: Properties = ecs._primary_deployment(self.record)
        return found

    @property
    def limits(self) -> Limits:
        """Return how many tasks it wants, and its limits during a deployment."""
        stated = self.record.get("deploymentConfiguration") or {}
        return Limits(
            int(self.record["desiredCount"]),
            int(stated.get("minimumHealthyPercent", 100)),
            int(stated.get("maximumPercent", 200)),
        )

    @property
    def shift(self) -> Shift:
        """Return how its requests move to the tasks of a new deployment."""
        return Shift(self.record)

    def look(self) -> None:
        """Note what the tasks did, and do what the service needs next."""
        for task in self.tasks:
            task.advance()
        self._replace_unhealthy()
        self._count_failures()
        self._heed_alarms()
        self.tasks = [task for task in self.tasks if not task.is_over]
        if self.record["status"] != "ACTIVE":
            self._drain()
        else:
            self._move()
            self._complete()
        self._publish()

    def _replace_unhealthy(self) -> None:
        for task in self.tasks:
            target = task.unhealthy_target
            if target:
                where = f"(target-group {target.group})"
                self.say(
                    f"(port {target.port}) is unhealthy in {where} due to (reason "
                    f"{target.reason[1]})"
                )
                task.has_failed = True
                task.stop(f"Task failed ELB health checks in {where}")

    def _count_failures(self) -> None:
        """Count tasks that failed, once; a healthy task begins the count again."""
        deployment = self.primary
        is_new = deployment["rolloutState"] == "IN_PROGRESS"
        breaker = (self.record.get("deploymentConfiguration") or {}).get(
            "deploymentCircuitBreaker", {}
        )
        for task in self.tasks:
            if task.deployment != deployment["id"]:
                continue
            if task.has_failed:
                task.has_failed = False
                self.paused_until = time.monotonic() + scaled(AFTER_A_FAILURE_SECONDS)
                deployment["failedTasks"] += is_new
            elif task.is_healthy and is_new and breaker.get("resetOnHealthyTask", True):
                deployment["failedTasks"] = 0
        most = ecs._circuit_breaker_threshold(self.record)
        if is_new and breaker.get("enable") and deployment["failedTasks"] >= most:
            self.fail(BREAKER, "tasks failed to start.", may_go_back=breaker["rollback"])

    def _heed_alarms(self) -> None:
        """Fail a deployment when an alarm of it goes to ALARM.

        If one of them is in ALARM when the deployment begins, none is heeded during it.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
        The words of the reason are not those of AWS, which were not seen.
        """
        stated = (self.record.get("deploymentConfiguration") or {}).get("alarms") or {}
        deployment = self.primary
        if not stated.get("enable") or deployment["rolloutState"] != "IN_PROGRESS":
            return
        raised = [each for each in stated["alarmNames"] if _is_raised(each)]
        is_unwatched = deployment.setdefault("_unwatched", bool(raised))
        if raised and not is_unwatched:
            names = ", ".join(raised)
            self.fail(ALARMS, f"{names} in ALARM.", may_go_back=stated["rollback"])

    def fail(self, cause: str, why: str, *, may_go_back: bool) -> None:
        """End the deployment that runs; go back to the last completed one, if there is one."""
        failed, reason = self.primary, f"{cause}: {why}"
        if self.shift.is_stated:
            self.shift.go_back()
        failed.update(rolloutState="FAILED", rolloutStateReason=reason, desiredCount=0)
        failed["updatedAt"] = ecs._iso()
        failed["_shown_until"] = time.monotonic() + scaled(FAILED_SHOWN_SECONDS)
        self.say(f"(deployment {failed['id']}) deployment failed: {reason}")
        completed = (
            each
            for each in self.record["deployments"]
            if each is not failed and each["rolloutState"] == "COMPLETED"
        )
        before = next(completed, None) if may_go_back else None
        if before is None:
            return
        failed["status"], before["status"] = "ACTIVE", "PRIMARY"
        before.update(
            rolloutState="IN_PROGRESS",
            rolloutStateReason=f"{cause}: rolling back to deploymentId {before['id']}.",
            desiredCount=self.record["desiredCount"],
            updatedAt=ecs._iso(),
            failedTasks=0,
        )
        before.pop("_unwatched", None)  # what is in ALARM now does not stop the way back
        before.update(_baked_at=0.0, _step=IS_DONE)
        self.record["taskDefinition"] = before["taskDefinition"]
        self.say(f"rolling back to deployment {before['id']}.")

    def _move(self) -> None:
        """Start and stop tasks."""
        alive = [task for task in self.tasks if not task.is_stopping]
        new = [task for task in alive if task.deployment == self.primary["id"]]
        old = [task for task in alive if task not in new]
        limits, shift = self.limits, self.shift
        if self.primary["rolloutState"] == "FAILED":
            return
        leaving = to_stop(limits, new, old)
        if shift.step(self.primary) != IS_DONE:
            leaving = self._superseded(old)
            if sum(each.is_healthy for each in new) >= limits.desired and not leaving:
                shift.advance(self.primary)
        for task in leaving:
            task.stop(f"Scaling activity initiated by (deployment {self.primary['id']})")
        if leaving:
            self.say(f"has begun draining connections on {len(leaving)} tasks.")
            self.say(f"has stopped {len(leaving)} running tasks: {_named(leaving)}.")
        if time.monotonic() >= self.paused_until:
            count = to_start(limits, new, [task for task in old if task not in leaving])
            made = shift.services(self.primary), self.primary
            started = [new_task(self.cluster, *made) for _ in range(count)]
            self.tasks += started
            if started:
                self.say(f"has started {len(started)} tasks: {_named(started)}.")

    def _superseded(self, old: list[Task]) -> list[Task]:
        """Return the tasks of a deployment that another one has overtaken before its end."""
        live = self.shift.live
        found = [task for task in old if any(each.group != live for each in task.targets)]
        if found:
            self.shift.go_back()
        return found

    def _complete(self) -> None:
        """A deployment is complete when its tasks, and no others, run and are healthy."""
        deployment = self.primary
        able = [task for task in self.tasks if task.is_healthy]
        is_steady = len(able) == len(self.tasks) == self.limits.desired and all(
            task.deployment == deployment["id"] for task in able
        )
        if is_steady and deployment["rolloutState"] == "IN_PROGRESS" and self._is_baked():
            words = f"ECS deployment {deployment['id']} completed."
            deployment.update(
                rolloutState="COMPLETED", rolloutStateReason=words, updatedAt=ecs._iso()
            )
            self.say(f"(deployment {deployment['id']}) deployment completed.")
            self.say("has reached a steady state.")
        if is_steady:
            now = time.monotonic()
            self.record["deployments"] = [
                each
                for each in self.record["deployments"]
                if each is deployment or each.get("_shown_until", 0.0) > now
            ]

    def _is_baked(self) -> bool:
        """Whether the alarms of a deployment have watched its last task for long enough."""
        stated = self.record.get("deploymentConfiguration") or {}
        if self.shift.is_stated or not (stated.get("alarms") or {}).get("enable"):
            return True
        seconds = float(stated.get("bakeTimeInMinutes") or 0) * MINUTE_SECONDS
        now = time.monotonic()
        return bool(now >= self.primary.setdefault("_baked_at", now + seconds))

    def vanish(self) -> None:
        """End all tasks at once: the account was emptied."""
        self.record["status"] = "GONE"
        for task in self.tasks:
            task.kill()

    def _drain(self) -> None:
        """End the tasks of a service that is deleted."""
        for task in self.tasks:
            task.stop("Service deleted")
        if self.record["status"] != "GONE":
            self.record["status"] = "DRAINING" if self.tasks else "INACTIVE"

    def _publish(self) -> None:
        ecs._refresh_service_state(self.cluster, f"service:{self.record['serviceName']}")
        ecs._recount_cluster(self.cluster)

    def say(self, words: str) -> None:
        """Add an event."""
        event = {"id": ecs.new_uuid(), "createdAt": ecs._iso()}
        message = f"(service {self.record['serviceName']}) {words}"
        self.record["events"].insert(0, {**event, "message": message})
        del self.record["events"][100:]  # ECS keeps the last hundred


def _is_raised(name: str) -> bool:
    found = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name) or {}
    return bool(found.get("StateValue") == "ALARM")


def _named(tasks: list[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)


# By account, region and key of the service.
_SERVICES: dict[tuple[str, str, str], Service] = {}


@contextmanager
def service_of(key: str) -> Iterator[Service | None]:
    """Give a service of the caller's account and region, which changes only here meanwhile.

    key: the names of its cluster and its own, with / between them.
    """
    with LOCK:
        yield _SERVICES.get((ecs.get_account_id(), ecs.get_region(), key))


def _look_at_all() -> None:
    for (account, region, key), record in list(ecs._services.all_items()):
        known = _SERVICES.get((account, region, key))
        if known is None or known.record is not record:
            service = Service(key.partition("/")[0], record, known.tasks if known else [])
            _SERVICES[account, region, key] = service
    for scope, service in list(_SERVICES.items()):
        with request_scope(*scope[:2]):
            if ecs._services.get(scope[2]) is not service.record:
                service.vanish()
            service.look()
            if service.record["status"] == "GONE" and not service.tasks:
                _SERVICES.pop(scope)


def _run() -> None:
    while True:
        try:
            with LOCK:
                _look_at_all()
        except Exception:
            logging.getLogger("ecs").exception("a look at the services failed")
        time.sleep(LOOK_SECONDS)


@patch(ecs, "_dispatch_action")
def _dispatch(old: Callable[..., Answer], action: str, data: Properties) -> Answer:
    """Answers were given while services changed."""
    with LOCK:
        return old(action, data)


@patch(ecs, "_make_deployment")
def _make(old: Callable[..., Properties], *arguments: Any, **more: Any) -> Properties:
    """The first deployment was complete at once."""
    return _begun(old(*arguments, **more))


def _begun(deployment: Properties) -> Properties:
    words = f"ECS deployment {deployment['id']} in progress."
    return deployment | {"rolloutState": "IN_PROGRESS", "rolloutStateReason": words}


@patch(ecs, "_create_service")
def _create(old: Callable[..., Answer], data: Properties) -> Answer:
    """A service that drained was another one at once."""
    with LOCK:
        key = f"{ecs._resolve_cluster_name(data.get('cluster'))}/{data.get('serviceName')}"
        if (ecs._services.get(key) or {}).get("status") == "DRAINING":
            words = "Unable to Start a service that is still Draining."
            refusal: Answer = ecs.error_response_json("InvalidParameterException", words, 400)
            return refusal
        return old(data)


@patch(ecs, "_update_service")
def _update(old: Callable[..., Answer], data: Properties) -> Answer:
    """It told of draining where nothing had begun."""
    with LOCK:
        told = {key: [*record["events"]] for key, record in ecs._services.items()}
        answer = old(data)
        for key, record in ecs._services.items():
            record["events"] = told[key]
            for deployment in record["deployments"][:1]:
                if not deployment["rolloutStateReason"]:
                    deployment.update(_begun(deployment))
        return answer


@patch(service_deployments, "_roll_back")
def _roll_back(old: Callable[..., None], key: str, deployment: Properties, reason: str) -> None:
    """A deployment that is stopped ends as one that fails: requests go back with its tasks."""
    with service_of(key) as service:
        if service and service.primary is deployment:
            service.fail("ECS deployment", reason, may_go_back=True)
        else:
            old(key, deployment, reason)


@patch(ecs, "_delete_service")
def _delete(old: Callable[..., Answer], data: Properties) -> Answer:
    """The service was INACTIVE while its tasks ran."""
    with LOCK:
        return old(data)


@patch(ecs, "_stop_task")
def _stop(old: Callable[..., Answer], data: Properties) -> Answer:
    """A task of a service was STOPPED at once."""
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    record = ecs._resolve_task(data.get("task", ""), cluster)
    for service in _SERVICES.values():
        for task in service.tasks:
            if task.record is record:
                task.stop(data.get("reason", "Task stopped by user"), "UserInitiated")
                stopped: Answer = ecs.json_response({"task": ecs._sanitize(record)})
                return stopped
    return old(data)


def _no_more(_: Callable[..., Any], *__: Any, **___: Any) -> None:
    """The thread of this module does what ministack did in the call."""


for _name in (
    "_reconcile_service_tasks",
    "_complete_service_deployment",
    "_record_service_task_failure",
    "_sync_service_targets",
):
    patch(ecs, _name)(_no_more)


def run() -> None:
    """Begin to look after the services."""
    threading.Thread(target=_run, daemon=True, name="ecs-services").start()
