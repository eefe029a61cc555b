"""What an environment costs: `python -m reports.cost FOLDER ...`.

Exit status: 0 said, 1 above the budget (with --check), 2 unusable input or no price.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from checks.folder import UnusableError, read, settings_folder
from checks.link import link
from checks.revision import at_revision
from reports.cost.bill import Bill, bill, bill_of
from reports.cost.levers import Lever, levers, settings_of
from reports.cost.meters import UnbillableError
from reports.cost.output import as_json, as_markdown, as_text, difference
from reports.prices.table import PriceError


def main(arguments: list[str] | None = None) -> int:
    """Print the bill of each folder, or check it, or compare it."""
    parser = argparse.ArgumentParser(prog="python -m reports.cost", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--format", choices=["text", "markdown", "json"], default="text")
    parser.add_argument("--levers", action="store_true", help="rebuild with one choice changed")
    parser.add_argument("--today", type=date.fromisoformat, help="mark prices old on this day")
    parser.add_argument("--base", help="a git revision: print the difference as Markdown")
    parser.add_argument("--check", action="store_true", help="say only what exceeds its budget")
    options = parser.parse_args(arguments)
    try:
        bills = [(folder, bill_of(read(folder))) for folder in options.folder]
        if options.check:
            return _check([bill for _, bill in bills])
        for folder, bill in bills:
            if options.base:
                print(_compare(options.base, folder, bill))
            else:
                print(_printed(options, bill, _levers(folder) if options.levers else []))
    except (UnusableError, UnbillableError, PriceError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _printed(options: argparse.Namespace, bill: Bill, found: list[Lever]) -> str:
    if options.format == "json":
        return as_json(bill)
    write = as_markdown if options.format == "markdown" else as_text
    return write(bill, found, options.today)


def _levers(folder: Path) -> list[Lever]:
    settings = settings_of(folder)
    return levers(settings, settings_folder(folder)) if settings else []


def _check(bills: list[Bill]) -> int:
    """Say which bills exceed the budget in their settings."""
    above = [each for each in bills if each.budget is not None and each.total > each.budget]
    for each in above:
        print(
            f"environments/{each.environment}.toml: monthly_budget_usd: the bill is "
            f"{each.total:.2f}, above the budget of {each.budget:.2f}; "
            f"see `make cost ENV={each.environment}` for what can be changed",
            file=sys.stderr,
        )
    return int(bool(above))


def _compare(revision: str, folder: Path, after: Bill) -> str:
    """The difference to the same folder at a git revision. Raises UnusableError."""
    with at_revision(folder, revision) as copied:
        before = read(copied)
        system = link(before.stacks())
        return difference(bill(system, before.manifest, settings_folder(folder)), after)


if __name__ == "__main__":
    sys.exit(main())
