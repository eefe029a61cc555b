"""Bad cases of cfnlink/rules/database_network.py."""

from tests.rules.cases import REMOVE, case
from tests.template import ref, resource

BAD_CASES = [
    case(
        "E9101",
        {"DatabaseSubnetGroup.SubnetIds.1": ref("NetworkDatabaseSubnetA")},
        at="DatabaseSubnetGroup.SubnetIds",
    ),
    case(
        "E9101",
        {"NetworkDatabaseSubnetB.AvailabilityZoneId": "use1-az1"},
        at="DatabaseSubnetGroup.SubnetIds",
    ),
    case("E9101", {"DatabaseSubnetGroup.SubnetIds.1": REMOVE}),
    case(
        "W9190",
        {
            "DatabaseSecurityGroup.SecurityGroupIngress": [
                {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
            ]
        },
        at="DatabaseInstance.VPCSecurityGroups.0",
    ),
    case(
        "W9214",
        {"NetworkDatabaseSubnetA.MapPublicIpOnLaunch": True},
        at="DatabaseInstance.DBSubnetGroupName",
    ),
    case("E9227", {"DatabaseInstance.Port": "5433"}, at="DatabaseInstance.VPCSecurityGroups"),
    case(
        "E9227", {"ServiceDatabaseFromTasks": REMOVE}, at="DatabaseInstance.VPCSecurityGroups"
    ),
    case(
        "E9227",
        {"ServiceDatabaseFromTasks.FromPort": 3306, "ServiceDatabaseFromTasks.ToPort": 3306},
        at="DatabaseInstance.VPCSecurityGroups",
    ),
    case("E9228", {"DatabaseInstance.DBSubnetGroupName": REMOVE}),
    case(
        "E9104",
        {
            "Other": resource("AWS::EC2::VPC", CidrBlock="10.1.0.0/16"),
            "DatabaseSecurityGroup.VpcId": ref("Other"),
        },
        at="DatabaseInstance.VPCSecurityGroups.0",
    ),
    case(
        "W9230",
        {"DatabaseParameterGroup.Parameters.max_connections": "20"},
        at="DatabaseInstance.DBInstanceClass",
    ),
    case(
        "W9230",
        {"ServiceScalableTarget.MaxCapacity": 10},
        at="DatabaseInstance.DBInstanceClass",
    ),
    case(
        "W9230",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Value": "10"},
        at="DatabaseInstance.DBInstanceClass",
    ),
]
