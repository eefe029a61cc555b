"""Write a bill as text, Markdown and JSON, and the difference between two bills."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import fill
from typing import TYPE_CHECKING, Any

from cfnlink.cost.bill import NOT_PRICED, OWN, Bill, Line, UsedAllowance, total
from cfnlink.cost.claimed_costs import ESTIMATE, HOLDS, LEFT_OUT, ClaimedCost, Comparison
from cfnlink.prices.table import UNCERTAIN

if TYPE_CHECKING:  # it builds, and an ordinary bill does not
    from cfnlink.cost.alternative import Alternative

STALE_DAYS = 400
WIDEST_LABEL = 64
MARKS = "~ price found once, computed or remembered   ! price older than 400 days"


def as_json(bill: Bill, comparison: Comparison | None = None) -> str:
    """Return JSON for programs, with the comparison with the estimate only if requested."""
    content: dict[str, Any] = {
        "currency": "USD",
        "region": bill.region,
        "total_per_month": bill.total,
        "at_least": bill.at_least,
        "budget_per_month": bill.budget,
        "account_allowances": [_allowance(each) for each in bill.allowances],
        "lines": [_fields(line) for line in bill.lines],
        "after_destroy": [_fields(line) for line in bill.remaining],
    }
    if comparison:
        content["estimate"] = asdict(comparison)
    return json.dumps(content, indent=2)


def _allowance(used: UsedAllowance) -> dict[str, object]:
    return {**asdict(used.allowance), "used": used.used, "saved_per_month": used.saved}


def _fields(line: Line) -> dict[str, object]:
    fields = asdict(line)
    del fields["fix"], fields["setting"]
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
    """Whether a price was read too long ago; a price without a date counts as old."""
    try:
        day = date.fromisoformat((read + "-01-01")[:10])  # some sources name only a month
    except ValueError:
        return True
    return (today - day).days > STALE_DAYS


def month(line: Line) -> str:
    """Return what a line costs a month, or that it is not priced."""
    return f"{line.per_month:,.2f}" if line.is_priced else NOT_PRICED


def as_text(
    bill: Bill,
    today: date | None = None,
    alternatives: Sequence["Alternative"] = (),
    comparison: Comparison | None = None,
) -> str:
    """Return text for a terminal. `today` marks the prices that are old on that day."""
    head = f"{bill.environment}, {bill.region}, USD a month, without tax and free trials"
    if bill.no_prices:
        return f"{head}\n\n{bill.no_prices}"
    parts = [head, *_tiers(bill, today), f"\n{_totals(bill)}"]
    parts += [f"\n{text}" for text in (allowances_said(bill),) if text]
    parts.append(f"\nAssumed of a month: {_assumptions(bill)}")
    parts += _remaining(bill, today)
    parts += _estimate(comparison) if comparison else ()
    if alternatives:
        parts.append("\nOne choice changed")
    for each in alternatives:
        parts.append(f"  {_change(each):>{len(NOT_PRICED)}}  {each.change}: {each.meaning}")
    own = "   = your price, of [prices]" if bill.has_own_prices else ""
    parts.append(f"\n{MARKS}{own}")
    return "\n".join(parts)


def _tiers(bill: Bill, today: date | None) -> Iterator[str]:
    """Return the lines tier by tier, in columns that fit their content."""
    labels = [f"{line.resource} {line.item}" for line in bill.lines if not line.is_free]
    wide = max(map(len, labels), default=0)
    row = _Columns(min(wide, WIDEST_LABEL), max(map(len, map(month, bill.lines)), default=0))
    for tier, lines in bill.by_tier.items():
        shared = ", shared by all environments" if any(line.shared for line in lines) else ""
        yield row.of(f"\n{tier}{shared}", f"{_sum(lines):,.2f}")
        for line in lines:
            if not line.is_free:
                yield row.of(
                    f"  {line.resource} {line.item}",
                    month(line),
                    f"{line.kind:<6}{marks(line, today):<3}{line.formula}",
                )
        for word, items in without_charge(lines).items():
            yield f"  {word}: {', '.join(items)}"


def _remaining(bill: Bill, today: date | None) -> Iterator[str]:
    """Return what still costs after a destroy, in columns."""
    if not bill.remaining:
        return
    labels = [f"{line.resource} {line.item}" for line in bill.remaining]
    row = _Columns(min(max(map(len, labels)), WIDEST_LABEL), len(NOT_PRICED))
    yield row.of("\nAfter destroy, until you delete it", f"{_sum(bill.remaining):,.2f}")
    for label, line in zip(labels, bill.remaining, strict=True):
        yield row.of(f"  {label}", month(line), f"{marks(line, today):<3}{line.formula}")


def without_charge(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Return the items that add nothing, by reason: free, too little for the bill to show, or
    no usage is assumed, with the setting that assumes it."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.is_free:
            why = "under 0.01" if line.is_rounded else "free"
            items = found.setdefault("not used" if line.is_unused else why, [])
            by = f" (usage.{line.setting})" if line.is_unused and line.setting else ""
            if line.item + by not in items:
                items.append(line.item + by)
    return found


@dataclass(frozen=True)
class _Columns:
    """Columns of a bill: labels, amounts to the right, and the rest.

    A label that is too long has a row of its own: the amounts stay in their column.
    """

    label: int
    amount: int

    def of(self, label: str, amount: str, rest: str = "") -> str:
        """Return one row, or two if the label is too long."""
        width = self.label + 2
        space = len(label.lstrip("\n"))
        gap = " " * (width - space) if space <= width else f"\n{' ' * width}"
        return f"{label}{gap}  {amount:>{self.amount}}  {rest}".rstrip()


def _estimate(comparison: Comparison) -> Iterator[str]:
    """Return the estimate in columns; the rows add up to the total below them."""
    yield f"\n{fill(ESTIMATE, 96, break_on_hyphens=False)}\n"
    wide = max(len(row.name) for row in comparison.rows)
    claimed = f"{comparison.claimed:,.2f}"
    shape = f"  {{:<{wide}}}  {{:>8}}  {{:>10}}  {{}}"
    yield shape.format("", "estimate", "computed", "").rstrip()
    for row in comparison.rows:
        yield shape.format(*_estimate_row(row))
    yield shape.format(
        "together", claimed, f"{comparison.computed:,.2f}", _judgement(comparison)
    )
    if comparison.bill != comparison.computed:
        own = "the bill, with the term and the requests of this environment"
        yield shape.format("", "", f"{comparison.bill:,.2f}", own)


def _judgement(comparison: Comparison) -> str:
    """What the sums say: the estimate leaves out what its own rows do not name."""
    if comparison.verdict == HOLDS:
        return comparison.verdict
    left_out = sum(row.computed for row in comparison.rows if row.verdict == LEFT_OUT)
    return f"{comparison.verdict}: {left_out:,.2f} of it was left out"


def _change(alternative: "Alternative") -> str:
    """Return what an alternative saves or costs, with its sign."""
    known = alternative.difference is not None
    return f"{alternative.difference:+,.2f}" if known else NOT_PRICED


def _assumptions(bill: Bill) -> str:
    return ", ".join(f"{name} {assumed(value)}" for name, value in bill.usage.items())


def assumed(value: Any) -> str:
    """Return a usage assumption as text; the bill computes what is left out."""
    if value is None:
        return "from the templates"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sum(lines: Iterable[Line]) -> float:
    return round(sum(line.per_month for line in lines), 2)


def _totals(bill: Bill) -> str:
    fixed, usage = bill.sum(kind="fixed"), bill.sum(kind="usage")
    budget = "none set" if bill.budget is None else f"{bill.budget:,.2f}"
    return (
        f"fixed {fixed:,.2f} + by use {usage:,.2f} = {total(bill)} "
        f"({bill.sum(shared=True):,.2f} of it shared); budget {budget}"
    )


def allowances_said(bill: Bill) -> str:
    """What the account has free and this bill uses, in a sentence; empty without any."""
    used = bill.allowances
    if not used:
        return ""
    named = [
        f"{each.used:.4g} of {each.allowance.amount:g} {each.allowance.name}" for each in used
    ]
    saved = round(sum(each.saved for each in used), 2)
    return (
        f"Free each month for the account, all its environments together: {', '.join(named)}. "
        f"If other environments use them, this one costs up to {saved:,.2f} more."
    )


def remaining_said(bill: Bill) -> str:
    """What goes on costing after a destroy, in a sentence; empty without any."""
    if not bill.remaining:
        return ""
    named = [f"{line.resource} {line.item} {month(line)}" for line in bill.remaining]
    total = f"{_sum(bill.remaining):,.2f}"
    return f"After destroy, until you delete it, a month costs {total}: {', '.join(named)}."


def as_markdown(
    bill: Bill,
    today: date | None = None,
    alternatives: Sequence["Alternative"] = (),
    comparison: Comparison | None = None,
) -> str:
    """Return the bill as Markdown for a page or a pull request."""
    if bill.no_prices:
        return f"## {bill.environment} ({bill.region})\n\n{bill.no_prices}"
    parts = [
        f"## {bill.environment}: {total(bill)} USD a month ({bill.region})",
        "",
        "| tier | resource | item | formula | kind | month |",
        "| --- | --- | --- | --- | --- | ---: |",
        *(_bill_row(line, today) for line in bill.lines),
        "",
        _totals(bill),
        *(f"\n{text}" for text in (allowances_said(bill), remaining_said(bill)) if text),
        *(_estimate_table(comparison) if comparison else ()),
    ]
    if alternatives:
        parts += ["", "| month | change | what it means |", "| ---: | --- | --- |"]
    for each in alternatives:
        parts.append(_cells(_change(each), f"`{each.change}`", each.meaning))
    return "\n".join(parts)


def _bill_row(line: Line, today: date | None) -> str:
    item = f"{line.item} {marks(line, today)}".strip()
    return _cells(line.tier, line.resource, item, line.formula, line.kind, month(line))


def _estimate_table(comparison: Comparison) -> Iterator[str]:
    yield from ("", ESTIMATE, "", "| | estimate | computed | |", "| --- | ---: | ---: | --- |")
    for row in comparison.rows:
        yield _cells(*_estimate_row(row))
    claimed, computed = f"{comparison.claimed:,.2f}", f"{comparison.computed:,.2f}"
    yield _cells("together", claimed, computed, _judgement(comparison))


def _estimate_row(row: ClaimedCost) -> tuple[str, str, str, str]:
    """Return a row of the estimate: name, estimate, computed, and what is to say of them."""
    said = f"{row.claimed:,.2f}" if row.claimed else ""
    why = f"{row.verdict}: {row.why}" if row.why else row.verdict
    return row.name, said, f"{row.computed:,.2f}", why


def _cells(*texts: str) -> str:
    """Return a row of a Markdown table; a bar in a text would end its cell."""
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"


def difference(before: Bill, after: Bill) -> str:
    """Return the changes between two bills, as a Markdown table for a pull request."""
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
    """Return the row of a line with a changed amount, else nothing."""
    was, now = (month(line) if line else "0.00" for line in (old, new))
    if was == now:
        return ""
    change = (new.per_month if new else 0) - (old.per_month if old else 0)
    return _cells(*key, was, now, "" if NOT_PRICED in (was, now) else f"{change:+,.2f}")
