"""Roles of jobs: one starts the state machines, and with the other they run their tasks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from awacs import ecs as ecs_actions
from awacs import iam as iam_actions
from awacs import states
from awacs.aws import Action, Allow, Condition, PolicyDocument, Statement, StringEquals
from troposphere import ecs, iam, stepfunctions

from templates.boundary import RULE_ACTIONS, TASK_EVENTS, TASK_SERVICE
from templates.parts import local_arn
from templates.stack import Value
from templates.task_roles import Roles, assumed_by


def schedule_role(
    machines: Iterable[stepfunctions.StateMachine], limits: Mapping[str, Any]
) -> iam.Role:
    """Return the role with which Scheduler starts the state machines, and nothing else."""
    start = _allow([states.StartExecution], [machine.ref() for machine in machines])
    return _role("JobsScheduleRole", "scheduler.amazonaws.com", "start-jobs", [start], limits)


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
        _allow([states.ListExecutions], machines),
        _allow([ecs_actions.RunTask], families),
        _allow([ecs_actions.DescribeTasks, ecs_actions.StopTask], [tasks]),
        _allow([ecs_actions.ListTasks], ["*"], in_cluster),
        _allow([ecs_actions.TagResource], [tasks], {"ecs:CreateAction": "RunTask"}),
        _allow(RULE_ACTIONS, [local_arn("events", TASK_EVENTS)]),
        _allow(
            [iam_actions.PassRole],
            [role.get_att("Arn") for role in (roles.execution, roles.task)],
            {"iam:PassedToService": TASK_SERVICE},
        ),
    ]
    return _role("JobsRole", "states.amazonaws.com", "run-jobs", statements, roles.limits)


def _role(
    logical_id: str,
    service: str,
    policy: str,
    statements: list[Statement],
    limits: Mapping[str, Any],
) -> iam.Role:
    document = PolicyDocument(Version="2012-10-17", Statement=statements)
    return iam.Role(
        logical_id,
        **limits,
        AssumeRolePolicyDocument=assumed_by(service),
        Policies=[iam.Policy(PolicyName=policy, PolicyDocument=document)],
    )


def _allow(
    actions: Sequence[Action],
    resources: Sequence[Value],
    where: Mapping[str, Any] | None = None,
) -> Statement:
    more = {"Condition": Condition(StringEquals(dict(where)))} if where else {}
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources), **more)
