"""Bad cases of cfnlink/rules/database_network.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.database import without

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
GROUP = (I, P, "VPCSecurityGroups")


class Exported(BadCase):
    """The instance's address becomes an export."""

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        """The good template with one output more."""
        value = {"Fn::GetAtt": [I, "Endpoint.Address"]}
        output = {"Value": value, "Export": {"Name": "shop-database"}}
        return {**good, "Outputs": {"DatabaseAddress": output}}


BAD_CASES = [
    BadCase(
        "E9201",
        {("DatabaseSubnetGroup", P, "SubnetIds", 1): {"Ref": "NetworkDatabaseSubnetA"}},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    BadCase(
        "E9201",
        {("NetworkDatabaseSubnetB", P, "AvailabilityZoneId"): "use1-az1"},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    BadCase(
        "E9201",
        {("DatabaseSubnetGroup", P, "SubnetIds", 1): REMOVE},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    BadCase(
        "W9121",
        {
            ("DatabaseSecurityGroup", P, "SecurityGroupIngress"): [
                {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
            ]
        },
        (*GROUP, 0),
    ),
    BadCase(
        "W9214",
        {("NetworkDatabaseSubnetA", P, "MapPublicIpOnLaunch"): True},
        (I, P, "DBSubnetGroupName"),
    ),
    BadCase("E9227", {(I, P, "Port"): "5433"}, GROUP),
    BadCase("E9227", {("ServiceDatabaseFromTasks",): REMOVE}, GROUP),
    BadCase(
        "E9227",
        {
            ("ServiceDatabaseFromTasks", P, "FromPort"): 3306,
            ("ServiceDatabaseFromTasks", P, "ToPort"): 3306,
        },
        GROUP,
    ),
    without("E9228", "DBSubnetGroupName"),
    BadCase(
        "E9104",
        {
            ("Other",): {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}},
            ("DatabaseSecurityGroup", P, "VpcId"): {"Ref": "Other"},
        },
        (*GROUP, 0),
    ),
    Exported("W9229", {("Outputs",): REMOVE}, (I, P)),
    BadCase(
        "W9230",
        {("DatabaseParameterGroup", P, "Parameters", "max_connections"): "20"},
        (I, P, "DBInstanceClass"),
    ),
    BadCase(
        "W9230", {("ServiceScalableTarget", P, "MaxCapacity"): 10}, (I, P, "DBInstanceClass")
    ),
    BadCase(
        "W9230",
        {
            (
                "ServiceTaskDefinition",
                P,
                "ContainerDefinitions",
                0,
                "Environment",
                1,
                "Value",
            ): "10"
        },
        (I, P, "DBInstanceClass"),
    ),
]
