"""The API's firewall: which addresses may call it, and a web ACL before its stage."""

from typing import Any

from troposphere import Region, Sub, apigateway, logs, sns, wafv2

from templates.alarms import ABOVE, Limit, Metric, alarm
from templates.parts import expiring_log_group, local_arn
from templates.settings import Settings
from templates.settings.firewall import EVERY_ADDRESS, FirewallSettings
from templates.stack import Stack, Value

# WAF writes only to a log group whose name begins so.
# https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
LOG_GROUP_PREFIX = "aws-waf-logs-"
# The log never shows what lets its reader call the API.
REDACTED = ("x-api-key", "authorization")
BLOCKED_IN_FIVE_MINUTES = 100
LOGGED = ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
# Rules that would block what this API takes: bodies above 8 KB, where the gateway takes 10 MB.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
COUNTED_RULES = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",)}
STAGE = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}"


def api_policy(firewall: FirewallSettings) -> dict[str, Any]:
    """Return the resource policy of the API; nothing if it serves every address.

    Beside an authorizer only an explicit Deny rejects a request at once. EVERY_ADDRESS denies
    none: it takes the place of a deployed list, which stays where the property leaves.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """
    if not firewall.allow:
        return {}
    call = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    ranges = [str(network) for network in firewall.allow]
    outside = {"NotIpAddress": {"aws:SourceIp": ranges}}
    statements: list[dict[str, Any]] = [{"Effect": "Allow", **call}]
    if firewall.allow != EVERY_ADDRESS:
        statements.append({"Effect": "Deny", **call, "Condition": outside})
    return {"Policy": {"Version": "2012-10-17", "Statement": statements}}


def add_web_acl(
    stack: Stack, settings: Settings, rest_api: apigateway.RestApi, stage: apigateway.Stage
) -> None:
    """Add the web ACL, its association with the stage, and the log of what it blocks."""
    if not settings.api.firewall.web_acl:
        return
    acl = stack.add(_web_acl(settings))
    stack.add(
        wafv2.WebACLAssociation(
            "WebAclAssociation",
            WebACLArn=acl.get_att("Arn"),
            ResourceArn=Sub(STAGE, Api=rest_api.ref(), Stage=stage.ref()),
        )
    )
    name = f"{LOG_GROUP_PREFIX}{settings.system}"
    log_group = stack.add(expiring_log_group("FirewallLog", settings, LogGroupName=name))
    stack.add(_logging(acl, log_group))


def add_firewall_alarm(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    """An attack, or a rule that blocks a client which it should not: no other alarm sees it.

    https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
    """
    if not settings.api.firewall.web_acl:
        return
    dimensions: dict[str, Value] = {
        "WebACL": settings.system,
        "Region": Region,
        "Rule": "ALL",
    }
    blocked = Metric("AWS/WAFV2", "BlockedRequests", dimensions)
    many = Limit("Sum", ABOVE, BLOCKED_IN_FIVE_MINUTES)
    text = "The firewall blocks many requests."
    stack.add(alarm("BlockedRequests", text, blocked, many, topic))


def _web_acl(settings: Settings) -> wafv2.WebACL:
    """The limit for each address comes first: what it blocks, no other rule inspects."""
    firewall = settings.api.firewall
    rules = [_rate_rule(firewall.rate_limit)] if firewall.rate_limit else []
    rules += [
        _managed_rule(group, priority, count_only=firewall.count_only)
        for priority, group in enumerate(firewall.managed_rules, start=1)
    ]
    return wafv2.WebACL(
        "WebAcl",
        Name=settings.system,
        Description="What may reach the API.",
        Scope="REGIONAL",
        DefaultAction=wafv2.DefaultAction(Allow=wafv2.AllowAction()),
        VisibilityConfig=_visible(settings.system),
        Rules=rules,
    )


def _rate_rule(limit: int) -> wafv2.WebACLRule:
    return wafv2.WebACLRule(
        Name="rate-limit",
        Priority=0,
        Action=wafv2.RuleAction(Block=wafv2.BlockAction()),
        Statement=wafv2.Statement(
            RateBasedStatement=wafv2.RateBasedStatement(
                AggregateKeyType="IP", EvaluationWindowSec=300, Limit=limit
            )
        ),
        VisibilityConfig=_visible("rate-limit"),
    )


def _managed_rule(group: str, priority: int, *, count_only: bool) -> wafv2.WebACLRule:
    overrides = [
        wafv2.RuleActionOverride(
            Name=rule, ActionToUse=wafv2.RuleAction(Count=wafv2.CountAction())
        )
        for rule in COUNTED_RULES.get(group, ())
    ]
    action: dict[str, Any] = {"Count" if count_only else "None": {}}
    counted: dict[str, Any] = {"RuleActionOverrides": overrides} if overrides else {}
    return wafv2.WebACLRule(
        Name=group,
        Priority=priority,
        OverrideAction=wafv2.OverrideAction(**action),
        Statement=wafv2.Statement(
            ManagedRuleGroupStatement=wafv2.ManagedRuleGroupStatement(
                VendorName="AWS", Name=group, **counted
            )
        ),
        VisibilityConfig=_visible(group),
    )


def _visible(name: str) -> wafv2.VisibilityConfig:
    """No samples: they show whole requests, the key too."""
    return wafv2.VisibilityConfig(
        CloudWatchMetricsEnabled=True, MetricName=name, SampledRequestsEnabled=False
    )


def _logging(acl: wafv2.WebACL, log_group: logs.LogGroup) -> wafv2.LoggingConfiguration:
    """Only what a rule blocks or counts: the access log has the other requests.

    WAF itself lets its log delivery write to the group. It takes the group's ARN without the
    `:*` that the attribute Arn ends with.
    https://docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html
    """
    kept = wafv2.Filter(
        Behavior="KEEP",
        Requirement="MEETS_ANY",
        Conditions=[
            wafv2.Condition(ActionCondition=wafv2.ActionCondition(Action=action))
            for action in LOGGED
        ],
    )
    return wafv2.LoggingConfiguration(
        "FirewallLogging",
        ResourceArn=acl.get_att("Arn"),
        LogDestinationConfigs=[local_arn("logs", "log-group:${Name}", Name=log_group.ref())],
        RedactedFields=[
            wafv2.LoggingConfigurationFieldToMatch(SingleHeader=wafv2.SingleHeader(Name=header))
            for header in REDACTED
        ],
        LoggingFilter=wafv2.LoggingFilter(DefaultBehavior="DROP", Filters=[kept]),
    )
