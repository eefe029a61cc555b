"""Policies of topics: a topic policy replaces the default one."""

from collections.abc import Sequence

from awacs import sns as sns_actions
from awacs.aws import Allow, Condition, PolicyDocument, Principal, Statement, StringEquals
from troposphere import AccountId, sns

from templates.rights import policy_document

# SNS drops every message of EventBridge under a Condition:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
WITHOUT_CONDITION = ("events.amazonaws.com",)


def publishers(topic: sns.Topic, services: Sequence[str]) -> PolicyDocument:
    """Return the policy that lets services publish to a topic, for this account only.

    services: their principals, such as cloudwatch.amazonaws.com.
    """
    return policy_document([_publisher(topic, service) for service in services])


def _publisher(topic: sns.Topic, service: str) -> Statement:
    account = Condition(StringEquals("aws:SourceAccount", AccountId))
    condition = {} if service in WITHOUT_CONDITION else {"Condition": account}
    return Statement(
        Effect=Allow,
        Principal=Principal("Service", service),
        Action=[sns_actions.Publish],
        Resource=[topic.ref()],
        **condition,
    )
