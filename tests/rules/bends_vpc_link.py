"""Bends of rules/vpc_link.py."""

from tests.rules.bends import REMOVE, Bend
from tests.rules.bends_api import INTEGRATION, LINK, P, bend, ref, resource

BENDS = [
    bend("E9531", (*INTEGRATION, "ConnectionType"), REMOVE, INTEGRATION),
    bend("E9531", (*INTEGRATION, "IntegrationTarget"), REMOVE, INTEGRATION),
    bend("E9531", (*INTEGRATION, "Type"), "AWS_PROXY"),
    Bend(
        "E9531",
        {
            ("Old",): resource("AWS::ApiGateway::VpcLink"),
            (*INTEGRATION, "ConnectionId"): ref("Old"),
        },
        (*INTEGRATION, "IntegrationTarget"),
    ),
    bend("E9533", (*INTEGRATION, "Uri"), "http://service.internal:8080/{proxy}"),
    bend("E9533", (*INTEGRATION, "Uri"), "https://service.internal/{proxy}"),
    bend("E9533", (*INTEGRATION, "Uri"), "https://service.internal:80/{proxy}"),
    bend("E9533", ("LoadBalancerListener", P, "Port"), 8080, (*INTEGRATION, "Uri")),
    Bend(
        "E9536",
        {
            ("Old",): resource(
                "AWS::ApiGateway::VpcLink", TargetArns=[ref("LoadBalancerLoadBalancer")]
            )
        },
        ("Old", P, "TargetArns"),
    ),
    bend("E9537", (*INTEGRATION, "ConnectionType"), "INTERNET", INTEGRATION),
    bend("W9538", (*LINK, "SubnetIds"), [ref("NetworkPrivateSubnetA")]),
    bend(
        "W9538",
        ("NetworkPrivateSubnetA", P, "AvailabilityZoneId"),
        "use1-az2",
        (*LINK, "SubnetIds"),
    ),
]
