"""Monitoring tier: an alarm on each tier, one topic, one dashboard."""

from dataclasses import dataclass

from troposphere import events, sns

from templates.alarms import ABOVE, BELOW, MINUTE, Limit, Metric, alarm, counted_lines
from templates.api import Api
from templates.authorizer_alarms import add_authorizer_alarms
from templates.dashboard import MonitoredTiers, dashboard
from templates.database_alarms import CPU_PERCENT, add_database_alarms, database_events
from templates.firewall import add_firewall_alarm
from templates.job_alarms import add_job_alarms
from templates.parts import local_arn
from templates.queue_alarms import add_queue_alarms
from templates.service import Service
from templates.settings import Settings
from templates.stack import Stack, Tier, publish
from templates.target_groups import TargetGroups
from templates.topic import publishers

MEMORY_PERCENT = 85
ERRORS_IN_FIVE_MINUTES = 10
# What the container writes when it fails, whatever its log format.
ERROR_PATTERN = '?ERROR ?"panicked at"'


@dataclass(frozen=True, kw_only=True)
class Monitoring(Tier):
    """No other tier depends on it."""


def monitoring_tier(settings: Settings, tiers: MonitoredTiers) -> Monitoring:
    """Alarms from the client's side down to the disk, and one page to look at."""
    stack = Stack.of(settings, "monitoring", "Alarms, their topic, and a dashboard.")

    topic = stack.add(_topic(settings))
    _api_alarms(stack, settings, tiers.api, topic)
    add_authorizer_alarms(stack, settings, topic)
    _balancer_alarms(stack, tiers.target_groups, topic)
    _service_alarms(stack, settings, tiers.service, topic)
    add_database_alarms(stack, settings, topic)
    add_job_alarms(stack, settings, topic)
    policy = stack.add(_topic_policy(topic))
    stack.add(database_events(settings, topic, policy))
    add_queue_alarms(stack, settings, topic)
    stack.add(_failed_deployments(settings, tiers.service, topic))
    if settings.dns.domain is not None:
        stack.add(_certificate_rule(settings.dns.domain, topic))
    stack.add(dashboard(settings, tiers))
    stack.add_output("AlarmTopicArn", topic.ref(), "Where alarms are published.")

    return publish(Monitoring, stack)


def _topic(settings: Settings) -> sns.Topic:
    """Not encrypted: CloudWatch cannot publish under the key of AWS, and alarms hold
    no secret."""
    email = settings.monitoring.alarm_email
    subscriptions = [sns.Subscription(Protocol="email", Endpoint=email)] if email else []
    return sns.Topic("AlarmTopic", Subscription=subscriptions)


def _api_alarms(stack: Stack, settings: Settings, api: Api, topic: sns.Topic) -> None:
    errors = Metric("AWS/ApiGateway", "5XXError", {"ApiName": api.name})
    latency = Metric("AWS/ApiGateway", "Latency", {"ApiName": api.name})
    limits = settings.monitoring
    # The average of 5XXError is the share of requests that failed.
    # In minutes, because it has to see a bad release while that can be taken back.
    share = Limit("Average", ABOVE, limits.server_error_percent / 100, seconds=MINUTE)
    slow = Limit("p95", ABOVE, limits.latency_ms)
    stack.add(alarm("ServerErrors", "Too many requests fail.", errors, share, topic))
    stack.add(alarm("SlowAnswers", "One request in twenty is slow.", latency, slow, topic))
    add_firewall_alarm(stack, settings, topic)


def _balancer_alarms(stack: Stack, groups: TargetGroups, topic: sns.Topic) -> None:
    unhealthy = groups.metric("UnHealthyHostCount")
    healthy = groups.metric("HealthyHostCount")
    some = Limit("Maximum", ABOVE, 0)
    # No data means that no task is registered: as bad as none healthy.
    none = Limit("Minimum", BELOW, 1, seconds=MINUTE, missing="breaching")
    stack.add(alarm("UnhealthyTasks", "A task fails its health check.", unhealthy, some, topic))
    stack.add(alarm("NoHealthyTask", "No task answers requests.", healthy, none, topic))


def _service_alarms(
    stack: Stack, settings: Settings, service: Service, topic: sns.Topic
) -> None:
    dimensions = {
        "ClusterName": service.cluster,
        "ServiceName": service.service_name,
    }
    cpu = Metric("AWS/ECS", "CPUUtilization", dimensions)
    memory = Metric("AWS/ECS", "MemoryUtilization", dimensions)
    busy = Limit("Average", ABOVE, CPU_PERCENT)
    full = Limit("Maximum", ABOVE, MEMORY_PERCENT)
    stack.add(alarm("ServiceCpu", "Busy although scaled out.", cpu, busy, topic))
    stack.add(alarm("ServiceMemory", "A task is about to be killed.", memory, full, topic))
    errors = Metric(settings.system, "ErrorsLogged", {})
    stack.add(counted_lines("ErrorFilter", service.log_group, ERROR_PATTERN, errors))
    many = Limit("Sum", ABOVE, ERRORS_IN_FIVE_MINUTES, periods=1)
    stack.add(alarm("ErrorsLogged", "The container logs errors.", errors, many, topic))


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


def _failed_deployments(settings: Settings, service: Service, topic: sns.Topic) -> events.Rule:
    """The circuit breaker rolls a failed deployment back silently; this rule sends a message.

    With workers it is for every service of the cluster, whose names AWS chooses.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    here = "service/${Cluster}/"
    one = local_arn(
        "ecs", here + "${Service}", Cluster=service.cluster, Service=service.service_name
    )
    every = {"prefix": local_arn("ecs", here, Cluster=service.cluster)}
    return events.Rule(
        "FailedDeployments",
        Description="A deployment of the service failed.",
        EventPattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            "resources": [every if settings.workers else one],
        },
        Targets=[events.Target(Arn=topic.ref(), Id="topic")],
    )


def _topic_policy(topic: sns.Topic) -> sns.TopicPolicy:
    """Name every service that publishes: alarms, RDS events and rules of EventBridge."""
    services = ["cloudwatch.amazonaws.com", "events.rds.amazonaws.com", "events.amazonaws.com"]
    return sns.TopicPolicy(
        "AlarmTopicPolicy",
        Topics=[topic.ref()],
        PolicyDocument=publishers(topic, services),
    )
