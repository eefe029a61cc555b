"""Monitoring: alarms, dashboards, metric filters, log groups and topics."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from operator import ge, gt, le, lt
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import between, matches, none_of, one_of, sibling_condition
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.expressions import (
    VARIABLE,
    at,
    attribute,
    entries,
    is_expression,
    number,
    reached,
    text,
)
from cfnlink.system.names import dimension_types, names_nothing
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/"
SUBSCRIBE = "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"
LOGS_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch"
PATTERNS = f"{LOGS_DOCS}/latest/logs/FilterAndPatternSyntax.html"
MADE_DOCS = f"{LOGS_DOCS}Logs/latest/APIReference/API_MetricTransformation.html"
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
FILTER, GROUP = "AWS::Logs::MetricFilter", "AWS::Logs::LogGroup"
TOPIC, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SNS::Subscription"
SPACES: dict[str, Any] = facts("metrics")["namespaces"]
TOPICS = (TOPIC, SUBSCRIPTION)
BOARD, READERS = "AWS::CloudWatch::Dashboard", (FILTER, "AWS::Logs::SubscriptionFilter")
STATISTICS = ("Statistic", "ExtendedStatistic", "Stat")
MADE = "MetricTransformations.*"
PROTOCOLS = facts("subscriptions")["protocols"]


def period_fits(alarm: Any) -> bool:
    """Whether an alarm looks back at most seven days, or one day with periods under an hour."""
    period = number(at(alarm, "Period")) or 0
    most = 604800 if period >= 3600 else 86400
    return period * (number(at(alarm, "EvaluationPeriods")) or 0) <= most


def datapoints_fit(alarm: Any) -> bool:
    """Whether an alarm evaluates as many datapoints as it needs."""
    count = number(at(alarm, "EvaluationPeriods")) or inf
    return (number(at(alarm, "DatapointsToAlarm")) or 0) <= count


def is_closed(pattern: Any) -> bool:
    """Whether a filter's pattern closes what it opens, and joins JSON by && and ||."""
    bare = re.sub(r'"(\\.|[^"\\])*"|%[^%]*%', "", str(pattern))
    words = re.match(r"\s*\{.*\$\.[\w.]+\s+(and|or)\s", bare, re.IGNORECASE)
    even = all(bare.count(a) == bare.count(b) for a, b in ("{}", "[]", "()"))
    return '"' not in bare and even and not words


def is_value(value: Any) -> bool:
    """Whether a metric's value is a number or a field of the line."""
    return number(value) is not None or str(value).startswith("$")


def is_endpoint(subscription: Any) -> bool:
    """Whether a subscription's endpoint has the form of its protocol."""
    form = PROTOCOLS.get(str(subscription.get("Protocol")), ".*")
    endpoint = subscription.get("Endpoint")
    known = isinstance(endpoint, str) and "{{" not in endpoint
    return not known or re.fullmatch(form, str(endpoint)) is not None


def is_heard_by_no_alarm(alarm: Resource) -> bool:
    """Whether no composite alarm watches an alarm, here or in another template."""
    return not alarm.users() and not alarm.is_exported


# fmt: off
creatable = partial(
    property_rule, docs=f"{DOCS}APIReference/API_PutMetricAlarm.html", formerly="E9707"
)

alarm_needs_no_more_datapoints_than_periods = creatable(
    "E9771", ALARM, "DatapointsToAlarm", sibling_condition(datapoints_fit),
    good="DatapointsToAlarm is at most EvaluationPeriods.",
    fix="more than EvaluationPeriods; lower it",
)
alarm_looks_back_a_week_at_most = creatable(
    "E9772", ALARM, "Period", sibling_condition(period_fits),
    good="An alarm looks back over seven days at most, one day with periods under an hour.",
    fix="too long with its EvaluationPeriods; shorten one",
)
filter_pattern_is_closed = creatable(
    "E9774", FILTER, "FilterPattern", is_closed, docs=PATTERNS,
    good="A filter's pattern closes what it opens, and joins JSON by && and ||.",
    fix="close what it opens, and join JSON by && and ||",
)
metric_value_is_a_number_or_field = creatable(
    "E9775", FILTER, f"{MADE}.MetricValue", is_value, docs=MADE_DOCS,
    good="The value of a filter's metric is a number or a field of the line.",
    fix="neither a number nor a $field; use '1'",
)
subscription_has_a_known_protocol = creatable(
    "E9778", TOPICS, ("Protocol", "Subscription.*.Protocol"), one_of(*PROTOCOLS),
    docs=SUBSCRIBE,
    good="A subscription has a protocol that SNS knows.",
    fix=f"use one of {', '.join(PROTOCOLS)}",
)
subscription_endpoint_fits_its_protocol = creatable(
    "E9779", TOPICS, ("Endpoint", "Subscription.*.Endpoint"), sibling_condition(is_endpoint),
    docs=SUBSCRIBE,
    good="The endpoint of a subscription has the form of its protocol.",
    fix="does not fit the Protocol; correct one",
)

