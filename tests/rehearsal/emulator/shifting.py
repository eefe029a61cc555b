"""ECS: canary and blue/green deployments move requests between two target groups.

The tasks of a deployment are in one group, those of the next one in the other. A rule of the
listener leads to the first group of a service, and here the shares of both stand behind it.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
"""

import time
from itertools import count
from typing import Any

from pace import MINUTE_SECONDS
from registry import Properties, store

SHIFTING = ("CANARY", "BLUE_GREEN")
# The steps of a deployment; the last one is that of a rolling deployment, too.
STARTS, SHARES, HAS_ALL, IS_DONE = "starts", "shares", "has all", "is done"

# By the first group of a service: the other group, and its percentage of the requests.
_shares = store()
_turns = store()


def chosen(group: str) -> str:
    """Return the group that answers the next request to a service's first group."""
    other, percent = _shares.get(group, ("", 0))
    number = next(_turns.setdefault(group, count())) if percent else 0
    return str(other) if percent and number * percent % 100 < percent else group


class Shift:
    """The requests of a service between its two groups."""

    def __init__(self, record: Properties) -> None:
        stated = record.get("deploymentConfiguration") or {}
        balancers: list[Any] = record.get("loadBalancers") or [{}]
        way = balancers[0].get("advancedConfiguration") or {}
        self._record, self._stated = record, stated
        self._first = balancers[0].get("targetGroupArn", "")
        self._other = way.get("alternateTargetGroupArn", "")
        self.is_stated = bool(stated.get("strategy") in SHIFTING and self._other)

    @property
    def live(self) -> str:
        """Return the group with the tasks that are to go on if a deployment fails."""
        return str(self._record.get("_live") or self._first)

    def group_of(self, deployment: Properties) -> str:
        """Return the group of a deployment's tasks: the one that is not live."""
        if not self.is_stated:
            return self._first
        spare = self._first if self.live == self._other else self._other
        return str(deployment.setdefault("_group", spare if self._is_next() else self.live))

    def _is_next(self) -> bool:
        """Whether a deployment before has tasks that answer."""
        states = [each["rolloutState"] for each in self._record["deployments"]]
        return "COMPLETED" in states

    def services(self, deployment: Properties) -> Properties:
        """Return the record of the service as a task of a deployment finds it."""
        balancers = self._record.get("loadBalancers", [])
        if not self.is_stated:
            return self._record
        group = {"targetGroupArn": self.group_of(deployment)}
        return {**self._record, "loadBalancers": [{**each, **group} for each in balancers]}

    def step(self, deployment: Properties) -> str:
        """Return where a deployment is."""
        begins = STARTS if self.is_stated and self._is_next() else IS_DONE
        return str(deployment.setdefault("_step", begins))

    def advance(self, deployment: Properties) -> None:
        """Go on, once all tasks of a deployment are healthy and a step has lasted."""
        now, step = time.monotonic(), self.step(deployment)
        if now < deployment.get("_until", 0.0):
            return
        canary = self._stated.get("canaryConfiguration") or {}
        if step == STARTS and self._stated["strategy"] == "CANARY":
            self._give(deployment, float(canary["canaryPercent"]))
            minutes, step = canary["canaryBakeTimeInMinutes"], SHARES
        elif step in (STARTS, SHARES):
            self._give(deployment, 100)
            minutes, step = self._stated.get("bakeTimeInMinutes", 0), HAS_ALL
        else:
            self._record["_live"] = self.group_of(deployment)
            minutes, step = 0, IS_DONE
        deployment.update(_step=step, _until=now + float(minutes) * MINUTE_SECONDS)

    def _give(self, deployment: Properties, percent: float) -> None:
        deployment["_percent"] = percent
        to_other = self.group_of(deployment) == self._other
        _shares[self._first] = (self._other, percent if to_other else 100 - percent)

    def go_back(self) -> None:
        """Give all requests to the live group."""
        _shares[self._first] = (self._other, 100 if self.live == self._other else 0)
