"""A canary and a blue/green deployment have what ECS needs to move requests, and no more."""

import json
import re
from typing import Any

import pytest

from build import build
from templates.settings import Settings
from templates.settings.combinations import invalid_combinations
from tests.helpers import changed, properties
from tests.tiers.resources import System, resources_of

STRATEGIES = {"canary": "CANARY", "blue-green": "BLUE_GREEN"}


@pytest.fixture(params=STRATEGIES)
def moving(request: pytest.FixtureRequest, production: Settings) -> System:
    """Return production with each deployment that moves requests."""
    return resources_of(changed(production, "service.deployment", request.param))


@pytest.fixture(scope="module")
def canary(production: Settings) -> System:
    return resources_of(changed(production, "service.deployment", "canary"))


def deployment(system: System, service: str = "ServiceService") -> dict[str, Any]:
    return dict(properties(system, service)["DeploymentConfiguration"])


def test_the_second_target_group_is_like_the_first(moving: System) -> None:
    first = properties(moving, "LoadBalancerTargetGroup")

    assert properties(moving, "ServiceAlternateTargetGroup") == first


def test_one_rule_before_all_others_takes_every_request(moving: System) -> None:
    rule = properties(moving, "ServiceProductionRule")
    (action,) = rule["Actions"]
    groups = [
        {"TargetGroupArn": {"Ref": "LoadBalancerTargetGroup"}, "Weight": 100},
        {"TargetGroupArn": {"Ref": "ServiceAlternateTargetGroup"}, "Weight": 0},
    ]

    assert rule["Conditions"][0]["PathPatternConfig"]["Values"] == ["*"]
    assert rule["Priority"] < properties(moving, "LoadBalancerWithoutStage")["Priority"]
    assert action == {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


@pytest.mark.parametrize(
    ("path", "rewritten"),
    [
        ("/gateway-stage/pets/1?a=/gateway-stage/", "/pets/1?a=/gateway-stage/"),
        ("/gateway-stage/", "/"),
        ("/gateway-stage", "/"),
        ("/gateway-stages", "/gateway-stages"),
        ("/pets/gateway-stage", "/pets/gateway-stage"),
    ],
)
def test_the_rule_removes_the_stage_and_nothing_else(
    canary: System, path: str, rewritten: str
) -> None:
    (transform,) = properties(canary, "ServiceProductionRule")["Transforms"]
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    replacement = rewrite["Replace"].replace("$", "\\")

    assert re.sub(rewrite["Regex"], replacement, path, count=1) == rewritten


def test_no_rule_takes_a_priority_that_another_may_still_have(
    system: System, canary: System
) -> None:
    rolling = properties(system, "LoadBalancerWithoutStage")["Priority"]
    behind = properties(canary, "LoadBalancerWithoutStage")["Priority"]

    assert properties(canary, "ServiceProductionRule")["Priority"] not in (rolling, behind)


def test_ecs_may_move_requests_of_this_service_alone(moving: System) -> None:
    role = properties(moving, "ServiceInfrastructureRole")
    (policy,) = role["Policies"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    wide = [
        statement["Action"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == ["*"]
    ]

    assert trust["Principal"] == {"Service": "ecs.amazonaws.com"}
    assert all(action.split(":")[1].startswith("Describe") for action in wide[0])
    assert len(wide) == 1
    assert role["PermissionsBoundary"]


def test_only_a_canary_gives_a_share_of_the_requests_first(production: Settings) -> None:
    for setting, strategy in STRATEGIES.items():
        found = deployment(resources_of(changed(production, "service.deployment", setting)))
        canary = found.pop("CanaryConfiguration", None)

        assert found["Strategy"] == strategy
        assert found["BakeTimeInMinutes"] == 5
        assert "DeploymentCircuitBreaker" not in found
        assert canary == (
            {"CanaryPercent": 10, "CanaryBakeTimeInMinutes": 10}
            if setting == "canary"
            else None
        )


def test_workers_are_always_rolling(production: Settings) -> None:
    worker = changed(production, "workers", {"mail": {"command": ("/service", "work")}})
    both = changed(worker, "service.deployment", "canary")

    assert deployment(resources_of(both), "ServiceWorkerMail") == deployment(
        resources_of(worker), "ServiceWorkerMail"
    )


def test_alarms_scaling_and_the_dashboard_follow_both_target_groups(moving: System) -> None:
    both = ["LoadBalancerTargetGroup", "ServiceAlternateTargetGroup"]
    scaling = properties(moving, "ServiceRequestScaling")
    followers = [
        properties(moving, "MonitoringNoHealthyTask"),
        properties(moving, "MonitoringUnhealthyTasks"),
        scaling["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"],
    ]

    for follower in followers:
        text = json.dumps(follower["Metrics"])
        assert [text.count(f'"{group}"') for group in both] == [1, 1]
        assert '"FILL(first, 0) + FILL(second, 0)"' in text
    assert all(group in json.dumps(moving["MonitoringDashboard"]) for group in both)


def test_a_change_of_the_deployment_replaces_and_removes_nothing_else(
    system: System, moving: System
) -> None:
    added = {
        "ServiceAlternateTargetGroup",
        "ServiceProductionRule",
        "ServiceInfrastructureRole",
    }
    different = {name for name in system if system[name] != moving.get(name)}

    assert moving.keys() - system.keys() == added
    assert different == {
        "AccountPermissionsBoundary",
        "LoadBalancerWithoutStage",
        "MonitoringDashboard",
        "MonitoringNoHealthyTask",
        "MonitoringUnhealthyTasks",
        "ServiceRequestScaling",
        "ServiceService",
    }


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"canary_percent": 20.0}, "service.canary_percent"),
        ({"deployment": "canary", "canary_percent": 5.0}, "service.canary_percent"),
        ({"deployment": "canary", "canary_minutes": 3}, "service.canary_minutes"),
        ({"deployment": "blue-green", "canary_minutes": 5}, "service.canary_minutes"),
        (
            {"deployment": "canary", "canary_minutes": 1000, "bake_minutes": 1000},
            "service.canary_minutes",
        ),
    ],
)
def test_a_setting_in_vain_and_a_deployment_that_no_alarm_can_end_are_refused(
    production: Settings, changes: dict[str, Any], key: str
) -> None:
    settings = production
    for name, value in changes.items():
        settings = changed(settings, f"service.{name}", value)

    assert [each.keys[0] for each in invalid_combinations(settings)] == [key]


def test_the_connections_of_both_sets_of_tasks_are_counted(production: Settings) -> None:
    many = changed(production, "service.maximum_tasks", 60)
    (rolling,) = invalid_combinations(many)
    (canary,) = invalid_combinations(changed(many, "service.deployment", "canary"))

    assert "60 tasks x 2 in a rolling deployment x 5 connections are 600" in rolling.wrong
    assert "60 tasks x 2 in a canary deployment x 5 connections are 600" in canary.wrong


def test_an_environment_with_a_canary_links(production: Settings) -> None:
    assert build(changed(production, "service.deployment", "canary")).system.problems == ()
