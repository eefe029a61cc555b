"""Bends of rules/database_network.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend
from tests.rules.bends_database import gone

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
GROUP = (I, P, "VPCSecurityGroups")


class Exported(Bend):
    """The instance's address becomes an export."""

    def apply(self, good: dict[str, Any]) -> dict[str, Any]:
        """The good template with one output more."""
        value = {"Fn::GetAtt": [I, "Endpoint.Address"]}
        output = {"Value": value, "Export": {"Name": "shop-database"}}
        return {**good, "Outputs": {"DatabaseAddress": output}}


BENDS = [
    Bend(
        "E9201",
        {("DatabaseSubnetGroup", P, "SubnetIds", 1): {"Ref": "NetworkDatabaseSubnetA"}},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    Bend(
        "E9201",
        {("NetworkDatabaseSubnetB", P, "AvailabilityZoneId"): "use1-az1"},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    Bend(
        "E9201",
        {("DatabaseSubnetGroup", P, "SubnetIds", 1): REMOVE},
        ("DatabaseSubnetGroup", P, "SubnetIds"),
    ),
    Bend(
        "W9121",
        {
            ("DatabaseSecurityGroup", P, "SecurityGroupIngress"): [
                {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
            ]
        },
        (*GROUP, 0),
    ),
    Bend(
        "W9214",
        {("NetworkDatabaseSubnetA", P, "MapPublicIpOnLaunch"): True},
        (I, P, "DBSubnetGroupName"),
    ),
    Bend("E9227", {(I, P, "Port"): "5433"}, GROUP),
    Bend("E9227", {("ServiceDatabaseFromTasks",): REMOVE}, GROUP),
    Bend(
        "E9227",
        {
            ("ServiceDatabaseFromTasks", P, "FromPort"): 3306,
            ("ServiceDatabaseFromTasks", P, "ToPort"): 3306,
        },
        GROUP,
    ),
    gone("E9228", "DBSubnetGroupName"),
    Bend(
        "E9104",
        {
            ("Other",): {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}},
            ("DatabaseSecurityGroup", P, "VpcId"): {"Ref": "Other"},
        },
        (*GROUP, 0),
    ),
    Exported("W9229", {("Outputs",): REMOVE}, (I, P)),
    Bend(
        "W9230",
        {("DatabaseParameterGroup", P, "Parameters", "max_connections"): "20"},
        (I, P, "DBInstanceClass"),
    ),
    Bend("W9230", {("ServiceScalableTarget", P, "MaxCapacity"): 10}, (I, P, "DBInstanceClass")),
    Bend(
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
