"""Traces: what tasks and the API's stage need to record a share of the requests in X-Ray."""

import hashlib
from typing import Any

from troposphere import xray

from templates.collector import ENDPOINT, SEND
from templates.rights import allow
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack
from templates.task import Granted

LONGEST_RULE_NAME = 32
# Below the rule of X-Ray itself, which has 10000 and comes last.
PRIORITY = 1000


def traced(settings: Settings) -> Granted:
    """Return what every task needs: where to send spans, how many, and the right to.

    A request that the API passes on brings the decision of the gateway with it. The ratio is
    for work that begins in a task.
    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    if not settings.service.tracing:
        return Granted()
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": ENDPOINT,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_PROPAGATORS": "xray",
        "OTEL_SERVICE_NAME": settings.system,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": f"{_share(settings.service):g}",
    }
    return Granted(variables, (allow(SEND, ["*"]),))


def traced_stage(settings: Settings) -> dict[str, Any]:
    """Return the property with which the API's stage begins a trace."""
    return {"TracingEnabled": True} if settings.service.tracing else {}


def add_sampling(stack: Stack, settings: Settings) -> None:
    """Add the share of requests of this API that X-Ray records.

    Without a reservoir, so that the share holds for few requests too.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-configuring-xray-sampling-rules.html
    """
    if not settings.service.tracing:
        return
    every = dict.fromkeys(("Host", "HTTPMethod", "ResourceARN", "URLPath"), "*")
    stack.add(
        xray.SamplingRule(
            "SamplingRule",
            SamplingRule=xray.SamplingRuleProperty(
                RuleName=rule_name(settings.system),
                Priority=PRIORITY,
                Version=1,
                ServiceType="AWS::ApiGateway::Stage",
                ServiceName=f"{settings.system}/*",
                ReservoirSize=0,
                FixedRate=_share(settings.service),
                **every,
            ),
        )
    )


def rule_name(system: str) -> str:
    """Return the name of a system's sampling rule: its own, or one that X-Ray takes."""
    if len(system) <= LONGEST_RULE_NAME:
        return system
    digest = hashlib.sha256(system.encode()).hexdigest()[:8]
    return f"{system[: LONGEST_RULE_NAME - len(digest) - 1]}-{digest}"


def _share(service: ServiceSettings) -> float:
    return round(service.tracing_sample_percent / 100, 6)
