"""Change sets: what AWS would change in a stack."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError, WaiterError

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.causes import Cause, warnings_of
from cfnlink.operations.change_causes import properties_of, reasons_of, settled
from cfnlink.operations.changes import (
    ADDED,
    METADATA,
    RECREATED,
    REMOVED,
    RENEWED,
    SYNCED,
    Change,
    acts_on_metadata,
    against_context,
    described,
)
from cfnlink.operations.drift import drifts_of, notes
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit, one_line
from cfnlink.operations.express import STANDARD
from cfnlink.operations.operation_events import events_of_change_set
from cfnlink.operations.refused_change_set import refusal
from cfnlink.operations.shared import is_refusal
from cfnlink.operations.stacks import IN_REVIEW, DeployedStack, find, pauses
from cfnlink.system.replacement import CHANGED, MAYBE, REPLACED

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.literals import ChangeSetTypeType
    from mypy_boto3_cloudformation.type_defs import (
        CreateChangeSetInputTypeDef,
        DescribeChangeSetOutputTypeDef,
        ParameterTypeDef,
        ResourceChangeTypeDef,
        TagTypeDef,
    )

GONE = ("ChangeSetNotFound", "ChangeSetNotFoundException")
OLD_AFTER_SECONDS = 3600  # of a change set that no run executes any more
PLAN = "plan-"  # of one that is only read: the role of a plan makes and deletes no other
RELEASE = "release-"  # begins the name of a change set that changes the image alone
NOTHING = ("didn't contain changes", "No updates are to be performed")


class OvertakenError(CommandError):
    """Another run changed the stack after this run asked what to change."""

    def __init__(self, environment: Environment, stack: Stack) -> None:
        message = f"{stack.name} was changed from elsewhere in the meantime"
        super().__init__(Exit.BUSY, message, environment.command_line)


@contextmanager
def overtaken(environment: Environment, stack: Stack) -> Iterator[None]:
    """Raise OvertakenError if the change set that is asked for does not exist any more."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in GONE or "does not exist" in str(error):
            raise OvertakenError(environment, stack) from None
        raise


