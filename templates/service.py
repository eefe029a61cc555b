"""Service tier: the container on Fargate, its roles, and how many of it run."""

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn, ecs

from templates.account import Account
from templates.buckets import add_buckets
from templates.cors import origin_variables
from templates.database import Database
from templates.jobs import add_jobs, job_programs
from templates.load_balancer import LoadBalancer
from templates.network import Network
from templates.parts import expiring_log_group
from templates.scaling import add_scaling
from templates.service_parts import capacity, rolling
from templates.settings import Settings
from templates.stack import Stack, Tier, publish
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
from templates.task_network import Place, TaskFirewall, connect_tasks, placement
from templates.task_roles import Roles, execution_role, role_limits, task_role
from templates.tracing import traced
from templates.workers import add_worker_resources, granted_by, run_workers

# From a task's start until its failed health checks count.
GRACE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Service(Tier):
    """What the other tiers may use."""

    cluster: AWSHelperFn
    service_name: AWSHelperFn
    log_group: AWSHelperFn


@dataclass(frozen=True)
class _Tasks:
    """The programs of all tasks, and what other resources give to each of them."""

    programs: Sequence[Program]
    granted: Sequence[Granted]


@dataclass(frozen=True)
class _Running:
    """The cluster, the task and the firewall of the service."""

    cluster: ecs.Cluster
    task: ecs.TaskDefinition
    firewall: TaskFirewall


def service_tier(
    settings: Settings,
    account: Account,
    network: Network,
    database: Database,
    balancer: LoadBalancer,
) -> Service:
    """One service on Fargate, filled into the load balancer's target group."""
    stack = Stack.of(settings, "service", "The container on Fargate.")

    firewall = connect_tasks(stack, settings.service, network, database, balancer)
    program = service_program(
        settings.service, stack.add(expiring_log_group("LogGroup", settings))
    )
    workers = add_worker_resources(stack, settings)
    jobs = job_programs(stack, settings)
    programs = [program, *(each.program for each in workers), *jobs.values()]
    granted = [granted_by(workers), add_buckets(stack, settings.buckets)]
    tasks = _Tasks(programs, granted)
    shared = _shared(stack, settings, account, database, tasks)
    task = stack.add(task_definition(shared, program))
    running = _Running(stack.add(_cluster()), task, firewall)
    service = stack.add(_service(settings, network, balancer, running))
    stack.name_parts(service=service)
    add_scaling(stack, settings.service, running.cluster, service, balancer)
    place = _place(settings, network, running)
    run_workers(stack, shared, workers, place)
    add_jobs(stack, shared, jobs, place)

    return publish(
        Service,
        stack,
        cluster=running.cluster.ref(),
        service_name=service.get_att("Name"),
        log_group=program.log_group.ref(),
    )


def _shared(
    stack: Stack,
    settings: Settings,
    account: Account,
    database: Database,
    tasks: _Tasks,
) -> Shared:
    """Add what all tasks share: the image's parameter and the two roles."""
    granted = joined([traced(settings), *tasks.granted])
    secrets = {"DB_URL": database.url_secret} | settings.service.secrets
    limits = role_limits(settings, account)
    log_groups = [program.log_group for program in tasks.programs]
    execution = execution_role(account, log_groups, list(secrets.values()), limits)
    role = task_role(settings.service, granted.statements, limits)
    return Shared(
        settings,
        add_image(stack, account),
        Roles(stack.add(execution), stack.add(role), limits),
        secrets,
        task_variables(settings.service, granted) | origin_variables(settings.api),
    )


def _place(settings: Settings, network: Network, running: _Running) -> Place:
    """Where other tasks of the stack run: beside those of the service."""
    rules = [str(rule.title) for rule in running.firewall.rules]
    return Place(running.cluster, placement(settings, network, running.firewall), rules)


def _cluster() -> ecs.Cluster:
    """Has both capacity providers; Container Insights would be billed by the metric."""
    return ecs.Cluster(
        "Cluster",
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value="disabled")],
    )


def _service(
    settings: Settings,
    network: Network,
    balancer: LoadBalancer,
    running: _Running,
) -> ecs.Service:
    """Without DesiredCount, which every update would reset: the service starts with one task,
    and auto scaling raises it to the minimum."""
    service = settings.service
    return ecs.Service(
        "Service",
        DependsOn=[rule.title for rule in running.firewall.rules],
        Cluster=running.cluster.ref(),
        TaskDefinition=running.task.ref(),
        CapacityProviderStrategy=capacity(service.spot_percent),
        NetworkConfiguration=placement(settings, network, running.firewall),
        LoadBalancers=[
            ecs.LoadBalancer(
                ContainerName=CONTAINER,
                ContainerPort=service.port,
                TargetGroupArn=balancer.target_group,
            )
        ],
        HealthCheckGracePeriodSeconds=GRACE_SECONDS,
        DeploymentConfiguration=rolling(),
        AvailabilityZoneRebalancing="ENABLED",
        EnableExecuteCommand=service.ecs_exec,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
    )
