"""The model knows which resource runs which task where, and what the task needs to start."""

from typing import Any

import pytest

from cfnlink.system.resource import Resource
from cfnlink.system.task_runs import required_services, runs_of, task_runs
from tests.system.templates import template
from tests.template import ref

PULL = {"ecr.api", "ecr.dkr", "s3"}
OWN = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders:7"


def service(network: dict[str, Any] | None = None, **container: Any) -> Resource:
    """Return a service on Fargate whose task has one container."""
    task = {"NetworkMode": "awsvpc", "ContainerDefinitions": [{"Image": OWN, **container}]}
    system = template(
        Vpc=("EC2::VPC", {}),
        Subnet=("EC2::Subnet", {"VpcId": ref("Vpc")}),
        Group=("EC2::SecurityGroup", {"VpcId": ref("Vpc")}),
        Task=("ECS::TaskDefinition", task),
        Parameter=("SSM::Parameter", {}),
        Secret=("SecretsManager::Secret", {}),
        Service=(
            "ECS::Service",
            {
                "TaskDefinition": ref("Task"),
                "LaunchType": "FARGATE",
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {
                        "Subnets": [ref("Subnet")],
                        "SecurityGroups": [ref("Group")],
                        **(network or {}),
                    }
                },
            },
        ),
    )
    return system.resources["Service"]


def test_a_service_runs_its_task_in_its_subnets_with_its_groups() -> None:
    found = service({"AssignPublicIp": "ENABLED"})
    (run,) = task_runs(found.system)
    ((path, subnet),) = run.subnets

    assert run.resource is found
    assert run.task is found.system.resources["Task"]
    assert subnet is found.system.resources["Subnet"]
    assert path == ["NetworkConfiguration", "AwsvpcConfiguration", "Subnets", 0]
    assert run.groups == [found.system.resources["Group"]]
    assert run.has_public_ip is True
    assert run.is_on_fargate


@pytest.mark.parametrize(
    ("given", "expected"), [({}, False), ({"AssignPublicIp": ref("Public")}, None)]
)
def test_a_run_has_a_public_address_only_if_it_says_so(
    given: dict[str, Any], expected: object
) -> None:
    (run,) = runs_of(service(given))

    assert run.has_public_ip is expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (OWN, PULL),
        ({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/a:7"}, PULL),
        ({"Fn::Sub": "public.ecr.aws/example/report:${Tag}"}, {"public.ecr.aws"}),
        ({"Fn::Join": [":", ["ghcr.io/example/report", ref("Tag")]]}, {"ghcr.io"}),
        ({"Fn::Sub": "nginx:${Tag}"}, {"docker.io"}),
        ("bitnami/redis", {"docker.io"}),
        ({"Fn::Sub": "${Registry}/report:7"}, set()),
        ({"Fn::Sub": "${Image}"}, set()),
        (ref("Image"), set()),
        ("registry.example.internal:5000/report", set()),
    ],
)
def test_an_image_needs_the_registry_that_its_host_names(
    image: Any, expected: set[str]
) -> None:
    (run,) = runs_of(service(Image=image))

    assert required_services(run) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Sub": "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/t"}, {"ssm"}),
        (ref("Parameter"), {"ssm"}),
        ("orders-token", {"ssm"}),
        (ref("Secret"), {"secretsmanager"}),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-1:k::", {"secretsmanager"}),
        ({"Fn::GetAtt": ["Instance", "MasterUserSecret.SecretArn"]}, {"secretsmanager"}),
        (ref("Unknown"), set()),
    ],
)
def test_a_task_needs_the_store_from_which_it_reads(value: Any, expected: set[str]) -> None:
    logs = {"LogDriver": "splunk", "SecretOptions": [{"Name": "t", "ValueFrom": value}]}
    direct = next(runs_of(service(Secrets=[{"Name": "T", "ValueFrom": value}])))
    of_logs = next(runs_of(service(LogConfiguration=logs)))

    assert required_services(direct) == PULL | expected
    assert required_services(of_logs) == PULL | expected