acting = partial(
    property_rule, docs=f"{DOCS}monitoring/alarm-actions.html", formerly="W9711"
)

alarm_has_an_action = acting(
    "W9772", (ALARM, COMPOSITE), "AlarmActions", bool, required=True,
    good="An alarm has an action.", why="An alarm without an action notifies no one.",
    only_if=is_heard_by_no_alarm, fix="no one is notified; name a topic",
)
# fmt: on


class Metric:
    """A metric that an alarm or a dashboard reads, where it stands, and what AWS says of it."""

    def __init__(self, path: list[Any], node: Any, stat: Any) -> None:
        self.path, self.stat = path, stat
        self.namespace, self.name = at(node, "Namespace"), at(node, "MetricName")
        self.dimensions = at(node, "Dimensions")
        self.space = SPACES.get(str(self.namespace), {})
        self.known = str(self.name) in self.space.get("metrics", {})
        self.fact = self.space.get("metrics", {}).get(str(self.name), {})
        self.statistic = next((stat[key] for key in STATISTICS if stat.get(key)), None)

    def fault(self) -> tuple[bool, str, str] | None:
        """What AWS's list has against it: whether it is complete, the property, and why."""
        sure = self.space.get("complete") is True
        if not self.space or not isinstance(self.name, str):
            return None
        if not self.known and self.space.get("partial"):
            return None
        if not self.known:
            return False, "MetricName", f"{self.namespace} has no metric {self.name}"
        listed = self.dimensions if isinstance(self.dimensions, list) else [self.dimensions]
        listed = [entry for entry in listed if entry]
        names = sorted(str(entry.get("Name")) for _, entry in entries(listed))
        sets = self.fact.get("dimensions", self.space["dimensions"])
        if names in map(sorted, sets) or len(names) != len(listed):
            return None
        known = [self.space, *self.space["metrics"].values()]
        words = {word for fact in known for one in fact.get("dimensions", []) for word in one}
        wanted = " or ".join(", ".join(one) or "none" for one in sets[:3])
        why = f"{self.name} has the dimensions {wanted} and not {', '.join(names) or 'none'}"
        return sure and words.issuperset(names), "Dimensions" if listed else "MetricName", why

    @property
    def home(self) -> str:
        """The one namespace that has the metric, where AWS has none of the name."""
        name = str(self.namespace)
        if not name.startswith("AWS/") or name in {*SPACES, *facts("metrics")["others"]}:
            return ""
        names = sorted(str(entry.get("Name")) for _, entry in entries(self.dimensions))
        found = [
            space
            for space, row in SPACES.items()
            if names and self.name in row["metrics"] and names in map(sorted, row["dimensions"])
        ]
        return found[0] if len(found) == 1 else ""


def metrics(alarm: Resource) -> Iterator[Metric]:
    """The metrics of an alarm, its own or those of its metric math."""
    if alarm.expression("MetricName"):
        yield Metric([], alarm.properties, alarm.properties)
    for path, stat in alarm.values_at("Metrics.*.MetricStat"):
        if isinstance(stat, dict) and isinstance(stat.get("Metric"), dict):
            yield Metric([*path, "Metric"], stat["Metric"], stat)


def unemitted(alarm: Resource, *, sure: bool) -> Faults:
    """Yield the metrics of an alarm that AWS's lists, complete ones or others, do not have."""
    for metric in metrics(alarm):
        known, key, why = metric.fault() or (None, "", "")
        if known is sure:
            yield [*metric.path, key], f"{why}; name what AWS emits"


