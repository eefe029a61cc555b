"""Bad cases of cfnlink/rules/lifetime.py."""

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.database import instance

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
EXECUTION = ("ServiceExecutionRole", P)

BAD_CASES = [
    BadCase(
        "W9224",
        {("LoadBalancerTargetGroup", "Properties", "Name"): "service"},
        ("LoadBalancerTargetGroup", "Properties", "Name"),
    ),
    BadCase("W9216", {(I, "DeletionPolicy"): "Delete"}, (I, "DeletionPolicy")),
    BadCase("W9216", {(I, "UpdateReplacePolicy"): "Delete"}, (I, "UpdateReplacePolicy")),
    BadCase("W9216", {(I, "UpdateReplacePolicy"): REMOVE}, (I,)),
    instance("W9224", DBInstanceIdentifier="shop-production"),
    BadCase(
        "W9224",
        {("DatabaseParameterGroup", P, "DBParameterGroupName"): "shop"},
        ("DatabaseParameterGroup", P, "DBParameterGroupName"),
    ),
    BadCase(
        "W9224",
        {("DatabaseSubnetGroup", P, "DBSubnetGroupName"): "shop"},
        ("DatabaseSubnetGroup", P, "DBSubnetGroupName"),
    ),
    BadCase(
        "W9216",
        {("DatabaseMasterSecret", "DeletionPolicy"): "Delete"},
        ("DatabaseMasterSecret", "DeletionPolicy"),
    ),
    BadCase(
        "W9216",
        {("DatabaseMasterSecret", "UpdateReplacePolicy"): REMOVE},
        ("DatabaseMasterSecret",),
    ),
    BadCase(
        "W9224",
        {("DatabaseUrlSecret", P, "Name"): "shop/db-url"},
        ("DatabaseUrlSecret", P, "Name"),
    ),
    BadCase("W9224", {(*EXECUTION, "RoleName"): "shop"}, (*EXECUTION, "RoleName")),
    BadCase(
        "W9216",
        {("AccountRepository", "DeletionPolicy"): "Delete"},
        ("AccountRepository", "DeletionPolicy"),
    ),
    BadCase(
        "W9224",
        {("ServiceCluster", P, "ClusterName"): "shop"},
        ("ServiceCluster", P, "ClusterName"),
    ),
    BadCase(
        "W9216",
        {("Key",): {"Type": "AWS::KMS::Key"}, (I, P, "KmsKeyId"): {"Ref": "Key"}},
        ("Key",),
    ),
    BadCase(
        "W9224",
        {("DatabaseLogGroupUpgrade", "DeletionPolicy"): "RetainExceptOnCreate"},
        ("DatabaseLogGroupUpgrade", P, "LogGroupName"),
    ),
]
