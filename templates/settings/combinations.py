"""What settings must be together: each check is one impossibility and its cure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import PurePosixPath

from templates.settings import facts
from templates.settings.model import SMOKE_CLIENT, Client, Settings

MINUTES_A_DAY = 24 * 60
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
ZONE_ID = r"[a-z]+\d-az\d"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# An internal load balancer wants 8 free addresses and a /27 in each of its subnets:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
LARGEST_SUBNET_PREFIX = 27
# Route table limits aside, a VPC is /16 to /28; six subnets of /27 need a /24.
VPC_PREFIXES = range(16, 25)
SHORTEST_WINDOW_MINUTES = 30
# What the template and ECS put into the container:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
TAKEN = {
    "DB_URL",
    "DB_POOL_SIZE",
    "PORT",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "ECS_AGENT_URI",
}
ROLLING_DEPLOYMENT = 2  # old and new tasks run side by side: MaximumPercent is 200


@dataclass(frozen=True)
class Impossible:
    """A combination that AWS would refuse, or that cannot work.

    keys: the settings that take part, the one to change first; wrong: what is wrong;
    right: what would be right.
    """

    keys: tuple[str, ...]
    wrong: str
    right: str


def impossibilities(settings: Settings) -> Iterator[Impossible]:
    """Every impossible combination in settings whose single values are valid."""
    for check in (
        _region,
        _zones,
        _network_size,
        _subnets,
        _egress,
        _engine_version,
        _instance_class,
        _storage,
        _windows,
        _snapshot,
        _fargate_size,
        _task_count,
        _root_file_system,
        _writable_paths,
        _connections,
        _reserved_names,
        _plain_secrets,
        _secret_regions,
        _tags,
        _throttles,
        _clients,
        _cors,
        _domain,
        _zone_id,
        _budget,
        _retention,
    ):
        yield from check(settings)


def _region(settings: Settings) -> Iterator[Impossible]:
    known = facts.regions()
    if settings.region not in known:
        near = get_close_matches(settings.region, known, 1)
        yield Impossible(
            ("region",),
            f"AWS has no region {settings.region}",
            near[0] if near else f"one of {', '.join(known)}",
        )


def _zones(settings: Settings) -> Iterator[Impossible]:
    """The zones are two of the region's; where those are not known, two that look like ids."""
    known = facts.zones(settings.region)
    usable = f"two of {', '.join(known.vpc_link)}" if known.every else "two zone ids"
    for zone in settings.network.zones:
        if known.every and zone not in known.every:
            wrong = f"{zone} is not a zone of {settings.region}"
        elif known.every and zone not in known.vpc_link:
            wrong = f"API Gateway cannot place a VPC link in {zone}"
        elif not re.fullmatch(ZONE_ID, zone):
            wrong = f"{zone} is not a zone id"
        else:
            continue
        yield Impossible(("network.zones", "region"), wrong, usable)
    if len(set(settings.network.zones)) == 1:
        yield Impossible(
            ("network.zones",), f"{settings.network.zones[0]} is named twice", usable
        )


def _network_size(settings: Settings) -> Iterator[Impossible]:
    cidr = settings.network.cidr
    if cidr.is_multicast or cidr.is_loopback or cidr.is_link_local or cidr.is_reserved:
        yield Impossible(
            ("network.cidr",),
            f"{cidr} is no range of hosts",
            "a private one, such as 10.0.0.0/16",
        )
    if cidr.prefixlen not in VPC_PREFIXES:
        yield Impossible(
            ("network.cidr",),
            f"{cidr} is a /{cidr.prefixlen}",
            f"a range from /{VPC_PREFIXES[0]} to /{VPC_PREFIXES[-1]}, such as 10.0.0.0/16",
        )


