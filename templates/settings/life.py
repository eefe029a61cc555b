"""What stays for an environment's life: found by comparing with what was built before.

AWS refuses these changes, or makes them by replacing what holds data. The committed
output is the memory: it is what is deployed.
"""

from collections.abc import Iterator
from typing import Any

from templates.settings.facts import version_number
from templates.settings.files import Fault, environment_path

Templates = dict[str, dict[str, Any]]


def refused(environment: str, before: Templates, after: Templates) -> list[Fault]:
    """The changes between two builds that must not be deployed.

    before, after: the templates of some tiers, by tier; what is missing is not judged.
    """
    file = environment_path(environment)
    old, new = _instance(before), _instance(after)
    found = [*_subnets(before, after)]
    if old and new:
        found += [*_snapshot(old, new), *_lowered(old, new), *_major(old, new)]
    return [Fault(file, *fault) for fault in found]


def emptied(before: Templates, after: Templates) -> bool:
    """Whether another, empty database would take the place of the one that was built."""
    old, new = _instance(before), _instance(after)
    renamed = old.get("DBInstanceIdentifier") != new.get("DBInstanceIdentifier")
    return bool(old and renamed and not new.get("DBSnapshotIdentifier"))


def _instance(templates: Templates) -> dict[str, Any]:
    resources = templates.get("database", {}).get("Resources", {})
    return dict(resources.get("Instance", {}).get("Properties", {}))


def _snapshot(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """With another snapshot, or none, AWS would replace the instance, and the name of the
    old one would be in the way."""
    same_name = old.get("DBInstanceIdentifier") == new.get("DBInstanceIdentifier")
    was, is_ = old.get("DBSnapshotIdentifier"), new.get("DBSnapshotIdentifier")
    if same_name and was != is_:
        generation = int(str(new["DBInstanceIdentifier"]).rpartition("-")[2])
        yield (
            "database.snapshot",
            f"changed from {was or 'none'} to {is_ or 'none'} in generation {generation}",
            f"the old value, or database.generation = {generation + 1} beside the new one",
        )


def _lowered(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """RDS goes neither to an older version nor to less storage."""
    if old.get("DBInstanceIdentifier") != new.get("DBInstanceIdentifier"):
        return
    for key, name, size in (
        ("database.engine_version", "EngineVersion", version_number),
        ("database.storage_gib", "AllocatedStorage", lambda text: (int(text),)),
    ):
        was, is_ = str(old.get(name, new[name])), str(new[name])
        if size(is_) < size(was):
            yield key, f"lowered from {was} to {is_}, which RDS refuses", f"{was} or higher"


def _major(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """RDS takes another major version only where it is allowed, and with the parameter group
    of its family at once: in the maintenance window the group would come too early.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process.html
    """
    was, is_ = (str(each.get("EngineVersion", "")).partition(".")[0] for each in (old, new))
    same_name = old.get("DBInstanceIdentifier") == new.get("DBInstanceIdentifier")
    allowed = new.get("AllowMajorVersionUpgrade") and new.get("ApplyImmediately")
    if same_name and was and was != is_ and not allowed:
        yield (
            "database.engine_version",
            f"from PostgreSQL {was} to {is_} the database stands still for minutes",
            "allow_major_upgrade and apply_immediately beside it, as docs/operations.md says",
        )


def _subnets(before: Templates, after: Templates) -> Iterator[tuple[str, str, str]]:
    """A subnet's zone and range are create-only, and other stacks import it."""
    old = before.get("network", {}).get("Resources", {})
    new = after.get("network", {}).get("Resources", {})
    for property_, key in (("AvailabilityZoneId", "network.zones"), ("CidrBlock", "network")):
        changed = {
            name: (was, new[name]["Properties"].get(property_))
            for name, body in old.items()
            if name in new and (was := body.get("Properties", {}).get(property_))
        }
        for name, (was, is_) in changed.items():
            if was != is_:
                yield (
                    key,
                    f"{name} would move from {was} to {is_}, and other stacks hold on to it",
                    f"{was} as before; another network is another environment",
                )
                break
