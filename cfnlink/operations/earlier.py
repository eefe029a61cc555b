"""Earlier generations of a database: a restore leaves one where deletion protection holds it.

No stack lists such an instance. It stays in the subnet group of its stack, exports logs into
groups that it makes again without a retention, and is billed.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import WARNING, Check, Found, say_check
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import (
    INSTANCE,
    delete_command,
    delete_instance,
    find_instance,
    takes_no_snapshot,
    wait_until_gone,
    without_snapshot,
)
from cfnlink.operations.protection import without_instance_protection
from cfnlink.operations.stacks import of_type, resources
from cfnlink.system.link import system_id

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import LogGroupTypeDef
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef


LOG_GROUP = "AWS::Logs::LogGroup"
RDS_LOGS = "/aws/rds/instance/"


def is_generation(name: str, stated: str) -> bool:
    """Whether a name is that of a template, but for the generation at its end."""
    (head, _, number), (stated_head, _, stated_number) = (
        each.rpartition("-") for each in (name, stated)
    )
    digits = number.isdigit() and stated_number.isdigit()
    return name == stated or (digits and head == stated_head)


def stated_names(stack: Stack) -> dict[str, str]:
    """The names that a template states for its instances, by logical id."""
    names = {
        logical_id: body.get("DBInstanceIdentifier")
        for logical_id, body in stack.of_type(INSTANCE).items()
    }
    return {key: name for key, name in names.items() if isinstance(name, str)}


def earlier_instances(environment: Environment, stack: Stack) -> "list[DBInstanceTypeDef]":
    """The instances of earlier generations as RDS has them; those of the stack are none."""
    stated = stated_names(stack)
    if not stated:
        return []
    current = {*of_type(resources(environment, stack.name), INSTANCE)}
    return [
        found
        for page in environment.clients.rds.get_paginator("describe_db_instances").paginate()
        for found in page["DBInstances"]
        if (name := found["DBInstanceIdentifier"]) not in current
        and any(is_generation(name, each) for each in stated.values())
    ]


def say_earlier(environment: Environment) -> list[Check]:
    """Say which earlier instances there are, what they cost, and which logs never expire."""
    look = partial(_earlier, environment)
    found = say_check(environment.report, "earlier instances", look)
    environment.report.result({"earlier_instances": [check.says for check in found]})
    return found


def _earlier(environment: Environment) -> Iterator[Found]:
    for stack in environment.stacks:
        for found in earlier_instances(environment, stack):
            says = words(environment, stack, found)
            yield WARNING, says, delete_command(environment, found)
        yield from _logs_without_end(environment, stack)


def words(environment: Environment, stack: Stack, found: "DBInstanceTypeDef") -> str:
    """An earlier instance as a line, with the month of the one that took its place."""
    (logical_id, *_) = stated_names(stack)
    month = environment.bill.sum(resource=system_id(stack.tier, logical_id))
    cost = f"billed about {month:.2f} USD a month, as" if month else "billed as"
    status = found["DBInstanceStatus"]
    lost = f"; it is {status}, so RDS takes no snapshot" if takes_no_snapshot(found) else ""
    name = found["DBInstanceIdentifier"]
    return f"{name}, an earlier instance of {stack.name}; {cost} the new one is{lost}"


def delete_earlier(environment: Environment, stack: Stack) -> None:
    """Delete the earlier instances, a final snapshot of each kept, and wait for their end.

    RDS takes none of a failed instance, which is told. Their automated backups stay until they
    expire: a point in time can still be restored. The subnet group of the stack cannot be
    deleted while an instance uses it.
    """
    names = []
    for found in earlier_instances(environment, stack):
        name = found["DBInstanceIdentifier"]
        names.append(name)
        if found["DBInstanceStatus"] == "deleting":  # an earlier run began it
            continue
        with without_instance_protection(environment, found):
            stays = delete_instance(environment, found)
        environment.report.say(f"{stack.name}: deleting {name}, an earlier instance; {stays}")
    for name in names:
        environment.report.working(stack.name, f"{name} is being deleted")
        wait_until_gone(environment, name)


def all_instances(environment: Environment, stack: Stack) -> "list[DBInstanceTypeDef]":
    """Return the instances of a stack and of its earlier generations, as RDS has them."""
    own = (find_instance(environment, name) for name in _own(environment, stack))
    return [*filter(None, own), *earlier_instances(environment, stack)]


def delete_without_snapshot(environment: Environment, stack: Stack) -> None:
    """Delete the instances of a stack of which RDS takes no final snapshot, and say it.

    CloudFormation would ask for the snapshot, and the deletion of the stack would fail.
    """
    for name in _own(environment, stack):
        found = find_instance(environment, name)
        if found and takes_no_snapshot(found):
            stays = delete_instance(environment, found)
            environment.report.say(f"{stack.name}: deleting {name}; {stays}")
            wait_until_gone(environment, name)


def refuse_without_snapshot(environment: Environment, stack: Stack) -> None:
    """Stop before a clean-up if RDS takes no final snapshot of an instance of the stack."""
    for name in _own(environment, stack):
        found = find_instance(environment, name)
        if found and takes_no_snapshot(found):
            gone = "db-instance-deleted", "--db-instance-identifier", name
            wait = aws(environment, "rds", "wait", *gone)
            delete = f"{delete_command(environment, found)} && {wait}"
            message = f"{stack.name} keeps {name}: {without_snapshot(environment, found)}"
            next_command = f"if you accept the loss: {delete}\n{environment.command_line}"
            raise CommandError(Exit.DATA, message, next_command)


def _own(environment: Environment, stack: Stack) -> list[str]:
    return of_type(resources(environment, stack.name), INSTANCE)


def log_groups(
    environment: Environment, stack: Stack
) -> Iterator[tuple[str, "LogGroupTypeDef"]]:
    """The log groups of all generations: the instance's name, and the group."""
    for stated in stated_names(stack).values():
        head = stated.rpartition("-")[0] or stated
        paginator = environment.clients.logs.get_paginator("describe_log_groups")
        pages = paginator.paginate(logGroupNamePrefix=f"{RDS_LOGS}{head}")
        for group in [group for page in pages for group in page["logGroups"]]:
            name = group["logGroupName"].removeprefix(RDS_LOGS).partition("/")[0]
            if is_generation(name, stated):
                yield name, group


