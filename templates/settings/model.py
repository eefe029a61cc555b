"""The settings of one environment: typed, frozen, each default beside its setting.

This module checks single values; combinations.py checks them together. Units are in the
names.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import core_schema

EXPECTED = "x-expected"  # the key of a text's words in the JSON Schema


@dataclass(frozen=True)
class Text:
    """A text with a pattern, which the schema shows and the words explain."""

    pattern: str
    words: str
    longest: int | None = None

    def check(self, value: str) -> str:
        """Return the value. Raises ValueError."""
        fits = self.longest is None or len(value) <= self.longest
        if not fits or re.fullmatch(self.pattern, value) is None:
            raise ValueError(self.words)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {**handler(schema), "pattern": f"^{self.pattern}$"}
        shown[EXPECTED] = self.words
        return shown | ({"maxLength": self.longest} if self.longest else {})


Name = Annotated[
    str,
    Text(r"[a-z](-?[a-z0-9])*", "small letters, digits and single hyphens, such as shop", 20),
]
# Names begin with the project's: the parameter of the lease, and what CloudFormation makes up.
# That SSM reserves aws and ssm behind the first slash, too, and that the name of a load
# balancer keeps as much of the stack's as `internal-`, is not verified.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
# A user met the second: https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/146
ProjectName = Annotated[
    str,
    Text(
        r"(?!aws|ssm|internal(-|$))[a-z](-?[a-z0-9])*",
        "small letters, digits and single hyphens, such as shop; not aws... or ssm..., which "
        "AWS reserves for parameters of SSM, nor internal-..., for load balancers",
        20,
    ),
]
DOMAIN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
DOMAIN_WORDS = "a domain name in small letters, such as example.com"
DomainName = Annotated[str, Text(DOMAIN, DOMAIN_WORDS, 253)]
# ACM takes no longer one: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
CertificateName = Annotated[str, Text(DOMAIN, DOMAIN_WORDS, 64)]
Window = Annotated[
    str,
    Text(
        r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d",
        "two times of day in UTC: 03:00-04:00",
    ),
]
WeeklyWindow = Annotated[
    str,
    Text(
        r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d",
        "two times of the week in UTC: sun:04:30-sun:05:30",
    ),
]
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
ZoneId = Annotated[
    str,
    Text(r"[a-z]+\d-az\d", "an id such as use1-az1, not a name such as us-east-1a"),
]
VariableName = Annotated[
    str, Text(r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and _, not starting with a digit")
]
ClientId = Annotated[
    str, Text(r"[a-z][a-z0-9]*", "small letters and digits, such as mobile", 30)
]
EmailAddress = Annotated[
    str, Text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an address such as ops@example.com")
]
HeaderText = Annotated[str, Text(r"[A-Za-z0-9_,\-* ]*", "names with commas between them", 1000)]
WritablePath = Annotated[
    str,
    Text(
        r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._\-]+)+",
        "an absolute path of letters, digits, dots, _ and -, such as /tmp",
        255,
    ),
]
SecretArn = Annotated[
    str,
    Text(
        r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@:\-]+",
        "the whole ARN of one secret, with :key:: behind it for a key of JSON",
    ),
]


def _subnets_of(network: IPv4Network, index: int) -> tuple[IPv4Network, IPv4Network]:
    """Return two neighbouring subnets, an eighth of the network or a /24, whichever
    is smaller."""
    prefix = min(max(network.prefixlen + 3, 24), 28)
    size = 1 << (32 - prefix)
    first = int(network.network_address) + 2 * index * size
    return IPv4Network((first, prefix)), IPv4Network((first + size, prefix))


def _default_subnets(index: int) -> Any:
    """Return a default that follows the network's own range, if that is valid."""
    return Field(
        default_factory=lambda data: _subnets_of(
            data.get("cidr", IPv4Network("10.0.0.0/16")), index
        )
    )


class Section(BaseModel):
    """A table of the settings files: unknown keys and other types are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class AccountSettings(Section):
    """Resources that the project has once in its account and region (project.toml only)."""

    id: (
        Annotated[str, Text(r"\d{12}", "the account's 12 digits, such as 111122223333")] | None
    ) = None
    """The account of all stacks. The commands of this tool stop before they ask or change
    anything where the credentials are of another one."""
    api_gateway_log_role: Literal["create", "existing"] = "create"
    """API Gateway has one log role per region: create it, or leave it to its owner."""
    hosted_zone: DomainName | None = None
    """The zone in which the environments' domains lie."""
    hosted_zone_id: (
        Annotated[str, Text(r"Z[A-Z0-9]+", "a zone's id, such as Z0123456789ABC")] | None
    ) = None
    """The id of that zone where it exists already; left out, the zone is created. Decide
    before the first deployment: it is handed to other stacks."""
    images_kept: Annotated[int, Field(ge=100, le=10_000)] = 500
    """Tagged images that the repository keeps; it knows nothing of running tasks. An
    image for several CPUs, or with attestations, counts as several."""
    monthly_budget_usd: Annotated[float, Field(gt=0)] | None = None
    """AWS Budgets sends a mail when the account's month costs more, or is forecast to."""
    budget_email: EmailAddress | None = None
    """Receives the mails of the budget; it needs no confirmation."""
    budget_by_tag: bool = False
    """Count only what carries the tag project. The payer's account must activate the tag
    for cost allocation."""


