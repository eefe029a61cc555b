"""Settings that cannot change during an environment's life, compared with the earlier build.

AWS rejects these changes, or replaces what holds data. The committed output says what is
deployed.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cfnlink.aws.limits import version_number
from templates.settings.built_templates import (
    Change,
    Properties,
    Templates,
    properties,
    resources,
)
from templates.settings.files import Fault, environment_path
from templates.settings.immutability_api import api_changes

# Names that AWS accepts only at creation, and on which clients and data depend.
NAMES = {
    "database.master_username": ("database", "MasterSecret"),
    "api.stage": ("api", "Stage"),
}
# What an instance is made from, by setting; the properties that say it.
ORIGIN_SETTINGS = {
    "database.snapshot": ("DBSnapshotIdentifier",),
    "database.restore_source": ("SourceDbiResourceId",),
    "database.restore_time": ("RestoreTime", "UseLatestRestorableTime"),
}
ORIGINS = ("DBSnapshotIdentifier", "SourceDbiResourceId")
VPC = "AWS::EC2::VPC"
CIDR, ZONES = "network.cidr", "network.zones"


def is_same_system(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two manifests are of one system: one project and environment in one region.

    For AWS, every other system is new, and no change of it is a fault.
    """
    return all(before.get(k) == after.get(k) for k in ("project", "environment", "region"))


def immutable_changes(
    environment: str, before: Templates, after: Templates, way_out: str
) -> list[Fault]:
    """Return the changes between two builds of one system that must not be deployed.

    before, after: the templates of some tiers, by tier; a missing template is not compared.
    way_out: the command that builds an environment that was never deployed.
    """
    file = environment_path(environment)
    never = f"if {environment} was never deployed: {way_out}"
    old, new = _instance(before), _instance(after)
    found = [*_subnets(before, after), *_names(before, after)]
    found += api_changes(before, after, environment)
    if old and new and _identifier(old) == _identifier(new):
        found += [*_origin(old, new), *_lowered(old, new), *_major(old, new)]
    return [
        Fault(file, key, wrong, expected, "; or, ".join([*steps, never]))
        for key, wrong, expected, *steps in found
    ]


def replaces_database_with_empty(before: Templates, after: Templates) -> bool:
    """Whether an empty database would replace the one that was built."""
    old, new = _instance(before), _instance(after)
    is_other = _identifier(old) != _identifier(new)
    return bool(old and is_other and not any(new.get(each) for each in ORIGINS))


def _instance(templates: Templates) -> Properties:
    return properties(templates, "database", "Instance")


def _identifier(instance: Properties) -> str:
    return str(instance.get("DBInstanceIdentifier", ""))


def _origin(old: Properties, new: Properties) -> Iterator[Change]:
    """For another snapshot, source or time, AWS would replace the instance, whose name would
    still be taken."""
    generation = int(_identifier(new).rpartition("-")[2])
    for key, names in ORIGIN_SETTINGS.items():
        was, is_ = (_first(each, names) for each in (old, new))
        if was != is_:
            yield (
                key,
                f"changed from {was} to {is_} in generation {generation}",
                was,
                f"database.generation = {generation + 1} beside the new one",
            )


def _first(instance: Properties, names: tuple[str, ...]) -> str:
    """The first of some properties as the settings say it, or none."""
    found = next((instance[name] for name in names if instance.get(name)), "none")
    return "latest" if found is True else str(found)


def _lowered(old: Properties, new: Properties) -> Iterator[Change]:
    """RDS accepts neither an older version nor less storage."""
    for key, name, size in (
        ("database.engine_version", "EngineVersion", version_number),
        ("database.storage_gib", "AllocatedStorage", lambda text: (int(text),)),
    ):
        was, is_ = str(old.get(name, new[name])), str(new[name])
        if size(is_) < size(was):
            yield key, f"lowered from {was} to {is_}, which RDS refuses", f"{was} or higher"


def _major(old: Properties, new: Properties) -> Iterator[Change]:
    """RDS accepts another major version only if it is allowed.

    The parameter group of its family must come at once: in the maintenance window the group
    would come too early.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process.html
    """
    was, is_ = (str(each.get("EngineVersion", "")).partition(".")[0] for each in (old, new))
    is_allowed = new.get("AllowMajorVersionUpgrade") and new.get("ApplyImmediately")
    if was and int(is_) > int(was) and not is_allowed:
        yield (
            "database.engine_version",
            f"from PostgreSQL {was} to {is_} the database does not answer for minutes",
            f"PostgreSQL {was}",
            "allow_major_upgrade and apply_immediately beside it, as docs/operations.md says",
        )


def _names(before: Templates, after: Templates) -> Iterator[Change]:
    """Another stage has another address, and another owner is another database."""
    for key, (tier, logical_id) in NAMES.items():
        was, is_ = (_name(properties(each, tier, logical_id)) for each in (before, after))
        if was and is_ and was != is_:
            wrong = f"changed from {was} to {is_}, which AWS cannot do"
            yield key, wrong, f'"{was}", which stays for its life'


def _name(properties: Properties) -> str | None:
    """Return the name in a stage, or in the secret that the instance is created with."""
    generated = properties.get("GenerateSecretString", {}).get("SecretStringTemplate")
    if generated:
        return str(json.loads(generated).get("username"))
    stage = properties.get("StageName")
    return stage if isinstance(stage, str) else None


def _subnets(before: Templates, after: Templates) -> Iterator[Change]:
    """Address blocks and zones are create-only, and other stacks import the subnets."""
    old, new = resources(before, "network"), resources(after, "network")
    moved: dict[str, Change] = {}
    for name, body in old.items():
        for property_ in ("AvailabilityZoneId", "CidrBlock"):
            was = body.get("Properties", {}).get(property_)
            is_ = new.get(name, {}).get("Properties", {}).get(property_)
            if was and is_ and was != is_:
                key = _network_key(name, body.get("Type"), property_)
                wrong = f"{name} would move from {was} to {is_}, which AWS cannot do"
                expected = f"{was}, since another network is another environment"
                moved.setdefault(key, (key, wrong, expected))
    for key, change in moved.items():
        if CIDR not in moved or key in (CIDR, ZONES):  # the subnets follow from the VPC's range
            yield change


def _network_key(name: str, resource_type: str, property_: str) -> str:
    """Return the setting behind a property: PrivateSubnetA, CidrBlock ->
    network.private_cidrs."""
    if property_ == "AvailabilityZoneId":
        return ZONES
    kind = name.partition("Subnet")[0].lower()
    return CIDR if resource_type == VPC else f"network.{kind}_cidrs"
