"""An environment with a worker comes up, is released, and loses the worker but no message."""

import time
from pathlib import Path

import pytest

from cfnlink.operations.rollout import restart_tasks, wait_until_steady
from cfnlink.operations.service import deployed_services
from cfnlink.system.parts import Part
from tests.helpers import built_with
from tests.operations.helpers import push, run
from tests.operations.stubs import stubbed
from tests.operations.test_release import add_deployment
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
WORKER = """
[workers.mail]
command = ["/service", "work"]
"""
QUEUE = "shop-development-mail"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_with(tmp_path_factory.mktemp("settings"), WORKER)


def logged(cloud: Cloud, logical_id: str, message: str) -> None:
    """Write a line into a log group of the service's stack, as a task would."""
    logs, formation = cloud.client("logs"), cloud.client("cloudformation")
    group = formation.describe_stack_resource(
        StackName="shop-development-service", LogicalResourceId=logical_id
    )["StackResourceDetail"]["PhysicalResourceId"]
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": message}],
    )


def images(cloud: Cloud) -> list[str]:
    """Return the tag of the image of each service."""
    ecs = cloud.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    services = ecs.list_services(cluster=cluster)["serviceArns"]
    found = ecs.describe_services(cluster=cluster, services=services)["services"]
    definitions = [
        ecs.describe_task_definition(taskDefinition=each["taskDefinition"]) for each in found
    ]
    return [
        container["image"].rpartition(":")[2]
        for definition in definitions
        for container in definition["taskDefinition"]["containerDefinitions"]
    ]


def test_a_worker_is_deployed_read_released_and_destroyed(cloud: Cloud, output: Path) -> None:
    """The emulator scales nothing and runs no command: AWS does that."""
    assert run(cloud, "deploy", output, "--image-tag", "1").code == 0
    push(cloud, "1", "arm64")
    push(cloud, "2", "arm64")
    logged(cloud, "LogGroup", "of the service")
    logged(cloud, "WorkerLogGroupMail", "of the worker")

    assert run(cloud, "logs", output, "--once").out == "of the service\n"
    assert run(cloud, "logs", output, "--once", "--worker", "mail").out == "of the worker\n"
    wrong = run(cloud, "logs", output, "--once", "--worker", "post")
    assert wrong.code == 2
    assert "there is no worker post: expected mail" in wrong.err
    assert run(cloud, "status", output).out.count(" tasks run, from ") == 2
    assert run(cloud, "release", output, "--tag", "2").code == 0
    assert images(cloud) == ["2", "2"]
    destroyed = run(cloud, "destroy", output, "--yes", "development")
    assert destroyed.code == 0
    assert "left: QueueMail (AWS::SQS::Queue)" in destroyed.out
    assert cloud.client("sqs").get_queue_url(QueueName=QUEUE)


def test_messages_outlive_a_worker_that_leaves_the_settings(
    cloud: Cloud, tmp_path: Path
) -> None:
    output = built_with(tmp_path, WORKER)
    assert run(cloud, "deploy", output, "--image-tag", "1").code == 0
    sqs = cloud.client("sqs")
    queue = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")

    built_with(tmp_path, "")
    refused = run(cloud, "deploy", output)
    assert refused.code == 3
    assert "WorkerLogGroupMail would be removed (AWS::Logs::LogGroup)" in refused.err
    assert "Queue" not in refused.err
    allowed = "--allow-replacement", "WorkerLogGroupMail"
    assert run(cloud, "deploy", output, *allowed).code == 0
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "kept"
    assert images(cloud) == ["1"]

    built_with(tmp_path, WORKER)
    found = run(cloud, "preflight", output)
    assert f"FAILED: names: {QUEUE} exists" in found.out
    assert f"aws sqs delete-queue --queue-url {queue}" in found.out
    taken = run(cloud, "deploy", output)
    assert taken.code == 1
    assert f"names: {QUEUE} exists, and shop-development-service would make it" in taken.err
    assert len(taken.out.splitlines()) == 1  # the account


SERVICES = [
    {
        "serviceName": name,
        "serviceArn": f"arn:{name}",
        "clusterArn": "arn:cluster/c",
        "taskDefinition": "TaskDefinition",
        "networkConfiguration": {},
        "createdAt": "2026-11-27T00:00:00Z",
        "runningCount": running,
        "desiredCount": 1,
        "deployments": [
            {
                "id": f"{name}/1",
                "status": "PRIMARY",
                "rolloutState": state,
                "taskDefinition": "TaskDefinition",
                "createdAt": "2026-11-27T00:00:00Z",
                "runningCount": running,
            }
        ],
    }
    for name, running, state in (("worker", 0, "FAILED"), ("service", 1, "COMPLETED"))
]
THERE = [
    {
        "LogicalResourceId": name,
        "ResourceType": f"AWS::ECS::{type_}",
        "ResourceStatus": "CREATE_COMPLETE",
        "PhysicalResourceId": id_,
        "LastUpdatedTimestamp": "2026-11-27T00:00:00Z",
    }
    for name, type_, id_ in (
        ("Cluster", "Cluster", "c"),
        ("TaskDefinition", "TaskDefinition", "TaskDefinition"),
        ("WorkerMail", "Service", "arn:worker"),
        ("Service", "Service", "arn:service"),
    )
]


def test_a_release_waits_for_the_workers_too(output: Path) -> None:
    """Replayed: the emulator's tasks run at once."""
    with stubbed(output, "cloudformation", "ecs") as (environment, stubs):
        stack = environment.stack_with(Part.SERVICE)
        stubs["cloudformation"].add_response(
            "list_stack_resources", {"StackResourceSummaries": THERE}
        )
        stubs["ecs"].add_response("describe_services", {"services": SERVICES})
        add_deployment(stubs["ecs"], status="STOPPED", statusReason="why")
        add_deployment(stubs["ecs"], "TaskDefinition", status="SUCCESSFUL")

        why = wait_until_steady(environment, stack)

    assert why == "worker: the deployment is STOPPED, 0 of 0 new tasks run: why"


def test_new_secrets_reach_the_workers_too(output: Path) -> None:
    """Replayed. The service comes first: it is the one that runs SQL and single commands."""
    with stubbed(output, "cloudformation", "ecs") as (environment, stubs):
        ecs = stubs["ecs"]
        stubs["cloudformation"].add_response(
            "list_stack_resources", {"StackResourceSummaries": THERE}
        )
        ecs.add_response("describe_services", {"services": SERVICES})
        for _ in SERVICES:
            ecs.add_response("describe_task_definition", {"taskDefinition": {}})
        services = deployed_services(environment)
        for name in ("service", "worker"):
            ecs.add_response("list_service_deployments", {"serviceDeployments": []})
            asked = {"cluster": "c", "service": name, "forceNewDeployment": True}
            ecs.add_response("update_service", {"service": {}}, asked)
        for _ in ("service", "worker"):
            add_deployment(ecs, status="SUCCESSFUL")
            found = {"services": [{"deployments": [{"status": "PRIMARY"}]}]}
            ecs.add_response("describe_services", found)

        restart_tasks(environment, services)

    assert [service.name for service in services] == ["service", "worker"]
