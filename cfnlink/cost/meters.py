"""What AWS bills for a resource: a meter each, with its quantity from the system.

The catalogue names the meter of each type. An item that a meter does not know is `NotPriced`:
a line of the bill without an amount, never a zero.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cfnlink.aws.catalogue import TYPES_FILE, types, without_row
from cfnlink.cost.billed import (
    BETWEEN_ZONES,
    DAYS_A_MONTH,
    MILLION,
    THOUSAND,
    BilledResource,
    Meter,
    NotPriced,
    Part,
    counted,
)
from cfnlink.cost.database_meters import database
from cfnlink.cost.task_meters import cluster, service, state_machine
from cfnlink.system.compute import SERVICE, TASK
from cfnlink.system.network import AWSVPC
from cfnlink.system.resource import System

AUTHORIZER = "AWS::ApiGateway::Authorizer"
# An assumption: a signature takes less than a millisecond of a whole CPU, and a start more.
TOKEN_CALL_SECONDS = 0.02
# Application Auto Scaling makes an alarm to scale out and one to scale in, and never shows
# them in the stack: each is billed.
# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
ALARMS_OF_TARGET_TRACKING = 2


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
    if billed.flag("CacheClusterEnabled"):
        yield NotPriced("cache cluster", "the bill knows no CacheClusterEnabled")
    settings = billed.get("MethodSettings", default=[])
    if any(str(each.get("MetricsEnabled", False)).lower() == "true" for each in settings):
        yield NotPriced("metrics by method", "the bill knows no MetricsEnabled")


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
    text = counted(count, noun)
    return Meter(item, count, "cw_alarm_standard", text, allowance="cw_alarm_metrics")


def dashboard(_: BilledResource) -> Iterator[Meter]:
    """Billed for each dashboard."""
    yield Meter("dashboard", 1, "cw_dashboard", "1 dashboard", allowance="cw_dashboards")


def metric_filter(billed: BilledResource) -> Iterator[Meter]:
    """Each transformation creates a custom metric."""
    count = len(billed.get("MetricTransformations", default=[]))
    text, allowance = counted(count, "metric"), "cw_custom_metrics"
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
    if billed.flag("FifoQueue"):
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
