"""Stacks of the project at AWS that the settings no longer build: a warning for each kind."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict

from botocore.exceptions import ClientError

from cfnlink.operations.check import WARNING, Check, Found, say_check
from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import find, of_type, resources
from cfnlink.system.folder import settings_folder
from cfnlink.system.left_over import (
    INSTANCE,
    delete_command,
    output_folders,
    removed_environment,
    says,
)

DELETED = "DELETE_COMPLETE"


def say_left_over(environment: Environment) -> list[Check]:
    """Print and return what AWS still has of tiers and environments that are no longer built.

    It stops nothing: the user may want it. A read that AWS denies is a warning too.
    """
    found = say_check(environment.report, "left over", lambda: _left_over(environment))
    environment.report.result({"left_over": [asdict(check) for check in found]})
    return found


def _left_over(environment: Environment) -> Iterator[Found]:
    folder = environment.folder.path
    if _has_no_settings(environment, environment.name):
        yield WARNING, *removed_environment(folder, environment.command("destroy"))
    for owner, names in left_over_stacks(environment).items():
        other = folder.parent / owner
        if owner == environment.name:
            yield WARNING, says(", ".join(names)), removal(environment, names)
        elif not (other / "manifest.json").is_file() and _has_no_settings(environment, owner):
            what = f"the environment {owner}, {len(names)} stacks"
            yield WARNING, says(what), removal(environment, names)


def left_over_stacks(environment: Environment) -> dict[str, list[str]]:
    """Return the stacks with our tags that no folder has, in the order of their deletion.

    They are by environment. Raises ClientError.
    """
    stacks: dict[str, list[str]] = {}
    for name in _unknown_stacks(environment):
        owner = _environment_of(environment, name)
        if owner:
            stacks.setdefault(owner, []).append(name)
    return stacks


def _unknown_stacks(environment: Environment) -> Iterator[str]:
    """Return the stacks with the project's names that no folder has, the newest first."""
    folders = output_folders(environment.folder.path.resolve().parent).values()
    known = {name for folder in folders for name in folder.names}
    known |= {stack.name for stack in environment.stacks}
    formation = environment.clients.cloudformation
    states = formation.meta.service_model.shape_for("StackStatus").metadata["enum"]
    pages = formation.get_paginator("list_stacks").paginate(
        StackStatusFilter=[state for state in states if state != DELETED]
    )
    there = [stack for page in pages for stack in page["StackSummaries"]]
    for stack in sorted(there, key=lambda stack: stack["CreationTime"], reverse=True):
        name, is_nested = stack["StackName"], "ParentId" in stack
        if name.startswith(f"{environment.project}-") and name not in known and not is_nested:
            yield name


def _environment_of(environment: Environment, name: str) -> str:
    """Return the environment of a stack with our tags; empty for other stacks.

    A role that deploys one environment may not read the tags of another one.
    """
    with suppress(ClientError):
        deployed = find(environment, name)
        tags = deployed.tags if deployed else {}
        owner = tags.get("environment", "")
        head = f"{environment.project}-{owner}-"
        if tags.get("project") == environment.project and name.startswith(head):
            return owner
    return ""


def _has_no_settings(environment: Environment, name: str) -> bool:
    """Whether the folder was built from settings that lack an environment now."""
    path = environment.folder.path.resolve()
    root = settings_folder(path)
    if root is None or path.parent != root / "output":
        return False
    return not (root / "environments" / f"{name}.toml").is_file()


def removal(environment: Environment, names: list[str]) -> str:
    """Return the command that deletes stacks that AWS has, in this order."""
    databases = {name: of_type(resources(environment, name), INSTANCE) for name in names}
    return delete_command(environment.region, names, databases)
