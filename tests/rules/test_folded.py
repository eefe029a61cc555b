"""cfn-lint's rules that compare several values hold for the folded values."""

from copy import deepcopy

from cfnlink.lint.folded import TYPES, stock_faults
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System
from tests.template import ref, resource

BASE = {"Base": {"Type": "String", "Default": "10.9"}}


def test_what_cfn_lint_finds_itself_is_found_once() -> None:
    task = {"RequiresCompatibilities": ["FARGATE"], "Cpu": "512", "Memory": "8192"}
    family = {"Family": {"Ref": "Base"}}
    system = System(
        {
            "Parameters": BASE,
            "Resources": {"Task": resource("AWS::ECS::TaskDefinition", **task, **family)},
        }
    )

    assert [*stock_faults(system.resources["Task"])] == []


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


def test_the_system_stays_as_it_is() -> None:
    """cfn-lint sorts the sides of a condition in the template that it is given."""
    conditions = {"HasBase": {"Fn::Equals": [ref("Base"), ""]}}
    task = resource("AWS::ECS::TaskDefinition", Family=ref("Base"), Cpu="512")
    template = {"Parameters": BASE, "Conditions": conditions, "Resources": {"Task": task}}
    before = deepcopy(template)
    system = System(template)

    assert [*stock_faults(system.resources["Task"])] == []
    assert system.template == before
