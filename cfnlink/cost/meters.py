"""What AWS bills for a resource: a meter each, with its quantity from the system.

The catalogue names the meter of each type. An item that a meter does not know is `NotPriced`:
a line of the bill without an amount, never a zero.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cfnlink.aws.catalogue import TYPES_FILE, types, without_row
from cfnlink.aws.schedules import runs_a_month
from cfnlink.system.compute import SERVICE, STRATEGY, TASK, provider_tasks, task_range
from cfnlink.system.network import AWSVPC, INSTANCE
from cfnlink.system.resource import Resource, System
from cfnlink.system.state_machines import usual_steps
from cfnlink.system.task_runs import runs_of

FREE_EPHEMERAL_GIB = 20
DAYS_A_MONTH = 30

TRANSITIONS = 1000  # that a price is of
USUAL_MINUTES = 5  # of a job's run, where the settings state none
THOUSAND, MILLION = 1000, 1_000_000
# What a Compute Savings Plan leaves of the price on demand. It covers no Spot and no disk:
# https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html
SAVINGS_PLANS = {
    "1y-savings-plan": "fargate_savings_plan_1y_ratio",
    "3y-savings-plan": "fargate_savings_plan_3y_ratio",
}
AUTHORIZER = "AWS::ApiGateway::Authorizer"
# An assumption: a signature takes less than a millisecond of a whole CPU, and a start more.
TOKEN_CALL_SECONDS = 0.02
BETWEEN_ZONES = "data_transfer_between_zones"
BACKUP = "rds_backup_beyond_free"
# Application Auto Scaling makes an alarm to scale out and one to scale in, and never shows
# them in the stack: each is billed.
# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
ALARMS_OF_TARGET_TRACKING = 2


@dataclass(frozen=True)
class Meter:
    """Something of a resource that is billed: so many units of a priced item.

    `formula` says in words where the quantity comes from; `usage` whether it follows
    what people do rather than the clock. `share` makes a part of the price (Spot, a
    savings plan). `allowance` names what every account has free of it, `setting` the
    assumption of [usage] that alone decides the quantity.
    """

    item: str
    quantity: float
    price: str
    formula: str
    usage: bool = False
    share: str | None = None
    allowance: str | None = None
    setting: str = ""


@dataclass(frozen=True)
class NotPriced:
    """Something of a resource that the bill does not know: what it is, and why.

    `fix` is what makes it known, where a price of the user's own is not the only way.
    """

    item: str
    why: str
    fix: str = ""


Part = Meter | NotPriced


class UnbillableError(Exception):
    """A property from which no quantity can be read; the text names it."""


@dataclass(frozen=True)
class BilledResource:
    """A resource, the assumed usage of a month by the names of the settings, and its hours.

    `left_out` collects the assumptions that a meter asks for and that no setting states, with
    the value that counts instead; None is one that the templates decide.
    """

    resource: Resource
    usage: Mapping[str, Any]
    hours: float
    left_out: dict[str, float | None] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """Return the system of the resource."""
        return self.resource.system

    def get(self, *path: Any, default: Any = None) -> Any:
        """Return a literal value of a property. Raises UnbillableError for an expression."""
        value = self.resource.expression(*path)
        if isinstance(value, dict):
            raise UnbillableError(f"{_shown(path)} is known only when deployed")
        return default if value is None else value

    def number(self, *path: Any, default: float) -> float:
        """Return a literal number of a property. Raises UnbillableError for an expression."""
        if self.resource.expression(*path) is None:
            return default
        found = self.resource.number(*path)
        if found is None:
            raise UnbillableError(f"{_shown(path)} is not a number")
        return found

    def assumed(self, name: str, default: float = 0) -> float:
        """Return an assumption about usage, or the default if the settings state none."""
        value = self.usage.get(name)
        if value is None:
            self.left_out[name] = default
        return default if value is None else float(value)


def _counted(count: float, noun: str) -> str:
    """Return a number with its noun: 2 tasks, 1 metric."""
    return f"{count:g} {noun}{'' if count == 1 else 's'}"


def _shown(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def tasks(billed: BilledResource) -> float:
    """Return the average number of a service's tasks: assumed, else those that always run.

    Beside a service that a load balancer serves, one without is a worker.
    """
    services = billed.system.of(SERVICE)
    serving = [each for each in services if each.items("LoadBalancers")]
    is_worker = serving and billed.resource not in serving
    name = "worker_tasks" if is_worker else "average_tasks"
    assumed = billed.usage.get(name)
    stated = task_range(billed.resource)
    if assumed is not None:
        return float(assumed)
    billed.left_out[name] = None
    if stated.minimum is not None:
        return stated.minimum
    return billed.number("DesiredCount", default=stated.lowest)


def _spot_tasks(billed: BilledResource, count: float) -> float:
    """Return how many tasks run on Spot. Raises UnbillableError for an expression."""
    billed.get(STRATEGY)
    return provider_tasks(billed.resource, count)


def service(billed: BilledResource) -> Iterator[Part]:
    """Fargate bills vCPU and memory of each task by the second, and a public address."""
    task = billed.system.first_named(billed.resource.expression("TaskDefinition"))
    if task is None:
        yield NotPriced("tasks", "its task definition is not in these stacks")
        return
    size = replace(billed, resource=task)
    count = tasks(billed)
    spot = _spot_tasks(billed, count)
    name, share = _term(billed)
    for kind, running, part in (
        (name, count - spot, share),
        ("on Spot", spot, "fargate_spot_ratio"),
    ):
        if running:
            text = f"{_counted(running, 'task')} x {billed.hours:g} h"
            yield from _running(size, _Running(kind, running * billed.hours, text, part))
    public = billed.get("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp")
    if public == "ENABLED":
        hours = count * billed.hours
        text = f"{_counted(count, 'task')} x {billed.hours:g} h"
        yield Meter("public addresses", hours, "public_ipv4", text)


@dataclass(frozen=True)
class _Running:
    """Hours of tasks of one kind, in words too, and the part of the price that they cost."""

    kind: str
    hours: float
    text: str
    share: str | None
    is_usage: bool = False


def _term(billed: BilledResource) -> tuple[str, str | None]:
    """Return how tasks are paid that do not run on Spot, and the part of the price."""
    term = str(billed.usage.get("compute_term") or "on-demand")
    return term.replace("-", " "), SAVINGS_PLANS.get(term)


def _running(size: BilledResource, running: _Running) -> Iterator[Meter]:
    """Fargate bills the vCPU and the memory of a task, and its disk beyond what is free."""
    arm = size.get("RuntimePlatform", "CpuArchitecture") == "ARM64"
    cpu = size.number("Cpu", default=256) / 1024
    memory = size.number("Memory", default=512) / 1024
    disk = size.number("EphemeralStorage", "SizeInGiB", default=20) - FREE_EPHEMERAL_GIB
    for item, amount, unit, price, share in (
        ("vCPU", cpu, "vCPU", f"fargate_{'arm' if arm else 'x86'}_vcpu", running.share),
        ("memory", memory, "GB", f"fargate_{'arm' if arm else 'x86'}_memory", running.share),
        ("disk", disk, f"GB beyond {FREE_EPHEMERAL_GIB}", "fargate_ephemeral_storage", None),
    ):
        if amount > 0:
            text = f"{running.text} x {amount:g} {unit}"
            hours = running.hours * amount
            name = f"{item} {running.kind}"
            yield Meter(name, hours, price, text, usage=running.is_usage, share=share)


def state_machine(billed: BilledResource) -> Iterator[Part]:
    """The transitions between its states, and the time of the tasks that it runs.

    How often it starts follows from the schedules that start it, the number of transitions
    from the way through its first choices. A retry is a transition more.
    https://aws.amazon.com/step-functions/pricing/
    """
    starts = [
        runs_a_month(str(each.get("ScheduleExpression")), billed.hours)
        for each in billed.resource.used_by("AWS::Scheduler::Schedule")
    ]
    steps = usual_steps(billed.resource)
    if not starts or None in starts or not steps:
        why = "how often it starts, or what it does then, is not known"
        yield NotPriced("state transitions", why)
        return
    count = sum(each or 0 for each in starts)
    text = f"{count:,.0f} runs x {steps} states"
    quantity, allowance = count * steps / TRANSITIONS, "sfn_transitions"
    yield Meter(
        "transitions", quantity, "sfn_transitions", text, usage=True, allowance=allowance
    )
    minutes = billed.assumed("job_minutes", USUAL_MINUTES)
    for run in runs_of(billed.resource):
        if run.task is None:
            yield NotPriced("tasks", "a task definition is not in these stacks")
            continue
        size = replace(billed, resource=run.task)
        text, (kind, share) = f"{count:,.0f} runs x {minutes:g} minutes", _term(billed)
        hours = count * minutes / 60
        yield from _running(size, _Running(kind, hours, text, share, is_usage=True))
        if run.has_public_ip:
            yield Meter("public addresses", hours, "public_ipv4", text, usage=True)


def load_balancer(billed: BilledResource) -> Iterator[Part]:
    """The hours, and the capacity units of the traffic."""
    stated = str(billed.get("Type", default="application"))
    kind = {"application": "alb", "network": "nlb"}.get(stated)
    if kind is None:
        yield NotPriced("hours", f"the bill knows no {stated} load balancers")
        return
    unit = "lcu" if kind == "alb" else "nlcu"
    units = billed.assumed("balancer_units")
    yield Meter("hours", billed.hours, f"{kind}_hour", f"{billed.hours:g} h")
    yield Meter(
        "capacity units",
        units * billed.hours,
        f"{kind}_{unit}",
        f"{units:g} on average x {billed.hours:g} h",
        usage=True,
    )


def database(billed: BilledResource) -> Iterator[Part]:
    """The instance with its standby, storage, and the excess over the free amounts."""
    engine = billed.get("Engine", default="postgres")
    if engine != "postgres":
        yield NotPriced(f"{engine} instance", "the bill knows RDS for PostgreSQL only")
        return
    multi = str(billed.get("MultiAZ", default=False)).lower() == "true"
    zones = "multi" if multi else "single"
    yield _instance(billed, zones)
    yield from _insights(billed)
    yield from _storage(billed, zones)
    yield from _traffic(billed)


def _instance(billed: BilledResource, zones: str) -> Part:
    """The instance and its standby, at the term of the settings."""
    name = billed.get("DBInstanceClass")
    if name is None:
        return NotPriced("instance", "DBInstanceClass is not stated")
    term = str(billed.usage.get("database_term") or "on-demand")
    suffix = "" if term == "on-demand" else "_ri_" + term.replace("-", "_")
    return Meter(
        f"{name}, {zones} zone, {term}",
        billed.hours,
        f"rds_pg_{name}_{zones}{suffix}",
        f"{billed.hours:g} h",
    )


def _storage(billed: BilledResource, zones: str) -> Iterator[Part]:
    """Storage as the template states it, its growth, and backups above the free size."""
    kind = billed.get("StorageType", default="gp2")
    if kind != "gp3":
        yield NotPriced(f"{kind} storage", "the bill knows gp3 storage only")
        return
    if billed.get("Iops") is not None or billed.get("StorageThroughput") is not None:
        yield NotPriced("provisioned IOPS", "the bill knows what gp3 storage includes only")
    storage = billed.number("AllocatedStorage", default=20)
    yield Meter("gp3 storage", storage, f"rds_gp3_{zones}", f"{storage:g} GB")
    growth, backup = billed.assumed("storage_growth_gb"), billed.assumed("backup_gb")
    if growth:
        text = f"{growth:g} GB of growth"
        yield Meter("grown storage", growth, f"rds_gp3_{zones}", text, usage=True)
    if backup:
        text = f"{backup:g} GB beyond the free size of the database"
        yield Meter("backups", backup, BACKUP, text, usage=True)


def _traffic(billed: BilledResource) -> Iterator[Meter]:
    """What only the load on the database decides.

    Tasks in the other zone pay for what they send and receive; replication is free. A
    burstable class is billed for what it computes above its baseline:
    https://aws.amazon.com/rds/postgresql/pricing/
    """
    data, hours = billed.assumed("data_zones_gb"), billed.assumed("cpu_credit_hours")
    text, name = f"{data:g} GB between tasks and database", "data_zones_gb"
    yield Meter("data between zones", data, BETWEEN_ZONES, text, usage=True, setting=name)
    if str(billed.get("DBInstanceClass")).startswith("db.t"):
        text, name = f"{hours:g} vCPU-hours above the baseline", "cpu_credit_hours"
        price = "rds_t4g_cpu_credit"
        yield Meter("CPU credits", hours, price, text, usage=True, setting=name)


def _insights(billed: BilledResource) -> Iterator[NotPriced]:
    """Seven days of Performance Insights are free; the bill knows no price of more."""
    if billed.get("DatabaseInsightsMode") == "advanced":
        yield NotPriced("Database Insights", "the bill knows no advanced mode")
    days = billed.number("PerformanceInsightsRetentionPeriod", default=7)
    if days > 7:
        yield NotPriced("Performance Insights", f"{days:g} days are kept, and 7 are free")


def nat_gateway(billed: BilledResource) -> Iterator[Meter]:
    """The hours, and each GB that passes, shared by the gateways.

    Traffic from a zone without a gateway crosses zones.
    """
    gateways = len(billed.system.of(billed.resource.type))
    data = billed.assumed("data_aws_gb") / gateways
    yield Meter("hours", billed.hours, "nat_gateway_hour", f"{billed.hours:g} h")
    yield Meter("data", data, "nat_gateway_data", f"{data:g} GB through it", usage=True)
    zones = max(_zones_of_tasks(billed.system), gateways)
    crossing = data * (zones - gateways) / zones
    text = f"{crossing:g} GB from zones without a gateway"
    yield Meter("data between zones", crossing, BETWEEN_ZONES, text, usage=True)


def _zones_of_tasks(system: System) -> int:
    """Return how many subnets the services have: each is in a zone of its own."""
    path = [*AWSVPC.split("."), "Subnets"]
    return max((len(each.listed(*path)) for each in system.of(SERVICE)), default=0)


def address(billed: BilledResource) -> Iterator[Meter]:
    """AWS bills a public address even if it is unused."""
    yield Meter("address", billed.hours, "public_ipv4", f"{billed.hours:g} h")


def endpoint(billed: BilledResource) -> Iterator[Meter]:
    """An interface endpoint costs by the hour in each zone; a gateway endpoint is free."""
    if billed.get("VpcEndpointType", default="Gateway") == "Gateway":
        yield Meter("gateway endpoint", 1, "vpc_gateway_endpoint_s3", "free")
        return
    zones = len(billed.get("SubnetIds", default=[]))
    hours = f"{zones} zones x {billed.hours:g} h"
    yield Meter("hours", zones * billed.hours, "vpc_interface_endpoint_hour", hours)
    interfaces = [
        r
        for r in billed.system.of(billed.resource.type)
        if r.get("VpcEndpointType") == "Interface"
    ]
    if billed.resource is interfaces[0]:
        data = billed.assumed("data_aws_gb")
        text = f"{data:g} GB through all of them"
        yield Meter("data", data, "vpc_interface_endpoint_data", text, usage=True)


def rest_api(billed: BilledResource) -> Iterator[Meter]:
    """Requests, and answers that leave AWS."""
    requests = billed.assumed("requests") / MILLION
    text = f"{requests:g} million requests"
    yield Meter("requests", requests, "apigw_rest_requests", text, usage=True)
    out = billed.assumed("data_out_gb")
    text, price = f"{out:g} GB out", "data_transfer_out_internet"
    yield Meter("data out", out, price, text, usage=True, allowance="data_out")


def stage(billed: BilledResource) -> Iterator[NotPriced]:
    """A cache and metrics by method cost extra; the shipped stages have neither."""
    if str(billed.get("CacheClusterEnabled", default=False)).lower() == "true":
        yield NotPriced("cache cluster", "the bill knows no CacheClusterEnabled")
    settings = billed.get("MethodSettings", default=[])
    if any(str(each.get("MetricsEnabled", False)).lower() == "true" for each in settings):
        yield NotPriced("metrics by method", "the bill knows no MetricsEnabled")


def cluster(billed: BilledResource) -> Iterator[NotPriced]:
    """Free without Container Insights, which are billed by the metric."""
    for setting in billed.get("ClusterSettings", default=[]):
        if setting.get("Name") == "containerInsights" and setting.get("Value") != "disabled":
            yield NotPriced("Container Insights", "the bill knows no containerInsights")


def log_group(billed: BilledResource) -> Iterator[Meter]:
    """The volume of all groups is assumed as one: the line is at the containers' group."""
    groups = billed.system.of(billed.resource.type)
    written = [r for r in groups if r.used_by(TASK)]
    if billed.resource is not (written or groups)[0]:
        return
    volume = billed.assumed("log_gb")
    days = billed.number("RetentionInDays", default=DAYS_A_MONTH)
    yield Meter(
        "ingestion of all groups",
        volume,
        "cw_logs_ingest",
        f"{volume:g} GB",
        usage=True,
        allowance="cw_logs",
    )
    yield Meter(
        "storage of all groups",
        volume * days / DAYS_A_MONTH,
        "cw_logs_storage",
        f"{volume:g} GB x {days:g} of {DAYS_A_MONTH} days",
        usage=True,
        allowance="cw_logs",
    )


