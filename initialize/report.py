"""The output of `make init`: the choices, their costs, and the next step."""

from pathlib import Path

from cfnlink.aws.limits import zones
from cfnlink.cost.bill import bill_of, total
from cfnlink.next_command import check
from cfnlink.system.folder import read
from initialize.draft import Draft, chosen_zones
from initialize.variables import PROJECT, REGION, Answers


def say_choices(draft: Draft, answers: Answers) -> None:
    """Print the settings, derived answers included."""
    region, chosen = answers[REGION.name], chosen_zones(answers)
    print(f"{answers[PROJECT.name]} in {region}, in the zones {' and '.join(chosen)}")
    if not zones(region).is_verified:
        print(f"  not verified: AWS's table of VPC links does not name {region}")
    for environment, domain in draft.domains(answers).items():
        print(f"  {environment}: {domain or 'no domain'}")


def say_bills(folder: Path, draft: Draft) -> None:
    """Print the monthly cost of each environment."""
    bills = [
        bill_of(read(folder / "output" / environment)) for environment in draft.environments
    ]
    for line in dict.fromkeys(
        bill.no_prices or f"{bill.environment}: {total(bill)} USD a month" for bill in bills
    ):
        print(line)


def say_next(folder: Path) -> None:
    """Print the next step."""
    print(f"next: {check(folder)}")
