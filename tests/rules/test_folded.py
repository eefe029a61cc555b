"""cfn-lint's rules that compare several values hold for the folded values."""

from typing import Any

import pytest

from cfnlink.lint.folded import TYPES, stock_faults
from cfnlink.rules import RULES
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System
from tests.template import read, ref, resource

BASE = {"Base": {"Type": "String", "Default": "10.9"}}
VPC = resource("AWS::EC2::VPC", CidrBlock={"Fn::Sub": "${Base}.0.0/20"})


def subnet(block: str) -> dict[str, Any]:
    return resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock={"Fn::Sub": block})


def found(first: str, second: str) -> list[tuple[str, ...]]:
    """Return the paths of what is found in a network with two subnets."""
    resources = {"Vpc": VPC, "First": subnet(first), "Second": subnet(second)}
    template = read({"Parameters": BASE, "Resources": resources})
    return [(*map(str, match.path[1:]),) for match in RULES["E9983"]().match(template)]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("${Base}.1.0/24", []),
        ("${Base}.0.128/25", [("Second", "Properties", "CidrBlock")]),
        ("${Base}.16.0/24", [("Second", "Properties", "CidrBlock")]),
    ],
)
def test_subnets_lie_in_the_vpc_and_apart(second: str, expected: list[Any]) -> None:
    assert found("${Base}.0.0/24", second) == expected


def test_what_cfn_lint_finds_itself_is_found_once() -> None:
    written = System({"Resources": {"Vpc": VPC, "A": subnet("10.9.0.0/24")}})
    task = {"RequiresCompatibilities": ["FARGATE"], "Cpu": "512", "Memory": "8192"}
    family = {"Family": {"Ref": "Base"}}
    system = System(
        {
            "Parameters": BASE,
            "Resources": {"Task": resource("AWS::ECS::TaskDefinition", **task, **family)},
        }
    )

    assert [*stock_faults(system.resources["Task"])] == []
    assert [*stock_faults(written.resources["A"])] == []


def test_the_values_of_a_stack_count() -> None:
    sizes = {"Size": {"Type": "String"}}
    task = resource(
        "AWS::ECS::TaskDefinition",
        RequiresCompatibilities=["FARGATE"],
        Cpu=ref("Size"),
        Memory="1024",
    )
    template = {"Parameters": sizes, "Resources": {"Task": task}}

    def codes(size: str) -> list[str]:
        system = link([StackTemplate("app", "app", template, {"Size": size})])
        return [fault.code for fault in stock_faults(system.resources["AppTask"])]

    assert codes("1024") == ["E3047"]
    assert codes("512") == []


def test_each_named_rule_exists() -> None:
    bodies = {
        f"One{n}": resource(type_, Description=ref("Base")) for n, type_ in enumerate(TYPES)
    }
    system = System({"Parameters": BASE, "Resources": bodies})

    assert all(isinstance([*stock_faults(one)], list) for one in system.of())
