"""Bends of rules/reach.py."""

from tests.rules.bends import REMOVE, Bend
from tests.rules.bends_network import AWSVPC, bend, prop, resource

BENDS = [
    bend(
        "E9108",
        "NetworkNatGatewayA",
        ("SubnetId",),
        {"Ref": "NetworkPrivateSubnetA"},
        base="nat",
    ),
    bend(
        "E9108",
        "NetworkNatGatewayA",
        ("AllocationId",),
        REMOVE,
        prop("NetworkNatGatewayA", "SubnetId"),
        "nat",
    ),
    bend(
        "E9108",
        "NetworkNatGatewayA",
        ("ConnectivityType",),
        "private",
        prop("NetworkNatGatewayA", "AllocationId"),
        "nat",
    ),
    bend(
        "E9110",
        "ServiceService",
        (*AWSVPC, "AssignPublicIp"),
        "DISABLED",
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    bend(
        "E9110",
        "ServiceService",
        (*AWSVPC, "Subnets", 1),
        {"Ref": "NetworkPrivateSubnetB"},
    ),
    Bend(
        "E9110",
        {("NetworkPublicDefaultRoute",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    Bend(
        "E9110",
        {("NetworkPrivateDefaultRouteB",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 1),
        "nat",
    ),
    *(
        Bend(
            "E9110",
            {(f"Network{name}Endpoint",): REMOVE},
            prop("ServiceService", *AWSVPC, "Subnets", 0),
            "endpoints",
        )
        for name in ("EcrApi", "EcrDkr", "Logs", "SecretsManager", "S3")
    ),
    bend(
        "E9110",
        "NetworkEcrDkrEndpoint",
        ("PrivateDnsEnabled",),
        False,
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "endpoints",
    ),
    bend(
        "E9110",
        "ServiceService",
        ("EnableExecuteCommand",),
        True,
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "endpoints",
    ),
    Bend(
        "E9110",
        {
            prop("NetworkPublicDefaultRoute", "DestinationCidrBlock"): REMOVE,
            prop("NetworkPublicDefaultRoute", "DestinationIpv6CidrBlock"): "::/0",
        },
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    *(
        bend(
            "E9110",
            "ServiceSecurityGroup",
            ("SecurityGroupEgress", 0, key),
            value,
            prop("ServiceService", *AWSVPC, "SecurityGroups"),
        )
        for key, value in (("CidrIp", "10.0.0.0/16"), ("IpProtocol", "udp"), ("ToPort", 442))
    ),
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("SecurityGroupIds",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    bend(
        "W9111",
        "NetworkS3Endpoint",
        ("RouteTableIds",),
        [{"Ref": "NetworkPrivateRouteTableA"}],
        prop("ServiceService", *AWSVPC, "Subnets", 0),
    ),
    bend(
        "E9112",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        {"Fn::Sub": "com.amazonaws.${AWS::Region}.cloudwatch-logs"},
        base="endpoints",
    ),
    bend(
        "E9112",
        "NetworkLogsEndpoint",
        ("VpcEndpointType",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    bend("E9112", "NetworkS3Endpoint", ("SubnetIds",), [{"Ref": "NetworkPrivateSubnetA"}]),
    bend(
        "E9112",
        "NetworkS3Endpoint",
        ("VpcEndpointType",),
        "Interface",
        prop("NetworkS3Endpoint", "RouteTableIds"),
    ),
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.loggs",
        base="endpoints",
    ),
    *(
        bend(
            "E9112",
            "NetworkVpc",
            (key,),
            False,
            prop("NetworkLogsEndpoint", "PrivateDnsEnabled"),
            "endpoints",
        )
        for key in ("EnableDnsHostnames", "EnableDnsSupport")
    ),
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("PrivateDnsEnabled",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("SubnetIds",),
        REMOVE,
        prop("NetworkLogsEndpoint", "ServiceName"),
        "endpoints",
    ),
    bend(
        "W9115",
        "NetworkS3Endpoint",
        ("RouteTableIds",),
        REMOVE,
        prop("NetworkS3Endpoint", "ServiceName"),
    ),
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.ecs-agent",
        base="endpoints",
    ),
    bend(
        "W9127",
        "DatabaseSubnetGroup",
        ("SubnetIds", 0),
        {"Ref": "NetworkPublicSubnetA"},
    ),
    *(
        Bend(
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
    bend(
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
    Bend(
        "W9111",
        {("NetworkS3Endpoint",): REMOVE},
        prop("ServiceService", *AWSVPC, "Subnets", 0),
        "nat",
    ),
    bend("W9146", "ServiceService", (*AWSVPC, "AssignPublicIp"), "ENABLED", base="nat"),
]

FINE = [
    bend(
        "W9115",
        "NetworkLogsEndpoint",
        ("ServiceName",),
        "com.amazonaws.us-east-1.bedrock-agentcore",
        base="endpoints",
    ),
    bend(
        "E9110",
        "ServiceSecurityGroup",
        ("SecurityGroupEgress", 0),
        {"DestinationPrefixListId": "pl-1", "IpProtocol": "-1"},
    ),
    bend("E9110", "ServiceSecurityGroup", ("SecurityGroupEgress",), REMOVE),
    Bend(
        "E9110",
        {
            prop("NetworkPublicDefaultRoute", "DestinationCidrBlock"): REMOVE,
            prop("NetworkPublicDefaultRoute", "DestinationIpv6CidrBlock"): "::/0",
            prop("NetworkPublicSubnetA", "Ipv6CidrBlock"): "2001:db8::/64",
            prop("NetworkPublicSubnetB", "Ipv6CidrBlock"): "2001:db8:0:1::/64",
        },
    ),
    Bend(
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
