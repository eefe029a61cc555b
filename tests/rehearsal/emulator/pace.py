"""How much faster than on AWS the waits pass: one factor for intervals, delays and time-outs.

With 20, a health check every 10 seconds comes every half second. TIME_FACTOR changes it.
"""

import os

FACTOR = float(os.environ.get("TIME_FACTOR", "20"))


def scaled(seconds: float) -> float:
    """Return the seconds here of a wait on AWS."""
    return seconds / FACTOR
