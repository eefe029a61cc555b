"""The service has the alarms that take a bad deployment back, as soon as they exist."""

import json
from typing import Any

import pytest

from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.environment import Environment, Stack
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


def named(cloud: Cloud) -> list[str]:
    """Return the names of the alarms that the service's next deployment has."""
    return list(deployment(cloud)["alarms"]["alarmNames"])


def raise_alarm(cloud: Cloud, name: str, state: str = "ALARM") -> None:
    cloud.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue=state, StateReason="a test says so"
    )


def test_an_alarm_in_alarm_is_left_out_until_it_is_quiet_again(cloud: Cloud) -> None:
    """If one is in ALARM at the beginning of a deployment, ECS watches none of them."""
    up(cloud)
    known = existing(cloud)
    raise_alarm(cloud, known[0])

    released = run(cloud, "release", DEVELOPMENT, "--tag", "2")
    left = named(cloud)
    planned = run(cloud, "plan", DEVELOPMENT)
    raise_alarm(cloud, known[0], "OK")
    again = run(cloud, "release", DEVELOPMENT, "--tag", "1")
    quiet = named(cloud)
    raise_alarm(cloud, known[0])
    deployed = run(cloud, "deploy", DEVELOPMENT)

    assert (released.code, again.code, deployed.code) == (0, 0, 0), released.err
    assert f"warning: {known[0]} is in ALARM, so it does not watch" in released.out
    assert "Nothing would change" in planned.out
    assert (left[:4], len(left), quiet) == (known[1:], 5, known)
    assert known[0] not in left
    assert named(cloud) == left


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the new values of parameters in each change set that is asked for."""
    found: list[dict[str, str]] = []
    create = ChangeSet.create

    def remember(environment: Environment, stack: Stack, body: Any) -> ChangeSet | None:
        values = [each for each in body["Parameters"] if "ParameterValue" in each]
        found.append({each["ParameterKey"]: each["ParameterValue"] for each in values})
        return create(environment, stack, body)

    monkeypatch.setattr(ChangeSet, "create", remember)
    return found


def test_the_way_back_of_a_release_is_not_taken_back_by_alarms(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, str]]
) -> None:
    """The failed image raises them. The stacks are the emulator's, the failure the test's."""
    up(cloud)
    names, asked[:] = ",".join(existing(cloud)), []
    wrong = "cfnlink.operations.commands.release.wait_until_steady"
    monkeypatch.setattr(wrong, lambda *_: "the tasks answer 500")

    done = run(cloud, "release", DEVELOPMENT, "--tag", "2")

    assert done.code == 1
    assert "1 is back" in done.err
    assert asked == [
        {"ImageTag": "2"},
        {"ImageTag": "1", "DeploymentAlarms": ""},
        {"DeploymentAlarms": names},
    ]
    assert named(cloud) == existing(cloud)
    assert "Nothing would change" in run(cloud, "plan", DEVELOPMENT).out


def test_a_killed_way_back_is_healed_by_the_next_deploy(cloud: Cloud) -> None:
    up(cloud)
    cloud.client("cloudformation").update_stack(
        StackName=SERVICE,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": "ImageTag", "UsePreviousValue": True},
            {"ParameterKey": "DeploymentAlarms", "ParameterValue": ""},
        ],
    )
    cloud.client("cloudformation").get_waiter("stack_update_complete").wait(
        StackName=SERVICE, WaiterConfig={"Delay": 1}
    )
    before = deployment(cloud)["alarms"]

    assert run(cloud, "deploy", DEVELOPMENT).code == 0
    assert before == OFF
    assert named(cloud) == existing(cloud)
