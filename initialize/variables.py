"""The variables of `make init`, and the setting of each one."""

from collections.abc import Mapping
from dataclasses import dataclass

from cfnlink.operations.next_command import make_line, python_line, started_by_make

Answers = Mapping[str, str]
"""The text of each variable that was given; an empty text says that there is none."""


@dataclass(frozen=True)
class Variable:
    """A variable of `make init`, and an option of `python init.py`."""

    name: str
    key: str
    """The setting."""
    question: str
    is_required: bool = False
    file: str = "project.toml"
    """The settings files that state the setting: this one, or those of a folder."""

    @property
    def flag(self) -> str:
        """Return the option of `python init.py`."""
        return f"--{self.name.lower().replace('_', '-')}"

    @property
    def shown(self) -> str:
        """Return what a user types: a variable of make, or an option."""
        return self.name if started_by_make() else self.flag


PROJECT = Variable("PROJECT", "project", "Name of the project", is_required=True)
REGION = Variable("REGION", "region", "Region of AWS", is_required=True)
ZONES = Variable("ZONES", "network.zones", "Two availability zones by id")
ZONE = Variable("ZONE", "account.hosted_zone", "Hosted zone at Route 53 for the API's domains")
DOMAIN = Variable(
    "DOMAIN", "dns.domain", "Domain of the API in production", file="environments/"
)
HOSTED_ZONE_ID = Variable(
    "HOSTED_ZONE_ID",
    "account.hosted_zone_id",
    "Id of that zone where it exists; without it, the account stack creates the zone",
)
ALARM_EMAIL = Variable("ALARM_EMAIL", "monitoring.alarm_email", "Address that receives alarms")
BUDGET = Variable("BUDGET", "monthly_budget_usd", "Budget of each environment in USD a month")
VARIABLES = (PROJECT, REGION, ZONES, ZONE, DOMAIN, HOSTED_ZONE_ID, ALARM_EMAIL, BUDGET)
EXAMPLE_ANSWERS = {
    PROJECT.name: "acme",
    REGION.name: "eu-central-1",
    ZONE.name: "acme.example",
    DOMAIN.name: "api.acme.example",
}


PLACEHOLDERS = {**EXAMPLE_ANSWERS, ZONES.name: "ID ID"}


def command(answers: Answers, settings: str = "", *, force: bool = False) -> str:
    """Return the command with these answers.

    settings: the settings folder as it was typed; empty for the folder of the tool.
    """
    given = {
        variable: answers[variable.name] for variable in VARIABLES if variable.name in answers
    }
    if not started_by_make():
        words = [f"{variable.flag}={value}" for variable, value in given.items()]
        words += [f"--settings={settings}"] * bool(settings) + ["--force"] * force
        return python_line("init.py", *words)
    named = {variable.name: value for variable, value in given.items()}
    return make_line("init", settings, {**named, **({"FORCE": "1"} if force else {})})
