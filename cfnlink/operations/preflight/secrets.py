"""Whether the tasks can read the secrets that the settings name.

The permissions boundary of the roles compares tags: a secret without those of the environment
is denied to the task that starts, and AWS says so only then.
"""

import re
from collections.abc import Iterator
from typing import Any

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.owner_tags import owner_tags, tag_words, tags_of
from cfnlink.operations.target import Target
from cfnlink.system.references import references

TASK = "AWS::ECS::TaskDefinition"
ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:\d{12}:secret:[^:]+")


def outside_secrets(target: Target) -> Iterator[Found]:
    """The secrets of tasks under a boundary that are no resource of the templates."""
    wanted = owner_tags(target)
    pairs = tag_words(wanted)
    for arn in sorted(_named(target)):
        name, tags = arn.rpartition(":")[2], _tags(target, arn)
        if tags is None:
            fix = aws(target, "secretsmanager", "list-secrets", "--query", "SecretList[].Name")
            yield FAILED, f"there is no secret {name}", fix
        elif wanted.items() <= tags.items():
            yield OK, f"{name} has the tags of {target.project}-{target.environment}"
        else:
            says = f"the tasks may not read {name}: expected the tags {' '.join(pairs)}"
            words = ["secretsmanager", "tag-resource", "--secret-id", arn, "--tags", *pairs]
            fix = aws(target, *words)
            yield FAILED, says, fix


def _tags(target: Target, arn: str) -> dict[str, str] | None:
    """The tags of a secret, None where there is no such secret."""
    client = target.client("secretsmanager")
    try:
        found = client.describe_secret(SecretId=arn)
    except client.exceptions.ResourceNotFoundException:
        return None
    return tags_of(found.get("Tags", []))


def _named(target: Target) -> set[str]:
    """The ARNs that stand as text in the containers of such tasks."""
    found: set[str] = set()
    stacks = {stack.name for stack in target.stacks}
    for resource in target.system.resources.values():
        if resource.stack not in stacks:
            continue
        properties = resource.body.get("Properties", {})
        if resource.body.get("Type") == TASK and _bounded(target, properties):
            containers = properties.get("ContainerDefinitions", [])
            found |= {*ARN.findall(str([each.get("Secrets") for each in containers]))}
    return found


def _bounded(target: Target, properties: dict[str, Any]) -> bool:
    """Whether the role that starts a task has a permissions boundary."""
    roles = [
        role.body.get("Properties", {})
        for name, _ in references(properties.get("ExecutionRoleArn"))
        if (role := target.system.resources.get(name))
    ]
    return any("PermissionsBoundary" in role for role in roles)
