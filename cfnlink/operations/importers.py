"""Stacks that import what others export: CloudFormation deletes no stack whose export is used.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html
"""

from contextlib import suppress

from botocore.exceptions import ClientError

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.left_over import left_over_stacks, removal
from cfnlink.operations.stacks import all_exports


def importers(environment: Environment, export: str) -> list[str]:
    """Return the names of the stacks that import an export."""
    paginator = environment.clients.cloudformation.get_paginator("list_imports")
    try:
        pages = paginator.paginate(ExportName=export)
        return [stack for page in pages for stack in page["Imports"]]
    except ClientError as error:
        if "is not imported by any stack" in str(error):
            return []
        raise


def refuse_imported(environment: Environment) -> None:
    """Stop if a stack that `destroy` keeps imports from one that it deletes.

    The next command deletes what is left over of the environment, as `plan` prints it. Raises
    CommandError.
    """
    ours = {stack.name for stack in environment.own_stacks}
    uses: dict[str, list[str]] = {}
    for export, owner in all_exports(environment).items():
        for name in importers(environment, export) if owner in ours else ():
            if name not in ours:
                uses.setdefault(name, []).append(f"{export} of {owner}")
    used = {name: found for name, found in uses.items() if _root(environment, name) not in ours}
    if not used:
        return
    left = left_over_stacks(environment).get(environment.name, [])
    others = [name for name in used if name not in left]
    steps = []
    if len(others) < len(used):
        steps.append(f"delete what is left over of it: {removal(environment, left)}")
    if others:
        steps.append(f"delete {', '.join(others)}, or take the imports out")
    steps.append(f"then: {environment.command_line}")
    said = "; ".join(f"{name} imports {', '.join(found)}" for name, found in used.items())
    message = f"{environment.name} was not touched: {said}"
    raise CommandError(Exit.FAILED, message, "\n".join(steps))


def _root(environment: Environment, name: str) -> str:
    """Return the name of the stack that a nested stack is part of; else its own.

    A role that deploys one environment may not read the stacks of others.
    """
    with suppress(ClientError):
        answer = environment.clients.cloudformation.describe_stacks(StackName=name)
        if root := answer["Stacks"][0].get("RootId"):
            return root.split("/")[1]
    return name
