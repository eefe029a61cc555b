"""RDS: the calls that restore an instance beside another one.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import rds
from registry import Answer, Properties, patch

ACTION = "RestoreDBInstanceToPointInTime"
FLAGS = ("MultiAZ", "PubliclyAccessible", "DeletionProtection", "CopyTagsToSnapshot")


def _error(code: str, said: str, status: int = 400) -> Answer:
    return tuple(rds._error(code, said, status))  # type: ignore[return-value]


@patch(rds, "_restore_from_snapshot")
def _restore(old: Callable[..., Answer], asked: Properties) -> Answer:
    """Groups, port, tags and protection of the call were lost, and it took no time.

    Status creating until a call asks for the instance, so that no test waits; RDS deletes
    none in it. Absent groups are refused, as on AWS.
    """
    group, parameters = (
        rds._p(asked, f"DB{kind}GroupName") for kind in ("Subnet", "Parameter")
    )
    if group and group not in rds._subnet_groups:
        return _error("DBSubnetGroupNotFoundFault", f"DB subnet group {group} not found.", 404)
    if parameters and parameters not in rds._param_groups:
        return _error("DBParameterGroupNotFound", f"{parameters} does not exist.", 404)
    answer = old(asked)
    if answer[0] >= 400:
        return answer
    instance = rds._instances[rds._p(asked, "DBInstanceIdentifier")]
    members = rds._parse_member_list(asked, "VpcSecurityGroupIds")
    instance["VpcSecurityGroups"] = [
        {"VpcSecurityGroupId": each, "Status": "active"} for each in members
    ]
    if group:
        instance["DBSubnetGroup"] = rds._subnet_groups[group]
    if parameters:
        named = {"DBParameterGroupName": parameters, "ParameterApplyStatus": "in-sync"}
        instance["DBParameterGroups"] = [named]
    instance |= {name: rds._p(asked, name) == "true" for name in FLAGS}
    instance["BackupRetentionPeriod"] = int(rds._p(asked, "BackupRetentionPeriod") or 1)
    instance["LatestRestorableTime"] = instance["InstanceCreateTime"]
    instance["DBInstanceStatus"] = "creating"
    tags = rds._parse_tags(asked)
    rds._tags[instance["DBInstanceArn"]] = instance["TagList"] = tags
    return answer


def _to_point_in_time(asked: Properties) -> Answer:
    """RestoreDBInstanceToPointInTime, which ministack lacks: from a snapshot of now.

    A time other than the latest one is none of the emulator's API.
    """
    source = rds._instances.get(rds._p(asked, "SourceDBInstanceIdentifier"))
    if not source:
        return _error("DBInstanceNotFound", "the source instance is not there", 404)
    if rds._p(asked, "UseLatestRestorableTime") != "true":
        return _error("InvalidParameterCombination", "UseLatestRestorableTime is expected")
    if not int(source["BackupRetentionPeriod"]):
        return _error("PointInTimeRestoreNotEnabled", "the source keeps no backups")
    name = rds._p(asked, "TargetDBInstanceIdentifier")
    snapshot = f"{name}-point-in-time"
    rds._create_snapshot_internal(snapshot, source)
    given = {"DBInstanceIdentifier": [name], "DBSnapshotIdentifier": [snapshot]}
    answer = rds._ACTION_MAP["RestoreDBInstanceFromDBSnapshot"]({**asked, **given})
    rds._delete_db_snapshot({"DBSnapshotIdentifier": [snapshot]})
    if answer[0] >= 400:
        return tuple(answer)  # type: ignore[return-value]
    instance = rds._instances[name]
    return tuple(
        rds._single_instance_response(f"{ACTION}Response", f"{ACTION}Result", instance)
    )  # type: ignore[return-value]


rds._ACTION_MAP[ACTION] = _to_point_in_time


@patch(rds, "_delete_db_instance")
def _delete(old: Callable[..., Answer], asked: Properties) -> Answer:
    """An instance that is being made could be deleted."""
    name = rds._p(asked, "DBInstanceIdentifier")
    if rds._instances.get(name, {}).get("DBInstanceStatus") == "creating":
        return _error("InvalidDBInstanceState", f"Instance {name} is not available.")
    return old(asked)


@patch(rds, "_describe_db_instances")
def _describe(old: Callable[..., Any], asked: Properties) -> Any:
    """An instance is available after the first call that asks for it by its name."""
    answer = old(asked)
    instance = rds._instances.get(rds._p(asked, "DBInstanceIdentifier"), {})
    if instance.get("DBInstanceStatus") == "creating":
        instance["DBInstanceStatus"] = "available"
    return answer
