"""Production has the facts that a reviewer asks for about monitoring."""

import json

import pytest

from build import Built
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_every_log_group_expires(built: dict[str, Built], environment: str) -> None:
    system = built[environment].system.template["Resources"]

    days = [
        b["Properties"]["RetentionInDays"]
        for b in of_type(system, "AWS::Logs::LogGroup").values()
    ]
    assert days == [7, 7, 7, 7, 7]


def test_an_alarm_watches_each_tier(system: System) -> None:
    alarms = [body["Properties"] for body in of_type(system, "AWS::CloudWatch::Alarm").values()]

    assert {alarm["Namespace"] for alarm in alarms} == {
        "AWS/ApiGateway",
        "AWS/ApplicationELB",
        "AWS/ECS",
        "AWS/RDS",
        "shop-production",
    }
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": "MonitoringAlarmTopic"}]


def test_an_alarm_notifies_after_all_its_datapoints(system: System) -> None:
    """Every datapoint of its periods, on the way in and on the way out, in words."""
    for body in of_type(system, "AWS::CloudWatch::Alarm").values():
        alarm = body["Properties"]
        assert alarm["AlarmDescription"]
        assert alarm["OKActions"] == alarm["AlarmActions"]
        assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
        wanted = "breaching" if alarm["MetricName"] == "HealthyHostCount" else "notBreaching"
        assert alarm["TreatMissingData"] == wanted
        assert bool(alarm["Dimensions"]) is (alarm["Namespace"] != "shop-production")


def test_a_certificate_that_is_not_renewed_is_reported(system: System) -> None:
    rule = properties(system, "MonitoringCertificateExpiry")

    assert rule["EventPattern"]["detail"] == {"CommonName": ["api.example.com"]}
    assert rule["Targets"] == [{"Arn": {"Ref": "MonitoringAlarmTopic"}, "Id": "topic"}]
    policy = properties(system, "MonitoringAlarmTopicPolicy")["PolicyDocument"]
    (statement,) = [s for s in policy["Statement"] if "events.amazonaws.com" in str(s)]
    assert "Condition" not in statement, "SNS drops what EventBridge publishes under one"


def test_every_publisher_of_the_topic_is_named_in_its_policy(system: System) -> None:
    policy = properties(system, "MonitoringAlarmTopicPolicy")["PolicyDocument"]

    assert {s["Principal"]["Service"]: "Condition" in s for s in policy["Statement"]} == {
        "cloudwatch.amazonaws.com": True,
        "events.rds.amazonaws.com": True,
        "events.amazonaws.com": False,
    }


def test_a_failed_deployment_is_reported(system: System) -> None:
    rule = properties(system, "MonitoringFailedDeployments")
    (service,) = rule["EventPattern"]["resources"]

    assert rule["EventPattern"]["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert service["Fn::Sub"][1] == {
        "Cluster": {"Ref": "ServiceCluster"},
        "Service": {"Fn::GetAtt": ["ServiceService", "Name"]},
    }
    assert rule["Targets"] == [{"Arn": {"Ref": "MonitoringAlarmTopic"}, "Id": "topic"}]


def test_failover_low_storage_and_maintenance_are_reported(system: System) -> None:
    found = properties(system, "MonitoringDatabaseEvents")

    assert found["SourceIds"] == [
        properties(system, "DatabaseInstance")["DBInstanceIdentifier"]
    ]
    assert found["SnsTopicArn"] == {"Ref": "MonitoringAlarmTopic"}
    assert {"failover", "low storage", "maintenance"} <= set(found["EventCategories"])


@pytest.mark.parametrize("size", [20, 21, 100, 399, 1000, 6000])
def test_the_storage_alarm_stays_silent_until_rds_should_have_grown(
    production: Settings, size: int
) -> None:
    """RDS grows at a tenth of the day's size, which is the first size or more."""
    bigger = changed(production, "database.storage_limit_gib", 2 * size + 20)
    alarm = properties(
        resources_of(changed(bigger, "database.storage_gib", size)), "MonitoringDatabaseStorage"
    )

    assert 0 < alarm["Threshold"] < size * 1024**3 / 10


def test_an_email_address_is_subscribed(production: Settings) -> None:
    system = resources_of(changed(production, "monitoring.alarm_email", "ops@example.com"))

    assert properties(system, "MonitoringAlarmTopic")["Subscription"] == [
        {"Protocol": "email", "Endpoint": "ops@example.com"}
    ]


def test_the_dashboard_is_json(system: System) -> None:
    text, _ = properties(system, "MonitoringDashboard")["DashboardBody"]["Fn::Sub"]

    assert len(json.loads(text)["widgets"]) == 8
