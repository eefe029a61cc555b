"""Alarms of the authorizer: requests fail although their tokens are good."""

from troposphere import sns

from templates.alarms import ABOVE, Limit, Metric, alarm
from templates.authorizer import failures, function_name
from templates.settings import Settings
from templates.stack import Stack

# One failure passes by itself: the function asks again, and known keys stay good for a day.
FAILURES_IN_FIVE_MINUTES = 2


def add_authorizer_alarms(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    """Add the alarms of the function, if the API has one.

    Both metrics have names that are text: no export holds the function when it goes.
    """
    if not settings.api.jwt.issuer:
        return
    failed = failures(settings)
    throttles = Metric("AWS/Lambda", "Throttles", {"FunctionName": function_name(settings)})
    many = Limit("Sum", ABOVE, FAILURES_IN_FIVE_MINUTES, periods=1)
    some = Limit("Sum", ABOVE, 0, periods=1)
    stack.add(alarm("AuthorizerFails", "No keys for tokens.", failed, many, topic))
    stack.add(alarm("AuthorizerThrottled", "Lambda refuses calls.", throttles, some, topic))
