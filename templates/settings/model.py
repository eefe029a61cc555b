"""The settings of one environment: typed, frozen, each default beside its setting.

This module checks single values; combinations/ checks them together. Units are in the
names.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from templates.settings.api import ApiSettings
from templates.settings.buckets import BucketSettings
from templates.settings.database import DatabaseSettings
from templates.settings.jobs import Job
from templates.settings.network import NetworkSettings
from templates.settings.service import ServiceSettings
from templates.settings.usage import Usage
from templates.settings.values import (
    BucketName,
    CapabilityName,
    CertificateName,
    DomainName,
    EmailAddress,
    Name,
    Prices,
    ProjectName,
    Section,
    Tags,
    Text,
)
from templates.settings.workers import WorkerSettings


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


class DnsSettings(Section):
    """The API's own name."""

    domain: CertificateName | None = None
    """A name in the account's hosted zone; left out, execute-api answers."""


class LogSettings(Section):
    """What is logged and for how long."""

    retention_days: int = 7
    """Days for which each log group keeps its events."""
    saved_queries: bool = False
    """Save the first questions after a failure as queries of CloudWatch Logs Insights."""


class MonitoringSettings(Section):
    """Receivers of alarms, and limits of alarms."""

    alarm_email: EmailAddress | None = None
    """Receives a mail for each alarm, after confirming the subscription."""
    latency_ms: Annotated[int, Field(ge=1)] = 1000
    """Alarm when the 95th percentile of answers stays above."""
    server_error_percent: Annotated[float, Field(gt=0, le=100)] = 5
    """Alarm when this share of requests fails."""


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
    workers: dict[CapabilityName, WorkerSettings] = {}
    """Work that can wait: `[workers.mail]` is a queue with tasks of its own."""
    buckets: dict[BucketName, BucketSettings] = {}
    """Buckets of S3: `[buckets.uploads]` is one. A bucket that leaves the settings stays at
    AWS with all objects; another one comes if its name returns."""
    jobs: dict[CapabilityName, Job] = {}
    """Commands that run on a schedule, each by its name."""
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
    metadata_context: bool = True
    """Write into the templates why each resource exists and what an update may change, as
    AWS's Metadata Context (project.toml only)."""
    prices: Prices = {}
    """Your own monthly prices in USD, in place of what the bill finds: each resource of a
    type, or one resource by its id in system.yaml, which wins over its type."""
    monthly_budget_usd: Annotated[float, Field(ge=0)] | None = None
    """The bill in USD above which `make check` fails."""
    _project: tuple["Settings", ...] = PrivateAttr(())

    @property
    def environments(self) -> tuple["Settings", ...]:
        """Every environment of the project: the account stack is the same in all of them."""
        others = {each.environment: each for each in self._project}
        return tuple((others | {self.environment: self}).values())

    def among(self, environments: Iterable["Settings"]) -> "Settings":
        """Return the same settings with all environments of the project beside them."""
        found = self.model_copy()
        found._project = tuple(environments)  # noqa: SLF001 (a copy of this class)
        return found

    def with_content(self, content: dict[str, Any]) -> "Settings":
        """Return other settings among the same environments. Raises ValidationError."""
        return Settings.model_validate(content).among(self._project)

    @property
    def system(self) -> str:
        """The head of the names of all that belongs to this environment."""
        return f"{self.project}-{self.environment}"

    @property
    def database_identifier(self) -> str:
        """The instance's name. It is fixed, since its log groups carry it, and holds a
        generation, since a name that stays blocks a replacement."""
        return f"{self.system}-{self.database.generation}"
