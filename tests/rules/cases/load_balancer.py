"""Bad cases of cfnlink/rules/load_balancer.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path
from tests.rules.cases.network import AWSVPC

BALANCER, GROUP, LISTENER = (
    f"LoadBalancer{name}" for name in ("LoadBalancer", "TargetGroup", "Listener")
)
HEADER = "routing.http.response."
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/0"


def case(rule: str, name: str, path: Path, value: Any, at: Path | None = None) -> BadCase:
    """One property of one resource changed; the finding stands there unless said."""
    changed = (name, "Properties", *path)
    return BadCase(rule, {changed: value}, (name, "Properties", *at) if at else changed)


def attributes(rule: str, name: str, end: str, *, index: int = 0, **pairs: Any) -> BadCase:
    """A resource's attributes replaced; the finding stands at the index's Key or Value."""
    section = {GROUP: "TargetGroup", LISTENER: "Listener"}.get(
        name, "LoadBalancer"
    ) + "Attributes"
    given = [{"Key": k.replace("__", "."), "Value": v} for k, v in pairs.items()]
    return case(rule, name, (section,), given, (section, index, end))


def headers(index: int = 0, **values: str) -> BadCase:
    """A listener's response headers replaced."""
    given = [{"Key": f"{HEADER}{k}.header_value", "Value": v} for k, v in values.items()]
    at = ("ListenerAttributes", index, "Value")
    return case("E9302", LISTENER, ("ListenerAttributes",), given, at)


def second(kind: str, original: str, **changes: Any) -> dict[str, Any]:
    """Another listener or target group."""
    listener = {
        "LoadBalancerArn": {"Ref": BALANCER},
        "Port": 81,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": original}}],
    }
    return {
        "Type": f"AWS::ElasticLoadBalancingV2::{kind}",
        "Properties": {**listener, **changes},
    }


SECOND = second("Listener", GROUP, Port=80)
SERVED: Path = ("ServiceService", "Properties", "LoadBalancers")
ACTION: Path = ("DefaultActions", 0)

