"""What watches a system: alarms, dashboards, metric filters, log groups and topics."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from math import inf
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import (
    VARIABLE,
    Fault,
    Resource,
    Rule,
    at,
    attribute,
    between,
    entries,
    facts,
    is_expression,
    matches,
    none_of,
    number,
    one_of,
    reached,
    text,
)
from _rows import Node, Table, Value

DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/"
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
FILTER, GROUP = "AWS::Logs::MetricFilter", "AWS::Logs::LogGroup"
TOPIC, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SNS::Subscription"
SPACES: dict[str, Any] = facts("metrics")["namespaces"]
STATISTICS = ("Statistic", "ExtendedStatistic", "Stat")
PERCENTILE = (r"(p|tm|wm|tc|ts)(\d{1,2}(\.\d{0,10})?|100)|IQM"
              r"|(PR|TM|WM|TC|TS)\([\d.%]*:[\d.%]*\)")  # fmt: skip
CALLED = r"arn:[^:]*:(sns|automate|ssm|swf|lambda|autoscaling|ssm-incidents|aiops):.*"
ENDPOINTS = {
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "https": r"https://.+", "http": r"http://.+", "sms": r"\+?[\d-]+",
    "sqs": r"arn:.+", "lambda": r"arn:.+", "firehose": r"arn:.+", "application": r"arn:.+",
}  # fmt: skip
# https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
PROTOCOLS = (
    *("http", "https", "email", "email-json", "sms", "sqs"),
    *("application", "lambda", "firehose"),
)


def ends(alarm: Any) -> bool:
    """Whether an alarm's periods are not too long: seven days, or one of short periods."""
    period = number(at(alarm, "Period")) or 0
    most = 604800 if period >= 3600 else 86400
    return period * (number(at(alarm, "EvaluationPeriods")) or 0) <= most


def happens(alarm: Any) -> bool:
    """Whether an alarm looks at as many datapoints as it needs."""
    count = number(at(alarm, "EvaluationPeriods")) or inf
    return (number(at(alarm, "DatapointsToAlarm")) or 0) <= count


def is_closed(pattern: Any) -> bool:
    """Whether a filter's pattern closes what it opens, and joins JSON by && and ||."""
    bare = re.sub(r'"(\\.|[^"\\])*"|%[^%]*%', "", str(pattern))
    words = re.match(r"\s*\{.*\$\.[\w.]+\s+(and|or)\s", bare, re.IGNORECASE)
    even = all(bare.count(a) == bare.count(b) for a, b in ("{}", "[]", "()"))
    return '"' not in bare and even and not words


def is_endpoint(subscription: Any) -> bool:
    """Whether a subscription's endpoint has the form of its protocol."""
    form = ENDPOINTS.get(str(subscription.get("Protocol")), ".*")
    endpoint = subscription.get("Endpoint")
    known = isinstance(endpoint, str) and "{{" not in endpoint
    return not known or re.fullmatch(form, str(endpoint)) is not None


class WatchersAreAccepted(Table):
    """CloudWatch looks back over seven days at most, one day with periods under an hour, and
    calls topics and a few other things by their ARN. A filter's pattern closes what it opens,
    its value is a number or a field. A subscription's endpoint is of its protocol."""

    id = "E9707"
    shortdesc = "Alarms, metric filters and subscriptions can be created"
    source_url = f"{DOCS}APIReference/API_PutMetricAlarm.html"
    on = (ALARM, COMPOSITE, FILTER, TOPIC, SUBSCRIPTION)
    rows = (
        Value("ExtendedStatistic", matches(PERCENTILE), "use p0 to p100, say p95"),
        Node("DatapointsToAlarm", happens, "more than EvaluationPeriods; lower it"),
        Node("Period", ends, "too long a time with its EvaluationPeriods; shorten one"),
        *(Value(f"{key}.*", matches(CALLED), "an alarm cannot call this; Ref a topic")
          for key in ("AlarmActions", "OKActions", "InsufficientDataActions")),
        Value("FilterPattern", is_closed, "close what it opens, and join JSON by && and ||"),
        Value("MetricTransformations.*.MetricValue", lambda value: number(value) is not None
              or str(value).startswith("$"), "neither a number nor a $field; use '1'"),
        Node("MetricTransformations.*.DefaultValue", lambda metric: not metric.get("Dimensions")
             or "DefaultValue" not in metric, "there is none with Dimensions; leave it out"),
        Value("MetricTransformations.*.MetricNamespace", matches("(?!AWS/).*"),
              "AWS/ is AWS's own; choose another"),
        Value("Subscription.*.Protocol", one_of(*PROTOCOLS), "SNS has no such protocol"),
        Value("Protocol", one_of(*PROTOCOLS), "SNS has no such protocol"),
        Node("Subscription.*.Endpoint", is_endpoint, "this is not of its protocol; mend one"),
        Node("Endpoint", is_endpoint, "this is not of its protocol; mend one"),
    )  # fmt: skip