def _subnets(settings: Settings) -> Iterator[Impossible]:
    network = settings.network
    subnets = [
        (f"network.{kind}", subnet)
        for kind in ("public_cidrs", "private_cidrs", "database_cidrs")
        for subnet in getattr(network, kind)
    ]
    for key, subnet in subnets:
        if not subnet.subnet_of(network.cidr):
            yield Impossible(
                (key, "network.cidr"),
                f"{subnet} lies outside the network {network.cidr}",
                f"a range inside {network.cidr}, or leave it out to have it derived",
            )
        if subnet.prefixlen > LARGEST_SUBNET_PREFIX:
            yield Impossible(
                (key, "network.cidr"),
                f"{subnet} is too small: a /{subnet.prefixlen}",
                f"a /{LARGEST_SUBNET_PREFIX} or larger",
            )
    yield from _overlaps(subnets)


def _overlaps(subnets: list[tuple[str, IPv4Network]]) -> Iterator[Impossible]:
    for (first_key, first), (second_key, second) in combinations(subnets, 2):
        if first.overlaps(second):
            yield Impossible(
                (second_key, first_key),
                f"{second} overlaps {first} of {first_key}",
                "six ranges that do not overlap",
            )


def _egress(settings: Settings) -> Iterator[Impossible]:
    network = settings.network
    if network.nat_gateways > 1 and network.egress != "nat":
        yield Impossible(
            ("network.nat_gateways", "network.egress"),
            f"{network.nat_gateways} NAT gateways with egress {network.egress}",
            'egress = "nat", or leave nat_gateways out',
        )


def _engine_version(settings: Settings) -> Iterator[Impossible]:
    version = settings.database.engine_version
    if version not in facts.creatable_versions():
        major = f"{version.partition('.')[0]}."
        same = [v for v in facts.creatable_versions() if v.startswith(major)]
        yield Impossible(
            ("database.engine_version",),
            f"AWS creates no instance of PostgreSQL {version}",
            f"one of {', '.join(same or facts.creatable_versions())}",
        )


def _instance_class(settings: Settings) -> Iterator[Impossible]:
    database = settings.database
    if database.engine_version not in facts.creatable_versions():
        return
    classes = facts.instance_classes(database.engine_version)
    if database.instance_class not in classes:
        family = database.instance_class.rpartition(".")[0]
        same = sorted(name for name in classes if name.startswith(f"{family}."))
        yield Impossible(
            ("database.instance_class", "database.engine_version"),
            f"PostgreSQL {database.engine_version} does not run on {database.instance_class}",
            f"one of {', '.join(same) or 'db.t4g.micro, db.t4g.small, db.m7g.large'}",
        )


def _storage(settings: Settings) -> Iterator[Impossible]:
    database = settings.database
    least = facts.least_storage_limit(database.storage_gib)
    if database.storage_limit_gib < least:
        yield Impossible(
            ("database.storage_limit_gib", "database.storage_gib"),
            f"RDS never grows {database.storage_gib} GiB to {database.storage_limit_gib} GiB: "
            "its smallest step is 10 GiB and a tenth",
            f"{least} or more",
        )


def _windows(settings: Settings) -> Iterator[Impossible]:
    database = settings.database
    backup = _minutes(database.backup_window)
    weekly = _weekly_minutes(database.maintenance_window)
    for key, window in (
        ("database.backup_window", backup),
        ("database.maintenance_window", weekly),
    ):
        if not SHORTEST_WINDOW_MINUTES <= len(window) <= MINUTES_A_DAY:
            yield Impossible(
                (key,),
                f"the window lasts {len(window)} minutes",
                f"{SHORTEST_WINDOW_MINUTES} minutes to a day",
            )
    if {minute % MINUTES_A_DAY for minute in weekly} & set(backup):
        yield Impossible(
            ("database.maintenance_window", "database.backup_window"),
            f"{database.maintenance_window} overlaps backup_window {database.backup_window}",
            "two windows that do not touch the same minutes of a day",
        )


def _minutes(window: str) -> list[int]:
    """The minutes of the day that a daily window covers."""
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in window.split("-"))
    length = (end - start) % MINUTES_A_DAY
    return [(start + minute) % MINUTES_A_DAY for minute in range(length)]


def _weekly_minutes(window: str) -> range:
    """The minutes that a weekly window covers, counted from Monday."""
    start, end = (
        DAYS.index(day) * MINUTES_A_DAY + int(hour) * 60 + int(minute)
        for day, hour, minute in (moment.split(":") for moment in window.split("-"))
    )
    return range(start, start + (end - start) % (7 * MINUTES_A_DAY))


