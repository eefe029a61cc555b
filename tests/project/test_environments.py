"""The user's environments deploy to an emulator with the values that they state.

What a folder says is read from its manifest and its linked system, so that the tests hold
for other settings, and for tiers that a user added.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cfnlink.operations.commands import commands
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.system.expressions import at
from tests.operations.helpers import run
from tests.project.conftest import NAMES
from tests.project.presumed import presume
from tests.rehearsal.cloud import Cloud, emulator, stacks_of
from tests.rehearsal.programs import need_real_parts, real_parts

pytestmark = pytest.mark.rehearsal


@dataclass(frozen=True)
class Shown:
    """Where a service's own API shows properties of a resource.

    fields: a property of the template to the same value in the answer, both as keys with dots.
    """

    service: str
    call: str
    ask: Callable[[str], dict[str, Any]]
    fields: dict[str, str]


SHOWN = {
    "AWS::EC2::Subnet": Shown(
        "ec2",
        "describe_subnets",
        lambda name: {"SubnetIds": [name]},
        {
            "CidrBlock": "Subnets.0.CidrBlock",
            "AvailabilityZoneId": "Subnets.0.AvailabilityZoneId",
        },
    ),
    "AWS::RDS::DBInstance": Shown(
        "rds",
        "describe_db_instances",
        lambda name: {"DBInstanceIdentifier": name},
        {
            name: f"DBInstances.0.{name}"
            for name in (
                "DBInstanceIdentifier",
                "DBInstanceClass",
                "EngineVersion",
                "MultiAZ",
                "AllocatedStorage",
                "BackupRetentionPeriod",
                "DeletionProtection",
            )
        },
    ),
    "AWS::ECS::TaskDefinition": Shown(
        "ecs",
        "describe_task_definition",
        lambda name: {"taskDefinition": name},
        {
            "Cpu": "taskDefinition.cpu",
            "Memory": "taskDefinition.memory",
            "RuntimePlatform.CpuArchitecture": "taskDefinition.runtimePlatform.cpuArchitecture",
            "ContainerDefinitions.0.PortMappings.0.ContainerPort": (
                "taskDefinition.containerDefinitions.0.portMappings.0.containerPort"
            ),
        },
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": Shown(
        "application-autoscaling",
        "describe_scalable_targets",
        lambda name: {"ServiceNamespace": "ecs", "ResourceIds": [name.split("|")[0]]},
        {
            "MinCapacity": "ScalableTargets.0.MinCapacity",
            "MaxCapacity": "ScalableTargets.0.MaxCapacity",
        },
    ),
    "AWS::Logs::LogGroup": Shown(
        "logs",
        "describe_log_groups",
        lambda name: {"logGroupNamePrefix": name},
        {"RetentionInDays": "logGroups.0.retentionInDays"},
    ),
    "AWS::ApiGateway::UsagePlan": Shown(
        "apigateway",
        "get_usage_plan",
        lambda name: {"usagePlanId": name},
        {
            "Throttle.RateLimit": "throttle.rateLimit",
            "Throttle.BurstLimit": "throttle.burstLimit",
            "Quota.Limit": "quota.limit",
        },
    ),
    "AWS::ApiGateway::DomainName": Shown(
        "apigateway",
        "get_domain_name",
        lambda name: {"domainName": name},
        {"DomainName": "domainName"},
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_deploys_as_it_says(folder: Path, name: str, tmp_path: Path) -> None:
    output = folder / "output" / name
    environment = open_environment(output)

    options = {**real_parts(tmp_path), "PRESUME_SECRETS": "true"}
    with emulator(tmp_path, environment.folder.region, **options) as cloud:
        presume(cloud, environment)
        for stack in stacks_of(output):
            cloud.deploy(output, stack)
        physical = {stack.name: made(cloud, stack.name) for stack in environment.stacks}

        check_stacks(cloud, environment)
        check_values(cloud, environment, physical)
        check_requests(cloud, environment)
        # The alarms exist after the first deployment; the second one names them to ECS.
        for line in commands._deployment_alarms(environment):
            cloud.run(line)
        planned = run(cloud, "plan", output, "--json")
        assert json.loads(planned.out)["changes"] == []
    need_real_parts()


def made(cloud: Cloud, stack: str) -> dict[str, str]:
    """Return the physical ids of a stack's resources by logical id."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    found = [
        resource
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
    ]
    assert {each["ResourceStatus"] for each in found} == {"CREATE_COMPLETE"}, stack
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def check_stacks(cloud: Cloud, environment: Environment) -> None:
    """Check that names, region and tags of the stacks are those of the manifest."""
    deployed = cloud.client("cloudformation").describe_stacks()["Stacks"]
    found = {each["StackName"]: each for each in deployed}
    assert set(found) == {stack.name for stack in environment.stacks}
    for stack in environment.stacks:
        assert found[stack.name]["StackStatus"] == "CREATE_COMPLETE"
        assert f":{environment.folder.region}:" in found[stack.name]["StackId"]
        tags = {tag["Key"]: tag["Value"] for tag in found[stack.name]["Tags"]}
        assert tags == stack.tags


def check_values(
    cloud: Cloud, environment: Environment, physical: dict[str, dict[str, str]]
) -> None:
    """Check that every resource exists, and that services show the values of the templates."""
    for resource in environment.system.resources.values():
        name = physical[resource.stack].get(resource.logical_id)
        assert name, f"{resource.stack}: {resource.logical_id} was not made"
        shown = SHOWN.get(str(resource.body["Type"]))
        if shown:
            answer = getattr(cloud.client(shown.service), shown.call)(**shown.ask(name))
            stated = resource.body.get("Properties", {})
            for ours, theirs in shown.fields.items():
                value = at(stated, *keys(ours))
                if isinstance(value, (str, int, float)):
                    seen = at(answer, *keys(theirs))
                    assert plain(seen) == plain(value), f"{resource.name}: {ours}"


def keys(path: str) -> list[str | int]:
    return [int(key) if key.isdigit() else key for key in path.split(".")]


def plain(value: Any) -> str:
    """Return a value as CloudFormation compares it: as text, for every type."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def check_requests(cloud: Cloud, environment: Environment) -> None:
    """Check that a request with a key reaches a task, one without does not, and tasks run."""
    done = run(cloud, "smoke", environment.folder.path)
    assert done.code == 0, done.out + done.err
