"""The network of a database instance, and the connections to it."""

import re

from cfnlink.aws.rds import connections, measured_classes
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.compute import environment, rollout_percent, task_range
from cfnlink.system.expressions import number
from cfnlink.system.network import INSTANCE
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
VPC = f"{GUIDE}USER_VPC.WorkingWithRDSInstanceinaVPC.html"
POOL = re.compile(r"(pool_?size|pool_?max|max_?pool|max_?connections)", re.IGNORECASE)


@rule("E9228", INSTANCE, VPC)
def instance_in_a_vpc_has_a_subnet_group(instance: Resource) -> Faults:
    """An instance with groups of a VPC has a subnet group.
    An instance lies in the VPC of its subnet group, and without one in the default VPC.
    There it cannot have security groups of another VPC."""
    chosen = ("Source", "SnapshotId", "DBSubnetGroupName", "DBClusterIdentifier")
    placed = any(word in str(list(instance.properties)) for word in chosen)
    if not placed and instance.follow("VPCSecurityGroups.*", "VpcId"):
        yield [], f"{instance.name} would be in the default VPC; add a subnet group"


@rule("W9214", INSTANCE, VPC)
def database_subnets_give_no_public_address(instance: Resource) -> Faults:
    """The database is not reachable from the internet.
    A database needs connections from its own network only: put it into subnets that give no
    public addresses."""
    subnets = instance.follow("DBSubnetGroupName", "SubnetIds.*")
    if any(subnet.flag("MapPublicIpOnLaunch") for subnet in subnets):
        yield ["DBSubnetGroupName"], "some of its subnets are public; use private subnets"


@rule("W9230", INSTANCE, f"{GUIDE}CHAP_Limits.html")
def connections_fit_into_the_limit(instance: Resource) -> Faults:
    """The connections of all tasks fit into the instance's limit.
    Every task opens its pool, twice as many tasks run during a deployment, and a small class
    accepts few connections: lower the pool or the tasks, or take a larger class."""
    services, most = instance.system.of("AWS::ECS::Service"), limit(instance)
    task = services[0].target("TaskDefinition") if len(services) == 1 else None
    if task is None or most is None:
        return
    tasks, rolling = task_range(services[0]).highest, rollout_percent(services[0])
    variables = [one for one in environment(task) if POOL.search(one.name)]
    pools = [number(variable.value) or 0 for variable in variables]
    needed = tasks * rolling / 100 * sum(pools)
    if needed > most:
        yield ["DBInstanceClass"], f"{needed:g} connections of {most:g}; lower pool or tasks"


def limit(instance: Resource) -> int | None:
    """Return how many client connections an instance of PostgreSQL accepts."""
    kind = str(instance.get("DBInstanceClass"))
    if kind not in measured_classes() or instance.get("Engine") != "postgres":
        return None
    group = instance.target("DBParameterGroupName")
    return connections(kind, group.number("Parameters", "max_connections") if group else None)
