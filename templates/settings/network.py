"""Settings of the network."""

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import Field

from templates.settings.values import Section, ZoneId


def _subnets_of(network: IPv4Network, index: int) -> tuple[IPv4Network, IPv4Network]:
    """Return two neighbouring subnets, an eighth of the network or a /24, whichever
    is smaller."""
    prefix = min(max(network.prefixlen + 3, 24), 28)
    size = 1 << (32 - prefix)
    first = int(network.network_address) + 2 * index * size
    return IPv4Network((first, prefix)), IPv4Network((first + size, prefix))


def _default_subnets(index: int) -> Any:
    """Return a default that follows the network's own range, if that is valid."""
    return Field(
        default_factory=lambda data: _subnets_of(
            data.get("cidr", IPv4Network("10.0.0.0/16")), index
        )
    )


class NetworkSettings(Section):
    """The VPC, its two zones, and the way out of it."""

    zones: tuple[ZoneId, ZoneId]
    """Two availability zones by id, the same in every account. They and the ranges
    below cannot change."""
    cidr: IPv4Network = IPv4Network("10.0.0.0/16")
    """The range of the VPC, /16 to /24."""
    public_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(0)
    """One public subnet for each zone."""
    private_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(1)
    """One private subnet for each zone: load balancer, VPC link, tasks behind a NAT."""
    database_cidrs: tuple[IPv4Network, IPv4Network] = _default_subnets(2)
    """One subnet for each zone, without a route out."""
    egress: Literal["public-ip", "nat", "endpoints"] = "public-ip"
    """How tasks reach AWS: public-ip is the cheapest, nat hides them, endpoints isolate."""
    nat_gateways: Annotated[int, Field(ge=1, le=2)] = 1
    """With egress nat: one for both zones, or one for each."""
