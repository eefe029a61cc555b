"""What watches the database."""

from troposphere import rds, sns

from cfnlink.aws.rds import connections, memory_bytes
from templates.alarms import ABOVE, BELOW, Limit, Metric, alarm
from templates.settings import Settings
from templates.stack import Stack

GIB = 1024**3
CPU_PERCENT = 80
LEAST_FREE_MEMORY_SHARE = 0.05
# RDS grows the storage when a tenth of it is free. Half of that, of the first size, is below
# every threshold of RDS: the alarm means that the storage grows too slowly or no more.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
LEAST_FREE_STORAGE_SHARE = 0.05
# What a person should read of the database beside the alarms; "low storage" is relative to
# the size of the day, which no alarm of a fixed number of bytes is.
DATABASE_EVENTS = [
    "availability",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "recovery",
]
CONNECTION_SHARE = 0.8


def add_database_alarms(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    """Watch CPU, memory, disk and connections of the instance."""
    database, size = settings.database, settings.database.instance_class
    storage = database.storage_gib * GIB * LEAST_FREE_STORAGE_SHARE
    most = connections(size) * CONNECTION_SHARE
    cpu, memory, free, used = (
        _database_metric(settings, name)
        for name in (
            "CPUUtilization",
            "FreeableMemory",
            "FreeStorageSpace",
            "DatabaseConnections",
        )
    )
    busy = Limit("Average", ABOVE, CPU_PERCENT)
    low = Limit("Average", BELOW, int(memory_bytes(size) * LEAST_FREE_MEMORY_SHARE))
    full = Limit("Minimum", BELOW, int(storage))
    many = Limit("Maximum", ABOVE, int(most))
    stack.add(alarm("DatabaseCpu", "The database is busy.", cpu, busy, topic))
    stack.add(alarm("DatabaseMemory", "The database runs out of memory.", memory, low, topic))
    stack.add(alarm("DatabaseStorage", "The database's disk fills up.", free, full, topic))
    stack.add(alarm("DatabaseConnections", "Connections run out.", used, many, topic))
    if size.startswith("db.t"):
        surplus = _database_metric(settings, "CPUSurplusCreditsCharged")
        some = Limit("Maximum", ABOVE, 0, periods=1)
        text = "The database's CPU is billed beyond its class."
        stack.add(alarm("DatabaseCredits", text, surplus, some, topic))


def _database_metric(settings: Settings, name: str) -> Metric:
    """By the instance's fixed name: a restore changes it here and there together."""
    return Metric("AWS/RDS", name, {"DBInstanceIdentifier": settings.database_identifier})


def database_events(
    settings: Settings, topic: sns.Topic, policy: sns.TopicPolicy
) -> rds.EventSubscription:
    """RDS tests the topic when the subscription is created, so the policy comes first.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    """
    return rds.EventSubscription(
        "DatabaseEvents",
        DependsOn=[policy.title],
        SnsTopicArn=topic.ref(),
        SourceType="db-instance",
        SourceIds=[settings.database_identifier],
        EventCategories=DATABASE_EVENTS,
    )
