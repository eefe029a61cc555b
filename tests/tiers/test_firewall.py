"""The firewall of the API: what it adds, what it costs, and what it leaves alone."""

import json
import re
from http.client import HTTPMessage
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, get_args
from unittest import mock

import pytest

from build import build, write
from cfnlink.cost.bill import bill_of
from cfnlink.lint.run import check
from cfnlink.operations.api_client import Answer, Api
from cfnlink.operations.check import FAILED
from cfnlink.operations.commands.smoke import _refused
from cfnlink.operations.environment import open_environment
from cfnlink.operations.permissions import Permissions
from cfnlink.picture.inventory import Inventory
from cfnlink.system.folder import read
from templates.alternatives import alternatives
from templates.settings import Settings
from templates.settings.combinations import invalid_combinations
from templates.settings.firewall import EVERY_ADDRESS, MANAGED_GROUPS, ManagedGroup
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of

ALLOW = (IPv4Network("203.0.113.0/24"), IPv4Network("198.51.100.7/32"))
WEB_ACL = "AWS::WAFv2::WebACL"


def test_smoke_says_that_a_policy_denies_its_machine() -> None:
    """Such a 403 does not show that the API refuses a request without a key."""
    text = (
        "User: anonymous is not authorized ... with an explicit deny in a resource-based policy"
    )
    answer = Answer(403, HTTPMessage(), json.dumps({"message": text}))
    with mock.patch.object(Api, "call", return_value=answer):
        api = Api("https://api.example.com", "https://api.example.com")
        result, says = _refused(api, asks=False)

    assert result == FAILED
    assert "api.firewall.allow" in says


@pytest.mark.long
def test_the_bill_says_what_the_web_acl_and_traces_cost(production: Settings) -> None:
    settings = with_firewall(production, web_acl=True, rate_limit=2000)
    settings = changed(settings, "service.tracing", True)
    settings = changed(settings, "usage.requests", 10_000_000)
    found = {each.change: each.difference for each in alternatives(settings)}

    assert found["api.firewall.web_acl = false, api.firewall.rate_limit = null"] == -15.1
    assert found["service.tracing_sample_percent = 2.5"] == -1.25


def with_firewall(settings: Settings, **firewall: Any) -> Settings:
    return changed(settings, "api.firewall", firewall)


def test_a_list_of_ranges_changes_the_policy_and_its_deployment_only(
    production: Settings, system: System
) -> None:
    found = resources_of(with_firewall(production, allow=ALLOW))
    differ = {name for name in {*found, *system} if found.get(name) != system.get(name)}
    policy = properties(found, "ApiRestApi")["Policy"]

    assert {re.sub("Deployment.*", "Deployment", name) for name in differ} == {
        "ApiDeployment",
        "ApiRestApi",
        "ApiStage",
    }
    allowed, denied = policy["Statement"]
    assert (allowed["Effect"], "Condition" in allowed) == ("Allow", False)
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"NotIpAddress": {"aws:SourceIp": [*map(str, ALLOW)]}}
    assert "Policy" not in properties(system, "ApiRestApi")


def test_the_policy_is_the_same_beside_tokens_and_keys(production: Settings) -> None:
    """Beside an authorizer an Allow is not enough: the Deny is what blocks."""
    jwt = {"issuer": "https://login.example.com/", "audience": ("api",)}
    with_tokens = changed(with_firewall(production, allow=ALLOW), "api.jwt", jwt)
    found = resources_of(with_tokens)
    alone = resources_of(with_firewall(production, allow=ALLOW))

    assert properties(found, "ApiProxyMethod")["AuthorizationType"] == "CUSTOM"
    policy = properties(found, "ApiRestApi")["Policy"]
    assert policy == properties(alone, "ApiRestApi")["Policy"]
    assert "Deny" in [statement["Effect"] for statement in policy["Statement"]]


def test_every_address_takes_the_place_of_a_deployed_list(production: Settings) -> None:
    """The step before the removal: AWS keeps the policy that the template drops."""
    found = resources_of(with_firewall(production, allow=EVERY_ADDRESS))
    [statement] = properties(found, "ApiRestApi")["Policy"]["Statement"]

    assert (statement["Effect"], "Condition" in statement) == ("Allow", False)


