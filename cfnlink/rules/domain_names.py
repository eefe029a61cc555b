"""Custom domains: a certificate for the name, and records that lead to the domain."""

import re

from cfnlink.aws.dns import is_within
from cfnlink.lint.conditions import one_of
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.rules._api import REFERENCE, endpoint_type
from cfnlink.system.arn import region_of
from cfnlink.system.expressions import attribute, entries, text
from cfnlink.system.resource import Resource

ACM = "https://docs.aws.amazon.com/acm/latest/userguide/"
ROUTE53 = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/"
ALIAS_DOCS = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"
DOMAIN, CERTIFICATE = "AWS::ApiGateway::DomainName", "AWS::CertificateManager::Certificate"
RECORD, ZONE = "AWS::Route53::RecordSet", "AWS::Route53::HostedZone"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
AMAZON = r"\"(amazon|amazontrust|awstrust|amazonaws)\.com\W"
# alias: type of the target -> attribute of the name -> attribute of the zone
ALIASES = {
    DOMAIN: {
        "RegionalDomainName": "RegionalHostedZoneId",
        "DistributionDomainName": "DistributionHostedZoneId",
    },
    "AWS::ApiGatewayV2::DomainName": {"RegionalDomainName": "RegionalHostedZoneId"},
    BALANCER: {"DNSName": "CanonicalHostedZoneID"},
}


def literal(resource: Resource | None, *path: str | int, kind: str = "") -> str | None:
    """Return the literal name of a resource of a type, in lower case and without a
    final dot."""
    value = resource.get(*path) if resource and kind in ("", resource.type) else None
    return value.rstrip(".").lower() if isinstance(value, str) else None


def within(name: str | None, zone: str | None) -> bool:
    """Whether a name is a zone's or below it; true if one of them is unknown."""
    return name is None or zone is None or is_within(name, zone)


CERTIFICATE_DOCS = f"{REFERENCE}aws-resource-certificatemanager-certificate.html"


@rule("E9610", CERTIFICATE, CERTIFICATE_DOCS, formerly="E9601")
def validation_option_is_of_the_certificate(certificate: Resource) -> Faults:
    """A validation option names a name of its certificate.
    ACM rejects an option of another name."""
    names = covered(certificate)
    for n, _ in certificate.entries("DomainValidationOptions"):
        place: tuple[str | int, ...] = ("DomainValidationOptions", n, "DomainName")
        name = literal(certificate, *place)
        if name and names and name not in names:
            yield [*place], f"{name} is not in the certificate; correct it"


@rule("E9611", CERTIFICATE, CERTIFICATE_DOCS, formerly="E9601")
def certificate_is_validated_in_its_zone(certificate: Resource) -> Faults:
    """A certificate is validated in the hosted zone of its name.
    ACM issues a certificate without further steps only if a hosted zone of its domain
    validates it by DNS (DomainValidationOptions); until then the stack waits."""
    for n, _ in certificate.entries("DomainValidationOptions"):
        place: tuple[str | int, ...] = ("DomainValidationOptions", n)
        name = literal(certificate, *place, "DomainName")
        apex = literal(certificate.target(*place, "HostedZoneId"), "Name")
        if not within(name, apex):
            yield [*place, "HostedZoneId"], f"{name} is not in {apex}; take its own zone"


@rule("E9612", CERTIFICATE, f"{ACM}setup-caa.html", formerly="E9601")
def caa_record_admits_amazon(certificate: Resource) -> Faults:
    """The CAA records of a certificate's names admit Amazon.
    A CAA record that names other authorities keeps Amazon from issuing the certificate."""
    ours = certificate.is_missing("CertificateAuthorityArn")
    for name in covered(certificate) if ours else ():
        if record := refusing(certificate, name):
            yield [], f'{record.name} keeps Amazon from {name}; add 0 issue "amazon.com"'


# https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
def refusing(certificate: Resource, name: str) -> Resource | None:
    """Return the nearest CAA record of a name if it names only other authorities."""
    records = [r for r in certificate.system.of(RECORD) if r.get("Type") == "CAA"]
    above = [r for r in records if (apex := literal(r, "Name")) and within(name, apex)]
    nearest = max(above, key=lambda r: len(str(r.get("Name"))), default=None)
    found = nearest.values_at("ResourceRecords.*") if nearest else ()
    values = [text(value) or "$" for _, value in found]
    issuers = [value for value in values if re.search(r"\sissue\s", value)]
    known = issuers and "$" not in str(values) and not name.startswith("*.")
    return None if not known or re.search(AMAZON, str(issuers)) else nearest


def covered(certificate: Resource) -> list[str]:
    """Return the names of a certificate, or none if one of them is unknown."""
    more = certificate.expression("SubjectAlternativeNames") or []
    more = more if isinstance(more, list) else [None]
    paths = [("SubjectAlternativeNames", n) for n, _ in enumerate(more)]
    names = [literal(certificate, *path) for path in (("DomainName",), *paths)]
    known = [name for name in names if name is not None]
    return known if len(known) == len(names) else []


