"""A rolling deployment keeps as many tasks healthy, and runs as many at most, as it states."""

from dataclasses import dataclass

import pytest

from tests.rehearsal.emulator.rolling import Limits, to_start, to_stop


@dataclass(eq=False)
class Task:
    is_healthy: bool = False


@pytest.mark.parametrize("desired", [0, 1, 2, 5])
@pytest.mark.parametrize("before", [1, 2, 5])
@pytest.mark.parametrize(("least", "most"), [(100, 200), (100, 150), (50, 100), (0, 100)])
def test_a_deployment_ends_and_stays_within_its_limits(
    desired: int, before: int, least: int, most: int
) -> None:
    """As long as one task more or less is allowed; otherwise ECS does nothing either."""
    limits = Limits(desired, least, most)
    old, new = [Task(is_healthy=True) for _ in range(before)], list[Task]()
    can_move = limits.most > limits.desired or limits.least < limits.desired
    enough = min(before, limits.least)

    for _ in range(30):
        leaving = to_stop(limits, new, old)
        old = [task for task in old if task not in leaving]
        new = [task for task in new if task not in leaving]
        started = [Task() for _ in range(to_start(limits, new, old))]
        new += started
        assert len(new) + len(old) <= max(limits.most, before)
        assert sum(task.is_healthy for task in [*new, *old]) >= min(enough, limits.least)
        for task in [task for task in new if not task.is_healthy][:1]:
            task.is_healthy = True

    if can_move or before == 0 or desired == 0:
        assert (len(new), len(old)) == (desired, 0)


def test_the_tasks_of_a_failed_deployment_leave_first() -> None:
    limits, healthy, failed = Limits(2), [Task(is_healthy=True)] * 2, Task()

    assert to_stop(limits, healthy, [failed]) == [failed]
    assert to_start(limits, healthy, []) == 0


def test_of_too_many_tasks_the_youngest_leave() -> None:
    tasks = [Task(is_healthy=True) for _ in range(3)]

    assert to_stop(Limits(1), tasks, []) == [tasks[2], tasks[1]]
