"""What every look is given: the templates, and which of their stacks are there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import DeployedStack, StackAction, allowed_action
from cfnlink.system.resource import Body, Resource


@dataclass(frozen=True)
class PreflightContext:
    """An environment before a deployment.

    deployed: each stack as AWS has it. image_tag: the one to deploy, or the one that runs.
    resolver: HOST:PORT of the DNS server to ask, where it is not that of the machine.
    """

    environment: Environment
    deployed: Mapping[str, DeployedStack | None]
    image_tag: str | None = None
    resolver: str | None = None

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of some types, linked."""
        for resource in self.environment.system.resources.values():
            if resource.body.get("Type") in types:
                yield resource

    def not_yet_deployed(self, *types: str) -> list[Resource]:
        """Those that the next deployment makes, since their stack is not there."""
        return [each for each in self.of_type(*types) if not self.is_deployed(each.stack)]

    def is_deployed(self, stack: str) -> bool:
        """Whether a stack came up."""
        return allowed_action(self.deployed.get(stack)) not in (
            StackAction.CREATE,
            StackAction.CLEAN,
        )


def properties(resource: Resource) -> Body:
    """The properties of a resource, linked."""
    found = resource.body.get("Properties")
    return found if isinstance(found, dict) else {}
