"""Whether the tasks can read the secrets that the settings name.

The permissions boundary of the roles compares tags, and allows no key of KMS: a secret without
the tags of the environment, or under another key, is denied to the task that starts, and AWS
says so only then.
"""

import re
from collections.abc import Iterator

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.environment import Environment
from cfnlink.operations.owner_tags import owner_tags, tag_words, tags_of
from cfnlink.system.compute import containers
from cfnlink.system.resource import Body, Resource

TASK = "AWS::ECS::TaskDefinition"
# A secret under it has no KmsKeyId; AWS lets every role of the account use it for its secrets.
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
SECRETS_MANAGER_KEY = "alias/aws/secretsmanager"
ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:\d{12}:secret:[^:]+")


def outside_secrets(environment: Environment) -> Iterator[Found]:
    """The secrets of tasks under a boundary that are no resource of the templates."""
    for arn in sorted(_named(environment)):
        described = _described(environment, arn)
        if described is None:
            fix = aws(
                environment, "secretsmanager", "list-secrets", "--query", "SecretList[].Name"
            )
            yield FAILED, f"there is no secret {arn.rpartition(':')[2]}", fix
        else:
            yield _readable(environment, arn, described)


def _readable(environment: Environment, arn: str, described: Body) -> Found:
    """Whether the tasks may read a secret: by its tags, and by the key that encrypts it.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
    """
    name, wanted = arn.rpartition(":")[2], owner_tags(environment)
    denied = "the tasks may not"
    if not wanted.items() <= tags_of(described.get("Tags", [])).items():
        says = f"{denied} read {name}: expected the tags {' '.join(tag_words(wanted))}"
        words = "secretsmanager", "tag-resource", "--secret-id", arn, "--tags"
        return FAILED, says, aws(environment, *words, *tag_words(wanted))
    key = described.get("KmsKeyId", SECRETS_MANAGER_KEY)
    if key.rpartition(":")[2] != SECRETS_MANAGER_KEY:
        says = f"{denied} decrypt {name}: expected the key {SECRETS_MANAGER_KEY}, not {key}"
        update = "secretsmanager", "update-secret", "--secret-id", arn
        line = aws(environment, *update, "--kms-key-id", SECRETS_MANAGER_KEY)
        return FAILED, says, f"encrypt it with the key of Secrets Manager: {line}"
    return OK, f"{name} has the tags and the key with which the tasks may read it"


def _described(environment: Environment, arn: str) -> Body | None:
    """A secret as AWS describes it, None where there is no such secret."""
    client = environment.clients.secretsmanager
    try:
        return dict(client.describe_secret(SecretId=arn))
    except client.exceptions.ResourceNotFoundException:
        return None


def _named(environment: Environment) -> set[str]:
    """The ARNs that stand as text in the containers of such tasks."""
    found: set[str] = set()
    stacks = {stack.name for stack in environment.stacks}
    for task in environment.system.of(TASK):
        if task.stack in stacks and _is_bounded(task):
            secrets = [container.get("Secrets") for _, container in containers(task)]
            found |= {*ARN.findall(str(secrets))}
    return found


def _is_bounded(task: Resource) -> bool:
    """Whether the role that starts a task has a permissions boundary."""
    role = task.target("ExecutionRoleArn")
    return role is not None and not role.is_missing("PermissionsBoundary")
