"""What tells people: RDS event subscriptions and budgets, both unknown to CloudFormation."""

from collections.abc import Callable
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region
from ministack.services import budgets, rds, sns
from ministack.services.cloudformation import provisioners
from registry import Answer, Made, Properties, accepted, patch, require, store, teach

_subscriptions = store()


def _subscribe(logical_id: str, props: Properties, stack: str) -> Made:
    """AWS refuses a topic or an instance that does not exist."""
    topic, sources = props["SnsTopicArn"], props.get("SourceIds", [])
    require(topic in sns._topics, f"SNSTopicArnNotFound: {topic}")
    require(not sources or "SourceType" in props, "SourceIds need a SourceType")
    for source in sources if props.get("SourceType") == "db-instance" else ():
        require(source in rds._instances, f"SourceNotFound: {source}")
    name = props.get("SubscriptionName") or provisioners._physical_name(stack, logical_id)
    _subscriptions[name] = props
    return name, {}


def _update(name: str, _: Properties, new: Properties, stack: str) -> Made:
    return _subscribe(name, {**new, "SubscriptionName": name}, stack)


def _unsubscribe(name: str, _: Properties) -> None:
    _subscriptions.pop(name, None)


def _listed(tag: str, values: list[str]) -> str:
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for value in values)


def _describe(_: Properties) -> Answer:
    """The API of event subscriptions was missing."""
    arn = f"arn:aws:rds:{get_region()}:{get_account_id()}:es"
    found = "".join(
        f"<EventSubscription><CustSubscriptionId>{escape(name)}</CustSubscriptionId>"
        f"<EventSubscriptionArn>{arn}:{escape(name)}</EventSubscriptionArn>"
        f"<SnsTopicArn>{escape(props['SnsTopicArn'])}</SnsTopicArn><Status>active</Status>"
        f"<SourceType>{props.get('SourceType', '')}</SourceType>"
        f"<SourceIdsList>{_listed('SourceId', props.get('SourceIds', []))}</SourceIdsList>"
        f"<EventCategoriesList>{_listed('EventCategory', props.get('EventCategories', []))}"
        "</EventCategoriesList></EventSubscription>"
        for name, props in _subscriptions.items()
    )
    answer: Answer = rds._xml(
        200,
        "DescribeEventSubscriptionsResponse",
        "<DescribeEventSubscriptionsResult><EventSubscriptionsList>"
        f"{found}</EventSubscriptionsList></DescribeEventSubscriptionsResult>",
    )
    return answer


def _budget(logical_id: str, props: Properties, stack: str) -> Made:
    limit = props["Budget"].get("BudgetLimit", {})
    budget = {
        **props["Budget"],
        "BudgetName": props["Budget"].get("BudgetName")
        or provisioners._physical_name(stack, logical_id),
        "BudgetLimit": {key: str(value) for key, value in limit.items()},
    }
    given = [
        {**each, "Notification": _typed(each["Notification"])}
        for each in props.get("NotificationsWithSubscribers", [])
    ]
    request = {"AccountId": get_account_id(), "Budget": budget}
    accepted(budgets._create_budget({**request, "NotificationsWithSubscribers": given}))
    return budget["BudgetName"], {}


def _typed(notification: Properties) -> Properties:
    """A template's numbers may be text."""
    return {**notification, "Threshold": float(notification["Threshold"])}


def _change(name: str, _: Properties, new: Properties, __: str) -> Made:
    limit = {key: str(value) for key, value in new["Budget"].get("BudgetLimit", {}).items()}
    budget = {**new["Budget"], "BudgetName": name, "BudgetLimit": limit}
    accepted(budgets._update_budget({"AccountId": get_account_id(), "NewBudget": budget}))
    return name, {}


def _forget(name: str, _: Properties) -> None:
    budgets._delete_budget({"AccountId": get_account_id(), "BudgetName": name})


@patch(sns, "_list_subscriptions_by_topic")
def _listed_by_topic(old: Callable[..., Answer], parameters: Properties) -> Answer:
    """A mail address was confirmed at once; AWS shows no ARN before the link is followed."""
    status, headers, body = old(parameters)
    topic = sns._topics.get(sns._p(parameters, "TopicArn"), {})
    for subscription in topic.get("subscriptions", []):
        if subscription["protocol"] == "email" or not subscription["confirmed"]:
            arn, hidden = subscription["arn"].encode(), b"PendingConfirmation"
            body = body.replace(arn, hidden)
    return status, headers, body


rds._ACTION_MAP["DescribeEventSubscriptions"] = _describe
teach(
    "AWS::RDS::EventSubscription",
    _subscribe,
    _unsubscribe,
    _update,
    replacing=("SubscriptionName", "SnsTopicArn"),
)
teach(
    "AWS::Budgets::Budget",
    _budget,
    _forget,
    _change,
    replacing=("NotificationsWithSubscribers",),
)