BAD_CASES = [
    BadCase(
        "E9301",
        {("LoadBalancerTargetGroup", "Properties", "TargetType"): "instance"},
        ("ServiceService", "Properties", "LoadBalancers", 0, "TargetGroupArn"),
    ),
    BadCase(
        "E9301",
        {("LoadBalancerTargetGroup", "Properties", "TargetType"): REMOVE},
        ("ServiceService", "Properties", "LoadBalancers", 0, "TargetGroupArn"),
    ),
    attributes("E9302", BALANCER, "Key", idle_timeout="60"),
    attributes("E9302", BALANCER, "Value", idle_timeout__timeout_seconds="5000"),
    attributes("E9302", BALANCER, "Value", routing__http2__enabled="yes"),
    attributes("E9302", BALANCER, "Key", dns_record__client_routing_policy="any"),
    attributes("E9302", BALANCER, "Key", access_logs__s3__enabled="true"),
    attributes("E9302", GROUP, "Value", deregistration_delay__timeout_seconds="4000"),
    attributes("E9302", GROUP, "Value", slow_start__duration_seconds="10"),
    attributes("E9302", GROUP, "Key", proxy_protocol_v2__enabled="true"),
    attributes("E9302", LISTENER, "Key", routing__http__response__server="false"),
    case("W9303", BALANCER, ("Scheme",), "internet-facing"),
    case("W9303", BALANCER, ("Scheme",), REMOVE, ("Subnets",)),
    case("E9304", LISTENER, (*ACTION, "TargetGroupArn"), REMOVE, (*ACTION, "Type")),
    case("E9010", LISTENER, (*ACTION, "TargetGroupArn"), {"Ref": BALANCER}),
    case("E9304", LISTENER, (*ACTION, "Type"), "redirect", ACTION),
    BadCase(
        "E9304",
        {(GROUP, "Properties", "Protocol"): "TCP"},
        (LISTENER, "Properties", *ACTION),
    ),
    case(
        "E9304",
        LISTENER,
        ACTION,
        {"Type": "redirect", "RedirectConfig": {"Port": "80", "StatusCode": "HTTP_301"}},
        (*ACTION, "RedirectConfig"),
    ),
    case(
        "E9304",
        LISTENER,
        ACTION,
        {"Type": "redirect", "RedirectConfig": {"Query": "a=b", "StatusCode": "HTTP_301"}},
        (*ACTION, "RedirectConfig"),
    ),
    case("E9305", LISTENER, ("Protocol",), "TCP"),
    case("E9305", LISTENER, ("Port",), REMOVE, ("LoadBalancerArn",)),
    case("E9305", LISTENER, ("Certificates",), [{"CertificateArn": ARN}]),
    case("E9305", LISTENER, ("SslPolicy",), "ELBSecurityPolicy-TLS13-1-2-2021-06"),
    BadCase("E9130", {("Second",): SECOND}, ("Second", "Properties", "Port")),
    case("E9324", GROUP, ("HealthCheckTimeoutSeconds",), 10),
    case("E9307", GROUP, ("HealthCheckPath",), "health"),
    case("E9320", GROUP, ("HealthCheckEnabled",), False),
    case("W9308", GROUP, ("Matcher", "HttpCode"), "200-599"),
    case("E9324", GROUP, ("HealthCheckPort",), "8080"),
    case("W9308", GROUP, ("Matcher", "HttpCode"), "200-499"),
    case("W9322", GROUP, ("HealthCheckProtocol",), "HTTPS"),
    case("E9309", GROUP, ("Name",), "the-targets-of-the-production-service"),
    case("E9323", BALANCER, ("Name",), "internal-shop"),
    attributes("W9310", GROUP, "Value", deregistration_delay__timeout_seconds="300"),
    attributes("W9310", GROUP, "Value", deregistration_delay__timeout_seconds="5"),
    case("W9310", GROUP, ("TargetGroupAttributes",), REMOVE, ("Port",)),
    attributes(
        "E9302",
        GROUP,
        "Value",
        slow_start__duration_seconds="60",
        load_balancing__algorithm__type="least_outstanding_requests",
    ),
    attributes("E9302", GROUP, "Value", load_balancing__algorithm__anomaly_mitigation="on"),
    attributes("E9302", GROUP, "Value", stickiness__type="app_cookie"),
    attributes("E9302", GROUP, "Value", stickiness__type="source_ip"),
    attributes("E9302", GROUP, "Value", stickiness__app_cookie__cookie_name="AWSALB"),
    attributes("W9312", BALANCER, "Value", idle_timeout__timeout_seconds="20"),
    headers(access_control_allow_origin="https://a.example, https://b.example"),
    headers(access_control_allow_origin="https://a.example/"),
    headers(access_control_allow_origin="shop.example.com"),
    headers(access_control_allow_methods="GET POST"),
    headers(access_control_allow_credentials="yes"),
    headers(1, access_control_allow_origin="*", access_control_allow_credentials="true"),
    headers(access_control_max_age="1h"),
    headers(strict_transport_security="31536000"),
    headers(x_content_type_options="no-sniff"),
    headers(x_frame_options="NONE"),
    BadCase(
        "E9301",
        {(LISTENER,): REMOVE, ("LoadBalancerWithoutStage",): REMOVE},
        ("ServiceService", "Properties", "LoadBalancers", 0, "TargetGroupArn"),
    ),
    BadCase(
        "E9315",
        {
            ("Other",): {
                "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "Properties": {"Scheme": "internal"},
            },
            ("Second",): second("Listener", GROUP, LoadBalancerArn={"Ref": "Other"}),
        },
        (GROUP, "Properties", "Port"),
    ),
    BadCase("W9123", {(LISTENER,): REMOVE}, (BALANCER, "Properties", "Subnets")),
    BadCase(
        "W9123",
        {(LISTENER,): REMOVE, ("LoadBalancerWithoutStage",): REMOVE},
        (GROUP, "Properties", "Port"),
    ),
    case("W9317", BALANCER, ("LoadBalancerAttributes", 1, "Value"), "false"),
    case("W9317", BALANCER, ("LoadBalancerAttributes",), REMOVE, ("Subnets",)),
    attributes("W9317", BALANCER, "Value", routing__http__desync_mitigation_mode="monitor"),
    case("E9318", BALANCER, ("IpAddressType",), "dualstack-without-public-ipv4"),
    case("W9319", LISTENER, ("Protocol",), "HTTPS"),
    BadCase(
        "W9319",
        {(BALANCER, "Properties", "Scheme"): "internet-facing"},
        (LISTENER, "Properties", "Protocol"),
    ),
    case("E9306", GROUP, ("ProtocolVersion",), "GRPC", ("Matcher", "HttpCode")),
    case("E9308", GROUP, ("Matcher", "HttpCode"), "2xx"),
    case("E9325", GROUP, ("ProtocolVersion",), "HTTP2"),
    case("E9325", GROUP, ("ProtocolVersion",), "GRPC"),
    BadCase("W9326", {SERVED: REMOVE}, (GROUP, "Properties", "Port")),
    BadCase(
        "W9326",
        {
            ("Other",): {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"},
            ("Rule",): second("ListenerRule", "Other"),
        },
        ("Other", "Properties", "Port"),
    ),
    BadCase(
        "E9327",
        {("NetworkPublicSubnetB", "Properties", "AvailabilityZoneId"): "use1-az3"},
        ("ServiceService", "Properties", *AWSVPC, "Subnets", 1),
    ),
    BadCase(
        "W9313",
        {
            ("LoadBalancerWithoutStage",): REMOVE,
            (LISTENER, "Properties", "DefaultActions"): [{"Type": "fixed-response"}],
            ("Rule",): {
                "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
                "Properties": {
                    "ListenerArn": {"Ref": LISTENER},
                    "Conditions": [{"Field": "host-header", "Values": ["api.example.com"]}],
                },
            },
        },
        ("Rule", "Properties", "Conditions"),
    ),
]

ACCEPTED = [
    BadCase(
        "E9325",
        {
            (GROUP, "Properties", "ProtocolVersion"): "HTTP2",
            (LISTENER, "Properties", "Protocol"): "HTTPS",
        },
    ),
    BadCase("W9326", {SERVED: REMOVE, (GROUP, "Properties", "Targets"): [{"Id": "10.0.0.9"}]}),
    attributes("E9302", BALANCER, "Key", routing__http__x_amzn_tls_kx__enabled="true"),
    attributes(
        "E9302",
        GROUP,
        "Key",
        waf__http2__traffic_inspection_behavior="inspect_after_sufficient_data",
        routing__http2__rst_stream_error_forwarding__enabled="true",
    ),
]
