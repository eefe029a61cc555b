"""A bill as text, Markdown and JSON, and the difference between two of them."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from reports.cost.bill import Bill, Line
from reports.cost.drawing import drawing
from reports.cost.levers import Lever
from reports.prices.table import UNCERTAIN

STALE_DAYS = 400


def as_json(bill: Bill) -> str:
    """What programs read."""
    content = {
        "currency": "USD",
        "region": bill.region,
        "total_per_month": bill.total,
        "budget_per_month": bill.budget,
        "lines": [asdict(line) for line in bill.lines],
        "drawing": [asdict(row) for row in drawing(bill)],
    }
    return json.dumps(content, indent=2)


def marks(line: Line, today: date | None) -> str:
    """~ for a price found once, computed or remembered; ! for one that is old on a day."""
    uncertain = "~" if line.confidence in UNCERTAIN else ""
    return uncertain + ("!" if today is not None and _old(line.price_date, today) else "")


def _old(read: str, today: date) -> bool:
    """Whether a price was read too long ago; of one without a date it must be feared."""
    try:
        day = date.fromisoformat((read + "-01-01")[:10])  # some sources name only a month
    except ValueError:
        return True
    return (today - day).days > STALE_DAYS


def as_text(bill: Bill, levers: list[Lever], today: date | None) -> str:
    """What people read in a terminal."""
    parts = [f"{bill.environment}, {bill.region}, USD a month, without tax and free trials"]
    for tier in dict.fromkeys(line.tier for line in bill.lines):
        lines = [line for line in bill.lines if line.tier == tier]
        shared = ", shared by all environments" if any(line.shared for line in lines) else ""
        parts.append(f"\n{tier}{shared}{_sum(lines):>{_right(tier + shared)}.2f}")
        parts += [
            f"  {line.resource + ' ' + line.item:<52}{line.per_month:>8.2f}"
            f"  {line.kind:<6}{marks(line, today):<3}{line.formula}"
            for line in lines
            if line.per_month
        ]
        free = [line.item for line in lines if not line.per_month]
        if free:
            parts.append(f"  free: {', '.join(dict.fromkeys(free))}")
    parts.append(_totals(bill))
    parts.append("\nThe drawing             claimed  computed")
    parts += [
        f"  {row.row:<50}{row.claimed:>8.2f}{row.computed:>10.2f}  {row.why}"
        for row in drawing(bill)
    ]
    parts.append(
        "\nAssumed of a month: " + ", ".join(f"{k} {v}" for k, v in bill.usage.items())
    )
    if levers:
        parts.append("\nOne choice changed")
        parts += [
            f"  {lever.difference:>+8.2f}  {lever.change}: {lever.meaning}" for lever in levers
        ]
    parts.append("\n~ price found once, computed or remembered   ! price older than 400 days")
    return "\n".join(parts)


def _right(head: str) -> int:
    return max(62 - len(head), 8)


def _sum(lines: Iterable[Line]) -> float:
    return round(sum(line.per_month for line in lines), 2)


def _totals(bill: Bill) -> str:
    fixed, usage = bill.sum(kind="fixed"), bill.sum(kind="usage")
    budget = "none set" if bill.budget is None else f"{bill.budget:.2f}"
    return (
        f"\nfixed {fixed:.2f} + by use {usage:.2f} = {bill.total:.2f} "
        f"({bill.sum(shared=True):.2f} of it shared); budget {budget}"
    )


def as_markdown(bill: Bill, levers: list[Lever], today: date | None) -> str:
    """The same for a page or a pull request."""
    rows = [
        f"| {line.tier} | {line.resource} | {line.item} {marks(line, today)} "
        f"| {line.formula} | {line.kind} | {line.per_month:.2f} |"
        for line in bill.lines
    ]
    claims = [
        f"| {row.row} | {row.claimed:.2f} | {row.computed:.2f} | {row.why} |"
        for row in drawing(bill)
    ]
    choices = [
        f"| {lever.difference:+.2f} | `{lever.change}` | {lever.meaning} |" for lever in levers
    ]
    return "\n".join(
        [
            f"## {bill.environment}: {bill.total:.2f} USD a month ({bill.region})",
            "",
            "| tier | resource | item | formula | kind | month |",
            "| --- | --- | --- | --- | --- | ---: |",
            *rows,
            _totals(bill),
            "",
            "| the drawing | claimed | computed | why |",
            "| --- | ---: | ---: | --- |",
            *claims,
            *(
                ["", "| month | change | what it means |", "| ---: | --- | --- |"]
                if choices
                else []
            ),
            *choices,
        ]
    )


def difference(before: Bill, after: Bill) -> str:
    """What changed between two bills, as a Markdown table for a pull request."""
    old = {(line.resource, line.item): line.per_month for line in before.lines}
    new = {(line.resource, line.item): line.per_month for line in after.lines}
    rows = [
        f"| {key[0]} | {key[1]} | {old.get(key, 0):.2f} | {new.get(key, 0):.2f} "
        f"| {new.get(key, 0) - old.get(key, 0):+.2f} |"
        for key in dict.fromkeys([*old, *new])
        if old.get(key, 0) != new.get(key, 0)
    ]
    total = f"{before.total:.2f} -> {after.total:.2f} ({after.total - before.total:+.2f})"
    if not rows:
        return f"**{after.environment}**: {after.total:.2f} USD a month, nothing changed"
    head = [
        "| resource | item | before | after | difference |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    return "\n".join([f"**{after.environment}**: {total} USD a month", "", *head, *rows])
