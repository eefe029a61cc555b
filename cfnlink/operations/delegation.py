"""Whether public DNS leads to a hosted zone: a certificate waits until it does.

ACM looks for its record in public DNS, and CloudFormation waits for ACM:
https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-certificatemanager-certificate.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cfnlink.operations.aws_cli import aws_global
from cfnlink.operations.check import FAILED, OK, WARNING, Found
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.stacks import GOOD, physical, resources
from cfnlink.system.resource import Resource

if TYPE_CHECKING:
    from dns.resolver import NoNameservers

CERTIFICATE = "AWS::CertificateManager::Certificate"
TIMEOUT_SECONDS = 5.0
# Route 53 Domains has one endpoint: https://docs.aws.amazon.com/general/latest/gr/r53.html
REGISTRAR_REGION = "us-east-1"
SKIPPED = "not asked, since public DNS does not know the zones of an emulator"
LOCAL_RESOLVER = "127.0.0.1:53"


@dataclass(frozen=True)
class Zone:
    """A hosted zone: its name servers in Route 53, and those in public DNS."""

    id: str
    name: str
    name_servers: frozenset[str]
    public: frozenset[str]

    @property
    def delegated(self) -> bool:
        """Whether public DNS has the zone's name servers."""
        return self.public == self.name_servers

    def says(self) -> str:
        """Return what public DNS answers."""
        there = ", ".join(sorted(self.public)) or "no name server"
        return f"public DNS leads to {there} for {self.name}"

    def fix(self) -> str:
        """Return the name servers for the registrar, and its command if Route 53 is
        the registrar."""
        servers = sorted(self.name_servers)
        command = aws_global(
            *("route53domains", "update-domain-nameservers", "--domain-name", self.name),
            *("--nameservers", *(f"Name={server}" for server in servers)),
            *("--region", REGISTRAR_REGION),
        )
        return (
            f"set the name servers at the registrar of {self.name}: {' '.join(servers)}\n"
            f"if the registrar is Route 53: {command}\n"
            f"wait until public DNS answers with them: dig +short NS {self.name}"
        )


def delegated(
    environment: Environment, certificates: Iterable[Resource], resolver: str | None
) -> Iterator[Found]:
    """Yield whether public DNS leads to the zones that validate certificates."""
    ids = {found for each in certificates for found in zone_ids(environment, each)}
    for zone_id in sorted(ids):
        if environment.emulated and not resolver:
            step = environment.command_line_with(resolver=LOCAL_RESOLVER)
            yield WARNING, SKIPPED, f"to ask a DNS server of yours: {step}"
            continue
        route53 = environment.clients.route53
        try:
            found = zone(environment, zone_id, resolver)
        except (route53.exceptions.NoSuchHostedZone, route53.exceptions.InvalidInput):
            says = f"the account has no hosted zone {zone_id}"
            yield FAILED, says, aws_global("route53", "list-hosted-zones")
            continue
        yield (OK, found.says()) if found.delegated else (FAILED, found.says(), found.fix())


def to_make(environment: Environment, stack: Stack) -> list[Resource]:
    """Return the certificates that a stack does not have yet, or not completely."""
    wanted = of_stack(environment, stack)
    there = resources(environment, stack.name) if wanted else []
    made = {each.logical_id for each in there if each.status in GOOD}
    return [each for each in wanted if each.logical_id not in made]


def of_stack(environment: Environment, stack: Stack) -> list[Resource]:
    """Return the certificates of a stack that a DNS record validates."""
    return [
        certificate
        for certificate in environment.system.of(CERTIFICATE)
        if certificate.stack == stack.name and certificate.get("ValidationMethod") == "DNS"
    ]


def zone_ids(environment: Environment, certificate: Resource) -> Iterator[str]:
    """The hosted zones that validate a certificate, but for those that are still to be made."""
    for zone in certificate_zones(certificate):
        if isinstance(zone, str):
            yield zone
        elif zone_id := physical(environment, zone.stack, zone.logical_id):
            yield zone_id


def certificate_zones(certificate: Resource) -> Iterator[str | Resource]:
    """Return the hosted zones that validate a certificate: an id, or a resource."""
    for _, option in certificate.entries("DomainValidationOptions"):
        given = option.get("HostedZoneId")
        if isinstance(given, str):
            yield given
        yield from certificate.system.named(given)


def zone(environment: Environment, zone_id: str, resolver: str | None) -> Zone:
    """Return a hosted zone with its name servers in Route 53 and in public DNS."""
    answer = environment.clients.route53.get_hosted_zone(Id=zone_id)
    name = answer["HostedZone"]["Name"].rstrip(".")
    servers = answer.get("DelegationSet", {}).get("NameServers", [])
    assigned = frozenset(server.rstrip(".").lower() for server in servers)
    return Zone(zone_id, name, assigned, public(name, "NS", resolver))


def public(name: str, kind: str, resolver: str | None) -> frozenset[str]:
    """Return the names that DNS answers, in lower case; none if it knows none.

    resolver: HOST:PORT of the server to ask, or None for that of the machine. Raises OSError
    if no server answers.
    """
    import dns.resolver  # noqa: PLC0415 (late, since few commands need it)

    silent = f"no DNS server answers: {resolver or 'asked was that of this machine'}"
    asked = dns.resolver.Resolver(configure=resolver is None)
    if resolver:
        to = urlsplit(f"//{resolver}")
        asked.nameservers = [dns.nameserver.Do53Nameserver(to.hostname or "", to.port or 53)]
    try:
        answer = asked.resolve(f"{name.rstrip('.')}.", kind, lifetime=TIMEOUT_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    except dns.resolver.NoNameservers as error:
        if not _answered(error):
            raise OSError(silent) from None
        return frozenset()  # a server that says it failed: the delegation leads nowhere
    except dns.exception.DNSException:
        raise OSError(silent) from None
    return frozenset(each.to_text().rstrip(".").lower() for each in answer)


def _answered(error: "NoNameservers") -> bool:
    """Whether at least one server answered, even with an error."""
    return any(response is not None for *_, response in error.kwargs["errors"])
