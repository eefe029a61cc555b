"""No change of the way out cuts a task off, in the order of a deployment."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from build import Built, build, write
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.order import Template, in_sequence, reversals
from cfnlink.system.link import StackTemplate, link
from templates.settings import Settings
from tests.helpers import changed, git
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud
from tests.rules.test_rules import findings
from tests.template import read

WAYS = ("public-ip", "nat", "endpoints")
CHANGES = list(permutations(WAYS, 2))
# Tasks that leave subnets go first, where the network takes their way out.
SERVICE_FIRST = {("nat", "public-ip"), ("endpoints", "public-ip")}
REACHES = ("E9110", "E9116")


def templates(built: Built) -> dict[str, Template]:
    stacks = json.loads(built.files["manifest.json"])["stacks"]
    return {s["name"]: json.loads(built.files[f"{s['tier']}.json"]) for s in stacks}


def unreachable(stacks: dict[str, Template]) -> list[Any]:
    """Return what the rules of reachability say of the stacks at one moment."""
    linked = link([StackTemplate(n.replace("-", "_"), n, t) for n, t in stacks.items()])
    cfn = read(linked.template)
    return [found for rule in REACHES for found in findings(rule, cfn)]


@pytest.fixture
def ways(production: Settings) -> dict[str, Built]:
    return {way: build(changed(production, "network.egress", way)) for way in WAYS}


def target_of(built: Built, folder: Path) -> Environment:
    write(built, folder)
    return open_environment(folder / "production")


@pytest.mark.parametrize("change", CHANGES, ids=" to ".join)
def test_no_moment_of_a_change_cuts_a_task_off(
    ways: dict[str, Built], tmp_path: Path, change: tuple[str, str]
) -> None:
    old, new = (templates(ways[way]) for way in change)
    environment = target_of(ways[change[1]], tmp_path)

    now = dict(old)
    for stack in in_sequence(environment, reversals(environment, old.get)):
        now[stack.name] = new[stack.name]
        assert unreachable(now) == [], stack.name


@pytest.mark.parametrize("change", CHANGES, ids=" to ".join)
def test_the_order_is_turned_only_where_the_other_one_cuts_a_task_off(
    ways: dict[str, Built], tmp_path: Path, change: tuple[str, str]
) -> None:
    old, new = (templates(ways[way]) for way in change)
    environment = target_of(ways[change[1]], tmp_path)
    network = "shop-production-network"

    found = reversals(environment, old.get)

    assert bool(found) is (change in SERVICE_FIRST)
    assert bool(unreachable({**old, network: new[network]})) is (change in SERVICE_FIRST)


def test_a_first_deployment_keeps_the_order_of_the_manifest(
    ways: dict[str, Built], tmp_path: Path
) -> None:
    environment = target_of(ways["nat"], tmp_path)

    found = reversals(environment, lambda _: None)

    assert in_sequence(environment, found) == list(environment.stacks)


@pytest.mark.rehearsal
def test_deploy_plan_and_commands_take_the_order(
    cloud: Cloud, environments: dict[str, Settings], tmp_path: Path
) -> None:
    folder = tmp_path / "output" / "development"
    write(build(changed(environments["development"], "network.egress", "nat")), folder.parent)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "nat"]):
        git(tmp_path, *command)
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    write(build(environments["development"]), folder.parent)
    words = "shop-development-service changes before shop-development-network"

    planned = run(cloud, "plan", folder)
    printed = run(cloud, "commands", folder, "--base", "HEAD")
    done = run(cloud, "deploy", folder)

    assert words in planned.out
    assert words in " ".join(printed.out.replace("#", "").split())
    assert printed.out.index("name shop-development-service") < printed.out.index(
        "name shop-development-network"
    )
    assert words in done.out
    moved = done.out.index(": Service, AWS::ECS::Service")
    assert moved < done.out.index("removed: NatGatewayA")


def moment(stacks: dict[str, Template]) -> list[str]:
    """Return the imports that no stack exports at one moment."""
    linked = link([StackTemplate(n.replace("-", "_"), n, t) for n, t in stacks.items()])
    faults = (each.message for each in linked.problems if each.code.startswith("E"))
    return [fault for fault in faults if "ImageTag" not in fault]


@pytest.mark.parametrize("kind", ["canary", "blue-green"])
def test_no_moment_of_another_deployment_removes_an_export_in_use(
    production: Settings, tmp_path: Path, kind: str
) -> None:
    rolling, moving = (
        build(changed(production, "service.deployment", each)) for each in ("rolling", kind)
    )
    for before, after in ((rolling, moving), (moving, rolling)):
        old, new = templates(before), templates(after)
        environment = target_of(after, tmp_path)
        now = dict(old)
        for stack in in_sequence(environment, reversals(environment, old.get)):
            now[stack.name] = new[stack.name]
            assert moment(now) == [], stack.name


def test_a_deployment_without_two_target_groups_begins_with_what_leaves_them(
    production: Settings, tmp_path: Path
) -> None:
    canary = templates(build(changed(production, "service.deployment", "canary")))
    environment = target_of(build(production), tmp_path)

    turned = [each.words() for each in reversals(environment, canary.get)]

    assert [line.partition(":")[0] for line in turned] == [
        "shop-production-service changes before shop-production-load-balancer",
        "shop-production-monitoring changes before shop-production-service",
    ]