@rule("W9729", COMPOSITE, f"{DOCS}APIReference/API_PutCompositeAlarm.html")
def composite_alarm_names_existing_alarms(composite: Resource) -> Faults:
    """A composite alarm's rule names alarms that exist.
    CloudWatch rejects a composite alarm on an alarm that does not exist: take the name from
    the alarm, by ${Alarm} in a Sub."""
    here = composite.system.of(ALARM, COMPOSITE)
    known = {alarm.text("AlarmName") for alarm in here}
    form = r"(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*[\"']?([^\"')$]+?)[\"']?\s*\)"
    for name in re.findall(form, composite.text("AlarmRule") or ""):
        sure = composite.system.is_whole and "$" not in str(known) and name[:4] != "arn:"
        if sure and name not in known:
            yield ["AlarmRule"], f"no alarm is called {name}; name one that exists"


@rule("E9701", ALARM, f"{DOCS}monitoring/cloudwatch_concepts.html")
def alarm_metric_exists(alarm: Resource) -> Faults:
    """A metric that AWS emits has one of its sets of dimensions.
    CloudWatch takes each set of dimensions for another metric. An alarm on a set that AWS does
    not emit stays in INSUFFICIENT_DATA."""
    return unemitted(alarm, sure=True)


LISTED_DOCS = f"{DOCS}monitoring/aws-services-cloudwatch-metrics.html"


@rule("W9773", ALARM, LISTED_DOCS, formerly="W9701")
def metric_is_listed(alarm: Resource) -> Faults:
    """An alarm's metric is listed by AWS.
    A metric that AWS's page of its namespace does not list has data only if another program
    publishes it there."""
    return unemitted(alarm, sure=False)


@rule("W9774", ALARM, LISTED_DOCS, formerly="W9701")
def namespace_is_spelled_as_aws_does(alarm: Resource) -> Faults:
    """An alarm's namespace is spelled as AWS spells it.
    A namespace in other letters, or one that AWS does not have, has no data."""
    near = {name.lower(): name for name in SPACES}
    for metric in metrics(alarm):
        spelled_so = near.get(str(metric.namespace).lower(), metric.namespace)
        other = metric.home or spelled_so
        if other != metric.namespace:
            yield [*metric.path, "Namespace"], f"the namespace is spelled {other}; write it so"


@rule("W9775", ALARM, LISTED_DOCS, formerly="W9701")
def engine_emits_the_metric(alarm: Resource) -> Faults:
    """The engine of an instance emits the metric of an alarm.
    A metric of another engine never has data. Aurora has a list of metrics of its own."""
    for metric in metrics(alarm):
        for _, entry in entries(metric.dimensions):
            instance = alarm.system.target(entry.get("Value"))
            engine = str(instance.get("Engine")).lower() if instance else "none"
            engines = tuple(map(str, metric.fact.get("engines", [engine])))
            if not engine.startswith(("none", "aurora", *engines)):
                yield [*metric.path, "MetricName"], f"{engine} does not emit {metric.name}"


@rule("W9703", ALARM, f"{DOCS}monitoring/cloudwatch_concepts.html", formerly="E9703")
def dimension_names_an_existing_resource(alarm: Resource) -> Faults:
    """An alarm's dimensions name resources that exist.
    A dimension's value is the name of an existing resource: an API's name and not its id,
    and no ARN. A service is named with its own cluster."""
    for metric in metrics(alarm):
        found: dict[str, Resource | None] = {}
        for n, entry in entries(metric.dimensions):
            name, value = str(entry.get("Name")), entry.get("Value")
            found[name] = alarm.system.target(value)
            service, cluster = found.get("ServiceName"), found.get("ClusterName")
            home = service.target("Cluster") if service else None
            wrong = _wrong(alarm, metric, name, value)
            if home and cluster and home is not cluster:
                wrong = f"the service runs in {home.name} and not in {cluster.name}"
            if wrong:
                yield [*metric.path, "Dimensions", n, "Value"], wrong


def _wrong(alarm: Resource, metric: Metric, name: str, value: Any) -> str | None:
    types, other = dimension_types(name, str(metric.namespace)), alarm.system.target(value)
    if name == "ApiName" and other and attribute(value) == "Ref" and other.type in types:
        return f"ApiName is the Name of {other.name} and not its id; write that"
    if metric.space and str(value).startswith("arn:") and name != "CertificateArn":
        return f"{name} is a name and no ARN; name the resource"
    known = names_nothing(alarm.system, value, *types) if isinstance(value, str) else []
    if known:
        return f"there is no {name} {value} but {', '.join(known)}; name one that exists"
    return None


