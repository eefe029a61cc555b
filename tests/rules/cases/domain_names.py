"""Bad cases of cfnlink/rules/domain_names.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path

P = "Properties"
CERTIFICATE, DOMAIN = ("DnsCertificate", P), ("DnsDomainName", P)
MAPPING, RECORD = ("DnsBasePathMapping", P), ("DnsAlias", P)
ZONE = "AccountHostedZone"
OPTION = (*CERTIFICATE, "DomainValidationOptions", 0)
ALIAS = (*RECORD, "AliasTarget")


def case(rule: str, path: Path, value: Any, at: Path | None = None) -> BadCase:
    return BadCase(rule, {path: value}, at or path)


def get(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def record(**properties: Any) -> dict[str, Any]:
    kind = {"HostedZoneId": {"Ref": ZONE}, "Name": "api.example.com", "Type": "A"}
    return {"Type": "AWS::Route53::RecordSet", "Properties": kind | properties}


def caa(name: str, *values: str) -> dict[Path, Any]:
    """A record of the authorities that may issue certificates for a name and below."""
    return {(f"Caa{len(name)}",): record(Name=name, Type="CAA", ResourceRecords=[*values])}


def served_by(kind: str, region: str) -> dict[Path, Any]:
    """A domain of a type, with the certificate of a region."""
    return {
        (*DOMAIN, "EndpointConfiguration"): {"Types": [kind]},
        (*DOMAIN, "RegionalCertificateArn"): REMOVE,
        (*DOMAIN, "CertificateArn"): f"arn:aws:acm:{region}:1:certificate/x",
    }


BAD_CASES = [
    case("E9601", (*OPTION, "DomainName"), "www.example.com"),
    case("E9601", (ZONE, P, "Name"), "example.org", (*OPTION, "HostedZoneId")),
    case("W9601", (*CERTIFICATE, "ValidationMethod"), "EMAIL"),
    case("W9601", (*CERTIFICATE, "ValidationMethod"), REMOVE, CERTIFICATE),
    case(
        "E9602",
        (*CERTIFICATE, "DomainName"),
        "*.api.example.com",
        (*DOMAIN, "RegionalCertificateArn"),
    ),
    case(
        "E9602", (*DOMAIN, "DomainName"), "www.example.com", (*DOMAIN, "RegionalCertificateArn")
    ),
    case(
        "E9602",
        (*DOMAIN, "EndpointConfiguration", "Types"),
        ["EDGE"],
        (*DOMAIN, "RegionalCertificateArn"),
    ),
    case(
        "E9602", (*DOMAIN, "EndpointConfiguration"), REMOVE, (*DOMAIN, "RegionalCertificateArn")
    ),
    case("E9602", (*DOMAIN, "RegionalCertificateArn"), REMOVE, DOMAIN),
    BadCase("E9602", served_by("EDGE", "eu-west-1"), (*DOMAIN, "CertificateArn")),
    case(
        "E9602",
        (*DOMAIN, "EndpointConfiguration", "Types"),
        ["PRIVATE"],
        (*DOMAIN, "RegionalCertificateArn"),
    ),
    case("E9604", (*ALIAS, "HostedZoneId"), {"Ref": ZONE}),
    case("E9604", (*ALIAS, "HostedZoneId"), "Z2FDTNDATAQYW2"),
    case("E9604", (*ALIAS, "HostedZoneId"), get("DnsDomainName", "DistributionHostedZoneId")),
    case("E9604", (*ALIAS, "DNSName"), get("DnsDomainName", "DistributionDomainName")),
    case(
        "E9604",
        (*ALIAS, "HostedZoneId"),
        get("LoadBalancerLoadBalancer", "CanonicalHostedZoneID"),
    ),
    case(
        "E9604",
        (*ALIAS, "DNSName"),
        get("LoadBalancerLoadBalancer", "DNSName"),
        (*ALIAS, "HostedZoneId"),
    ),
    case("E9605", (*RECORD, "Name"), "www.example.com"),
    case("E9605", (*RECORD, "Name"), "api.example.org"),
    case("E9605", (*RECORD, "Type"), "CNAME"),
    BadCase(
        "E9605",
        {("Other",): record(Name="example.com", Type="CNAME")},
        ("Other", P, "Type"),
    ),
    case("E9605", (*RECORD, "Type"), "AAAA"),
    *(
        BadCase("E9605", {("Other",): record(Type="CNAME", **more)}, ("Other", P, "Type"))
        for more in ({}, {"Name": "API.example.com."})
    ),
    BadCase("E9601", caa("example.com", '0 issue "letsencrypt.org"'), CERTIFICATE),
    BadCase("E9601", caa("api.example.com", '0 issue ";"'), CERTIFICATE),
    case("W9606", ("DnsAlias",), REMOVE, DOMAIN),
    case("E9607", (ZONE, P, "Name"), "https://example.com"),
    case("E9607", (ZONE, P, "Name"), "example"),
    case("E9608", (ZONE, P, "VPCs"), [{"VPCId": {"Ref": "NetworkVpc"}}]),
    BadCase(
        "E9608",
        {
            (ZONE, P, "VPCs"): [{"VPCId": {"Ref": "NetworkVpc"}}],
            (*CERTIFICATE, "DomainValidationOptions"): REMOVE,
        },
        (ZONE, P, "VPCs"),
    ),
    case(
        "W9602",
        (*CERTIFICATE, "SubjectAlternativeNames"),
        ["www.example.com"],
        (*CERTIFICATE, "SubjectAlternativeNames", 0),
    ),
]

ACCEPTED = [
    BadCase("E9605", {("Other",): record(Name="www.example.com", Type="CNAME")}),
    BadCase("E9605", {("Other",): record(Type="CNAME", HostedZoneId="Z1")}),
    BadCase("E9601", caa("example.com", '0 issue "letsencrypt.org"', '0 issue "amazon.com"')),
    BadCase("E9601", caa("example.com", '0 iodef "mailto:a@example.com"')),
    BadCase("E9601", caa("www.example.com", '0 issue ";"')),
    BadCase(
        "E9601",
        caa("example.com", '0 issue ";"') | caa("api.example.com", '0 issue "amazonaws.com"'),
    ),
    BadCase("E9602", served_by("PRIVATE", "eu-west-1")),
    BadCase("E9602", served_by("EDGE", "us-east-1")),
]
