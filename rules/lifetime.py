"""What outlives its stack, and what leaves room for its successor."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import Resource
from _rule import Faults, rule

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
DATABASE, SECRET = "AWS::RDS::DBInstance", "AWS::SecretsManager::Secret"
KEY, LOGS = "AWS::KMS::Key", "AWS::Logs::LogGroup"
KEPT = {DATABASE: "Snapshot", SECRET: "Retain", "AWS::ECR::Repository": "Retain", KEY: "Retain"}
NAMES = {
    DATABASE: ("DBInstanceIdentifier", r".*\D"),
    "AWS::RDS::DBParameterGroup": ("DBParameterGroupName", ".*"),
    "AWS::RDS::DBSubnetGroup": ("DBSubnetGroupName", ".*"),
    SECRET: ("Name", ".*"),
    "AWS::IAM::Role": ("RoleName", ".*"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", ".*"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", ".*"),
    LOGS: ("LogGroupName", ".*"),
    "AWS::ECS::Cluster": ("ClusterName", ".*"),
}


def holds_data(resource: Resource) -> bool:
    """Whether data, or the way to it, goes with the resource: of secrets, the master's."""
    if resource.kind == SECRET:
        users = resource.users(DATABASE, "AWS::RDS::DBCluster")
        return any(path[:1] == ["MasterUserPassword"] for _, path in users)
    if resource.kind == KEY:
        return any(path == ["KmsKeyId"] for _, path in resource.users(DATABASE))
    copies = ("DBClusterIdentifier", "SourceDBInstanceIdentifier")
    return all(map(resource.absent, copies))


@rule("W9216", tuple(KEPT), f"{DOCS}aws-attribute-updatereplacepolicy.html")
def data_outlives_the_stack(resource: Resource) -> Faults:
    """Databases, their secrets, keys and images outlive their stack.
    Without DeletionPolicy and UpdateReplacePolicy Snapshot or Retain the data, its master's
    password or key, or the images that run go with the resource when it is removed."""
    right = KEPT[resource.kind]
    for name in ("DeletionPolicy", "UpdateReplacePolicy") if holds_data(resource) else ():
        policy = resource.body.get(name)
        default = policy is None and resource.kind == DATABASE and name == "DeletionPolicy"
        known = isinstance(policy, dict) or default  # RDS snapshots what is only deleted
        if not known and policy not in (right, "Retain", "RetainExceptOnCreate"):
            path = [".."] if policy is None else ["..", name]
            yield path, f"{resource.name} would go with all it holds; set {name} to {right}"


@rule("W9224", tuple(NAMES), f"{DOCS}aws-properties-name.html")
def names_leave_room(resource: Resource) -> Faults:
    """Physical names do not block a replacement.
    A fixed physical name collides in a second stack and blocks a replacement, a deleted
    secret's for days, a kept log group's for ever: end an instance's with a generation (-1),
    leave the others out."""
    name, fixed = NAMES[resource.kind]
    value = resource.get(name)
    if resource.kind == LOGS and resource.body.get("DeletionPolicy") != "Retain":
        return  # it goes with its stack
    if isinstance(value, str) and re.fullmatch(fixed, value):
        yield [name], f"{value} blocks a replacement; end it with a generation or drop it"
