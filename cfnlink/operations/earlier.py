"""Earlier generations of a database: a restore leaves one where deletion protection holds it.

No stack lists such an instance. It stays in the subnet group of its stack, exports logs into
groups that it makes again without a retention, and is billed.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import WARNING, Found, run_check
from cfnlink.operations.instances import (
    INSTANCE,
    delete_command,
    delete_instance,
    find_instance,
    takes_no_snapshot,
    wait_until_gone,
    without_snapshot,
)
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.protection import without_instance_protection
from cfnlink.operations.report import Reporter
from cfnlink.operations.stacks import of_type, resources
from cfnlink.operations.target import Stack, Target
from cfnlink.system.link import system_id

if TYPE_CHECKING:
    from cfnlink.cost.bill import Bill

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


def earlier_instances(target: Target, stack: Stack) -> list[dict[str, Any]]:
    """The instances of earlier generations as RDS has them; those of the stack are none."""
    stated = stated_names(stack)
    if not stated:
        return []
    current = {*of_type(resources(target, stack.name), INSTANCE)}
    return [
        found
        for found in target.listed("rds", "describe_db_instances", "DBInstances")
        if (name := found["DBInstanceIdentifier"]) not in current
        and any(is_generation(name, each) for each in stated.values())
    ]


def say_earlier(target: Target, report: Reporter) -> list[str]:
    """Say which earlier instances there are, what they cost, and which logs never expire."""
    checks = run_check("earlier instances", lambda: _earlier(target))
    for check in checks:
        report.say(check.text())
    report.result({"earlier_instances": [check.says for check in checks]})
    return [check.says for check in checks]


def _earlier(target: Target) -> Iterator[Found]:
    bill: Bill | None = None
    for stack in target.stacks:
        for found in earlier_instances(target, stack):
            bill = bill or _bill(target)
            yield WARNING, words(stack, found, bill), delete_command(target, found)
        yield from _logs_without_end(target, stack)


def _bill(target: Target) -> "Bill":
    from cfnlink.cost.bill import bill_of  # noqa: PLC0415 (only here, and a second)

    return bill_of(target.folder)


def words(stack: Stack, found: dict[str, Any], bill: "Bill") -> str:
    """An earlier instance as a line, with the month of the one that took its place."""
    (logical_id, *_) = stated_names(stack)
    month = bill.sum(resource=system_id(stack.tier, logical_id))
    cost = f"billed about {month:.2f} USD a month, as" if month else "billed as"
    status = found["DBInstanceStatus"]
    lost = f"; it is {status}, so RDS takes no snapshot" if takes_no_snapshot(found) else ""
    name = found["DBInstanceIdentifier"]
    return f"{name}, an earlier instance of {stack.name}; {cost} the new one is{lost}"


def delete_earlier(target: Target, report: Reporter, stack: Stack) -> None:
    """Delete the earlier instances, a final snapshot of each kept, and wait for their end.

    RDS takes none of a failed instance, which is told. Their automated backups stay until they
    expire: a point in time can still be restored. The subnet group of the stack cannot be
    deleted while an instance uses it.
    """
    names = []
    for found in earlier_instances(target, stack):
        name = found["DBInstanceIdentifier"]
        names.append(name)
        if found["DBInstanceStatus"] == "deleting":  # an earlier run began it
            continue
        with without_instance_protection(target, found):
            stays = delete_instance(target, found)
        report.say(f"{stack.name}: deleting {name}, an earlier instance; {stays}")
    for name in names:
        report.working(stack.name, f"{name} is being deleted")
        wait_until_gone(target, name)


def all_instances(target: Target, stack: Stack) -> list[dict[str, Any]]:
    """Return the instances of a stack and of its earlier generations, as RDS has them."""
    own = (find_instance(target, name) for name in _own(target, stack))
    return [*filter(None, own), *earlier_instances(target, stack)]


def delete_without_snapshot(target: Target, report: Reporter, stack: Stack) -> None:
    """Delete the instances of a stack of which RDS takes no final snapshot, and say it.

    CloudFormation would ask for the snapshot, and the deletion of the stack would fail.
    """
    for name in _own(target, stack):
        found = find_instance(target, name)
        if found and takes_no_snapshot(found):
            stays = delete_instance(target, found)
            report.say(f"{stack.name}: deleting {name}; {stays}")
            wait_until_gone(target, name)


def refuse_without_snapshot(target: Target, stack: Stack) -> None:
    """Stop before a clean-up if RDS takes no final snapshot of an instance of the stack."""
    for name in _own(target, stack):
        found = find_instance(target, name)
        if found and takes_no_snapshot(found):
            gone = "db-instance-deleted", "--db-instance-identifier", name
            delete = f"{delete_command(target, found)} && {aws(target, 'rds', 'wait', *gone)}"
            message = f"{stack.name} keeps {name}: {without_snapshot(target, found)}"
            then = f"if you accept the loss: {delete}\n{target.command_line}"
            raise CommandError(Exit.DATA, message, then)


def _own(target: Target, stack: Stack) -> list[str]:
    return of_type(resources(target, stack.name), INSTANCE)


def log_groups(target: Target, stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """The log groups of all generations: the instance's name, and the group."""
    for stated in stated_names(stack).values():
        head = stated.rpartition("-")[0] or stated
        listed = "describe_log_groups", "logGroups"
        for group in target.listed("logs", *listed, logGroupNamePrefix=f"{RDS_LOGS}{head}"):
            name = group["logGroupName"].removeprefix(RDS_LOGS).partition("/")[0]
            if is_generation(name, stated):
                yield name, group


