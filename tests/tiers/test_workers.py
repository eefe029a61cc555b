"""A worker has its queue, its tasks and its scaling, and changes only what it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from build import Built, build
from cfnlink.cost.bill import bill
from cfnlink.picture.scene import scene
from templates.settings import Settings, SettingsError, load_environments
from tests.helpers import changed, properties, write_settings
from tests.tiers.resources import System, container, of_type, resources_of, variables

MAIL: dict[str, Any] = {"command": ("/service", "work")}
PROJECT_FILE = """
project = "shop"
region = "us-east-1"
[network]
zones = ["use1-az1", "use1-az2"]
[service]
database_pool_size = 3
"""


def with_workers(settings: Settings, **workers: dict[str, Any]) -> Settings:
    smaller = changed(settings, "service.database_pool_size", 3)
    return changed(smaller, "workers", workers)


@pytest.fixture(scope="module")
def settings(production: Settings) -> Settings:
    return with_workers(production, mail=MAIL, thumbs={**MAIL, "minimum_tasks": 1})


@pytest.fixture(scope="module")
def system(settings: Settings) -> System:
    return resources_of(settings)


def test_the_queue_keeps_what_fails_and_outlives_the_worker(system: System) -> None:
    queue, dead = (
        properties(system, f"Service{name}Mail") for name in ("Queue", "DeadLetters")
    )

    assert queue["QueueName"] == "shop-production-mail"
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["ServiceDeadLettersMail", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert queue["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    for name in ("ServiceQueueMail", "ServiceDeadLettersMail"):
        assert system[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert system[name]["UpdateReplacePolicy"] == "Retain"


def test_a_worker_runs_its_command_in_the_image_of_the_service(system: System) -> None:
    own = container(system, "ServiceTaskDefinitionWorkerMail")
    of_service = container(system)

    assert own["Command"] == ["/service", "work"]
    assert "PortMappings" not in own
    for same in ("Image", "Secrets", "Environment", "StopTimeout", "ReadonlyRootFilesystem"):
        assert own[same] == of_service[same]
    group = own["LogConfiguration"]["Options"]["awslogs-group"]
    assert group == {"Ref": "ServiceWorkerLogGroupMail"}
    assert "LoadBalancers" not in properties(system, "ServiceWorkerMail")


def test_every_task_uses_exactly_the_queues(system: System) -> None:
    found = variables(container(system))
    (policy,) = properties(system, "ServiceTaskRole")["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert found["QUEUE_MAIL_URL"] == {"Ref": "ServiceQueueMail"}
    assert found["QUEUE_THUMBS_URL"] == {"Ref": "ServiceQueueThumbs"}
    assert statement["Resource"] == [
        {"Fn::GetAtt": [f"ServiceQueue{name}", "Arn"]} for name in ("Mail", "Thumbs")
    ]
    assert "sqs:PurgeQueue" not in statement["Action"]
    assert "sqs:*" not in statement["Action"]


def test_the_first_message_starts_a_task_where_none_always_runs(system: System) -> None:
    alarm = properties(system, "ServiceWorkerUnattendedMail")
    step = properties(system, "ServiceWorkerFirstTaskMail")

    assert alarm["AlarmActions"] == [{"Ref": "ServiceWorkerFirstTaskMail"}]
    assert step["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    ]
    assert "ServiceWorkerUnattendedThumbs" not in system
    assert "ServiceWorkerFirstTaskThumbs" not in system


def test_the_backlog_counts_messages_in_work_and_needs_no_billed_metric(system: System) -> None:
    policy = properties(system, "ServiceWorkerBacklogMail")
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    metrics = tracked["CustomizedMetricSpecification"]["Metrics"]
    named = {each["Id"]: each.get("MetricStat") for each in metrics}

    assert tracked["TargetValue"] == 100
    assert metrics[-1]["Expression"] == "(waiting + working) / tasks"
    assert named["tasks"]["Metric"]["Namespace"] == "AWS/ECS"  # Container Insights are billed
    assert named["tasks"]["Stat"] == "SampleCount"


def test_alarms_name_the_queues_as_text(settings: Settings, system: System) -> None:
    """An export would block the removal of a worker: monitoring is deployed after it."""
    old = properties(system, "MonitoringOldMessagesMail")
    failed = properties(system, "MonitoringFailedMessagesMail")

    assert old["Dimensions"] == [{"Name": "QueueName", "Value": "shop-production-mail"}]
    assert old["Threshold"] == 30 * 60
    assert failed["Dimensions"] == [{"Name": "QueueName", "Value": "shop-production-mail-dead"}]
    outputs = json.loads(build(settings).files["service.json"])["Outputs"]
    assert [name for name in outputs if "Queue" in name or "Worker" in name] == []


def test_a_failed_deployment_of_a_worker_is_told(system: System) -> None:
    pattern = properties(system, "MonitoringFailedDeployments")["EventPattern"]

    (resources,) = pattern["resources"]
    assert resources["prefix"]["Fn::Sub"][0].endswith(":service/${Cluster}/")


def test_tasks_without_a_route_out_reach_the_queues(settings: Settings) -> None:
    endpoints = of_type(
        resources_of(changed(settings, "network.egress", "endpoints")), "AWS::EC2::VPCEndpoint"
    )

    assert "NetworkSqsEndpoint" in endpoints


def test_a_worker_changes_only_what_it_says(
    built: dict[str, Built], production: Settings, settings: Settings
) -> None:
    """Besides its own resources: what tasks get, and what watches deployments."""
    before = resources_of(changed(production, "service.database_pool_size", 3))
    after = resources_of(settings)
    other = {name for name in before if before[name] != after.get(name)}

    assert before.keys() <= after.keys()
    assert other == {
        "AccountPermissionsBoundary",
        "MonitoringFailedDeployments",
        "ServiceExecutionRole",
        "ServiceTaskDefinition",
        "ServiceTaskRole",
    }
    assert build(production).files == built["production"].files


WRONG = [
    ("visibility_seconds = 30", "workers.mail.visibility_seconds", "31 or more"),
    ("minimum_tasks = 3", "workers.mail.minimum_tasks", "2 or less"),
    ("memory_mib = 300", "workers.mail.memory_mib", "512, 1024, 2048"),
    ("maximum_tasks = 99", "workers.mail.maximum_tasks", "fewer tasks"),
    ("attempts = 1", "workers.mail.attempts", "2 to 1,000"),
    ("retention_days = 14", "workers.mail.retention_days", "1 to 13"),
    ('[service.environment]\nQUEUE_MAIL_URL = "x"', "service.environment.QUEUE_MAIL_URL", ""),
]


@pytest.mark.parametrize(("text", "key", "words"), WRONG)
def test_a_wrong_worker_is_refused(tmp_path: Path, text: str, key: str, words: str) -> None:
    worker = f'[workers.mail]\ncommand = ["/service", "work"]\n{text}\n'
    write_settings(tmp_path, PROJECT_FILE, test=worker)

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    (line,) = str(error.value).splitlines()
    assert f": {key}: " in line
    assert words in line


def test_a_worker_needs_a_command(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT_FILE, test="[workers.mail]\ncpu = 512")

    with pytest.raises(SettingsError, match=r"workers\.mail\.command: is missing"):
        load_environments(tmp_path)


def test_the_bill_counts_requests_alarms_and_tasks(settings: Settings) -> None:
    """Two queues share the requests; each alarm of a backlog watches three metrics."""
    busy = changed(
        changed(settings, "usage.queue_requests", 3_000_000), "usage.worker_tasks", 2
    )
    built = build(busy)
    lines = bill(built.system, json.loads(built.files["manifest.json"])).lines
    found = {(line.resource, line.item): line.formula for line in lines}

    assert "3 million requests" in found["ServiceQueueMail", "requests"]
    assert ("ServiceQueueThumbs", "requests") not in found
    alarms = found["ServiceWorkerBacklogMail", "alarms of target tracking"]
    assert "2 alarms x 3 metrics" in alarms
    assert "2 metrics" in found["ServiceWorkerUnattendedMail", "alarm"]
    assert found["ServiceWorkerMail", "vCPU on demand"].startswith("2 tasks x 730 h x 0.25")
    assert found["ServiceWorkerThumbs", "vCPU on demand"].startswith("2 tasks x 730 h x 0.25")


def test_the_picture_shows_what_a_worker_reaches(settings: Settings) -> None:
    """Its security group admits the load balancer, and nothing of it listens."""
    drawn = scene(build(settings).system, "shop")
    arrows = {(arrow.source, arrow.target) for arrow in drawn.arrows}

    assert {
        ("ServiceService", "ServiceQueueMail"),
        ("ServiceWorkerMail", "ServiceQueueMail"),
        ("ServiceQueueMail", "ServiceDeadLettersMail"),
    } <= arrows
    balancer = "LoadBalancerLoadBalancer"
    assert [target for source, target in arrows if source == balancer] == ["ServiceService"]