@dataclass(frozen=True)
class ChangeSet:
    """A change set that AWS accepted; creates: whether its stack does not exist yet.

    name: the token of its execution. id: its ARN, which alone says which one it is: another
    caller can delete it and make a different one under the same name.
    """

    environment: Environment
    stack: Stack
    name: str
    id: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a validation of AWS warns of, each with its line of Python."""

    @classmethod
    def create(
        cls,
        environment: Environment,
        stack: Stack,
        asked: "CreateChangeSetInputTypeDef",
    ) -> "ChangeSet | None":
        """Create a change set; return None if nothing changes."""
        name, creates = asked["ChangeSetName"], asked["ChangeSetType"] == "CREATE"
        created = cls(environment, stack, name, _made(environment, stack, asked), "", creates)
        try:
            found = created._wait()
            if found["Status"] != "FAILED":
                return created._read(found, with_values="DeploymentMode" in asked)
        except BaseException:
            created._forget()
            raise
        created._end_refused(found)
        return None

    def _read(
        self, found: "DescribeChangeSetOutputTypeDef", *, with_values: bool
    ) -> "ChangeSet":
        """Return it with the changes that AWS found; with_values: drift needs them."""
        paginator = self.environment.clients.cloudformation.get_paginator("describe_change_set")
        with overtaken(self.environment, self.stack):
            pages = paginator.paginate(
                StackName=self.stack.name,
                ChangeSetName=self.id,
                IncludePropertyValues=with_values,
            )
            changes = [each["ResourceChange"] for page in pages for each in page["Changes"]]
        return replace(
            self,
            stack_id=found["StackId"],
            changes=settled(_change(self.stack, each) for each in changes),
            warnings=(*_unread(self.stack, found), *self._warnings(found)),
        )

    def _forget(self) -> None:
        """Delete the change set after an error or an interruption, which stays the one told."""
        with suppress(*NO_ANSWER, ClientError, WaiterError):
            self.discard()

    def execute(self) -> None:
        """Execute the change set; after a lost answer it has already begun."""
        client = self.environment.clients.cloudformation
        self.environment.pause(0)  # after an interruption nothing begins
        with overtaken(self.environment, self.stack):
            try:
                client.execute_change_set(
                    StackName=self.stack.name,
                    ChangeSetName=self.id,
                    ClientRequestToken=self.name,
                )
            except client.exceptions.InvalidChangeSetStatusException:
                if not self._describe()["ExecutionStatus"].startswith("EXECUTE_"):
                    raise OvertakenError(self.environment, self.stack) from None

    def discard(self) -> None:
        """Delete the change set, and the empty stack that a first one leaves.

        Another run may have made a change set there, and deletion of the stack would take it
        away. So the stack stays unless all other change sets are old: a killed run left them.
        It also stays where the caller may delete no stack, and a line says so.
        """
        client = self.environment.clients.cloudformation
        begun = client.exceptions.InvalidChangeSetStatusException
        with suppress(OvertakenError, begun), overtaken(self.environment, self.stack):
            client.delete_change_set(StackName=self.stack.name, ChangeSetName=self.id)
        if self.creates and (stack_id := self._abandoned()):
            self._delete_stack(stack_id)

    def _delete_stack(self, stack_id: str) -> None:
        client = self.environment.clients.cloudformation
        try:
            client.delete_stack(StackName=stack_id)
        except ClientError as error:
            if not is_refusal(error):
                raise
            kept = "this role may not delete the empty stack; the next deployment creates it"
            self.environment.report.say(f"{self.stack.name}: {kept}")
            return
        client.get_waiter("stack_delete_complete").wait(
            StackName=stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )

    def _describe(self) -> "DescribeChangeSetOutputTypeDef":
        client = self.environment.clients.cloudformation
        return client.describe_change_set(StackName=self.stack.name, ChangeSetName=self.id)

    def _wait(self) -> "DescribeChangeSetOutputTypeDef":
        """Return the change set once AWS has made it or has failed to."""
        waits = pauses()
        while True:
            with overtaken(self.environment, self.stack):
                found = self._describe()
            if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                return found
            self.environment.pause(next(waits))

    def _end_refused(self, found: "DescribeChangeSetOutputTypeDef") -> None:
        """Discard a change set that AWS did not make. Raises CommandError if it was wrong."""
        error = None
        if not any(text in found.get("StatusReason", "") for text in NOTHING):
            error = refusal(self.environment, self.stack, found)
        replace(self, stack_id=found["StackId"]).discard()
        if error:
            raise error

    def _abandoned(self) -> str:
        """Return the stack's id if it is empty and no recent change set would create it."""
        now = find(self.environment, self.stack_id or self.stack.name)
        if now is None or now.status != IN_REVIEW:
            return ""
        paginator = self.environment.clients.cloudformation.get_paginator("list_change_sets")
        is_abandoned = all(
            (datetime.now(UTC) - each["CreationTime"]).total_seconds() > OLD_AFTER_SECONDS
            for page in paginator.paginate(StackName=now.name)
            for each in page["Summaries"]
        )
        return now.id if is_abandoned else ""

    def _warnings(self, found: "DescribeChangeSetOutputTypeDef") -> list[str]:
        """Return what AWS's validation warns of, a line each.

        Where AWS does not tell it, a line says so.
        """
        try:
            events = events_of_change_set(
                self.environment, self.stack.name, found["ChangeSetId"]
            )
        except (*NO_ANSWER, ClientError) as error:
            return [f"what AWS's validation found is not known: {one_line(error)}"]
        return [
            f"{cause.words()}{_written(self.stack, cause)}" for cause in warnings_of(events)
        ]


def _written(stack: Stack, cause: Cause) -> str:
    """Return where the Python of a cause is, as the end of a line."""
    place = cause.place(stack)
    return f"; written in {place.file}:{place.line}" if place else ""


def _made(environment: Environment, stack: Stack, asked: "CreateChangeSetInputTypeDef") -> str:
    """Create a change set; return its ARN."""
    client, name = environment.clients.cloudformation, asked["ChangeSetName"]
    try:
        return client.create_change_set(**asked)["Id"]
    except client.exceptions.AlreadyExistsException:  # an answer was lost: ours
        with overtaken(environment, stack):
            found = client.describe_change_set(StackName=stack.name, ChangeSetName=name)
        return found["ChangeSetId"]


def request(
    stack: Stack, deployed: DeployedStack | None, image_tag: str | None, otherwise: str = ""
) -> "CreateChangeSetInputTypeDef":
    """Return what a change set asks for: template, parameters, capabilities, tags.

    otherwise: the image tag of a stack that has none yet. Raises CommandError without one.
    """
    parameters: list[ParameterTypeDef] = []
    for name, body in stack.template.get("Parameters", {}).items():
        value = stack.parameters.get(name)
        if name == stack.image_tag and image_tag:
            value = image_tag
        if value is None and deployed and name in deployed.parameters:
            parameters.append({"ParameterKey": name, "UsePreviousValue": True})
            continue
        if value is None and "Default" in body:
            continue
        if value is None and name == stack.image_tag:
            value = otherwise
        if value is None or (value == "" and "Default" not in body):
            message = f"{stack.name}: its parameter {name} has no value yet"
            step = "" if name == stack.image_tag else "give it a value in the manifest"
            raise CommandError(Exit.UNUSABLE, message, step)
        parameters.append({"ParameterKey": name, "ParameterValue": str(value)})
    asked: CreateChangeSetInputTypeDef = {
        **_named(stack, "UPDATE" if deployed else "CREATE"),
        "TemplateBody": stack.body,
        "Parameters": parameters,
        "Capabilities": stack.capabilities,
        "Tags": _tags(stack.tags),
    }
    return _in_mode(asked, deployed)


