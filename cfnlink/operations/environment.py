"""The environment of a command: a folder of stacks, linked, AWS's clients, and the reporter."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.next_command import CommandLine, build, change_setting, lint
from cfnlink.operations.clients import Clients
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.reporter import Reporter
from cfnlink.operations.timetable import Timetable
from cfnlink.system.folder import Folder, read
from cfnlink.system.link import StackTemplate, link, system_id
from cfnlink.system.parameter_values import VALUELESS
from cfnlink.system.parts import Part
from cfnlink.system.resource import Body, System

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.literals import CapabilityType

    from cfnlink.cost.bill import Bill

SERVICE, STAGE = "AWS::ECS::Service", "AWS::ApiGateway::Stage"


@dataclass(frozen=True)
class Stack:
    """A stack of the manifest in its expected state."""

    tier: str
    name: str
    template: Body
    body: str
    capabilities: list["CapabilityType"]
    tags: dict[str, str]
    parameters: Body
    source: Path | None
    parts: Mapping[str, str] = field(default_factory=dict)
    """The logical id of each part in this stack."""
    is_shared: bool = False
    """Whether all environments share it: it comes first, and `destroy` leaves it."""

    @property
    def image_tag(self) -> str | None:
        """Return the parameter with the image's tag, which a release changes, if any."""
        return self.parts.get(Part.IMAGE_TAG)

    def of_type(self, *types: str) -> dict[str, Body]:
        """Return the properties of its resources of some types, by logical id."""
        return {
            name: body.get("Properties", {})
            for name, body in self.template["Resources"].items()
            if body.get("Type") in types
        }

    def takes(self, parameter: str) -> bool:
        """Whether its template has a parameter."""
        return parameter in self.template.get("Parameters", {})


@dataclass(frozen=True)
class Environment:
    """What a command works on.

    folder: the output folder. system: its linked stacks. stacks: in the manifest's order.
    clients: AWS's, for the region of the folder. report: says what the command does. typed:
    the command that was typed. stopping: is set when the command is to end. timetable: how far
    its stacks are.
    """

    folder: Folder
    system: System
    stacks: tuple[Stack, ...]
    clients: Clients
    report: Reporter
    typed: CommandLine
    stopping: Event = field(default_factory=Event)
    timetable: Timetable = field(default_factory=Timetable)

    @property
    def project(self) -> str:
        """Return the project's name."""
        return str(self.folder.manifest.get("project", ""))

    @property
    def environment_file(self) -> str:
        """Return the settings file of this environment."""
        return f"environments/{self.name}.toml"

    @property
    def name(self) -> str:
        """Return the environment's name; that of the folder if the manifest has none."""
        return str(self.folder.manifest.get("environment") or self.folder.path.resolve().name)

    @property
    def region(self) -> str:
        """Return the region of all its stacks."""
        return self.folder.region

    @property
    def own_stacks(self) -> tuple[Stack, ...]:
        """Return its stacks without the one that all environments share."""
        return tuple(stack for stack in self.stacks if not stack.is_shared)

    @property
    def shared_tier(self) -> str | None:
        """Return the tier of the stack that all environments share, if any."""
        return next((stack.tier for stack in self.stacks if stack.is_shared), None)

    @property
    def command_line(self) -> str:
        """Return the command that was typed, with all its options."""
        return str(self.typed)

    def command_line_with(self, **changes: object) -> str:
        """Return the command that was typed, with other options."""
        return self.command(self.typed.name, **changes)

    def command(self, name: str, **changes: object) -> str:
        """Return a command of this tool for this folder, with the typed options that
        it shares."""
        return str(self.typed.to(name, **changes))

    def proof(self) -> str:
        """Return the command that shows whether a change works."""
        return self.command("smoke" if Part.SMOKE_KEY in self.system.parts else "status")

    def build(self) -> str:
        """Return the command that writes the folder from its settings."""
        return build(self.folder.path)

    def change_setting(self, file: str, words: str) -> str:
        """Return the steps that change a file of the settings, and build."""
        return change_setting(self.folder.path, file, words)

    @property
    def emulated(self) -> bool:
        """Whether AWS_ENDPOINT_URL names an emulator."""
        from cfnlink.operations.session import suffixes  # noqa: PLC0415 (as above)

        host = urlsplit(str(self.clients.cloudformation.meta.endpoint_url)).hostname or ""
        return not host.endswith(suffixes())

    def pause(self, seconds: float) -> None:
        """Wait; an interruption ends it."""
        if self.stopping.wait(seconds):
            raise CommandError(Exit.INTERRUPTED, "interrupted")

    def stack(self, name: str) -> Stack:
        """Return the stack with a name."""
        return next(stack for stack in self.stacks if stack.name == name)

    def stack_with(self, part: Part) -> Stack:
        """Return the stack that has a part. Raises CommandError."""
        for stack in self.stacks:
            if part in stack.parts:
                return stack
        raise self.without(part)

    def without(self, part: Part) -> CommandError:
        """Return the error of a manifest that does not name a part."""
        file = self.folder.path / "manifest.json"
        expected = f"expected TIER.LOGICAL_ID of {part.meaning}"
        message = f'{file} names no {part} in "parts"; {expected}'
        return CommandError(Exit.UNUSABLE, message, self.build())

    def image_tag_of(self, deployed: Mapping[str, str], name: str) -> str | None:
        """Return the image's tag in the deployed parameters of a stack, if it has one."""
        return deployed.get(self.stack(name).image_tag or "")

    @cached_property
    def bill(self) -> "Bill":
        """Return what it costs a month."""
        from cfnlink.cost.bill import bill_of  # noqa: PLC0415 (few commands need it)

        return bill_of(self.folder)

    def imports(self, stack: Stack) -> set[str]:
        """Return the exports that a stack reads."""
        return {link.export for link in self.system.links if self._reads(stack, link.consumer)}

    def needs(self, stack: Stack) -> set[str]:
        """The stacks that come before one: whose exports it reads, and the shared one.

        Before a stack that lets requests in comes the service that answers them: between the
        two a deployment gives the service a database user of its own.
        """
        names = self._producers(stack)
        if stack.of_type(STAGE):
            names |= {
                service.name
                for service in self.stacks
                if service.of_type(SERVICE) and not self._comes_after(service, stack)
            }
        return names - {stack.name}

    def _comes_after(self, stack: Stack, other: Stack) -> bool:
        """Whether a stack reads exports of another one, or of one that does."""
        names = self._producers(stack)
        return other.name in names or any(
            self._comes_after(each, other) for each in self.stacks if each.name in names
        )

    def _producers(self, stack: Stack) -> set[str]:
        names = {other.name for other in self.stacks if other.is_shared}
        for each in self.system.links:
            if self._reads(stack, each.consumer):
                producer = self.system.resources.get(each.producer)
                names.add(producer.stack if producer else each.producer)
        return names - {stack.name}

    def only(self, tier: str) -> "Environment":
        """Return it with only one stack and those that it needs. Raises CommandError."""
        wanted = {stack.name for stack in self.stacks if stack.tier == tier}
        if not wanted:
            tiers = ", ".join(stack.tier for stack in self.stacks)
            message = f"{tier} is no tier of {self.folder.path}: expected one of {tiers}"
            raise CommandError(
                Exit.UNUSABLE, message, self.command_line_with(only=self.stacks[0].tier)
            )
        for stack in reversed(self.stacks):
            if stack.name in wanted:
                wanted |= self.needs(stack)
        return replace(self, stacks=tuple(s for s in self.stacks if s.name in wanted))

    def _reads(self, stack: Stack, consumer: str) -> bool:
        known = self.system.resources.get(consumer)
        if known:
            return known.stack == stack.name
        outputs = stack.template.get("Outputs", {})
        return consumer in {system_id(stack.tier, name) for name in outputs}


