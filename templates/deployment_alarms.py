"""Alarms that take a bad deployment of the service back, once they exist.

The stack of the alarms reads the stack of the service and comes after it. So the service takes
their names as text, from a parameter that is empty at first: see
docs/decisions/0003-one-parameter.md.
"""

from typing import Any

from troposphere import Equals, If, Not, NoValue, Parameter, Split, ecs

from templates.settings import ServiceSettings
from templates.stack import Stack

HAS_ALARMS = "HasDeploymentAlarms"


def add_deployment_alarms(stack: Stack, service: ServiceSettings) -> dict[str, Any]:
    """Add the parameter; return the properties of a deployment with the alarms that it names.

    ECS begins to watch with the first new task, and goes on for the bake time after the last
    one. Without alarms the properties say so, because ECS keeps what an update leaves out.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    https://github.com/aws/copilot-cli/pull/4565
    """
    names = stack.template.add_parameter(_parameter())
    stack.template.add_condition(HAS_ALARMS, Not(Equals(names.ref(), "")))
    stack.name_parts(deployment_alarms=names)
    watched = ecs.DeploymentAlarms(
        AlarmNames=Split(",", names.ref()), Enable=True, Rollback=True
    )
    unwatched = ecs.DeploymentAlarms(AlarmNames=[], Enable=False, Rollback=False)
    minutes = service.bake_minutes
    return {
        "Alarms": If(HAS_ALARMS, watched, unwatched),
        "BakeTimeInMinutes": (
            minutes if service.shifts_requests else If(HAS_ALARMS, minutes, NoValue)
        ),
    }


def _parameter() -> Parameter:
    return Parameter(
        "DeploymentAlarms",
        Type="String",
        Default="",
        Description="Names, with commas, of the alarms that take a bad deployment back.",
    )
