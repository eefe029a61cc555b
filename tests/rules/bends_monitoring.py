"""Bends of rules/monitoring.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path


def alarm(name: str, *path: str | int) -> Path:
    """A place in one of the alarms."""
    return (f"Monitoring{name}", "Properties", *path)


def bend(rule: str, path: Path, value: Any, at: Path | None = None, **more: Any) -> Bend:
    """One property changed, seen where it stands unless told otherwise."""
    return Bend(rule, {path: value, **more.get("also", {})}, at or path)


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

BENDS = [
    bend("E9701", alarm("ServerErrors", "MetricName"), "5xxErrors"),
    bend("E9701", alarm("NoHealthyTask", "MetricName"), "HealthyHosts"),
    bend("E9701", alarm("NoHealthyTask", "Dimensions"), lambda found: found[1:]),
    bend("E9701", alarm(CPU, "Dimensions"), REMOVE, alarm(CPU, "MetricName")),
    bend("W9701", alarm(CPU, "Dimensions", 0, "Name"), "Cluster", alarm(CPU, "Dimensions")),
    bend("W9701", alarm("DatabaseCpu", "MetricName"), "CpuUtilization"),
    bend("W9701", alarm("DatabaseCpu", "Namespace"), "AWS/Rds"),
    bend("W9701", alarm("DatabaseCpu", "MetricName"), "BinLogDiskUsage",
         also={alarm("DatabaseCpu", "Dimensions", 0, "Value"): {"Ref": "DatabaseInstance"}}),
    bend("E9703", alarm("NoHealthyTask", "Dimensions", 1, "Value"),
         "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"),
    bend("E9703", alarm("ServerErrors", "Dimensions", 0, "Value"), {"Ref": "ApiRestApi"}),
    bend("E9703", alarm("ServerErrors", "Dimensions", 0, "Value"), "shop"),
    bend("E9703", alarm("DatabaseCpu", "Dimensions", 0, "Value"), "shop-production"),
    bend("E9703", ("OtherCluster",), {"Type": "AWS::ECS::Cluster"},
         alarm(CPU, "Dimensions", 1, "Value"),
         also={alarm(CPU, "Dimensions", 0, "Value"): {"Ref": "OtherCluster"}}),
    bend("W9704", alarm("ServerErrors", "Statistic"), "Maximum"),
    bend("W9704", alarm(CPU, "Unit"), "Count"),
    bend("E9707", alarm("SlowAnswers", "ExtendedStatistic"), "p950"),
    bend("E9707", alarm(CPU, "DatapointsToAlarm"), 4),
    bend("E9707", alarm(CPU, "EvaluationPeriods"), 300, alarm(CPU, "Period")),
    bend("E9708", alarm(CPU, "Threshold"), 120),
    bend("E9708", alarm("ServerErrors", "Threshold"), 5),
    bend("E9708", alarm("NoHealthyTask", "Threshold"), 0),
    bend("E9708", alarm("UnhealthyTasks", "ComparisonOperator"),
         "GreaterThanOrEqualToThreshold",
         alarm("UnhealthyTasks", "Threshold")),
    bend("E9708", alarm("DatabaseStorage", "Threshold"), 20 * 2**30),
    bend("E9708", alarm("DatabaseStorage", "Threshold"), 32212254720,
         also={alarm("DatabaseStorage", "Dimensions", 0, "Value"): REF}),
    bend("W9709", alarm(CPU, "Threshold"), 0.8),
    bend("W9709", alarm("NoHealthyTask", "Threshold"), 3),
    bend("W9709", alarm("DatabaseStorage", "ComparisonOperator"), "GreaterThanThreshold"),
    bend("W9709", alarm("SlowAnswers", "ComparisonOperator"), "LessThanThreshold"),
    bend("W9709", alarm("DatabaseStorage", "Threshold"), 3),
    bend("W9709", alarm("SlowAnswers", "Threshold"), 1),
    bend("W9709", alarm(CPU, "Period"), 30),
    bend("W9709", alarm(CPU, "MetricName"), "DaysToExpiry", alarm(CPU, "Period"),
         also={alarm(CPU, "Namespace"): "AWS/CertificateManager"}),
    bend("W9709", alarm("ServerErrors", "TreatMissingData"), "breaching"),
    bend("W9709", alarm("NoHealthyTask", "TreatMissingData"), "notBreaching"),
    bend("W9711", alarm(CPU, "AlarmActions"), []),
    bend("W9711", alarm(CPU, "AlarmActions"), REMOVE, alarm(CPU)),
    bend("W9711", alarm(CPU, "ActionsEnabled"), False),
    bend("E9707", alarm(CPU, "OKActions", 0), "alarms"),
    bend("E9707", alarm(CPU, "OKActions", 0), "arn:aws:sqs:us-east-1:123456789012:alarms"),
    bend("E9713", alarm(CPU), math(M1, {"Id": "e1", "Expression": "m1 / m2"}),
         alarm(CPU, "Metrics", 1, "Expression")),
    bend("E9713", alarm(CPU), math(M1), alarm(CPU, "Metrics")),
    bend("E9713", alarm(CPU), math(M1, {"Id": "Rate", "Expression": "m1 / 2"}),
         alarm(CPU, "Metrics", 1, "Id")),
    bend("E9713", alarm(CPU), {**math(M1), "ThresholdMetricId": "band"},
         alarm(CPU, "ThresholdMetricId")),
    bend("E9707", alarm("ErrorFilter", "FilterPattern"), '{ $.level = "error"'),
    bend("E9707", alarm("ErrorFilter", "FilterPattern"), '?ERROR ?"panicked at'),
    bend("E9707", (*TRANSFORM, "MetricValue"), "one"),
    bend("E9707", (*TRANSFORM, "Dimensions"), [{"Key": "a", "Value": "$.a"}],
         (*TRANSFORM, "DefaultValue")),
    bend("E9707", (*TRANSFORM, "MetricNamespace"), "AWS/Shop"),
    bend("W9716", alarm("ErrorsLogged", "MetricName"), "ErrorLogged"),
    bend("W9716", alarm("ErrorsLogged", "Namespace"), "shop"),
    bend("W9716", alarm("ErrorsLogged", "Dimensions"), [{"Name": "a", "Value": "b"}]),
    bend("E9717", BODY, '{"widgets": ['),
    bend("E9717", BODY, '{"widget": []}'),
    bend("E9717", BODY, shown("]}}]}", "]}},]}")),
    bend("W9717", BODY, shown('"CPUUtilization", "DB', '"CPUUtilisation", "DB')),
    bend("W9717", BODY, shown("shop-production-1", "shop-production")),
    bend("W9729", ("Any",), any_of('ALARM("shop-errors")'), ("Any", "Properties", "AlarmRule")),
    *(
        bend("E9717", BODY, f'{{"widgets": [{widget}]}}')
        for widget in (
            '{"type": "graph", "properties": {}}',
            '{"type": "metric"}',
            '{"type": "metric", "x": 20, "width": 8, "properties": {"metrics": [["A", "b"]]}}',
            '{"type": "metric", "properties": {"metrics": []}}',
            '{"type": "metric", "properties": {"metrics": [["AWS/ECS", "Cpu"]]}}',
            '{"type": "metric", "properties": {"metrics": [["A", "b", "c"]]}}',
        )
    ),
    bend("E9707", (*TOPIC, "Subscription"), [{"Protocol": "mail", "Endpoint": "a@b.cd"}],
         (*TOPIC, "Subscription", 0, "Protocol")),
    bend("E9707", (*TOPIC, "Subscription"), [{"Protocol": "email", "Endpoint": "ops"}],
         (*TOPIC, "Subscription", 0, "Endpoint")),
    bend("E9707", (*TOPIC, "Subscription"), [{"Protocol": "https", "Endpoint": "http://a.b"}],
         (*TOPIC, "Subscription", 0, "Endpoint")),
    bend("W9711", (*LOGS, "RetentionInDays"), REMOVE, LOGS),
    bend("W9721", ("Key",), KEY, (*LOGS, "KmsKeyId"), also={(*LOGS,
         "KmsKeyId"): {"Ref": "Key"}}),
    bend("W9721", ("Key",), KEY, (*LOGS, "KmsKeyId"),
         also={(*LOGS, "KmsKeyId"): {"Fn::GetAtt": ["Key", "Arn"]}}),
    bend("W9726", alarm("ErrorFilter", "FilterPattern"), '?ERROR "panicked at"'),
    bend("W9726", alarm("ErrorFilter", "FilterPattern"), "?ERROR ?FATAL -health"),
    bend("E9726", ("ServiceLogGroup", "Properties", "LogGroupClass"), "INFREQUENT_ACCESS",
         alarm("ErrorFilter", "LogGroupName")),
    bend("W9727", ("Insights",), INSIGHTS, ("Insights", "Properties", "Namespace")),
    *(
        bend("W9728", alarm(name, "Statistic"), "Sum")
        for name in ("DatabaseCpu", *LEVELS)
    ),
    bend("W9728", (FAILING, "Properties", "Threshold"), 0.05,
         also={(FAILING, "Properties", "Statistic"): "Sum"}),
    bend("W9728", (SLOW, "Properties", "ExtendedStatistic"), "p10"),
]  # fmt: skip

FINE = [
    bend(
        "W9709",
        alarm(CPU, "Threshold"),
        0.8,
        also={alarm(CPU, "ComparisonOperator"): "LessThanThreshold"},
    ),
    bend("W9709", alarm("NoHealthyTask", "Threshold"), 2),
    bend("E9717", BODY, {"Fn::Sub": '{"widgets": [${Widgets}${More}]}'}),
    bend("W9729", ("Any",), any_of({"Fn::Sub": "ALARM(${MonitoringErrorsLogged})"})),
    bend("E9701", alarm(CPU, "MetricName"), "LiveTaskCount"),
    bend(
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
