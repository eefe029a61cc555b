"""Whether the tasks can read the secrets and parameters that the settings name.

The permissions boundary of the roles compares tags, and allows no key of KMS: a secret without
the tags of the environment, or under another key, is denied to the task that starts, and AWS
says so only then.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.environment import Environment
from cfnlink.operations.owner_tags import owner_tags, tag_words, tags_of
from cfnlink.system.compute import TASK, containers
from cfnlink.system.resource import Resource


@dataclass(frozen=True)
class _Described:
    """The tags of a secret as AWS has them, and its key, if that is not the store's own."""

    tags: dict[str, str]
    key: str | None


@dataclass(frozen=True)
class _Store:
    """Where secrets are kept: how AWS describes one, and the commands that change it.

    arn: the pattern of an ARN in JSON, without a key of the secret behind it. asks: the action
    on one secret that describing it needs. own_key: AWS's key, which every role of the account
    may use for its secrets. listed, tagged, encrypted: words of the AWS CLI, {id} for the
    secret.
    """

    noun: str
    arn: re.Pattern[str]
    asks: str
    own_key: str
    describe: Callable[[Environment, str], _Described | None]
    id_of: Callable[[str], str]
    listed: tuple[str, ...]
    tagged: tuple[str, ...]
    encrypted: tuple[str, ...]

    def command(self, environment: Environment, words: tuple[str, ...], arn: str) -> str:
        """Return a command on one secret."""
        return aws(environment, *(word.replace("{id}", self.id_of(arn)) for word in words))


def _secret(environment: Environment, arn: str) -> _Described | None:
    """Without KmsKeyId it is under AWS's key.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
    """
    client = environment.clients.secretsmanager
    try:
        found = client.describe_secret(SecretId=arn)
    except client.exceptions.ResourceNotFoundException:
        return None
    return _Described(tags_of(found.get("Tags", [])), found.get("KmsKeyId"))


def _parameter(environment: Environment, arn: str) -> _Described | None:
    """Only a SecureString has a key.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
    """
    client, name = environment.clients.ssm, parameter_name(arn)
    wanted = client.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])
    if not wanted["Parameters"]:
        return None
    tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return _Described(tags_of(tags["TagList"]), wanted["Parameters"][0].get("KeyId"))


def parameter_name(arn: str) -> str:
    """Return the name of a parameter: its ARN leaves out the first slash of a path."""
    name = arn.partition(":parameter/")[2]
    return f"/{name}" if "/" in name else name


STORES = (
    _Store(
        "secret",
        re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:\d{12}:secret:[^:\"]+"),
        "secretsmanager:DescribeSecret",
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        "alias/aws/secretsmanager",
        _secret,
        str,
        ("secretsmanager", "list-secrets", "--query", "SecretList[].Name"),
        ("secretsmanager", "tag-resource", "--secret-id", "{id}", "--tags"),
        (
            *("secretsmanager", "update-secret", "--secret-id", "{id}"),
            *("--kms-key-id", "alias/aws/secretsmanager"),
        ),
    ),
    _Store(
        "parameter",
        re.compile(r"arn:[a-z-]+:ssm:[^:]+:\d{12}:parameter/[^:\"]+"),
        "ssm:ListTagsForResource",
        # https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
        "alias/aws/ssm",
        _parameter,
        parameter_name,
        ("ssm", "describe-parameters", "--query", "Parameters[].Name"),
        (
            *("ssm", "add-tags-to-resource", "--resource-type", "Parameter"),
            *("--resource-id", "{id}", "--tags"),
        ),
        (
            *("ssm", "put-parameter", "--overwrite", "--type", "SecureString"),
            *("--key-id", "alias/aws/ssm", "--name", "{id}", "--value", "VALUE"),
        ),
    ),
)


def outside_secrets(environment: Environment) -> Iterator[Found]:
    """The secrets of tasks under a boundary that are no resource of the templates."""
    named = json.dumps([*_named(environment)], default=str)
    for store in STORES:
        for arn in sorted({*store.arn.findall(named)}):
            described = store.describe(environment, arn)
            if described is None:
                name, fix = arn.rpartition(":")[2], aws(environment, *store.listed)
                yield FAILED, f"there is no {store.noun} {name}", fix
            else:
                yield _readable(environment, store, arn, described)


def _readable(
    environment: Environment, store: _Store, arn: str, described: _Described
) -> Found:
    """Whether the tasks may read a secret: by its tags, and by the key that encrypts it."""
    name, wanted = arn.rpartition(":")[2], owner_tags(environment)
    denied = "the tasks may not"
    if not wanted.items() <= described.tags.items():
        says = f"{denied} read {name}: expected the tags {' '.join(tag_words(wanted))}"
        words = (*store.tagged, *tag_words(wanted))
        return FAILED, says, store.command(environment, words, arn)
    key = described.key or store.own_key
    if key.rpartition(":")[2] != store.own_key:
        says = f"{denied} decrypt {name}: expected the key {store.own_key}, not {key}"
        line = store.command(environment, store.encrypted, arn)
        return FAILED, says, f"encrypt it with AWS's own key: {line}"
    return OK, f"{name} has the tags and the key with which the tasks may read it"


def _named(environment: Environment) -> Iterator[object]:
    """What such tasks read as secrets, as the templates say it."""
    stacks = {stack.name for stack in environment.stacks}
    for task in environment.system.of(TASK):
        if task.stack in stacks and _is_bounded(task):
            yield from (container.get("Secrets") for _, container in containers(task))


def _is_bounded(task: Resource) -> bool:
    """Whether the role that starts a task has a permissions boundary."""
    role = task.target("ExecutionRoleArn")
    return role is not None and not role.is_missing("PermissionsBoundary")
