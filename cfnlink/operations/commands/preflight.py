"""Run every check of what makes a deployment fail, and print the fixes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from types import SimpleNamespace

from cfnlink.operations.check import FAILED, Check, run_check, summary
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.preflight import CHECKS
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.operations.stacks import find

SIDE_BY_SIDE = 8


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """The command `preflight`; CommandError where something would make a deployment fail."""
    who = environment.clients.sts.get_caller_identity()
    environment.report.say(f"account {who['Account']}, {environment.region}, as {who['Arn']}")
    deployed = {stack.name: find(environment, stack.name) for stack in environment.stacks}
    tags = [
        environment.image_tag_of(stack.parameters, name)
        for name, stack in deployed.items()
        if stack
    ]
    runs = next((tag for tag in tags if tag), None)
    context = PreflightContext(environment, deployed, options.tag or runs, options.resolver)
    checks: list[Check] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for found in pool.map(lambda name: _look(context, name), CHECKS):
            for check in found:
                check.say(environment.report)
            checks += found
    environment.report.result(
        {
            "account": who["Account"],
            "region": environment.region,
            "checks": [asdict(check) for check in checks],
        }
    )
    failed = dict.fromkeys(check.name for check in checks if check.result == FAILED)
    if failed:
        message = f"a deployment of {environment.name} would fail: {', '.join(failed)}"
        raise CommandError(
            Exit.FAILED, message, f"when that is fixed: {environment.command_line}"
        )
    environment.report.say(f"A deployment of {environment.name} can begin: {summary(checks)}.")
    environment.report.next(environment.command("plan"))
    return Exit.DONE


def _look(context: PreflightContext, name: str) -> list[Check]:
    context.environment.report.working(name, "looking")
    try:
        return run_check(name, lambda: CHECKS[name](context))
    finally:
        context.environment.report.working(name)
