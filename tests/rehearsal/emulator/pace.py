"""How much faster than on AWS the waits pass: one factor for intervals, delays and time-outs.

With 20, a health check every 10 seconds comes every half second. TIME_FACTOR changes it.
A minute for which alarms watch has a length of its own, ALARM_MINUTE_SECONDS, since most tests
have no alarm that goes off and would wait for nothing.
"""

import os

FACTOR = float(os.environ.get("TIME_FACTOR", "20"))
MINUTE_SECONDS = float(os.environ.get("ALARM_MINUTE_SECONDS", "0.5"))


def scaled(seconds: float) -> float:
    """Return the seconds here of a wait on AWS."""
    return seconds / FACTOR
