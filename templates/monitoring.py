"""Monitoring tier: an alarm on each tier, one topic, one dashboard."""

import json
from dataclasses import dataclass
from typing import Any

from troposphere import Sub, cloudwatch, events, logs, rds, sns

from cfnlink.aws.rds import connections, memory_bytes
from templates.api import Api
from templates.load_balancer import LoadBalancer
from templates.service import Service
from templates.settings import Settings
from templates.stack import Stack, Tier, Value, publish
from templates.topic import publishers

ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
MINUTE, FIVE_MINUTES = 60, 300
GIB = 1024**3
CPU_PERCENT = 80
MEMORY_PERCENT = 85
LEAST_FREE_MEMORY_SHARE = 0.05
# RDS grows the storage when a tenth of it is free. Half of that, of the first size, is below
# every threshold of RDS: the alarm means that the storage grows too slowly or no more.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
LEAST_FREE_STORAGE_SHARE = 0.05
# What a person should read of the database beside the alarms; "low storage" is relative to
# the size of the day, which no alarm of a fixed number of bytes is.
DATABASE_EVENTS = [
    "availability",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "recovery",
]
CONNECTION_SHARE = 0.8
ERRORS_IN_FIVE_MINUTES = 10
# What the container writes when it fails, whatever its log format.
ERROR_PATTERN = '?ERROR ?"panicked at"'


@dataclass(frozen=True, kw_only=True)
class Monitoring(Tier):
    """No other tier depends on it."""


@dataclass(frozen=True)
class MonitoredTiers:
    """The tiers whose published values the alarms use."""

    api: Api
    balancer: LoadBalancer
    service: Service


@dataclass(frozen=True)
class _Metric:
    """A metric that AWS emits, of one resource."""

    namespace: str
    name: str
    dimensions: dict[str, Value]


@dataclass(frozen=True)
class _Limit:
    """The limit of a metric: for so many periods of so many seconds."""

    statistic: str
    comparison: str
    threshold: float
    periods: int = 3
    seconds: int = FIVE_MINUTES
    missing: str = "notBreaching"


def monitoring_tier(settings: Settings, tiers: MonitoredTiers) -> Monitoring:
    """Alarms from the client's side down to the disk, and one page to look at."""
    stack = Stack.of(settings, "monitoring", "Alarms, their topic, and a dashboard.")

    topic = stack.add(_topic(settings))
    _api_alarms(stack, settings, tiers.api, topic)
    _balancer_alarms(stack, tiers.balancer, topic)
    _service_alarms(stack, settings, tiers.service, topic)
    _database_alarms(stack, settings, topic)
    policy = stack.add(_topic_policy(topic))
    stack.add(_database_events(settings, topic, policy))
    stack.add(_failed_deployments(tiers.service, topic))
    if settings.dns.domain is not None:
        stack.add(_certificate_rule(settings.dns.domain, topic))
    stack.add(_dashboard(settings, tiers))
    stack.add_output("AlarmTopicArn", topic.ref(), "Where alarms are published.")

    return publish(Monitoring, stack)


def _topic(settings: Settings) -> sns.Topic:
    """Not encrypted: CloudWatch cannot publish under the key of AWS, and alarms hold
    no secret."""
    email = settings.monitoring.alarm_email
    subscriptions = [sns.Subscription(Protocol="email", Endpoint=email)] if email else []
    return sns.Topic("AlarmTopic", Subscription=subscriptions)


def _alarm(
    logical_id: str, description: str, metric: _Metric, limit: _Limit, topic: sns.Topic
) -> cloudwatch.Alarm:
    """Notifies when the alarm starts and when it ends."""
    kind = "ExtendedStatistic" if limit.statistic.startswith("p") else "Statistic"
    statistic: dict[str, Any] = {kind: limit.statistic}
    return cloudwatch.Alarm(
        logical_id,
        AlarmDescription=description,
        Namespace=metric.namespace,
        MetricName=metric.name,
        Dimensions=[
            cloudwatch.MetricDimension(Name=name, Value=value)
            for name, value in metric.dimensions.items()
        ],
        **statistic,
        ComparisonOperator=limit.comparison,
        Threshold=limit.threshold,
        Period=limit.seconds,
        EvaluationPeriods=limit.periods,
        DatapointsToAlarm=limit.periods,
        TreatMissingData=limit.missing,
        AlarmActions=[topic.ref()],
        OKActions=[topic.ref()],
    )


