"""Print the log of the service or of a job as it is written."""

import re
import time
from types import SimpleNamespace

from cfnlink.operations.earlier import LOG_GROUP
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.jobs import job_named
from cfnlink.operations.stacks import deployed_id, of_type, resources
from cfnlink.system.compute import container_log_groups
from cfnlink.system.parts import Part, worker_part, workers
from cfnlink.system.resource import Resource
from cfnlink.system.task_runs import tasks_of

PAUSE_SECONDS = 2.0
LATE_MS = 10_000  # an event may be found some seconds after a later one
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `logs`: from a while ago, until Ctrl-C or with --once.

    FilterLogEvents reads all tasks' streams at once and costs nothing; live tail is billed
    by the minute.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    since = re.fullmatch(r"(\d{1,6})([smhd])", options.since)
    if since is None:
        message = f"{options.since} is no time: expected 30s, 10m, 2h or 1d"
        raise CommandError(Exit.UNUSABLE, message, environment.command_line_with(since="10m"))
    start = int(time.time() * 1000) - int(since[1]) * UNITS_MS[since[2]]
    group, seen = _group_of(environment, options), {}
    paginator = environment.clients.logs.get_paginator("filter_log_events")
    try:
        while True:
            pages = paginator.paginate(logGroupName=group, startTime=start)
            for event in [event for page in pages for event in page["events"]]:
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = event["timestamp"]
                    environment.report.say(event["message"].rstrip("\n"))
            if options.once:
                return Exit.DONE
            start = max([start, *(stamp - LATE_MS for stamp in seen.values())])
            seen = {name: stamp for name, stamp in seen.items() if stamp >= start}
            environment.pause(PAUSE_SECONDS)
    except KeyboardInterrupt:
        return Exit.DONE


def _group_of(environment: Environment, options: SimpleNamespace) -> str:
    """Return the log group that the options name. Raises CommandError."""
    if options.job and options.worker:
        message = "a job and a worker have logs of their own; expected one of them"
        again = environment.command_line_with(worker=None)
        raise CommandError(Exit.UNUSABLE, message, again)
    named = options.job or options.worker
    runner = (
        job_named(environment, options.job)
        if options.job
        else _service(environment, options.worker)
    )
    for task in tasks_of(runner) if runner else ():
        for group in container_log_groups(task):
            return deployed_id(environment, group)
    if named:
        message = f"the tasks of {named} write to no log group of these stacks"
        raise CommandError(Exit.UNUSABLE, message, environment.build())
    return _first_group(environment)


def _service(environment: Environment, worker: str | None) -> Resource | None:
    """Return the service, or that of a worker. Raises CommandError if there is no worker."""
    parts = environment.system.parts
    part = worker_part(worker) if worker else Part.SERVICE
    if worker and part not in parts:
        known = workers(parts)
        expected = f"expected {', '.join(known)}" if known else "there are no workers"
        again = environment.command_line_with(worker=known[0] if known else None)
        raise CommandError(Exit.UNUSABLE, f"there is no worker {worker}: {expected}", again)
    return environment.system.resources.get(parts.get(part, ""))


def _first_group(environment: Environment) -> str:
    """Return a log group of the stack whose image a release changes: the templates do not say
    to which one the service writes. Raises CommandError."""
    stack = environment.stack_with(Part.IMAGE_TAG)
    for group in of_type(resources(environment, stack.name), LOG_GROUP):
        return group
    message = f"{stack.name} has no log yet"
    raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
