"""Find wrong and missing answers with the settings' own checks."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cfnlink.aws.limits import regions, zones
from initialize.draft import Draft
from initialize.variables import PROJECT, REGION, VARIABLES, ZONES, Answers, Variable
from templates.settings import Fault, SettingsError, load_environments
from templates.settings.combinations.account import unknown_region

# Stand in for what is not answered yet, so that everything else is checked.
STAND_INS = {PROJECT.name: "project", REGION.name: "us-east-1"}


@dataclass(frozen=True)
class Problem:
    """An answer that is wrong or missing; without a variable it is a fault of a
    settings file."""

    variable: Variable | None
    text: str
    is_missing: bool = False


def problems(draft: Draft, answers: Answers) -> list[Problem]:
    """Return everything that is missing or wrong, one problem for each variable."""
    found = [*_missing(answers), *_wrong(draft, answers)]
    first: dict[Variable | str, Problem] = {}
    for problem in found:
        first.setdefault(problem.variable or problem.text, problem)
    # What was derived from a wrong answer is wrong for no reason of its own.
    answered = [each for each in first.values() if each.is_missing or _is_given(each, answers)]
    return answered or list(first.values())


def _is_given(problem: Problem, answers: Answers) -> bool:
    return problem.variable is None or problem.variable.name in answers


@contextmanager
def written(texts: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder with these settings files, which exists during the block."""
    with tempfile.TemporaryDirectory() as name:
        for path, text in texts.items():
            (Path(name) / path).parent.mkdir(exist_ok=True)
            (Path(name) / path).write_text(text, "utf-8")
        yield Path(name)


def _missing(answers: Answers) -> Iterator[Problem]:
    for variable in VARIABLES:
        if variable.is_required and not answers.get(variable.name):
            yield Problem(variable, f"{variable.shown} is missing", is_missing=True)
    region = answers.get(REGION.name, "")
    if region in regions() and not zones(region).every and not answers.get(ZONES.name):
        yield Problem(
            ZONES, f"{ZONES.shown} is missing: {unknown_zones(region)}", is_missing=True
        )


def unknown_zones(region: str) -> str:
    """Return the message that the zones of a region are not known, with the command
    that lists them."""
    return (
        f"the zones of {region} are not known here; expected two of\n  aws ec2 "
        f"describe-availability-zones --region {region} "
        "--query 'AvailabilityZones[].ZoneId' --output text"
    )


def _wrong(draft: Draft, answers: Answers) -> Iterator[Problem]:
    """Return the faults that the settings' own checks find, by the user's variable."""
    complete = STAND_INS | {name: text for name, text in answers.items() if text}
    complete |= {name: "" for name, text in answers.items() if name not in complete}
    for each in unknown_region(complete[REGION.name]):
        yield _problem(Fault(REGION.file, REGION.key, each.wrong, each.expected), answers)
        complete[REGION.name] = STAND_INS[REGION.name]
        complete.pop(ZONES.name, None)  # they were those of the region
    with written(draft.with_answers(complete)) as folder:
        try:
            load_environments(folder)
        except SettingsError as error:
            for fault in error.faults:
                yield _problem(fault, answers)


def _problem(fault: Fault, answers: Answers) -> Problem:
    """Return a fault in the words of `make init` if one of its variables causes it."""
    variable = next((v for v in VARIABLES if v.key == fault.key and v.file in fault.file), None)
    if variable is None:
        return Problem(None, str(fault))
    named = variable.shown
    if variable.name in answers:
        named = f"{named}={answers[variable.name]}"
    text = str(replace(fault, file=named, key="")).replace(" in project.toml", "")
    for other in VARIABLES:
        if "." in other.key:
            text = re.sub(rf"{re.escape(other.key)}(?![\w.])", other.shown, text)
    return Problem(variable, text)