def _api_alarms(stack: Stack, settings: Settings, api: Api, topic: sns.Topic) -> None:
    errors = _Metric("AWS/ApiGateway", "5XXError", {"ApiName": api.name})
    latency = _Metric("AWS/ApiGateway", "Latency", {"ApiName": api.name})
    limits = settings.monitoring
    # The average of 5XXError is the share of requests that failed.
    share = _Limit("Average", ABOVE, limits.server_error_percent / 100)
    slow = _Limit("p95", ABOVE, limits.latency_ms)
    stack.add(_alarm("ServerErrors", "Too many requests fail.", errors, share, topic))
    stack.add(_alarm("SlowAnswers", "One request in twenty is slow.", latency, slow, topic))


def _balancer_alarms(stack: Stack, balancer: LoadBalancer, topic: sns.Topic) -> None:
    dimensions: dict[str, Value] = {
        "LoadBalancer": balancer.full_name,
        "TargetGroup": balancer.target_group_full_name,
    }
    unhealthy = _Metric("AWS/ApplicationELB", "UnHealthyHostCount", dimensions)
    healthy = _Metric("AWS/ApplicationELB", "HealthyHostCount", dimensions)
    some = _Limit("Maximum", ABOVE, 0)
    # No data means that no task is registered: as bad as none healthy.
    none = _Limit("Minimum", BELOW, 1, seconds=MINUTE, missing="breaching")
    stack.add(
        _alarm("UnhealthyTasks", "A task fails its health check.", unhealthy, some, topic)
    )
    stack.add(_alarm("NoHealthyTask", "No task answers requests.", healthy, none, topic))


def _service_alarms(
    stack: Stack, settings: Settings, service: Service, topic: sns.Topic
) -> None:
    dimensions: dict[str, Value] = {
        "ClusterName": service.cluster,
        "ServiceName": service.service_name,
    }
    cpu = _Metric("AWS/ECS", "CPUUtilization", dimensions)
    memory = _Metric("AWS/ECS", "MemoryUtilization", dimensions)
    busy = _Limit("Average", ABOVE, CPU_PERCENT)
    full = _Limit("Maximum", ABOVE, MEMORY_PERCENT)
    stack.add(_alarm("ServiceCpu", "Busy although scaled out.", cpu, busy, topic))
    stack.add(_alarm("ServiceMemory", "A task is about to be killed.", memory, full, topic))
    filter_ = stack.add(_error_filter(settings, service))
    transformation = filter_.properties["MetricTransformations"][0]
    errors = _Metric(
        transformation.properties["MetricNamespace"],
        transformation.properties["MetricName"],
        {},
    )
    many = _Limit("Sum", ABOVE, ERRORS_IN_FIVE_MINUTES, periods=1)
    stack.add(_alarm("ErrorsLogged", "The container logs errors.", errors, many, topic))


def _error_filter(settings: Settings, service: Service) -> logs.MetricFilter:
    return logs.MetricFilter(
        "ErrorFilter",
        LogGroupName=service.log_group,
        FilterPattern=ERROR_PATTERN,
        MetricTransformations=[
            logs.MetricTransformation(
                MetricNamespace=settings.system,
                MetricName="ErrorsLogged",
                MetricValue="1",
                DefaultValue=0,
            )
        ],
    )


