"""A service comes to a canary deployment and back, and no change loses its requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from build import build, write
from cfnlink.operations.service_deployments import ServiceDeployment
from templates.settings import Settings
from tests.helpers import changed, example_settings
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
SERVICE = "shop-development-service"


def built(folder: Path, **service: Any) -> Path:
    settings: Settings = example_settings("development")
    for key, value in service.items():
        settings = changed(settings, f"service.{key}", value)
    write(build(settings), folder)
    return folder / "development"


def of(cloud: Cloud, logical_id: str) -> str:
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=SERVICE, LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def updated(done: Any) -> set[str]:
    stacks = json.loads(done.out)["stacks"]
    return {name.removeprefix("shop-") for name, what in stacks.items() if what != "unchanged"}


def test_a_service_stays_through_every_change_of_its_deployment(
    cloud: Cloud, tmp_path: Path
) -> None:
    changes = {"account", "development-monitoring", "development-service"}
    moved = {*changes, "development-load-balancer"}
    folder = built(tmp_path)
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    service, database = of(cloud, "Service"), of(cloud, "Cluster")

    for kind, expected in (
        ("canary", moved),
        ("blue-green", {"development-service"}),
        ("rolling", moved),
    ):
        done = run(cloud, "deploy", built(tmp_path, deployment=kind), "--json")
        assert done.code == 0, done
        assert updated(done) == expected, kind
        assert (of(cloud, "Service"), of(cloud, "Cluster")) == (service, database)
        assert "Nothing would change" in run(cloud, "plan", folder).out


def test_a_rule_is_not_changed_while_the_requests_are_at_the_second_group(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = built(tmp_path, deployment="canary")
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    balancing, rule = cloud.client("elbv2"), of(cloud, "ProductionRule")
    second = {"Type": "forward", "TargetGroupArn": of(cloud, "AlternateTargetGroup")}
    (found,) = balancing.describe_rules(RuleArns=[rule])["Rules"]
    balancing.modify_rule(RuleArn=rule, Actions=[second])

    built(tmp_path)
    refused = [run(cloud, "plan", folder), run(cloud, "deploy", folder)]
    with monkeypatch.context() as patch:
        patch.setattr(ServiceDeployment, "is_ongoing", True)
        meanwhile = run(cloud, "deploy", folder)
    kept = of(cloud, "ProductionRule")
    balancing.modify_rule(RuleArn=rule, Actions=found["Actions"])
    accepted = run(cloud, "deploy", folder)

    for done in refused:
        assert done.code == 1
        assert f"{SERVICE}: ProductionRule would change while ECS sends" in done.err
        assert "aws ecs update-service --force-new-deployment --cluster" in done.err
    assert meanwhile.code == 1
    assert "update-service" not in meanwhile.err
    assert f"next: when ECS has ended it: cfnlink deploy {folder}\n" in meanwhile.err
    assert (kept, accepted.code) == (rule, 0)


def test_a_release_of_a_canary_changes_no_rule(cloud: Cloud, tmp_path: Path) -> None:
    folder = built(tmp_path, deployment="canary")
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    rule = of(cloud, "ProductionRule")
    balancing = cloud.client("elbv2")
    second = {"Type": "forward", "TargetGroupArn": of(cloud, "AlternateTargetGroup")}
    balancing.modify_rule(RuleArn=rule, Actions=[second])

    done = run(cloud, "deploy", built(tmp_path, deployment="canary", maximum_tasks=3))

    (found,) = balancing.describe_rules(RuleArns=[rule])["Rules"]
    assert done.code == 0
    assert found["Actions"][0]["TargetGroupArn"] == second["TargetGroupArn"]
