"""Print what an environment costs: `cfnlink cost FOLDER ...`."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from cfnlink.clone import load
from cfnlink.cost.alternative import Alternative
from cfnlink.cost.bill import Bill, bill, bill_of
from cfnlink.cost.check import faults, not_priced, warnings
from cfnlink.cost.claimed_costs import compare
from cfnlink.cost.output import as_json, as_markdown, as_text, difference
from cfnlink.system.folder import Folder, prices_folder, read
from cfnlink.system.link import link
from cfnlink.system.revision import at_revision


def run(options: SimpleNamespace) -> int:
    """Print the bill of each folder, or check it, or compare it. Raises UnusableError."""
    folders = [read(path) for path in options.folder]
    if options.check:
        return _check(folders)
    for folder in folders:
        found = bill_of(folder)
        if options.base:
            print(_compare(options.base, folder.path, found))
        else:
            print(_printed(options, folder.path, found))
            for line in not_priced({folder.path: found}):
                print(line, file=sys.stderr)
    return 0


def _printed(options: SimpleNamespace, folder: Path, found: Bill) -> str:
    """Return the bill in the requested form, with the requested additions."""
    comparison = compare(found) if options.estimate and not found.no_prices else None
    if options.format == "json":
        if found.no_prices:
            print(found.no_prices, file=sys.stderr)
        return as_json(found, comparison)
    write = as_markdown if options.format == "markdown" else as_text
    wanted = options.alternatives and not found.no_prices
    others = _alternatives(folder) if wanted else []
    return write(found, options.today, others, comparison)


def _alternatives(folder: Path) -> list[Alternative]:
    """Return the costs of other choices, which the clone of the generator knows."""
    found: list[Alternative] = load("templates.alternatives").of_folder(folder)
    return found


def _check(folders: list[Folder]) -> int:
    """Print bills above their budget and items that are not priced.

    A region without prices is a warning: its budgets cannot be checked.
    """
    bills = {folder.path: bill_of(folder) for folder in folders}
    found = list(faults(bills))
    for line in [*dict.fromkeys(warnings(bills)), *found]:
        print(line, file=sys.stderr)
    return int(bool(found))


def _compare(revision: str, folder: Path, after: Bill) -> str:
    """Return the difference to the same folder at a git revision. Raises UnusableError."""
    with at_revision(folder, revision) as copied:
        if not (copied / "manifest.json").exists():  # the environment is new
            return difference(replace(after, lines=()), after)
        before = read(copied)
        system = link(before.stacks(), before.known)
        return difference(bill(system, before.manifest, prices_folder(folder)), after)
