"""Roles of jobs: one starts the state machines, and with the other they run their tasks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from awacs import ecs as ecs_actions
from awacs import iam as iam_actions
from awacs import states
from awacs.aws import StringEquals
from troposphere import ecs, iam, stepfunctions

from templates.boundary import RULE_ACTIONS, TASK_EVENTS, TASK_SERVICE
from templates.parts import local_arn
from templates.rights import allow
from templates.roles import assumed_by, role
from templates.task_roles import Roles


def schedule_role(
    machines: Iterable[stepfunctions.StateMachine], limits: Mapping[str, Any]
) -> iam.Role:
    """Return the role with which Scheduler starts the state machines, and nothing else."""
    start = allow([states.StartExecution], [machine.ref() for machine in machines])
    trust = assumed_by("scheduler.amazonaws.com")
    return role("JobsScheduleRole", trust, {"start-jobs": [start]}, limits)


def machine_role(names: Sequence[str], cluster: ecs.Cluster, roles: Roles) -> iam.Role:
    """Return the role of the state machines, whose names are also those of their tasks.

    Any revision of a task: a release changes the revision while a run may go on. Step
    Functions reads and stops the task that it started.
    https://docs.aws.amazon.com/step-functions/latest/dg/ecs-iam.html
    """
    tasks = local_arn("ecs", "task/${Cluster}/*", Cluster=cluster.ref())
    in_cluster = {"ecs:cluster": cluster.get_att("Arn")}
    machines = [local_arn("states", f"stateMachine:{name}") for name in names]
    families = [local_arn("ecs", f"task-definition/{name}:*") for name in names]
    statements = [
        allow([states.ListExecutions], machines),
        allow([ecs_actions.RunTask], families),
        allow([ecs_actions.DescribeTasks, ecs_actions.StopTask], [tasks]),
        allow([ecs_actions.ListTasks], ["*"], StringEquals(in_cluster)),
        allow(
            [ecs_actions.TagResource], [tasks], StringEquals({"ecs:CreateAction": "RunTask"})
        ),
        allow(RULE_ACTIONS, [local_arn("events", TASK_EVENTS)]),
        allow(
            [iam_actions.PassRole],
            [each.get_att("Arn") for each in (roles.execution, roles.task)],
            StringEquals({"iam:PassedToService": TASK_SERVICE}),
        ),
    ]
    trust = assumed_by("states.amazonaws.com")
    return role("JobsRole", trust, {"run-jobs": statements}, roles.limits)