class NetworkSettings(Section):
    """The VPC, its two zones, and the way out of it."""

    zones: tuple[ZoneId, ZoneId]
    """Two availability zones by id, the same in every account. They and the ranges
    below cannot change."""
    cidr: IPv4Network = IPv4Network("10.0.0.0/16")
    """The range of the VPC, /16 to /24."""
    public_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(0)
    """One public subnet for each zone."""
    private_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(1)
    """One private subnet for each zone: load balancer, VPC link, tasks behind a NAT."""
    database_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(2)
    """One subnet for each zone, without a route out."""
    egress: Literal["public-ip", "nat", "endpoints"] = "public-ip"
    """How tasks reach AWS: public-ip is the cheapest, nat hides them, endpoints isolate."""
    nat_gateways: Annotated[int, Field(ge=1, le=2)] = 1
    """With egress nat: one for both zones, or one for each."""


class DatabaseSettings(Section):
    """The PostgreSQL instance."""

    engine_version: Annotated[
        str, Text(r"\d+\.\d+", "major and minor version, such as 15.19")
    ] = "15.19"
    """Minor version at creation; RDS upgrades minors itself. Never lower it."""
    allow_major_upgrade: bool = False
    """Let the next deployment change the major version; for that one only."""
    instance_class: Annotated[
        str, Text(r"db\.[a-z0-9]+\.[a-z0-9]+", "a class such as db.t4g.micro")
    ] = "db.t4g.micro"
    """The instance class; its memory bounds the connections."""
    multi_az: bool = True
    """A standby in the other zone."""
    storage_gib: Annotated[int, Field(ge=20, le=65_536)] = 20
    """gp3 storage in GiB."""
    storage_limit_gib: Annotated[int, Field(ge=20, le=65_536)] = 100
    """Limit of the automatic growth of storage, in GiB."""
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    """Days of automated backups."""
    backup_window: Window = "03:00-04:00"
    """Daily window in UTC, 30 minutes at least."""
    maintenance_window: WeeklyWindow = "sun:04:30-sun:05:30"
    """Weekly window in UTC, apart from the backup window."""
    deletion_protection: bool = True
    """The instance refuses deletion until this is turned off."""
    apply_immediately: bool = False
    """Apply a change that restarts the instance now instead of in the window."""
    ssl_mode: Literal["require", "verify-full"] = "require"
    """sslmode in DB_URL; verify-full needs the RDS certificates in the image."""
    master_username: Annotated[
        str,
        Text(
            r"(?!(admin|rdsadmin|user|root|app_[ab])$)[a-z][a-z0-9_]*",
            "small letters, digits and _, not a name that RDS or this project takes: "
            "admin, rdsadmin, user, root, app_a, app_b",
            16,
        ),
    ] = "dbadmin"
    """The owner of the instance. It stays for the life of the instance and its snapshots."""
    generation: Annotated[int, Field(ge=1, le=999)] = 1
    """Part of the instance's name. Raise it with each restore."""
    snapshot: (
        Annotated[str, Text(r"[A-Za-z][A-Za-z0-9:.\-_/]*", "a snapshot's id or ARN")] | None
    ) = None
    """The snapshot from which this generation was made; it stays for its whole life."""
    restore_source: (
        Annotated[str, Text(r"db-[A-Z0-9]+", "a resource id of RDS, such as db-ABCDEFGHIJK")]
        | None
    ) = None
    """The resource id of the instance whose data this generation was made from, in place of a
    snapshot. It stays for the whole life of this generation."""
    restore_time: (
        Annotated[
            str,
            Text(
                r"latest|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                '"latest", or a time in UTC, such as 2026-11-26T10:00:00Z',
            ),
        ]
        | None
    ) = None
    """The moment of that data; it stays for the whole life of this generation."""


