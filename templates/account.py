"""Account tier: resources that an account and region has once, for all environments."""

import json
from dataclasses import dataclass
from typing import Any

from awacs.helpers.trust import make_simple_assume_policy
from troposphere import (
    AWSHelperFn,
    Join,
    Sub,
    apigateway,
    budgets,
    ecr,
    iam,
    route53,
    sns,
)

from templates.boundary import permissions_boundary
from templates.settings import AccountSettings, Settings
from templates.stack import KEPT, Stack, Tier, Value, publish
from templates.topic import publishers

# The policy that AWS tells API Gateway's log role to have; API Gateway tests for it:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
LOG_POLICY = "policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
UNTAGGED_IMAGE_DAYS = 14
# The mirrored image of psql: docs/operations.md, rotate.
SQL_TAGS = "psql-*"


@dataclass(frozen=True, kw_only=True)
class Account(Tier):
    """What the other tiers may use."""

    repository: AWSHelperFn
    repository_uri: AWSHelperFn
    hosted_zone: Value | None
    permissions_boundary: AWSHelperFn


def account_tier(settings: Settings) -> Account:
    """Return the shared stack; its resources outlive it."""
    stack = Stack.shared(
        settings, "account", "What the project has once: images, zone, log role."
    )

    repository = stack.add(_repository(settings.account))
    arn = repository.get_att("Arn")
    boundary = stack.add(permissions_boundary(settings, stack.name, arn))
    _log_role(stack, settings.account, boundary)
    zone = _hosted_zone(stack, settings.account)
    _spending(stack, settings)
    uri = repository.get_att("RepositoryUri")
    stack.add_output("ImageRepository", uri, "Where to push the service's images.")

    return publish(
        Account,
        stack,
        {"hosted_zone": "For the dns stacks of all environments with a domain."},
        repository=arn,
        repository_uri=uri,
        hosted_zone=zone,
        permissions_boundary=boundary.ref(),
    )


def _log_role(stack: Stack, settings: AccountSettings, boundary: iam.ManagedPolicy) -> None:
    """A stage with logs fails without this role: it exists once per account and region."""
    if settings.api_gateway_log_role == "existing":
        return
    role = stack.add(_api_gateway_log_role(boundary))
    stack.add(_api_gateway_account(role))


def _api_gateway_log_role(boundary: iam.ManagedPolicy) -> iam.Role:
    return iam.Role(
        "ApiGatewayLogRole",
        **KEPT,
        Description="Lets API Gateway write to CloudWatch Logs.",
        AssumeRolePolicyDocument=make_simple_assume_policy("apigateway.amazonaws.com"),
        ManagedPolicyArns=[Sub("arn:${AWS::Partition}:iam::aws:" + LOG_POLICY)],
        PermissionsBoundary=boundary.ref(),
    )


def _api_gateway_account(role: iam.Role) -> apigateway.Account:
    return apigateway.Account(
        "ApiGatewayAccount",
        **KEPT,
        CloudWatchRoleArn=role.get_att("Arn"),
    )


def _repository(settings: AccountSettings) -> ecr.Repository:
    """Tags are immutable, so that a tag always names the same image."""
    return ecr.Repository(
        "Repository",
        **KEPT,
        ImageTagMutability="IMMUTABLE",
        ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
        LifecyclePolicy=ecr.LifecyclePolicy(
            LifecyclePolicyText=json.dumps({"rules": _expiry(settings.images_kept)})
        ),
    )


def _expiry(images_kept: int) -> list[dict[str, object]]:
    """Tagged images go by a high count only: the repository knows no running task.

    What one rule's tags match, no later rule expires: psql stays, however many images
    of the service come after it.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_IMAGE_DAYS,
    }
    return [
        _rule(1, "psql, which the database's operations run.", _most(SQL_TAGS, images_kept)),
        _rule(2, "Layers of replaced builds.", untagged),
        _rule(
            3,
            "All environments draw from here: keep what may still run.",
            _most("*", images_kept),
        ),
    ]


def _most(tags: str, images_kept: int) -> dict[str, object]:
    return {
        "tagStatus": "tagged",
        "tagPatternList": [tags],
        "countType": "imageCountMoreThan",
        "countNumber": images_kept,
    }


def _rule(priority: int, description: str, selection: dict[str, object]) -> dict[str, object]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": selection,
        "action": {"type": "expire"},
    }


def _hosted_zone(stack: Stack, settings: AccountSettings) -> Value | None:
    """The zone's id: given, or of the zone that this stack creates, or none at all."""
    if settings.hosted_zone is None or settings.hosted_zone_id:
        return settings.hosted_zone_id
    zone = stack.add(_zone(settings.hosted_zone))
    servers = Join(" ", zone.get_att("NameServers"))
    stack.add_output("NameServers", servers, "Set these at the registrar before the dns stack.")
    return zone.ref()


def _zone(name: str) -> route53.HostedZone:
    """Kept with its name servers, to which the registrar delegates the domain."""
    return route53.HostedZone("HostedZone", **KEPT, Name=name)


def _spending(stack: Stack, settings: Settings) -> None:
    """Report a month that costs too much: by mail, and by a topic for other receivers."""
    if settings.account.monthly_budget_usd is None:
        return
    topic = stack.add(sns.Topic("BudgetTopic"))
    policy = stack.add(_budget_topic_policy(topic))
    stack.add(_budget(settings, settings.account.monthly_budget_usd, topic, policy))


def _budget_topic_policy(topic: sns.Topic) -> sns.TopicPolicy:
    """Admit Budgets, which the topic's default policy does not.

    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    return sns.TopicPolicy(
        "BudgetTopicPolicy",
        Topics=[topic.ref()],
        PolicyDocument=publishers(topic, ["budgets.amazonaws.com"]),
    )


def _budget(
    settings: Settings, limit: float, topic: sns.Topic, policy: sns.TopicPolicy
) -> budgets.Budget:
    """The month of the whole account, or of what carries the project's tag.

    Budgets tests the topic when it is created, so the policy comes first.
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
    """
    by_tag: dict[str, Any] = {
        "CostFilters": {"TagKeyValue": [f"user:project${settings.project}"]}
    }
    subscribers = [budgets.Subscriber(SubscriptionType="SNS", Address=topic.ref())]
    if settings.account.budget_email:
        address = settings.account.budget_email
        subscribers.append(budgets.Subscriber(SubscriptionType="EMAIL", Address=address))
    return budgets.Budget(
        "Budget",
        DependsOn=[policy.title],
        Budget=budgets.BudgetData(
            BudgetType="COST",
            TimeUnit="MONTHLY",
            BudgetLimit=budgets.Spend(Amount=limit, Unit="USD"),
            **(by_tag if settings.account.budget_by_tag else {}),
        ),
        NotificationsWithSubscribers=[
            budgets.NotificationWithSubscribers(
                Notification=budgets.Notification(
                    NotificationType=kind,
                    ComparisonOperator="GREATER_THAN",
                    Threshold=100,
                    ThresholdType="PERCENTAGE",
                ),
                Subscribers=subscribers,
            )
            for kind in ("ACTUAL", "FORECASTED")
        ],
    )
