"""Combinations of settings that are invalid: each check has one reason and an expectation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import PurePosixPath

from cfnlink.aws import limits, rds
from cfnlink.aws.dns import is_within
from templates.settings.expected import one_of
from templates.settings.model import SMOKE_CLIENT, Client, NetworkSettings, Settings

# An internal load balancer wants 8 free addresses and a /27 in each of its subnets:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
LARGEST_SUBNET_PREFIX = 27
# Route table limits aside, a VPC is /16 to /28; six subnets of /27 need a /24.
VPC_PREFIXES = range(16, 25)
SUBNETS = ("public_cidrs", "private_cidrs", "database_cidrs")
# What the template and ECS put into the container:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
OWN_TAGS = ("project", "environment")  # of every stack
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
class InvalidCombination:
    """A combination that AWS rejects, or that cannot work.

    keys: all settings that take part, the one to change first; wrong: what is wrong;
    expected: what is expected of the first.
    """

    keys: tuple[str, ...]
    wrong: str
    expected: str


def invalid_combinations(settings: Settings) -> Iterator[InvalidCombination]:
    """Yield invalid combinations of settings with valid single values, one for each cause."""
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
        _restore,
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
        _default_endpoint,
        _retention,
    ):
        yield from check(settings)


def _region(settings: Settings) -> Iterator[InvalidCombination]:
    yield from unknown_region(settings.region)


def unknown_region(region: str) -> Iterator[InvalidCombination]:
    """Yield the fault of a region that AWS does not have."""
    known = limits.regions()
    if region not in known:
        wrong = f"AWS has no region {region}"
        yield InvalidCombination(("region",), wrong, one_of(known, region, "regions"))


def _zones(settings: Settings) -> Iterator[InvalidCombination]:
    """The zones are two of the region's that take a VPC link, where they are known."""
    first, second = settings.network.zones
    known = limits.zones(settings.region)
    wrong = [f"{first} is named twice"] if first == second else []
    for zone in dict.fromkeys((first, second)) if known.every else ():
        if zone not in known.every:
            wrong.append(f"{zone} is not a zone of {settings.region}")
        elif zone not in known.vpc_link:
            wrong.append(f"API Gateway cannot place a VPC link in {zone}")
    if wrong:
        usable = ", ".join(known.vpc_link)
        yield InvalidCombination(
            ("network.zones", "region"),
            " and ".join(wrong),
            f"two of {usable}" if usable else "two zones",
        )


def _network_size(settings: Settings) -> Iterator[InvalidCombination]:
    cidr = settings.network.cidr
    if cidr.is_multicast or cidr.is_loopback or cidr.is_link_local or cidr.is_reserved:
        yield InvalidCombination(
            ("network.cidr",),
            f"{cidr} holds no addresses of hosts",
            "a private range, such as 10.0.0.0/16",
        )
    elif cidr.prefixlen not in VPC_PREFIXES:
        yield InvalidCombination(
            ("network.cidr",),
            f"{cidr} is a /{cidr.prefixlen}",
            f"a range from /{VPC_PREFIXES[0]} to /{VPC_PREFIXES[-1]}, such as 10.0.0.0/16",
        )


def _subnets(settings: Settings) -> Iterator[InvalidCombination]:
    """Yield the first fault of each pair of subnets that a file states.

    The others follow from network.cidr and fit if it does.
    """
    network = settings.network
    if any(_network_size(settings)):
        return
    for key in sorted(network.model_fields_set & set(SUBNETS), key=SUBNETS.index):
        found = (_subnet_fault(network, key, subnet) for subnet in getattr(network, key))
        wrong, expected = next(filter(None, found), (None, ""))
        if wrong:
            keys = (f"network.{name}" for name in (key, "cidr", *SUBNETS) if name != key)
            yield InvalidCombination((f"network.{key}", *keys), wrong, expected)


