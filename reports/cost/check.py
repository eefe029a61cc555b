"""What `--check` says of bills: budgets that are exceeded, and what is not priced."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from checks.folder import SETTINGS_FILE, settings_folder
from operations.next_command import cost
from reports.cost.bill import Bill, Line, total


def faults(folder: Path, bill: Bill) -> Iterator[str]:
    """What a folder's bill must not have, in a line each that names the fix."""
    place = _place(folder)
    if bill.budget is not None and bill.total > bill.budget:
        seen = f"; `{cost(folder)}` says what can be changed"
        yield (
            f"{place}: monthly_budget_usd: the bill is {total(bill)}, above the budget of "
            f"{bill.budget:,.2f}{seen if settings_folder(folder) else ''}"
        )
    for line in bill.not_priced:
        why, fix = line.formula, _fix(folder, line)
        yield f"{place}: {line.resource} is not priced: {why}; fix: {fix}"


def warnings(bills: Mapping[Path, Bill]) -> Iterator[str]:
    """What cannot be checked, and prices of the user's own that nothing uses."""
    for folder, bill in bills.items():
        if bill.no_prices and bill.budget is not None:
            place = f"{_place(folder)}: monthly_budget_usd"
            yield f"{place}: warning: not checked, {bill.no_prices}"
        elif bill.no_prices:
            yield f"warning: {bill.no_prices}"
    priced = [bill for bill in bills.values() if not bill.no_prices]
    for key in dict.fromkeys(key for bill in priced for key in bill.unused):
        if all(key in bill.unused for bill in priced):
            expected = (
                "a type of these stacks, or an id of system.yaml such as DatabaseInstance"
            )
            yield f"prices: warning: no resource is {key}; expected {expected}"


def _place(folder: Path) -> str:
    """The file in which an environment states its budget."""
    settings = settings_folder(folder)
    own = Path("environments") / f"{folder.resolve().name}.toml"
    if settings and (settings / own).is_file():
        return str(own)
    return str(folder / "manifest.json")


def _fix(folder: Path, line: Line) -> str:
    """The row that is missing, where a row is enough, or else a price of the user's own."""
    key = f'"{line.type}"' if line.item == line.type else line.resource
    own = f"state its price in USD a month in {SETTINGS_FILE}: [prices] {key} = 0.00"
    if settings_folder(folder) is None:
        shown = key.strip('"')
        own = f'state its price in USD a month in manifest.json: "prices": {{"{shown}": 0.00}}'
    return f"{line.fix}, or {own}" if line.fix else own