def delete_left_logs(environment: Environment, stack: Stack) -> None:
    """Delete the log groups of instances that are gone.

    An instance that outlives its groups makes them again, and they outlive the instance. The
    next create of a group of this name would fail.
    """
    logs = environment.clients.logs
    there = {*of_type(resources(environment, stack.name), INSTANCE)}
    there |= {each["DBInstanceIdentifier"] for each in earlier_instances(environment, stack)}
    for name, group in log_groups(environment, stack):
        if name not in there:
            with suppress(logs.exceptions.ResourceNotFoundException):
                logs.delete_log_group(logGroupName=group["logGroupName"])
                environment.report.say(f"{stack.name}: deleted {group['logGroupName']}")


def keep_logs(environment: Environment, stack: Stack) -> None:
    """Give the log groups of earlier instances that stay their retention, delete the others.

    CloudFormation deletes the groups with the generation, and an instance that exports into
    them makes them again without one. So they are made here, before it does.
    """
    logs = environment.clients.logs
    delete_left_logs(environment, stack)
    earlier = {each["DBInstanceIdentifier"] for each in earlier_instances(environment, stack)}
    for stated, days in _retentions(stack):
        for name in sorted(earlier):
            group_name = stated.format(name)
            with suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group_name)
            logs.put_retention_policy(logGroupName=group_name, retentionInDays=days)
            environment.report.say(f"{stack.name}: {group_name} expires after {days} days")


def _retentions(stack: Stack) -> Iterator[tuple[str, int]]:
    """The names of the instances' log groups, {} for the instance, and their days."""
    instances = [*stated_names(stack).values()]
    for body in stack.of_type(LOG_GROUP).values():
        name, days = body.get("LogGroupName"), body.get("RetentionInDays")
        for instance in instances:
            head = f"{RDS_LOGS}{instance}/"
            if isinstance(name, str) and name.startswith(head) and isinstance(days, int):
                yield f"{RDS_LOGS}{{}}/{name.removeprefix(head)}", days


def _logs_without_end(environment: Environment, stack: Stack) -> Iterator[Found]:
    days = {days for _, days in _retentions(stack)}
    if not days:
        return
    for name, group in log_groups(environment, stack):
        if not group.get("retentionInDays"):
            retain = aws(
                environment,
                *("logs", "put-retention-policy", "--log-group-name", group["logGroupName"]),
                *("--retention-in-days", str(min(days))),
            )
            yield WARNING, f"{group['logGroupName']} of {name} never expires", retain