STATISTIC_DOCS = f"{DOCS}APIReference/API_PutMetricAlarm.html"


@rule("W9776", ALARM, STATISTIC_DOCS, formerly="W9704")
def statistic_is_of_the_metric(alarm: Resource) -> Faults:
    """An alarm uses a statistic that its metric has.
    Some statistics of a metric mean nothing, such as the average of a count that is always
    one."""
    for metric in metrics(alarm):
        allowed = metric.fact.get("statistics")
        for key in STATISTICS if allowed else ():
            used = metric.stat.get(key)
            if isinstance(used, str) and used not in (allowed or ()):
                right = " or ".join(allowed or ())
                yield [*metric.path[:-1], key], f"{used} means nothing; use {right}"


@rule("W9777", ALARM, STATISTIC_DOCS, formerly="W9704")
def unit_is_of_the_metric(alarm: Resource) -> Faults:
    """An alarm uses a unit that its metric has.
    A unit that AWS does not send matches no data."""
    for metric in metrics(alarm):
        sent, unit = metric.fact.get("unit"), metric.stat.get("Unit")
        if isinstance(unit, str) and sent and unit != str(sent):
            yield [*metric.path[:-1], "Unit"], f"it is sent in {sent}; leave Unit out"


COMPARED = {"GreaterThanThreshold": gt, "GreaterThanOrEqualToThreshold": ge,
            "LessThanThreshold": lt, "LessThanOrEqualToThreshold": le}  # fmt: skip


@rule("E9708", ALARM, f"{DOCS}monitoring/alarm-evaluation.html")
def threshold_is_within_the_range_of_the_metric(alarm: Resource) -> Faults:
    """An alarm's threshold lies within its metric's range.
    A percentage is at most 100, the average of API Gateway's errors a share of 1, free space
    less than the allocated space, and a count never below 0. An alarm beyond that range
    never fires or always fires."""
    limit: Any = alarm.number("Threshold")
    compare = COMPARED.get(str(alarm.get("ComparisonOperator")))
    for metric in metrics(alarm):
        share = metric.namespace == "AWS/ApiGateway" and "XXError" in str(metric.name)
        top = 100 if metric.fact.get("unit") == "Percent" else inf
        top = 1 if share and metric.statistic == "Average" else top
        if metric.name == "FreeStorageSpace" and (size := storage(metric, alarm)):
            top = size * 2**30 - 1
        judged = metric.known and not metric.path and limit is not None
        if judged and compare and compare(0, limit) is compare(top, limit):
            yield ["Threshold"], f"{metric.name} goes from 0 to {top:.0f}; set it between"


def storage(metric: Metric, alarm: Resource) -> float | None:
    """The AllocatedStorage in GiB of the instance that a metric is of."""
    named = {str(entry.get("Value")) for _, entry in entries(metric.dimensions)}
    for instance in alarm.system.of("AWS::RDS::DBInstance"):
        if {str({"Ref": instance.name}), instance.get("DBInstanceIdentifier")} & named:
            return instance.number("AllocatedStorage")
    return None


LOW = r"(Free|HealthyHost|CPUCreditBalance|DaysToExpiry).*|.*Balance%?"
HIGH = r".*(UnHealthy|5XX|4XX|5xx|4xx|Error|Latency|ResponseTime|Rejected).*|.*Lag"
SPARSE = r"HTTPCode.*|.*(ErrorCount|5XXError)"
SUITABLE: tuple[tuple[str, str, str, Callable[[Any], bool], str], ...] = (
    (LOW, ".*", "ComparisonOperator", matches("Less.*"), "is bad when low"),
    (HIGH, ".*", "ComparisonOperator", matches("Greater.*"), "is bad when high"),
    ("Free.*", "Bytes", "Threshold", between(1e6, inf), "is in bytes"),
    (".*Latency", "Milliseconds", "Threshold", between(10, inf), "is in milliseconds"),
    (".*(Time|Latency)", "Seconds", "Threshold", between(0, 60), "is in seconds"),
    (".*", ".*", "Period", between(60, inf), "comes once a minute at most"),
    ("DaysToExpiry", ".*", "Period", between(86400, inf), "comes twice a day"),
    (SPARSE, ".*", "TreatMissingData", one_of("notBreaching"), "is missing if all is well"),
    ("HealthyHostCount", ".*", "TreatMissingData", none_of("notBreaching", "ignore"),
     "is missing without targets"),
)  # fmt: skip


