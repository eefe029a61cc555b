"""Database instances, as RDS has them."""

from typing import Any

from cfnlink.operations.target import Target

INSTANCE = "AWS::RDS::DBInstance"


def describe_instance(target: Target, name: str) -> dict[str, Any]:
    """Return an instance by its identifier. Raises RDS's DBInstanceNotFoundFault."""
    answer = target.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    (found,) = answer["DBInstances"]
    return dict(found)


def find_instance(target: Target, name: str) -> dict[str, Any] | None:
    """Return an instance by its identifier, or None if there is none."""
    try:
        return describe_instance(target, name)
    except target.client("rds").exceptions.DBInstanceNotFoundFault:
        return None