def _subnet_fault(
    network: NetworkSettings, key: str, subnet: IPv4Network
) -> tuple[str, str] | None:
    """Return what is wrong with one subnet of a key, and what is expected."""
    if not subnet.subnet_of(network.cidr):
        wrong = f"{subnet} lies outside the network {network.cidr}"
        return wrong, f"a range inside {network.cidr}, or no such key: it is then derived"
    if subnet.prefixlen > LARGEST_SUBNET_PREFIX:
        return f"{subnet} is too small", f"a /{LARGEST_SUBNET_PREFIX} or larger"
    for name in SUBNETS:
        others = getattr(network, name)
        for other in others if name != key else set(others) - {subnet}:
            if subnet.overlaps(other):
                return f"{subnet} overlaps {other} of {name}", "six ranges that do not overlap"
    return None


def _egress(settings: Settings) -> Iterator[InvalidCombination]:
    network = settings.network
    if network.nat_gateways > 1 and network.egress != "nat":
        yield InvalidCombination(
            ("network.nat_gateways", "network.egress"),
            f"{network.nat_gateways} NAT gateways with egress {network.egress}",
            'egress = "nat", or leave nat_gateways out',
        )


def _engine_version(settings: Settings) -> Iterator[InvalidCombination]:
    version = settings.database.engine_version
    if limits.known_version(version) is None:
        major = f"{version.partition('.')[0]}."
        same = [v for v in limits.creatable_versions() if v.startswith(major)]
        yield InvalidCombination(
            ("database.engine_version",),
            f"AWS creates no instance of PostgreSQL {version}",
            one_of(same or limits.creatable_versions(), version, "versions"),
        )


