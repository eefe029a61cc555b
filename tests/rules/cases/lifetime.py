"""Bad cases of cfnlink/rules/lifetime.py."""

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource

EXPORT = {"Value": get_att("DatabaseInstance", "Endpoint.Address"), "Export": {"Name": "host"}}
PORT = {"Value": get_att("DatabaseInstance", "Endpoint.Port"), "Export": {"Name": "port"}}
BAD_CASES = [
    case("W9229", {}, at="Outputs.Host.Value", template={"Outputs": {"Host": EXPORT}}),
    case("W9224", {"LoadBalancerTargetGroup.Name": "service"}),
    case("W9216", {"DatabaseInstance.DeletionPolicy": "Delete"}),
    case("W9216", {"DatabaseInstance.UpdateReplacePolicy": "Delete"}),
    case("W9216", {"DatabaseInstance.UpdateReplacePolicy": REMOVE}),
    case("W9224", {"DatabaseInstance.DBInstanceIdentifier": "shop-production"}),
    case("W9224", {"DatabaseParameterGroup.DBParameterGroupName": "shop"}),
    case("W9224", {"DatabaseSubnetGroup.DBSubnetGroupName": "shop"}),
    case("W9216", {"DatabaseMasterSecret.DeletionPolicy": "Delete"}),
    case("W9216", {"DatabaseMasterSecret.UpdateReplacePolicy": REMOVE}),
    case("W9224", {"DatabaseUrlSecret.Name": "shop/db-url"}),
    case("W9224", {"ServiceExecutionRole.RoleName": "shop"}),
    case("W9216", {"AccountRepository.DeletionPolicy": "Delete"}),
    case("W9224", {"ServiceCluster.ClusterName": "shop"}),
    case("W9216", {"Key": resource("AWS::KMS::Key"), "DatabaseInstance.KmsKeyId": ref("Key")}),
    case(
        "W9224",
        {"DatabaseLogGroupUpgrade.DeletionPolicy": "RetainExceptOnCreate"},
        at="DatabaseLogGroupUpgrade.LogGroupName",
    ),
]

ACCEPTED = [
    case("W9229", {}, at="Outputs.Port.Value", template={"Outputs": {"Port": PORT}}),
    case("W9224", {"ServiceTaskRole.RoleName": "dms-vpc-role"}),
]
