"""Order: what AWS reads when it creates a resource exists by then."""

import re

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.compute import TASK
from cfnlink.system.expressions import OPEN
from cfnlink.system.resource import Resource
from cfnlink.system.rights import consumers, late_policies, uses
from cfnlink.system.secrets import ATTACHED, ATTACHMENT, injected, keys, source

RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
LOG = re.compile(rf"/aws/rds/(?:instance|cluster)/({OPEN})/(\w+)")


@rule("E9941", "AWS::Logs::LogGroup", f"{RDS}USER_LogAccess.Procedural.UploadtoCloudWatch.html")
def log_group_of_a_database_comes_first(group: Resource) -> Faults:
    """The log group of an exported log exists before the database.
    A database that exports logs creates their log groups. A log group whose name refers to the
    database comes after it, and CloudFormation fails with "already exists"."""
    named = LOG.fullmatch(group.text("LogGroupName") or "")
    database = group.system.target({"Fn::Sub": named[1]}) if named else None
    logs = database.listed("EnableCloudwatchLogsExports") if database else []
    if named and database and named[2] in logs:
        yield (
            ["LogGroupName"],
            f"{database.name} has created this group by then; write the identifier as text "
            f"in both, and let {database.name} depend on {group.name}",
        )


def attachments(secret: Resource | None) -> list[Resource]:
    """Return what writes the address of a database into a secret."""
    return secret.used_by(ATTACHMENT) if secret else []


@rule(
    "W9942",
    "AWS::ECS::Service",
    f"{CFN}aws-resource-secretsmanager-secrettargetattachment.html",
)
def service_waits_for_the_keys_of_its_secrets(service: Resource) -> Faults:
    """A service waits for the attachment that writes the keys which its tasks read.
    The SecretTargetAttachment adds host, port and dbname to a secret. Tasks that start before
    it find no such key, and ECS stops them."""
    task = service.target("TaskDefinition")
    if task is None or task.type != TASK:
        return
    for _, entry in injected(task):
        secret, rest = source(task, entry["ValueFrom"])
        key = "".join(rest.split(":")[1:2])
        own = keys(secret, attached=False)
        if key not in ATTACHED or own is None or key in own:
            continue
        for late in attachments(secret):
            if late.stack == service.stack and not service.waits_for(late):
                what = f"{task} reads {key} of {secret}, which {late.name} writes"
                yield ["TaskDefinition"], f"{what}; add DependsOn: {late.name}"
                return


@rule(
    "W9943",
    "AWS::SecretsManager::RotationSchedule",
    f"{CFN}aws-resource-secretsmanager-rotationschedule.html",
)
def rotation_waits_for_the_attachment(schedule: Resource) -> Faults:
    """A rotation waits for the attachment of its secret.
    The first rotation starts at once and needs the database's address in the secret, which the
    SecretTargetAttachment writes: without it the rotation fails."""
    for late in attachments(schedule.target("SecretId")):
        if late.stack == schedule.stack and not schedule.waits_for(late):
            yield ["SecretId"], f"{late.name} may come later; add DependsOn, or Ref it here"


@rule(
    "W9944",
    consumers("checked"),
    f"{CFN}aws-properties-s3-bucket-notificationconfiguration.html",
)
def policy_that_aws_checks_comes_first(resource: Resource) -> Faults:
    """What AWS checks a policy for comes after that policy.
    AWS checks that it may send when it creates a bucket's notification, a log subscription, a
    rotation or a target group, and that the role allows what an event source mapping, a
    function in a VPC or a state machine does with it. A policy or permission that
    CloudFormation creates later is too late: the creation fails."""
    for use in uses(resource):
        late = late_policies(use) if use.row.get("checked") else []
        here = [policy for policy in late if policy.stack == resource.stack]
        if here and not any(resource.waits_for(policy) for policy in here):
            cycle = all(policy.waits_for(resource) for policy in here)
            fix = "name this by text there, and " if cycle else ""
            yield use.place, f"{here[0].name} may come later; {fix}add DependsOn"