def _instance_class(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    known = limits.known_version(database.engine_version)
    if known is None:
        return
    classes = limits.instance_classes(known)
    if database.instance_class not in classes:
        yield InvalidCombination(
            ("database.instance_class", "database.engine_version"),
            f"PostgreSQL {database.engine_version} does not run on {database.instance_class}",
            one_of(sorted(classes), database.instance_class, "classes"),
        )


def _storage(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    least = database.storage_gib + rds.growth_gib(database.storage_gib)
    if database.storage_limit_gib < least:
        yield InvalidCombination(
            ("database.storage_limit_gib", "database.storage_gib"),
            f"RDS never grows {database.storage_gib} GiB to {database.storage_limit_gib} GiB: "
            "its smallest step is 10 GiB and a tenth",
            f"{least} or more",
        )


def _windows(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    backup = rds.window_minutes(database.backup_window)
    weekly = rds.window_minutes(database.maintenance_window, weekly=True)
    for key, window in (
        ("database.backup_window", backup),
        ("database.maintenance_window", weekly),
    ):
        if not rds.is_window(window):
            yield InvalidCombination(
                (key,),
                f"the window lasts {len(window)} minutes",
                f"{rds.SHORTEST_WINDOW_MINUTES} minutes to a day",
            )
    if rds.windows_overlap(backup, weekly):
        yield InvalidCombination(
            ("database.maintenance_window", "database.backup_window"),
            f"{database.maintenance_window} overlaps backup_window {database.backup_window}",
            "two windows that do not touch the same minutes of a day",
        )


def _snapshot(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    if database.snapshot and database.snapshot.endswith(settings.database_identifier):
        yield InvalidCombination(
            ("database.snapshot", "database.generation", "project"),
            f"{database.snapshot} is the name of the instance itself",
            f"the id of a snapshot: aws rds describe-db-snapshots --region {settings.region}",
        )


def _restore(settings: Settings) -> Iterator[InvalidCombination]:
    """A snapshot and another instance are two sources; another instance needs a time."""
    database = settings.database
    source, time = database.restore_source, database.restore_time
    if database.snapshot and (source or time):
        yield InvalidCombination(
            (f"database.{'restore_source' if source else 'restore_time'}", "database.snapshot"),
            "it and snapshot are two sources of one instance",
            "one of them: the data comes from a snapshot, or from an instance at a time",
        )
    elif source and not time:
        yield InvalidCombination(
            ("database.restore_time", "database.restore_source"),
            f"the data of {source} needs a time",
            'restore_time = "latest" beside it, or a time such as "2026-11-26T10:00:00Z"',
        )
    elif time and not source:
        yield InvalidCombination(
            ("database.restore_source", "database.restore_time"),
            f"{time} is a time of no instance",
            "restore_source beside it: make restore TIME=... prints both",
        )
    elif time and time != "latest" and not _is_time(time):
        yield InvalidCombination(
            ("database.restore_time",),
            f"{time} is no time",
            "a time in UTC that exists, such as 2026-11-26T10:00:00Z",
        )


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _fargate_size(settings: Settings) -> Iterator[InvalidCombination]:
    service, sizes = settings.service, limits.fargate_memory()
    if service.cpu not in sizes:
        yield InvalidCombination(
            ("service.cpu",),
            f"Fargate has no task of {service.cpu} CPU units",
            one_of(list(sizes), service.cpu),
        )
    elif service.memory_mib not in sizes[service.cpu]:
        yield InvalidCombination(
            ("service.memory_mib", "service.cpu"),
            f"Fargate has no task of {service.cpu} CPU units and {service.memory_mib} MiB",
            one_of(sizes[service.cpu], service.memory_mib),
        )


def _task_count(settings: Settings) -> Iterator[InvalidCombination]:
    service = settings.service
    if service.minimum_tasks > service.maximum_tasks:
        yield InvalidCombination(
            ("service.minimum_tasks", "service.maximum_tasks"),
            f"the minimum {service.minimum_tasks} is above the maximum {service.maximum_tasks}",
            f"a minimum of {service.maximum_tasks} or less, or a higher maximum",
        )


def _root_file_system(settings: Settings) -> Iterator[InvalidCombination]:
    """The agent of ECS Exec writes to the root file system.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    if settings.service.ecs_exec and settings.service.read_only:
        yield InvalidCombination(
            ("service.ecs_exec", "service.read_only"),
            "ECS Exec does not work while the root file system is read-only",
            "read_only = false beside it",
        )


def _writable_paths(settings: Settings) -> Iterator[InvalidCombination]:
    """A path that lies in another one, or stands twice, would be mounted twice."""
    paths = sorted(map(PurePosixPath, settings.service.writable_paths))
    for path, other in combinations(paths, 2):
        if other.is_relative_to(path):
            yield InvalidCombination(
                ("service.writable_paths",),
                f"{other} lies in {path}, which is writable already",
                f"{path} alone",
            )
            return


def _connections(settings: Settings) -> Iterator[InvalidCombination]:
    service, instance_class = settings.service, settings.database.instance_class
    keys = (
        "service.database_pool_size",
        "service.maximum_tasks",
        "database.instance_class",
    )
    if any(_instance_class(settings)):
        return
    if instance_class not in rds.measured_classes():
        yield InvalidCombination(
            ("database.instance_class",),
            f"the memory of {instance_class} is not known, so connections cannot be counted",
            "a class of cfnlink/aws/instance_classes.yaml, or add it there with its source",
        )
        return
    available = rds.connections(instance_class)
    needed = service.maximum_tasks * ROLLING_DEPLOYMENT * service.database_pool_size
    if needed > available:
        pool = available // (service.maximum_tasks * ROLLING_DEPLOYMENT)
        smaller = f"a pool of {pool} or less, " if pool else ""
        yield InvalidCombination(
            keys,
            f"{service.maximum_tasks} tasks x {ROLLING_DEPLOYMENT} in a rolling deployment x "
            f"{service.database_pool_size} connections are {needed}; "
            f"{instance_class} takes {available}",
            f"{smaller}fewer tasks, or a larger instance class",
        )


def _reserved_names(settings: Settings) -> Iterator[InvalidCombination]:
    for key in ("environment", "secrets"):
        for name in sorted(TAKEN & set(getattr(settings.service, key))):
            yield InvalidCombination(
                (f"service.{key}.{name}",),
                f"{name} is set by the template or by ECS itself",
                "another name",
            )
    for name in sorted(set(settings.service.environment) & set(settings.service.secrets)):
        yield InvalidCombination(
            (f"service.secrets.{name}", f"service.environment.{name}"),
            f"{name} is both a secret and plain text",
            "one of the two",
        )


def _plain_secrets(settings: Settings) -> Iterator[InvalidCombination]:
    for name, value in settings.service.environment.items():
        if "{{resolve:" in value:
            yield InvalidCombination(
                (f"service.environment.{name}",),
                "CloudFormation would put the secret's value into the task definition",
                f"{name} in service.secrets, with the secret's ARN",
            )


def _secret_regions(settings: Settings) -> Iterator[InvalidCombination]:
    for name, arn in settings.service.secrets.items():
        region = arn.split(":")[3]
        if region != settings.region:
            yield InvalidCombination(
                (f"service.secrets.{name}", "region"),
                f"the secret lies in {region}, and the tasks run in {settings.region}",
                f"a secret of {settings.region}; Secrets Manager can replicate it",
            )


def _tags(settings: Settings) -> Iterator[InvalidCombination]:
    """IAM compares the keys of tags without regard to case."""
    for name in sorted(key for key in settings.tags if key.lower() in OWN_TAGS):
        yield InvalidCombination(
            (f"tags.{name}",), f"{name} is a tag of every stack already", "another key"
        )


def _throttles(settings: Settings) -> Iterator[InvalidCombination]:
    api = settings.api
    rate, burst = limits.throttle_quota(settings.region)
    account = Client(rate_limit=rate, burst_limit=burst)
    for limit in ("rate_limit", "burst_limit"):
        ceiling = getattr(api, limit)
        if ceiling > getattr(account, limit):
            yield InvalidCombination(
                (f"api.{limit}", "region"),
                f"{ceiling:g} exceeds what an AWS account has in {settings.region}",
                f"{getattr(account, limit):g} or less",
            )
        for name, client in api.clients.items():
            if getattr(client, limit) > ceiling:
                yield InvalidCombination(
                    (f"api.clients.{name}.{limit}", f"api.{limit}"),
                    f"{getattr(client, limit):g} exceeds the ceiling api.{limit} = {ceiling:g}",
                    f"{ceiling:g} or less, or a higher api.{limit}",
                )


def _clients(settings: Settings) -> Iterator[InvalidCombination]:
    if SMOKE_CLIENT in settings.api.clients:
        yield InvalidCombination(
            (f"api.clients.{SMOKE_CLIENT}",),
            f"{SMOKE_CLIENT} is the client of `make smoke`, which every API has already",
            "another name",
        )


def _cors(settings: Settings) -> Iterator[InvalidCombination]:
    api = settings.api
    if api.cors_allow_credentials and api.cors_allow_origin == "*":
        yield InvalidCombination(
            ("api.cors_allow_credentials", "api.cors_allow_origin"),
            "browsers refuse credentials where every origin is allowed",
            'one origin, such as cors_allow_origin = "https://www.example.com"',
        )


def _domain(settings: Settings) -> Iterator[InvalidCombination]:
    domain, zone = settings.dns.domain, settings.account.hosted_zone
    if domain is None:
        return
    if zone is None:
        yield InvalidCombination(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} has no hosted zone",
            'account.hosted_zone in project.toml, such as "example.com"',
        )
    elif not is_within(domain, zone):
        yield InvalidCombination(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} lies outside the hosted zone {zone}",
            f"a name that ends in .{zone}",
        )


def _zone_id(settings: Settings) -> Iterator[InvalidCombination]:
    account = settings.account
    if account.hosted_zone_id and account.hosted_zone is None:
        yield InvalidCombination(
            ("account.hosted_zone_id", "account.hosted_zone"),
            "the zone has an id and no name",
            'account.hosted_zone beside it, such as "example.com"',
        )


def _default_endpoint(settings: Settings) -> Iterator[InvalidCombination]:
    if settings.api.default_endpoint == "closed" and settings.dns.domain is None:
        yield InvalidCombination(
            ("api.default_endpoint", "dns.domain"),
            "no address leads to the API",
            '"open", or dns.domain beside it',
        )


def _budget(settings: Settings) -> Iterator[InvalidCombination]:
    account = settings.account
    if account.monthly_budget_usd is not None:
        return
    for key in ("budget_email", "budget_by_tag"):
        if getattr(account, key):
            yield InvalidCombination(
                (f"account.{key}", "account.monthly_budget_usd"),
                "there is no budget of the account",
                "account.monthly_budget_usd beside it, such as 100",
            )


def _retention(settings: Settings) -> Iterator[InvalidCombination]:
    if settings.logs.retention_days not in limits.retention_days():
        yield InvalidCombination(
            ("logs.retention_days",),
            f"CloudWatch Logs has no retention of {settings.logs.retention_days} days",
            one_of(limits.retention_days(), settings.logs.retention_days),
        )
