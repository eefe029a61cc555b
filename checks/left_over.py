"""Stacks that no manifest names any more; a deployment does not delete them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from checks.folder import Folder, UnusableError, read

INSTANCE = "AWS::RDS::DBInstance"


def output_folders(output: Path) -> dict[str, Folder]:
    """Return the folders of an output that have a usable manifest, by name."""
    found = {}
    for file in sorted(output.glob("*/manifest.json")):
        with suppress(UnusableError):
            found[file.parent.name] = read(file.parent)
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
    """Return the message about stacks that are no longer built, without the command."""
    return (
        f"no longer built: {what}. Deployed resources of it stay at AWS and are billed. "
        "To delete it:"
    )


def removed_environment(folder: Path, destroy: str) -> tuple[str, str]:
    """Return the message about an output folder without settings, and the command.

    destroy: the command that destroys the environment.
    """
    what = f"environments/{folder.name}.toml does not exist"
    return says(what), f"{destroy} && rm -r {shlex.quote(str(folder))}"


def removal(folder: Folder, stacks: Sequence[str]) -> str:
    """Return the command that deletes some stacks of a folder, in this order."""
    return delete_command(folder.region, stacks, _instances(folder, stacks))


def _instances(folder: Folder, stacks: Sequence[str]) -> list[str]:
    """Return the names of the database instances of some stacks, as far as templates
    state them."""
    found = []
    with suppress(UnusableError):
        for stack in folder.stacks():
            for body in stack.template["Resources"].values() if stack.name in stacks else ():
                if isinstance(body, dict) and body.get("Type") == INSTANCE:
                    name = body.get("Properties", {}).get("DBInstanceIdentifier")
                    found += [name] if isinstance(name, str) else []
    return found


def delete_command(region: str, stacks: Sequence[str], databases: Sequence[str] = ()) -> str:
    """Return the AWS CLI's commands that delete stacks in this order, protected ones too.

    A stack that another stack still needs is not deleted: the same command deletes it later.
    databases: DB instances in the stacks, which may have deletion protection.
    https://docs.aws.amazon.com/cli/latest/reference/cloudformation/delete-stack.html
    """

    def aws(*words: str) -> str:
        return shlex.join(["aws", *words, "--region", region])

    protected = ["--no-deletion-protection", "--apply-immediately", "--db-instance-identifier"]
    parts = [aws("rds", "modify-db-instance", *protected, name) for name in databases]
    opened = ["update-termination-protection", "--no-enable-termination-protection"]
    unprotect = aws("cloudformation", *opened)
    delete = aws("cloudformation", "delete-stack")
    wait = aws("cloudformation", "wait", "stack-delete-complete")
    if len(stacks) == 1:
        name = f"--stack-name {shlex.quote(stacks[0])}"
        return " && ".join([*parts, f"{unprotect} {name}", f"{delete} {name}"])
    name = '--stack-name "$stack"'
    body = f"{unprotect} {name}; {delete} {name} && {wait} {name}"
    return "; ".join([*parts, f"for stack in {shlex.join(stacks)}; do {body}; done"])
