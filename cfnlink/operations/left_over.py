"""Stacks of the project at AWS that the settings no longer build: a warning for each kind."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict

from botocore.exceptions import ClientError

from cfnlink.operations.check import WARNING, Found, run_check
from cfnlink.operations.report import Reporter
from cfnlink.operations.stacks import find, of_type, resources
from cfnlink.operations.target import Target
from cfnlink.system.folder import settings_folder
from cfnlink.system.left_over import (
    INSTANCE,
    delete_command,
    output_folders,
    removed_environment,
    says,
)

DELETED = "DELETE_COMPLETE"


def say_left_over(target: Target, report: Reporter) -> None:
    """Print what AWS still has of tiers and environments that are no longer built.

    It stops nothing: the user may want it. A read that AWS denies is a warning too.
    """
    found = run_check("left over", lambda: _left_over(target))
    for check in found:
        report.say(check.text())
    report.result({"left_over": [asdict(check) for check in found]})


def _left_over(target: Target) -> Iterator[Found]:
    folder = target.folder.path
    if _has_no_settings(target, target.environment):
        yield WARNING, *removed_environment(folder, target.command("destroy"))
    stacks: dict[str, list[str]] = {}
    for name in _unknown_stacks(target):
        environment = _environment(target, name)
        if environment:
            stacks.setdefault(environment, []).append(name)
    for environment, names in stacks.items():
        other = folder.parent / environment
        if environment == target.environment:
            yield WARNING, says(", ".join(names)), _removal(target, names)
        elif not (other / "manifest.json").is_file() and _has_no_settings(target, environment):
            what = f"the environment {environment}, {len(names)} stacks"
            yield WARNING, says(what), _removal(target, names)


def _unknown_stacks(target: Target) -> Iterator[str]:
    """Return the stacks with the project's names that no folder has, the newest first."""
    folders = output_folders(target.folder.path.resolve().parent).values()
    known = {name for folder in folders for name in folder.names}
    known |= {stack.name for stack in target.stacks}
    states = target.client("cloudformation").meta.service_model.shape_for("StackStatus").enum
    there = target.listed(
        *("cloudformation", "list_stacks", "StackSummaries"),
        StackStatusFilter=[state for state in states if state != DELETED],
    )
    for stack in sorted(there, key=lambda stack: stack["CreationTime"], reverse=True):
        name, is_nested = stack["StackName"], "ParentId" in stack
        if name.startswith(f"{target.project}-") and name not in known and not is_nested:
            yield name


def _environment(target: Target, name: str) -> str:
    """Return the environment of a stack with our tags; empty for other stacks.

    A role that deploys one environment may not read the tags of another one.
    """
    with suppress(ClientError):
        deployed = find(target, name)
        tags = {each["Key"]: each["Value"] for each in deployed.tags} if deployed else {}
        environment = tags.get("environment", "")
        head = f"{target.project}-{environment}-"
        if tags.get("project") == target.project and name.startswith(head):
            return environment
    return ""


def _has_no_settings(target: Target, environment: str) -> bool:
    """Whether the folder was built from settings that lack an environment now."""
    path = target.folder.path.resolve()
    root = settings_folder(path)
    if root is None or path.parent != root / "output":
        return False
    return not (root / "environments" / f"{environment}.toml").is_file()


def _removal(target: Target, names: list[str]) -> str:
    """Return the command that deletes stacks that AWS has, in this order."""
    databases = {name: of_type(resources(target, name), INSTANCE) for name in names}
    return delete_command(target.folder.region, names, databases)
