"""A bill as text, Markdown and JSON, and the difference between two of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from reports.cost.bill import NOT_PRICED, OWN, Bill, Line, total
from reports.cost.drawing import drawing
from reports.cost.levers import Lever
from reports.prices.table import UNCERTAIN

STALE_DAYS = 400
WIDEST_LABEL = 64
MARKS = "~ price found once, computed or remembered   ! price older than 400 days"


def as_json(bill: Bill) -> str:
    """What programs read."""
    content = {
        "currency": "USD",
        "region": bill.region,
        "total_per_month": bill.total,
        "at_least": bill.at_least,
        "budget_per_month": bill.budget,
        "lines": [_fields(line) for line in bill.lines],
    }
    return json.dumps(content, indent=2)


def _fields(line: Line) -> dict[str, object]:
    fields = asdict(line)
    del fields["fix"]
    return fields


def marks(line: Line, today: date | None) -> str:
    """~ for a price found once, computed or remembered; ! for one that is old on a day.

    = is a price of the user's own, which has no date.
    """
    if line.confidence in (OWN, NOT_PRICED):
        return "=" if line.confidence == OWN else ""
    uncertain = "~" if line.confidence in UNCERTAIN else ""
    return uncertain + ("!" if today is not None and _old(line.price_date, today) else "")


def _old(read: str, today: date) -> bool:
    """Whether a price was read too long ago; one without a date counts as old."""
    try:
        day = date.fromisoformat((read + "-01-01")[:10])  # some sources name only a month
    except ValueError:
        return True
    return (today - day).days > STALE_DAYS


def month(line: Line) -> str:
    """What a line costs a month, or that it is not priced."""
    return f"{line.per_month:,.2f}" if line.is_priced else NOT_PRICED


def as_text(bill: Bill, levers: list[Lever], today: date | None) -> str:
    """What people read in a terminal."""
    head = f"{bill.environment}, {bill.region}, USD a month, without tax and free trials"
    if bill.no_prices:
        return f"{head}\n\n{bill.no_prices}"
    parts = [head, *_tiers(bill, today), f"\n{_totals(bill)}"]
    parts.append("\nThe drawing             claimed  computed")
    parts += [
        f"  {row.row:<50}{row.claimed:>8.2f}{row.computed:>10.2f}  {row.why}"
        for row in drawing(bill)
    ]
    parts.append(f"\nAssumed of a month: {_assumptions(bill)}")
    if levers:
        parts.append("\nOne choice changed")
        parts += [
            f"  {lever.difference:>+8.2f}  {lever.change}: {lever.meaning}" for lever in levers
        ]
    own = "   = your price, of [prices]" if bill.sum(confidence=OWN) else ""
    parts.append(f"\n{MARKS}{own}")
    return "\n".join(parts)


def _tiers(bill: Bill, today: date | None) -> Iterator[str]:
    """The lines tier by tier, in columns that fit what stands in them."""
    labels = [f"{line.resource} {line.item}" for line in bill.lines if not line.is_free]
    wide = max(map(len, labels), default=0)
    row = _Columns(min(wide, WIDEST_LABEL), max(map(len, map(month, bill.lines)), default=0))
    for tier in dict.fromkeys(line.tier for line in bill.lines):
        lines = [line for line in bill.lines if line.tier == tier]
        shared = ", shared by all environments" if any(line.shared for line in lines) else ""
        yield row.of(f"\n{tier}{shared}", f"{_sum(lines):,.2f}")
        for line in lines:
            if not line.is_free:
                yield row.of(
                    f"  {line.resource} {line.item}",
                    month(line),
                    f"{line.kind:<6}{marks(line, today):<3}{line.formula}",
                )
        free = dict.fromkeys(line.item for line in lines if line.is_free)
        if free:
            yield f"  free: {', '.join(free)}"


@dataclass(frozen=True)
class _Columns:
    """Columns of a bill: labels, amounts to the right, and the rest.

    A label that is too long has a row of its own: the amounts stay in their column.
    """

    label: int
    amount: int

    def of(self, label: str, amount: str, rest: str = "") -> str:
        """One row, or two where the label is too long."""
        width = self.label + 2
        space = len(label.lstrip("\n"))
        gap = " " * (width - space) if space <= width else f"\n{' ' * width}"
        return f"{label}{gap}  {amount:>{self.amount}}  {rest}".rstrip()


def _assumptions(bill: Bill) -> str:
    return ", ".join(f"{name} {value}" for name, value in bill.usage.items())


def _sum(lines: Iterable[Line]) -> float:
    return round(sum(line.per_month for line in lines), 2)


def _totals(bill: Bill) -> str:
    fixed, usage = bill.sum(kind="fixed"), bill.sum(kind="usage")
    budget = "none set" if bill.budget is None else f"{bill.budget:,.2f}"
    return (
        f"fixed {fixed:,.2f} + by use {usage:,.2f} = {total(bill)} "
        f"({bill.sum(shared=True):,.2f} of it shared); budget {budget}"
    )


def as_markdown(bill: Bill, levers: list[Lever], today: date | None) -> str:
    """The same for a page or a pull request."""
    if bill.no_prices:
        return f"## {bill.environment} ({bill.region})\n\n{bill.no_prices}"
    rows = [
        _cells(
            line.tier,
            line.resource,
            f"{line.item} {marks(line, today)}".strip(),
            line.formula,
            line.kind,
            month(line),
        )
        for line in bill.lines
    ]
    claims = [
        _cells(row.row, f"{row.claimed:.2f}", f"{row.computed:.2f}", row.why)
        for row in drawing(bill)
    ]
    choices = [
        _cells(f"{lever.difference:+.2f}", f"`{lever.change}`", lever.meaning)
        for lever in levers
    ]
    parts = [
        f"## {bill.environment}: {total(bill)} USD a month ({bill.region})",
        "",
        "| tier | resource | item | formula | kind | month |",
        "| --- | --- | --- | --- | --- | ---: |",
        *rows,
        "",
        _totals(bill),
        "",
        "| the drawing | claimed | computed | why |",
        "| --- | ---: | ---: | --- |",
        *claims,
    ]
    if choices:
        parts += ["", "| month | change | what it means |", "| ---: | --- | --- |", *choices]
    return "\n".join(parts)


def _cells(*texts: str) -> str:
    """A row of a Markdown table. A bar in a text would end its cell."""
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"


def difference(before: Bill, after: Bill) -> str:
    """What changed between two bills, as a Markdown table for a pull request."""
    if after.no_prices or before.no_prices:
        return f"**{after.environment}**: {after.no_prices or before.no_prices}"
    old = {(line.resource, line.item): line for line in before.lines}
    new = {(line.resource, line.item): line for line in after.lines}
    rows = [
        _difference_row(key, old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])
    ]
    found = [row for row in rows if row]
    if not found:
        return f"**{after.environment}**: {total(after)} USD a month, nothing changed"
    both = f"{total(before)} -> {total(after)} ({after.total - before.total:+,.2f})"
    head = [
        "| resource | item | before | after | difference |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    return "\n".join([f"**{after.environment}**: {both} USD a month", "", *head, *found])


def _difference_row(key: tuple[str, str], old: Line | None, new: Line | None) -> str:
    """The row of a line that costs another amount now, else nothing."""
    was, now = (month(line) if line else "0.00" for line in (old, new))
    if was == now:
        return ""
    change = (new.per_month if new else 0) - (old.per_month if old else 0)
    return _cells(*key, was, now, "" if NOT_PRICED in (was, now) else f"{change:+,.2f}")
