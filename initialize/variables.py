"""The variables of `make init`, and the setting of each one."""

from collections.abc import Mapping
from dataclasses import dataclass

from cfnlink import commands
from cfnlink.commands import Option, started_by_make
from cfnlink.next_command import make_line, program_line

Answers = Mapping[str, str]
"""The text of each variable that was given; an empty text says that there is none."""


@dataclass(frozen=True)
class Variable:
    """A variable of `make init`, its option of `cfnlink init`, and the setting."""

    option: Option
    key: str
    """The setting."""
    is_required: bool = False
    file: str = "project.toml"
    """The settings files that state the setting: this one, or those of a folder."""

    @property
    def name(self) -> str:
        """Return the variable of make."""
        return self.option.variable

    @property
    def question(self) -> str:
        """Return what `make init` asks."""
        return self.option.question

    @property
    def shown(self) -> str:
        """Return what a user types: a variable of make, or an option."""
        return self.name if started_by_make() else self.option.flag


PROJECT = Variable(commands.PROJECT, "project", is_required=True)
REGION = Variable(commands.INIT_REGION, "region", is_required=True)
ZONES = Variable(commands.ZONES, "network.zones")
ZONE = Variable(commands.ZONE, "account.hosted_zone")
DOMAIN = Variable(commands.DOMAIN, "dns.domain", file="environments/")
HOSTED_ZONE_ID = Variable(commands.HOSTED_ZONE_ID, "account.hosted_zone_id")
ALARM_EMAIL = Variable(commands.ALARM_EMAIL, "monitoring.alarm_email")
BUDGET = Variable(commands.BUDGET, "monthly_budget_usd")
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
        words = [f"{variable.option.flag}={value}" for variable, value in given.items()]
        words += [f"--settings={settings}"] * bool(settings) + ["--force"] * force
        return program_line("init", *words)
    named = {variable.name: value for variable, value in given.items()}
    return make_line("init", settings, {**named, **({"FORCE": "1"} if force else {})})
