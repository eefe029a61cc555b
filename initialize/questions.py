"""The questions of `make init` on a terminal; a wrong answer is asked again."""

from cfnlink.aws.limits import zones
from initialize.check import problems, unknown_zones
from initialize.draft import Draft
from initialize.variables import (
    DOMAIN,
    HOSTED_ZONE_ID,
    REGION,
    VARIABLES,
    ZONE,
    ZONES,
    Answers,
    Variable,
)

NONE = "-"  # the answer that leaves out what has a default


def ask(draft: Draft) -> dict[str, str]:
    """Ask for every variable that has a meaning after the answers before it."""
    answers: dict[str, str] = {}
    for variable in VARIABLES:
        if _has_a_meaning(variable, answers):
            answers[variable.name] = _answer(draft, variable, answers)
    return answers


def _has_a_meaning(variable: Variable, answers: Answers) -> bool:
    if variable is ZONES:
        return not zones(answers[REGION.name]).every
    return variable not in (DOMAIN, HOSTED_ZONE_ID) or bool(answers[ZONE.name])


def _answer(draft: Draft, variable: Variable, answers: Answers) -> str:
    """Ask until the answer is valid, and return it."""
    if variable is ZONES:
        print(unknown_zones(answers[REGION.name]))
    default = _default(draft, variable, answers)
    while True:
        text = input(_question(variable, default)).strip() or default
        text = "" if text == NONE else text
        wrong = [
            problem
            for problem in problems(draft, {**answers, variable.name: text})
            if problem.variable is variable
        ]
        if not wrong:
            return text
        print(*(f"  {problem.text}" for problem in wrong), sep="\n")


def _question(variable: Variable, default: str) -> str:
    if variable.is_required or variable is ZONES:
        return f"{variable.question}{f' [{default}]' if default else ''}: "
    none = f"{NONE} for none" if default else "none"
    return f"{variable.question} [{f'{default}; {none}' if default else none}]: "


def _default(draft: Draft, variable: Variable, answers: Answers) -> str:
    """Return the answer of an empty line: from the user's project, or the usual one."""
    if variable is DOMAIN:
        return f"api.{answers[ZONE.name]}"
    if variable is REGION or not draft.is_shipped:
        return draft.default(variable.key)
    return ""
