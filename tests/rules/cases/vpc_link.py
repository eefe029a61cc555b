"""Bad cases of cfnlink/rules/vpc_link.py."""

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.api import INTEGRATION, LINK, P, case, ref, resource

BAD_CASES = [
    case("E9531", (*INTEGRATION, "ConnectionType"), REMOVE, INTEGRATION),
    case("E9531", (*INTEGRATION, "IntegrationTarget"), REMOVE, INTEGRATION),
    case("E9531", (*INTEGRATION, "Type"), "AWS_PROXY"),
    BadCase(
        "E9531",
        {
            ("Old",): resource("AWS::ApiGateway::VpcLink"),
            (*INTEGRATION, "ConnectionId"): ref("Old"),
        },
        (*INTEGRATION, "IntegrationTarget"),
    ),
    case("E9533", (*INTEGRATION, "Uri"), "http://service.internal:8080/{proxy}"),
    case("E9533", (*INTEGRATION, "Uri"), "https://service.internal/{proxy}"),
    case("E9533", (*INTEGRATION, "Uri"), "https://service.internal:80/{proxy}"),
    case("E9533", ("LoadBalancerListener", P, "Port"), 8080, (*INTEGRATION, "Uri")),
    BadCase(
        "E9536",
        {
            ("Old",): resource(
                "AWS::ApiGateway::VpcLink", TargetArns=[ref("LoadBalancerLoadBalancer")]
            )
        },
        ("Old", P, "TargetArns"),
    ),
    case("E9537", (*INTEGRATION, "ConnectionType"), "INTERNET", INTEGRATION),
    case("W9538", (*LINK, "SubnetIds"), [ref("NetworkPrivateSubnetA")]),
    case(
        "W9538",
        ("NetworkPrivateSubnetA", P, "AvailabilityZoneId"),
        "use1-az2",
        (*LINK, "SubnetIds"),
    ),
]