class SomebodyHears(Table):
    """An alarm without an action, or with its actions turned off, tells nobody; a log group
    without a retention keeps, and bills, everything for ever."""

    id = "W9711"
    shortdesc = "Alarms do something, logs expire"
    source_url = f"{DOCS}monitoring/AlarmThatSendsEmail.html"
    on = (ALARM, COMPOSITE, GROUP)
    rows = (
        Value("ActionsEnabled", none_of("false"), "the actions are off; set true"),
        Node("AlarmActions", lambda alarm: alarm.get("AlarmActions"), "name a topic",
             lambda r: r.kind != GROUP and not r.users() and not r.handed_out),
        Node("RetentionInDays", lambda group: "RetentionInDays" in group,
             "set it, or logs are kept and billed for ever", lambda r: r.kind == GROUP),
    )  # fmt: skip


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
        if not self.known:
            return sure, "MetricName", f"{self.namespace} has no metric {self.name}"
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


def metrics(alarm: Resource) -> Iterator[Metric]:
    """The metrics of an alarm, its own or those of its metric math."""
    if alarm.raw("MetricName"):
        yield Metric([], alarm.properties, alarm.properties)
    for path, stat in reached(alarm.properties, ["Metrics", "*", "MetricStat"]):
        if isinstance(stat, dict) and isinstance(stat.get("Metric"), dict):
            yield Metric([*path, "Metric"], stat["Metric"], stat)


class MetricExists(Rule):
    """An alarm on a metric, or a set of dimensions, that AWS does not emit is never more than
    INSUFFICIENT_DATA."""

    id = "E9701"
    shortdesc = "An alarm's metric is one that AWS emits, with its dimensions"
    source_url = f"{DOCS}monitoring/aws-services-cloudwatch-metrics.html"
    on = (ALARM,)
    sure = True

    def check(self, resource: Resource) -> Iterator[Fault]:
        for metric in metrics(resource):
            sure, key, why = metric.fault() or (None, "", "")
            if sure is self.sure:
                yield [*metric.path, key], f"{why}; name what AWS emits"


class MetricIsListed(MetricExists):
    """A metric that AWS's page of its namespace does not list, or one of another engine, may
    never have data."""

    id = "W9701"
    shortdesc = "An alarm's metric is listed by AWS"
    sure = False

    def check(self, resource: Resource) -> Iterator[Fault]:
        yield from super().check(resource)
        near = {name.lower(): name for name in SPACES}
        for metric in metrics(resource):
            other = near.get(str(metric.namespace).lower(), metric.namespace)
            if other != metric.namespace:
                yield [*metric.path, "Namespace"], f"the namespace is spelled {other}"
            for _, entry in entries(metric.dimensions):
                instance = resource.chain.target(entry.get("Value"))
                engine = str(instance.get("Engine")) if instance else "None"
                engines = tuple(map(str, metric.fact.get("engines", [engine])))
                if engine != "None" and not engine.startswith(engines):
                    yield [*metric.path, "MetricName"], f"{engine} does not emit {metric.name}"


