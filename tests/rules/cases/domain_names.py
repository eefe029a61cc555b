"""Bad cases of cfnlink/rules/domain_names.py."""

from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource


def record(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return a record of the hosted zone."""
    zone = ref("AccountHostedZone")
    return resource("AWS::Route53::RecordSet", HostedZoneId=zone, Name=name, Type=kind, **more)


BAD_CASES = [
    case("E9610", {"DnsCertificate.DomainValidationOptions.0.DomainName": "www.example.com"}),
    case(
        "E9611",
        {"AccountHostedZone.Name": "example.org"},
        at="DnsCertificate.DomainValidationOptions.0.HostedZoneId",
    ),
    case("W9601", {"DnsCertificate.ValidationMethod": "EMAIL"}),
    case("W9601", {"DnsCertificate.ValidationMethod": REMOVE}),
    case(
        "E9615",
        {"DnsCertificate.DomainName": "*.api.example.com"},
        at="DnsDomainName.RegionalCertificateArn",
    ),
    case(
        "E9615",
        {"DnsDomainName.DomainName": "www.example.com"},
        at="DnsDomainName.RegionalCertificateArn",
    ),
    case(
        "E9613",
        {"DnsDomainName.EndpointConfiguration.Types": ["EDGE"]},
        at="DnsDomainName.RegionalCertificateArn",
    ),
    case(
        "E9613",
        {"DnsDomainName.EndpointConfiguration": REMOVE},
        at="DnsDomainName.RegionalCertificateArn",
    ),
    case("E9613", {"DnsDomainName.RegionalCertificateArn": REMOVE}),
    case(
        "E9614",
        {
            "DnsDomainName.EndpointConfiguration": {"Types": ["EDGE"]},
            "DnsDomainName.RegionalCertificateArn": REMOVE,
            "DnsDomainName.CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/x",
        },
        at="DnsDomainName.CertificateArn",
    ),
    case(
        "E9613",
        {"DnsDomainName.EndpointConfiguration.Types": ["PRIVATE"]},
        at="DnsDomainName.RegionalCertificateArn",
    ),
    case("E9604", {"DnsAlias.AliasTarget.HostedZoneId": ref("AccountHostedZone")}),
    case("E9604", {"DnsAlias.AliasTarget.HostedZoneId": "Z2FDTNDATAQYW2"}),
    case(
        "E9604",
        {"DnsAlias.AliasTarget.HostedZoneId": "Z1", "DnsAlias.HostedZoneId": "Z1"},
        at="DnsAlias.AliasTarget.HostedZoneId",
    ),
    case(
        "E9604",
        {
            "DnsAlias.AliasTarget.HostedZoneId": get_att(
                "DnsDomainName", "DistributionHostedZoneId"
            )
        },
    ),
    case(
        "E9604",
        {"DnsAlias.AliasTarget.DNSName": get_att("DnsDomainName", "DistributionDomainName")},
    ),
    case(
        "E9604",
        {
            "DnsAlias.AliasTarget.HostedZoneId": get_att(
                "LoadBalancerLoadBalancer", "CanonicalHostedZoneID"
            )
        },
    ),
    case(
        "E9604",
        {"DnsAlias.AliasTarget.DNSName": get_att("LoadBalancerLoadBalancer", "DNSName")},
        at="DnsAlias.AliasTarget.HostedZoneId",
    ),
    case("E9616", {"DnsAlias.Name": "www.example.com"}),
    case("E9616", {"DnsAlias.Name": "api.example.org"}),
    case("E9619", {"DnsAlias.Type": "CNAME"}),
    case("E9618", {"Other": record("example.com", "CNAME")}, at="Other.Type"),
    case("E9620", {"DnsAlias.Type": "AAAA"}),
    case("E9618", {"Other": record("api.example.com", "CNAME")}, at="Other.Type"),
    case("E9618", {"Other": record("API.example.com.", "CNAME")}, at="Other.Type"),
    case(
        "E9612",
        {"Caa11": record("example.com", "CAA", ResourceRecords=['0 issue "letsencrypt.org"'])},
        at="DnsCertificate.Properties",
    ),
    case(
        "E9612",
        {"Caa15": record("api.example.com", "CAA", ResourceRecords=['0 issue ";"'])},
        at="DnsCertificate.Properties",
    ),
    case("W9606", {"DnsAlias": REMOVE}, at="DnsDomainName.Properties"),
    case("E9607", {"AccountHostedZone.Name": "https://example.com"}),
    case("E9607", {"AccountHostedZone.Name": "example"}),
    case("E9608", {"AccountHostedZone.VPCs": [{"VPCId": ref("NetworkVpc")}]}),
    case(
        "E9608",
        {
            "AccountHostedZone.VPCs": [{"VPCId": ref("NetworkVpc")}],
            "DnsCertificate.DomainValidationOptions": REMOVE,
        },
    ),
    case(
        "W9602",
        {"DnsCertificate.SubjectAlternativeNames": ["www.example.com"]},
        at="DnsCertificate.SubjectAlternativeNames.0",
    ),
    case("E9617", {"DnsAlias.Name": "www.example.org"}),
]

ACCEPTED = [
    case("E9618", {"Other": record("www.example.com", "CNAME")}),
    case(
        "E9618",
        {
            "Other": resource(
                "AWS::Route53::RecordSet",
                HostedZoneId="Z1",
                Name="api.example.com",
                Type="CNAME",
            )
        },
    ),
    case(
        "E9612",
        {
            "Caa11": record(
                "example.com",
                "CAA",
                ResourceRecords=['0 issue "letsencrypt.org"', '0 issue "amazon.com"'],
            )
        },
    ),
    case(
        "E9612",
        {
            "Caa11": record(
                "example.com", "CAA", ResourceRecords=['0 iodef "mailto:a@example.com"']
            )
        },
    ),
    case("E9612", {"Caa15": record("www.example.com", "CAA", ResourceRecords=['0 issue ";"'])}),
    case(
        "E9612",
        {
            "Caa11": record("example.com", "CAA", ResourceRecords=['0 issue ";"']),
            "Caa15": record(
                "api.example.com", "CAA", ResourceRecords=['0 issue "amazonaws.com"']
            ),
        },
    ),
    case(
        "E9613",
        {
            "DnsDomainName.EndpointConfiguration": {"Types": ["PRIVATE"]},
            "DnsDomainName.RegionalCertificateArn": REMOVE,
            "DnsDomainName.CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/x",
        },
    ),
    case(
        "E9613",
        {
            "DnsDomainName.EndpointConfiguration": {"Types": ["EDGE"]},
            "DnsDomainName.RegionalCertificateArn": REMOVE,
            "DnsDomainName.CertificateArn": "arn:aws:acm:us-east-1:1:certificate/x",
        },
    ),
]