def _snapshot(settings: Settings) -> Iterator[Impossible]:
    database = settings.database
    if database.snapshot and database.snapshot.endswith(settings.database_identifier):
        yield Impossible(
            ("database.snapshot",),
            f"{database.snapshot} is the name of the instance itself",
            "the id of a snapshot: aws rds describe-db-snapshots",
        )


def _fargate_size(settings: Settings) -> Iterator[Impossible]:
    service, sizes = settings.service, facts.fargate_memory()
    if service.cpu not in sizes:
        yield Impossible(
            ("service.cpu",),
            f"Fargate has no task of {service.cpu} CPU units",
            f"one of {', '.join(map(str, sizes))}",
        )
    elif service.memory_mib not in sizes[service.cpu]:
        yield Impossible(
            ("service.memory_mib", "service.cpu"),
            f"Fargate has no task of {service.cpu} CPU units and {service.memory_mib} MiB",
            f"with {service.cpu} CPU units one of {', '.join(map(str, sizes[service.cpu]))}",
        )


def _task_count(settings: Settings) -> Iterator[Impossible]:
    service = settings.service
    if service.minimum_tasks > service.maximum_tasks:
        yield Impossible(
            ("service.minimum_tasks", "service.maximum_tasks"),
            f"the minimum {service.minimum_tasks} is above the maximum {service.maximum_tasks}",
            f"a minimum of {service.maximum_tasks} or less, or a higher maximum",
        )