class ServiceSettings(Section):
    """The container and how many of it run."""

    cpu: int = 256
    """CPU units of a task; 1024 are one vCPU."""
    memory_mib: int = 512
    """Memory of a task in MiB."""
    cpu_architecture: Literal["ARM64", "X86_64"] = "ARM64"
    """The CPU for which the image is built; ARM64 costs a fifth less."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 3000
    """The port on which the container listens."""
    health_path: Annotated[str, Text(r"/[!-~]*", "a path that starts with /", 1024)] = "/health"
    """A path that answers 200 without asking the database."""
    minimum_tasks: Annotated[int, Field(ge=1, le=1000)] = 2
    """Tasks that always run."""
    maximum_tasks: Annotated[int, Field(ge=1, le=1000)] = 6
    """Tasks that auto scaling may start."""
    cpu_target_percent: Annotated[int, Field(ge=10, le=90)] = 60
    """Average CPU that auto scaling aims at."""
    requests_per_target: Annotated[int, Field(ge=1)] = 1000
    """Requests a minute and task that auto scaling aims at."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of tasks on Spot; below 100 one task always runs on demand."""
    read_only: bool = True
    """The root file system is read-only, except for `writable_paths`."""
    writable_paths: tuple[WritablePath, ...] = ("/tmp",)  # noqa: S108 (a path in the container)
    """Directories that stay writable under a read-only root: each is an empty volume that
    ends with its task. The image declares each with VOLUME, or only root may write there."""
    ecs_exec: bool = False
    """Allow `aws ecs execute-command`; it needs `read_only = false`."""
    stop_timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 30
    """Seconds from SIGTERM to SIGKILL."""
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 5
    """Connections of one task, handed to it as DB_POOL_SIZE."""
    environment: dict[VariableName, str] = {}
    """Further environment variables of the container, in plain text."""
    secrets: dict[VariableName, SecretArn] = {}
    """Further secrets: variable name to the ARN of a Secrets Manager secret, with
    `:key::` behind it for one key of a JSON secret. The secret has to carry the tags
    `project` and `environment`, and to be encrypted with the key of Secrets Manager,
    `aws/secretsmanager`: the roles of tasks may use no key of your own."""


SMOKE_CLIENT = "smoke"  # the client that every API has beside those of the settings


class Client(Section):
    """One user of the API: a key of its own and a plan of its own."""

    rate_limit: Annotated[float, Field(gt=0)] = 10
    """Requests a second in the long run."""
    burst_limit: Annotated[int, Field(ge=1)] = 20
    """Requests at once."""
    monthly_quota: Annotated[int, Field(ge=1)] = 1_000_000
    """Requests a month."""


class ApiSettings(Section):
    """The REST API in front of the service."""

    clients: Annotated[dict[ClientId, Client], Field(min_length=1)] = {"default": Client()}
    """The users of the API. A client's id cannot change: key ids depend on it."""
    rate_limit: Annotated[float, Field(gt=0)] = 100
    """Ceiling for all clients together, requests a second."""
    burst_limit: Annotated[int, Field(ge=1)] = 200
    """Ceiling for all clients together, requests at once."""
    timeout_seconds: Annotated[float, Field(ge=0.05, le=300)] = 29
    """How long the gateway waits for the service. Above 29 the account needs a higher quota:
    Maximum integration timeout in milliseconds, L-E5AE38E3."""
    default_endpoint: Literal["open", "closed"] = "open"
    """The API's own execute-api address. Close it once the domain answers: an API whose
    address is closed is down while its certificate waits."""
    stage: Annotated[
        str, Text(r"[A-Za-z0-9_\-]+", "letters, digits, _ and -, such as gateway-stage", 128)
    ] = "gateway-stage"
    """The name of the API's stage, which cannot change. No path of the service may begin with
    it."""
    cors_allow_origin: Annotated[
        str,
        Text(
            r"(\*|https?://[a-z0-9.\-]+(:\d+)?)",
            "* or one origin, such as https://www.example.com",
        ),
    ] = "*"
    """One origin, or * for all. Several origins need the service itself."""
    cors_allow_methods: HeaderText = "GET,POST,PUT,PATCH,DELETE,OPTIONS"
    """Methods that browsers may use."""
    cors_allow_headers: HeaderText = "Content-Type,X-Api-Key,Authorization"
    """Request headers that browsers may send."""
    cors_expose_headers: HeaderText = "x-amzn-RequestId"
    """Response headers that browsers may show to a page."""
    cors_allow_credentials: bool = False
    """Let browsers send cookies; needs one origin."""
    cors_max_age_seconds: Annotated[int, Field(ge=0, le=86_400)] = 3600
    """How long a browser may remember a preflight."""


class DnsSettings(Section):
    """The API's own name."""

    domain: CertificateName | None = None
    """A name in the account's hosted zone; left out, execute-api answers."""


class LogSettings(Section):
    """What is logged and for how long."""

    retention_days: int = 7
    """Days for which each log group keeps its events."""


