"""Production has the facts that a reviewer asks for about DNS."""

from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of


def test_the_alias_leads_to_the_regional_domain(system: System) -> None:
    alias = properties(system, "DnsAlias")

    assert alias["Name"] == "api.example.com"
    assert alias["AliasTarget"]["DNSName"] == {
        "Fn::GetAtt": ["DnsDomainName", "RegionalDomainName"]
    }
    assert "TTL" not in alias


def test_a_first_domain_leaves_the_other_address_open(production: Settings) -> None:
    """Closed at once, the API would be down until the certificate is there."""
    without = changed(production, "dns.domain", None)
    before, after = resources_of(without), resources_of(production)

    assert properties(before, "ApiRestApi") == properties(after, "ApiRestApi")
    assert properties(after, "ApiRestApi")["DisableExecuteApiEndpoint"] is False
    assert not of_type(before, "AWS::ApiGateway::DomainName")


def test_a_setting_closes_the_other_address(production: Settings) -> None:
    closed = resources_of(changed(production, "api.default_endpoint", "closed"))

    assert properties(closed, "ApiRestApi")["DisableExecuteApiEndpoint"] is True


POLICY = "SecurityPolicy", "EndpointAccessMode"


def test_no_address_takes_tls_below_1_2(system: System) -> None:
    """The domain has the policy of the API, whichever of them AWS applies."""
    api = properties(system, "ApiRestApi")

    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["EndpointAccessMode"] == "BASIC", "an enhanced policy asks for a mode"
    domain = properties(system, "DnsDomainName")
    assert {key: domain[key] for key in POLICY} == {key: api[key] for key in POLICY}
