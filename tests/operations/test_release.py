"""`release` is rehearsed; tasks that do not start are replayed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from cfnlink.operations.commands.release import _change, release
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.image import require
from cfnlink.operations.lease import Holder
from cfnlink.operations.rollout import wait_until_steady
from cfnlink.operations.stack_deployment import StackDeployment
from cfnlink.operations.stacks import DeployedStack
from cfnlink.system.parts import Part
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, begun, push, run, topic, write
from tests.operations.stubs import event, failing_operation, said, stubbed
from tests.operations.test_lease import holder
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
SERVICE = "shop-development-service"


def deployed(cloud: Cloud) -> dict[str, Any]:
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName=SERVICE)["Stacks"]
    return dict(stack)


def up(cloud: Cloud) -> None:
    """Return the environment with the image 1, and the image 2 in ECR beside it."""
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    push(cloud, "1", "arm64")
    push(cloud, "2", "arm64", "amd64")


def values(stack: Any) -> dict[str, str]:
    """Return the parameters of a stack."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_only_the_tag_changes_and_the_way_back_is_reported(cloud: Cloud) -> None:
    up(cloud)
    before = deployed(cloud)

    done = run(cloud, "release", DEVELOPMENT, "--tag", "2")

    after = deployed(cloud)
    assert done.code == 0, done.err
    assert values(after) == {**values(before), "ImageTag": "2"}
    assert (after["Tags"], after["Outputs"]) == (before["Tags"], before["Outputs"])
    assert f"back: cfnlink release {DEVELOPMENT} --tag 1" in done.out
    assert "added" not in done.out


def test_a_tag_that_is_released_already_is_no_change(cloud: Cloud) -> None:
    up(cloud)

    done = run(cloud, "release", DEVELOPMENT, "--tag", "1")

    assert done.code == 0
    assert "1 is released already" in done.out


def test_what_was_never_deployed_has_nothing_to_release(cloud: Cloud, tmp_path: Path) -> None:
    nothing = run(cloud, "release", DEVELOPMENT, "--tag", "1")
    without = run(cloud, "release", write(tmp_path, one={"T": topic()}), "--tag", "1")

    assert (nothing.code, without.code) == (2, 2)
    assert "was never deployed" in nothing.err
    assert "names no image_tag" in without.err


def test_a_tag_that_no_image_can_have_changes_nothing(cloud: Cloud) -> None:
    up(cloud)

    done = run(cloud, "release", DEVELOPMENT, "--tag", "not/a tag")

    assert done.code == 2
    assert deployed(cloud)["Parameters"][0]["ParameterValue"] == "1"


def test_an_image_that_is_not_there_or_for_another_cpu_is_refused_before_anything_changes(
    cloud: Cloud,
) -> None:
    up(cloud)
    uri = push(cloud, "intel", "amd64")
    begun_before = begun(cloud, SERVICE, "UPDATE_IN_PROGRESS")
    missing = run(cloud, "release", DEVELOPMENT, "--tag", "3")
    wrong = run(cloud, "release", DEVELOPMENT, "--tag", "intel")

    assert (missing.code, wrong.code) == (2, 2)
    assert f"{uri} has no image 3" in missing.err
    assert f"docker push {uri}:3" in missing.err
    assert f"{uri}:intel is made for amd64; the tasks run on arm64" in wrong.err
    assert begun(cloud, SERVICE, "UPDATE_IN_PROGRESS") == begun_before
    # Taken and freed by the deployment alone.
    assert holder(cloud, "/shop/development/deployment") == Holder(after=1)


def test_an_image_is_for_the_cpu_of_the_tasks_that_run_whatever_the_folder_holds(
    cloud: Cloud, tmp_path: Path
) -> None:
    up(cloud)
    shutil.copytree(DEVELOPMENT, tmp_path, dirs_exist_ok=True)
    service = (tmp_path / "service.yaml").read_text("utf-8")
    (tmp_path / "service.yaml").write_text(service.replace("ARM64", "X86_64"), "utf-8")
    push(cloud, "arm", "arm64")

    assert run(cloud, "release", tmp_path, "--tag", "arm").code == 0


