"""How many tasks a service starts and which it stops next; no state, no emulator.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


class Runs(Protocol):
    """A task that runs or starts, and whose end has not begun."""

    @property
    def is_healthy(self) -> bool:
        """Whether it runs and answers its health checks."""


T = TypeVar("T", bound=Runs)


@dataclass(frozen=True)
class Limits:
    """How many tasks a service wants, and between which numbers it stays meanwhile."""

    desired: int
    minimum_percent: int = 100
    maximum_percent: int = 200

    @property
    def least(self) -> int:
        """Return how many tasks stay healthy, where so many are."""
        return -(-self.desired * self.minimum_percent // 100)

    @property
    def most(self) -> int:
        """Return how many tasks run at most."""
        return self.desired * self.maximum_percent // 100


def to_start(limits: Limits, new: Sequence[Runs], old: Sequence[Runs]) -> int:
    """Return how many tasks of the newest deployment start now."""
    room = limits.most - len(new) - len(old)
    return max(0, min(limits.desired - len(new), room))


def to_stop(limits: Limits, new: Sequence[T], old: Sequence[T]) -> list[T]:
    """Return the tasks that stop now, so that enough healthy ones are left.

    Old tasks stop as new ones take their place, or make room for them; one that is not
    healthy stops at once. Of too many new tasks the youngest stop.
    """
    healthy_new = sum(each.is_healthy for each in new)
    idle = [each for each in old if not each.is_healthy]
    able = [each for each in old if each.is_healthy]
    spare = max(0, healthy_new + len(able) - limits.least)
    replaced = len(able) - max(0, limits.desired - healthy_new)
    room = limits.desired - len(new) - to_start(limits, new, old)
    leaving = able[: min(spare, max(replaced, room, 0))]
    youngest = [*reversed(new)]
    youngest.sort(key=lambda each: each.is_healthy)
    surplus = youngest[: max(0, len(new) - limits.desired)]
    return [*idle, *leaving, *surplus]
