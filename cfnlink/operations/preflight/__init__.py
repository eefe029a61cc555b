"""What makes a first deployment fail: a check for each cause, with the commands that fix it."""

from collections.abc import Callable, Iterator

from cfnlink.operations.check import Found
from cfnlink.operations.database import psql_mirrored
from cfnlink.operations.default_endpoint import second_addresses
from cfnlink.operations.image import image
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
from cfnlink.operations.subscribers import subscribers

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