SUITABLE_DOCS = f"{DOCS}monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"


def judged_metrics(alarm: Resource) -> Iterator[Metric]:
    """Yield the metric of an alarm that has one, and that AWS lists."""
    return (metric for metric in metrics(alarm) if metric.known and not metric.path)


@rule("W9778", ALARM, SUITABLE_DOCS, formerly="W9709")
def percentage_is_no_share(alarm: Resource) -> Faults:
    """The threshold of a percentage is in percent and not a share.
    0.8 of a metric that goes to 100 is nearly nothing."""
    limit: Any = alarm.number("Threshold")
    greater = str(alarm.get("ComparisonOperator")).startswith("Greater")
    for metric in judged_metrics(alarm) if greater and limit is not None else ():
        if metric.fact.get("unit") == "Percent" and 0 < limit <= 1:
            yield ["Threshold"], f"{metric.name} goes to 100; write 80 for 80 %"


@rule("W9779", ALARM, SUITABLE_DOCS, formerly="W9709")
def healthy_hosts_can_be_enough(alarm: Resource) -> Faults:
    """An alarm on healthy hosts does not expect more than always run.
    With the smallest number of tasks it would fire all day."""
    limit: Any = alarm.number("Threshold")
    how = str(alarm.get("ComparisonOperator"))
    scaled = alarm.system.of("AWS::ApplicationAutoScaling::ScalableTarget")
    ours = [one for one in scaled if one.get("ServiceNamespace") == "ecs"]
    least: Any = ours[0].number("MinCapacity") if len(ours) == 1 else None
    judged = limit is not None and least is not None and how.startswith("Less")
    for metric in judged_metrics(alarm) if judged else ():
        if metric.name == "HealthyHostCount" and COMPARED.get(how, gt)(least, limit):
            yield ["Threshold"], f"{least:g} tasks are enough, and it alarms; lower it"


@rule("W9780", ALARM, SUITABLE_DOCS, formerly="W9709")
def alarm_suits_its_metric(alarm: Resource) -> Faults:
    """An alarm's direction, unit, period and missing data suit its metric.
    Free space and healthy targets alarm when low, errors when high. A threshold is in the
    metric's own unit. Missing data is good for errors and bad for healthy hosts."""
    for metric in judged_metrics(alarm):
        for pattern, unit, key, fits, why in SUITABLE:
            value = metric.stat.get(key)
            suits = matches(pattern)(metric.name) and matches(unit)(metric.fact.get("unit"))
            if not suits or is_expression(value) or fits(value):
                continue
            if value is not None or key[0] == "T":
                yield [key] if value is not None else [], f"{metric.name} {why}; mind {key}"


MATH_DOCS = f"{DOCS}monitoring/using-metric-math.html"


POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
# Where a type has its entries of metric math.
MATH = {
    ALARM: ("Metrics",),
    POLICY: (
        "TargetTrackingScalingPolicyConfiguration",
        "CustomizedMetricSpecification",
        "Metrics",
    ),
}


