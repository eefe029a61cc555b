"""Service tier: the container on Fargate, its roles, and how many of it run.

docs/decisions/0007-arm64-and-capacity.md has the reasons.
"""

from dataclasses import dataclass

from troposphere import AWSHelperFn, ecs

from templates.buckets import add_buckets
from templates.cors import origin_variables
from templates.jobs import add_jobs, job_programs
from templates.needed import Needed
from templates.parts import expiring_log_group
from templates.roles import role_limits
from templates.scaling import add_scaling
from templates.service_parts import deployed, placed
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack, Tier, publish
from templates.target_groups import TargetGroups
from templates.task import (
    CONTAINER,
    Granted,
    Program,
    Shared,
    add_image,
    joined,
    service_program,
    task_definition,
    task_variables,
)
from templates.task_network import Place, connect_tasks, place_of
from templates.task_roles import Roles, execution_role, task_role
from templates.tracing import traced
from templates.traffic import Traffic, add_traffic
from templates.workers import Worker, add_worker_resources, granted_by, run_workers

# From a task's start until its failed health checks count.
GRACE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Service(Tier):
    """What the other tiers may use."""

    cluster: AWSHelperFn
    service_name: AWSHelperFn
    log_group: AWSHelperFn
    second_target_group: AWSHelperFn | None
    """The full name of the other target group, where ECS moves the requests between two."""


@dataclass(frozen=True)
class _Tasks:
    """What the service, its workers and its jobs run; what other resources give to all."""

    service: Program
    workers: list[Worker]
    jobs: dict[str, Program]
    granted: list[Granted]

    @property
    def programs(self) -> list[Program]:
        """Return the programs of all tasks."""
        return [self.service, *(each.program for each in self.workers), *self.jobs.values()]


def service_tier(settings: Settings, needed: Needed) -> Service:
    """One service on Fargate, filled into the load balancer's target group."""
    stack = Stack.of(settings, "service", "The container on Fargate.")

    firewall = connect_tasks(stack, settings.service, needed)
    tasks = _tasks(stack, settings)
    shared = _shared(stack, settings, needed, tasks)
    task = stack.add(task_definition(shared, tasks.service))
    place = place_of(settings, needed.network, stack.add(_cluster()), firewall)
    traffic = add_traffic(stack, settings, needed)
    service = stack.add(_service(settings.service, needed, place, task, traffic))
    stack.name_parts(service=service)
    groups = TargetGroups.of(needed.balancer, traffic.full_name)
    add_scaling(stack, settings.service, place.cluster, service, groups)
    run_workers(stack, shared, tasks.workers, place)
    add_jobs(stack, shared, tasks.jobs, place)

    return publish(
        Service,
        stack,
        cluster=place.cluster.ref(),
        service_name=service.get_att("Name"),
        log_group=tasks.service.log_group.ref(),
        second_target_group=traffic.full_name,
    )


def _tasks(stack: Stack, settings: Settings) -> _Tasks:
    """Add what tasks write to and work on: logs, queues and buckets."""
    log_group = stack.add(expiring_log_group("LogGroup", settings))
    workers = add_worker_resources(stack, settings)
    return _Tasks(
        service_program(settings.service, log_group),
        workers,
        job_programs(stack, settings),
        [granted_by(workers), add_buckets(stack, settings.buckets)],
    )


def _shared(stack: Stack, settings: Settings, needed: Needed, tasks: _Tasks) -> Shared:
    """Add what all tasks share: the image's parameter and the two roles."""
    granted = joined([traced(settings), *tasks.granted])
    secrets = {"DB_URL": needed.database.url_secret} | settings.service.secrets
    limits = role_limits(settings, needed.account)
    log_groups = [program.log_group for program in tasks.programs]
    execution = execution_role(needed.account, log_groups, list(secrets.values()), limits)
    role = task_role(settings.service, granted.statements, limits)
    return Shared(
        settings,
        add_image(stack, needed.account),
        Roles(stack.add(execution), stack.add(role), limits),
        secrets,
        task_variables(settings.service, granted) | origin_variables(settings.api),
    )


def _cluster() -> ecs.Cluster:
    """Has both capacity providers; Container Insights would be billed by the metric."""
    return ecs.Cluster(
        "Cluster",
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value="disabled")],
    )


def _service(
    service: ServiceSettings,
    needed: Needed,
    place: Place,
    task: ecs.TaskDefinition,
    traffic: Traffic,
) -> ecs.Service:
    """Behind the load balancer, which checks the health of its tasks."""
    return ecs.Service(
        "Service",
        **placed(place, task, service.spot_percent),
        LoadBalancers=[
            ecs.LoadBalancer(
                ContainerName=CONTAINER,
                ContainerPort=service.port,
                TargetGroupArn=needed.balancer.target_group,
                **traffic.way,
            )
        ],
        HealthCheckGracePeriodSeconds=GRACE_SECONDS,
        **deployed(traffic.strategy, ecs_exec=service.ecs_exec),
    )
