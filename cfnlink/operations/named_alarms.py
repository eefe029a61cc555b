"""The names of the alarms with which ECS deploys a service, changed without a deployment.

A new deployment begins with another task definition, not with other alarms.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
"""

from cfnlink.operations.change_set import ChangeSet, request_values
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.stack_deployment import StackDeployment
from cfnlink.operations.watching import Watch
from cfnlink.system.parts import Part

AGAIN = "alarms can take a bad deployment back again"
NONE = "no alarm can take its next deployment back"


def name_alarms(environment: Environment, stack: Stack, names: str) -> str:
    """Give a stack these names of alarms, and change nothing else; return those before.

    names: as the parameter has them; empty where no alarm may take a deployment back. A stack
    without the parameter stays, and has none before. Raises CommandError.
    """
    parameter = stack.parts.get(Part.DEPLOYMENT_ALARMS, "")
    deployment = StackDeployment(environment, stack)
    deployed = deployment.prepare() if parameter else None
    if deployed is None or parameter not in deployed.parameters:
        return ""
    before = deployed.parameters[parameter]
    if before != names:
        asked = request_values(stack, deployed, {parameter: names})
        asked["RollbackConfiguration"] = Watch(stack.name).configuration
        environment.report.say(f"{stack.name}: {AGAIN if names else NONE}")
        if change_set := ChangeSet.create(environment, stack, asked):
            deployment.execute(change_set)
    return before
