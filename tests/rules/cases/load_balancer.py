"""Bad cases of cfnlink/rules/load_balancer.py."""

from tests.rules.cases import REMOVE, case
from tests.template import ref, resource

SECOND = resource(
    "AWS::ElasticLoadBalancingV2::Listener",
    LoadBalancerArn=ref("LoadBalancerLoadBalancer"),
    Port=80,
    Protocol="HTTP",
    DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("LoadBalancerTargetGroup")}],
)

BAD_CASES = [
    case(
        "E9334",
        {"LoadBalancerTargetGroup.TargetType": "instance"},
        at="ServiceService.LoadBalancers.0.TargetGroupArn",
    ),
    case(
        "E9334",
        {"LoadBalancerTargetGroup.TargetType": REMOVE},
        at="ServiceService.LoadBalancers.0.TargetGroupArn",
    ),
    case(
        "E9330",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "idle_timeout", "Value": "60"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Key",
    ),
    case(
        "E9332",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "idle_timeout.timeout_seconds", "Value": "5000"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "routing.http2.enabled", "Value": "yes"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Value",
    ),
    case(
        "E9330",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "dns_record.client_routing_policy", "Value": "any"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Key",
    ),
    case(
        "E9331",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "access_logs.s3.enabled", "Value": "true"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Key",
    ),
    case(
        "E9332",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": "4000"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "slow_start.duration_seconds", "Value": "10"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9330",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "proxy_protocol_v2.enabled", "Value": "true"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Key",
    ),
    case(
        "E9330",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {"Key": "routing.http.response.server", "Value": "false"}
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Key",
    ),
    case("W9303", {"LoadBalancerLoadBalancer.Scheme": "internet-facing"}),
    case(
        "W9303",
        {"LoadBalancerLoadBalancer.Scheme": REMOVE},
        at="LoadBalancerLoadBalancer.Subnets",
    ),
    case(
        "E9336",
        {"LoadBalancerListener.DefaultActions.0.TargetGroupArn": REMOVE},
        at="LoadBalancerListener.DefaultActions.0.Type",
    ),
    case(
        "E9010",
        {
            "LoadBalancerListener.DefaultActions.0.TargetGroupArn": ref(
                "LoadBalancerLoadBalancer"
            )
        },
    ),
    case(
        "E9337",
        {"LoadBalancerListener.DefaultActions.0.Type": "redirect"},
        at="LoadBalancerListener.DefaultActions.0",
    ),
    case(
        "E9339",
        {"LoadBalancerTargetGroup.Protocol": "TCP"},
        at="LoadBalancerListener.DefaultActions.0",
    ),
    case(
        "E9338",
        {
            "LoadBalancerListener.DefaultActions.0": {
                "Type": "redirect",
                "RedirectConfig": {"Port": "80", "StatusCode": "HTTP_301"},
            }
        },
        at="LoadBalancerListener.DefaultActions.0.RedirectConfig",
    ),
    case(
        "E9338",
        {
            "LoadBalancerListener.DefaultActions.0": {
                "Type": "redirect",
                "RedirectConfig": {"Query": "a=b", "StatusCode": "HTTP_301"},
            }
        },
        at="LoadBalancerListener.DefaultActions.0.RedirectConfig",
    ),
    case("E9340", {"LoadBalancerListener.Protocol": "TCP"}),
    case(
        "E9341",
        {"LoadBalancerListener.Port": REMOVE},
        at="LoadBalancerListener.LoadBalancerArn",
    ),
    case(
        "E9342",
        {
            "LoadBalancerListener.Certificates": [
                {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0"}
            ]
        },
    ),
    case("E9342", {"LoadBalancerListener.SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}),
    case("E9130", {"Second": SECOND}, at="Second.Port"),
    case("E9343", {"LoadBalancerTargetGroup.HealthCheckTimeoutSeconds": 10}),
    case("E9307", {"LoadBalancerTargetGroup.HealthCheckPath": "health"}),
    case("E9320", {"LoadBalancerTargetGroup.HealthCheckEnabled": False}),
    case("W9308", {"LoadBalancerTargetGroup.Matcher.HttpCode": "200-599"}),
    case("E9344", {"LoadBalancerTargetGroup.HealthCheckPort": "8080"}),
    case("W9308", {"LoadBalancerTargetGroup.Matcher.HttpCode": "200-499"}),
    case("W9322", {"LoadBalancerTargetGroup.HealthCheckProtocol": "HTTPS"}),
    case("E9309", {"LoadBalancerTargetGroup.Name": "the-targets-of-the-production-service"}),
    case("E9323", {"LoadBalancerLoadBalancer.Name": "internal-shop"}),
    case(
        "I9330",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "W9331",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "I9330",
        {"LoadBalancerTargetGroup.TargetGroupAttributes": REMOVE},
        at="LoadBalancerTargetGroup.Port",
    ),
    case(
        "E9333",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "slow_start.duration_seconds", "Value": "60"},
                {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"},
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9333",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "load_balancing.algorithm.anomaly_mitigation", "Value": "on"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9333",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "stickiness.type", "Value": "app_cookie"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "stickiness.type", "Value": "source_ip"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {"Key": "stickiness.app_cookie.cookie_name", "Value": "AWSALB"}
            ]
        },
        at="LoadBalancerTargetGroup.TargetGroupAttributes.0.Value",
    ),
    case(
        "W9312",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "idle_timeout.timeout_seconds", "Value": "20"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_origin.header_value",
                    "Value": "https://a.example, https://b.example",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_origin.header_value",
                    "Value": "https://a.example/",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_origin.header_value",
                    "Value": "shop.example.com",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_methods.header_value",
                    "Value": "GET POST",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_credentials.header_value",
                    "Value": "yes",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9333",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_allow_origin.header_value",
                    "Value": "*",
                },
                {
                    "Key": "routing.http.response.access_control_allow_credentials.header_value",
                    "Value": "true",
                },
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.1.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.access_control_max_age.header_value",
                    "Value": "1h",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.strict_transport_security.header_value",
                    "Value": "31536000",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {
                    "Key": "routing.http.response.x_content_type_options.header_value",
                    "Value": "no-sniff",
                }
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9332",
        {
            "LoadBalancerListener.ListenerAttributes": [
                {"Key": "routing.http.response.x_frame_options.header_value", "Value": "NONE"}
            ]
        },
        at="LoadBalancerListener.ListenerAttributes.0.Value",
    ),
    case(
        "E9335",
        {"LoadBalancerListener": REMOVE, "LoadBalancerWithoutStage": REMOVE},
        at="ServiceService.LoadBalancers.0.TargetGroupArn",
    ),
    case(
        "E9315",
        {
            "Other": resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
            "Second": resource(
                "AWS::ElasticLoadBalancingV2::Listener",
                LoadBalancerArn=ref("Other"),
                Port=81,
                Protocol="HTTP",
                DefaultActions=[
                    {"Type": "forward", "TargetGroupArn": ref("LoadBalancerTargetGroup")}
                ],
            ),
        },
        at="LoadBalancerTargetGroup.Port",
    ),
    case("W9123", {"LoadBalancerListener": REMOVE}, at="LoadBalancerLoadBalancer.Subnets"),
    case(
        "W9123",
        {"LoadBalancerListener": REMOVE, "LoadBalancerWithoutStage": REMOVE},
        at="LoadBalancerTargetGroup.Port",
    ),
    case("W9332", {"LoadBalancerLoadBalancer.LoadBalancerAttributes.1.Value": "false"}),
    case(
        "W9332",
        {"LoadBalancerLoadBalancer.LoadBalancerAttributes": REMOVE},
        at="LoadBalancerLoadBalancer.Subnets",
    ),
    case(
        "W9333",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "routing.http.desync_mitigation_mode", "Value": "monitor"}
            ]
        },
        at="LoadBalancerLoadBalancer.LoadBalancerAttributes.0.Value",
    ),
    case("E9318", {"LoadBalancerLoadBalancer.IpAddressType": "dualstack-without-public-ipv4"}),
    case("W9334", {"LoadBalancerListener.Protocol": "HTTPS"}),
    case(
        "W9335",
        {"LoadBalancerLoadBalancer.Scheme": "internet-facing"},
        at="LoadBalancerListener.Protocol",
    ),
    case(
        "E9306",
        {"LoadBalancerTargetGroup.ProtocolVersion": "GRPC"},
        at="LoadBalancerTargetGroup.Matcher.HttpCode",
    ),
    case("E9308", {"LoadBalancerTargetGroup.Matcher.HttpCode": "2xx"}),
    case("E9325", {"LoadBalancerTargetGroup.ProtocolVersion": "HTTP2"}),
    case("E9325", {"LoadBalancerTargetGroup.ProtocolVersion": "GRPC"}),
    case("W9326", {"ServiceService.LoadBalancers": REMOVE}, at="LoadBalancerTargetGroup.Port"),
    case(
        "W9326",
        {
            "Other": resource("AWS::ElasticLoadBalancingV2::TargetGroup"),
            "Rule": resource(
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                LoadBalancerArn=ref("LoadBalancerLoadBalancer"),
                Port=81,
                Protocol="HTTP",
                DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Other")}],
            ),
        },
        at="Other.Port",
    ),
    case(
        "E9327",
        {"NetworkPublicSubnetB.AvailabilityZoneId": "use1-az3"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.1",
    ),
    case(
        "W9313",
        {
            "LoadBalancerWithoutStage": REMOVE,
            "LoadBalancerListener.DefaultActions": [{"Type": "fixed-response"}],
            "Rule": resource(
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                ListenerArn=ref("LoadBalancerListener"),
                Conditions=[{"Field": "host-header", "Values": ["api.example.com"]}],
            ),
        },
        at="Rule.Conditions",
    ),
]

ACCEPTED = [
    case(
        "E9325",
        {
            "LoadBalancerTargetGroup.ProtocolVersion": "HTTP2",
            "LoadBalancerListener.Protocol": "HTTPS",
        },
    ),
    case(
        "W9326",
        {
            "ServiceService.LoadBalancers": REMOVE,
            "LoadBalancerTargetGroup.Targets": [{"Id": "10.0.0.9"}],
        },
    ),
    case(
        "E9330",
        {
            "LoadBalancerLoadBalancer.LoadBalancerAttributes": [
                {"Key": "routing.http.x_amzn_tls_kx.enabled", "Value": "true"}
            ]
        },
    ),
    case(
        "E9330",
        {
            "LoadBalancerTargetGroup.TargetGroupAttributes": [
                {
                    "Key": "waf.http2.traffic_inspection_behavior",
                    "Value": "inspect_after_sufficient_data",
                },
                {"Key": "routing.http2.rst_stream_error_forwarding.enabled", "Value": "true"},
            ]
        },
    ),
]