def alarm(billed: BilledResource) -> Iterator[Meter]:
    """Billed by the metrics that it watches."""
    yield _alarms("alarm", _metrics(billed.get("Metrics", default=[])), "metric")


def scaling_policy(billed: BilledResource) -> Iterator[Meter]:
    """Target tracking creates its own alarms; step scaling uses those of the stack.

    Each alarm is billed by the metrics of the policy's expression.
    """
    if billed.get("PolicyType", default="StepScaling") != "TargetTrackingScaling":
        return
    specification = "TargetTrackingScalingPolicyConfiguration", "CustomizedMetricSpecification"
    count = _metrics(billed.get(*specification, "Metrics", default=[]))
    item, alarms = "alarms of target tracking", ALARMS_OF_TARGET_TRACKING
    if count == 1:
        yield _alarms(item, alarms, "alarm")
    else:
        text = f"{alarms} alarms x {count} metrics"
        yield replace(_alarms(item, alarms * count, "metric"), formula=text)


def _metrics(queries: list[dict[str, Any]]) -> int:
    """Return how many metrics an alarm watches: those of its expressions, or the one."""
    return len([query for query in queries if "MetricStat" in query]) or 1


def _alarms(item: str, count: int, noun: str) -> Meter:
    text = _counted(count, noun)
    return Meter(item, count, "cw_alarm_standard", text, allowance="cw_alarm_metrics")


