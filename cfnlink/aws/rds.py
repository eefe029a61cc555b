"""What RDS makes of a database's size, storage and windows.

The checks of the settings and the rules of lint about the same fact ask the same function.
"""

import math
import re

from cfnlink.aws.catalogue import facts

DAY_MINUTES = 24 * 60
SHORTEST_WINDOW_MINUTES = 30
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = re.compile(r"()([01]\d|2[0-3]):([0-5]\d)-()([01]\d|2[0-3]):([0-5]\d)")
WEEKLY = re.compile(
    rf"({'|'.join(DAYS)}):([01]\d|2[0-3]):([0-5]\d)-({'|'.join(DAYS)}):([01]\d|2[0-3]):([0-5]\d)"
)


def measured_classes() -> list[str]:
    """Return the instance classes whose memory is known."""
    return list(facts("instance_classes")["classes"])


def memory_bytes(instance_class: str) -> int:
    """Return the memory of an instance class that is known."""
    return int(facts("instance_classes")["classes"][instance_class]["memory_gib"] * 2**30)


def connections(instance_class: str, max_connections: float | None = None) -> int:
    """Return the connections that PostgreSQL leaves to applications on a class that is known.

    max_connections: the value of the parameter, where a parameter group states it. RDS
    computes it else from the memory that the operating system leaves, which AWS does not
    state: an observed value counts, else the least observed share.
    """
    rule = facts("instance_classes")["max_connections"]
    seen = rule["observed"].get(instance_class, {}).get("max_connections")
    computed = int(memory_bytes(instance_class) * rule["usable_share"] / rule["bytes_each"])
    most = max_connections or min(seen or computed, rule["most"])
    return int(most) - rule["reserved"]


def growth_gib(storage_gib: float) -> int:
    """Return the GiB by which MaxAllocatedStorage must exceed a storage that RDS shall grow.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
    """
    growth = facts("postgresql")["storage_autoscaling"]
    return max(growth["step_gib"], math.ceil(storage_gib * growth["step_percent"] / 100)) + 1


def window_minutes(window: str, *, weekly: bool = False) -> range:
    """Return the minutes of a window, from midnight or from Monday; none if it is malformed.

    window: hh:mm-hh:mm, or ddd:hh:mm-ddd:hh:mm in any case.
    """
    match = (WEEKLY if weekly else DAILY).fullmatch(window.lower().strip())
    if not match:
        return range(0)
    start, end = (
        (DAYS.index(day) if day else 0) * DAY_MINUTES + int(hour) * 60 + int(minute)
        for day, hour, minute in (match.groups()[:3], match.groups()[3:])
    )
    return range(start, start + (end - start) % (DAY_MINUTES * (7 if weekly else 1)))


def is_window(minutes: range) -> bool:
    """Whether RDS accepts the length of a window."""
    return SHORTEST_WINDOW_MINUTES <= len(minutes) <= DAY_MINUTES


def windows_overlap(backup: range, maintenance: range) -> bool:
    """Whether the windows share a minute of the day, which RDS rejects."""
    return bool({m % DAY_MINUTES for m in backup} & {m % DAY_MINUTES for m in maintenance})
