"""What every look is given: the templates, and which of their stacks are there."""

from collections.abc import Mapping
from dataclasses import dataclass

from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import DeployedStack, StackAction, allowed_action
from cfnlink.system.resource import Resource, System


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

    @property
    def system(self) -> System:
        """Return the linked system."""
        return self.environment.system

    def not_yet_deployed(self, *types: str) -> list[Resource]:
        """Return the resources of some types that the next deployment makes."""
        return [each for each in self.system.of(*types) if not self.is_deployed(each.stack)]

    def is_deployed(self, stack: str) -> bool:
        """Whether a stack came up."""
        return allowed_action(self.deployed.get(stack)) not in (
            StackAction.CREATE,
            StackAction.CLEAN,
        )
