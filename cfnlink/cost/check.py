"""The faults and warnings of `--check`: exceeded budgets, and items that are not priced."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from cfnlink.cost.bill import Bill, Line, total
from cfnlink.next_command import cost
from cfnlink.system.folder import SETTINGS_FILE, settings_folder

Bills = Mapping[Path, Bill]
"""The bills of folders that are checked together."""


def faults(bills: Bills) -> Iterator[str]:
    """Return the faults of the bills, a line each with the fix."""
    for folder, bill in bills.items():
        if bill.budget is not None and bill.total > bill.budget:
            seen = f"; `{cost(folder)}` says what can be changed"
            yield (
                f"{_place(folder)}: monthly_budget_usd: the bill is {total(bill)}, above the "
                f"budget of {bill.budget:,.2f}{seen if settings_folder(folder) else ''}"
            )
    yield from not_priced(bills)


def not_priced(bills: Bills) -> Iterator[str]:
    """Return what has no price, a line for each reason with the fix."""
    places: dict[str, dict[str, None]] = {}
    resources: dict[str, dict[str, None]] = {}
    for folder, bill in bills.items():
        for line in bill.not_priced:
            said = f"not priced: {line.formula}; fix: {_fix(folder, line)}"
            places.setdefault(said, {})[_place(folder)] = None
            resources.setdefault(said, {})[line.resource] = None
    for said, named in resources.items():
        yield f"{', '.join(places[said])}: {', '.join(named)}: {said}"


def warnings(bills: Bills) -> Iterator[str]:
    """Return what cannot be checked, and the user's prices that nothing uses."""
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
    """Return the file in which an environment states its budget."""
    settings = settings_folder(folder)
    own = Path("environments") / f"{folder.resolve().name}.toml"
    if settings and (settings / own).is_file():
        return str(own)
    return str(folder / "manifest.json")


def _fix(folder: Path, line: Line) -> str:
    """Return the missing row if a row is enough, else a price of the user."""
    of_a_type = line.item == line.type
    key = f'"{line.type}"' if of_a_type else line.resource
    # Another environment has another resource, and its price, under the same id.
    file = SETTINGS_FILE if of_a_type else _place(folder)
    own = f"state its price in USD a month in {file}: [prices] {key} = 0.00"
    if settings_folder(folder) is None:
        shown = key.strip('"')
        own = f'state its price in USD a month in manifest.json: "prices": {{"{shown}": 0.00}}'
    return f"{line.fix}, or {own}" if line.fix else own
