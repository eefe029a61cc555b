"""Names that are taken: by stacks, by exports, by what stands outside every stack."""

from collections.abc import Iterable, Iterator

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.aws_cli import aws, deploy_command
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.importers import importers
from cfnlink.operations.instances import INSTANCE, find_instance
from cfnlink.operations.ownership import RENAME, adoption, foreign_words, missing_tags
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.operations.stacks import IN_REVIEW, StackAction, allowed_action, find
from cfnlink.system.link import StackTemplate, literal
from cfnlink.system.resource import Resource


def stacks(context: PreflightContext) -> Iterator[Found]:
    """Yield each stack at AWS that has a name of ours and is not this project's."""
    environment = context.environment
    deployed = [(stack, context.deployed[stack.name]) for stack in environment.stacks]
    there = [(stack, found) for stack, found in deployed if found]
    foreign = [(stack, found) for stack, found in there if missing_tags(stack, found)]
    for stack, found in foreign:
        steps = adoption(environment, stack, found), environment.change_setting(*RENAME)
        yield FAILED, foreign_words(stack, found), "\n".join(steps).strip()
    if not foreign:
        here = sum(found.status != IN_REVIEW for _, found in there)
        yield OK, f"{here} of {len(environment.stacks)} are there, the others' names are free"


def exports(context: PreflightContext) -> Iterator[Found]:
    """Whether another stack exports a name that one of ours is to export."""
    taken = context.exports
    wrong = [
        (name, stack.name)
        for stack in context.environment.stacks
        for name in exported(stack)
        if taken.get(name, stack.name) != stack.name
    ]
    for name, stack in wrong:
        says = f"{name}, which {stack} would export, is exported by {taken[name]}"
        yield FAILED, says, context.environment.change_setting(*RENAME)
    if not wrong:
        yield OK, "no other stack exports a name of ours"


def exports_in_use(context: PreflightContext) -> Iterator[Found]:
    """Whether a stack still reads an export that the templates no longer have.

    CloudFormation refuses to take it away:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
    """
    ours = {stack.name: stack for stack in context.environment.stacks}
    wrong = 0
    for name, owner in context.exports.items():
        if owner not in ours or name in exported(ours[owner]):
            continue
        for reader in importers(context.environment, name):
            wrong += 1
            fix = f"take the import of {name} out of {reader} first"
            if reader in ours and name not in context.environment.imports(ours[reader]):
                fix = deploy_command(context.environment, ours[reader])
            yield FAILED, f"{owner} drops {name}, which {reader} still reads", fix
    if not wrong:
        yield OK, "no export goes away that a stack reads"


def physical_names(context: PreflightContext) -> Iterator[Found]:
    """Whether something outside our stacks has a fixed name that one of them is to make."""
    wrong = 0
    named = [each for each in context.not_yet_deployed(*FIXED) if _name(each)]
    for found in _taken(context.environment, named):
        wrong += 1
        yield found
    if named and not wrong:
        yield OK, f"{len(named)} fixed names are free"


def kept_names(environment: Environment) -> Iterator[Found]:
    """Yield each fixed name that a resource has which a stack kept when it left the stack.

    A stack in a change is not looked at: it may be making the resource.
    """
    ours = {stack.name for stack in environment.stacks}
    kept = [
        each
        for each in environment.system.of(*FIXED)
        if each.stack in ours and str(each.body.get("DeletionPolicy")).startswith("Retain")
    ]
    deployed = {name: find(environment, name) for name in {each.stack for each in kept}}
    context = PreflightContext(environment, deployed)
    missing = [
        each
        for each in context.missing(kept)
        if _name(each) and allowed_action(deployed[each.stack]) != StackAction.WAIT
    ]
    yield from _taken(environment, missing)


def _taken(environment: Environment, resources: Iterable[Resource]) -> Iterator[Found]:
    for resource in resources:
        name = _name(resource)
        fix = FIXED[resource.type](environment, name)
        if fix is not None:
            yield FAILED, f"{name} exists, and {resource.stack} would make it", fix


def _name(resource: Resource) -> str:
    """Return the fixed name of a resource; empty without one."""
    name = resource.properties.get(resource_type(resource.type).named_by)
    return name if isinstance(name, str) else ""


def exported(stack: Stack) -> set[str]:
    """The names that a stack's template exports."""
    as_linked = StackTemplate(stack.tier, stack.name, stack.template, stack.parameters)
    outputs = stack.template.get("Outputs", {}).values()
    names = [
        literal(body["Export"].get("Name"), as_linked) for body in outputs if "Export" in body
    ]
    return {name for name in names if name}


def _log_group(environment: Environment, name: str) -> str | None:
    answer = environment.clients.logs.describe_log_groups(logGroupNamePrefix=name)
    if name not in {group["logGroupName"] for group in answer["logGroups"]}:
        return None
    return aws(environment, "logs", "delete-log-group", "--log-group-name", name)


def _instance(environment: Environment, name: str) -> str | None:
    if find_instance(environment, name) is None:
        return None
    words = "raise [database] generation"
    return environment.change_setting(environment.environment_file, words)


def _domain(environment: Environment, name: str) -> str | None:
    gateway = environment.clients.apigateway
    try:
        gateway.get_domain_name(domainName=name)
    except gateway.exceptions.NotFoundException:
        return None
    command = aws(environment, "apigateway", "delete-domain-name", "--domain-name", name)
    return f"if nothing uses it: {command}"


def _queue(environment: Environment, name: str) -> str | None:
    """A worker that left the settings left its queues; deleting one ends its messages."""
    client = environment.clients.sqs
    try:
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
    except client.exceptions.QueueDoesNotExist:
        return None
    command = aws(environment, "sqs", "delete-queue", "--queue-url", url)
    return f"if its messages may go: {command}"


# The steps that free the name of a resource; None if the name is free.
FIXED = {
    "AWS::Logs::LogGroup": _log_group,
    INSTANCE: _instance,
    "AWS::ApiGateway::DomainName": _domain,
    "AWS::SQS::Queue": _queue,
}
