"""What AWS accepts: from cfn-lint's data if it has it, else from cfnlink/aws.

cfn-lint is read as data, not imported: importing it takes longer than a whole build.
"""

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FACTS = Path(__file__).parents[2] / "cfnlink" / "aws"


class Zones(NamedTuple):
    """The availability zones of a region by id; none if its zones are not known.

    vpc_link: those that accept a VPC link; all of them if AWS does not say. is_verified:
    whether AWS says so.
    """

    every: list[str]
    vpc_link: list[str]
    is_verified: bool


@cache
def fact(name: str) -> Any:
    """Return the content of one file of cfnlink/aws."""
    with (FACTS / f"{name}.yaml").open("rb") as file:
        return yaml.load(file, Loader=yaml.CSafeLoader)


@cache
def regions() -> list[str]:
    """Return the regions whose resource types cfn-lint knows, or whose zones we know."""
    files = (_cfn_lint_schemas() / "providers").glob("*-*.json")
    return sorted({*(file.stem for file in files), *fact("zones")["regions"]})


def zones(region: str) -> Zones:
    """Return the zones of a region."""
    known = fact("zones")["regions"].get(region, {"zones": []})
    return Zones(known["zones"], known.get("vpc_link", known["zones"]), "vpc_link" in known)


def measured_classes() -> list[str]:
    """Return the instance classes whose memory is known."""
    return list(fact("instance_classes")["classes"])


def memory_bytes(instance_class: str) -> int:
    """Return the memory of an instance class that is known."""
    return int(fact("instance_classes")["classes"][instance_class]["memory_gib"] * 2**30)


def connections(instance_class: str) -> int:
    """Return the connections that PostgreSQL leaves to applications on a class that is known.

    RDS computes max_connections from the memory that the operating system leaves, which AWS
    does not state: an observed value counts, else the least observed share.
    """
    rule = fact("instance_classes")["max_connections"]
    seen = rule["observed"].get(instance_class, {}).get("max_connections")
    computed = int(memory_bytes(instance_class) * rule["usable_share"] / rule["bytes_each"])
    return int(min(seen or computed, rule["most"])) - int(rule["reserved"])


def least_storage_limit(storage_gib: int) -> int:
    """Return the smallest MaxAllocatedStorage in GiB with which RDS grows a storage once.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
    """
    growth = fact("postgresql")["storage_autoscaling"]
    share = -(-storage_gib * growth["step_percent"] // 100)
    return int(storage_gib + max(growth["step_gib"], share) + 1)


def throttle_quota(region: str) -> tuple[int, int]:
    """Return the default requests a second, and at once, of an account in a region."""
    quota = fact("throttle_quotas")
    return tuple(quota["lower" if region in quota["lower_regions"] else "usual"])


@cache
def creatable_versions() -> list[str]:
    """Return the PostgreSQL versions that a new instance can have, oldest first."""
    known = _postgres("engine_version")["then"]["properties"]["EngineVersion"]["enum"]
    gone = _postgres("engine_version_deprecated")["if"]["properties"]["EngineVersion"]["enum"]
    numbered = [v for v in known if v not in gone and v.replace(".", "").isdigit() and "." in v]
    return sorted(numbered, key=version_number)


def known_version(version: str) -> str | None:
    """The creatable version that stands for one: itself, or the newest of its major.

    RDS upgrades minor versions by itself, past the list of this cfn-lint, and a restore has
    to name one that is no older. None for an older minor version, or an unknown major one.
    """
    known = creatable_versions()
    same = [each for each in known if each.partition(".")[0] == version.partition(".")[0]]
    if version in same:
        return version
    is_newer = bool(same) and version_number(version) > version_number(same[-1])
    return same[-1] if is_newer else None


def restorable_version(version: str) -> str:
    """Return the version for an instance made from a source of a version.

    Its own, or the next one of its major version that a new instance can have.
    """
    later = [
        each
        for each in creatable_versions()
        if each.partition(".")[0] == version.partition(".")[0]
        and version_number(each) >= version_number(version)
    ]
    return later[0] if later else version


def version_number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 15.9 comes before 15.10."""
    return tuple(int(part) for part in version.split("."))


@cache
def instance_classes(engine_version: str) -> frozenset[str]:
    """Return the classes on which AWS has a version of PostgreSQL, in any region."""
    path = "extensions/aws_rds_dbinstance/db_instance_class.json"
    text = _cfn_lint_text(path)
    # The file has 5 MB, and parsing it all takes longer than building an environment:
    # only the list behind this version's own branch is parsed.
    version = re.escape(json.dumps(re.escape(engine_version))[1:-1])
    branch = (
        rf'"const": "postgres",[^{{}}]+}},\s+"EngineVersion": {{\s+"pattern": "\^\({version}'
    )
    found = re.search(branch, text)
    if found is None:
        message = f"cfn-lint's {path} has no branch for PostgreSQL {engine_version}"
        raise LookupError(message)
    start = text.index("[", text.index('"enum"', found.end()))
    return frozenset(json.JSONDecoder().raw_decode(text, start)[0])


@cache
def fargate_memory() -> dict[int, list[int]]:
    """Return the CPU sizes of Fargate tasks, and the memory in MiB for each."""
    pairs = _cfn_lint("extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json")
    sizes = {}
    for pair in pairs["then"]["anyOf"]:
        cpu, memory = (pair["properties"][key]["then"] for key in ("Cpu", "Memory"))
        step = memory.get("multipleOf")
        sizes[int(cpu["enum"][0])] = memory.get("enum") or list(
            range(memory["minimum"], memory["maximum"] + 1, step)
        )
    return sizes


@cache
def retention_days() -> list[int]:
    """Return the numbers of days for which a log group can keep its events."""
    name = _cfn_lint("providers/us-east-1.json")["AWS::Logs::LogGroup"]
    schema = _cfn_lint(f"resources/{name}.json")
    return list(schema["properties"]["RetentionInDays"]["enum"])


def _postgres(name: str) -> Any:
    """Return the branch for PostgreSQL of one of cfn-lint's tables for DB instances."""
    for branch in _cfn_lint(f"extensions/aws_rds_dbinstance/{name}.json")["allOf"]:
        if branch["if"]["properties"]["Engine"].get("const") == "postgres":
            return branch
    message = f"cfn-lint's {name}.json has no branch for PostgreSQL"
    raise LookupError(message)


def _cfn_lint(path: str) -> Any:
    return json.loads(_cfn_lint_text(path))


def _cfn_lint_text(path: str) -> str:
    return (_cfn_lint_schemas() / path).read_text("utf-8")


def _cfn_lint_schemas() -> Path:
    found = find_spec("cfnlint")
    if found is None or found.origin is None:
        message = "cfn-lint is not installed: run `make build`, which installs it"
        raise LookupError(message)
    return Path(found.origin).parent / "data/schemas"
