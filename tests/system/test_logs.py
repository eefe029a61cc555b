"""A log group belongs to what writes it."""

from typing import Any

from cfnlink.system.logs import writers
from cfnlink.system.resource import System

GROUP = "AWS::Logs::LogGroup"
TASK = {
    "Type": "AWS::ECS::TaskDefinition",
    "Properties": {
        "ContainerDefinitions": [
            {"LogConfiguration": {"Options": {"awslogs-group": {"Ref": "Group"}}}}
        ]
    },
}


def names(resources: dict[str, Any]) -> list[str]:
    """Return the names of what writes the resource Group, the likeliest first."""
    system = System.read({"Resources": resources})
    return [writer.name for writer in writers(system.resources["Group"])]


def test_a_group_belongs_to_the_task_that_names_it() -> None:
    assert names({"Group": {"Type": GROUP}, "Task": TASK}) == ["Task"]


def test_a_group_belongs_to_the_instance_whose_name_it_bears() -> None:
    group = {"Type": GROUP, "Properties": {"LogGroupName": "/aws/rds/instance/db-1/postgresql"}}
    instance = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceIdentifier": "db-1"}}
    other = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceIdentifier": "db-12"}}

    assert names({"Group": group, "Other": other, "Instance": instance}) == ["Instance"]


def test_a_reference_is_likelier_than_a_name() -> None:
    group = {"Type": GROUP, "Properties": {"LogGroupName": "/aws/lambda/jobs"}}
    function = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "jobs"}}

    assert names({"Jobs": function, "Group": group, "Task": TASK}) == ["Task", "Jobs"]
