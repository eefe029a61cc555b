"""Combinations of how tasks are replaced, and of the connections that old and new ones hold."""

from collections.abc import Iterator

from cfnlink.aws import rds
from templates.settings.combinations import database
from templates.settings.combinations.invalid import InvalidCombination, stated_in_vain
from templates.settings.model import Settings

# Old and new tasks run side by side: MaximumPercent is 200, or there are two sets of them.
OLD_AND_NEW = 2
WORDS = {"rolling": "rolling", "canary": "canary", "blue-green": "blue/green"}
# CloudFormation rejects more: its own time for an update ends after 36 hours.
LONGEST_DEPLOYMENT_MINUTES = 33 * 60
# Until the alarm ServerErrors goes off: three periods of a minute.
ALARM_MINUTES = 3


def _connections(settings: Settings) -> Iterator[InvalidCombination]:
    service, instance_class = settings.service, settings.database.instance_class
    keys = (
        "service.database_pool_size",
        "service.maximum_tasks",
        *(f"workers.{name}.maximum_tasks" for name in settings.workers),
        "database.instance_class",
    )
    if any(database.instance_class(settings)):
        return
    if instance_class not in rds.measured_classes():
        yield InvalidCombination(
            ("database.instance_class",),
            f"the memory of {instance_class} is not known, so connections cannot be counted",
            "a class of cfnlink/aws/instance_classes.yaml, or add it there with its source",
        )
        return
    available = rds.connections(instance_class)
    workers = sum(worker.maximum_tasks for worker in settings.workers.values())
    tasks = service.maximum_tasks + workers
    most = tasks * OLD_AND_NEW + len(settings.jobs)
    needed = most * service.database_pool_size
    if needed > available:
        pool = available // most
        smaller = f"a pool of {pool} or less, " if pool else ""
        how = WORDS[service.deployment]
        of_them = f", {workers} of them of workers," if workers else ""
        counted = f"{tasks} tasks{of_them} x {OLD_AND_NEW} in a {how} deployment"
        if settings.jobs:
            counted = f"({counted} + {len(settings.jobs)} of jobs)"
        yield InvalidCombination(
            keys,
            f"{counted} x "
            f"{service.database_pool_size} connections are {needed}; "
            f"{instance_class} takes {available}",
            f"{smaller}fewer tasks, or a larger instance class",
        )


def _deployment(settings: Settings) -> Iterator[InvalidCombination]:
    """A rolling deployment has no second set of tasks, and only a canary begins with a share.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-canaryconfiguration.html
    """
    service, switch = settings.service, "service.deployment"
    if service.deployment != "canary":
        wrong, expected = "no share of the requests goes first", 'deployment = "canary"'
        keys = "canary_percent", "canary_minutes"
        yield from stated_in_vain(switch, service, keys, wrong, expected)
        return
    minutes = service.canary_minutes + service.bake_minutes
    if minutes > LONGEST_DEPLOYMENT_MINUTES:
        yield InvalidCombination(
            ("service.canary_minutes", "service.bake_minutes"),
            f"a deployment of {minutes} minutes and more is longer than CloudFormation takes",
            f"at most {LONGEST_DEPLOYMENT_MINUTES} minutes together",
        )


def _unseen(settings: Settings) -> Iterator[InvalidCombination]:
    """A canary whose every request fails must bring the alarm on failed requests, in time.

    The alarm compares the share of all requests that fail, over minutes one after the other.
    """
    service, percent = settings.service, settings.monitoring.server_error_percent
    if service.deployment != "canary":
        return
    if service.canary_percent <= percent:
        yield InvalidCombination(
            ("service.canary_percent", "monitoring.server_error_percent"),
            f"no alarm sees a canary fail that gets {service.canary_percent:g} percent of the "
            f"requests, where {percent:g} percent may fail",
            f"a canary_percent above {percent:g}, or a smaller server_error_percent",
        )
    if service.canary_minutes <= ALARM_MINUTES:
        yield InvalidCombination(
            ("service.canary_minutes",),
            f"the alarm on failed requests needs {ALARM_MINUTES} minutes to see a canary fail",
            f"{ALARM_MINUTES + 1} minutes or more",
        )


CHECKS = (_connections, _deployment, _unseen)
