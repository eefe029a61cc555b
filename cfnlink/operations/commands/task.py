"""Run a command once in the service's own image, such as a migration."""

from types import SimpleNamespace

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.service import deployed_service
from cfnlink.operations.task import one_off


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `task`."""
    service = deployed_service(environment)
    why = one_off(environment, service, service.definition, options.cmd)
    if why:
        message = f"{' '.join(options.cmd)} failed: {why}"
        raise CommandError(Exit.FAILED, message, environment.command("logs"))
    environment.report.say("done: it ended with 0")
    return Exit.DONE