def test_a_release_goes_on_and_says_so_where_the_image_may_not_be_read() -> None:
    """Replayed: the emulator refuses nothing."""
    action = "cloudformation:ListStackResources"
    denied = f"User: arn is not authorized to perform: {action} on resource"
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        stubs["cloudformation"].add_client_error("list_stack_resources", "AccessDenied", denied)
        require(environment, "1")

    assert said(environment) == [f"warning: image: could not look: needs {action}"]


@pytest.mark.long
def test_a_deployment_that_ecs_takes_back_takes_the_release_back(cloud: Cloud) -> None:
    up(cloud)
    push(cloud, "failing", "arm64")

    done = run(cloud, "release", DEVELOPMENT, "--tag", "failing")

    assert done.code == 1
    assert "AWS went back to 1" in done.err
    assert deployed(cloud)["Parameters"][0]["ParameterValue"] == "1"
    again = run(cloud, "release", DEVELOPMENT, "--tag", "1")
    assert again.code == 0, again.err


def test_a_deployment_that_ecs_took_back_after_the_update_takes_the_release_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stacks are the emulator's; the tasks that fail are the test's."""
    up(cloud)
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    answers = iter(["ECS went back", ""])
    monkeypatch.setattr("cfnlink.operations.rollout._wait", lambda *_: next(answers))

    with pytest.raises(CommandError) as stop:
        release(open_environment(DEVELOPMENT), "2")

    assert stop.value.code == Exit.FAILED
    assert "2 failed, ECS went back; 1 is back" in stop.value.message
    assert deployed(cloud)["Parameters"][0]["ParameterValue"] == "1"


def test_an_update_that_aws_took_back_is_told_as_such() -> None:
    """Replayed: no image of the emulator fails to start."""
    stack = {
        "StackName": "shop-production-service",
        "StackId": "arn",
        "StackStatus": "UPDATE_ROLLBACK_COMPLETE",
        "CreationTime": "2026-11-24T00:00:00Z",
        "Parameters": [{"ParameterKey": "ImageTag", "ParameterValue": "1"}],
    }
    kind = {"ResourceType": "AWS::ECS::TaskDefinition"}
    failed = event("TaskDefinition", "UPDATE_FAILED", "no such image", **kind)
    made = {
        "Status": "CREATE_COMPLETE",
        "StackId": "arn",
        "ChangeSetId": "change-set",
        "Changes": [],
    }
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("create_change_set", {"Id": "x" * 10})
        formation.add_response("describe_change_set", made)
        formation.add_response("describe_change_set", made)
        formation.add_response("describe_events", {"OperationEvents": []})
        formation.add_response("execute_change_set", {})
        formation.add_response("describe_stacks", {"Stacks": [stack]})
        failing_operation(formation, "shop-production-service", failed, has_tasks=True)
        formation.add_response("describe_stacks", {"Stacks": [stack]})
        service = environment.stack_with(Part.IMAGE_TAG)
        was = DeployedStack(
            service.name, "arn", "UPDATE_COMPLETE", parameters={"ImageTag": "1"}
        )
        with pytest.raises(CommandError) as stop:
            _change(StackDeployment(environment, service), was, "2")

    assert "TaskDefinition (AWS::ECS::TaskDefinition): no such image" in stop.value.message
    assert "AWS went back to 1" in stop.value.message


THERE = [
    {
        "LogicalResourceId": kind,
        "ResourceType": f"AWS::ECS::{kind}",
        "PhysicalResourceId": kind,
        "ResourceStatus": "UPDATE_COMPLETE",
        "LastUpdatedTimestamp": "2026-11-24T00:00:00Z",
    }
    for kind in ("Cluster", "Service", "TaskDefinition")
]
NEW, OLD = "TaskDefinition", "the one before"


def add_deployment(ecs: Any, definition: str | None = None, **known: Any) -> None:
    """Let ECS answer with one deployment. definition: the one with which it ended, if asked."""
    arn = {"serviceDeploymentArn": "arn:1"}
    brief = {**arn, "createdAt": "2026-11-24T00:00:00Z"}
    whole = {**arn, "targetServiceRevision": {"arn": "arn:new"}, **known}
    ecs.add_response("list_service_deployments", {"serviceDeployments": [brief]})
    ecs.add_response("describe_service_deployments", {"serviceDeployments": [whole]})
    if definition:
        answer = {"serviceRevisions": [{"taskDefinition": definition}]}
        ecs.add_response("describe_service_revisions", answer)


@pytest.mark.parametrize(
    ("known", "definition", "why"),
    [
        (
            {
                "status": "STOPPED",
                "statusReason": "tasks failed to start",
                "targetServiceRevision": {
                    "arn": "arn:new",
                    "requestedTaskCount": 2,
                    "runningTaskCount": 1,
                    "pendingTaskCount": 1,
                    "requestedProductionTrafficWeight": 10.0,
                },
                "sourceServiceRevisions": [{"arn": "arn:old", "runningTaskCount": 2}],
                "lifecycleStage": "SCALE_UP",
                "deploymentCircuitBreaker": {"failureCount": 3},
                "alarms": {"triggeredAlarmNames": ["errors"]},
            },
            None,
            (
                "the deployment is STOPPED, 1 of 2 new tasks run, 1 begin, 2 old ones run, "
                "10% of the requests reach them, stage SCALE_UP, 3 failed, alarm errors: "
                "tasks failed to start"
            ),
        ),
        (
            {
                "status": "ROLLBACK_SUCCESSFUL",
                "rollback": {"serviceRevisionArn": "arn:old", "reason": "circuit breaker"},
            },
            OLD,
            "ECS went back to the task definition before: circuit breaker",
        ),
        # A rollback to the task definition that is to run is what was wanted.
        (
            {"status": "ROLLBACK_SUCCESSFUL", "rollback": {"serviceRevisionArn": "arn:old"}},
            NEW,
            "",
        ),
        ({"status": "SUCCESSFUL"}, NEW, ""),
    ],
)
def test_a_deployment_of_ecs_says_whether_a_release_is_steady(
    known: dict[str, Any], definition: str | None, why: str
) -> None:
    """Replayed, as AWS documents its answers."""
    service = {
        "serviceName": "service",
        "clusterArn": "Cluster",
        "taskDefinition": OLD,
        "runningCount": 2,
        "desiredCount": 2,
    }
    with stubbed(PRODUCTION, "cloudformation", "ecs") as (environment, stubs):
        page = {"StackResourceSummaries": THERE}
        stubs["cloudformation"].add_response("list_stack_resources", page)
        stubs["ecs"].add_response("describe_services", {"services": [service]})
        add_deployment(stubs["ecs"], definition, **known)
        assert wait_until_steady(environment, environment.stack_with(Part.IMAGE_TAG)) == why


@pytest.mark.parametrize(("definition", "why"), [(NEW, ""), (OLD, "no deployment")])
def test_a_service_whose_deployments_ecs_has_forgotten_runs_what_it_runs(
    monkeypatch: pytest.MonkeyPatch, definition: str, why: str
) -> None:
    """Replayed. ECS keeps deployments for 90 days."""
    monkeypatch.setattr("cfnlink.operations.rollout.STEADY_SECONDS", -1)
    service = {"serviceName": "s", "clusterArn": "c", "taskDefinition": definition}
    with stubbed(PRODUCTION, "cloudformation", "ecs") as (environment, stubs):
        page = {"StackResourceSummaries": THERE}
        stubs["cloudformation"].add_response("list_stack_resources", page)
        stubs["ecs"].add_response("describe_services", {"services": [service]})
        stubs["ecs"].add_response("list_service_deployments", {"serviceDeployments": []})
        found = wait_until_steady(environment, environment.stack_with(Part.IMAGE_TAG))

    assert why in found
    assert bool(found) == bool(why)
