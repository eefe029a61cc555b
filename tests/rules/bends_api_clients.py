"""Bends of rules/api_clients.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path
from tests.rules.bends_api import API, DEPLOYMENT, PLAN, PROXY, Alone, P, bend, ref

NO_STAGES: dict[Path, Any] = {(*PLAN, "ApiStages"): [], ("ApiPlanSmoke", P, "ApiStages"): []}
MUTUAL_TLS: dict[Path, Any] = {
    ("DnsDomainName", P, "MutualTlsAuthentication"): {"TruststoreUri": "s3://a/b.pem"}
}

BENDS = [
    Bend("W9511", NO_STAGES, (*PROXY, "ApiKeyRequired")),
    bend("W9500", (*PLAN, "ApiStages"), []),
    bend("W9500", (*PLAN, "ApiStages"), REMOVE, PLAN),
    bend("W9512", (*PROXY, "ApiKeyRequired"), False),
    bend("W9512", (*PROXY, "ApiKeyRequired"), REMOVE, PROXY),
    bend("E9512", (*API, "ApiKeySourceType"), "AUTHORIZER", (*PROXY, "ApiKeyRequired")),
    bend("E9555", (*PLAN, "ApiStages", 0, "Stage"), "gateway-stage"),
    bend("E9555", ("DnsBasePathMapping", P, "Stage"), "gateway-stage"),
    bend("E9557", (*PLAN, "ApiStages", 0, "Stage"), "prod"),
    bend("E9557", ("DnsBasePathMapping", P, "Stage"), "prod"),
    bend("W9557", (*PROXY, "Integration", "RequestParameters"), {}, (*PROXY, "Integration")),
    bend(
        "W9557", (*PROXY, "Integration", "RequestParameters"), REMOVE, (*PROXY, "Integration")
    ),
    bend("W9556", (*PLAN, "Throttle", "RateLimit"), 101),
    bend("W9556", (*PLAN, "Throttle", "BurstLimit"), 201),
    bend("W9556", (*PLAN, "Quota", "Limit"), 100000000),
    Bend(
        "E9561",
        {("DnsBasePathMapping",): REMOVE, (*API, "DisableExecuteApiEndpoint"): True},
        (*API, "DisableExecuteApiEndpoint"),
    ),
    bend(
        "E9561",
        (*API, "EndpointConfiguration", "Types"),
        ["PRIVATE"],
        (*API, "EndpointConfiguration"),
    ),
    Bend("W9561", MUTUAL_TLS, (*API, "DisableExecuteApiEndpoint")),
    Bend("W9561", {**MUTUAL_TLS, (*API, "DisableExecuteApiEndpoint"): REMOVE}, API),
    Alone(
        "W9511",
        {**NO_STAGES, (DEPLOYMENT, P): {"RestApiId": ref("ApiRestApi")}},
        (*PROXY, "ApiKeyRequired"),
    ),
]
