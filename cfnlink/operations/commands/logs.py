"""Print the service's log as it is written."""

import re
import time
from types import SimpleNamespace

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import of_type, resources
from cfnlink.system.parts import Part

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
    group, seen = _group(environment), {}
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


def _group(environment: Environment) -> str:
    """Return the log group of the stack whose image a release changes. Raises CommandError."""
    stack = environment.stack_with(Part.IMAGE_TAG)
    for group in of_type(resources(environment, stack.name), "AWS::Logs::LogGroup"):
        return group
    message = f"{stack.name} has no log yet"
    raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
