"""How ECS moves requests from the old tasks of a service to the new ones, and back.

Two target groups, a rule of the listener that gives each a share of the requests, and a role
with which ECS changes these shares. They are in the stack of the service, so that one update
adds them before the service uses them, and removes them when it does not use them any more.
"""

from dataclasses import dataclass, field
from typing import Any

from awacs import elasticloadbalancing
from troposphere import AWSHelperFn, ecs, iam
from troposphere import elasticloadbalancingv2 as elb

from templates.boundary import FIND_TARGETS, REGISTER_TARGETS
from templates.deployment_alarms import add_deployment_alarms
from templates.load_balancer import (
    SERVICE_PRIORITY,
    on_paths,
    rewritten,
    target_group,
)
from templates.needed import Needed
from templates.rights import allow
from templates.roles import role, role_limits, trusted
from templates.service_parts import ROLLING
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack

INFRASTRUCTURE_SERVICE = "ecs.amazonaws.com"
STRATEGIES = {"canary": "CANARY", "blue-green": "BLUE_GREEN"}


@dataclass(frozen=True)
class Traffic:
    """How the requests come to the new tasks of a service.

    strategy: of its deployments. way: the properties beside its target group. full_name: the
    dimension of CloudWatch for the second target group, if there is one.
    """

    strategy: dict[str, Any]
    way: dict[str, Any] = field(default_factory=dict)
    full_name: AWSHelperFn | None = None


def add_traffic(stack: Stack, settings: Settings, needed: Needed) -> Traffic:
    """Add what ECS needs to move requests, or only the alarms where it replaces the tasks
    one by one.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
    """
    watched = add_deployment_alarms(stack, settings.service)
    if not settings.service.shifts_requests:
        return Traffic({**ROLLING, **watched})
    second = stack.add(target_group("AlternateTargetGroup", settings.service, needed.network))
    rule = stack.add(_rule(settings, needed, second))
    mover = stack.add(_role(settings, needed, second, rule))
    way = ecs.AdvancedConfiguration(
        AlternateTargetGroupArn=second.ref(),
        ProductionListenerRule=rule.ref(),
        RoleArn=mover.get_att("Arn"),
    )
    return Traffic(
        {**_strategy(settings.service), **watched},
        {"AdvancedConfiguration": way},
        second.get_att("TargetGroupFullName"),
    )


def _rule(settings: Settings, needed: Needed, second: elb.TargetGroup) -> elb.ListenerRule:
    """All requests, at first to the group that has the tasks; from then on ECS changes the
    weights. CloudFormation leaves them as they are until a property of the rule changes.

    The default action of a listener has no ARN that ECS could be told. The transform is that of
    WithoutStage in the load balancer's stack.
    https://github.com/aws/aws-cdk/issues/36649
    """
    shares = [(needed.balancer.target_group, 100), (second.ref(), 0)]
    targets = [elb.TargetGroupTuple(TargetGroupArn=arn, Weight=share) for arn, share in shares]
    return elb.ListenerRule(
        "ProductionRule",
        ListenerArn=needed.balancer.listener,
        Priority=SERVICE_PRIORITY,
        Conditions=[on_paths("*")],
        Transforms=[rewritten(f"^/{settings.api.stage}(/|$)(.*)$", "/$2")],
        Actions=[
            elb.ListenerRuleAction(
                Type="forward", ForwardConfig=elb.ForwardConfig(TargetGroups=targets)
            )
        ],
    )


def _role(
    settings: Settings, needed: Needed, second: elb.TargetGroup, rule: elb.ListenerRule
) -> iam.Role:
    """What AmazonECSInfrastructureRolePolicyForLoadBalancers (version 6) allows for load
    balancers like this one, on these resources alone. The trust is that of AWS's page.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
    """
    statements = [
        allow(FIND_TARGETS, ["*"]),
        allow(REGISTER_TARGETS, [needed.balancer.target_group, second.ref()]),
        allow([elasticloadbalancing.ModifyListener], [needed.balancer.listener or ""]),
        allow([elasticloadbalancing.ModifyRule], [rule.ref()]),
    ]
    limits = role_limits(settings, needed.account)
    trust = trusted(INFRASTRUCTURE_SERVICE)
    return role("InfrastructureRole", trust, {"move-requests": statements}, limits)


def _strategy(service: ServiceSettings) -> dict[str, Any]:
    """Return the properties of a deployment that moves requests.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-deploymentconfiguration.html
    """
    chosen: dict[str, Any] = {"Strategy": STRATEGIES[service.deployment]}
    if service.deployment == "canary":
        chosen["CanaryConfiguration"] = ecs.CanaryConfiguration(
            CanaryPercent=service.canary_percent,
            CanaryBakeTimeInMinutes=service.canary_minutes,
        )
    return chosen
