"""The dashboard of an environment."""

import json
from dataclasses import dataclass
from typing import Any

from troposphere import Sub, cloudwatch

from templates.alarms import FIVE_MINUTES
from templates.api import Api
from templates.load_balancer import LoadBalancer
from templates.service import Service
from templates.settings import Settings
from templates.target_groups import TargetGroups


@dataclass(frozen=True)
class MonitoredTiers:
    """The tiers whose published values the alarms use."""

    api: Api
    balancer: LoadBalancer
    service: Service

    @property
    def target_groups(self) -> TargetGroups:
        """The target groups of the service."""
        return TargetGroups.of(self.balancer, self.service.second_target_group)


def dashboard(settings: Settings, tiers: MonitoredTiers) -> cloudwatch.Dashboard:
    """Return one page with the metrics of all tiers."""
    api = ["AWS/ApiGateway", "Count", "ApiName", settings.system]
    tasks = ["ClusterName", "${Cluster}", "ServiceName", "${Service}"]
    groups = tiers.target_groups
    targets: dict[str, Any] = {
        f"Targets{n}" if n else "Targets": each for n, each in enumerate(groups.names)
    }
    healthy = [
        [
            "AWS/ApplicationELB",
            "HealthyHostCount",
            *("LoadBalancer", "${Balancer}", "TargetGroup", f"${{{name}}}"),
        ]
        for name in targets
    ]
    database = ["DBInstanceIdentifier", settings.database_identifier]
    charts = [
        ("Requests", "Sum", [api, ["AWS/ApiGateway", "4XXError", *api[2:]]]),
        ("Failed requests", "Sum", [["AWS/ApiGateway", "5XXError", *api[2:]]]),
        ("Latency", "p95", [["AWS/ApiGateway", "Latency", *api[2:]]]),
        ("Healthy tasks", "Minimum", healthy),
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
            **targets,
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
