"""Bad cases of cfnlink/rules/security_groups.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.network import AWSVPC, NO_EGRESS, added, case, prop, resource


def first_ingress(value: Any) -> Any:
    return [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/16", **value}
    ]


BAD_CASES = [
    BadCase(
        "W9122",
        {("DatabaseSecurityGroup", "Properties", "SecurityGroupEgress"): REMOVE},
        ("DatabaseSecurityGroup", "Properties", "GroupDescription"),
    ),
    *(
        BadCase("E9116", {change: REMOVE}, prop(name, *path))
        for change, name, path in (
            (("ApiLinkToBalancer",), "ApiVpcLink", ("SecurityGroupIds",)),
            (("ApiBalancerFromLink",), "LoadBalancerLoadBalancer", ("SecurityGroups",)),
            (("ServiceBalancerToTasks",), "LoadBalancerLoadBalancer", ("SecurityGroups",)),
            (("ServiceTasksFromBalancer",), "ServiceService", (*AWSVPC, "SecurityGroups")),
            (("ServiceTasksToDatabase",), "ServiceService", (*AWSVPC, "SecurityGroups")),
            (("ServiceDatabaseFromTasks",), "DatabaseInstance", ("VPCSecurityGroups",)),
        )
    ),
    case(
        "E9116",
        "DatabaseInstance",
        ("Port",),
        "5433",
        prop("DatabaseInstance", "VPCSecurityGroups"),
    ),
    case(
        "E9116",
        "ServiceService",
        ("LoadBalancers", 0, "ContainerPort"),
        8080,
        prop("ServiceService", *AWSVPC, "SecurityGroups"),
    ),
    case(
        "E9116",
        "ServiceDatabaseFromTasks",
        ("SourceSecurityGroupId",),
        {"Fn::GetAtt": ["LoadBalancerSecurityGroup", "GroupId"]},
        prop("DatabaseInstance", "VPCSecurityGroups"),
    ),
    case(
        "E9116",
        "ServiceTasksFromBalancer",
        ("IpProtocol",),
        "udp",
        prop("ServiceService", *AWSVPC, "SecurityGroups"),
    ),
    case(
        "E9116",
        "NetworkEndpointSecurityGroup",
        ("SecurityGroupIngress",),
        [NO_EGRESS],
        prop("NetworkLogsEndpoint", "SecurityGroupIds"),
        "endpoints",
    ),
    case("E9117", "ServiceTasksFromBalancer", ("FromPort",), 3001),
    case("E9117", "ServiceTasksFromBalancer", ("FromPort",), -1),
    case(
        "E9117",
        "ServiceSecurityGroup",
        ("SecurityGroupEgress", 0, "FromPort"),
        444,
    ),
    case("E9117", "ServiceTasksFromBalancer", ("Description",), "The balancer's"),
    case(
        "E9117",
        "ServiceSecurityGroup",
        ("SecurityGroupEgress", 0, "Description"),
        "Images > logs",
    ),
    BadCase(
        "W9119",
        {
            prop("ApiLinkToBalancer"): {
                "GroupId": {"Fn::GetAtt": ["ServiceSecurityGroup", "GroupId"]},
                "CidrIp": "0.0.0.0/0",
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
            }
        },
        prop("ServiceSecurityGroup"),
    ),
    BadCase(
        "W9120",
        {
            prop("DatabaseSecurityGroup", "SecurityGroupIngress"): first_ingress(
                {"FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}
            )
        },
        prop("DatabaseSecurityGroup", "SecurityGroupIngress", 0, "CidrIp"),
    ),
    added(
        "W9120",
        resource(
            "SecurityGroupIngress",
            GroupId={"Ref": "ServiceSecurityGroup"},
            IpProtocol="-1",
            CidrIpv6="::/0",
        ),
        "CidrIpv6",
    ),
    BadCase(
        "W9121",
        {
            prop("ServiceTasksFromBalancer", "SourceSecurityGroupId"): REMOVE,
            prop("ServiceTasksFromBalancer", "CidrIp"): "0.0.0.0/0",
        },
        prop("ServiceService", *AWSVPC, "SecurityGroups", 0),
    ),
    case(
        "W9122",
        "LoadBalancerSecurityGroup",
        ("SecurityGroupEgress",),
        REMOVE,
        prop("LoadBalancerSecurityGroup", "GroupDescription"),
    ),
    case(
        "W9122",
        "LoadBalancerSecurityGroup",
        ("SecurityGroupEgress", 0, "CidrIp"),
        "0.0.0.0/0",
        prop("LoadBalancerSecurityGroup", "SecurityGroupEgress", 0),
    ),
    *(
        BadCase(
            "W9121",
            {prop(name, "SourceSecurityGroupId"): REMOVE, prop(name, "CidrIp"): "10.0.0.0/16"},
            at,
        )
        for name, at in (
            ("ServiceDatabaseFromTasks", prop("DatabaseInstance", "VPCSecurityGroups", 0)),
            (
                "ServiceTasksFromBalancer",
                prop("ServiceService", *AWSVPC, "SecurityGroups", 0),
            ),
        )
    ),
    *(
        BadCase(
            "W9140",
            {prop(name, "FromPort"): 0, prop(name, "ToPort"): 65535},
            prop(name, "IpProtocol"),
        )
        for name in ("ServiceDatabaseFromTasks", "ServiceTasksToDatabase")
    ),
    case("W9140", "ServiceTasksFromBalancer", ("IpProtocol",), "-1"),
    added(
        "W9140",
        resource(
            "SecurityGroupIngress",
            GroupId={"Ref": "DatabaseSecurityGroup"},
            SourceSecurityGroupId={"Ref": "LoadBalancerSecurityGroup"},
            IpProtocol="tcp",
            FromPort=5432,
            ToPort=5432,
        ),
        "SourceSecurityGroupId",
    ),
    BadCase(
        "W9140",
        {
            prop("ServiceTasksToDatabase", "DestinationSecurityGroupId"): REMOVE,
            prop("ServiceTasksToDatabase", "CidrIp"): "0.0.0.0/0",
        },
        prop("ServiceTasksToDatabase", "CidrIp"),
    ),
]
