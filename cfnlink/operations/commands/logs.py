"""Print the log of the service or of a job as it is written."""

import re
import time
from types import SimpleNamespace

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.jobs import log_group_of
from cfnlink.operations.stacks import resources
from cfnlink.system.compute import container_log_groups
from cfnlink.system.parts import Part, worker_part, workers

LOG_GROUP = "AWS::Logs::LogGroup"
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
    if options.job:
        return log_group_of(environment, options.job)
    return _group(environment, options.worker)


def _group(environment: Environment, worker: str | None) -> str:
    """Return the log group of the service, or of a worker. Raises CommandError.

    Without a part it is that of the stack whose image a release changes.
    """
    stack = environment.stack_with(Part.IMAGE_TAG)
    part = worker_part(worker) if worker else Part.SERVICE
    if worker and part not in stack.parts:
        known = workers(stack.parts)
        expected = f"expected {', '.join(known)}" if known else "there are no workers"
        again = environment.command_line_with(worker=known[0] if known else None)
        raise CommandError(Exit.UNUSABLE, f"there is no worker {worker}: {expected}", again)
    service = environment.system.resources.get(environment.system.parts.get(part, ""))
    task = service and service.target("TaskDefinition")
    own = {group.logical_id for group in container_log_groups(task)} if task else set()
    for group in resources(environment, stack.name):
        if group.type == LOG_GROUP and group.id and (not own or group.logical_id in own):
            return group.id
    message = f"{stack.name} has no log yet"
    raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
