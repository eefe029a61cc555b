"""The ARNs of a role's own resources, by AWS's names or by tags."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from cfnlink.aws.catalogue import resource_type
from cfnlink.aws.resource_type import Arn, ResourceType
from cfnlink.operations import aws_reference as aws
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.lease import parameter
from cfnlink.operations.names import exact, patterns, tells_the_stack
from cfnlink.operations.template_values import TemplateValues
from cfnlink.system.resource import Resource

AT_CREATION, AFTERWARDS, UNCERTAIN = "at creation", "afterwards", "uncertain"
NO_TAGS_COMPARED = "AWS compares no tags of this kind of resource: they reach all of it"
# The actions of API Gateway are HTTP verbs: the path alone says what they meet.
BY_PATH = "apigateway"


@dataclass(frozen=True)
class Form:
    """ARNs of one kind of resource, and how a policy distinguishes them from others'.

    named: by a name that only our stacks give. tagged: when their tags come. wide: why no
    name or tag shows the owner. ours: the role may change them, and not only read.
    """

    service: str
    kind: str
    ends: tuple[str, ...]
    named: bool = False
    tagged: str = AT_CREATION
    wide: str = ""
    ours: bool = True

    def takes(self, action: str) -> bool:
        """Return whether an action can be allowed on it."""
        same = aws.service_of(action) == self.service
        return same and (self.service == BY_PATH or self.kind in aws.kinds(action))


@dataclass(frozen=True)
class Forms:
    """The forms of the resources of some stacks, and of the shared stack for reading."""

    environment: Environment
    stacks: tuple[Stack, ...]
    values: TemplateValues

    @cached_property
    def all(self) -> list[Form]:
        """Return every form once, with equal ones merged."""
        found: dict[Form, dict[str, None]] = {}
        for form in (*self._of_stacks(), *self._of_resources()):
            ends = found.setdefault(replace(form, ends=()), {})
            ends.update(dict.fromkeys(form.ends))
        return [replace(form, ends=tuple(ends)) for form, ends in found.items()]

    def of_reference(self, action: str, resources: Iterable[Resource]) -> Iterator[Form]:
        """Return the forms that the reference gives, for types without a row."""
        service = aws.service_of(action)
        for tagged in dict.fromkeys(
            self._tagged(each, ResourceType(type="")) for each in resources
        ):
            for kind in aws.kinds(action):
                compared = aws.takes_tags(service, kind)
                wide = "" if compared else NO_TAGS_COMPARED
                yield Form(service, kind, (aws.any_id(service, kind),), False, tagged, wide)

    def collections(self, service: str, types: Iterable[str]) -> tuple[str, ...]:
        """Return the ARNs on which AWS authorizes the creation of some types."""
        return tuple(
            aws.arn(service, kind, end)
            for each in sorted({*types})
            for kind, end in resource_type(each).created_in.items()
            if resource_type(each).iam_service == service
        )

    def _of_stacks(self) -> Iterator[Form]:
        """Return the stacks, their change sets, and the lease of a deployment."""
        service = "cloudformation"
        for stack in self.environment.stacks:
            ours = stack in self.stacks
            if ours or stack.is_shared:
                yield Form(service, "stack", (f"stack/{stack.name}/*",), named=True, ours=ours)
        if self.environment.project and not self._is_shared:
            mine = (
                f"{self.environment.project}-{self.environment.name}"  # left by other settings
            )
            yield Form(service, "stack", (f"stack/{mine}-*/*",), named=True, ours=False)
        # Whether a change set carries the stack's tags is not verified.
        yield Form(service, "changeset", ("changeSet/*",), tagged=UNCERTAIN)
        lease = parameter(replace(self.environment, stacks=self.stacks))
        yield Form("ssm", "parameter", (f"parameter{lease}",), named=True)

    @property
    def _is_shared(self) -> bool:
        return all(stack.is_shared for stack in self.stacks)

    def _of_resources(self) -> Iterator[Form]:
        own = {stack.name for stack in self.stacks}
        shared = {stack.name for stack in self.environment.stacks if stack.is_shared}
        for resource in self.environment.system.resources.values():
            if resource.stack in own | shared:
                row = resource_type(resource.type)
                ours = resource.stack in own and not self._is_boundary(resource)
                for key, arn in row.arns.items():
                    yield replace(self._form(resource, row, key, arn), ours=ours)

    def _is_boundary(self, resource: Resource) -> bool:
        """Whether a resource is the permissions boundary, which no deploy role writes."""
        return resource.name in self.values.boundary_ids

    def _form(self, resource: Resource, row: ResourceType, key: str, arn: Arn) -> Form:
        service, _, name = key.rpartition(":")
        service = service or row.iam_service
        end = arn.arn or aws.any_id(service, name)
        stated = resource.properties.get(row.named_by)
        known = resource.stack, resource.logical_id, stated
        ends = {
            "{name}": lambda: patterns(row, *known),
            "{exact}": lambda: exact(row, *known),
            "{stack}": lambda: [resource.stack],
            "{zone}": lambda: [*self.values.zones],
        }
        word = next((word for word in ends if word in end), "")
        filled = [end.replace(word, each) for each in ends[word]()] if word else [end]
        named = {
            "{exact}": True,
            "{stack}": True,
            "{name}": tells_the_stack(row, stated),
            "{zone}": "*" not in self.values.zones,
        }.get(word, False)
        wide = "" if named else arn.wide
        if not named and not wide and not aws.takes_tags(service, name):
            wide = NO_TAGS_COMPARED
        tagged = self._tagged(resource, row)
        tidy = tuple(each.replace("**", "*") for each in filled)
        return Form(service, name, tidy, named, tagged, wide)

    def _tagged(self, resource: Resource, row: ResourceType) -> str:
        """Return when the tags of a resource come."""
        if row.tagged != "as the schema says":
            return row.tagged
        schema = aws.schema(self.environment.region, resource.type)
        if schema is None or not schema.taggable:
            return UNCERTAIN
        return AT_CREATION if schema.at_creation else AFTERWARDS
