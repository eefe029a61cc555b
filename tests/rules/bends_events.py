"""Bends of rules/events.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend

RULE = ("MonitoringCertificateExpiry", "Properties")
PATTERN = (*RULE, "EventPattern")
TARGET = (*RULE, "Targets", 0)
POLICY = ("MonitoringAlarmTopicPolicy", "Properties", "PolicyDocument", "Statement", 2)


def bend(rule: str, path: tuple[str | int, ...], value: Any, *below: str | int) -> Bend:
    """One property changed, seen there or below."""
    return Bend(rule, {path: value}, (*path, *below))


BENDS = [
    bend("E9723", (*PATTERN, "detail-type"), "ACM Certificate Approaching Expiration"),
    bend("E9723", (*PATTERN, "source"), []),
    bend("E9723", (*PATTERN, "detail", "CommonName"), "api.example.com"),
    bend("E9723", PATTERN, {}),
    bend("W9722", PATTERN, {"detail": {"CommonName": ["api.example.com"]}}),
    bend("W9722", (*PATTERN, "detailType"), ["ACM Certificate Expired"]),
    *(
        bend("W9722", (*PATTERN, "source"), [source], 0)
        for source in ("aws.certificatemanager", "acm", "aws.ACM", "acm.amazonaws.com")
    ),
    bend("W9722", (*PATTERN, "detail-type"), ["ACM Certificate Expiring"], 0),
    Bend("W9722", {(*PATTERN, "source"): ["aws.ecs"]}, (*PATTERN, "detail-type", 0)),
    bend("W9722", (*PATTERN, "detail", "DomainName"), ["api.example.com"]),
    bend("W9722", (*PATTERN, "detail", "commonName"), ["api.example.com"]),
    bend("W9722", (*PATTERN, "detail", "CommonName"), ["www.example.com"], 0),
    bend("W9722", (*PATTERN, "detail", "DaysToExpiry"), ["30"], 0),
    bend("W9724", (*RULE, "State"), "DISABLED"),
    bend("W9724", (*RULE, "EventBusName"), "shop"),
    bend(
        "W9724",
        (*TARGET, "InputTransformer"),
        {
            "InputPathsMap": {"a": "$.detail"},
            "InputTemplate": '"<a> <b> <aws.events.rule-name>"',
        },
        "InputTemplate",
    ),
    Bend("W9723", {("MonitoringAlarmTopicPolicy",): REMOVE}, (*TARGET, "Arn")),
    Bend(
        "W9723",
        {(*POLICY, "Principal"): {"Service": "cloudwatch.amazonaws.com"}},
        (*TARGET, "Arn"),
    ),
    Bend("W9723", {(*POLICY, "Action"): "sns:Subscribe"}, (*TARGET, "Arn")),
    Bend("W9723", {(*POLICY, "Effect"): "Deny"}, (*TARGET, "Arn")),
    bend("W9723", (*TARGET, "RoleArn"), {"Fn::GetAtt": ["ServiceTaskRole", "Arn"]}),
]

ALARM = {"source": ["aws.monitoring"], "detail-type": ["CloudWatch Alarm State Change"]}
FINE = [
    bend("W9722", PATTERN, ALARM),
    bend("W9722", (*PATTERN, "detail", "DaysToExpiry"), [{"numeric": ["<", 30]}]),
]
