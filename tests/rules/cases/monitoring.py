"""Bad cases of cfnlink/rules/monitoring.py."""

import json

from tests.rules.cases import REMOVE, case, chosen, replaced
from tests.template import get_att, ref, resource

STAT = {"Metric": {"Namespace": "shop", "MetricName": "x"}, "Period": 60, "Stat": "Sum"}
M1 = {"Id": "m1", "MetricStat": STAT, "ReturnData": False}
KEY = resource("AWS::KMS::Key", KeyPolicy={"Statement": []})
INSIGHTS = resource(
    "AWS::CloudWatch::Alarm",
    Namespace="ECS/ContainerInsights",
    MetricName="RunningTaskCount",
    Dimensions=[{"Name": "ClusterName", "Value": ref("ServiceCluster")}],
)

WITHOUT_METRICS = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1,
    "EvaluationPeriods": 1,
    "AlarmActions": [ref("MonitoringAlarmTopic")],
}

BAD_CASES = [
    case("W9773", {"MonitoringServerErrors.MetricName": "5xxErrors"}),
    case("W9773", {"MonitoringNoHealthyTask.MetricName": "HealthyHosts"}),
    case("E9701", {"MonitoringNoHealthyTask.Dimensions": chosen(1)}),
    case(
        "E9701",
        {"MonitoringServiceCpu.Dimensions": REMOVE},
        at="MonitoringServiceCpu.MetricName",
    ),
    case(
        "W9773",
        {"MonitoringServiceCpu.Dimensions.0.Name": "Cluster"},
        at="MonitoringServiceCpu.Dimensions",
    ),
    case("W9773", {"MonitoringDatabaseCpu.MetricName": "CpuUtilization"}),
    case("W9774", {"MonitoringDatabaseCpu.Namespace": "AWS/Rds"}),
    case("W9774", {"MonitoringDatabaseCpu.Namespace": "AWS/Databases"}),
    case(
        "W9775",
        {
            "MonitoringDatabaseCpu.MetricName": "BinLogDiskUsage",
            "MonitoringDatabaseCpu.Dimensions.0.Value": ref("DatabaseInstance"),
        },
    ),
    case(
        "W9703",
        {
            "MonitoringNoHealthyTask.Dimensions.1.Value": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"
        },
    ),
    case("W9703", {"MonitoringServerErrors.Dimensions.0.Value": ref("ApiRestApi")}),
    case("W9703", {"MonitoringServerErrors.Dimensions.0.Value": "shop"}),
    case("W9703", {"MonitoringDatabaseCpu.Dimensions.0.Value": "shop-production"}),
    case(
        "W9703",
        {
            "OtherCluster": resource("AWS::ECS::Cluster"),
            "MonitoringServiceCpu.Dimensions.0.Value": ref("OtherCluster"),
        },
        at="MonitoringServiceCpu.Dimensions.1.Value",
    ),
    case("W9776", {"MonitoringServerErrors.Statistic": "Maximum"}),
    case("W9777", {"MonitoringServiceCpu.Unit": "Count"}),
    case("E9770", {"MonitoringSlowAnswers.ExtendedStatistic": "p950"}),
    case("E9771", {"MonitoringServiceCpu.DatapointsToAlarm": 4}),
    case(
        "E9772",
        {"MonitoringServiceCpu.EvaluationPeriods": 300},
        at="MonitoringServiceCpu.Period",
    ),
    case("E9708", {"MonitoringServiceCpu.Threshold": 120}),
    case("E9708", {"MonitoringServerErrors.Threshold": 5}),
    case("E9708", {"MonitoringNoHealthyTask.Threshold": 0}),
    case(
        "E9708",
        {"MonitoringUnhealthyTasks.ComparisonOperator": "GreaterThanOrEqualToThreshold"},
        at="MonitoringUnhealthyTasks.Threshold",
    ),
    case("E9708", {"MonitoringDatabaseStorage.Threshold": 21474836480}),
    case(
        "E9708",
        {
            "MonitoringDatabaseStorage.Threshold": 32212254720,
            "MonitoringDatabaseStorage.Dimensions.0.Value": ref("DatabaseInstance"),
        },
    ),
    case("W9778", {"MonitoringServiceCpu.Threshold": 0.8}),
    case("W9779", {"MonitoringNoHealthyTask.Threshold": 3}),
    case("W9780", {"MonitoringDatabaseStorage.ComparisonOperator": "GreaterThanThreshold"}),
    case("W9780", {"MonitoringSlowAnswers.ComparisonOperator": "LessThanThreshold"}),
    case("W9780", {"MonitoringDatabaseStorage.Threshold": 3}),
    case("W9780", {"MonitoringSlowAnswers.Threshold": 1}),
    case("W9780", {"MonitoringServiceCpu.Period": 30}),
    case(
        "W9780",
        {
            "MonitoringServiceCpu.MetricName": "DaysToExpiry",
            "MonitoringServiceCpu.Namespace": "AWS/CertificateManager",
        },
        at="MonitoringServiceCpu.Period",
    ),
    case("W9780", {"MonitoringServerErrors.TreatMissingData": "breaching"}),
    case("W9780", {"MonitoringNoHealthyTask.TreatMissingData": "notBreaching"}),
    case("W9772", {"MonitoringServiceCpu.AlarmActions": []}),
    case("W9772", {"MonitoringServiceCpu.AlarmActions": REMOVE}),
    case("W9770", {"MonitoringServiceCpu.ActionsEnabled": False}),
    case("E9773", {"MonitoringServiceCpu.OKActions.0": "alarms"}),
    case(
        "E9773",
        {"MonitoringServiceCpu.OKActions.0": "arn:aws:sqs:us-east-1:123456789012:alarms"},
    ),
    case(
        "E9782",
        {
            "MonitoringServiceCpu.Properties": {
                **WITHOUT_METRICS,
                "Metrics": [M1, {"Id": "e1", "Expression": "m1 / m2"}],
            }
        },
        at="MonitoringServiceCpu.Metrics.1.Expression",
    ),
    case(
        "E9783",
        {"MonitoringServiceCpu.Properties": {**WITHOUT_METRICS, "Metrics": [M1]}},
        at="MonitoringServiceCpu.Metrics",
    ),
    case(
        "E9781",
        {
            "MonitoringServiceCpu.Properties": {
                **WITHOUT_METRICS,
                "Metrics": [M1, {"Id": "Rate", "Expression": "m1 / 2"}],
            }
        },
        at="MonitoringServiceCpu.Metrics.1.Id",
    ),
    case(
        "E9780",
        {
            "MonitoringServiceCpu.Properties": {
                **WITHOUT_METRICS,
                "Metrics": [M1],
                "ThresholdMetricId": "band",
            }
        },
        at="MonitoringServiceCpu.ThresholdMetricId",
    ),
    case("E9774", {"MonitoringErrorFilter.FilterPattern": '{ $.level = "error"'}),
    case("E9774", {"MonitoringErrorFilter.FilterPattern": '?ERROR ?"panicked at'}),
    case("E9775", {"MonitoringErrorFilter.MetricTransformations.0.MetricValue": "one"}),
    case(
        "E9776",
        {
            "MonitoringErrorFilter.MetricTransformations.0.Dimensions": [
                {"Key": "a", "Value": "$.a"}
            ]
        },
        at="MonitoringErrorFilter.MetricTransformations.0.DefaultValue",
    ),
    case(
        "W9798", {"MonitoringErrorFilter.MetricTransformations.0.MetricNamespace": "AWS/Shop"}
    ),
    case("W9716", {"MonitoringErrorsLogged.MetricName": "ErrorLogged"}),
    case("W9716", {"MonitoringErrorsLogged.Namespace": "shop"}),
    case("W9716", {"MonitoringErrorsLogged.Dimensions": [{"Name": "a", "Value": "b"}]}),
    case("E9717", {"MonitoringDashboard.DashboardBody": '{"widgets": ['}),
    case("E9717", {"MonitoringDashboard.DashboardBody": '{"widget": []}'}),
    case(
        "E9717",
        {
            "MonitoringDashboard.DashboardBody": replaced(
                'production-1"]]}}]', 'production-1"]]}},]'
            )
        },
    ),
    case(
        "W9717",
        {
            "MonitoringDashboard.DashboardBody": replaced(
                'CPUUtilization", "DBInstanceIdentifier',
                'CPUUtilisation", "DBInstanceIdentifier',
            )
        },
    ),
    case(
        "W9717", {"MonitoringDashboard.DashboardBody": replaced("production-1", "production")}
    ),
    case(
        "W9729",
        {"Any": resource("AWS::CloudWatch::CompositeAlarm", AlarmRule='ALARM("shop-errors")')},
        at="Any.AlarmRule",
    ),
    case(
        "E9717",
        {
            "MonitoringDashboard.DashboardBody": '{"widgets": [{"type": "graph", "properties": {}}]}'
        },
    ),
    case("E9717", {"MonitoringDashboard.DashboardBody": '{"widgets": [{"type": "metric"}]}'}),
    case(
        "E9717",
        {
            "MonitoringDashboard.DashboardBody": json.dumps(
                {"widgets": [{"type": "metric", "properties": {"metrics": []}}]}
            )
        },
    ),
    case(
        "W9717",
        {
            "MonitoringDashboard.DashboardBody": json.dumps(
                {
                    "widgets": [
                        {"type": "metric", "properties": {"metrics": [["AWS/ECS", "Cpu"]]}}
                    ]
                }
            )
        },
    ),
    case(
        "E9717",
        {
            "MonitoringDashboard.DashboardBody": json.dumps(
                {"widgets": [{"type": "metric", "properties": {"metrics": [["A", "b", "c"]]}}]}
            )
        },
    ),
    case(
        "E9778",
        {"MonitoringAlarmTopic.Subscription": [{"Protocol": "mail", "Endpoint": "a@b.cd"}]},
        at="MonitoringAlarmTopic.Subscription.0.Protocol",
    ),
    case(
        "E9779",
        {"MonitoringAlarmTopic.Subscription": [{"Protocol": "email", "Endpoint": "ops"}]},
        at="MonitoringAlarmTopic.Subscription.0.Endpoint",
    ),
    case(
        "E9779",
        {
            "MonitoringAlarmTopic.Subscription": [
                {"Protocol": "https", "Endpoint": "http://a.b"}
            ]
        },
        at="MonitoringAlarmTopic.Subscription.0.Endpoint",
    ),
    case("W9771", {"ServiceLogGroup.RetentionInDays": REMOVE}),
    case(
        "W9781",
        {"Key": KEY, "ServiceLogGroup.KmsKeyId": ref("Key")},
        at="ServiceLogGroup.KmsKeyId",
    ),
    case(
        "W9782",
        {"Key": KEY, "ServiceLogGroup.KmsKeyId": get_att("Key", "Arn")},
        at="ServiceLogGroup.KmsKeyId",
    ),
    case("W9726", {"MonitoringErrorFilter.FilterPattern": '?ERROR "panicked at"'}),
    case("W9726", {"MonitoringErrorFilter.FilterPattern": "?ERROR ?FATAL -health"}),
    case(
        "E9726",
        {"ServiceLogGroup.LogGroupClass": "INFREQUENT_ACCESS"},
        at="MonitoringErrorFilter.LogGroupName",
    ),
    case("W9727", {"Insights": INSIGHTS}, at="Insights.Namespace"),
    case("W9783", {"MonitoringDatabaseCpu.Statistic": "Sum"}),
    case("W9783", {"MonitoringDatabaseStorage.Statistic": "Sum"}),
    case("W9783", {"MonitoringDatabaseMemory.Statistic": "Sum"}),
    case("W9783", {"MonitoringDatabaseConnections.Statistic": "Sum"}),
    case("W9783", {"MonitoringServiceMemory.Statistic": "Sum"}),
    case("W9783", {"MonitoringNoHealthyTask.Statistic": "Sum"}),
    case(
        "W9785",
        {"MonitoringServerErrors.Threshold": 0.05, "MonitoringServerErrors.Statistic": "Sum"},
    ),
    case("W9784", {"MonitoringSlowAnswers.ExtendedStatistic": "p10"}),
]