def delete_left_logs(target: Target, report: Reporter, stack: Stack) -> None:
    """Delete the log groups of instances that are gone.

    An instance that outlives its groups makes them again, and they outlive the instance. The
    next create of a group of this name would fail.
    """
    logs = target.client("logs")
    there = {*of_type(resources(target, stack.name), INSTANCE)}
    there |= {each["DBInstanceIdentifier"] for each in earlier_instances(target, stack)}
    for name, group in log_groups(target, stack):
        if name not in there:
            with suppress(logs.exceptions.ResourceNotFoundException):
                logs.delete_log_group(logGroupName=group["logGroupName"])
                report.say(f"{stack.name}: deleted {group['logGroupName']}")


def keep_logs(target: Target, report: Reporter, stack: Stack) -> None:
    """Give the log groups of earlier instances that stay their retention, delete the others.

    CloudFormation deletes the groups with the generation, and an instance that exports into
    them makes them again without one. So they are made here, before it does.
    """
    logs = target.client("logs")
    delete_left_logs(target, report, stack)
    earlier = {each["DBInstanceIdentifier"] for each in earlier_instances(target, stack)}
    for stated, days in _retentions(stack):
        for name in sorted(earlier):
            group_name = stated.format(name)
            with suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group_name)
            logs.put_retention_policy(logGroupName=group_name, retentionInDays=days)
            report.say(f"{stack.name}: {group_name} expires after {days} days")


def _retentions(stack: Stack) -> Iterator[tuple[str, int]]:
    """The names of the instances' log groups, {} for the instance, and their days."""
    instances = [*stated_names(stack).values()]
    for body in stack.of_type(LOG_GROUP).values():
        name, days = body.get("LogGroupName"), body.get("RetentionInDays")
        for instance in instances:
            head = f"{RDS_LOGS}{instance}/"
            if isinstance(name, str) and name.startswith(head) and isinstance(days, int):
                yield f"{RDS_LOGS}{{}}/{name.removeprefix(head)}", days


def _logs_without_end(target: Target, stack: Stack) -> Iterator[Found]:
    days = {days for _, days in _retentions(stack)}
    for name, group in log_groups(target, stack) if days else ():
        if not group.get("retentionInDays"):
            retain = aws(
                target,
                *("logs", "put-retention-policy", "--log-group-name", group["logGroupName"]),
                *("--retention-in-days", str(min(days))),
            )
            yield WARNING, f"{group['logGroupName']} of {name} never expires", retain
