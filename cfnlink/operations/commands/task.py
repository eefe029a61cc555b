"""Run a command once in the service's own image, such as a migration, or a job now."""

from types import SimpleNamespace

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.jobs import run_job
from cfnlink.operations.service import deployed_service
from cfnlink.operations.task import one_off


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `task`."""
    if options.job:
        return _job(environment, options.job)
    service = deployed_service(environment)
    why = one_off(environment, service, service.definition, options.cmd)
    if why:
        message = f"{' '.join(options.cmd)} failed: {why}"
        raise CommandError(Exit.FAILED, message, environment.command("logs"))
    environment.report.say("done: it ended with 0")
    return Exit.DONE


def _job(environment: Environment, name: str) -> Exit:
    why = run_job(environment, name)
    if why:
        logs = environment.command("logs", job=name)
        raise CommandError(Exit.FAILED, f"the job {name} failed: {why}", logs)
    environment.report.say(f"done: the job {name} ended with 0")
    return Exit.DONE
