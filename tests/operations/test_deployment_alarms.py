"""The service has the alarms that take a bad deployment back, as soon as they exist."""

import json
from typing import Any

import pytest

from tests.helpers import changed, example_settings
from tests.operations.helpers import DEVELOPMENT, push, run
from tests.rehearsal.cloud import Cloud
from tests.tiers.resources import resources_of

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
SERVICE, MONITORING = "shop-development-service", "shop-development-monitoring"
WATCHING = ["ServerErrors", "NoHealthyTask", "UnhealthyTasks", "SlowAnswers", "ErrorsLogged"]
OFF = {"alarmNames": [], "enable": False, "rollback": False}


def up(cloud: Cloud) -> None:
    assert run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1").code == 0
    push(cloud, "1", "arm64")
    push(cloud, "2", "arm64")


def deployment(cloud: Cloud) -> dict[str, Any]:
    """Return how ECS deploys the service."""
    ecs = cloud.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    return dict(service["deploymentConfiguration"])


def existing(cloud: Cloud) -> list[str]:
    """Return the names that AWS gave the alarms that watch."""
    describe = cloud.client("cloudformation").describe_stack_resource
    return [
        describe(StackName=MONITORING, LogicalResourceId=each)["StackResourceDetail"][
            "PhysicalResourceId"
        ]
        for each in WATCHING
    ]


def test_a_first_deployment_ends_with_the_alarms_and_a_second_changes_nothing(
    cloud: Cloud,
) -> None:
    up(cloud)
    found = deployment(cloud)
    plan = run(cloud, "plan", DEVELOPMENT)
    again = run(cloud, "deploy", DEVELOPMENT, "--json")

    assert found["alarms"] == {
        "alarmNames": existing(cloud),
        "enable": True,
        "rollback": True,
    }
    assert found["bakeTimeInMinutes"] == 5
    assert "Nothing would change" in plan.out
    assert {*json.loads(again.out)["stacks"].values()} == {"unchanged"}


def test_a_stack_whose_alarms_do_not_exist_is_deployed_without(cloud: Cloud) -> None:
    done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1", "--only", "service")

    found = deployment(cloud)
    assert done.code == 0, done
    assert found["alarms"] == OFF
    assert "bakeTimeInMinutes" not in found


def test_ignored_alarms_are_off_until_the_next_deployment(cloud: Cloud) -> None:
    up(cloud)
    released = run(cloud, "release", DEVELOPMENT, "--tag", "2", "--ignore-alarms")
    ignored = deployment(cloud)["alarms"]
    planned = run(cloud, "plan", DEVELOPMENT)
    deployed = run(cloud, "deploy", DEVELOPMENT)

    assert (released.code, deployed.code) == (0, 0), released
    assert ignored == OFF
    assert ": Service, AWS::ECS::Service" in planned.out
    assert deployment(cloud)["alarms"]["alarmNames"] == existing(cloud)


def test_a_release_and_a_rotation_keep_the_alarms(cloud: Cloud) -> None:
    up(cloud)
    released = run(cloud, "release", DEVELOPMENT, "--tag", "2")

    assert released.code == 0, released
    assert deployment(cloud)["alarms"]["alarmNames"] == existing(cloud)


@pytest.mark.parametrize("kind", ["rolling", "canary", "blue-green"])
def test_every_deployment_of_the_service_has_its_alarms(kind: str) -> None:
    settings = changed(example_settings("development"), "service.deployment", kind)
    found = resources_of(settings)["ServiceService"]["Properties"]["DeploymentConfiguration"]

    condition, watched, unwatched = found["Alarms"]["Fn::If"]
    assert condition == "ServiceHasDeploymentAlarms"
    assert (watched["Enable"], unwatched["Enable"]) == (True, False)