class MonitoringSettings(Section):
    """Receivers of alarms, and limits of alarms."""

    alarm_email: EmailAddress | None = None
    """Receives a mail for each alarm, after confirming the subscription."""
    latency_ms: Annotated[int, Field(ge=1)] = 1000
    """Alarm when the 95th percentile of answers stays above."""
    server_error_percent: Annotated[float, Field(gt=0, le=100)] = 5
    """Alarm when this share of requests fails."""


class Usage(Section):
    """The usage of a month that the bill assumes; AWS never sees it."""

    requests: Annotated[int, Field(ge=0)] = 1_000_000
    """API requests."""
    average_tasks: Annotated[float, Field(ge=0)] | None = None
    """Tasks that run on average; left out, the minimum."""
    log_gb: Annotated[float, Field(ge=0)] = 2.6
    """Log volume of all groups, in GB."""
    data_out_gb: Annotated[float, Field(ge=0)] = 5
    """Answers sent to the internet, in GB."""
    data_aws_gb: Annotated[float, Field(ge=0)] = 5
    """Tasks to AWS and the internet (images, logs, calls), in GB: NAT and endpoints."""
    balancer_units: Annotated[float, Field(ge=0)] = 0.1
    """Average capacity units (LCU) of the load balancer."""
    backup_gb: Annotated[float, Field(ge=0)] = 0
    """Backups beyond the free size of the database, in GB."""
    storage_growth_gb: Annotated[float, Field(ge=0)] = 0
    """Growth of the database beyond its first size, in GB."""
    data_zones_gb: Annotated[float, Field(ge=0)] = 0
    """Between tasks and a database in another zone, both ways together, in GB."""
    cpu_credit_hours: Annotated[float, Field(ge=0)] = 0
    """vCPU-hours that the database computes above the baseline of its class."""
    image_gb: Annotated[float, Field(ge=0)] = 1
    """Images in the repository, in GB."""
    database_term: Literal[
        "on-demand",
        "1y-no-upfront",
        "1y-partial-upfront",
        "1y-all-upfront",
        "3y-partial-upfront",
    ] = "on-demand"
    """How the database is paid: a reserved instance is bought apart from any stack."""
    compute_term: Literal["on-demand", "1y-savings-plan", "3y-savings-plan"] = "on-demand"
    """How tasks are paid: a Compute Savings Plan is bought apart from any stack."""


Tag = Annotated[
    str, Text(r"(?!aws:|AWS:)[^\x00-\x1f]+", "a text that does not start with aws:", 128)
]
Tags = Annotated[dict[Tag, Annotated[str, Field(max_length=256)]], Field(max_length=45)]


PricedName = Annotated[
    str,
    Text(
        r"[A-Za-z0-9]+(::[A-Za-z0-9]+)*",
        "a type such as AWS::SQS::Queue, or an id of system.yaml such as JobsQueue",
    ),
]
Prices = dict[PricedName, Annotated[float, Field(ge=0)]]


class Settings(Section):
    """All settings of one environment of a project."""

    project: ProjectName
    """The project's name: the head of every stack's name, and of the parameter of SSM that
    a command holds while it changes an environment."""
    region: Annotated[str, Text(r"[a-z]{2,4}(-[a-z]+)+-\d", "a region such as us-east-1")]
    """The region of all stacks."""
    environment: Name
    """The environment's name, which is its file's name."""
    account: AccountSettings = AccountSettings()
    """What the project has once."""
    network: NetworkSettings
    """The VPC; at least its two zones must be stated."""
    database: DatabaseSettings = DatabaseSettings()
    """PostgreSQL."""
    service: ServiceSettings = ServiceSettings()
    """The container."""
    api: ApiSettings = ApiSettings()
    """The REST API and its clients."""
    dns: DnsSettings = DnsSettings()
    """The domain of the API."""
    logs: LogSettings = LogSettings()
    """How long logs are kept."""
    monitoring: MonitoringSettings = MonitoringSettings()
    """Alarms."""
    usage: Usage = Usage()
    """What the bill assumes."""
    tags: Tags = {}
    """Tags of every stack beside project and environment."""
    prices: Prices = {}
    """Your own monthly prices in USD, in place of what the bill finds: each resource of a
    type, or one resource by its id in system.yaml, which wins over its type."""
    monthly_budget_usd: Annotated[float, Field(ge=0)] | None = None
    """The bill in USD above which `make check` fails."""

    @property
    def system(self) -> str:
        """The head of the names of all that belongs to this environment."""
        return f"{self.project}-{self.environment}"

    @property
    def database_identifier(self) -> str:
        """The instance's name. It is fixed, since its log groups carry it, and holds a
        generation, since a name that stays blocks a replacement."""
        return f"{self.system}-{self.database.generation}"
