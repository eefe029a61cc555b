"""Bad cases of cfnlink/rules/events.py."""

from tests.rules.cases import REMOVE, case

ALARM = {"source": ["aws.monitoring"], "detail-type": ["CloudWatch Alarm State Change"]}

BAD_CASES = [
    case(
        "E9723",
        {
            "MonitoringCertificateExpiry.EventPattern.detail-type": "ACM Certificate Approaching Expiration"
        },
    ),
    case("E9723", {"MonitoringCertificateExpiry.EventPattern.source": []}),
    case(
        "E9723",
        {"MonitoringCertificateExpiry.EventPattern.detail.CommonName": "api.example.com"},
    ),
    case("E9723", {"MonitoringCertificateExpiry.EventPattern": {}}),
    case(
        "W9722",
        {
            "MonitoringCertificateExpiry.EventPattern": {
                "detail": {"CommonName": ["api.example.com"]}
            }
        },
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detailType": ["ACM Certificate Expired"]},
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.certificatemanager"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.source": ["acm"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.ACM"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.source": ["acm.amazonaws.com"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detail-type": ["ACM Certificate Expiring"]},
        at="MonitoringCertificateExpiry.EventPattern.detail-type.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.ecs"]},
        at="MonitoringCertificateExpiry.EventPattern.detail-type.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detail.DomainName": ["api.example.com"]},
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detail.commonName": ["api.example.com"]},
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detail.CommonName": ["www.example.com"]},
        at="MonitoringCertificateExpiry.EventPattern.detail.CommonName.0",
    ),
    case(
        "W9722",
        {"MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry": ["30"]},
        at="MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry.0",
    ),
    case("W9724", {"MonitoringCertificateExpiry.State": "DISABLED"}),
    case("W9724", {"MonitoringCertificateExpiry.EventBusName": "shop"}),
    case(
        "W9724",
        {
            "MonitoringCertificateExpiry.Targets.0.InputTransformer": {
                "InputPathsMap": {"a": "$.detail"},
                "InputTemplate": '"<a> <b> <aws.events.rule-name>"',
            }
        },
        at="MonitoringCertificateExpiry.Targets.0.InputTransformer.InputTemplate",
    ),
    case(
        "W9723",
        {"MonitoringAlarmTopicPolicy": REMOVE},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "W9723",
        {
            "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Principal": {
                "Service": "cloudwatch.amazonaws.com"
            }
        },
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "W9723",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Action": "sns:Subscribe"},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "W9723",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Effect": "Deny"},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "W9723",
        {
            "MonitoringCertificateExpiry.Targets.0.RoleArn": {
                "Fn::GetAtt": ["ServiceTaskRole", "Arn"]
            }
        },
    ),
]

ACCEPTED = [
    case("W9722", {"MonitoringCertificateExpiry.EventPattern": ALARM}),
    case(
        "W9722",
        {
            "MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry": [
                {"numeric": ["<", 30]}
            ]
        },
    ),
]
