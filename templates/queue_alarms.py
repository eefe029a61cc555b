"""Alarms of the workers' queues, by the names of the queues."""

from troposphere import sns

from templates.alarms import ABOVE, MINUTE, Limit, Metric, alarm
from templates.queues import dead_letters_name, queue_name
from templates.settings import Settings
from templates.stack import Stack

NAMESPACE = "AWS/SQS"


def add_queue_alarms(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    """Notify when messages wait too long, and when a message failed too often.

    The names are text: an export that this stack imports would block the removal of a worker.
    """
    for name, worker in settings.workers.items():
        queue = {"QueueName": queue_name(settings, name)}
        dead = {"QueueName": dead_letters_name(settings, name)}
        age = Metric(NAMESPACE, "ApproximateAgeOfOldestMessage", queue)
        failed = Metric(NAMESPACE, "ApproximateNumberOfMessagesVisible", dead)
        old = Limit("Maximum", ABOVE, worker.oldest_message_minutes * MINUTE)
        one = Limit("Maximum", ABOVE, 0, periods=1)
        waits, fails = f"Messages of {name} wait too long.", f"Messages of {name} failed."
        stack.add(alarm(f"OldMessages{name.title()}", waits, age, old, topic))
        stack.add(alarm(f"FailedMessages{name.title()}", fails, failed, one, topic))
