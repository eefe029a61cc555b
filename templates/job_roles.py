"""Roles of jobs: one starts the state machines, and one of each machine runs its task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Rights:
    """What the role of a state machine may reach: its name is also that of its task."""

    name: str
    cluster: ecs.Cluster
    roles: Roles


def schedule_role(
    machines: Iterable[stepfunctions.StateMachine], limits: Mapping[str, Any]
) -> iam.Role:
    """Return the role with which Scheduler starts the state machines, and nothing else."""
    start = _allow([states.StartExecution], [machine.ref() for machine in machines])
    return _role("JobScheduleRole", "scheduler.amazonaws.com", "start-jobs", [start], limits)


def machine_role(logical_id: str, rights: Rights) -> iam.Role:
    """Return the role of one state machine.

    Any revision of its task: a release changes the revision while a run may go on. Step
    Functions reads and stops the task that it started.
    https://docs.aws.amazon.com/step-functions/latest/dg/ecs-iam.html
    """
    cluster = rights.cluster.ref()
    tasks = local_arn("ecs", "task/${Cluster}/*", Cluster=cluster)
    in_cluster = {"ecs:cluster": rights.cluster.get_att("Arn")}
    statements = [
        _allow([states.ListExecutions], [local_arn("states", f"stateMachine:{rights.name}")]),
        _allow([ecs_actions.RunTask], [local_arn("ecs", f"task-definition/{rights.name}:*")]),
        _allow([ecs_actions.DescribeTasks, ecs_actions.StopTask], [tasks]),
        _allow([ecs_actions.ListTasks], ["*"], in_cluster),
        _allow([ecs_actions.TagResource], [tasks], {"ecs:CreateAction": "RunTask"}),
        _allow(RULE_ACTIONS, [local_arn("events", TASK_EVENTS)]),
        _allow(
            [iam_actions.PassRole],
            [role.get_att("Arn") for role in (rights.roles.execution, rights.roles.task)],
            {"iam:PassedToService": TASK_SERVICE},
        ),
    ]
    return _role(
        logical_id, "states.amazonaws.com", "run-the-job", statements, rights.roles.limits
    )


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
