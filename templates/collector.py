"""The OpenTelemetry collector: a second container of a task, which sends traces to X-Ray."""

import json
from typing import Any

from awacs import xray
from troposphere import ecs

from templates.settings import ServiceSettings

# https://github.com/aws-observability/aws-otel-collector/releases (v0.49.0: 2026-07-16)
IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0"
NAME = "collector"
CPU = 32  # units of the task that the collector can count on
ENDPOINT = "http://localhost:4318"
# X-Ray takes no resource for them.
SEND = (xray.PutTelemetryRecords, xray.PutTraceSegments)
# Of its memory, until it refuses spans: above the whole, ECS would end the container.
MEMORY_LIMIT_PERCENT = 75


def collector_of(
    service: ServiceSettings, log: ecs.LogConfiguration
) -> ecs.ContainerDefinition:
    """Not essential: without a collector the service answers, and ECS starts it again.

    It stops after the service, whose last spans it sends. It writes no file.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html
    """
    return ecs.ContainerDefinition(
        Name=NAME,
        Image=IMAGE,
        Essential=False,
        RestartPolicy=ecs.RestartPolicy(Enabled=True, RestartAttemptPeriod=60),
        Cpu=CPU,
        Memory=service.tracing_memory_mib,
        Environment=[
            ecs.Environment(
                Name="AOT_CONFIG_CONTENT", Value=json.dumps(_configuration(service))
            )
        ],
        ReadonlyRootFilesystem=True,
        LogConfiguration=log,
    )


def beside_collector(cpu: int) -> dict[str, Any]:
    """Return what the program's container needs: its share of the CPU, and the order.

    Without a number of its own it would have the smallest weight beside the collector's.
    """
    return {
        "Cpu": cpu - CPU,
        "DependsOn": [ecs.ContainerDependency(ContainerName=NAME, Condition="START")],
    }


def _configuration(service: ServiceSettings) -> dict[str, Any]:
    """The collector's configuration; JSON is YAML too.

    After https://github.com/aws-observability/aws-otel-collector/blob/main/config/ecs/ecs-xray.yaml
    """
    limit = service.tracing_memory_mib * MEMORY_LIMIT_PERCENT // 100
    limiter = {"check_interval": "1s", "limit_mib": limit}
    protocols = {
        "http": {"endpoint": "localhost:4318"},
        "grpc": {"endpoint": "localhost:4317"},
    }
    return {
        "receivers": {"otlp": {"protocols": protocols}},
        "processors": {
            "memory_limiter": limiter,
            "resourcedetection": {"detectors": ["env", "ecs"]},
            "batch": {"timeout": "1s", "send_batch_size": 50},
        },
        "exporters": {"awsxray": {}},
        "service": {
            "telemetry": {"logs": {"level": "warn"}, "metrics": {"level": "none"}},
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "resourcedetection", "batch"],
                    "exporters": ["awsxray"],
                }
            },
        },
    }