def request_tag(
    stack: Stack,
    deployed: DeployedStack,
    image_tag: str,
    others: Mapping[str, str] = MappingProxyType({}),
) -> "CreateChangeSetInputTypeDef":
    """Return what a change set of a release asks for: only the image's tag changes.

    others: parameters that change with it.
    """
    new = {str(stack.image_tag): image_tag, **others}
    return request_values(stack, deployed, new, RELEASE)


def request_values(
    stack: Stack, deployed: DeployedStack, new: Mapping[str, str], begin: str = "operations-"
) -> "CreateChangeSetInputTypeDef":
    """Return what a change set asks for that changes nothing but some parameters.

    new: their values. begin: of the change set's name.
    """
    kept: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in deployed.parameters
        if name not in new
    ]
    changed: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in new.items()
    ]
    asked: CreateChangeSetInputTypeDef = {
        **_named(stack, "UPDATE", begin),
        "UsePreviousTemplate": True,
        "Parameters": [*kept, *changed],
        "Capabilities": stack.capabilities,
        "Tags": _tags(deployed.tags),
    }
    return _in_mode(asked, deployed)


def renamed(
    stack: Stack, asked: "CreateChangeSetInputTypeDef", begin: str = ""
) -> "CreateChangeSetInputTypeDef":
    """Return the same under a new name: AWS takes the token of one before for a repetition.

    begin: begins the new name, in place of the beginning before.
    """
    before = asked["ChangeSetName"].partition("-")[0]
    return {**asked, **_named(stack, asked["ChangeSetType"], begin or f"{before}-")}


def _named(
    stack: Stack, kind: "ChangeSetTypeType", begin: str = "operations-"
) -> "CreateChangeSetInputTypeDef":
    """Return a new name of a change set, which is its token, too."""
    name = f"{begin}{uuid4().hex}"
    return {
        "StackName": stack.name,
        "ChangeSetName": name,
        "ClientToken": name,
        "ChangeSetType": kind,
    }


def _unread(stack: Stack, found: "DescribeChangeSetOutputTypeDef") -> Iterator[str]:
    """Yield a warning where AWS could not read the actual state of every resource."""
    if found.get("StackDriftStatus") == "UNKNOWN":
        yield f"{stack.name}: AWS could not read of every resource whether it was changed"


def _in_mode(
    asked: "CreateChangeSetInputTypeDef", deployed: DeployedStack | None
) -> "CreateChangeSetInputTypeDef":
    """Return what ends the express mode of the last update, if it was one."""
    if deployed and deployed.is_express:
        asked["DeploymentConfig"] = STANDARD
    return asked


def _tags(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _change(stack: Stack, found: "ResourceChangeTypeDef") -> Change:
    """Return one change of a change set without its values, which may be secret."""
    kind, action = found["ResourceType"], found["Action"]
    body = stack.template["Resources"].get(found["LogicalResourceId"], {})
    properties = properties_of(found.get("Details", []), body)
    kinds = {"Add": ADDED, "Import": ADDED, "Remove": REMOVED, "SyncWithActual": SYNCED}
    how = kinds.get(action, CHANGED)
    if action == "Modify":
        replacement = found.get("Replacement", "False")
        how = {"True": REPLACED, "Conditional": MAYBE}.get(replacement, CHANGED)
    if action == "Dynamic":
        how = MAYBE
    if resource_type(kind).is_renewed and how in (REPLACED, MAYBE):
        how = RENEWED
    drifts = tuple(drifts_of(found))
    told = [*notes(drifts), acts_on_metadata(body) if METADATA in properties else ""]
    told.append(against_context(how, body, properties))
    if found.get("ResourceDriftStatus") == "DELETED" and how != REMOVED:
        how, told = RECREATED, ["it was deleted outside CloudFormation"]
    names = found["LogicalResourceId"], kind, how, properties
    causes = reasons_of(found.get("Details", []))
    change = Change(stack.name, stack.tier, *names, causes=causes, drifts=drifts)
    note = "; ".join(filter(None, told))
    return described(change, found.get("PolicyAction", ""), note)
