"""Load balancer tier: an internal balancer between the VPC link and the tasks.

docs/decisions/0004-vpc-link-and-load-balancer.md has the reasons.
"""

from dataclasses import dataclass
from math import ceil

from troposphere import AWSHelperFn, ec2
from troposphere import elasticloadbalancingv2 as elb

from templates.network import Network
from templates.parts import closed_group
from templates.settings import ApiSettings, ServiceSettings, Settings
from templates.stack import Stack, Tier, publish

# The link speaks HTTP inside the VPC: with HTTPS it would ask for a certificate that a
# public authority signed for the balancer's name.
PORT = 80
# ECS registers each task with its container's port. The group's own is never used, and
# replacing the group would replace an export: it stays what it is.
TARGET_GROUP_PORT = 80
# The balancer waits longer than the gateway, so that the gateway answers first.
LEAST_IDLE_TIMEOUT_SECONDS = 60
LONGER_THAN_THE_GATEWAY_SECONDS = 5
# Of the rules of the listener. No rule changes to a priority that another one may still have.
SERVICE_PRIORITY, PRIORITY_BEHIND_SERVICE = 2, 3
HEALTH_CHECK_SECONDS = 10
HEALTH_CHECK_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class LoadBalancer(Tier):
    """What the other tiers may use; the full names are CloudWatch's dimensions."""

    arn: AWSHelperFn
    security_group: AWSHelperFn
    target_group: AWSHelperFn
    full_name: AWSHelperFn
    target_group_full_name: AWSHelperFn
    listener: AWSHelperFn | None


def load_balancer_tier(settings: Settings, network: Network) -> LoadBalancer:
    """One listener, one target group, which the service fills."""
    stack = Stack.of(settings, "load_balancer", "The way from the VPC link to the tasks.")

    group = stack.add(closed_group("SecurityGroup", network.vpc, "The load balancer."))
    balancer = stack.add(_load_balancer(settings.api, network, group))
    targets = stack.add(target_group("TargetGroup", settings.service, network))
    listener = stack.add(_listener(settings.api, balancer, targets))
    stack.add(_without_stage(settings, listener, targets))

    return publish(
        LoadBalancer,
        stack,
        arn=balancer.ref(),
        security_group=group.get_att("GroupId"),
        target_group=targets.ref(),
        full_name=balancer.get_att("LoadBalancerFullName"),
        target_group_full_name=targets.get_att("TargetGroupFullName"),
        listener=listener.ref() if settings.service.shifts_requests else None,
    )


def _load_balancer(
    api: ApiSettings, network: Network, group: ec2.SecurityGroup
) -> elb.LoadBalancer:
    """Internal; it waits longer than the gateway, so that the gateway answers first."""
    longer = ceil(max(api.timeouts.values())) + LONGER_THAN_THE_GATEWAY_SECONDS
    idle_timeout = max(LEAST_IDLE_TIMEOUT_SECONDS, longer)
    return elb.LoadBalancer(
        "LoadBalancer",
        Type="application",
        Scheme="internal",
        IpAddressType="ipv4",
        Subnets=network.private_subnets,
        SecurityGroups=[group.get_att("GroupId")],
        LoadBalancerAttributes=[
            elb.LoadBalancerAttributes(Key=key, Value=value)
            for key, value in (
                ("idle_timeout.timeout_seconds", str(idle_timeout)),
                ("routing.http.drop_invalid_header_fields.enabled", "true"),
            )
        ],
    )


def target_group(
    logical_id: str, service: ServiceSettings, network: Network
) -> elb.TargetGroup:
    """Return a group of tasks. A task leaves within its stop timeout: open requests can finish
    in it."""
    return elb.TargetGroup(
        logical_id,
        VpcId=network.vpc,
        TargetType="ip",
        Protocol="HTTP",
        ProtocolVersion="HTTP1",
        IpAddressType="ipv4",
        Port=TARGET_GROUP_PORT,
        HealthCheckEnabled=True,
        HealthCheckProtocol="HTTP",
        HealthCheckPort="traffic-port",
        HealthCheckPath=service.health_path,
        HealthCheckIntervalSeconds=HEALTH_CHECK_SECONDS,
        HealthCheckTimeoutSeconds=HEALTH_CHECK_TIMEOUT_SECONDS,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=3,
        Matcher=elb.Matcher(HttpCode="200"),
        TargetGroupAttributes=[
            elb.TargetGroupAttribute(
                Key="deregistration_delay.timeout_seconds",
                Value=str(service.stop_timeout_seconds),
            )
        ],
    )


def _listener(
    api: ApiSettings, balancer: elb.LoadBalancer, targets: elb.TargetGroup
) -> elb.Listener:
    """Adds to the service's answers the headers that the gateway, a proxy, cannot add."""
    return elb.Listener(
        "Listener",
        LoadBalancerArn=balancer.ref(),
        Port=PORT,
        Protocol="HTTP",
        DefaultActions=[elb.Action(Type="forward", TargetGroupArn=targets.ref())],
        ListenerAttributes=[
            elb.ListenerAttribute(Key=f"routing.http.response.{key}", Value=value)
            for key, value in _response_headers(api).items()
        ],
    )


def _without_stage(
    settings: Settings, listener: elb.Listener, targets: elb.TargetGroup
) -> elb.ListenerRule:
    """Remove the stage's name from a path that begins with it.

    AWS's pages disagree about whether a private integration sends the stage. If it does not,
    no path begins with the name, and the rule never matches. Where ECS moves the requests, the
    rule of the service stack takes them all before this one; during a change of
    `service.deployment` one of the two is always there.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """
    stage = settings.api.stage
    last = settings.service.shifts_requests
    return elb.ListenerRule(
        "WithoutStage",
        ListenerArn=listener.ref(),
        Priority=PRIORITY_BEHIND_SERVICE if last else 1,
        Conditions=[on_paths(f"/{stage}", f"/{stage}/*")],
        Transforms=[rewritten(f"^/{stage}/?(.*)$", "/$1")],
        Actions=[elb.ListenerRuleAction(Type="forward", TargetGroupArn=targets.ref())],
    )


def on_paths(*patterns: str) -> elb.Condition:
    """Return the condition of a rule for requests on some paths."""
    return elb.Condition(
        Field="path-pattern",
        PathPatternConfig=elb.PathPatternConfig(Values=[*patterns]),
    )


def rewritten(pattern: str, replacement: str) -> elb.Transform:
    """Return the transform of a rule that changes the path of requests."""
    rewrite = elb.RewriteConfig(Regex=pattern, Replace=replacement)
    return elb.Transform(
        Type="url-rewrite", UrlRewriteConfig=elb.RewriteConfigObject(Rewrites=[rewrite])
    )


def _response_headers(api: ApiSettings) -> dict[str, str]:
    """CORS and security headers, on every status code.

    Every attribute is always there, empty when it is off: the load balancer keeps what a
    template no longer names.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
    """
    cors = {
        # It cannot choose one of several origins: the service does.
        "access_control_allow_origin.header_value": (
            "" if api.has_several_origins else api.cors_origins[0]
        ),
        "access_control_expose_headers.header_value": api.cors_expose_headers,
        "access_control_allow_credentials.header_value": (
            "true" if api.cors_allow_credentials else ""
        ),
    }
    return cors | {
        "strict_transport_security.header_value": "max-age=31536000; includeSubDomains",
        "x_content_type_options.header_value": "nosniff",
        "x_frame_options.header_value": "DENY",
        "server.enabled": "false",
    }
