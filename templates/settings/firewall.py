"""Settings of the API's firewall."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from templates.settings.values import Section

# AWS's groups that cost no more than a rule, with the capacity that each takes of a web ACL.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
# The page of the first three groups was read; the capacity of the others is not verified.
MANAGED_GROUPS = {
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesWordPressRuleSet": 100,
}
ManagedGroup = Literal[
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesWordPressRuleSet",
]

EVERY_ADDRESS = (IPv4Network("0.0.0.0/0"),)
OF_WEB_ACL = ("managed_rules", "count_only", "rate_limit")  # settings that need web_acl


class FirewallSettings(Section):
    """Which requests reach the API: by address, which is free, and by a web ACL."""

    # A policy of an API has at most 8,192 bytes.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-service-limits-table.html
    allow: Annotated[tuple[IPv4Network, ...], Field(max_length=300)] = ()
    """The only ranges from which requests may come; left out, all. Every other client gets
    403, the preflights of its browser too. ["0.0.0.0/0"] is the step before its removal."""
    web_acl: bool = False
    """A web ACL of AWS WAF before the API: managed rules, and a limit for each address."""
    managed_rules: tuple[ManagedGroup, ...] = (
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    )
    """AWS's groups of rules in the web ACL, in the order in which it asks them."""
    count_only: bool = False
    """The managed rules count and log what they would block, and block nothing."""
    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = None
    """Requests in five minutes from one address, above which the web ACL blocks it."""
