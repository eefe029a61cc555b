"""Receivers of the alarms: an alarm without a confirmed subscriber reaches no one."""

from collections.abc import Iterator
from dataclasses import asdict

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import OK, WARNING, Check, Found, say_check
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import counted
from cfnlink.operations.stacks import physical
from cfnlink.system.resource import Resource

TOPIC, SUBSCRIPTION = "AWS::SNS::Topic", "AWS::SNS::Subscription"
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
# The ARN of a subscription that is not confirmed, or of one that was deleted. (k)
NO_ARN = ("PendingConfirmation", "Deleted")
ADDRESS = "you@example.com"


def say_subscribers(environment: Environment) -> list[Check]:
    """Print and return how many confirmed subscribers the alarms of an environment have."""
    found = say_check(environment.report, "alarms", lambda: subscribers(environment))
    environment.report.result({"subscribers": [asdict(check) for check in found]})
    return found


def subscribers(environment: Environment) -> Iterator[Found]:
    """Yield for each topic of alarms whether a confirmed subscriber receives them."""
    for topic in _topics(environment):
        arn = physical(environment, topic.stack, topic.logical_id)
        yield _deployed(environment, arn) if arn else _planned(environment, topic)


def _topics(environment: Environment) -> list[Resource]:
    """The topics of the environment's stacks to which alarms publish."""
    stacks = {stack.name for stack in environment.stacks}
    system = environment.system
    actions = [
        each.expression("AlarmActions") for each in system.of(*ALARMS) if each.stack in stacks
    ]
    return [
        topic
        for topic in system.of(TOPIC)
        if topic.stack in stacks and topic in system.named(actions, TOPIC)
    ]


def _deployed(environment: Environment, arn: str) -> Found:
    """Return the subscriptions that SNS has for an existing topic.

    https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
    """
    paginator = environment.clients.sns.get_paginator("list_subscriptions_by_topic")
    every = [
        each for page in paginator.paginate(TopicArn=arn) for each in page["Subscriptions"]
    ]
    confirmed = [each for each in every if each["SubscriptionArn"] not in NO_ARN]
    pending = [each["Endpoint"] for each in every if each["SubscriptionArn"] == NO_ARN[0]]
    waits = f"; {', '.join(pending)} has not confirmed" if pending else ""
    if confirmed:
        return OK, f"{counted(len(confirmed), 'confirmed subscriber')}{waits}"
    words = "sns", "subscribe", "--topic-arn", arn, "--protocol", "email"
    again = aws(environment, *words, "--notification-endpoint", (pending or [ADDRESS])[0])
    fix = f"follow the link in the mail of AWS Notifications; for another mail: {again}"
    says = "no confirmed subscriber receives the alarms"
    return WARNING, f"{says}{waits}", fix if pending else again


def _planned(environment: Environment, topic: Resource) -> Found:
    """Return the subscriptions in the templates of a topic that does not exist yet."""
    if topic.expression("Subscription") or topic.used_by(SUBSCRIPTION):
        return OK, "the deployment asks the subscribers to confirm by mail"
    file = environment.environment_file
    fix = environment.change_setting(file, f'set alarm_email = "{ADDRESS}" in [monitoring]')
    return WARNING, "no subscriber receives the alarms", fix
