"""Print the service's log as it is written."""

import re
import time
from argparse import Namespace

from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.report import Reporter
from cfnlink.operations.stacks import of_type, resources
from cfnlink.operations.target import IMAGE_TAG, Target

PAUSE_SECONDS = 2.0
LATE_MS = 10_000  # an event may be found some seconds after a later one
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """Run `logs`: from a while ago, until Ctrl-C or with --once.

    FilterLogEvents reads all tasks' streams at once and costs nothing; live tail is billed
    by the minute.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    since = re.fullmatch(r"(\d{1,6})([smhd])", options.since)
    if since is None:
        message = f"{options.since} is no time: expected 30s, 10m, 2h or 1d"
        raise CommandError(Exit.UNUSABLE, message, target.command_line_with(since="10m"))
    start = int(time.time() * 1000) - int(since[1]) * UNITS_MS[since[2]]
    group, seen = _group(target), {}
    call = "logs", "filter_log_events", "events"
    try:
        while True:
            for event in target.listed(*call, logGroupName=group, startTime=start):
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = event["timestamp"]
                    report.say(event["message"].rstrip("\n"))
            if options.once:
                return Exit.DONE
            start = max([start, *(stamp - LATE_MS for stamp in seen.values())])
            seen = {name: stamp for name, stamp in seen.items() if stamp >= start}
            target.pause(PAUSE_SECONDS)
    except KeyboardInterrupt:
        return Exit.DONE


def _group(target: Target) -> str:
    """Return the log group of the stack whose image a release changes. Raises CommandError."""
    stack = target.holding(IMAGE_TAG)
    for group in of_type(resources(target, stack.name), "AWS::Logs::LogGroup"):
        return group
    message = f"{stack.name} has no log yet"
    raise CommandError(Exit.UNUSABLE, message, target.command("deploy"))
