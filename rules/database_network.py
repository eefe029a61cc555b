"""Where an instance lives, and who reaches it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import Fault, Resource, Rule, at, facts, number, reached, references

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
VPC = f"{GUIDE}USER_VPC.WorkingWithRDSInstanceinaVPC.html"
PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}
POOL = re.compile(r"(pool_?size|pool_?max|max_?pool|max_?connections)", re.IGNORECASE)


class SubnetGroupSpansZones(Rule):
    """RDS refuses a subnet group whose subnets lie in one zone only: give it subnets in two
    zones or more, of one VPC."""

    id = "E9201"
    shortdesc = "A DB subnet group spans two zones"
    source_url = VPC
    on = ("AWS::RDS::DBSubnetGroup",)

    def check(self, resource: Resource) -> Iterator[Fault]:
        listed, subnets = resource.raw("SubnetIds"), resource.targets("SubnetIds")
        if not isinstance(listed, list) or len(subnets) != len(listed) or not listed:
            return
        zones = {
            str(subnet.raw("AvailabilityZoneId") or subnet.raw("AvailabilityZone") or "Fn::If")
            for subnet in subnets
        }
        homes = {home.name for subnet in subnets if (home := subnet.target("VpcId"))}
        one = len(zones) == 1 and "Fn::If" not in str(zones)
        if one or len({subnet.name for subnet in subnets}) == 1:
            yield ["SubnetIds"], f"{resource.name} lies in one zone; name subnets of two zones"
        elif len(homes) > 1:
            yield ["SubnetIds"], f"{resource.name} mixes subnets of several VPCs; use one VPC's"


class InstanceRule(Rule):
    """A rule about database instances."""

    on = ("AWS::RDS::DBInstance",)
    source_url = VPC


class GroupsShareANetwork(InstanceRule):
    """An instance lives in the VPC of its subnet group, without one in the default VPC: its
    security groups must be of the same VPC."""

    id = "E9228"
    shortdesc = "Subnet group and security groups are of one VPC"

    def check(self, resource: Resource) -> Iterator[Fault]:
        groups = resource.targets("VPCSecurityGroups")
        networks = {network.name for group in groups if (network := group.target("VpcId"))}
        group = resource.target("DBSubnetGroupName")
        subnets = group.targets("SubnetIds") if group else []
        homes = {home.name for subnet in subnets if (home := subnet.target("VpcId"))}
        chosen = ("Source", "SnapshotId", "DBSubnetGroupName", "DBClusterIdentifier")
        if networks and not any(word in str(list(resource.properties)) for word in chosen):
            yield [], f"{resource.name} would be in the default VPC; add a subnet group"
        elif networks and homes - networks:
            yield ["VPCSecurityGroups"], "the security group is of another VPC than the subnets"


def ingress(instance: Resource) -> list[dict[str, Any]] | None:
    """The rules that let clients in, or None if some group or rule is unknown."""
    listed, groups = instance.raw("VPCSecurityGroups"), instance.targets("VPCSecurityGroups")
    if not isinstance(listed, list) or len(groups) != len(listed) or not listed:
        return None
    rules: list[Any] = []
    for group in groups:
        inline = group.raw("SecurityGroupIngress") or []
        if group.kind != "AWS::EC2::SecurityGroup" or group.handed_out:
            return None
        rules += inline if isinstance(inline, list) else [inline]
        users = group.users("AWS::EC2::SecurityGroupIngress")
        rules += [user.properties for user, path in users if path[:1] == ["GroupId"]]
    return rules if all(isinstance(r, dict) and "Fn::If" not in r for r in rules) else None


class ClientsComeIn(InstanceRule):
    """Clients connect to the instance's port: a security group of the instance must let them
    in on just that port."""

    id = "E9227"
    shortdesc = "A group of the instance lets clients in on its port"
    source_url = f"{GUIDE}Overview.RDSSecurityGroups.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        rules, port = ingress(resource), resource.number("Port")
        if resource.absent("Port"):
            port = PORTS.get(str(resource.get("Engine")))
        if rules is None or port is None or (not rules and not resource.chain.linked):
            return
        for rule in rules:
            low, high = number(rule.get("FromPort")), number(rule.get("ToPort"))
            if str(rule.get("IpProtocol")) not in ("tcp", "6") or low is None or high is None:
                return
            if low <= port <= high or (low, high) == (-1, -1):
                return
        yield ["VPCSecurityGroups"], f"no group lets clients in on port {port:g}; add a rule"


class OthersStayOut(InstanceRule):
    """A database is reached from its own network only: let nobody in by address range
    0.0.0.0/0, and put it into subnets that give no public addresses."""

    id = "W9214"
    shortdesc = "The database is not reachable from the internet"

    def check(self, resource: Resource) -> Iterator[Fault]:
        for rule in ingress(resource) or []:
            if {str(rule.get("CidrIp")), str(rule.get("CidrIpv6"))} & {"0.0.0.0/0", "::/0"}:
                yield ["VPCSecurityGroups"], f"{resource.name} is open to everybody; close it"
        group = resource.target("DBSubnetGroupName")
        subnets = group.targets("SubnetIds") if group else []
        if any(subnet.flag("MapPublicIpOnLaunch") for subnet in subnets):
            yield ["DBSubnetGroupName"], "some of its subnets are public; use private subnets"


class EndpointIsNotExported(InstanceRule):
    """An imported export cannot change: one of the endpoint blocks the replacement that a
    restore makes. Write the address into a secret, or read it with Fn::GetStackOutput."""

    id = "W9229"
    shortdesc = "The endpoint of a database is not exported"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "using-cfn-stack-exports.html"
    )

    def check(self, resource: Resource) -> Iterator[Fault]:
        outputs = resource.chain.template.get("Outputs")
        for name, output in (outputs if isinstance(outputs, dict) else {}).items():
            named = {target for target, _ in references(output)}
            exported = isinstance(output, dict) and output.get("Export")
            if exported and resource.name in named and "Endpoint" in str(output.get("Value")):
                yield [], f"{name} exports the endpoint, which blocks a restore"


class ConnectionsSuffice(InstanceRule):
    """Every task opens its pool, twice as many tasks run during a deployment, and a small
    class takes few connections: lower the pool or the tasks, or take a larger class."""

    id = "W9230"
    shortdesc = "All tasks' pools fit into the instance's connections"
    source_url = f"{GUIDE}CHAP_Limits.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        services, most = resource.chain.of("AWS::ECS::Service"), self.limit(resource)
        task = services[0].target("TaskDefinition") if len(services) == 1 else None
        if task is None or most is None:
            return
        scalable = resource.chain.of("AWS::ApplicationAutoScaling::ScalableTarget")
        counts = [target.number("MaxCapacity") or 0 for target in scalable]
        tasks = max(counts or [services[0].number("DesiredCount") or 0])
        rolling = services[0].number("DeploymentConfiguration", "MaximumPercent") or 200
        variables = reached(task.properties, ["ContainerDefinitions", "*", "Environment", "*"])
        pools = [
            number(at(entry, "Value")) or 0
            for _, entry in variables
            if POOL.search(str(at(entry, "Name")))
        ]
        needed = tasks * rolling / 100 * sum(pools)
        if needed > most:
            yield (
                ["DBInstanceClass"],
                f"{needed:g} connections of {most:g}; lower pool or tasks",
            )

    @staticmethod
    def limit(instance: Resource) -> float | None:
        """How many connections an instance of PostgreSQL takes from others."""
        data, kind = facts("instance_classes"), str(instance.get("DBInstanceClass"))
        limits, size = data["max_connections"], data["classes"].get(kind)
        if size is None or instance.get("Engine") != "postgres":
            return None
        bytes_of_all = size["memory_gib"] * 2**30 * limits["usable_share"]
        computed = min(bytes_of_all / limits["bytes_each"], limits["most"])
        observed = limits["observed"].get(kind, {}).get("max_connections", computed)
        return float(observed - limits["reserved"])