def dashboard(_: BilledResource) -> Iterator[Meter]:
    """Billed for each dashboard."""
    yield Meter("dashboard", 1, "cw_dashboard", "1 dashboard", allowance="cw_dashboards")


def metric_filter(billed: BilledResource) -> Iterator[Meter]:
    """Each transformation creates a custom metric."""
    count = len(billed.get("MetricTransformations", default=[]))
    text, allowance = _counted(count, "metric"), "cw_custom_metrics"
    yield Meter("custom metric", count, "cw_custom_metric", text, allowance=allowance)


def function(billed: BilledResource) -> Iterator[Part]:
    """Calls and their time, of an authorizer: no template says how often others are called."""
    if not billed.resource.used_by(AUTHORIZER):
        yield NotPriced("calls", "no template says how often it is called, and for how long")
        return
    calls = billed.assumed("token_calls", billed.assumed("requests"))
    text = f"{calls / MILLION:g} million calls"
    allowance = "lambda_requests"
    yield Meter("calls", calls / MILLION, allowance, text, usage=True, allowance=allowance)
    if billed.get("Architectures", default=["x86_64"]) != ["arm64"]:
        yield NotPriced("duration", "the bill knows the price of arm64 only")
        return
    memory = billed.number("MemorySize", default=128) / 1024
    yield Meter(
        "duration",
        calls * TOKEN_CALL_SECONDS * memory,
        "lambda_arm_duration",
        f"{text} x {TOKEN_CALL_SECONDS:g} s x {memory:g} GB",
        usage=True,
        allowance="lambda_duration",
    )


