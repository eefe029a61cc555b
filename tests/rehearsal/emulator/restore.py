"""RDS in CloudFormation: an instance from a snapshot, and one that is protected."""

from collections.abc import Callable

from ministack.services import rds
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, patch, require

OF_THE_SNAPSHOT = ("DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId")


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


@patch(provisioners, "_rds_db_instance_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """DBSnapshotIdentifier was ignored: an empty instance with names of its own.

    An absent snapshot, a lower version, less storage and what the snapshot itself brings
    are refused, as on AWS; so is a name that is taken.
    """
    taken = props.get("DBInstanceIdentifier") in rds._instances
    require(not taken, f"{props.get('DBInstanceIdentifier')} already exists")
    name = props.get("DBSnapshotIdentifier")
    if not name:
        return old(logical_id, props, stack)
    held = name.partition(":snapshot:")[2] or name  # an ARN names it too
    require(held in rds._snapshots, f"DBSnapshot not found: {name}")
    snapshot = rds._snapshots[held]
    given = {*OF_THE_SNAPSHOT} & {*props}
    require(not given, f"{given} cannot be given with a snapshot")
    version = _version(props["EngineVersion"]) >= _version(snapshot["EngineVersion"])
    require(version, f"{props['EngineVersion']} is below {snapshot['EngineVersion']}")
    storage = int(props["AllocatedStorage"]) >= int(snapshot["AllocatedStorage"])
    require(storage, "the storage is less than the snapshot's")
    brought = {key: snapshot[key] for key in OF_THE_SNAPSHOT if key in snapshot}
    return old(logical_id, {**props, **brought}, stack)


@patch(provisioners, "_rds_db_instance_delete")
def _delete(old: Callable[..., None], name: str, props: Properties) -> None:
    """Deletion protection was no protection."""
    instance = rds._instances.get(name, {})
    protected = instance.get("DeletionProtection")
    require(not protected, f"Cannot delete protected DB Instance {name}")
    old(name, props)