@rule("W9602", CERTIFICATE, CERTIFICATE_DOCS)
def every_certificate_name_is_validated(certificate: Resource) -> Faults:
    """Each alternative name of a certificate has its validation option.
    CloudFormation creates the validation record only of names whose entry in
    DomainValidationOptions names a hosted zone; for other names the stack waits."""
    given = certificate.expression("DomainValidationOptions")
    options = entries(given)
    names = [
        literal(certificate, "DomainValidationOptions", n, "DomainName") for n, _ in options
    ]
    whole = isinstance(given, list) and len(given) == len(options) and None not in names
    zoned = any("HostedZoneId" in option for _, option in options)
    validated = {str(name).removeprefix("*.") for name in names}
    for n, _ in certificate.items("SubjectAlternativeNames") if whole and zoned else []:
        name = literal(certificate, "SubjectAlternativeNames", n)
        if name and name.removeprefix("*.") not in validated | {own_name(certificate)}:
            place = ["SubjectAlternativeNames", n]
            yield place, f"nothing validates {name}; add it to DomainValidationOptions"


def own_name(certificate: Resource) -> str:
    """A certificate's first name, which it may repeat among the others."""
    return literal(certificate, "DomainName") or ""


def public(zone: Resource) -> bool:
    """Whether a certificate, or the only alias of a regional domain, needs a public zone."""
    for user, path in zone.users(CERTIFICATE, RECORD):
        if path[:1] == ["DomainValidationOptions"]:
            return True
        domain = user.target("AliasTarget", "DNSName") if path == ["HostedZoneId"] else None
        if domain is not None and domain.type == DOMAIN:
            records = domain.used_by(RECORD)
            return all(record.target("HostedZoneId") is zone for record in records)
    return False


DOMAIN_DOCS = f"{REFERENCE}aws-resource-apigateway-domainname.html"
ARNS = ("RegionalCertificateArn", "CertificateArn")


@rule("E9613", DOMAIN, DOMAIN_DOCS, formerly="E9602")
def domain_has_the_certificate_of_its_type(resource: Resource) -> Faults:
    """A custom domain has a certificate of its type.
    A regional domain takes RegionalCertificateArn. A private one and an edge-optimized one
    take CertificateArn."""
    kind = endpoint_type(resource)
    right, wrong = ARNS if kind == "REGIONAL" else ARNS[::-1]
    if kind and resource.is_missing(right):
        where = [] if resource.is_missing(wrong) else [wrong]
        yield where, f"a domain of type {kind} needs {right}; set it"


@rule("E9614", DOMAIN, DOMAIN_DOCS, formerly="E9602")
def edge_certificate_is_in_us_east_1(domain: Resource) -> Faults:
    """The certificate of an edge-optimized domain is in us-east-1.
    CloudFront, which serves the domain, reads certificates only there."""
    region = region_of(domain.expression("CertificateArn"), domain.system)
    if endpoint_type(domain) == "EDGE" and region not in ("", "us-east-1"):
        yield ["CertificateArn"], f"the certificate is in {region}; take one in us-east-1"


@rule("E9615", DOMAIN, DOMAIN_DOCS, formerly="E9602")
def certificate_covers_the_domain(resource: Resource) -> Faults:
    """The certificate of a custom domain covers the domain's name.
    API Gateway rejects another one."""
    name = literal(resource, "DomainName")
    for way in ARNS:
        certificate = resource.target(way)
        names = covered(certificate) if certificate else []
        wild = f"*.{str(name).partition('.')[2]}"
        if certificate and name and names and not {name, wild} & set(names):
            yield [way], f"{certificate.name} does not cover {name}; correct either"


@rule("E9604", RECORD, ALIAS_DOCS)
def alias_has_name_and_zone_of_one_target(record: Resource) -> Faults:
    """An alias takes its name and zone from one resource.
    An alias needs the DNS name and the hosted zone id of the same resource: the Regional
    pair of a regional domain, the Distribution pair of an edge-optimized one."""
    name, zone = (record.expression("AliasTarget", n) for n in ("DNSName", "HostedZoneId"))
    target, other = record.system.target(name), record.system.target(zone)
    place, own = ["AliasTarget", "HostedZoneId"], attribute(name)
    known = target is not None and target.type in ALIASES
    own_zone = record.expression("HostedZoneId") if known else None
    mine = (zone and zone == own_zone) or (other is not None and other.type == ZONE)
    if mine:
        yield place, "this is a zone of yours; take the target's own zone id"
    if target is None or not known or mine:
        return
    kind = endpoint_type(target) if target.type == DOMAIN else None
    unfit = {"EDGE": "Regional", "REGIONAL": "Distribution"}.get(str(kind), "-")
    pairs = {k: v for k, v in ALIASES[target.type].items() if not k.startswith(unfit)}
    if own is not None and own not in pairs:
        right = " or ".join(pairs)
        yield ["AliasTarget", "DNSName"], f"{target.name} answers by its {right}; take that"
    elif other is not None and other is not target:
        yield place, f"the name is of {target.name}, the zone of {other.name}; take one"
    elif own is not None and other is target and attribute(zone) != pairs[own]:
        yield place, f"{own} goes with {pairs[own]}; take that"
    elif zone == CLOUDFRONT_ZONE and "DistributionDomainName" not in pairs:
        yield place, f"that is CloudFront's zone; take {target.name}'s own"


