"""Load balancer: targets have the health that their checks find, and only healthy ones answer.

ministack called every target healthy and sent requests to any of them.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import alb
from pace import scaled
from registry import Answer, Properties, patch, store
from shifting import chosen

# A limit on work and no wait: a busy machine gets it whole.
LEAST_TIMEOUT_SECONDS = 1.0
DRAINING = "deregistration_delay.timeout_seconds"
REASONS = {
    "initial": ("Elb.InitialHealthChecking", "Initial health checks in progress"),
    "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
}

_turns = store()


@dataclass(eq=False)
class Target:
    """A registered target and what its health checks found."""

    group: str
    id: str
    port: int
    state: str = "initial"
    reason: tuple[str, str] = ("", "")
    failures: int = 0
    drained_at: float = 0.0
    _passed: int = 0
    _gone: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Ask for the health until target or group are gone, at the group's interval."""
        while not self._gone.is_set() and (group := alb._tgs.get(self.group)):
            if group.get("HealthCheckEnabled", True):
                self._take(group, self._problem(group))
            self._gone.wait(scaled(group["HealthCheckIntervalSeconds"]))

    def _problem(self, group: Properties) -> tuple[str, str] | None:
        """Why one check fails: a code and the words of AWS; None if it succeeds."""
        limit = max(scaled(group["HealthCheckTimeoutSeconds"]), LEAST_TIMEOUT_SECONDS)
        connection = http.client.HTTPConnection(self.id, self.port, timeout=limit)
        asked = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        try:
            connection.request("GET", group["HealthCheckPath"], headers=asked)
            status = connection.getresponse().status
        except TimeoutError:
            return "Target.Timeout", "Request timed out"
        except (OSError, http.client.HTTPException):
            return "Target.FailedHealthChecks", "Health checks failed"
        finally:
            connection.close()
        if _matches(group["Matcher"]["HttpCode"], status):
            return None
        words = f"Health checks failed with these codes: [{status}]"
        return "Target.ResponseCodeMismatch", words

    def _take(self, group: Properties, problem: tuple[str, str] | None) -> None:
        """Count a check: a new target is healthy after one, others at the thresholds."""
        self._passed = 0 if problem else self._passed + 1
        self.failures = self.failures + 1 if problem else 0
        needed = 1 if self.state == "initial" else group["HealthyThresholdCount"]
        if self.state == "draining":
            return
        if problem and self.failures >= group["UnhealthyThresholdCount"]:
            self.state, self.reason = "unhealthy", problem
        elif self._passed >= needed:
            self.state, self.reason = "healthy", ("", "")

    def drain(self, seconds: float) -> None:
        """Begin the deregistration: no new request, and what is open may finish."""
        if self.state != "draining":
            self.state, self.drained_at = "draining", time.monotonic() + seconds

    @property
    def is_drained(self) -> bool:
        """Whether the deregistration is over."""
        return self.state == "draining" and time.monotonic() >= self.drained_at

    def forget(self) -> None:
        """End the checks."""
        self._gone.set()


def _matches(matcher: str, status: int) -> bool:
    """Whether a status is among codes such as 200, 200,202 or 200-299."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def register(group: str, name: str, port: int) -> Target | None:
    """Register a target in a group and begin its checks; None if the group is gone."""
    if group not in alb._tgs:
        return None
    target = Target(group, name, port)
    alb._targets.setdefault(group, []).append({"Id": name, "Port": port, "_target": target})
    spawn_background(target.check, thread_name=f"health-{name}")
    return target


def deregister(target: Target) -> None:
    """Begin to deregister a target; it leaves the group after the group's delay."""
    known = alb._tg_attrs.get(target.group, [])
    attributes = {each["Key"]: each["Value"] for each in known}
    target.drain(scaled(float(attributes.get(DRAINING, 300))))


def registered(group: str) -> list[Target]:
    """Return the targets of a group, without those whose deregistration is over."""
    held = alb._targets.get(group, [])
    for entry in [*held]:
        if entry["_target"].is_drained:
            entry["_target"].forget()
            with suppress(ValueError):  # another thread has removed it
                held.remove(entry)
    return [entry["_target"] for entry in [*held]]


def _of_group(act: Callable[[str, Properties], Answer]) -> Callable[..., Answer]:
    """Give a call the target group that it names; AWS refuses one that does not exist."""

    @wraps(act)
    def answered(_: Callable[..., Answer], asked: Properties) -> Answer:
        group = alb._p(asked, "TargetGroupArn")
        if group not in alb._tgs:
            missing: Answer = alb._error("TargetGroupNotFound", f"'{group}' not found.")
            return missing
        return act(group, asked)

    return answered


@patch(alb, "_register_targets")
@_of_group
def _register(group: str, asked: Properties) -> Answer:
    """A target was known by its id alone."""
    known = {(each.id, each.port): each for each in registered(group)}
    for given in alb._parse_targets_param(asked):
        port = int(given.get("Port") or alb._tgs[group]["Port"])
        if (given["Id"], port) not in known:
            register(group, given["Id"], port)
    done: Answer = alb._empty("RegisterTargets")
    return done


@patch(alb, "_deregister_targets")
@_of_group
def _deregister(group: str, asked: Properties) -> Answer:
    """A target was gone at once, with the requests that it answered."""
    wanted = [(each["Id"], each.get("Port")) for each in alb._parse_targets_param(asked)]
    for target in registered(group):
        if (target.id, target.port) in wanted or (target.id, None) in wanted:
            deregister(target)
    done: Answer = alb._empty("DeregisterTargets")
    return done


@patch(alb, "_describe_target_health")
@_of_group
def _describe(group: str, asked: Properties) -> Answer:
    """Every target was healthy."""
    wanted = {each["Id"] for each in alb._parse_targets_param(asked)}
    members = "".join(
        _described(each) for each in registered(group) if not wanted or each.id in wanted
    )
    inner = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
    described: Answer = alb._xml(200, "DescribeTargetHealth", inner)
    return described


def _described(target: Target) -> str:
    code, words = REASONS.get(target.state, target.reason)
    why = f"<Reason>{code}</Reason><Description>{words}</Description>" if code else ""
    return (
        f"<member><Target><Id>{target.id}</Id><Port>{target.port}</Port></Target>"
        f"<HealthCheckPort>{target.port}</HealthCheckPort>"
        f"<TargetHealth><State>{target.state}</State>{why}</TargetHealth></member>"
    )


@patch(alb, "_forward_to_tg")
async def _forward(
    old: Callable[..., Any],
    group: str,
    method: str,
    path: str,
    headers: Properties,
    body: bytes,
    query: Any,
    raw_query: str | None = None,
    raw_path: str | None = None,
) -> Any:
    """Requests went to any target, at random.

    Healthy ones take turns. If there is none, all take part, whatever their health.
    """
    group = chosen(group)
    found = alb._tgs.get(group)
    if not found or found.get("TargetType") == "lambda":
        return await old(group, method, path, headers, body, query, raw_query, raw_path)
    able = [each for each in registered(group) if each.state != "draining"]
    able = [each for each in able if each.state == "healthy"] or able
    if not able:
        return 503, {"Content-Type": "text/plain"}, b"503 Service Temporarily Unavailable\n"
    target = able[next(_turns.setdefault(group, count())) % len(able)]
    place = {"Id": target.id, "Port": target.port}
    return await alb._proxy_http_target(
        place, found, method, raw_path or path, headers, body, query, raw_query
    )
