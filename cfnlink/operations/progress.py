"""How far a stack is, what it waits for, and how long the rest may take.

The seconds of cfnlink/aws/durations.yaml are usual ones, so that each estimate is rough.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from cfnlink.aws.catalogue import facts
from cfnlink.operations.changes import ADDED, RECREATED, REMOVED, RENEWED, Change
from cfnlink.operations.operation_events import is_of_stack
from cfnlink.operations.timetable import clock, longest
from cfnlink.system.expressions import references
from cfnlink.system.replacement import MAYBE, REPLACED
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from mypy_boto3_cloudformation.type_defs import OperationEventTypeDef

Step = Literal["create", "update", "delete"]
# What CloudFormation does for a change, by the word for it; else it updates.
STEPS: dict[str, Step] = {
    ADDED: "create",
    RECREATED: "create",
    REPLACED: "create",
    RENEWED: "create",
    REMOVED: "delete",
}
GOING_ON = "_IN_PROGRESS"


def usual_seconds(resource_type: str, step: Step) -> int:
    """Return how long CloudFormation usually takes for a step of a resource."""
    known = facts("durations")
    row = known["types"].get(resource_type, known["default"])
    return row.get(step, known["default"].get(step, 0))


@dataclass(frozen=True)
class _State:
    """What the events say of one resource. since: when its step began, by AWS's clock."""

    status: str
    type: str
    since: datetime

    @property
    def is_going_on(self) -> bool:
        return self.status.endswith(GOING_ON)

    @property
    def elapsed(self) -> float:
        return max((datetime.now(UTC) - self.since).total_seconds(), 0)

    @property
    def usual(self) -> int:
        """Return the usual seconds of the step; a rollback takes that of its status."""
        step: Step = "create" if self.status.startswith("CREATE") else "update"
        return usual_seconds(self.type, "delete" if "DELETE" in self.status else step)


@dataclass(frozen=True)
class Work:
    """What an operation does to the resources of a stack.

    changes: by logical id. resources: those of the template, which say what waits for what.
    """

    changes: "Mapping[str, Change]" = field(default_factory=dict)
    resources: Body = field(default_factory=dict)

    @classmethod
    def of(cls, changes: "Iterable[Change]", resources: Body) -> "Work":
        """Return the work of some changes; one of the Metadata alone takes no time."""
        found = {each.logical_id: each for each in changes if not each.is_metadata_alone}
        return cls(found, resources)

    @cached_property
    def after(self) -> dict[str, set[str]]:
        """Return the changes for which each change waits, by logical id."""
        return {name: self._named(name) & self.changes.keys() - {name} for name in self.changes}

    def _named(self, name: str) -> set[str]:
        body = self.resources.get(name, {})
        before = body.get("DependsOn") or []
        named = {before} if isinstance(before, str) else {*map(str, before)}
        return named | {each for each, _ in references(body)}

    def left(self, events: "Iterable[OperationEventTypeDef]" = ()) -> float:
        """Return about how many seconds are left: those of the longest chain of changes."""
        states = _states(events)
        return longest(self.after, lambda name: self._seconds(name, states.get(name)))

    def _seconds(self, name: str, state: _State | None) -> float:
        if state and not state.is_going_on:
            return 0
        change = self.changes[name]
        usual = usual_seconds(change.type, STEPS.get(change.how, "update"))
        return max(usual - state.elapsed, 0) if state else usual

    def words(self, events: "Iterable[OperationEventTypeDef]") -> str:
        """Return how many resources are done, and for which one the stack waits."""
        states = _states(events)
        done = sum(not states[name].is_going_on for name in self.changes if name in states)
        parts = [f"{done} of {len(self.changes)} resources"] if self.changes else []
        open_ = {name: state for name, state in states.items() if state.is_going_on}
        if open_:
            slowest = max(open_, key=lambda name: open_[name].usual - open_[name].elapsed)
            state = open_[slowest]
            times = f"{clock(state.elapsed)} of usually {clock(state.usual)}"
            more = f", and {len(open_) - 1} more" if len(open_) > 1 else ""
            parts.append(f"waits for {slowest} ({state.type}), {times}{more}")
        return "; ".join(parts) or "begins"

    def line(self, event: "OperationEventTypeDef", begun: datetime | None) -> str:
        """Return the end of a resource's change: what it was, and how long it took."""
        name, status = event.get("LogicalResourceId", ""), event.get("ResourceStatus", "")
        change, now = self.changes.get(name), event.get("Timestamp")
        passed = clock((now - begun).total_seconds()) if now and begun else ""
        after = f" after {passed}" if passed else ""
        is_step = status.endswith("_COMPLETE") and "ROLLBACK" not in status
        if change and is_step and not change.is_told_first:
            return f"{change.words().lstrip()}; {status}{after}"
        return f"{status}{after}" if is_of_stack(event) else f"{name} {status}{after}"

    def without_event(self, ended: "Container[str]") -> "Iterator[str]":
        """Yield the changes for which there was no event; ended: those that had one.

        What may be replaced has none where AWS finds it unchanged.
        """
        for name, change in self.changes.items():
            if name not in ended and change.how != MAYBE and not change.is_told_first:
                yield change.words().lstrip()


def _states(events: "Iterable[OperationEventTypeDef]") -> dict[str, _State]:
    """Return the last state of each resource; the stack itself is none."""
    states: dict[str, _State] = {}
    for event in events:
        status, name = event.get("ResourceStatus", ""), event.get("LogicalResourceId", "")
        if not status or is_of_stack(event):
            continue
        known = states.get(name)
        same = known and known.is_going_on and status.endswith(GOING_ON)
        since = known.since if known and same else event.get("Timestamp", datetime.now(UTC))
        states[name] = _State(status, event.get("ResourceType", ""), since)
    return states