def _database_alarms(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    database, size = settings.database, settings.database.instance_class
    storage = database.storage_gib * GIB * LEAST_FREE_STORAGE_SHARE
    most = connections(size) * CONNECTION_SHARE
    cpu, memory, free, used = (
        _database_metric(settings, name)
        for name in (
            "CPUUtilization",
            "FreeableMemory",
            "FreeStorageSpace",
            "DatabaseConnections",
        )
    )
    busy = _Limit("Average", ABOVE, CPU_PERCENT)
    low = _Limit("Average", BELOW, int(memory_bytes(size) * LEAST_FREE_MEMORY_SHARE))
    full = _Limit("Minimum", BELOW, int(storage))
    many = _Limit("Maximum", ABOVE, int(most))
    stack.add(_alarm("DatabaseCpu", "The database is busy.", cpu, busy, topic))
    stack.add(_alarm("DatabaseMemory", "The database runs out of memory.", memory, low, topic))
    stack.add(_alarm("DatabaseStorage", "The database's disk fills up.", free, full, topic))
    stack.add(_alarm("DatabaseConnections", "Connections run out.", used, many, topic))
    if size.startswith("db.t"):
        surplus = _database_metric(settings, "CPUSurplusCreditsCharged")
        some = _Limit("Maximum", ABOVE, 0, periods=1)
        text = "The database's CPU is billed beyond its class."
        stack.add(_alarm("DatabaseCredits", text, surplus, some, topic))


def _database_metric(settings: Settings, name: str) -> _Metric:
    """By the instance's fixed name: a restore changes it here and there together."""
    return _Metric("AWS/RDS", name, {"DBInstanceIdentifier": settings.database_identifier})


def _certificate_rule(domain: str, topic: sns.Topic) -> events.Rule:
    """ACM renews by itself while its record stands, and speaks daily when it did not. By
    the domain, since the certificate's ARN changes with it.

    https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html
    """
    return events.Rule(
        "CertificateExpiry",
        Description="The certificate was not renewed.",
        EventPattern={
            "source": ["aws.acm"],
            "detail-type": ["ACM Certificate Approaching Expiration"],
            "detail": {"CommonName": [domain]},
        },
        Targets=[events.Target(Arn=topic.ref(), Id="topic")],
    )


def _failed_deployments(service: Service, topic: sns.Topic) -> events.Rule:
    """The circuit breaker rolls a failed deployment back silently; this rule sends a message.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
    """
    here = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    arn = f"{here}:service/${{Cluster}}/${{Service}}"
    return events.Rule(
        "FailedDeployments",
        Description="A deployment of the service failed.",
        EventPattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            "resources": [Sub(arn, Cluster=service.cluster, Service=service.service_name)],
        },
        Targets=[events.Target(Arn=topic.ref(), Id="topic")],
    )


def _database_events(
    settings: Settings, topic: sns.Topic, policy: sns.TopicPolicy
) -> rds.EventSubscription:
    """RDS tests the topic when the subscription is created, so the policy comes first.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    """
    return rds.EventSubscription(
        "DatabaseEvents",
        DependsOn=[policy.title],
        SnsTopicArn=topic.ref(),
        SourceType="db-instance",
        SourceIds=[settings.database_identifier],
        EventCategories=DATABASE_EVENTS,
    )


def _topic_policy(topic: sns.Topic) -> sns.TopicPolicy:
    """Name every service that publishes: alarms, RDS events and rules of EventBridge."""
    services = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "events.amazonaws.com"]
    return sns.TopicPolicy(
        "AlarmTopicPolicy",
        Topics=[topic.ref()],
        PolicyDocument=publishers(topic, services),
    )


def _dashboard(settings: Settings, tiers: MonitoredTiers) -> cloudwatch.Dashboard:
    api = ["AWS/ApiGateway", "Count", "ApiName", settings.system]
    tasks = ["ClusterName", "${Cluster}", "ServiceName", "${Service}"]
    targets = ["LoadBalancer", "${Balancer}", "TargetGroup", "${Targets}"]
    database = ["DBInstanceIdentifier", settings.database_identifier]
    charts = [
        ("Requests", "Sum", [api, ["AWS/ApiGateway", "4XXError", *api[2:]]]),
        ("Failed requests", "Sum", [["AWS/ApiGateway", "5XXError", *api[2:]]]),
        ("Latency", "p95", [["AWS/ApiGateway", "Latency", *api[2:]]]),
        (
            "Healthy tasks",
            "Minimum",
            [["AWS/ApplicationELB", "HealthyHostCount", *targets]],
        ),
        (
            "Tasks, percent",
            "Average",
            [["AWS/ECS", f"{part}Utilization", *tasks] for part in ("CPU", "Memory")],
        ),
        (
            "Database CPU, percent",
            "Average",
            [["AWS/RDS", "CPUUtilization", *database]],
        ),
        ("Connections", "Maximum", [["AWS/RDS", "DatabaseConnections", *database]]),
        ("Free storage", "Minimum", [["AWS/RDS", "FreeStorageSpace", *database]]),
    ]
    widgets = [_chart(number, *chart) for number, chart in enumerate(charts)]
    return cloudwatch.Dashboard(
        "Dashboard",
        DashboardBody=Sub(
            json.dumps({"widgets": widgets}),
            Cluster=tiers.service.cluster,
            Service=tiers.service.service_name,
            Balancer=tiers.balancer.full_name,
            Targets=tiers.balancer.target_group_full_name,
        ),
    )


def _chart(
    number: int, title: str, statistic: str, metrics: list[list[str]]
) -> dict[str, object]:
    """Three in a row on CloudWatch's grid of 24 columns."""
    return {
        "type": "metric",
        "x": number % 3 * 8,
        "y": number // 3 * 6,
        "width": 8,
        "height": 6,
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "stat": statistic,
            "period": FIVE_MINUTES,
            "metrics": metrics,
        },
    }
