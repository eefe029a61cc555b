"""Write docs/reliability.md: a row for each fault, by the test that tries the fault."""

import fcntl
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.helpers import ROOT

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# Reliability

Each row is a fault, how often `make test-faults` tried it, and how that ended. The tests
write the rows, over an emulator of AWS and a real PostgreSQL 15; nothing ran on AWS.

In a row with `under load`, an operation runs while clients write rows and read them through
API Gateway, VPC link and load balancer, from tasks that are processes. `tried` counts their
requests. A lost write was answered with success, and the database does not have it afterwards:
a restore loses what is written between its moment and the first task on the new instance.
Waits of AWS pass 20 times faster here: until an alarm goes off, 20 times as many requests fail
on AWS at the same rate.

| fault | tried | how it ended | measured on |
| --- | ---: | --- | --- |
"""


def record(fault: str, tried: int, ended: str) -> None:
    """Replace the row of a fault; tests may do so at the same time."""
    with PAGE.open("a+", encoding="utf-8") as page:
        fcntl.flock(page, fcntl.LOCK_EX)
        page.seek(0)
        lines = page.read().splitlines()
        header = HEAD.splitlines()
        rows = [line for line in lines if line.startswith("| ") and line not in header]
        rows = [row for row in rows if not row.startswith(f"| {fault} |")]
        rows.append(f"| {fault} | {tried} | {ended} | {datetime.now(UTC):%Y-%m-%d} |")
        page.seek(0)
        page.truncate()
        page.write(HEAD + "".join(f"{row}\n" for row in sorted(rows)))


def record_marked(stats: Mapping[str, Sequence[Any]]) -> None:
    """Write a row for each fault that tests name with the mark `fault`, and how many tried it.

    stats: pytest's reports by outcome. The mark says how it ended where the tests pass.
    """
    tried: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for outcome in ("passed", "failed", "error"):
        for report in stats.get(outcome, ()):
            for fault, ended in _faults(report):
                tried[fault, ended] += report.when == "call" or outcome == "error"
                failed[fault, ended] += outcome != "passed"
    for (fault, ended), number in tried.items():
        but = failed[fault, ended]
        record(fault, number, f"{ended}, but not in {but}" if but else ended)


def _faults(report: Any) -> list[tuple[str, str]]:
    given = getattr(report, "user_properties", ())
    return [(*value,) for name, value in given if name == "fault"]
