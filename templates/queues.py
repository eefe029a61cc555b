"""Queues of the workers: each with its dead letters, its variable and its rights."""

from troposphere import sqs

from templates.settings import Settings, WorkerSettings
from templates.stack import KEPT, Stack

DAY_SECONDS = 86_400
# The longest that SQS keeps a message. The age of a dead letter counts from its sending.
DEAD_LETTER_DAYS = 14
# The longest that a receive waits for a message: an idle task asks three times a minute.
WAIT_SECONDS = 20


def queue_name(settings: Settings, worker: str) -> str:
    """Return the name of a worker's queue. It is text, so that alarms need no export."""
    return f"{settings.system}-{worker}"


def dead_letters_name(settings: Settings, worker: str) -> str:
    """Return the name of the queue for messages that failed too often."""
    return f"{queue_name(settings, worker)}-dead"


def add_queues(stack: Stack, settings: Settings) -> dict[str, sqs.Queue]:
    """Add the queues of all workers; return each by the name of its worker."""
    queues = {}
    for name, worker in settings.workers.items():
        dead = stack.add(_dead_letters(name, dead_letters_name(settings, name)))
        queue = _queue(name, queue_name(settings, name), worker, dead)
        queues[name] = stack.add(queue)
    return queues


def _dead_letters(name: str, queue_name: str) -> sqs.Queue:
    """Messages that failed too often, kept until a person looks at them."""
    return sqs.Queue(
        f"DeadLetters{name.title()}",
        **KEPT,
        QueueName=queue_name,
        MessageRetentionPeriod=DEAD_LETTER_DAYS * DAY_SECONDS,
        SqsManagedSseEnabled=True,
    )


def _queue(name: str, queue_name: str, worker: WorkerSettings, dead: sqs.Queue) -> sqs.Queue:
    """Kept, so that its messages outlive a worker that leaves the settings."""
    return sqs.Queue(
        f"Queue{name.title()}",
        **KEPT,
        QueueName=queue_name,
        MessageRetentionPeriod=worker.retention_days * DAY_SECONDS,
        ReceiveMessageWaitTimeSeconds=WAIT_SECONDS,
        VisibilityTimeout=worker.visibility_seconds,
        RedrivePolicy=sqs.RedrivePolicy(
            deadLetterTargetArn=dead.get_att("Arn"), maxReceiveCount=worker.attempts
        ),
        SqsManagedSseEnabled=True,
    )
