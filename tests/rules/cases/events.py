"""Bad cases of cfnlink/rules/events.py."""

from tests.rules.cases import case
from tests.template import get_att, ref, resource

ALARM = {"source": ["aws.monitoring"], "detail-type": ["CloudWatch Alarm State Change"]}

BUS = "MonitoringCertificateExpiry.EventBusName"
ON_OWN_BUS = {"Bus": resource("AWS::Events::EventBus", Name="orders"), BUS: ref("Bus")}
TARGET = {"Id": "orders", "Arn": get_att("Bus", "Arn")}
FEEDER = resource("AWS::Events::Rule", EventPattern=ALARM, Targets=[TARGET])

BAD_CASES = [
    case(
        "E9993",
        {
            "Flow": resource(
                "AWS::StepFunctions::StateMachine",
                Definition={"StartAt": "One", "States": {"One": {"Next": "Two"}}},
            )
        },
        at="Flow.Definition",
    ),
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
        "W9786",
        {
            "MonitoringCertificateExpiry.EventPattern": {
                "detail": {"CommonName": ["api.example.com"]}
            }
        },
    ),
    case(
        "W9787",
        {"MonitoringCertificateExpiry.EventPattern.detailType": ["ACM Certificate Expired"]},
    ),
    case(
        "W9788",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.certificatemanager"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9788",
        {"MonitoringCertificateExpiry.EventPattern.source": ["acm"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9788",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.ACM"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9788",
        {"MonitoringCertificateExpiry.EventPattern.source": ["acm.amazonaws.com"]},
        at="MonitoringCertificateExpiry.EventPattern.source.0",
    ),
    case(
        "W9789",
        {"MonitoringCertificateExpiry.EventPattern.detail-type": ["ACM Certificate Expiring"]},
        at="MonitoringCertificateExpiry.EventPattern.detail-type.0",
    ),
    case(
        "W9789",
        {"MonitoringCertificateExpiry.EventPattern.source": ["aws.ecs"]},
        at="MonitoringCertificateExpiry.EventPattern.detail-type.0",
    ),
    case(
        "W9790",
        {"MonitoringCertificateExpiry.EventPattern.detail.DomainName": ["api.example.com"]},
    ),
    case(
        "W9790",
        {"MonitoringCertificateExpiry.EventPattern.detail.commonName": ["api.example.com"]},
    ),
    case(
        "W9792",
        {"MonitoringCertificateExpiry.EventPattern.detail.CommonName": ["www.example.com"]},
        at="MonitoringCertificateExpiry.EventPattern.detail.CommonName.0",
    ),
    case(
        "W9791",
        {"MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry": ["30"]},
        at="MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry.0",
    ),
    case("W9793", {"MonitoringCertificateExpiry.State": "DISABLED"}),
    case("W9794", {"MonitoringCertificateExpiry.EventBusName": "shop"}),
    case("W9794", ON_OWN_BUS, at="MonitoringCertificateExpiry.EventBusName"),
    case(
        "W9795",
        {
            "MonitoringCertificateExpiry.Targets.0.InputTransformer": {
                "InputPathsMap": {"a": "$.detail"},
                "InputTemplate": '"<a> <b> <aws.events.rule-name>"',
            }
        },
        at="MonitoringCertificateExpiry.Targets.0.InputTransformer.InputTemplate",
    ),
]

ACCEPTED = [
    case("W9794", {**ON_OWN_BUS, "Feeder": FEEDER}),
    case(
        "W9794",
        {BUS: "partner", "MonitoringCertificateExpiry.EventPattern.source": ["aws.partner/a"]},
    ),
    case("W9786", {"MonitoringCertificateExpiry.EventPattern": ALARM}),
    case(
        "W9791",
        {
            "MonitoringCertificateExpiry.EventPattern.detail.DaysToExpiry": [
                {"numeric": ["<", 30]}
            ]
        },
    ),
]
