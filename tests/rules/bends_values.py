"""Bends of rules/values.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path
from tests.rules.bends_api import (
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
    bend,
    ref,
    resource,
)

DOMAIN, MAPPING = ("DnsDomainName", P), ("DnsBasePathMapping", P)
ZONE, ACCOUNT = "AccountHostedZone", "AccountApiGatewayAccount"
ROLE_ARN = (ACCOUNT, P, "CloudWatchRoleArn")


def added(rule: str, kind: str, *at: str, **properties: Any) -> Bend:
    """A second resource of an API Gateway type."""
    return Bend(
        rule,
        {("Other",): resource(f"AWS::ApiGateway::{kind}", **properties)},
        ("Other", P, *at),
    )


BENDS = [
    bend("E9500", (*PROXY, "HttpMethod"), "FETCH"),
    bend("E9500", (*PROXY, "AuthorizationType"), "IAM"),
    bend("E9500", (*ERRORS, "ResponseType"), "DEFAULT_4xx"),
    bend("E9500", (*API, "ApiKeySourceType"), "QUERY"),
    bend("E9500", ("DnsDomainName", P, "SecurityPolicy"), "TLS_1_3"),
    bend("E9500", (*PLAN, "Quota", "Period"), "YEAR"),
    bend("E9500", (*LOG, "Format"), "$context.requestId\n$context.status"),
    bend("E9500", (*LOG, "Format"), "$context.status"),
    bend("E9500", (*LOG, "Format"), "$context.requestId " * 300),
    bend("E9500", (*LOG, "Format"), REMOVE, LOG),
    bend("E9500", (*LOG, "DestinationArn"), "access-log"),
    bend("E9500", (*LOG, "DestinationArn"), "arn:aws:firehose:us-east-1:1:deliverystream/x"),
    bend("W9500", LOG, REMOVE, STAGE),
    bend("W9500", (*STAGE, "MethodSettings"), REMOVE, STAGE),
    bend("W9500", (*SETTING, "DataTraceEnabled"), True),
    bend("W9510", (*SETTING, "ThrottlingRateLimit"), REMOVE, SETTING),
    bend("W9500", (*SETTING, "ThrottlingBurstLimit"), 0),
    bend("W9500", (*SETTING, "ThrottlingRateLimit"), 20000),
    bend("W9500", (*SETTING, "ThrottlingBurstLimit"), 9000),
    bend("E9500", (*SETTING, "HttpMethod"), "ALL"),
    bend("E9500", (*SETTING, "LoggingLevel"), "DEBUG"),
    bend("E9510", (*PROXY, "AuthorizationType"), "CUSTOM"),
    bend("E9510", (*MOCK, "RequestTemplates"), REMOVE, MOCK),
    bend("E9510", (*INTEGRATION, "IntegrationHttpMethod"), REMOVE, INTEGRATION),
    bend("E9500", (*INTEGRATION, "IntegrationHttpMethod"), "ALL"),
    bend("E9510", (*INTEGRATION, "Uri"), REMOVE, INTEGRATION),
    bend("E9500", (*INTEGRATION, "Uri"), "service.internal/{proxy}"),
    bend("W9500", (*INTEGRATION, "TimeoutInMillis"), 29001),
    bend("E9500", (*RESOURCE, "PathPart"), "/{proxy+}"),
    bend("E9500", (*RESOURCE, "PathPart"), "{proxy}+"),
    bend("E9540", (*OPTIONS, "HttpMethod"), "ANY"),
    bend("E9510", (*INTEGRATION, "ConnectionId"), REMOVE, INTEGRATION),
    bend("E9500", (*INTEGRATION, "IntegrationTarget"), "arn:aws:x:listener/app/a/b/c"),
    bend("W9500", (*LINK, "SecurityGroupIds"), REMOVE, LINK),
    bend("W9500", (*KEY, "Enabled"), False),
    bend("W9500", (*KEY, "Enabled"), REMOVE, KEY),
    bend("E9500", (*KEY, "Value"), "too-short"),
    bend("W9500", (*PLAN, "ApiStages"), REMOVE, PLAN),
    bend("W9500", (*KEY, "Value"), "a-literal-value-of-many-letters"),
    bend("W9541", ("ApiMembershipDefault",), REMOVE, KEY),
    bend("W9541", ("ApiMembershipDefault",), REMOVE, PLAN),
    bend("W9500", (*PLAN, "Throttle", "BurstLimit"), REMOVE, (*PLAN, "Throttle")),
    bend("W9500", (*PLAN, "Throttle", "RateLimit"), 0),
    bend("W9500", (*PLAN, "Throttle"), REMOVE, PLAN),
    bend("W9500", (*PLAN, "Quota"), REMOVE, PLAN),
    bend("W9500", (*API, "BinaryMediaTypes", 0), "png"),
    bend("W9500", (*API, "EndpointConfiguration"), REMOVE, API),
    Bend(
        "W9540",
        {("Other",): resource("AWS::ApiGateway::RestApi", Name="shop-production")},
        ("Other", P, "Name"),
    ),
    bend("E9510", (*API, "EndpointAccessMode"), REMOVE, (*API, "SecurityPolicy")),
    Bend(
        "E9510",
        {
            ("DnsDomainName", P, "SecurityPolicy"): "SecurityPolicy_TLS13_1_2_2021_06",
            ("DnsDomainName", P, "MutualTlsAuthentication"): {"TruststoreUri": "s3://a/b"},
        },
        ("DnsDomainName", P, "MutualTlsAuthentication"),
    ),
    bend("W9500", (*STAGE, "CacheClusterEnabled"), True),
    bend("W9500", (*STAGE, "MethodSettings", 0, "MetricsEnabled"), True),
    bend("W9500", (*DOMAIN, "SecurityPolicy"), "TLS_1_0"),
    bend("W9500", (*DOMAIN, "SecurityPolicy"), REMOVE, DOMAIN),
    bend("W9500", (*MAPPING, "Stage"), REMOVE, MAPPING),
    bend("E9500", (*MAPPING, "BasePath"), "/shop"),
    bend("E9500", (*MAPPING, "BasePath"), "a shop"),
    bend("E9510", ("DnsAlias", P, "ResourceRecords"), ["10.0.0.1"]),
    bend(
        "W9510",
        ("DnsCertificate", P, "DomainValidationOptions"),
        REMOVE,
        ("DnsCertificate", P, "ValidationMethod"),
    ),
    added("E9540", "BasePathMapping", "DomainName", DomainName=ref("DnsDomainName")),
    Bend(
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
    bend("W9541", ("DnsBasePathMapping",), REMOVE, DOMAIN),
    Bend("W9541", {("Other",): resource("AWS::KMS::Key")}, ("Other", P)),
    Bend(
        "W9910",
        {("Other",): resource("AWS::GlobalAccelerator::Accelerator")},
        ("Other", P),
    ),
    *(
        bend("W9542", path, value, at)
        for path, value, at in (
            ((ZONE, "DeletionPolicy"), "Delete", None),
            ((ZONE, "DeletionPolicy"), REMOVE, (ZONE,)),
            ((ZONE, "UpdateReplacePolicy"), REMOVE, (ZONE,)),
            ((ACCOUNT, "DeletionPolicy"), "Delete", None),
            ((ACCOUNT, "DeletionPolicy"), REMOVE, (ACCOUNT,)),
            (("AccountApiGatewayLogRole", "DeletionPolicy"), REMOVE, ROLE_ARN),
        )
    ),
    bend("E9500", (*STAGE, "StageName"), "$default"),
    bend("E9510", (*INTEGRATION, "Type"), "HTTP", INTEGRATION),
    bend("E9510", (*PROXY, "AuthorizationType"), "JWT"),
    bend("E9510", ("DnsAlias", P, "Weight"), 10),
    bend("E9510", ("DnsAlias", P, "GeoLocation"), {"CountryCode": "DE"}),
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
FINE = [Bend("E9500", JWT), Bend("E9510", JWT), Bend("E9500", PRIVATE)]
