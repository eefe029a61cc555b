"""Quotas: what the account may have, what it has, and what the next deployment adds."""

import math
from collections.abc import Iterator

from cfnlink.aws.catalogue import facts
from cfnlink.aws.files import Quota
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.clients import unpaginated
from cfnlink.operations.environment import Environment
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.system.compute import provider_tasks, rollout_percent, task_range
from cfnlink.system.resource import Resource
from cfnlink.system.state_machines import STATE_MACHINE
from cfnlink.system.task_runs import tasks_of

CPU_UNITS = 1024  # of a vCPU
USUAL_TIMEOUT_MS = 29_000  # of an integration of API Gateway
MOST_TASKS = 100  # that DescribeTasks takes at once


def vpcs(context: PreflightContext) -> Iterator[Found]:
    """The VPCs of the region, the default one included."""
    if needed := len(context.not_yet_deployed("AWS::EC2::VPC")):
        pages = context.environment.clients.ec2.get_paginator("describe_vpcs").paginate()
        there = sum(len(page["Vpcs"]) for page in pages)
        yield _fits(context.environment, "vpcs", there, needed)


def addresses(context: PreflightContext) -> Iterator[Found]:
    """The elastic addresses of NAT gateways; a task's public address is none."""
    if needed := len(context.not_yet_deployed("AWS::EC2::EIP")):
        there = context.environment.clients.ec2.describe_addresses()["Addresses"]
        yield _fits(context.environment, "addresses", len(there), needed)


def vpc_links(context: PreflightContext) -> Iterator[Found]:
    """The VPC links of version 2 in the region."""
    if needed := len(context.not_yet_deployed("AWS::ApiGatewayV2::VpcLink")):
        yield _fits(context.environment, "vpc_links", _links(context.environment), needed)


def integration_timeout(context: PreflightContext) -> Iterator[Found]:
    """The longest timeout of an integration, where it is above AWS's default of 29 seconds."""
    timeouts = [
        method.number("Integration", "TimeoutInMillis") or 0
        for method in context.system.of("AWS::ApiGateway::Method")
    ]
    longest = max(timeouts, default=0)
    if longest <= USUAL_TIMEOUT_MS:
        return
    quota = facts("quotas")["quotas"]["integration_timeout"]
    most = _quota(context.environment, quota["service"], quota["code"])
    says = f"{quota['name']}: {most:g} allowed, {longest:g} wanted"
    if longest <= most:
        yield OK, says
    else:
        yield FAILED, says, _increase(context.environment, quota, longest)


def vcpu(context: PreflightContext) -> Iterator[Found]:
    """The vCPU of Fargate: as many tasks as auto scaling makes, and a rollout's beside them.

    A job adds one task, which runs on demand. Counted are the tasks of ECS; pods of EKS on
    Fargate, which share the quota, are not:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
    """
    services = context.not_yet_deployed("AWS::ECS::Service")
    jobs = context.not_yet_deployed(STATE_MACHINE)
    running = _running(context.environment) if services or jobs else {}
    for provider in ("FARGATE", "FARGATE_SPOT"):
        needed = sum(_most(service, provider) for service in services)
        if provider == "FARGATE":
            needed += sum(_units(task) for job in jobs for task in tasks_of(job))
        if needed:
            yield _fits(context.environment, provider, running.get(provider, 0), needed)


def _fits(environment: Environment, name: str, used: float, needed: float) -> Found:
    """Whether the quota of a name has room for what is needed beside what is used."""
    quota = facts("quotas")["quotas"][name]
    most = _quota(environment, quota["service"], quota["code"])
    says = f"{quota['name']}: {used:g} of {most:g} in use, {needed:g} more needed"
    if used + needed <= most:
        return OK, says
    return FAILED, says, _increase(environment, quota, used + needed)


def _increase(environment: Environment, quota: Quota, value: float) -> str:
    """The command that asks AWS for a higher quota."""
    return aws(
        environment,
        *("service-quotas", "request-service-quota-increase"),
        *("--service-code", quota["service"], "--quota-code", quota["code"]),
        *("--desired-value", str(math.ceil(value))),
    )


def _quota(environment: Environment, service: str, code: str) -> float:
    """The account's own quota, or AWS's default if it was never raised.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    """
    client = environment.clients.service_quotas
    try:
        answer = client.get_service_quota(ServiceCode=service, QuotaCode=code)
    except client.exceptions.NoSuchResourceException:
        answer = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)
    return float(answer["Quota"]["Value"])


def _links(environment: Environment) -> int:
    return sum(1 for _ in unpaginated(environment.clients.apigatewayv2.get_vpc_links, "Items"))


def _most(service: Resource, provider: str) -> float:
    """The vCPU that a service may take of a capacity provider during a rollout.

    A strategy gives each provider its base, and of the rest a share by weight:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """
    task = service.target("TaskDefinition")
    most = math.floor(task_range(service).highest * rollout_percent(service) / 100)
    return math.ceil(provider_tasks(service, most, provider)) * (_units(task) if task else 0)


def _units(task: Resource) -> float:
    """The vCPU of a task."""
    return (task.number("Cpu") or 0) / CPU_UNITS


def _running(environment: Environment) -> dict[str, float]:
    """The vCPU of the tasks that run, by capacity provider."""
    ecs = environment.clients.ecs
    running: dict[str, float] = {}
    clusters = ecs.get_paginator("list_clusters").paginate()
    for cluster in [arn for page in clusters for arn in page["clusterArns"]]:
        pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster)
        arns = [arn for page in pages for arn in page["taskArns"]]
        for first in range(0, len(arns), MOST_TASKS):
            some = arns[first : first + MOST_TASKS]
            for task in ecs.describe_tasks(cluster=cluster, tasks=some)["tasks"]:
                provider = task.get("capacityProviderName") or task.get("launchType", "")
                amount = int(task.get("cpu", 0)) / CPU_UNITS
                running[provider] = running.get(provider, 0) + amount
    return running
