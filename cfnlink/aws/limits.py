"""What AWS accepts, from the catalogue."""

from functools import cache
from typing import NamedTuple

from cfnlink.aws.catalogue import facts, link_zones

# CloudFormation's limit for a body that is not first put into a bucket:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY_BYTES = 51_200


class Zones(NamedTuple):
    """The availability zones of a region by id; none if its zones are not known.

    vpc_link: those that accept a VPC link; all of them if AWS does not say. is_verified:
    whether AWS says so.
    """

    every: list[str]
    vpc_link: list[str]
    is_verified: bool


def regions() -> list[str]:
    """Return the regions whose resource types cfn-lint knows, or whose zones we know."""
    return sorted({*facts("cfn_lint")["regions"], *facts("zones")["regions"]})


def zones(region: str) -> Zones:
    """Return the zones of a region."""
    known = facts("zones")["regions"].get(region, {"zones": []})
    return Zones(known["zones"], link_zones(region), "vpc_link" in known)


def throttle_quota(region: str) -> tuple[int, int]:
    """Return the default requests a second, and at once, of an account in a region."""
    quota = facts("throttle_quotas")
    rate, burst = quota["lower" if region in quota["lower_regions"] else "usual"]
    return rate, burst


@cache
def creatable_versions() -> list[str]:
    """Return the PostgreSQL versions that a new instance can have, oldest first."""
    offers = facts("cfn_lint")["postgresql"]
    return sorted((v for offer in offers for v in offer["versions"]), key=version_number)


def _of_major(version: str) -> list[str]:
    """Return the creatable versions with the major version of another one, oldest first."""
    major = version.partition(".")[0]
    return [each for each in creatable_versions() if each.partition(".")[0] == major]


def known_version(version: str) -> str | None:
    """The creatable version that stands for one: itself, or the newest of its major.

    RDS upgrades minor versions by itself, past the list of this cfn-lint, and a restore has
    to name one that is no older. None for an older minor version, or an unknown major one.
    """
    same = _of_major(version)
    if version in same:
        return version
    is_newer = bool(same) and version_number(version) > version_number(same[-1])
    return same[-1] if is_newer else None


def restorable_version(version: str) -> str:
    """Return the version for an instance made from a source of a version.

    Its own, or the next one of its major version that a new instance can have.
    """
    least = version_number(version)
    return next((v for v in _of_major(version) if version_number(v) >= least), version)


def version_number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 15.9 comes before 15.10."""
    return tuple(int(part) for part in version.split("."))


def instance_classes(engine_version: str) -> list[str]:
    """Return the classes on which AWS has a version of PostgreSQL, in any region."""
    offers = facts("cfn_lint")["postgresql"]
    return next(offer["classes"] for offer in offers if engine_version in offer["versions"])


def fargate_memory() -> dict[int, list[int]]:
    """Return the CPU sizes of Fargate tasks, and the memory in MiB for each."""
    return facts("cfn_lint")["fargate_memory_mib"]


def retention_days() -> list[int]:
    """Return the numbers of days for which a log group can keep its events."""
    return facts("cfn_lint")["retention_days"]
