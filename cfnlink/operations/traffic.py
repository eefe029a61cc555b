"""The requests that ECS moves between two target groups, which a change of a rule would undo.

CloudFormation writes the weights of a listener rule's template whenever another property of
the rule changes, and a rule that is removed leaves the requests to the next one. Both end at
the first target group. If the tasks are in the second one, the load balancer answers 503.
https://github.com/aws/aws-cdk/issues/36649
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.changes import ADDED, Change
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.service import ecs_services
from cfnlink.operations.service_deployments import newest
from cfnlink.operations.stacks import resources

RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


@dataclass(frozen=True)
class Moved:
    """A service whose requests a rule sends to another target group than its first one."""

    cluster: str
    service: str
    rule: str


def refuse_while_moved(environment: Environment, changes: Iterable[Change]) -> None:
    """Stop if a change of a rule would send the requests to a target group without tasks.

    Raises CommandError.
    """
    changed = [each for each in changes if each.type == RULE and each.how != ADDED]
    if not changed:
        return
    ids = {
        found.id: f"{change.stack}: {change.logical_id}"
        for change in changed
        for found in resources(environment, change.stack)
        if found.logical_id == change.logical_id
    }
    for moved in _moved(environment, ids):
        last = newest(environment, moved.cluster, moved.service)
        if last and last.is_ongoing:
            message = (
                f"{ids[moved.rule]} would change while ECS moves the requests of "
                f"{moved.service}: its deployment is {last.words()}"
            )
            step = f"when ECS has ended it: {environment.command_line}"
            raise CommandError(Exit.FAILED, message, step)
        words = ["ecs", "update-service", "--force-new-deployment"]
        words += ["--cluster", moved.cluster, "--service", moved.service]
        message = (
            f"{ids[moved.rule]} would change while ECS sends the requests of {moved.service} "
            "to its other target group; the rule would then lead to the first one, which has "
            "no tasks. The next deployment moves the requests back"
        )
        steps = [aws(environment, *words), environment.command_line]
        raise CommandError(Exit.FAILED, message, "\n".join(steps))


def _moved(environment: Environment, rules: Iterable[str]) -> Iterator[Moved]:
    """Yield the services whose rule, one of these, sends requests to the second group."""
    for stack in environment.stacks:
        for service in ecs_services(environment, resources(environment, stack.name)):
            for balancer in service.get("loadBalancers", []):
                way = balancer.get("advancedConfiguration", {})
                rule = way.get("productionListenerRule", "")
                second = way.get("alternateTargetGroupArn", "")
                if rule in rules and second in _receivers(environment, rule):
                    cluster = service["clusterArn"].rpartition("/")[2]
                    yield Moved(cluster, service["serviceName"], rule)


def _receivers(environment: Environment, rule: str) -> set[str]:
    """Return the target groups to which a rule sends requests."""
    answer = environment.clients.elbv2.describe_rules(RuleArns=[rule])
    return {
        group
        for found in answer["Rules"]
        for action in found["Actions"]
        for group, weight in _shares(action)
        if weight
    }


def _shares(action: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
    for group in groups or [action]:
        if "TargetGroupArn" in group:
            yield group["TargetGroupArn"], group.get("Weight", 1)
