"""Bad cases of cfnlink/rules/web_acl.py."""

from typing import Any

from tests.rules.cases import case
from tests.template import get_att, ref, resource

API = "arn:aws:apigateway:${AWS::Region}::"


def acl(scope: str, value: Any, web_acl: Any = None) -> dict[str, Any]:
    """Return a web ACL, and its association with a resource."""
    return {
        "Acl": resource("AWS::WAFv2::WebACL", Scope=scope),
        "Guard": resource(
            "AWS::WAFv2::WebACLAssociation",
            ResourceArn=value,
            WebACLArn=web_acl or get_att("Acl", "Arn"),
        ),
    }


def distribution(scope: str, web_acl: Any) -> dict[str, Any]:
    """Return a distribution with a web ACL."""
    return {
        "Acl": resource("AWS::WAFv2::WebACL", Scope=scope),
        "Edge": resource(
            "AWS::CloudFront::Distribution", DistributionConfig={"WebACLId": web_acl}
        ),
    }


def logged(destination: Any, **properties: Any) -> dict[str, Any]:
    """Return a web ACL that logs, and a log group."""
    return {
        "Acl": resource("AWS::WAFv2::WebACL", Scope=REGIONAL),
        "FirewallLog": resource("AWS::Logs::LogGroup", RetentionInDays=7, **properties),
        "Logging": resource(
            "AWS::WAFv2::LoggingConfiguration",
            ResourceArn=get_att("Acl", "Arn"),
            LogDestinationConfigs=[destination],
        ),
    }


LOG_ARN = "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${FirewallLog}"
REGIONAL, EDGE = "REGIONAL", "CLOUDFRONT"
BALANCER, ARN = ref("LoadBalancerLoadBalancer"), get_att("Acl", "Arn")
HTTP_API = resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP")

BAD_CASES = [
    case("E9902", acl(REGIONAL, ref("ApiStage")), at="Guard.ResourceArn"),
    case("E9902", acl(REGIONAL, ref("ApiRestApi")), at="Guard.ResourceArn"),
    case(
        "E9902",
        acl(REGIONAL, {"Fn::Sub": f"{API}/restapis/${{ApiRestApi}}"}),
        at="Guard.ResourceArn",
    ),
    case(
        "E9902",
        acl(REGIONAL, {"Fn::Sub": f"{API}/apis/${{Http}}/stages/live"}),
        at="Guard.ResourceArn",
    ),
    case("E9902", {**acl(REGIONAL, ref("Http")), "Http": HTTP_API}, at="Guard.ResourceArn"),
    case(
        "E9902",
        {**acl(REGIONAL, BALANCER), "LoadBalancerLoadBalancer.Type": "network"},
        at="Guard.ResourceArn",
    ),
    case("E9903", acl(EDGE, BALANCER), at="Guard.WebACLArn"),
    case("E9903", acl(REGIONAL, BALANCER, ref("Acl")), at="Guard.WebACLArn"),
    case("E9903", distribution(REGIONAL, ARN), at="Edge.DistributionConfig.WebACLId"),
    case(
        "E9903",
        distribution(EDGE, get_att("Acl", "Id")),
        at="Edge.DistributionConfig.WebACLId",
    ),
    case("E9966", logged(get_att("FirewallLog", "Arn")), at="Logging.LogDestinationConfigs.0"),
    case(
        "E9966",
        logged({"Fn::Sub": LOG_ARN}, LogGroupName="/waf/logs"),
        at="Logging.LogDestinationConfigs.0",
    ),
]

ACCEPTED = [
    case("E9966", logged({"Fn::Sub": LOG_ARN}, LogGroupName="aws-waf-logs-shop")),
    case("E9966", logged("arn:aws:s3:::aws-waf-logs-shop")),
    case("E9902", acl(REGIONAL, BALANCER)),
    case("E9902", acl(REGIONAL, ref("Unknown"))),
    case(
        "E9902",
        acl(REGIONAL, {"Fn::Sub": f"{API}/restapis/${{ApiRestApi}}/stages/${{ApiStage}}"}),
    ),
    case("E9902", acl(REGIONAL, {"Fn::Sub": f"{API}/restapis/${{ApiRestApi}}/stages/live"})),
    case("E9903", acl(REGIONAL, BALANCER)),
    case("E9903", distribution(EDGE, ARN)),
    case("E9903", distribution(EDGE, "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111")),
]
