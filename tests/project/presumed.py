"""Create the resources that the user's settings require, in an emulator."""

import re
from typing import Any

from cfnlink.operations.environment import Environment
from cfnlink.system.resource import Resource
from tests.rehearsal.cloud import Cloud

ZONE_ID = re.compile(r"Z[A-Z0-9]+")


def presume(cloud: Cloud, environment: Environment) -> None:
    """Make the hosted zones and snapshots that the templates name and do not create."""
    for resource in environment.system.resources.values():
        properties = resource.body.get("Properties", {})
        make = MADE.get(str(resource.body["Type"]))
        if make:
            make(cloud, resource, properties)


def _hosted_zone(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> None:
    zone = properties.get("HostedZoneId")
    if isinstance(zone, str) and ZONE_ID.fullmatch(zone):
        name = str(properties["Name"]).partition(".")[2]
        # The emulator gives a zone the id that is its caller reference.
        cloud.client("route53").create_hosted_zone(Name=name, CallerReference=zone)


def _snapshot(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> None:
    snapshot = properties.get("DBSnapshotIdentifier")
    if isinstance(snapshot, str):
        rds, source = cloud.client("rds"), f"{properties['DBInstanceIdentifier']}-source"
        rds.create_db_instance(
            DBInstanceIdentifier=source,
            DBInstanceClass=properties["DBInstanceClass"],
            Engine=properties["Engine"],
            EngineVersion=properties["EngineVersion"],
            AllocatedStorage=int(properties["AllocatedStorage"]),
            MasterUsername="before",
            MasterUserPassword="before-the-snapshot",
        )
        rds.create_db_snapshot(
            DBSnapshotIdentifier=snapshot.rpartition(":")[2], DBInstanceIdentifier=source
        )


MADE = {"AWS::Route53::RecordSet": _hosted_zone, "AWS::RDS::DBInstance": _snapshot}
