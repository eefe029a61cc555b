"""The stack policy, under which an update neither replaces nor deletes the database.

It hinders no deletion of the stack.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cfnlink.aws.catalogue import types
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.stacks import StackResource, resources
from cfnlink.system.resource import Body

ALLOW_ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def document(guarded: Iterable[str]) -> Body:
    """Return a stack policy under which some resources are neither replaced nor deleted."""
    names = [f"LogicalResourceId/{name}" for name in guarded]
    deny = {
        "Effect": "Deny",
        "Action": ["Update:Replace", "Update:Delete"],
        "Principal": "*",
        "Resource": names,
    }
    return {"Statement": [ALLOW_ALL, deny] if names else [ALLOW_ALL]}


@dataclass(frozen=True)
class StackPolicy:
    """The policy of one stack."""

    environment: Environment
    stack: Stack

    def guarded(self, there: Iterable[StackResource]) -> list[str]:
        """Return what the policy keeps: what the template holds, and what AWS still has."""
        kept = [name for name, row in types().items() if row.is_guarded]
        guarded = {each.logical_id for each in there if each.type in kept}
        return sorted({*self.stack.of_type(*kept), *guarded})

    def current(self) -> Body | None:
        """Return the policy at AWS; None if there is none."""
        client = self.environment.clients.cloudformation
        answer = client.get_stack_policy(StackName=self.stack.name)
        found: Body | None = json.loads(answer.get("StackPolicyBody") or "null")
        return found

    def set(self, policy: Body) -> None:
        """Set the policy at AWS."""
        self.environment.clients.cloudformation.set_stack_policy(
            StackName=self.stack.name, StackPolicyBody=json.dumps(policy)
        )

    @contextmanager
    def allowing(self, allowed: Iterable[str]) -> Iterator[None]:
        """Allow the replacement of some resources during the block.

        The next deployment closes the policy that a killed run left open.
        """
        current = self.current() if allowed else None
        if not current:
            yield
            return
        guarded = self.guarded(resources(self.environment, self.stack.name))
        self.set(document(name for name in guarded if name not in allowed))
        try:
            yield
        finally:
            self.set(current)
