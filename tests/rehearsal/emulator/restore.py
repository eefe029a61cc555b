"""RDS in CloudFormation: an instance from a source, one that is protected, its backups."""

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import rds
from ministack.services.cloudformation import provisioners
from registry import Answer, Made, Properties, patch, require, store

OF_THE_SNAPSHOT = ("DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId")
STATUS = "emulator:status"
# Instances whose modification nothing has waited for: RDS takes no snapshot of them.
_modifying = store()
# Instances that are gone and whose automated backups are not.
_retained = store()


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


@patch(provisioners, "_rds_db_instance_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """DBSnapshotIdentifier was ignored: an empty instance with names of its own.

    An absent snapshot, a lower or another major version, less storage and what the snapshot
    itself brings are refused, as on AWS; so is a name that is taken.
    """
    taken = props.get("DBInstanceIdentifier") in rds._instances
    require(not taken, f"{props.get('DBInstanceIdentifier')} already exists")
    name = props.get("DBSnapshotIdentifier")
    source = props.get("SourceDbiResourceId")
    require(not (name and source), "a snapshot and an instance are two sources")
    if not name and not source:
        return old(logical_id, props, stack)
    origin = _snapshot(name) if name else _instance_at(source, props)
    ruled_out = {*OF_THE_SNAPSHOT} if name else {*OF_THE_SNAPSHOT} - {"MasterUsername"}
    given = ruled_out & {*props}
    require(not given, f"{given} cannot be given with a source")
    version = _version(props["EngineVersion"]) >= _version(origin["EngineVersion"])
    require(version, f"{props['EngineVersion']} is below {origin['EngineVersion']}")
    family = props["EngineVersion"].partition(".")[0]
    major = origin["EngineVersion"].partition(".")[0] == family
    require(major, f"a parameter group of postgres{family} cannot be used for this instance")
    storage = int(props["AllocatedStorage"]) >= int(origin["AllocatedStorage"])
    require(storage, "the storage is less than the source's")
    brought = {key: origin[key] for key in OF_THE_SNAPSHOT if key in origin}
    return old(logical_id, {**props, **brought}, stack)


def _snapshot(name: str) -> dict[str, Any]:
    held = name.partition(":snapshot:")[2] or name  # an ARN names it too
    require(held in rds._snapshots, f"DBSnapshot not found: {name}")
    return dict(rds._snapshots[held])


def _instance_at(source: str, props: Properties) -> dict[str, Any]:
    """The instance of a resource id that runs, or whose automated backups are retained."""
    found = {each["DbiResourceId"]: each for each, _ in _backed_up()}
    require(source in found, f"DB instance not found: {source}")
    latest, time = props.get("UseLatestRestorableTime"), props.get("RestoreTime")
    require(bool(latest) != bool(time), "either RestoreTime or UseLatestRestorableTime")
    end = found[source]["LatestRestorableTime"]
    require(
        not time or time[:19] <= end[:19], f"{time} is after {end}, the latest restorable time"
    )
    return dict(found[source])


def _backed_up() -> Iterator[tuple[dict[str, Any], str]]:
    """Every instance with automated backups, and their status."""
    yield from ((each, "active") for each in rds._instances.values())
    yield from ((each, "retained") for each in _retained.values())


def _describe_automated_backups(asked: dict[str, Any]) -> Answer:
    """DescribeDBInstanceAutomatedBackups, which ministack lacks.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstanceAutomatedBackups.html
    """
    key, name = rds._p(asked, "DbiResourceId"), rds._p(asked, "DBInstanceIdentifier")
    found = "".join(
        _backup(each, status)
        for each, status in _backed_up()
        if key in ("", each["DbiResourceId"]) and name in ("", each["DBInstanceIdentifier"])
    )
    if key and not found:
        said = f"no automated backups of {key}"
        return tuple(rds._error("DBInstanceAutomatedBackupNotFound", said, 404))  # type: ignore[return-value]
    body = f"<DBInstanceAutomatedBackups>{found}</DBInstanceAutomatedBackups>"
    action = "DescribeDBInstanceAutomatedBackups"
    result = f"<{action}Result>{body}</{action}Result>"
    return tuple(rds._xml(200, f"{action}Response", result))  # type: ignore[return-value]


def _backup(instance: dict[str, Any], status: str) -> str:
    names = ("DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion")
    more = ("AllocatedStorage", "BackupRetentionPeriod", "MasterUsername")
    fields = {name: str(instance[name]) for name in (*names, *more)}
    fields |= {"Encrypted": str(instance["StorageEncrypted"]).lower(), "Status": status}
    window = (
        f"<RestoreWindow><EarliestTime>{instance['InstanceCreateTime']}</EarliestTime>"
        f"<LatestTime>{instance['LatestRestorableTime']}</LatestTime></RestoreWindow>"
    )
    arn = _backups_arn(instance)
    fields["DBInstanceAutomatedBackupsArn"] = arn
    flat = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    tags = "".join(
        f"<Tag><Key>{tag['Key']}</Key><Value>{tag['Value']}</Value></Tag>"
        for tag in rds._tags.get(arn, [])
    )
    body = f"{flat}{window}<TagList>{tags}</TagList>"
    return f"<DBInstanceAutomatedBackup>{body}</DBInstanceAutomatedBackup>"


def _backups_arn(instance: dict[str, Any]) -> str:
    """Automated backups have an ARN and tags of their own, none at first."""
    head = instance["DBInstanceArn"].partition(":db:")[0]
    return f"{head}:auto-backup:ab-{instance['DbiResourceId'][3:].lower()}"


rds._ACTION_MAP["DescribeDBInstanceAutomatedBackups"] = _describe_automated_backups


@patch(provisioners, "_rds_db_instance_delete")
def _delete(old: Callable[..., None], name: str, props: Properties) -> None:
    """Deletion protection was no protection, and automated backups went with the instance."""
    instance = rds._instances.get(name, {})
    protected = instance.get("DeletionProtection")
    require(not protected, f"Cannot delete protected DB Instance {name}")
    if instance and str(props.get("DeleteAutomatedBackups", True)).lower() == "false":
        _retained[instance["DbiResourceId"]] = instance
    old(name, props)


def _snapshotable(name: str) -> bool:
    status = rds._instances.get(name, {}).get("DBInstanceStatus", "available")
    return name not in _modifying and status == "available"


def _refused(name: str) -> Answer:
    said = f"DB instance {name} is not in available state."
    return tuple(rds._error("InvalidDBInstanceState", said, 400))  # type: ignore[return-value]


@patch(rds, "_add_tags")
def _add_tags(old: Callable[..., Answer], asked: Properties) -> Answer:
    """The tag emulator:status gives an instance a status that no call of AWS makes."""
    for tag in rds._parse_tags(asked):
        if tag["Key"] == STATUS:
            name = rds._p(asked, "ResourceName").rpartition(":")[2]
            rds._instances[name]["DBInstanceStatus"] = tag["Value"]
    return old(asked)


@patch(rds, "_delete_db_instance")
def _delete_by_api(old: Callable[..., Answer], asked: Properties) -> Answer:
    """Automated backups went with the instance, whatever DeleteAutomatedBackups said."""
    name = rds._p(asked, "DBInstanceIdentifier")
    instance = rds._instances.get(name)
    if instance and rds._p(asked, "FinalDBSnapshotIdentifier") and not _snapshotable(name):
        return _refused(name)
    answer = old(asked)
    if answer[0] < 400 and rds._p(asked, "DeleteAutomatedBackups") == "false":
        _retained[instance["DbiResourceId"]] = instance
    return answer


@patch(rds, "_modify_db_instance")
def _modify(old: Callable[..., Answer], asked: Properties) -> Answer:
    """ApplyImmediately left the changes that were pending, and nothing took time."""
    name = rds._p(asked, "DBInstanceIdentifier")
    instance = rds._instances.get(name)
    if instance and instance["DBInstanceStatus"] == "stopped":
        return _refused(name)
    if instance and rds._p(asked, "ApplyImmediately") == "true":
        instance.update(instance.pop("PendingModifiedValues", {}))
    if instance and rds._p(asked, "DeletionProtection"):
        _modifying[name] = True
    return old(asked)


@patch(rds, "_describe_db_instances")
def _describe_instances(old: Callable[..., Answer], asked: Properties) -> Answer:
    """An instance is available to the first call that asks, so that no test waits."""
    _modifying.pop(rds._p(asked, "DBInstanceIdentifier"), None)
    return old(asked)


@patch(provisioners, "_rds_db_instance_snapshot")
def _final_snapshot(old: Callable[..., None], name: str, props: Properties) -> None:
    """A final snapshot of an instance that is being modified was taken."""
    require(_snapshotable(name), f"DB instance {name} is not in available state.")
    old(name, props)


@patch(rds, "_describe_db_snapshots")
def _describe_snapshots(old: Callable[..., Answer], asked: Properties) -> Answer:
    """An automated snapshot was found by its identifier without its type.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
    """
    name, kind = rds._p(asked, "DBSnapshotIdentifier"), rds._p(asked, "SnapshotType")
    head, colon, _ = name.partition(":")
    if colon and {"rds": "automated", "awsbackup": "awsbackup"}.get(head, kind) != kind:
        said = f"DBSnapshot {name} not found."
        return tuple(rds._error("DBSnapshotNotFound", said, 404))  # type: ignore[return-value]
    if colon and kind:  # ministack keeps each snapshot as a manual one
        asked = {key: value for key, value in asked.items() if key != "SnapshotType"}
    return old(asked)


@patch(provisioners, "_rds_subnet_group_delete")
def _delete_subnet_group(old: Callable[..., None], name: str, props: Properties) -> None:
    """A subnet group that an instance uses could be deleted."""
    users = [
        each["DBInstanceIdentifier"]
        for each in rds._instances.values()
        if each["DBSubnetGroup"]["DBSubnetGroupName"] == name
    ]
    require(not users, f"Cannot delete the subnet group {name}: {users} still uses it")
    old(name, props)