ACCEPTED = [
    *(
        case(
            "W9775",
            {
                "MonitoringDatabaseCpu.MetricName": "SwapUsage",
                "MonitoringDatabaseCpu.Dimensions.0.Value": ref("DatabaseInstance"),
                "DatabaseInstance.Engine": engine,
            },
        )
        for engine in ("MySQL", "aurora-mysql")
    ),
    case(
        "E9717",
        {
            "MonitoringDashboard.DashboardBody": json.dumps(
                {
                    "widgets": [
                        {
                            "type": "metric",
                            "x": 20,
                            "width": 8,
                            "properties": {"metrics": [["A", "b"]]},
                        }
                    ]
                }
            )
        },
    ),
    case(
        "W9778",
        {
            "MonitoringServiceCpu.Threshold": 0.8,
            "MonitoringServiceCpu.ComparisonOperator": "LessThanThreshold",
        },
    ),
    case("W9779", {"MonitoringNoHealthyTask.Threshold": 2}),
    case(
        "E9717",
        {"MonitoringDashboard.DashboardBody": {"Fn::Sub": '{"widgets": [${Widgets}${More}]}'}},
    ),
    case(
        "W9729",
        {
            "Any": resource(
                "AWS::CloudWatch::CompositeAlarm",
                AlarmRule={"Fn::Sub": "ALARM(${MonitoringErrorsLogged})"},
            )
        },
    ),
    case("E9701", {"MonitoringServiceCpu.MetricName": "LiveTaskCount"}),
    case(
        "W9773",
        {
            "MonitoringServiceCpu.Namespace": "AWS/NATGateway",
            "MonitoringServiceCpu.MetricName": "ErrorPortAllocation",
            "MonitoringServiceCpu.Dimensions": [
                {"Name": "NatGatewayId", "Value": "nat-1"},
                {"Name": "AvailabilityZone", "Value": "us-east-1a"},
            ],
        },
    ),
]

# By cluster and role, and a metric of a cluster.
AURORA = [
    ["AWS/RDS", "CPUUtilization", "Role", "READER", "DBClusterIdentifier", "orders"],
    ["AWS/RDS", "VolumeReadIOPs", "DbClusterIdentifier", "orders", "EngineName", "aurora"],
]
ACCEPTED = [
    case(
        "W9717",
        {
            "MonitoringDashboard.DashboardBody": json.dumps(
                {"widgets": [{"type": "metric", "properties": {"metrics": AURORA}}]}
            )
        },
    ),
    case(
        "W9773",
        {
            "MonitoringServiceCpu": resource(
                "AWS::CloudWatch::Alarm",
                Namespace="AWS/RDS",
                MetricName="AuroraReplicaLag",
                Dimensions=[
                    {"Name": "DBClusterIdentifier", "Value": "orders"},
                    {"Name": "Role", "Value": "READER"},
                ],
            )
        },
    ),
    case(
        "W9773",
        {
            "MonitoringServiceCpu.Namespace": "AWS/Route53",
            "MonitoringServiceCpu.MetricName": "DNSSECInternalFailure",
            "MonitoringServiceCpu.Dimensions": [{"Name": "HostedZoneId", "Value": "Z1"}],
        },
    ),
]