class DimensionsLead(Rule):
    """A dimension's value is the name of a resource that is there: an API's name and not its
    id, no ARN; and a service stands beside its own cluster."""

    id = "E9703"
    shortdesc = "An alarm's dimensions name resources that exist"
    source_url = f"{DOCS}monitoring/cloudwatch_concepts.html"
    on = (ALARM,)
    named = {
        "ClusterName": ("AWS::ECS::Cluster", "ClusterName"),
        "ServiceName": ("AWS::ECS::Service", "ServiceName"),
        "ApiName": ("AWS::ApiGateway::RestApi", "Name"),
        "Stage": ("AWS::ApiGateway::Stage", "StageName"),
        "DBInstanceIdentifier": ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    }

    def check(self, resource: Resource) -> Iterator[Fault]:
        for metric in metrics(resource):
            found: dict[str, Resource | None] = {}
            for n, entry in entries(metric.dimensions) if metric.space else ():
                name, value = str(entry.get("Name")), entry.get("Value")
                found[name] = resource.chain.target(value)
                service, cluster = found.get("ServiceName"), found.get("ClusterName")
                home = service.target("Cluster") if service else None
                wrong = self._wrong(resource, name, value)
                if home and cluster and home is not cluster:
                    wrong = f"the service runs in {home.name} and not in {cluster.name}"
                if wrong:
                    yield [*metric.path, "Dimensions", n, "Value"], wrong

    def _wrong(self, resource: Resource, name: str, value: Any) -> str | None:
        kind, own = self.named.get(name, ("", ""))
        there = [one.get(own) for one in resource.chain.of(kind)]
        other = resource.chain.target(value)
        if name == "ApiName" and other and attribute(value) == "Ref" and other.kind == kind:
            return f"ApiName is the Name of {other.name} and not its id; write that"
        if str(value).startswith("arn:") and name != "CertificateArn":
            return f"{name} is a name and no ARN; name the resource"
        known = there and all(isinstance(one, str) for one in there)
        if known and isinstance(value, str) and value not in there:
            return f"there is no {name} {value} but {', '.join(there)}; name one that exists"
        return None