def sampling_rule(billed: BilledResource) -> Iterator[Meter]:
    """The share of the requests that X-Ray records."""
    share = billed.number("SamplingRule", "FixedRate", default=0)
    traces = billed.assumed("requests") * share / MILLION
    text = f"{traces:g} million of the requests"
    allowance = "xray_traces"
    yield Meter("traces", traces, allowance, text, usage=True, allowance=allowance)


def web_acl(billed: BilledResource) -> Iterator[Meter]:
    """The list, its rules, and the requests that it inspects."""
    rules = len(billed.get("Rules", default=[]))
    requests = billed.assumed("requests") / MILLION
    yield Meter("list", 1, "waf_web_acl", "1 list")
    yield Meter("rules", rules, "waf_rule", f"{rules} rules")
    text = f"{requests:g} million requests"
    yield Meter("requests", requests, "waf_requests", text, usage=True)


def queue(billed: BilledResource) -> Iterator[Part]:
    """The requests of all queues are assumed as one: the line is at the first standard one
    that takes no dead letters of another."""
    if str(billed.get("FifoQueue", default=False)).lower() == "true":
        yield NotPriced("requests", "the bill knows standard queues only")
        return
    kind = billed.resource.type
    queues = [each for each in billed.system.of(kind) if not each.flag("FifoQueue")]
    fed = [each for each in queues if not each.used_by(kind)]
    if billed.resource is not (fed or queues)[0]:
        return
    requests = billed.assumed("queue_requests", MILLION) / MILLION
    text = f"{requests:g} million requests"
    price = "sqs_requests"
    yield Meter("requests", requests, price, text, usage=True, allowance=price)


