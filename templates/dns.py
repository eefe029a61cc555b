"""DNS tier: the API's own name, with its certificate."""

from dataclasses import dataclass

from troposphere import apigateway, certificatemanager, route53
from troposphere.validators.route53 import AliasTarget

from templates.account import Account
from templates.api import SECURITY_POLICY, Api
from templates.settings import Settings
from templates.stack import Stack, Tier, publish


@dataclass(frozen=True, kw_only=True)
class Dns(Tier):
    """No other tier depends on it: another domain replaces all of it."""


def dns_tier(settings: Settings, account: Account, api: Api) -> Dns:
    """An alias to the API's regional domain. Deploy it once the zone is delegated: the
    certificate waits for its record to be seen, for hours if need be."""
    stack = Stack.of(settings, "dns", "The API's own name.")
    domain = str(settings.dns.domain)

    certificate = stack.add(_certificate(domain, account))
    name = stack.add(_domain_name(domain, certificate))
    stack.add(_base_path_mapping(name, api))
    stack.add(_alias(domain, account, name))
    stack.name_parts(
        url=stack.add_output("Url", f"https://{domain}", "The API by its own name.")
    )

    return publish(Dns, stack)


def _certificate(domain: str, account: Account) -> certificatemanager.Certificate:
    """In the API's region, since its endpoint is regional."""
    return certificatemanager.Certificate(
        "Certificate",
        DomainName=domain,
        ValidationMethod="DNS",
        DomainValidationOptions=[
            certificatemanager.DomainValidationOption(
                DomainName=domain, HostedZoneId=account.hosted_zone
            )
        ],
    )


def _domain_name(
    domain: str, certificate: certificatemanager.Certificate
) -> apigateway.DomainName:
    """With the API's security policy: AWS recommends the same one for both.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-update.html
    """
    return apigateway.DomainName(
        "DomainName",
        DomainName=domain,
        RegionalCertificateArn=certificate.ref(),
        EndpointConfiguration=apigateway.EndpointConfiguration(
            Types=["REGIONAL"], IpAddressType="ipv4"
        ),
        SecurityPolicy=SECURITY_POLICY,
        EndpointAccessMode="BASIC",
    )


def _base_path_mapping(name: apigateway.DomainName, api: Api) -> apigateway.BasePathMapping:
    """The stage's name is not part of the path that clients use."""
    return apigateway.BasePathMapping(
        "BasePathMapping",
        DomainName=name.ref(),
        RestApiId=api.rest_api,
        Stage=api.stage,
    )


def _alias(domain: str, account: Account, name: apigateway.DomainName) -> route53.RecordSetType:
    """An alias has no TTL, and a health check of its target would change nothing."""
    return route53.RecordSetType(
        "Alias",
        HostedZoneId=account.hosted_zone,
        Name=domain,
        Type="A",
        AliasTarget=AliasTarget(
            HostedZoneId=name.get_att("RegionalHostedZoneId"),
            DNSName=name.get_att("RegionalDomainName"),
            EvaluateTargetHealth=False,
        ),
    )
