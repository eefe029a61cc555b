"""Look at all that makes a first deployment fail, and say how to fix it."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from cfnlink.operations.check import FAILED, Check, Found, run_check, summary
from cfnlink.operations.database import psql_mirrored
from cfnlink.operations.default_endpoint import second_addresses
from cfnlink.operations.environment import IMAGE_TAG, Environment
from cfnlink.operations.image import image
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.preflight import (
    availability,
    budget,
    names,
    quotas,
    roles,
    secrets,
    sources,
    zones,
)
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.operations.stacks import find
from cfnlink.operations.subscribers import subscribers

SIDE_BY_SIDE = 8
# What is looked at; a look that finds nothing of its kind in the templates says nothing.
CHECKS: dict[str, Callable[[PreflightContext], Iterator[Found]]] = {
    "service-linked roles": roles.linked,
    "API Gateway's log role": roles.log_role,
    "secrets": lambda context: secrets.outside_secrets(context.environment),
    "image": lambda context: image(context.environment, context.image_tag),
    "psql": lambda context: psql_mirrored(context.environment),
    "hosted zone": zones.hosted_zones,
    "certificate": zones.certificates,
    "VPCs": quotas.vpcs,
    "addresses": quotas.addresses,
    "VPC links": quotas.vpc_links,
    "vCPU": quotas.vcpu,
    "zones": availability.availability_zones,
    "engine version": availability.engine_versions,
    "database source": sources.database_sources,
    "stacks": names.stacks,
    "exports": names.exports,
    "exports in use": names.exports_in_use,
    "names": names.physical_names,
    "integration timeout": quotas.integration_timeout,
    "alarms": lambda context: subscribers(context.environment),
    "address": lambda context: second_addresses(context.environment),
    "budget": budget.tag_is_active,
}


def run(environment: Environment, options: Namespace) -> Exit:
    """The command `preflight`; CommandError where something would make a deployment fail."""
    who = environment.clients.sts.get_caller_identity()
    environment.report.say(f"account {who['Account']}, {environment.region}, as {who['Arn']}")
    deployed = {stack.name: find(environment, stack.name) for stack in environment.stacks}
    tags = [stack.parameters.get(IMAGE_TAG) for stack in deployed.values() if stack]
    runs = next((tag for tag in tags if tag), None)
    context = PreflightContext(environment, deployed, options.tag or runs, options.resolver)
    checks: list[Check] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for found in pool.map(lambda name: _look(context, name), CHECKS):
            for check in found:
                environment.report.say(check.text())
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
