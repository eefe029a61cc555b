"""The form of the catalogue's files, as far as the tool reads them.

mypy finds a misspelt key with these, and tests/aws/test_files.py holds the files against them.
The rows of types.yaml are classes: resource_type.py.
"""

from typing import (
    Any,
    NotRequired,  # of typing: pydantic needs Python 3.12
    Required,
)

from typing_extensions import TypedDict


class Source(TypedDict):
    """Where a fact was read."""

    url: str


Sources = dict[str, Source]
Lists = dict[str, list[str]]


class Region(TypedDict):
    """The availability zones of a region, and those that accept a VPC link if AWS says so."""

    zones: list[str]
    vpc_link: NotRequired[list[str]]


class Zones(TypedDict):
    """zones.yaml."""

    regions: dict[str, Region]


class Connections(TypedDict):
    """How RDS computes max_connections, and what was observed."""

    bytes_each: int
    most: int
    usable_share: float
    reserved: int
    observed: dict[str, dict[str, Any]]


class InstanceClass(TypedDict):
    """The size of a database instance."""

    memory_gib: float
    vcpu: int


class InstanceClasses(TypedDict):
    """instance_classes.yaml."""

    max_connections: Connections
    classes: dict[str, InstanceClass]


class StorageGrowth(TypedDict):
    """By how much RDS grows a storage: the larger of the two."""

    step_gib: int
    step_percent: int


class PostgreSql(TypedDict):
    """postgresql.yaml."""

    sources: Sources
    monitoring_intervals: list[int]
    storage: dict[str, dict[str, Any]]
    storage_autoscaling: StorageGrowth
    versions: dict[str, dict[str, Any]]
    lifecycle_support: list[str]
    parameters: Lists
    extension_prefixes: list[str]
    preloadable: list[str]
    preloadable_unsure: list[str]


class ThrottleQuotas(TypedDict):
    """throttle_quotas.yaml."""

    usual: list[int]
    lower: list[int]
    lower_regions: list[str]


class Offer(TypedDict):
    """Versions of PostgreSQL that RDS has on the same classes."""

    versions: list[str]
    classes: list[str]


class CfnLint(TypedDict):
    """cfn_lint.yaml."""

    regions: list[str]
    postgresql: list[Offer]
    fargate_memory_mib: dict[int, list[int]]
    retention_days: list[int]


class Quota(TypedDict):
    """A quota, by its codes in Service Quotas."""

    service: str
    code: str
    name: str


class Quotas(TypedDict):
    """quotas.yaml."""

    quotas: dict[str, Quota]


class Iam(TypedDict):
    """iam.yaml."""

    policy_sizes: dict[str, int]
    sources: Sources
    assumed_by: dict[str, Lists]
    principals: Lists
    lookalikes: dict[str, str]
    complete_prefixes: list[str]
    managed_policies: Lists
    managed_actions: Lists


class Thing(TypedDict, total=False):
    """A type of thing that others use, in rights.yaml."""

    arn: Required[str]
    ref: str
    attributes: dict[str, str]
    written: dict[str, str]
    parts: int
    key: str
    policies: dict[str, str]


Way = TypedDict(
    "Way",
    {
        "of": str,
        "names": NotRequired[str],
        "is": NotRequired[str],
        "when": NotRequired[dict[str, str]],
        "unless": NotRequired[str],
        "role": NotRequired[list[str]],
        "required": NotRequired[bool],
        "service": NotRequired[str],
        "source": NotRequired[str],
        "end": NotRequired[str],
        "actions": NotRequired[dict[str, str]],
        "allow": NotRequired[list[str]],
        "anywhere": NotRequired[list[str]],
        "key": NotRequired[list[str]],
        "open": NotRequired[bool],
        "checked": NotRequired[bool],
        "docs": str,
    },
)  # one way in which a type uses a thing, in rights.yaml; "is" is a word of Python


class Rights(TypedDict):
    """rights.yaml."""

    sources: Sources
    things: dict[str, Thing]
    consumers: dict[str, list[Way]]


class Endpoints(TypedDict):
    """endpoints.yaml."""

    gateway: list[str]
    gateway_unsure: list[str]
    interface: list[str]
    lookalikes: dict[str, str]
    told: dict[str, str]
    needed: Lists
    other_ports: list[str]
    timestream_cells: list[str]
    docker_hub: str
    public_registries: list[str]


class ReleaseSign(TypedDict):
    """What a bad release shows: metrics by namespace, or types that make a metric."""

    sign: str
    metrics: NotRequired[Lists]
    types: NotRequired[list[str]]


class Metrics(TypedDict):
    """metrics.yaml."""

    others: list[str]
    namespaces: dict[str, Any]
    namespaces_by: dict[str, Any]
    dimension_kinds: dict[str, str]
    releases: list[ReleaseSign]


class Events(TypedDict):
    """events.yaml."""

    senders: Lists
    acm: list[str]
    aliases: dict[str, str]


class Duration(TypedDict):
    """The seconds that each step of a resource usually takes."""

    create: NotRequired[int]
    update: NotRequired[int]
    delete: NotRequired[int]
    source: NotRequired[str]


class Durations(TypedDict):
    """durations.yaml."""

    default: Duration
    types: dict[str, Duration]


class Subscriptions(TypedDict):
    """subscriptions.yaml."""

    protocols: dict[str, str]


class Shapes(TypedDict):
    """shapes.yaml."""

    generic_nouns: list[str]
    stands_for: Lists
    arn_inside: list[str]
    policy_arns: list[str]
    opaque_types: list[str]
    comma_lists: list[str]
    hosts: Lists
    without_row: dict[str, dict[str, Any]]
    given_beside: dict[str, dict[str, str]]
    agreements: list[dict[str, Any]]


class Macro(TypedDict):
    """What a macro does to a template."""

    docs: str
    types: NotRequired[str]
    adds: NotRequired[list[str]]
    makes_roles: NotRequired[dict[str, str]]
    completes: NotRequired[bool]
    expands: NotRequired[bool]


class MacroFile(TypedDict):
    """macros.yaml."""

    macros: dict[str, Macro]
    own: Macro


class Containers(TypedDict):
    """containers.yaml."""

    refused: Lists
    ranges: dict[str, dict[str, Any]]


class PriceSelectors(TypedDict):
    """price_selectors.yaml."""

    every: dict[str, str | list[str]]
    items: dict[str, dict[str, Any]]
    classes: dict[str, dict[str, Any]]
    terms: dict[str, dict[str, str]]


class PriceFile(TypedDict):
    """A file of prices/: one region, or what every region shares."""

    items: dict[str, dict[str, Any]]


class PriceSources(TypedDict):
    """prices/sources.yaml."""

    hours_per_month: float


class Discounts(TypedDict):
    """prices/discounts.yaml."""

    always_free: dict[str, dict[str, Any]]
