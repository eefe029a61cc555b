"""What a deployment changes in the bill of a month."""

from collections import defaultdict
from dataclasses import dataclass

from cfnlink.operations.environment import Environment
from cfnlink.system.folder import UnusableError, prices_folder
from cfnlink.system.resource import Body, System

MOST_CAUSES = 3
CENT = 2


@dataclass(frozen=True)
class PriceChange:
    """The month in USD before and after; unknown: why there is none.

    causes: what each resource that costs another amount adds, the greatest first. What the
    account has some of for free is one cause, since no resource owns the free units.
    budget: the month in USD that the settings allow.
    """

    before: float = 0
    after: float = 0
    at_least: bool = False
    causes: tuple[tuple[str, float], ...] = ()
    unknown: str = ""
    budget: float | None = None

    def words(self) -> str:
        """Return it as a line."""
        if self.unknown:
            return f"price: not known, {self.unknown}"
        least = "at least " if self.at_least else ""
        if not self.causes:
            return f"price: {least}{self.after:,.2f} USD a month, as before{self._over}"
        named = [f"{name} {amount:+,.2f}" for name, amount in self.causes[:MOST_CAUSES]]
        rest = self.causes[MOST_CAUSES:]
        if rest:
            others = sum(amount for _, amount in rest)
            named.append(f"{len(rest)} more {others:+,.2f}")
        return (
            f"price: {self.before:,.2f} -> {least}{self.after:,.2f} USD a month "
            f"({self.after - self.before:+,.2f}){self._over}: {', '.join(named)}"
        )

    @property
    def _over(self) -> str:
        """What follows a month above the budget."""
        if self.budget is None or self.after <= self.budget:
            return ""
        return f", above the budget of {self.budget:,.2f} USD"

    def as_result(self) -> Body:
        """Return it for `--json`."""
        return {
            "before": self.before,
            "after": self.after,
            "at_least": self.at_least,
            "causes": [{"resource": name, "change": amount} for name, amount in self.causes],
            "unknown": self.unknown or None,
            "budget": self.budget,
        }


def price_change(environment: Environment, before: System) -> PriceChange:
    """Return the difference between the bill of the deployed stacks and that of the folder.

    before: the deployed stacks, linked. Both bills assume the usage of the folder's manifest.
    """
    from cfnlink.cost.bill import bill  # noqa: PLC0415 (few commands need it)

    try:
        after = environment.bill
        was = bill(before, environment.folder.manifest, prices_folder(environment.folder.path))
    except UnusableError as error:  # of a price file of the user
        return PriceChange(unknown=str(error))
    if after.no_prices:
        return PriceChange(unknown=after.no_prices)
    amounts: dict[str, float] = defaultdict(float)
    for sign, found in ((-1, was), (1, after)):
        for line in found.lines:
            amounts[line.cause] += sign * line.per_month
    changed = [(name, round(amount, CENT)) for name, amount in amounts.items()]
    causes = sorted((each for each in changed if each[1]), key=lambda each: -abs(each[1]))
    return PriceChange(
        was.total, after.total, after.at_least, tuple(causes), budget=after.budget
    )
