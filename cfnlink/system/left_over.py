"""Stacks that no manifest names any more; a deployment does not delete them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cfnlink.system.folder import Folder, UnusableError, built_folders, read

INSTANCE = "AWS::RDS::DBInstance"


def output_folders(output: Path) -> dict[str, Folder]:
    """Return the folders of an output that have a usable manifest, by name."""
    found = {}
    for folder in built_folders(output):
        with suppress(UnusableError):
            found[folder.name] = read(folder)
    return found


def left_over(
    before: Mapping[str, Folder], after: Mapping[str, Folder]
) -> Iterator[tuple[Folder, list[str]]]:
    """Yield each former folder with its stacks that no folder has any more.

    The stacks are in the order of their deletion. A stack of several former folders belongs
    to the last one.
    """
    kept = {(folder.region, name) for folder in after.values() for name in folder.names}
    last = {
        (folder.region, name): key for key, folder in before.items() for name in folder.names
    }
    for key, folder in before.items():
        gone = [
            name
            for name in reversed(folder.names)
            if last[folder.region, name] == key and (folder.region, name) not in kept
        ]
        if gone:
            yield folder, gone


def says(what: str) -> str:
    """Return the message about stacks that are no longer built, without the command.

    ACM may hold a certificate as in use for 20 minutes after the deletion of its domain:
    https://github.com/aws/aws-cdk/issues/36265
    """
    again = "if a certificate is still in use, wait 20 minutes and run the same command again"
    return f"{_stays(what)} To delete it ({again}):"


def _stays(what: str) -> str:
    return f"no longer built: {what}. Deployed resources of it stay at AWS and are billed."


def removed_environment(folder: Path, destroy: str) -> tuple[str, str]:
    """Return the message about an output folder without settings, and the command.

    destroy: the command that destroys the environment.
    """
    what = f"environments/{folder.name}.toml does not exist"
    return f"{_stays(what)} To delete it:", f"{destroy} && rm -r {shlex.quote(str(folder))}"


def removal(folder: Folder, stacks: Sequence[str]) -> str:
    """Return the command that deletes some stacks of a folder, in this order."""
    return delete_command(folder.region, stacks, _instances(folder))


def _instances(folder: Folder) -> dict[str, list[str]]:
    """Return the database instances of each stack, as far as templates state their names."""
    found: dict[str, list[str]] = {}
    with suppress(UnusableError):
        for stack in folder.stacks():
            for body in stack.template["Resources"].values():
                if isinstance(body, dict) and body.get("Type") == INSTANCE:
                    name = body.get("Properties", {}).get("DBInstanceIdentifier")
                    if isinstance(name, str):
                        found.setdefault(stack.name, []).append(name)
    return found


def delete_command(
    region: str, stacks: Sequence[str], databases: Mapping[str, Sequence[str]]
) -> str:
    """Return the AWS CLI's commands that delete stacks in this order, protected ones too.

    They end at a stack that is not deleted: the others may still be needed by it.
    databases: the DB instances of stacks, which may have deletion protection. It is lifted
    right before the stack is deleted, and a final snapshot needs an available instance.
    https://docs.aws.amazon.com/cli/latest/reference/cloudformation/delete-stack.html
    """
    opened = ["update-termination-protection", "--no-enable-termination-protection"]
    commands = (opened, ["delete-stack"], ["wait", "stack-delete-complete"])
    unprotect, delete, wait = (_aws(region, "cloudformation", *words) for words in commands)
    lifted = {name: _lifted(region, databases.get(name, ())) for name in stacks}
    if len(stacks) == 1:
        name = f"--stack-name {shlex.quote(stacks[0])}"
        steps = [lifted[stacks[0]], *(f"{each} {name}" for each in (unprotect, delete, wait))]
        return " && ".join(step for step in steps if step)
    name = '--stack-name "$stack"'
    parts = [
        f'if test "$stack" = {shlex.quote(stack)}; then {steps}; fi'
        for stack, steps in lifted.items()
        if steps
    ]
    parts += [f"{unprotect} {name}", f"{delete} {name} && {wait} {name} || break"]
    return f"for stack in {shlex.join(stacks)}; do {'; '.join(parts)}; done"


def _lifted(region: str, instances: Sequence[str]) -> str:
    """Return the commands that lift the deletion protection of instances."""
    steps = (
        ("modify-db-instance", "--no-deletion-protection"),
        ("wait", "db-instance-available"),
    )
    return " && ".join(
        _aws(region, "rds", *step, "--db-instance-identifier", name)
        for name in instances
        for step in steps
    )


def _aws(region: str, *words: str) -> str:
    return shlex.join(["aws", *words, "--region", region])