def open_environment(
    path: Path, typed: CommandLine | None = None, report: Reporter | None = None
) -> Environment:
    """Read and link a folder for the command that was typed; asks AWS nothing.

    The reporter asks for the code of a profile that needs one. Raises UnusableError or
    CommandError.
    """
    from cfnlink.operations.session import session  # noqa: PLC0415 (half a second; --help needs none)

    folder = read(path)
    templates = folder.stacks()
    system = link(templates, folder.known)
    for problem in system.problems:
        if problem.code.startswith("E") and problem.code != VALUELESS:
            message = f"{problem.stack}: {problem.message}"
            raise CommandError(Exit.UNUSABLE, message, lint(path))
    if folder.manifest.get("generator") and not folder.says_what_is_shared:
        message = (
            f"{folder.path / 'manifest.json'} is older than this tool: it does not say which "
            'stack all environments share; expected "shared": true or false for each stack'
        )
        raise CommandError(Exit.UNUSABLE, message, build(path))
    parsed = {stack.tier: stack for stack in templates}
    stacks = tuple(
        _expected(folder, entry, parsed[entry["tier"]]) for entry in folder.manifest["stacks"]
    )
    report = report or Reporter()
    clients = Clients(session(folder.region, report.ask_mfa_code))
    typed = typed or CommandLine("deploy", path)
    return Environment(folder, system, stacks, clients, report, typed)


def _expected(folder: Folder, entry: Body, parsed: StackTemplate) -> Stack:
    """Return a stack of the manifest. Raises CommandError for a template that is too long."""
    tier = entry["tier"]
    file = folder.files[tier]
    if len(file.content) > LARGEST_BODY_BYTES:
        size = f"{len(file.content):,} bytes; CloudFormation takes {LARGEST_BODY_BYTES:,}"
        raise CommandError(Exit.UNUSABLE, f"{file.path}: {size}", lint(folder.path))
    return Stack(
        tier=tier,
        name=entry["name"],
        template=parsed.template,
        body=file.content.decode("utf-8-sig"),
        capabilities=list(entry.get("capabilities") or []),
        tags=dict(entry.get("tags") or {}),
        parameters=dict(entry.get("parameters") or {}),
        source=folder.source(tier),
        parts=parsed.parts,
        is_shared=bool(entry.get("shared")),
    )
