"""Bad cases of cfnlink/rules/values.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path
from tests.rules.cases.api import (
    API,
    ERRORS,
    INTEGRATION,
    KEY,
    LINK,
    LOG,
    MOCK,
    OPTIONS,
    PLAN,
    PROXY,
    RESOURCE,
    SETTING,
    STAGE,
    P,
    case,
    ref,
    resource,
)

DOMAIN, MAPPING = ("DnsDomainName", P), ("DnsBasePathMapping", P)
ZONE, ACCOUNT = "AccountHostedZone", "AccountApiGatewayAccount"
ROLE_ARN = (ACCOUNT, P, "CloudWatchRoleArn")


def added(rule: str, kind: str, *at: str, **properties: Any) -> BadCase:
    """A second resource of an API Gateway type."""
    return BadCase(
        rule,
        {("Other",): resource(f"AWS::ApiGateway::{kind}", **properties)},
        ("Other", P, *at),
    )


BAD_CASES = [
    case("E9500", (*PROXY, "HttpMethod"), "FETCH"),
    case("E9500", (*PROXY, "AuthorizationType"), "IAM"),
    case("E9500", (*ERRORS, "ResponseType"), "DEFAULT_4xx"),
    case("E9500", (*API, "ApiKeySourceType"), "QUERY"),
    case("E9500", ("DnsDomainName", P, "SecurityPolicy"), "TLS_1_3"),
    case("E9500", (*PLAN, "Quota", "Period"), "YEAR"),
    case("E9500", (*LOG, "Format"), "$context.requestId\n$context.status"),
    case("E9500", (*LOG, "Format"), "$context.status"),
    case("E9500", (*LOG, "Format"), "$context.requestId " * 300),
    case("E9500", (*LOG, "Format"), REMOVE, LOG),
    case("E9500", (*LOG, "DestinationArn"), "access-log"),
    case("E9500", (*LOG, "DestinationArn"), "arn:aws:firehose:us-east-1:1:deliverystream/x"),
    case("W9500", LOG, REMOVE, STAGE),
    case("W9500", (*STAGE, "MethodSettings"), REMOVE, STAGE),
    case("W9500", (*SETTING, "DataTraceEnabled"), True),
    case("W9510", (*SETTING, "ThrottlingRateLimit"), REMOVE, SETTING),
    case("W9500", (*SETTING, "ThrottlingBurstLimit"), 0),
    case("W9500", (*SETTING, "ThrottlingRateLimit"), 20000),
    case("W9500", (*SETTING, "ThrottlingBurstLimit"), 9000),
    case("E9500", (*SETTING, "HttpMethod"), "ALL"),
    case("E9500", (*SETTING, "LoggingLevel"), "DEBUG"),
    case("E9510", (*PROXY, "AuthorizationType"), "CUSTOM"),
    case("E9510", (*MOCK, "RequestTemplates"), REMOVE, MOCK),
    case("E9510", (*INTEGRATION, "IntegrationHttpMethod"), REMOVE, INTEGRATION),
    case("E9500", (*INTEGRATION, "IntegrationHttpMethod"), "ALL"),
    case("E9510", (*INTEGRATION, "Uri"), REMOVE, INTEGRATION),
    case("E9500", (*INTEGRATION, "Uri"), "service.internal/{proxy}"),
    case("W9500", (*INTEGRATION, "TimeoutInMillis"), 29001),
    case("E9500", (*RESOURCE, "PathPart"), "/{proxy+}"),
    case("E9500", (*RESOURCE, "PathPart"), "{proxy}+"),
    case("E9540", (*OPTIONS, "HttpMethod"), "ANY"),
    case("E9510", (*INTEGRATION, "ConnectionId"), REMOVE, INTEGRATION),
    case("E9500", (*INTEGRATION, "IntegrationTarget"), "arn:aws:x:listener/app/a/b/c"),
    case("W9500", (*LINK, "SecurityGroupIds"), REMOVE, LINK),
    case("W9500", (*KEY, "Enabled"), False),
    case("W9500", (*KEY, "Enabled"), REMOVE, KEY),
    case("E9500", (*KEY, "Value"), "too-short"),
    case("W9500", (*PLAN, "ApiStages"), REMOVE, PLAN),
    case("W9500", (*KEY, "Value"), "a-literal-value-of-many-letters"),
    case("W9541", ("ApiMembershipDefault",), REMOVE, KEY),
    case("W9541", ("ApiMembershipDefault",), REMOVE, PLAN),
    case("W9500", (*PLAN, "Throttle", "BurstLimit"), REMOVE, (*PLAN, "Throttle")),
    case("W9500", (*PLAN, "Throttle", "RateLimit"), 0),
    case("W9500", (*PLAN, "Throttle"), REMOVE, PLAN),
    case("W9500", (*PLAN, "Quota"), REMOVE, PLAN),
    case("W9500", (*API, "BinaryMediaTypes", 0), "png"),
    case("W9500", (*API, "EndpointConfiguration"), REMOVE, API),
    BadCase(
        "W9540",
        {("Other",): resource("AWS::ApiGateway::RestApi", Name="shop-production")},
        ("Other", P, "Name"),
    ),
    case("E9510", (*API, "EndpointAccessMode"), REMOVE, (*API, "SecurityPolicy")),
    BadCase(
        "E9510",
        {
            ("DnsDomainName", P, "SecurityPolicy"): "SecurityPolicy_TLS13_1_2_2021_06",
            ("DnsDomainName", P, "MutualTlsAuthentication"): {"TruststoreUri": "s3://a/b"},
        },
        ("DnsDomainName", P, "MutualTlsAuthentication"),
    ),
    case("W9500", (*STAGE, "CacheClusterEnabled"), True),
    case("W9500", (*STAGE, "MethodSettings", 0, "MetricsEnabled"), True),
    case("W9500", (*DOMAIN, "SecurityPolicy"), "TLS_1_0"),
    case("W9500", (*DOMAIN, "SecurityPolicy"), REMOVE, DOMAIN),
    case("W9500", (*MAPPING, "Stage"), REMOVE, MAPPING),
    case("E9500", (*MAPPING, "BasePath"), "/shop"),
    case("E9500", (*MAPPING, "BasePath"), "a shop"),
    case("E9510", ("DnsAlias", P, "ResourceRecords"), ["10.0.0.1"]),
    case(
        "W9510",
        ("DnsCertificate", P, "DomainValidationOptions"),
        REMOVE,
        ("DnsCertificate", P, "ValidationMethod"),
    ),
    added("E9540", "BasePathMapping", "DomainName", DomainName=ref("DnsDomainName")),
    BadCase(
        "E9540",
        {
            ("Other",): {
                "Type": "AWS::Route53::RecordSet",
                "Properties": {
                    "HostedZoneId": ref("AccountHostedZone"),
                    "Name": "api.example.com",
                    "Type": "A",
                },
            }
        },
        ("Other", P, "Name"),
    ),
    added("W9540", "Account"),
    case("W9541", ("DnsBasePathMapping",), REMOVE, DOMAIN),
    BadCase("W9541", {("Other",): resource("AWS::KMS::Key")}, ("Other", P)),
    BadCase(
        "W9910",
        {("Other",): resource("AWS::GlobalAccelerator::Accelerator")},
        ("Other", P),
    ),
    *(
        case("W9542", path, value, at)
        for path, value, at in (
            ((ZONE, "DeletionPolicy"), "Delete", None),
            ((ZONE, "DeletionPolicy"), REMOVE, (ZONE,)),
            ((ZONE, "UpdateReplacePolicy"), REMOVE, (ZONE,)),
            ((ACCOUNT, "DeletionPolicy"), "Delete", None),
            ((ACCOUNT, "DeletionPolicy"), REMOVE, (ACCOUNT,)),
            (("AccountApiGatewayLogRole", "DeletionPolicy"), REMOVE, ROLE_ARN),
        )
    ),
    case("E9500", (*STAGE, "StageName"), "$default"),
    case("E9510", (*INTEGRATION, "Type"), "HTTP", INTEGRATION),
    case("E9510", (*PROXY, "AuthorizationType"), "JWT"),
    case("E9510", ("DnsAlias", P, "Weight"), 10),
    case("E9510", ("DnsAlias", P, "GeoLocation"), {"CountryCode": "DE"}),
]

JWT: dict[Path, Any] = {
    (*PROXY, "AuthorizationType"): "JWT",
    (*PROXY, "AuthorizerId"): ref("Other"),
    ("Other",): resource(
        "AWS::ApiGateway::Authorizer", Type="JWT", RestApiId=ref("ApiRestApi")
    ),
}
PRIVATE: dict[Path, Any] = {
    (*DOMAIN, "EndpointConfiguration", "Types"): ["PRIVATE"],
    (*DOMAIN, "CertificateArn"): "arn:aws:acm:eu-west-1:1:certificate/x",
}
ACCEPTED = [BadCase("E9500", JWT), BadCase("E9510", JWT), BadCase("E9500", PRIVATE)]
