"""Bad cases of cfnlink/rules/api_clients.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path
from tests.rules.cases.api import API, DEPLOYMENT, PLAN, PROXY, Alone, P, case, ref

NO_STAGES: dict[Path, Any] = {(*PLAN, "ApiStages"): [], ("ApiPlanSmoke", P, "ApiStages"): []}
MUTUAL_TLS: dict[Path, Any] = {
    ("DnsDomainName", P, "MutualTlsAuthentication"): {"TruststoreUri": "s3://a/b.pem"}
}

BAD_CASES = [
    BadCase("W9511", NO_STAGES, (*PROXY, "ApiKeyRequired")),
    case("W9500", (*PLAN, "ApiStages"), []),
    case("W9500", (*PLAN, "ApiStages"), REMOVE, PLAN),
    case("W9512", (*PROXY, "ApiKeyRequired"), False),
    case("W9512", (*PROXY, "ApiKeyRequired"), REMOVE, PROXY),
    case("E9512", (*API, "ApiKeySourceType"), "AUTHORIZER", (*PROXY, "ApiKeyRequired")),
    case("E9555", (*PLAN, "ApiStages", 0, "Stage"), "gateway-stage"),
    case("E9555", ("DnsBasePathMapping", P, "Stage"), "gateway-stage"),
    case("E9557", (*PLAN, "ApiStages", 0, "Stage"), "prod"),
    case("E9557", ("DnsBasePathMapping", P, "Stage"), "prod"),
    case("W9557", (*PROXY, "Integration", "RequestParameters"), {}, (*PROXY, "Integration")),
    case(
        "W9557", (*PROXY, "Integration", "RequestParameters"), REMOVE, (*PROXY, "Integration")
    ),
    case("W9556", (*PLAN, "Throttle", "RateLimit"), 101),
    case("W9556", (*PLAN, "Throttle", "BurstLimit"), 201),
    case("W9556", (*PLAN, "Quota", "Limit"), 100000000),
    BadCase(
        "E9561",
        {("DnsBasePathMapping",): REMOVE, (*API, "DisableExecuteApiEndpoint"): True},
        (*API, "DisableExecuteApiEndpoint"),
    ),
    case(
        "E9561",
        (*API, "EndpointConfiguration", "Types"),
        ["PRIVATE"],
        (*API, "EndpointConfiguration"),
    ),
    BadCase("W9561", MUTUAL_TLS, (*API, "DisableExecuteApiEndpoint")),
    BadCase("W9561", {**MUTUAL_TLS, (*API, "DisableExecuteApiEndpoint"): REMOVE}, API),
    Alone(
        "W9511",
        {**NO_STAGES, (DEPLOYMENT, P): {"RestApiId": ref("ApiRestApi")}},
        (*PROXY, "ApiKeyRequired"),
    ),
]
