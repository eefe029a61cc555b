"""EC2: the availability zones that a region has, and no others.

The emulator had zones 1 to 3 in every region, and put a subnet of an unknown zone into the
first one. Which zones a region has is read from the rules' facts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from ministack.core.responses import get_region
from ministack.services import ec2
from ministack.services.cloudformation import provisioners
from registry import Properties, patch, require

FACTS = Path(__file__).parents[3] / "cfnlink" / "aws" / "zones.yaml"
ZONES = {
    region: facts["zones"]
    for region, facts in yaml.load(FACTS.read_bytes(), yaml.CSafeLoader)["regions"].items()
}
LETTERS = "abcdef"


def _zones() -> dict[str, str]:
    """The names of the region's zones by id: -az1 is zone a."""
    region = get_region()
    named = {f"{region}{letter}" for letter in LETTERS}
    ids = {ec2._az_id_for_zone_name(name): name for name in named}
    return {zone: ids[zone] for zone in ZONES.get(region, ids)}


@patch(ec2, "_zone_name_for_az_id")
def _name(_: Callable[[str], str | None], zone: str) -> str | None:
    return _zones().get(zone)


@patch(provisioners, "_ec2_subnet_zone")
def _of_subnet(old: Callable[[Properties], str], props: Properties) -> str:
    zone = props.get("AvailabilityZoneId")
    require(not zone or zone in _zones(), f"{zone} is no zone of {get_region()}")
    return old(props)


@patch(ec2, "_describe_availability_zones")
def _describe(_: Callable[..., Any], __: Any) -> Any:
    region = get_region()
    items = "".join(
        f"<item><zoneName>{name}</zoneName><zoneState>available</zoneState>"
        f"<regionName>{region}</regionName><zoneId>{zone}</zoneId>"
        f"<groupName>{region}-zg-1</groupName><networkBorderGroup>{region}</networkBorderGroup>"
        "<optInStatus>opt-in-not-required</optInStatus>"
        "<zoneType>availability-zone</zoneType></item>"
        for zone, name in _zones().items()
    )
    found = f"<availabilityZoneInfo>{items}</availabilityZoneInfo>"
    return ec2._xml(200, "DescribeAvailabilityZonesResponse", found)
