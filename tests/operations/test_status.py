"""`status` is rehearsed; drift and missing tasks are replayed."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from build import Built
from cfnlink.next_command import CommandLine
from cfnlink.operations.commands.status import StackState, _drifted, _next, _spent
from cfnlink.operations.environment import open_environment
from cfnlink.operations.service import task_counts
from cfnlink.operations.stacks import StackResource
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, failing, run, topic, write
from tests.operations.stubs import said, stubbed
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
PROGRAM = "cfnlink"


def test_a_good_environment_is_reported_with_tag_and_tasks(
    cloud: Cloud, built: dict[str, Built]
) -> None:
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "7")

    unheard = run(cloud, "status", DEVELOPMENT)
    (alarms_topic,) = cloud.client("sns").list_topics()["Topics"]
    queue = "arn:aws:sqs:us-east-1:000000000000:alarms"
    cloud.client("sns").subscribe(Protocol="sqs", Endpoint=queue, **alarms_topic)
    text = run(cloud, "status", DEVELOPMENT)
    stacks = json.loads(run(cloud, "status", DEVELOPMENT, "--json").out)["stacks"]

    assert text.code == 0, text.out
    assert "shop-development-service: UPDATE_COMPLETE, image 7, 1 of 1 tasks run" in text.out
    resources = built["development"].system.template["Resources"].values()
    alarms = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in resources)
    up = f"{len(stacks)} stacks up, 1 of 1 task running, none of {alarms} alarms raised.\n"
    assert text.out.endswith(f"All is well: {up}")
    assert "warning: alarms: no confirmed subscriber" in unheard.out
    assert unheard.out.endswith(f"No problem and 1 warning, listed above: {up}")
    (service,) = next(stack["services"] for stack in stacks if stack["services"])
    assert (service["running"], service["desired"], service["least"]) == (1, 1, 1)


def test_a_raised_alarm_is_wrong(cloud: Cloud) -> None:
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "7")
    watch = cloud.client("cloudwatch")
    (first, *_) = watch.describe_alarms()["MetricAlarms"]
    watch.set_alarm_state(
        AlarmName=first["AlarmName"], StateValue="ALARM", StateReason="far too slow"
    )

    done = run(cloud, "status", DEVELOPMENT)

    assert done.code == 1
    assert f"alarm {first['AlarmName']}: far too slow" in done.out
    assert f"next: cfnlink logs {DEVELOPMENT}" in done.out


def test_a_missing_or_failed_stack_is_wrong(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Fault": failing()}, three={"T": topic()})
    run(cloud, "deploy", tmp_path)

    done = run(cloud, "status", tmp_path)

    assert done.code == 1
    assert "tiny-test-two: ROLLBACK_COMPLETE\n  it never came up" in done.out
    assert "tiny-test-three: not deployed\n  it does not exist" in done.out
    assert f"next: cfnlink plan {tmp_path}" in done.out


def test_the_name_that_auto_scaling_knows_is_asked_for() -> None:
    """Replayed: the tasks of the emulator never go missing."""
    there = [
        StackResource("C", "AWS::ECS::Cluster", "CREATE_COMPLETE", "c"),
        StackResource("S", "AWS::ECS::Service", "CREATE_COMPLETE", "arn"),
    ]
    cluster = "arn:aws:ecs:us-east-1:1:cluster/c"
    found = {
        "serviceName": "s",
        "clusterArn": cluster,
        "runningCount": 1,
        "desiredCount": 2,
    }
    asked = {"ServiceNamespace": "ecs", "ResourceIds": ["service/c/s"]}
    with stubbed(PRODUCTION, "ecs", "application-autoscaling") as (environment, stubs):
        stubs["ecs"].add_response("describe_services", {"services": [found]})
        stubs["application-autoscaling"].add_response(
            "describe_scalable_targets", {"ScalableTargets": []}, asked
        )
        (count,) = task_counts(environment, there)

    assert (count.running, count.desired, count.most) == (1, 2, None)


def drift(logical_id: str, kind: str, *paths: str, status: str = "MODIFIED") -> dict[str, Any]:
    differences = [
        {
            "PropertyPath": path,
            "ExpectedValue": "hunter2",
            "ActualValue": "hunter2",
            "DifferenceType": "NOT_EQUAL",
        }
        for path in paths
    ]
    return {
        "StackId": "arn",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "StackResourceDriftStatus": status,
        "PropertyDifferences": differences,
        "Timestamp": "2026-11-24T00:00:00Z",
    }


def test_drift_leaves_out_what_changes_by_itself_and_every_value() -> None:
    """Replayed: the emulator changes nothing by itself."""
    first = [
        drift("Service", "AWS::ECS::Service", "/DesiredCount", "/EnableExecuteCommand"),
        drift("Instance", "AWS::RDS::DBInstance", "/EngineVersion", "/AllocatedStorage"),
    ]
    second = [drift("Alarm", "AWS::CloudWatch::Alarm", status="DELETED")]
    detected = {
        "StackId": "arn",
        "StackDriftDetectionId": "d",
        "DetectionStatus": "DETECTION_COMPLETE",
        "Timestamp": "2026-11-24T00:00:00Z",
    }
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("detect_stack_drift", {"StackDriftDetectionId": "d"})
        formation.add_response("describe_stack_drift_detection_status", detected)
        page = {"StackResourceDrifts": first, "NextToken": "more"}
        formation.add_response("describe_stack_resource_drifts", page)
        formation.add_response(
            "describe_stack_resource_drifts", {"StackResourceDrifts": second}
        )
        lines = [*_drifted(environment, environment.stacks[4])]

    assert lines == [
        "drift: Service (AWS::ECS::Service) /EnableExecuteCommand was changed",
        "drift: Alarm (AWS::CloudWatch::Alarm) was deleted",
    ]


@pytest.mark.parametrize(
    ("amount", "wrong", "words"),
    [
        ("12.345", [], "spent: 12.35 of 150.00 USD since"),
        (
            "160",
            ["160.00 USD are spent, and the budget of the month is 150.00"],
            "spent: 160.00",
        ),
        ("0", [], "aws ce update-cost-allocation-tags-status"),
    ],
)
def test_what_is_spent_stands_beside_the_budget(
    amount: str, wrong: list[str], words: str
) -> None:
    """Replayed: nothing costs anything in the emulator."""
    cost = {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}
    with stubbed(PRODUCTION, "ce") as (environment, stubs):
        stubs["ce"].add_response("get_cost_and_usage", {"ResultsByTime": [{"Total": cost}]})
        assert [*_spent(environment)] == wrong

    assert words in "\n".join(said(environment))


def test_an_account_that_does_not_show_its_costs_is_no_fault() -> None:
    """Replayed: the emulator refuses nothing."""
    with stubbed(PRODUCTION, "ce") as (environment, stubs):
        stubs["ce"].add_client_error("get_cost_and_usage", "AccessDeniedException", "no")
        assert [*_spent(environment)] == []

    assert said(environment)[0].startswith("spent: not known:")


OPEN = "db has no deletion protection"
DRIFT = "drift: A (AWS::SNS::Topic) was deleted"
DESCRIBE = "aws cloudformation describe-stack-resource-drifts"
FILTER = "--stack-resource-drift-status-filters MODIFIED DELETED"
FOLDER = f"{PRODUCTION}"


@pytest.mark.parametrize(
    ("found", "then"),
    [
        ({"status": "UPDATE_IN_PROGRESS"}, f"when that is done: {PROGRAM} status {FOLDER}"),
        ({"status": "ROLLBACK_COMPLETE"}, f"{PROGRAM} plan {FOLDER}"),
        ({"wrong": [OPEN], "unprotected": [OPEN]}, f"{PROGRAM} deploy {FOLDER}"),
        ({"wrong": ["1 task is missing", DRIFT], "drift": [DRIFT]}, f"{PROGRAM} logs {FOLDER}"),
        (
            {"wrong": [DRIFT], "drift": [DRIFT]},
            (
                f"{DESCRIBE} --stack-name one {FILTER} --region us-east-1\n"
                f"to undo it: {PROGRAM} plan {FOLDER} --revert-drift"
            ),
        ),
        ({}, f"cfnlink cost {FOLDER} --alternatives"),
    ],
    ids=["busy", "stack", "protection", "tasks", "drift", "spent"],
)
def test_the_next_command_shows_more_about_the_first_kind_of_problem(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], then: str
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    environment = open_environment(PRODUCTION, CommandLine("status", PRODUCTION))
    good = StackState("one", "CREATE_COMPLETE")

    assert _next(environment, [replace(good, **found), good]) == then


def test_an_environment_that_is_not_there_is_no_list_of_problems(cloud: Cloud) -> None:
    run(cloud, "deploy", DEVELOPMENT, "--only", "account")

    done = run(cloud, "status", DEVELOPMENT)

    assert "development is not deployed.\nnext: cfnlink plan " in done.out