def repository(billed: BilledResource) -> Iterator[Meter]:
    """Images, billed by the GB."""
    size = billed.assumed("image_gb")
    yield Meter("images", size, "ecr_storage", f"{size:g} GB", usage=True)


def bucket(billed: BilledResource) -> Iterator[Meter]:
    """What all buckets hold and take is one assumption, billed at the first of them."""
    if billed.resource is not billed.system.of(billed.resource.type)[0]:
        return
    size, name = billed.assumed("bucket_gb"), "bucket_gb"
    text = f"{size:g} GB"
    yield Meter("objects of all buckets", size, "s3_storage", text, usage=True, setting=name)
    for item, name in (("writes", "bucket_writes"), ("reads", "bucket_reads")):
        requests = billed.assumed(name) / THOUSAND
        text = f"{requests:g} thousand requests"
        what, price = f"{item} of all buckets", f"s3_{item}"
        yield Meter(what, requests, price, text, usage=True, setting=name)


def remains(billed: BilledResource) -> Iterator[Part]:
    """What a deleted DB instance leaves: without a database no backup of it is free.

    A snapshot is billed for the data that it holds, at most the storage of the instance.
    https://aws.amazon.com/blogs/database/demystifying-amazon-rds-backup-storage-costs/
    """
    policy = billed.resource.body.get("DeletionPolicy")
    if billed.resource.type != INSTANCE or policy == "Retain":
        return
    storage = billed.number("AllocatedStorage", default=20)
    if policy in (None, "Snapshot"):
        yield Meter("final snapshot", storage, BACKUP, f"at most {storage:g} GB")
    days = billed.number("BackupRetentionPeriod", default=1)
    if str(billed.get("DeleteAutomatedBackups", default=True)).lower() == "false":
        text = f"at most {storage:g} GB x {days:g} of {DAYS_A_MONTH} days, then gone"
        yield Meter("automated backups", storage * days / DAYS_A_MONTH, BACKUP, text)