RECORD_DOCS = f"{ROUTE53}routing-to-api-gateway.html"
TYPE_DOCS = f"{ROUTE53}ResourceRecordTypes.html"


@rule("E9616", RECORD, RECORD_DOCS, formerly="E9605")
def record_has_the_name_of_its_domain(record: Resource) -> Faults:
    """A record has its custom domain's name.
    API Gateway answers only to the name of the custom domain: a record of another name gets
    403."""
    target, name = record.target("AliasTarget", "DNSName"), literal(record, "Name")
    domain = literal(target, "DomainName", kind=DOMAIN)
    if name and domain and name != domain:
        yield ["Name"], f"the domain is {domain}; give the record that name"


def apex_of(record: Resource) -> str | None:
    """Return the name of a record's zone."""
    zone = record.target("HostedZoneId")
    return literal(zone, "Name", kind=ZONE) or literal(record, "HostedZoneName")


@rule("E9617", RECORD, RECORD_DOCS, formerly="E9605")
def record_is_in_its_zone(record: Resource) -> Faults:
    """A record's name is in its zone.
    Route 53 rejects another name."""
    name, apex = literal(record, "Name"), apex_of(record)
    if not within(name, apex):
        yield ["Name"], f"{name} is not in the zone {apex}; correct either"


@rule("E9618", RECORD, TYPE_DOCS, formerly="E9605")
def cname_stands_alone(record: Resource) -> Faults:
    """A CNAME is neither at the zone's apex nor beside another record of its name.
    Route 53 rejects both."""
    name = literal(record, "Name")
    if record.get("Type") != "CNAME" or not name:
        return
    if name == apex_of(record):
        yield ["Type"], "the apex takes no CNAME; make an alias of type A"
    for other in namesakes(record):
        yield ["Type"], f"{other.name} has that name too, and a CNAME stands alone; drop one"


def aliased(record: Resource) -> Resource | None:
    """Return the target of an alias, if it has addresses."""
    target = record.target("AliasTarget", "DNSName")
    return target if target is not None and target.type in ALIASES else None


@rule("E9619", RECORD, RECORD_DOCS, formerly="E9605")
def alias_has_a_type_of_addresses(record: Resource) -> Faults:
    """An alias of a target with addresses has a type of addresses.
    Route 53 rejects another type."""
    target = aliased(record)
    if target and record.get("Type") not in ("A", "AAAA", "HTTPS", None):
        yield ["Type"], f"{target.name} has addresses; set the type to A"


@rule("E9620", RECORD, RECORD_DOCS, formerly="E9605")
def ipv6_record_has_a_target_with_ipv6(record: Resource) -> Faults:
    """A record of type AAAA leads to a target with IPv6 addresses.
    Route 53 rejects another target, or the record has no address."""
    target = aliased(record)
    if target and record.get("Type") == "AAAA" and not dualstack(target):
        yield ["Type"], f"{target.name} has no IPv6 address; set IpAddressType to dualstack"


# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
def namesakes(record: Resource) -> list[Resource]:
    """The records of another type that have a record's name in its zone."""
    return [
        other
        for other in record.system.of(RECORD)
        if literal(other, "Name") == literal(record, "Name")
        and other.expression("HostedZoneId") == record.expression("HostedZoneId")
        and other.get("Type") not in (None, record.get("Type"))
        and "Condition" not in {**other.body, **record.body}
    ]


def dualstack(target: Resource) -> bool:
    """Whether a target may have IPv6 addresses: dualstack, edge-optimized, or unknown."""
    if target.type == DOMAIN and endpoint_type(target) != "REGIONAL":
        return True
    place = ["EndpointConfiguration"] if target.type == DOMAIN else []
    given = target.get(*place, "IpAddressType")
    return not target.is_missing(*place, "IpAddressType") and given in (None, "dualstack")


@rule("W9606", DOMAIN, f"{ROUTE53}routing-to-api-gateway.html")
def domain_has_a_record(domain: Resource) -> Faults:
    """A record leads to the custom domain.
    Clients cannot find a custom domain whose zone is in the template and to which no record
    leads."""
    name = literal(domain, "DomainName")
    zones = [apex for z in domain.system.of(ZONE) if (apex := literal(z, "Name"))]
    here = name and domain.system.is_whole and any(within(name, apex) for apex in zones)
    if here and not domain.users(RECORD, "AWS::Route53::RecordSetGroup"):
        yield [], f"nothing resolves {name}; add an alias record"


# fmt: off
zone_is_public = property_rule(
    "E9608", ZONE, "VPCs", one_of([], {}), only_if=public,
    good="The zone of a certificate or of a custom domain is public.",
    why="ACM and the callers of an API do not see the records of a private zone.",
    fix="the internet does not see its records; leave VPCs out",
    docs=f"{ACM}troubleshooting-DNS-validation.html",
)
# fmt: on