def math(resource: Resource) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the entries of metric math and their ids; none if one is unknown."""
    where = MATH[resource.type]
    found = [entry for _, entry in resource.entries(*where)]
    known = found if found == resource.expression(*where) else []
    return known, [str(entry.get("Id")) for entry in known]


@rule("E9780", ALARM, MATH_DOCS, formerly="E9713")
def threshold_metric_exists(alarm: Resource) -> Faults:
    """The ThresholdMetricId of an alarm is an id of its metric math.
    CloudWatch rejects another one."""
    (_, ids), band = math(alarm), alarm.get("ThresholdMetricId")
    if ids and isinstance(band, str) and band not in ids:
        yield ["ThresholdMetricId"], f"there is no {band}; name one of {', '.join(ids)}"


@rule("E9781", (ALARM, POLICY), MATH_DOCS, formerly="E9713")
def math_id_is_unique(watcher: Resource) -> Faults:
    """An id of metric math begins with a lower-case letter and occurs once.
    CloudWatch rejects others."""
    _, ids = math(watcher)
    for n, name in enumerate(ids):
        if not re.fullmatch(r"[a-z]\w*", name) or ids.count(name) > 1:
            what = f"{name} must be unique and begin with a lower-case letter"
            yield [*MATH[watcher.type], n, "Id"], what


@rule("E9782", (ALARM, POLICY), MATH_DOCS, formerly="E9713")
def math_expression_uses_its_ids(watcher: Resource) -> Faults:
    """An expression of metric math uses ids that it has.
    CloudWatch rejects others."""
    found, ids = math(watcher)
    for n, entry in enumerate(found):
        formula = text(entry.get("Expression")) or ""
        plain = not re.search(r"['\"$]|SELECT|SEARCH", formula)
        for name in set(re.findall(r"\b[a-z]\w*\b(?!\()", formula if plain else "")):
            if name not in ids:
                yield [*MATH[watcher.type], n, "Expression"], f"there is no {name}; add it"


@rule("E9783", (ALARM, POLICY), MATH_DOCS, formerly="E9713")
def math_returns_one_result(watcher: Resource) -> Faults:
    """Metric math returns one result.
    An alarm watches exactly one of its entries, or a band; a scaling policy tracks one."""
    found, _ = math(watcher)
    returned = [str(entry.get("ReturnData", True)).lower() for entry in found]
    known = found and set(returned) <= {"true", "false"}
    if known and returned.count("true") != 1 and not watcher.get("ThresholdMetricId"):
        yield [*MATH[watcher.type]], "exactly one entry must return data; set ReturnData"


@rule("W9716", ALARM, f"{DOCS}monitoring/cloudwatch_concepts.html")
def alarm_spells_the_metric_of_its_filter(alarm: Resource) -> Faults:
    """An alarm on a filter's metric spells it as the filter does.
    An alarm on the metric of a filter has that filter's namespace, name and dimensions, or
    it never gets a datapoint."""
    filters = alarm.system.of(FILTER)
    made = [e for one in filters for _, e in one.entries("MetricTransformations")]
    keys = [(str(e.get("MetricNamespace")), str(e.get("MetricName"))) for e in made]
    for metric in metrics(alarm) if "{" not in str(keys) else ():
        space, name = str(metric.namespace), str(metric.name)
        spaces = {one for one, other in keys if other == name}
        bare = metric.dimensions and not any(entry.get("Dimensions") for entry in made)
        if "{" in space + name:
            continue
        if [space] == [one for one, _ in keys] and not spaces:
            yield [*metric.path, "MetricName"], f"the filter makes {keys[0][1]}; name that"
        elif spaces and space not in spaces:
            yield [*metric.path, "Namespace"], f"the filter's is {min(spaces)}; name that"
        elif spaces and bare:
            yield [*metric.path, "Dimensions"], "the filter's metric has none; leave out"


KEY_DOCS = f"{DOCS}logs/encrypt-log-data-kms.html"


def log_key(group: Resource) -> Resource | None:
    """Return the key of a log group, or its alias."""
    key = group.target("KmsKeyId")
    return key if key and key.type in ("AWS::KMS::Key", "AWS::KMS::Alias") else None


@rule("W9781", GROUP, KEY_DOCS, formerly="W9721")
def log_key_is_an_arn(group: Resource) -> Faults:
    """A log group's key is an ARN.
    CloudWatch Logs accepts no id and no name."""
    key = log_key(group)
    if key and attribute(group.expression("KmsKeyId")) == "Ref":
        yield ["KmsKeyId"], f"a log group wants the key's ARN; use the Arn of {key.name}"


@rule("W9782", GROUP, KEY_DOCS, formerly="W9721")
def log_key_admits_logs(group: Resource) -> Faults:
    """A log group's key admits CloudWatch Logs.
    The key's policy must admit CloudWatch Logs of the region, or CloudWatch Logs cannot
    encrypt the group."""
    key = log_key(group)
    if key is None or attribute(group.expression("KmsKeyId")) == "Ref":
        return
    policy = json.dumps(key.expression("KeyPolicy"), default=str)
    if "Statement" in policy and '"logs.' not in policy:
        yield ["KmsKeyId"], f"{key.name} does not admit logs.<region>.amazonaws.com; let it"


TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "trace")


@rule("E9717", BOARD, f"{DOCS}APIReference/CloudWatch-Dashboard-Body-Structure.html")
def dashboard_body_is_valid(resource: Resource) -> Faults:
    """A dashboard's body is valid and shows metrics that exist.
    A dashboard's body is JSON with widgets of known types. A metric is its namespace, its name
    and pairs of dimensions, as AWS emits them."""
    raw = text(resource.expression("DashboardBody")) or ""
    if not raw.lstrip().startswith("{"):
        return
    try:
        body = json.loads(VARIABLE.sub("0", raw), strict=False)
    except ValueError as error:
        if parsed(VARIABLE.sub("", raw)) is None:
            yield ["DashboardBody"], f"the body is no JSON ({error}); correct it"
        return
    if not isinstance(body.get("widgets"), list):
        yield ["DashboardBody"], "the body has no widgets; add the list"
        return
    for n, widget in enumerate(body["widgets"]):
        if wrong := _widget(widget):
            yield ["DashboardBody"], f"widget {n + 1}: {wrong}"


def parsed(body: str) -> Any:
    """Return a text read as JSON, or None."""
    try:
        return json.loads(body, strict=False)
    except ValueError:
        return None


def _widget(widget: Any) -> str | None:
    kind, shown = at(widget, "type"), at(widget, "properties")
    if kind not in TYPES:
        return f"{kind} is no type of widget; use one of {', '.join(TYPES)}"
    if not isinstance(shown, dict):
        return "it has no properties; add them"
    series = shown.get("metrics")
    if kind == "metric" and not series and not shown.get("annotations"):
        return "it shows no metrics; add some"
    found = map(_series, series if isinstance(series, list) else [])
    return next((wrong for wrong in found if wrong), None)


def _series(entry: Any) -> str | None:
    words = _conditions(entry)
    if len(words) % 2:
        return f"{words[1]} has a dimension without a value; add it"
    sure, _, why = _shown(words).fault() or (False, "", "")
    return f"{why}; name what AWS emits" if sure else None


def _conditions(entry: Any) -> list[Any]:
    """The words of a dashboard's metric; none where it repeats the one before."""
    listed = entry if isinstance(entry, list) else []
    words = [word for word in listed if isinstance(word, (str, int))]
    return [] if len(words) < 2 or {".", "..."} & set(words) else words


