"""The two tags of an environment's owner, which policies compare: project and environment."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment
from cfnlink.operations.names import exact
from cfnlink.operations.permission_rows import rows

OWNER_TAGS = ("project", "environment")


def owner_tags(environment: Environment) -> dict[str, str]:
    """Return the tags of what belongs to an environment."""
    return dict(zip(OWNER_TAGS, (environment.project, environment.name), strict=True))


def tag_words(tags: Mapping[str, str]) -> list[str]:
    """Return tags as the AWS CLI takes them."""
    return [f"Key={key},Value={value}" for key, value in tags.items()]


def tags_of(described: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Return the tags of an answer of AWS by their keys."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in described}


def deploy_role_stack(project: str, owner: str) -> str:
    """Return the name of the stack of a deploy role; owner: an environment or the account."""
    return f"{project}-{owner}-deploy-role"


def is_deploy_role(environment: Environment) -> bool:
    """Whether the caller is a role that `deploy-role` writes for the environment.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    arn = environment.clients.sts.get_caller_identity()["Arn"]
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    owners = (environment.name, *(f"{environment.name}-{each}" for each in rows().roles))
    stacks = [deploy_role_stack(environment.project, each) for each in owners]
    row = resource_type("AWS::IAM::Role")
    names = [name for stack in stacks for name in exact(row, stack, "Role", None)]
    role = rest.partition("/")[0]
    return kind == "assumed-role" and any(fnmatchcase(role, name) for name in names)


def refused_source(
    environment: Environment, arn: str, described: Iterable[Mapping[str, object]]
) -> tuple[str, str] | None:
    """Return why RDS would refuse to restore a source for its tags, and the fix; else None.

    Snapshots and automated backups have tags of their own, and a deploy role may restore only
    what has those of its environment. No other caller is limited to them here.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
    """
    wanted, tags = owner_tags(environment), tags_of(described)
    if wanted.items() <= tags.items() or not is_deploy_role(environment):
        return None
    words = tag_words(wanted)
    message = f"lacks the tags {' '.join(words)}, and a deploy role restores only what has them"
    if any(tags.get(key, value) != value for key, value in wanted.items()):
        return message, f"it has another owner; as an administrator: {environment.command_line}"
    add = aws(
        environment, "rds", "add-tags-to-resource", "--resource-name", arn, "--tags", *words
    )
    return message, f"as an administrator: {add}\n{environment.command_line}"
