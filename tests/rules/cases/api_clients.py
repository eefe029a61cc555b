"""Bad cases of cfnlink/rules/api_clients.py."""

from tests.rules.cases import DEPLOYMENT, REMOVE, case
from tests.template import ref

SUBJECT = {
    "integration.request.path.proxy": "method.request.path.proxy",
    "integration.request.header.X-Subject": "context.authorizer.subject",
}
BAD_CASES = [
    case(
        "W9511",
        {"ApiPlanDefault.ApiStages": [], "ApiPlanSmoke.ApiStages": []},
        at="ApiProxyMethod.ApiKeyRequired",
    ),
    case("W9573", {"ApiPlanDefault.ApiStages": []}),
    case("W9573", {"ApiPlanDefault.ApiStages": REMOVE}),
    case("W9512", {"ApiProxyMethod.ApiKeyRequired": False}),
    case(
        "W9968",
        {"ApiProxyMethod.Integration.RequestParameters": {**SUBJECT}},
        at="ApiProxyMethod.Integration.RequestParameters",
    ),
    case("W9512", {"ApiProxyMethod.ApiKeyRequired": REMOVE}),
    case(
        "E9512",
        {"ApiRestApi.ApiKeySourceType": "AUTHORIZER"},
        at="ApiProxyMethod.ApiKeyRequired",
    ),
    case("E9555", {"ApiPlanDefault.ApiStages.0.Stage": "gateway-stage"}),
    case("E9555", {"DnsBasePathMapping.Stage": "gateway-stage"}),
    case("E9557", {"ApiPlanDefault.ApiStages.0.Stage": "prod"}),
    case("E9557", {"DnsBasePathMapping.Stage": "prod"}),
    case(
        "W9557",
        {"ApiProxyMethod.Integration.RequestParameters": {}},
        at="ApiProxyMethod.Integration",
    ),
    case("W9557", {"ApiProxyMethod.Integration.RequestParameters": REMOVE}),
    case("W9521", {"ApiPlanDefault.Throttle.RateLimit": 101}),
    case("W9521", {"ApiPlanDefault.Throttle.BurstLimit": 201}),
    case("W9522", {"ApiPlanDefault.Quota.Limit": 100000000}),
    case(
        "E9509",
        {"DnsBasePathMapping": REMOVE, "ApiRestApi.DisableExecuteApiEndpoint": True},
        at="ApiRestApi.DisableExecuteApiEndpoint",
    ),
    case(
        "E9511",
        {"ApiRestApi.EndpointConfiguration.Types": ["PRIVATE"]},
        at="ApiRestApi.EndpointConfiguration",
    ),
    case(
        "W9561",
        {"DnsDomainName.MutualTlsAuthentication": {"TruststoreUri": "s3://a/b.pem"}},
        at="ApiRestApi.DisableExecuteApiEndpoint",
    ),
    case(
        "W9561",
        {
            "DnsDomainName.MutualTlsAuthentication": {"TruststoreUri": "s3://a/b.pem"},
            "ApiRestApi.DisableExecuteApiEndpoint": REMOVE,
        },
        at="ApiRestApi.Properties",
    ),
    case(
        "W9511",
        {
            "ApiPlanDefault.ApiStages": [],
            "ApiPlanSmoke.ApiStages": [],
            f"{DEPLOYMENT}.Properties": {"RestApiId": ref("ApiRestApi")},
        },
        at="ApiProxyMethod.ApiKeyRequired",
        alone=True,
    ),
]
