"""Bad cases of cfnlink/rules/reach.py."""

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.network import AWSVPC, case, prop, resource

BAD_CASES = [
    case(
        "E9108",
        "NetworkNatGatewayA",
        ("SubnetId",),
        {"Ref": "NetworkPrivateSubnetA"},
        base="nat",
    ),
    case(
        "E9108",
        "NetworkNatGatewayA",
        ("AllocationId",),
        REMOVE,
        prop("NetworkNatGatewayA", "SubnetId"),
        "nat",
    ),
    case(
        "E9108",
        "NetworkNatGatewayA",
        ("ConnectivityType",),
        "private",
        prop("NetworkNatGatewayA", "AllocationId"),
        "nat",
    ),
    case(
        "E9110",
        "ServiceService",
        (*AWSVPC, "AssignPublicIp"),
        "DISABLED",
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    case(
        "E9110",
        "ServiceService",
        (*AWSVPC, "Subnets", 1),
        {"Ref": "NetworkPrivateSubnetB"},
    ),
    BadCase(
        "E9110",
        {("NetworkPublicDefaultRoute",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    BadCase(
        "E9110",
        {("NetworkPrivateDefaultRouteB",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 1),
        "nat",
    ),
    *(
        BadCase(
            "E9110",
            {(f"Network{name}Endpoint",): REMOVE},
            prop("ServiceService", *AWSVPC, "Subnets", 0),
            "endpoints",
        )
        for name in ("EcrApi", "EcrDkr", "Logs", "SecretsManager", "S3")
    ),
    case(
        "E9110",
        "NetworkEcrDkrEndpoint",
        ("PrivateDnsEnabled",),
        False,
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "endpoints",
    ),
    case(
        "E9110",
        "ServiceService",
        ("EnableExecuteCommand",),
        True,
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "endpoints",
    ),
    BadCase(
        "E9110",
        {
            prop("NetworkPublicDefaultRoute", "DestinationCidrBlock"): REMOVE,
            prop("NetworkPublicDefaultRoute", "DestinationIpv6CidrBlock"): "::/0",
        },
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    *(
        case(
            "E9110",
            "ServiceSecurityGroup",
            ("SecurityGroupEgress", 0, key),
            value,
            prop("ServiceService", *AWSVPC, "SecurityGroups"),
        )
        for key, value in (("CidrIp", "10.0.0.0/16"), ("IpProtocol", "udp"), ("ToPort", 442))
    ),
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("SecurityGroupIds",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    case(
        "W9111",
        "NetworkS3Endpoint",
        ("RouteTableIds",),
        [{"Ref": "NetworkPrivateRouteTableA"}],
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    case(
        "E9112",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        {"Fn::Sub": "com.amazonaws.${AWS::Region}.cloudwatch-logs"},
        base="endpoints",
    ),
    case(
        "E9112",
        "NetworkLogsEndpoint",
        ("VpcEndpointType",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    case("E9112", "NetworkS3Endpoint", ("SubnetIds",), [{"Ref": "NetworkPrivateSubnetA"}]),
    case(
        "E9112",
        "NetworkS3Endpoint",
        ("VpcEndpointType",),
        "Interface",
        prop("NetworkS3Endpoint", "RouteTableIds"),
    ),
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.loggs",
        base="endpoints",
    ),
    *(
        case(
            "E9112",
            "NetworkVpc",
            (key,),
            False,
            prop("NetworkLogsEndpoint", "PrivateDnsEnabled"),
            "endpoints",
        )
        for key in ("EnableDnsHostnames", "EnableDnsSupport")
    ),
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("PrivateDnsEnabled",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("SubnetIds",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    case(
        "W9115",
        "NetworkS3Endpoint",
        ("RouteTableIds",),
        REMOVE,
        prop("NetworkS3Endpoint", "ServiceName"),
    ),
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.ecs-agent",
        base="endpoints",
    ),
    case(
        "W9127",
        "DatabaseSubnetGroup",
        ("SubnetIds", 0),
        {"Ref": "NetworkPublicSubnetA"},
    ),
    *(
        BadCase(
            "W9127",
            {
                ("Added",): resource(
                    "Route",
                    RouteTableId={"Ref": "NetworkPrivateRouteTableA"},
                    DestinationCidrBlock="0.0.0.0/0",
                    GatewayId={"Ref": "NetworkInternetGateway"},
                )
            },
            at,
        )
        for at in (
            prop("LoadBalancerLoadBalancer", "Subnets", 0),
            prop("ApiVpcLink", "SubnetIds", 0),
        )
    ),
    case(
        "W9144",
        "NetworkS3Endpoint",
        ("PolicyDocument",),
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": ["arn:aws:s3:::uploads/*"],
                }
            ]
        },
    ),
    BadCase(
        "W9111",
        {("NetworkS3Endpoint",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "nat",
    ),
    case("W9146", "ServiceService", (*AWSVPC, "AssignPublicIp"), "ENABLED", base="nat"),
]

ACCEPTED = [
    case(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.bedrock-agentcore",
        base="endpoints",
    ),
    case(
        "E9110",
        "ServiceSecurityGroup",
        ("SecurityGroupEgress", 0),
        {"DestinationPrefixListId": "pl-1", "IpProtocol": "-1"},
    ),
    case("E9110", "ServiceSecurityGroup", ("SecurityGroupEgress",), REMOVE),
    BadCase(
        "E9110",
        {
            prop("NetworkPublicDefaultRoute", "DestinationCidrBlock"): REMOVE,
            prop("NetworkPublicDefaultRoute", "DestinationIpv6CidrBlock"): "::/0",
            prop("NetworkPublicSubnetA", "Ipv6CidrBlock"): "2001:db8::/64",
            prop("NetworkPublicSubnetB", "Ipv6CidrBlock"): "2001:db8:0:1::/64",
        },
    ),
    BadCase(
        "W9115",
        {
            prop("NetworkLogsEndpoint", "SecurityGroupIds"): REMOVE,
            ("Opened",): resource(
                "SecurityGroupIngress",
                GroupId={"Fn::GetAtt": ["NetworkVpc", "DefaultSecurityGroup"]},
                CidrIp="10.0.0.0/16",
                IpProtocol="-1",
            ),
        },
        base="endpoints",
    ),
]