def _root_file_system(settings: Settings) -> Iterator[Impossible]:
    """The agent of ECS Exec writes to the root file system.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    if settings.service.ecs_exec and settings.service.read_only:
        yield Impossible(
            ("service.ecs_exec", "service.read_only"),
            "ECS Exec does not work while the root file system is read-only",
            "read_only = false beside it",
        )


def _writable_paths(settings: Settings) -> Iterator[Impossible]:
    """A path that lies in another one, or stands twice, would be mounted twice."""
    paths = sorted(map(PurePosixPath, settings.service.writable_paths))
    for path, other in combinations(paths, 2):
        if other.is_relative_to(path):
            yield Impossible(
                ("service.writable_paths",),
                f"{other} lies in {path}, which is writable already",
                f"{path} alone",
            )
            return


def _connections(settings: Settings) -> Iterator[Impossible]:
    service, instance_class = settings.service, settings.database.instance_class
    keys = (
        "service.database_pool_size",
        "service.maximum_tasks",
        "database.instance_class",
    )
    if instance_class not in facts.measured_classes():
        yield Impossible(
            keys[::-1],
            f"the memory of {instance_class} is not known, so connections cannot be counted",
            "a class of rules/facts/instance_classes.yaml, or add it there with its source",
        )
        return
    available = facts.connections(instance_class)
    needed = service.maximum_tasks * ROLLING_DEPLOYMENT * service.database_pool_size
    if needed > available:
        pool = available // (service.maximum_tasks * ROLLING_DEPLOYMENT)
        smaller = f"a pool of {pool} or less, " if pool else ""
        yield Impossible(
            keys,
            f"{service.maximum_tasks} tasks x {ROLLING_DEPLOYMENT} in a rolling deployment x "
            f"{service.database_pool_size} connections are {needed}; "
            f"{instance_class} takes {available}",
            f"{smaller}fewer tasks, or a larger instance class",
        )


def _reserved_names(settings: Settings) -> Iterator[Impossible]:
    for key in ("environment", "secrets"):
        for name in sorted(TAKEN & set(getattr(settings.service, key))):
            yield Impossible(
                (f"service.{key}.{name}",),
                f"{name} is set by the template or by ECS itself",
                "another name",
            )
    for name in sorted(set(settings.service.environment) & set(settings.service.secrets)):
        yield Impossible(
            (f"service.secrets.{name}", f"service.environment.{name}"),
            f"{name} is both a secret and plain text",
            "one of the two",
        )


def _plain_secrets(settings: Settings) -> Iterator[Impossible]:
    for name, value in settings.service.environment.items():
        if "{{resolve:" in value:
            yield Impossible(
                (f"service.environment.{name}",),
                "CloudFormation would put the secret's value into the task definition",
                f"{name} in service.secrets, with the secret's ARN",
            )


def _secret_regions(settings: Settings) -> Iterator[Impossible]:
    for name, arn in settings.service.secrets.items():
        region = arn.split(":")[3]
        if region != settings.region:
            yield Impossible(
                (f"service.secrets.{name}", "region"),
                f"the secret lies in {region}, and the tasks run in {settings.region}",
                f"a secret of {settings.region}; Secrets Manager can replicate it",
            )


def _tags(settings: Settings) -> Iterator[Impossible]:
    for name in sorted({"project", "environment"} & set(settings.tags)):
        yield Impossible(
            (f"tags.{name}",), f"{name} is a tag of every stack already", "another key"
        )


def _throttles(settings: Settings) -> Iterator[Impossible]:
    api = settings.api
    rate, burst = facts.throttle_quota(settings.region)
    account = Client(rate_limit=rate, burst_limit=burst)
    for limit in ("rate_limit", "burst_limit"):
        ceiling = getattr(api, limit)
        if ceiling > getattr(account, limit):
            yield Impossible(
                (f"api.{limit}",),
                f"{ceiling:g} exceeds what an AWS account has in {settings.region}",
                f"{getattr(account, limit):g} or less",
            )
        for name, client in api.clients.items():
            if getattr(client, limit) > ceiling:
                yield Impossible(
                    (f"api.clients.{name}.{limit}", f"api.{limit}"),
                    f"{getattr(client, limit):g} exceeds the ceiling api.{limit} = {ceiling:g}",
                    f"{ceiling:g} or less, or a higher api.{limit}",
                )


def _clients(settings: Settings) -> Iterator[Impossible]:
    if SMOKE_CLIENT in settings.api.clients:
        yield Impossible(
            (f"api.clients.{SMOKE_CLIENT}",),
            f"{SMOKE_CLIENT} is the client of `make smoke`, which every API has already",
            "another name",
        )


def _cors(settings: Settings) -> Iterator[Impossible]:
    api = settings.api
    if api.cors_allow_credentials and api.cors_allow_origin == "*":
        yield Impossible(
            ("api.cors_allow_credentials", "api.cors_allow_origin"),
            "browsers refuse credentials where every origin is allowed",
            'one origin, such as cors_allow_origin = "https://www.example.com"',
        )


def _domain(settings: Settings) -> Iterator[Impossible]:
    domain, zone = settings.dns.domain, settings.account.hosted_zone
    if domain is None:
        return
    if zone is None:
        yield Impossible(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} has no hosted zone",
            'account.hosted_zone in project.toml, such as "example.com"',
        )
    elif not f".{domain}".endswith(f".{zone}"):
        yield Impossible(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} lies outside the hosted zone {zone}",
            f"a name that ends in .{zone}",
        )


def _zone_id(settings: Settings) -> Iterator[Impossible]:
    account = settings.account
    if account.hosted_zone_id and account.hosted_zone is None:
        yield Impossible(
            ("account.hosted_zone_id", "account.hosted_zone"),
            "the zone has an id and no name",
            'account.hosted_zone beside it, such as "example.com"',
        )


def _budget(settings: Settings) -> Iterator[Impossible]:
    account = settings.account
    if account.monthly_budget_usd is not None:
        return
    for key in ("budget_email", "budget_by_tag"):
        if getattr(account, key):
            yield Impossible(
                (f"account.{key}", "account.monthly_budget_usd"),
                "there is no budget of the account",
                "account.monthly_budget_usd beside it, such as 100",
            )


def _retention(settings: Settings) -> Iterator[Impossible]:
    if settings.logs.retention_days not in facts.retention_days():
        yield Impossible(
            ("logs.retention_days",),
            f"CloudWatch Logs has no retention of {settings.logs.retention_days} days",
            f"one of {', '.join(map(str, facts.retention_days()))}",
        )