def _shown(words: list[Any]) -> Metric:
    pairs = [{"Name": n, "Value": v} for n, v in zip(words[2::2], words[3::2], strict=False)]
    names = dict(zip(("Namespace", "MetricName"), words, strict=False))
    return Metric([], {**names, "Dimensions": pairs}, {})


@rule("W9717", BOARD, f"{DOCS}monitoring/aws-services-cloudwatch-metrics.html")
def dashboard_metric_is_listed(board: Resource) -> Faults:
    """A dashboard's metrics are listed by AWS, and belong to existing resources.
    A graph is empty if AWS's page does not list its metric, or if its resource does not
    exist."""
    body = parsed(text(board.expression("DashboardBody")) or "")
    for _, entry in reached(body, ["widgets", "*", "properties", "metrics", "*"]):
        metric = _shown(_conditions(entry))
        sure, _, why = metric.fault() or (True, "", "")
        named = [(str(one["Name"]), one["Value"]) for one in metric.dimensions]
        closed = [pair for pair in named if metric.space and "$" not in str(pair)]
        wrong = [
            None if sure else f"{why}; name what AWS emits",
            *(_wrong(board, metric, *pair) for pair in closed),
        ]
        yield from ((["DashboardBody"], one) for one in wrong if one)


def is_one_kind(pattern: Any) -> bool:
    """Whether all terms of a filter's pattern have a question mark, or none has."""
    terms = re.findall(r'[?-]?"[^"]*"|\S+', str(pattern))
    marked = [term for term in terms if term.startswith("?")]
    return str(pattern).lstrip()[:1] in ("{", "[") or len(marked) in (0, len(terms))