def meters(billed: BilledResource) -> Iterator[Part]:
    """Return the meters of a resource, by the row of its type in the catalogue."""
    kind = billed.resource.type
    row = types().get(kind)
    if not isinstance(billed.resource.body.get("Properties") or {}, dict):
        yield NotPriced("properties", "they are no mapping")
    elif row is None:
        yield NotPriced(kind, without_row(kind), f"add a row {kind} to {TYPES_FILE}")
    elif not row.is_priced:
        missing = f"the row {kind} of {TYPES_FILE}"
        yield NotPriced(
            kind, f"{missing} has no price", f"add free, price or meter to {missing}"
        )
    elif row.meter:
        yield from METERS[row.meter](billed)
    elif row.price:
        yield Meter(row.item, 1, row.price, f"1 {row.item}")


METERS: dict[str, Callable[[BilledResource], Iterator[Part]]] = {
    "service": service,
    "state_machine": state_machine,
    "cluster": cluster,
    "load_balancer": load_balancer,
    "database": database,
    "nat_gateway": nat_gateway,
    "address": address,
    "endpoint": endpoint,
    "rest_api": rest_api,
    "stage": stage,
    "log_group": log_group,
    "metric_filter": metric_filter,
    "alarm": alarm,
    "scaling_policy": scaling_policy,
    "dashboard": dashboard,
    "queue": queue,
    "repository": repository,
    "function": function,
    "sampling_rule": sampling_rule,
    "web_acl": web_acl,
    "bucket": bucket,
}
