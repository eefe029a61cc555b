"""VPC endpoints: their service, their type, and the subnets that they serve."""

import re
from fnmatch import fnmatch
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import text
from cfnlink.system.network import ENDPOINT, route_table_of
from cfnlink.system.resource import Resource

SERVICE_NAME = re.compile(r"com\.amazonaws\.(?:[a-z0-9-]+|\$\{[^{}]+\})\.([^${}]+)")


def endpoint_service(endpoint: Resource) -> str:
    """Return ecr.api for com.amazonaws.<region>.ecr.api, or nothing if it is unknown."""
    found = SERVICE_NAME.fullmatch(endpoint.text("ServiceName") or "")
    return found[1] if found else ""


def has_no_private_dns(endpoint: Resource) -> bool:
    """Whether an endpoint is known to have no private DNS, so that clients do not use it."""
    key = "PrivateDnsEnabled"
    return endpoint.is_missing(key) or endpoint.flag(key) is False


def endpoint_services(subnet: Resource) -> set[str]:
    """Return the services that endpoints offer to a subnet."""
    found: set[str] = set()
    for endpoint in subnet.system.of(ENDPOINT):
        if endpoint.get("VpcEndpointType") == "Interface":
            serves = not has_no_private_dns(endpoint)
        else:
            tables = endpoint.expression("RouteTableIds")
            serves = route_table_of(subnet) in endpoint.targets("RouteTableIds")
            serves = serves or (tables is not None and not isinstance(tables, list))
        found |= {endpoint_service(endpoint)} if serves else set()
    return found


def kind_of_endpoint(endpoint: Resource) -> str:
    """Return the type of an endpoint, Gateway by default."""
    kind = endpoint.get("VpcEndpointType")
    return "Gateway" if endpoint.is_missing("VpcEndpointType") else str(kind)


def misspelt_endpoint(endpoint: Resource) -> str | None:
    """Return the name that an endpoint means whose service does not exist."""
    names, name = facts("endpoints"), endpoint_service(endpoint)
    meant: str | None = names["lookalikes"].get(name)
    return meant if name not in names["interface"] else None


def plain_service(endpoint: Resource) -> str:
    """Return the name of an endpoint's service without its suffix for FIPS."""
    return endpoint_service(endpoint).removesuffix("-fips")


def is_listed(name: str) -> bool:
    """Whether AWS's list has a service of endpoints, or the service is one of an account."""
    names = facts("endpoints")
    known = names["interface"] + names["gateway"] + names["gateway_unsure"]
    cell = name.rstrip("0123456789-") in names["timestream_cells"]
    return not name or name in {*known, *names["lookalikes"]} or cell or "vpce-svc" in name


def may_hold_layers(allowed: Any) -> bool:
    """Whether a policy's resource may be ECR's bucket; true if it is unknown."""
    name = re.sub(r"\$\{[^{}]*\}", "*", text(allowed) or "*").rpartition(":::")[2]
    return fnmatch(
        "prod-us-east-1-starport-layer-bucket",
        re.sub(r"prod-[a-z]+(-[a-z]+)+-\d-", "prod-*-", name.partition("/")[0]),
    )