class StatisticFitsTheMetric(Rule):
    """Some statistics of a metric mean nothing, such as the average of a count that is always
    one, and a unit that AWS does not send matches no data."""

    id = "W9704"
    shortdesc = "An alarm uses a statistic and a unit that its metric has"
    source_url = f"{DOCS}APIReference/API_PutMetricAlarm.html"
    on = (ALARM,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for metric in metrics(resource):
            allowed = metric.fact.get("statistics")
            sent, unit = metric.fact.get("unit"), metric.stat.get("Unit")
            for key in STATISTICS:
                used = metric.stat.get(key)
                if allowed and isinstance(used, str) and used not in allowed:
                    right = " or ".join(allowed)
                    yield [*metric.path[:-1], key], f"{used} means nothing; use {right}"
            if isinstance(unit, str) and sent and unit != str(sent):
                yield [*metric.path[:-1], "Unit"], f"it is sent in {sent}; leave Unit out"


class ThresholdCanBeCrossed(Rule):
    """A percentage is at most 100, the average of API Gateway's errors a share of 1, and a
    count never below 0: an alarm beyond that is always silent, or always on."""

    id = "E9708"
    shortdesc = "An alarm's threshold lies within its metric's range"
    source_url = f"{DOCS}monitoring/AlarmThatSendsEmail.html"
    on = (ALARM,)
    compared = {"GreaterThanThreshold": gt, "GreaterThanOrEqualToThreshold": ge,
                "LessThanThreshold": lt, "LessThanOrEqualToThreshold": le}  # fmt: skip

    def check(self, resource: Resource) -> Iterator[Fault]:
        limit: Any = resource.number("Threshold")
        compare = self.compared.get(str(resource.get("ComparisonOperator")))
        for metric in metrics(resource):
            share = metric.namespace == "AWS/ApiGateway" and "XXError" in str(metric.name)
            top = 100 if metric.fact.get("unit") == "Percent" else inf
            top = 1 if share and metric.statistic == "Average" else top
            judged = metric.known and not metric.path and limit is not None
            if judged and compare and compare(0, limit) is compare(top, limit):
                yield ["Threshold"], f"{metric.name} goes from 0 to {top}; set it between"


class AlarmSuitsItsMetric(Rule):
    """Free space and healthy targets are alarming when low, errors when high; a threshold is
    in the metric's own unit; and no data is good news of errors, bad news of healthy hosts."""

    id = "W9709"
    shortdesc = "An alarm's direction, unit, period and missing data suit its metric"
    source_url = f"{DOCS}monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"
    on = (ALARM,)
    low = r"(Free|HealthyHost|CPUCreditBalance|DaysToExpiry).*|.*Balance%?"
    high = r".*(UnHealthy|5XX|4XX|5xx|4xx|Error|Latency|ResponseTime|Rejected).*|.*Lag"
    sparse = r"HTTPCode.*|.*(ErrorCount|5XXError)"
    rows: tuple[tuple[str, str, str, Callable[[Any], bool], str], ...] = (
        (low, ".*", "ComparisonOperator", matches("Less.*"), "is bad when low"),
        (high, ".*", "ComparisonOperator", matches("Greater.*"), "is bad when high"),
        ("Free.*", "Bytes", "Threshold", between(1e6, inf), "is in bytes"),
        (".*Latency", "Milliseconds", "Threshold", between(10, inf), "is in milliseconds"),
        (".*(Time|Latency)", "Seconds", "Threshold", between(0, 60), "is in seconds"),
        (".*", ".*", "Period", between(60, inf), "comes once a minute at most"),
        ("DaysToExpiry", ".*", "Period", between(86400, inf), "comes twice a day"),
        (sparse, ".*", "TreatMissingData", one_of("notBreaching"), "is missing if all is well"),
        ("HealthyHostCount", ".*", "TreatMissingData", none_of("notBreaching", "ignore"),
         "is missing without targets"),
    )  # fmt: skip

    def check(self, resource: Resource) -> Iterator[Fault]:
        for metric in metrics(resource):
            for pattern, unit, key, fits, why in self.rows:
                value = metric.stat.get(key)
                suits = matches(pattern)(metric.name) and matches(unit)(metric.fact.get("unit"))
                judged = suits and metric.known and not metric.path and not is_expression(value)
                if judged and not fits(value) and (value is not None or key[0] == "T"):
                    yield [key] if value is not None else [], f"{metric.name} {why}; mind {key}"


class MetricMathHolds(Rule):
    """Metric math names its metrics by ids that begin with a small letter, uses only ids that
    it has, and returns one of them."""

    id = "E9713"
    shortdesc = "Metric math has its ids, and returns one result"
    source_url = f"{DOCS}monitoring/using-metric-math.html"
    on = (ALARM,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        found = [entry for _, entry in entries(resource.raw("Metrics"))]
        if not found or found != resource.raw("Metrics"):
            return
        ids, band = [str(entry.get("Id")) for entry in found], resource.get("ThresholdMetricId")
        if isinstance(band, str) and band not in ids:
            yield ["ThresholdMetricId"], f"there is no {band}; name one of {', '.join(ids)}"
        for n, entry in enumerate(found):
            if not re.fullmatch(r"[a-z]\w*", ids[n]) or ids.count(ids[n]) > 1:
                yield ["Metrics", n, "Id"], f"{ids[n]} must be unique and begin small"
            formula = text(entry.get("Expression")) or ""
            plain = not re.search(r"['\"$]|SELECT|SEARCH", formula)
            for name in set(re.findall(r"\b[a-z]\w*\b(?!\()", formula if plain else "")):
                if name not in ids:
                    yield ["Metrics", n, "Expression"], f"there is no {name}; add it"
        returned = [str(entry.get("ReturnData", True)).lower() for entry in found]
        if set(returned) <= {"true", "false"} and returned.count("true") != 1 and not band:
            yield ["Metrics"], "exactly one entry returns data; set ReturnData"


class FilterIsWatched(Rule):
    """An alarm on the metric of a filter has that filter's namespace, name and dimensions, or
    it never sees a datapoint."""

    id = "W9716"
    shortdesc = "An alarm on a filter's metric spells it as the filter does"
    source_url = f"{DOCS}monitoring/cloudwatch_concepts.html"
    on = (ALARM,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        filters = resource.chain.of(FILTER)
        made = [e for one in filters for _, e in entries(one.raw("MetricTransformations"))]
        keys = [(str(e.get("MetricNamespace")), str(e.get("MetricName"))) for e in made]
        for metric in metrics(resource) if "{" not in str(keys) else ():
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


class LogKeyAdmitsLogs(Rule):
    """A log group's key is given by its ARN, and its policy admits CloudWatch Logs of the
    region, or the group cannot be encrypted with it."""

    id = "W9721"
    shortdesc = "A log group's key is an ARN and admits CloudWatch Logs"
    source_url = f"{DOCS}logs/encrypt-log-data-kms.html"
    on = (GROUP,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        key = resource.target("KmsKeyId")
        if key is None or key.kind not in ("AWS::KMS::Key", "AWS::KMS::Alias"):
            return
        policy = json.dumps(key.raw("KeyPolicy"), default=str)
        if attribute(resource.raw("KmsKeyId")) == "Ref":
            yield ["KmsKeyId"], f"a log group wants the key's ARN; use the Arn of {key.name}"
        elif "Statement" in policy and '"logs.' not in policy:
            yield ["KmsKeyId"], f"{key.name} does not admit logs.<region>.amazonaws.com; let it"


class DashboardIsDrawn(Rule):
    """A dashboard's body is JSON with widgets of known types on a grid 24 wide; a metric is
    its namespace, its name and pairs of dimensions, as AWS emits them."""

    id = "E9717"
    shortdesc = "A dashboard's body is valid and shows metrics that exist"
    source_url = f"{DOCS}APIReference/CloudWatch-Dashboard-Body-Structure.html"
    on = ("AWS::CloudWatch::Dashboard",)
    types = ("metric", "text", "log", "alarm", "explorer", "custom", "trace")

    def check(self, resource: Resource) -> Iterator[Fault]:
        raw = text(resource.raw("DashboardBody")) or ""
        if not raw.lstrip().startswith("{"):
            return
        try:
            body = json.loads(VARIABLE.sub("0", raw), strict=False)
        except ValueError as error:
            if "${" not in raw:
                yield ["DashboardBody"], f"the body is no JSON ({error}); mend it"
            return
        if not isinstance(body.get("widgets"), list):
            yield ["DashboardBody"], "the body has no widgets; add the list"
            return
        for n, widget in enumerate(body["widgets"]):
            wrong = self._widget(widget)
            if wrong:
                yield ["DashboardBody"], f"widget {n + 1}: {wrong}"

    def _widget(self, widget: Any) -> str | None:
        kind, shown = at(widget, "type"), at(widget, "properties")
        if kind not in self.types:
            return f"{kind} is no type of widget; use one of {', '.join(self.types)}"
        if not isinstance(shown, dict):
            return "it has no properties; add them"
        if (number(at(widget, "x")) or 0) + (number(at(widget, "width")) or 6) > 24:
            return "it ends beyond column 24; move or narrow it"
        series = shown.get("metrics")
        if kind == "metric" and not series and not shown.get("annotations"):
            return "it shows no metrics; add some"
        found = map(self._series, series if isinstance(series, list) else [])
        return next((wrong for wrong in found if wrong), None)

    @staticmethod
    def _series(entry: Any) -> str | None:
        listed = entry if isinstance(entry, list) else []
        words = [word for word in listed if isinstance(word, (str, int))]
        if len(words) < 2 or {".", "..."} & set(words):
            return None
        if len(words) % 2:
            return f"{words[1]} has a dimension without a value; add it"
        pairs = [{"Name": name} for name in words[2::2]]
        node = {"Namespace": words[0], "MetricName": words[1], "Dimensions": pairs}
        sure, _, why = Metric([], node, {}).fault() or (False, "", "")
        return f"{why}; name what AWS emits" if sure else None


def is_one_kind(pattern: Any) -> bool:
    """Whether a filter's pattern has no terms beside those with a question mark."""
    terms = re.findall(r'[?-]?"[^"]*"|\S+', str(pattern))
    marked = [term for term in terms if term.startswith("?")]
    return str(pattern).lstrip()[:1] in ("{", "[") or len(marked) in (0, len(terms))


class FilterSeesLines(Table):
    """In a filter's pattern the terms with a question mark are ignored beside any other: mark
    all of them, or none."""

    id = "W9726"
    shortdesc = "A filter's pattern marks all its terms by ?, or none"
    source_url = f"{DOCS}logs/FilterAndPatternSyntax.html"
    on = (FILTER, "AWS::Logs::SubscriptionFilter")
    rows = (Value("FilterPattern", is_one_kind, "the ?terms are ignored; mark all or none"),)


class FilteredGroupIsStandard(Rule):
    """A log group of the class INFREQUENT_ACCESS, or DELIVERY, has no metric filters."""

    id = "E9726"
    shortdesc = "A metric filter's log group is of the standard class"
    source_url = f"{DOCS}logs/CloudWatch_Logs_Log_Classes.html"
    on = (FILTER,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        group = resource.target("LogGroupName")
        kept = group.get("LogGroupClass") if group and group.kind == GROUP else None
        if group and kept in ("INFREQUENT_ACCESS", "DELIVERY"):
            yield ["LogGroupName"], f"{group.name} is {kept}; make it STANDARD"


class InsightsAreOn(Rule):
    """A cluster whose containerInsights is disabled sends no metric to ECS/ContainerInsights:
    enable it, or watch AWS/ECS."""

    id = "W9727"
    shortdesc = "An alarm on Container Insights has a cluster that sends them"
    source_url = f"{DOCS}monitoring/deploy-container-insights-ECS-cluster.html"
    on = (ALARM,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for metric in metrics(resource):
            for _, entry in entries(metric.dimensions):
                cluster = resource.chain.target(entry.get("Value"))
                if metric.namespace != "ECS/ContainerInsights" or cluster is None:
                    continue
                _, setting = cluster.pairs("ClusterSettings", "Name").get(
                    "containerInsights", (0, None)
                )
                if cluster.kind == "AWS::ECS::Cluster" and setting == "disabled":
                    yield [*metric.path, "Namespace"], f"{cluster.name} sends none; enable them"


class StatisticTellsTheState(Rule):
    """The sum of a level, say of free bytes, over samples is no level; a sum of errors is
    whole; and a low percentile shows the best requests and not the slow ones."""

    id = "W9728"
    shortdesc = "An alarm's statistic shows what its threshold means"
    source_url = f"{DOCS}monitoring/Statistics-definitions.html"
    on = (ALARM,)
    level = (
        r"Free\w*|DatabaseConnections|\w*Utilization|(Un)?HealthyHostCount|SwapUsage"
        r"|CPUCreditBalance|\w*(Latency|ResponseTime|Lag)|\w+TaskCount|DiskQueueDepth"
    )
    errors = r"\w*[45][Xx]{2}\w*"

    def check(self, resource: Resource) -> Iterator[Fault]:
        limit, above = resource.number("Threshold"), str(resource.get("ComparisonOperator"))
        for metric in metrics(resource):
            name, base = str(metric.name), metric.path[:-1]
            for key in STATISTICS if metric.space else ():
                used = str(metric.stat.get(key))
                low = re.fullmatch(r"(?:p|tm)(\d+(?:\.\d+)?)", used)
                if used == "Sum" and re.fullmatch(self.level, name):
                    yield [*base, key], f"{name} is a level; use Average, Minimum or Maximum"
                elif low and float(low[1]) < 50 and above.startswith("Greater"):
                    yield [*base, key], f"{used} ignores the slow half; use p95"
                elif used == "Sum" and re.fullmatch(self.errors, name) and not metric.path:
                    whole = limit is None or limit <= 0 or limit >= 1
                    yield from () if whole else [(["Threshold"], f"{limit} of a sum means 1")]
