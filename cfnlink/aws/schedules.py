"""Schedule expressions of EventBridge Scheduler: cron() and rate().

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MINUTES_OF = {"minute": 1, "hour": 60, "day": 1440}
RATE = re.compile(r"rate\((\d+) +(minute|hour|day)(s?)\)")
CRON = re.compile(r"cron\((.*)\)")
FORM = (
    "cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days, "
    "such as cron(0 3 * * ? *), or rate(15 minutes)"
)
MONTHS_A_YEAR, DAYS_A_WEEK = 12, 7


class Field(NamedTuple):
    """A field of a cron expression: what it is called, its numbers, its names."""

    name: str
    numbers: range
    names: tuple[str, ...] = ()
    special: str = ""
    """A pattern of what else it takes."""

    def values(self, text: str) -> set[int] | None:
        """Return the numbers that a text of the field stands for; None if it is wrong."""
        found: set[int] = set()
        for part in text.split(","):
            first, slash, step = part.partition("/")
            ends = [*self.numbers] if first == "*" else self._ends(first)
            if not ends or (slash and not (step.isdigit() and int(step))):
                return None
            last = self.numbers[-1] if slash and "-" not in first else ends[-1]
            found |= {*range(ends[0], last + 1, int(step) if slash else 1)}
        return found

    def _ends(self, text: str) -> list[int]:
        """Return the first and the last number of a value or a range; empty if it is wrong."""
        if self.special and re.fullmatch(self.special, text):
            return [self.numbers[0]]  # one day of the month or the week, whichever it is
        ends = [self._number(end) for end in text.split("-", 1)]
        numbers = [end for end in ends if end is not None]
        return numbers if len(numbers) == len(ends) and numbers[0] <= numbers[-1] else []

    def _number(self, text: str) -> int | None:
        if text in self.names:
            return self.numbers[self.names.index(text)]
        return int(text) if text.isdigit() and int(text) in self.numbers else None


FIELDS = (
    Field("minute", range(60)),
    Field("hour", range(24)),
    Field("day of the month", range(1, 32), special=r"L|LW|([1-9]|[12]\d|3[01])W"),
    Field("month", range(1, 13), MONTHS),
    Field("day of the week", range(1, 8), DAYS, rf"L|([1-7]|{'|'.join(DAYS)})(L|#[1-5])"),
    Field("year", range(1970, 2200)),
)
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4


class ScheduleFault(NamedTuple):
    """What is wrong with a schedule, and what is right."""

    wrong: str
    expected: str


def schedule_fault(expression: str) -> ScheduleFault | None:
    """Return why Scheduler refuses a recurring schedule; None if it does not."""
    refused = f"Scheduler does not take {expression}"
    if rate := RATE.fullmatch(expression):
        is_one = int(rate[1]) == 1
        if not int(rate[1]) or is_one == bool(rate[3]):
            return ScheduleFault(refused, f"1 {rate[2]}, or 2 {rate[2]}s and more")
        return None
    texts = _texts(expression)
    if len(texts) != len(FIELDS):
        return ScheduleFault(refused, FORM)
    if [texts[DAY_OF_MONTH], texts[DAY_OF_WEEK]].count("?") != 1:
        one = "? for the day of the month or for the day of the week, not for both"
        return ScheduleFault(refused, one)
    return next(_wrong_fields(texts), None)


def _texts(expression: str) -> list[str]:
    """Return the fields of a cron expression; none if it is another."""
    cron = CRON.fullmatch(expression)
    return cron[1].split() if cron else []


def _wrong_fields(texts: list[str]) -> Iterator[ScheduleFault]:
    for text, field in zip(texts, FIELDS, strict=True):
        if text != "?" and field.values(text) is None:
            names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
            numbers = f"{field.numbers[0]} to {field.numbers[-1]}"
            yield ScheduleFault(f"{text} is no {field.name}", f"{numbers}{names}")


def runs_a_month(expression: str, hours: float) -> float | None:
    """Return how often a schedule starts in a month of some hours; None if it is wrong."""
    if schedule_fault(expression):
        return None
    if rate := RATE.fullmatch(expression):
        return hours * 60 / (int(rate[1]) * MINUTES_OF[rate[2]])
    texts = _texts(expression)
    minutes, day_hours, days, months, weekdays, _ = (
        len(field.values(text) or ()) for text, field in zip(texts, FIELDS, strict=True)
    )
    a_month = hours / 24
    if texts[DAY_OF_WEEK] != "?":
        once = "#" in texts[DAY_OF_WEEK] or texts[DAY_OF_WEEK].endswith("L")
        dates = weekdays if once else a_month * weekdays / DAYS_A_WEEK
    else:
        dates = a_month if texts[DAY_OF_MONTH] == "*" else min(days, a_month)
    return minutes * day_hours * dates * months / MONTHS_A_YEAR
