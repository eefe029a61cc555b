"""The service's log, as it is written."""

import re
import time
from argparse import Namespace

from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.stacks import find, resources
from operations.target import IMAGE_TAG, Target

PAUSE_SECONDS = 2.0
LATE_MS = 10_000  # an event may be found some seconds after a later one
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `logs`: from a while ago, until Ctrl-C or with --once.

    FilterLogEvents reads all tasks' streams at once and costs nothing; live tail is
    billed by the minute.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    since = re.fullmatch(r"(\d{1,6})([smhd])", options.since)
    if since is None:
        message = f"--since {options.since} is no time: 30s, 10m, 2h or 1d"
        raise Stop(Exit.UNUSABLE, message, target.command("logs", "--since 10m"))
    start = int(time.time() * 1000) - int(since[1]) * UNITS_MS[since[2]]
    group, seen = _group(target), {}
    pages = target.client("logs").get_paginator("filter_log_events")
    try:
        while True:
            for page in pages.paginate(logGroupName=group, startTime=start):
                for event in page["events"]:
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
    """The log group of the stack whose image a release changes, or Stop."""
    stack = target.holding(IMAGE_TAG)
    for each in resources(target, stack.name) if find(target, stack.name) else []:
        if each["ResourceType"] == "AWS::Logs::LogGroup" and each.get("PhysicalResourceId"):
            return str(each["PhysicalResourceId"])
    message = f"{stack.name} has no log yet"
    raise Stop(Exit.UNUSABLE, message, target.command("deploy"))
