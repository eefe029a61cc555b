"""Bends of rules/lifetime.py."""

from tests.rules.bends import REMOVE, Bend
from tests.rules.bends_database import instance

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
EXECUTION = ("ServiceExecutionRole", P)

BENDS = [
    Bend(
        "W9224",
        {("LoadBalancerTargetGroup", "Properties", "Name"): "service"},
        ("LoadBalancerTargetGroup", "Properties", "Name"),
    ),
    Bend("W9216", {(I, "DeletionPolicy"): "Delete"}, (I, "DeletionPolicy")),
    Bend("W9216", {(I, "UpdateReplacePolicy"): "Delete"}, (I, "UpdateReplacePolicy")),
    Bend("W9216", {(I, "UpdateReplacePolicy"): REMOVE}, (I,)),
    instance("W9224", DBInstanceIdentifier="shop-production"),
    Bend(
        "W9224",
        {("DatabaseParameterGroup", P, "DBParameterGroupName"): "shop"},
        ("DatabaseParameterGroup", P, "DBParameterGroupName"),
    ),
    Bend(
        "W9224",
        {("DatabaseSubnetGroup", P, "DBSubnetGroupName"): "shop"},
        ("DatabaseSubnetGroup", P, "DBSubnetGroupName"),
    ),
    Bend(
        "W9216",
        {("DatabaseMasterSecret", "DeletionPolicy"): "Delete"},
        ("DatabaseMasterSecret", "DeletionPolicy"),
    ),
    Bend(
        "W9216",
        {("DatabaseMasterSecret", "UpdateReplacePolicy"): REMOVE},
        ("DatabaseMasterSecret",),
    ),
    Bend(
        "W9224",
        {("DatabaseUrlSecret", P, "Name"): "shop/db-url"},
        ("DatabaseUrlSecret", P, "Name"),
    ),
    Bend("W9224", {(*EXECUTION, "RoleName"): "shop"}, (*EXECUTION, "RoleName")),
    Bend(
        "W9216",
        {("AccountRepository", "DeletionPolicy"): "Delete"},
        ("AccountRepository", "DeletionPolicy"),
    ),
    Bend(
        "W9224",
        {("ServiceCluster", P, "ClusterName"): "shop"},
        ("ServiceCluster", P, "ClusterName"),
    ),
    Bend(
        "W9216",
        {("Key",): {"Type": "AWS::KMS::Key"}, (I, P, "KmsKeyId"): {"Ref": "Key"}},
        ("Key",),
    ),
    Bend(
        "W9224",
        {("DatabaseLogGroupUpgrade", "DeletionPolicy"): "RetainExceptOnCreate"},
        ("DatabaseLogGroupUpgrade", P, "LogGroupName"),
    ),
]
