"""Bad cases of cfnlink/rules/monitoring.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path


def alarm(name: str, *path: str | int) -> Path:
    """A place in one of the alarms."""
    return (f"Monitoring{name}", "Properties", *path)


def case(rule: str, path: Path, value: Any, at: Path | None = None, **more: Any) -> BadCase:
    """One property changed, seen where it stands unless told otherwise."""
    return BadCase(rule, {path: value, **more.get("also", {})}, at or path)


def math(*entries: dict[str, Any]) -> dict[str, Any]:
    """An alarm on metric math."""
    return {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 1,
        "AlarmActions": [{"Ref": "MonitoringAlarmTopic"}],
        "Metrics": list(entries),
    }


def shown(old: str, new: str) -> Any:
    """The dashboard with its text changed."""
    return lambda sub: {"Fn::Sub": [sub["Fn::Sub"][0].replace(old, new), sub["Fn::Sub"][1]]}


def any_of(rule: Any) -> dict[str, Any]:
    """A composite alarm."""
    return {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": rule}}


REF = {"Ref": "DatabaseInstance"}
STAT = {"Metric": {"Namespace": "shop", "MetricName": "x"}, "Period": 60, "Stat": "Sum"}
M1 = {"Id": "m1", "MetricStat": STAT, "ReturnData": False}
CPU = "ServiceCpu"
TOPIC: Path = ("MonitoringAlarmTopic", "Properties")
TRANSFORM = alarm("ErrorFilter", "MetricTransformations", 0)
BODY = alarm("Dashboard", "DashboardBody")
LOGS: Path = ("ServiceLogGroup", "Properties")
KEY = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}}

INSIGHTS = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "Namespace": "ECS/ContainerInsights",
        "MetricName": "RunningTaskCount",
        "Dimensions": [{"Name": "ClusterName", "Value": {"Ref": "ServiceCluster"}}],
    },
}
LEVELS = (
    "DatabaseStorage",
    "DatabaseMemory",
    "DatabaseConnections",
    "ServiceMemory",
    "NoHealthyTask",
)
FAILING, SLOW = "MonitoringServerErrors", "MonitoringSlowAnswers"

BAD_CASES = [
    case("E9701", alarm("ServerErrors", "MetricName"), "5xxErrors"),
    case("E9701", alarm("NoHealthyTask", "MetricName"), "HealthyHosts"),
    case("E9701", alarm("NoHealthyTask", "Dimensions"), lambda found: found[1:]),
    case("E9701", alarm(CPU, "Dimensions"), REMOVE, alarm(CPU, "MetricName")),
    case("W9701", alarm(CPU, "Dimensions", 0, "Name"), "Cluster", alarm(CPU, "Dimensions")),
    case("W9701", alarm("DatabaseCpu", "MetricName"), "CpuUtilization"),
    case("W9701", alarm("DatabaseCpu", "Namespace"), "AWS/Rds"),
    case("W9701", alarm("DatabaseCpu", "MetricName"), "BinLogDiskUsage",
         also={alarm("DatabaseCpu", "Dimensions", 0, "Value"): {"Ref": "DatabaseInstance"}}),
    case("E9703", alarm("NoHealthyTask", "Dimensions", 1, "Value"),
         "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"),
    case("E9703", alarm("ServerErrors", "Dimensions", 0, "Value"), {"Ref": "ApiRestApi"}),
    case("E9703", alarm("ServerErrors", "Dimensions", 0, "Value"), "shop"),
    case("E9703", alarm("DatabaseCpu", "Dimensions", 0, "Value"), "shop-production"),
    case("E9703", ("OtherCluster",), {"Type": "AWS::ECS::Cluster"},
         alarm(CPU, "Dimensions", 1, "Value"),
         also={alarm(CPU, "Dimensions", 0, "Value"): {"Ref": "OtherCluster"}}),
    case("W9704", alarm("ServerErrors", "Statistic"), "Maximum"),
    case("W9704", alarm(CPU, "Unit"), "Count"),
    case("E9707", alarm("SlowAnswers", "ExtendedStatistic"), "p950"),
    case("E9707", alarm(CPU, "DatapointsToAlarm"), 4),
    case("E9707", alarm(CPU, "EvaluationPeriods"), 300, alarm(CPU, "Period")),
    case("E9708", alarm(CPU, "Threshold"), 120),
    case("E9708", alarm("ServerErrors", "Threshold"), 5),
    case("E9708", alarm("NoHealthyTask", "Threshold"), 0),
    case("E9708", alarm("UnhealthyTasks", "ComparisonOperator"),
         "GreaterThanOrEqualToThreshold",
         alarm("UnhealthyTasks", "Threshold")),
    case("E9708", alarm("DatabaseStorage", "Threshold"), 20 * 2**30),
    case("E9708", alarm("DatabaseStorage", "Threshold"), 32212254720,
         also={alarm("DatabaseStorage", "Dimensions", 0, "Value"): REF}),
    case("W9709", alarm(CPU, "Threshold"), 0.8),
    case("W9709", alarm("NoHealthyTask", "Threshold"), 3),
    case("W9709", alarm("DatabaseStorage", "ComparisonOperator"), "GreaterThanThreshold"),
    case("W9709", alarm("SlowAnswers", "ComparisonOperator"), "LessThanThreshold"),
    case("W9709", alarm("DatabaseStorage", "Threshold"), 3),
    case("W9709", alarm("SlowAnswers", "Threshold"), 1),
    case("W9709", alarm(CPU, "Period"), 30),
    case("W9709", alarm(CPU, "MetricName"), "DaysToExpiry", alarm(CPU, "Period"),
         also={alarm(CPU, "Namespace"): "AWS/CertificateManager"}),
    case("W9709", alarm("ServerErrors", "TreatMissingData"), "breaching"),
    case("W9709", alarm("NoHealthyTask", "TreatMissingData"), "notBreaching"),
    case("W9711", alarm(CPU, "AlarmActions"), []),
    case("W9711", alarm(CPU, "AlarmActions"), REMOVE, alarm(CPU)),
    case("W9711", alarm(CPU, "ActionsEnabled"), False),
    case("E9707", alarm(CPU, "OKActions", 0), "alarms"),
    case("E9707", alarm(CPU, "OKActions", 0), "arn:aws:sqs:us-east-1:123456789012:alarms"),
    case("E9713", alarm(CPU), math(M1, {"Id": "e1", "Expression": "m1 / m2"}),
         alarm(CPU, "Metrics", 1, "Expression")),
    case("E9713", alarm(CPU), math(M1), alarm(CPU, "Metrics")),
    case("E9713", alarm(CPU), math(M1, {"Id": "Rate", "Expression": "m1 / 2"}),
         alarm(CPU, "Metrics", 1, "Id")),
    case("E9713", alarm(CPU), {**math(M1), "ThresholdMetricId": "band"},
         alarm(CPU, "ThresholdMetricId")),
    case("E9707", alarm("ErrorFilter", "FilterPattern"), '{ $.level = "error"'),
    case("E9707", alarm("ErrorFilter", "FilterPattern"), '?ERROR ?"panicked at'),
    case("E9707", (*TRANSFORM, "MetricValue"), "one"),
    case("E9707", (*TRANSFORM, "Dimensions"), [{"Key": "a", "Value": "$.a"}],
         (*TRANSFORM, "DefaultValue")),
    case("E9707", (*TRANSFORM, "MetricNamespace"), "AWS/Shop"),
    case("W9716", alarm("ErrorsLogged", "MetricName"), "ErrorLogged"),
    case("W9716", alarm("ErrorsLogged", "Namespace"), "shop"),
    case("W9716", alarm("ErrorsLogged", "Dimensions"), [{"Name": "a", "Value": "b"}]),
    case("E9717", BODY, '{"widgets": ['),
    case("E9717", BODY, '{"widget": []}'),
    case("E9717", BODY, shown("]}}]}", "]}},]}")),
    case("W9717", BODY, shown('"CPUUtilization", "DB', '"CPUUtilisation", "DB')),
    case("W9717", BODY, shown("shop-production-1", "shop-production")),
    case("W9729", ("Any",), any_of('ALARM("shop-errors")'), ("Any", "Properties", "AlarmRule")),
    *(
        case("E9717", BODY, f'{{"widgets": [{widget}]}}')
        for widget in (
            '{"type": "graph", "properties": {}}',
            '{"type": "metric"}',
            '{"type": "metric", "x": 20, "width": 8, "properties": {"metrics": [["A", "b"]]}}',
            '{"type": "metric", "properties": {"metrics": []}}',
            '{"type": "metric", "properties": {"metrics": [["AWS/ECS", "Cpu"]]}}',
            '{"type": "metric", "properties": {"metrics": [["A", "b", "c"]]}}',
        )
    ),
    case("E9707", (*TOPIC, "Subscription"), [{"Protocol": "mail", "Endpoint": "a@b.cd"}],
         (*TOPIC, "Subscription", 0, "Protocol")),
    case("E9707", (*TOPIC, "Subscription"), [{"Protocol": "email", "Endpoint": "ops"}],
         (*TOPIC, "Subscription", 0, "Endpoint")),
    case("E9707", (*TOPIC, "Subscription"), [{"Protocol": "https", "Endpoint": "http://a.b"}],
         (*TOPIC, "Subscription", 0, "Endpoint")),
    case("W9711", (*LOGS, "RetentionInDays"), REMOVE, LOGS),
    case("W9721", ("Key",), KEY, (*LOGS, "KmsKeyId"), also={(*LOGS,
         "KmsKeyId"): {"Ref": "Key"}}),
    case("W9721", ("Key",), KEY, (*LOGS, "KmsKeyId"),
         also={(*LOGS, "KmsKeyId"): {"Fn::GetAtt": ["Key", "Arn"]}}),
    case("W9726", alarm("ErrorFilter", "FilterPattern"), '?ERROR "panicked at"'),
    case("W9726", alarm("ErrorFilter", "FilterPattern"), "?ERROR ?FATAL -health"),
    case("E9726", ("ServiceLogGroup", "Properties", "LogGroupClass"), "INFREQUENT_ACCESS",
         alarm("ErrorFilter", "LogGroupName")),
    case("W9727", ("Insights",), INSIGHTS, ("Insights", "Properties", "Namespace")),
    *(
        case("W9728", alarm(name, "Statistic"), "Sum")
        for name in ("DatabaseCpu", *LEVELS)
    ),
    case("W9728", (FAILING, "Properties", "Threshold"), 0.05,
         also={(FAILING, "Properties", "Statistic"): "Sum"}),
    case("W9728", (SLOW, "Properties", "ExtendedStatistic"), "p10"),
]  # fmt: skip

ACCEPTED = [
    case(
        "W9709",
        alarm(CPU, "Threshold"),
        0.8,
        also={alarm(CPU, "ComparisonOperator"): "LessThanThreshold"},
    ),
    case("W9709", alarm("NoHealthyTask", "Threshold"), 2),
    case("E9717", BODY, {"Fn::Sub": '{"widgets": [${Widgets}${More}]}'}),
    case("W9729", ("Any",), any_of({"Fn::Sub": "ALARM(${MonitoringErrorsLogged})"})),
    case("E9701", alarm(CPU, "MetricName"), "LiveTaskCount"),
    case(
        "W9701",
        alarm(CPU, "Namespace"),
        "AWS/NATGateway",
        also={
            alarm(CPU, "MetricName"): "ErrorPortAllocation",
            alarm(CPU, "Dimensions"): [
                {"Name": "NatGatewayId", "Value": "nat-1"},
                {"Name": "AvailabilityZone", "Value": "us-east-1a"},
            ],
        },
    ),
]