def test_a_web_acl_adds_itself_and_its_alarm_only(
    production: Settings, system: System, tmp_path: Path
) -> None:
    """It is clean, and the bill, the picture and the deploy role know it."""
    built = build(with_firewall(production, web_acl=True, rate_limit=2000))
    write(built, tmp_path)
    folder = tmp_path / "production"
    found: System = built.system.template["Resources"]

    assert {name for name in found if found[name] != system.get(name)} == {
        "ApiWebAcl",
        "ApiWebAclAssociation",
        "ApiFirewallLog",
        "ApiFirewallLogging",
        "MonitoringBlockedRequests",
    }
    assert check(read(folder)) == []
    bill = bill_of(read(folder))
    lines = {line.item: line.per_month for line in bill.lines if line.resource == "ApiWebAcl"}
    assert lines == {"list": 5.0, "rules": 4.0, "requests": 0.6}
    assert not bill.not_priced
    assert "ApiWebAcl" in {
        part for card in Inventory(built.system).side_row for part in card.parts()
    }
    role = {
        action: grant.resources
        for grant in Permissions(open_environment(folder)).grants
        for action in grant.actions
        if action.startswith(("wafv2:", "apprunner:", "amplify:")) and grant.effect == "Allow"
    }
    assert not [action for action in role if not action.startswith("wafv2:")]
    for arn in role["wafv2:DeleteWebACL"]:
        assert arn.endswith(":regional/webacl/shop-production/*")


def test_the_log_of_the_web_acl_expires_and_shows_no_key(production: Settings) -> None:
    found = resources_of(with_firewall(production, web_acl=True))
    group = properties(found, "ApiFirewallLog")
    logging = properties(found, "ApiFirewallLogging")

    assert group == {"LogGroupName": "aws-waf-logs-shop-production", "RetentionInDays": 7}
    redacted = [field["SingleHeader"]["Name"] for field in logging["RedactedFields"]]
    assert redacted == ["x-api-key", "authorization"]
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    for rule in properties(found, "ApiWebAcl")["Rules"]:
        assert rule["VisibilityConfig"]["SampledRequestsEnabled"] is False


def test_the_alarm_watches_the_metric_of_the_web_acl(production: Settings) -> None:
    found = resources_of(with_firewall(production, web_acl=True))
    acl = properties(found, "ApiWebAcl")
    alarm = properties(found, "MonitoringBlockedRequests")

    dimensions = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
    assert dimensions["WebACL"] == acl["VisibilityConfig"]["MetricName"] == acl["Name"]
    assert dimensions["Rule"] == "ALL"


@pytest.mark.parametrize(("count_only", "action"), [(False, "None"), (True, "Count")])
def test_managed_rules_block_or_count(
    production: Settings, *, count_only: bool, action: str
) -> None:
    """The limit for each address always blocks."""
    found = resources_of(
        with_firewall(production, web_acl=True, rate_limit=100, count_only=count_only)
    )
    (acl,) = of_type(found, WEB_ACL).values()
    limit, *managed = acl["Properties"]["Rules"]

    assert limit["Action"] == {"Block": {}}
    assert [rule["OverrideAction"] for rule in managed] == [{action: {}}] * 3


def test_bodies_above_8_kb_are_counted_and_pass(production: Settings) -> None:
    found = resources_of(with_firewall(production, web_acl=True))
    (rule,) = [
        rule["Statement"]["ManagedRuleGroupStatement"]
        for rule in properties(found, "ApiWebAcl")["Rules"]
        if rule["Name"] == "AWSManagedRulesCommonRuleSet"
    ]

    assert rule["RuleActionOverrides"] == [
        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    ]


def test_the_capacity_of_every_managed_group_is_known(production: Settings) -> None:
    """All of them together exceed what a request's price includes."""
    assert {*get_args(ManagedGroup)} == {*MANAGED_GROUPS}
    (fault,) = invalid_combinations(
        with_firewall(production, web_acl=True, managed_rules=tuple(MANAGED_GROUPS))
    )

    assert "1975" in fault.wrong
