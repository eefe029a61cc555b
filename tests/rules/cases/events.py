"""Bad cases of cfnlink/rules/events.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase

RULE = ("MonitoringCertificateExpiry", "Properties")
PATTERN = (*RULE, "EventPattern")
TARGET = (*RULE, "Targets", 0)
POLICY = ("MonitoringAlarmTopicPolicy", "Properties", "PolicyDocument", "Statement", 2)


def case(rule: str, path: tuple[str | int, ...], value: Any, *below: str | int) -> BadCase:
    """One property changed, seen there or below."""
    return BadCase(rule, {path: value}, (*path, *below))


BAD_CASES = [
    case("E9723", (*PATTERN, "detail-type"), "ACM Certificate Approaching Expiration"),
    case("E9723", (*PATTERN, "source"), []),
    case("E9723", (*PATTERN, "detail", "CommonName"), "api.example.com"),
    case("E9723", PATTERN, {}),
    case("W9722", PATTERN, {"detail": {"CommonName": ["api.example.com"]}}),
    case("W9722", (*PATTERN, "detailType"), ["ACM Certificate Expired"]),
    *(
        case("W9722", (*PATTERN, "source"), [source], 0)
        for source in ("aws.certificatemanager", "acm", "aws.ACM", "acm.amazonaws.com")
    ),
    case("W9722", (*PATTERN, "detail-type"), ["ACM Certificate Expiring"], 0),
    BadCase("W9722", {(*PATTERN, "source"): ["aws.ecs"]}, (*PATTERN, "detail-type", 0)),
    case("W9722", (*PATTERN, "detail", "DomainName"), ["api.example.com"]),
    case("W9722", (*PATTERN, "detail", "commonName"), ["api.example.com"]),
    case("W9722", (*PATTERN, "detail", "CommonName"), ["www.example.com"], 0),
    case("W9722", (*PATTERN, "detail", "DaysToExpiry"), ["30"], 0),
    case("W9724", (*RULE, "State"), "DISABLED"),
    case("W9724", (*RULE, "EventBusName"), "shop"),
    case(
        "W9724",
        (*TARGET, "InputTransformer"),
        {
            "InputPathsMap": {"a": "$.detail"},
            "InputTemplate": '"<a> <b> <aws.events.rule-name>"',
        },
        "InputTemplate",
    ),
    BadCase("W9723", {("MonitoringAlarmTopicPolicy",): REMOVE}, (*TARGET, "Arn")),
    BadCase(
        "W9723",
        {(*POLICY, "Principal"): {"Service": "cloudwatch.amazonaws.com"}},
        (*TARGET, "Arn"),
    ),
    BadCase("W9723", {(*POLICY, "Action"): "sns:Subscribe"}, (*TARGET, "Arn")),
    BadCase("W9723", {(*POLICY, "Effect"): "Deny"}, (*TARGET, "Arn")),
    case("W9723", (*TARGET, "RoleArn"), {"Fn::GetAtt": ["ServiceTaskRole", "Arn"]}),
]

ALARM = {"source": ["aws.monitoring"], "detail-type": ["CloudWatch Alarm State Change"]}
ACCEPTED = [
    case("W9722", PATTERN, ALARM),
    case("W9722", (*PATTERN, "detail", "DaysToExpiry"), [{"numeric": ["<", 30]}]),
]