filter_marks_all_terms_or_none = property_rule(
    "W9726",
    READERS,
    "FilterPattern",
    is_one_kind,
    good="A filter's pattern marks all its terms with ?, or none.",
    why="CloudWatch Logs ignores the terms with a question mark beside other terms.",
    fix="the ?terms are ignored; mark all or none",
    docs=f"{DOCS}logs/FilterAndPatternSyntax.html",
)


@rule("E9726", FILTER, f"{DOCS}logs/CloudWatch_Logs_Log_Classes.html")
def filtered_group_is_standard(metric: Resource) -> Faults:
    """A metric filter's log group is of the standard class.
    A log group of the class INFREQUENT_ACCESS or DELIVERY has no metric filters."""
    group = metric.target("LogGroupName")
    kept = group.get("LogGroupClass") if group and group.type == GROUP else None
    if group and kept in ("INFREQUENT_ACCESS", "DELIVERY"):
        yield ["LogGroupName"], f"{group.name} is {kept}; make it STANDARD"


@rule("W9727", ALARM, f"{DOCS}monitoring/deploy-container-insights-ECS-cluster.html")
def cluster_sends_container_insights(alarm: Resource) -> Faults:
    """An alarm on Container Insights has a cluster that sends its metrics.
    A cluster whose containerInsights is disabled sends no metric to ECS/ContainerInsights:
    enable it, or use a metric of AWS/ECS."""
    for metric in metrics(alarm):
        for _, entry in entries(metric.dimensions):
            cluster = alarm.system.target(entry.get("Value"))
            if metric.namespace != "ECS/ContainerInsights" or cluster is None:
                continue
            _, setting = cluster.pairs("ClusterSettings", "Name").get(
                "containerInsights", (0, None)
            )
            if cluster.type == "AWS::ECS::Cluster" and setting == "disabled":
                yield [*metric.path, "Namespace"], f"{cluster.name} sends none; enable them"


LEVEL = (
    r"Free\w*|DatabaseConnections|\w*Utilization|(Un)?HealthyHostCount|SwapUsage"
    r"|CPUCreditBalance|\w*(Latency|ResponseTime|Lag)|\w+TaskCount|DiskQueueDepth"
)
ERRORS = r"\w*[45][Xx]{2}\w*"


MEANING_DOCS = f"{DOCS}monitoring/Statistics-definitions.html"


def statistics(alarm: Resource) -> Iterator[tuple[Metric, str, str]]:
    """Yield the metrics of an alarm that AWS lists, with each statistic and its key."""
    for metric in metrics(alarm):
        for key in STATISTICS if metric.space else ():
            yield metric, key, str(metric.stat.get(key))


@rule("W9783", ALARM, MEANING_DOCS, formerly="W9728")
def level_is_not_summed(alarm: Resource) -> Faults:
    """An alarm does not sum a level.
    The sum of a level, such as free bytes, over samples is no level."""
    for metric, key, used in statistics(alarm):
        if used == "Sum" and re.fullmatch(LEVEL, str(metric.name)):
            what = f"{metric.name} is a level; use Average, Minimum or Maximum"
            yield [*metric.path[:-1], key], what


@rule("W9784", ALARM, MEANING_DOCS, formerly="W9728")
def percentile_shows_slow_requests(alarm: Resource) -> Faults:
    """An alarm on slow requests uses a high percentile.
    A low percentile shows the best requests and not the slow ones."""
    above = str(alarm.get("ComparisonOperator")).startswith("Greater")
    for metric, key, used in statistics(alarm):
        low = re.fullmatch(r"(?:p|tm)(\d+(?:\.\d+)?)", used)
        if low and float(low[1]) < 50 and above:
            yield [*metric.path[:-1], key], f"{used} ignores the slow half; use p95"


@rule("W9785", ALARM, MEANING_DOCS, formerly="W9728")
def sum_of_errors_is_whole(alarm: Resource) -> Faults:
    """The threshold of a sum of errors is a whole number.
    A part of an error means one error."""
    limit = alarm.number("Threshold")
    part = limit is not None and 0 < limit < 1
    for metric, _, used in statistics(alarm) if part else ():
        name = str(metric.name)
        level = re.fullmatch(LEVEL, name)
        if used == "Sum" and re.fullmatch(ERRORS, name) and not level and not metric.path:
            yield ["Threshold"], f"{limit} of a sum means 1; set 1"
