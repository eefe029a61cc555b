"""What every look is given: the templates, and which of their stacks are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    all_exports,
    allowed_action,
    resources,
)
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
    _there: dict[str, set[str]] = field(default_factory=dict, init=False)
    """The logical ids that each deployed stack has at AWS, where they were asked for."""

    @property
    def system(self) -> System:
        """Return the linked system."""
        return self.environment.system

    @cached_property
    def exports(self) -> dict[str, str]:
        """Return every export of the region, and the name of its stack."""
        return all_exports(self.environment)

    def not_yet_deployed(self, *types: str) -> list[Resource]:
        """Return the resources of some types that the next deployment makes."""
        return self.missing(self.system.of(*types))

    def missing(self, resources: Iterable[Resource]) -> list[Resource]:
        """Return those of some resources that no stack has at AWS."""
        return [each for each in resources if not self._exists(each)]

    def _exists(self, resource: Resource) -> bool:
        """Whether a stack has a resource at AWS: a setting adds resources to a stack, too."""
        stack = resource.stack
        if not self.is_deployed(stack):
            return False
        if stack not in self._there:
            there = resources(self.environment, stack)
            self._there[stack] = {each.logical_id for each in there if each.id}
        return resource.logical_id in self._there[stack]

    def is_deployed(self, stack: str) -> bool:
        """Whether a stack came up."""
        return allowed_action(self.deployed.get(stack)) not in (
            StackAction.CREATE,
            StackAction.CLEAN,
        )
