"""Where tasks run and what reaches them."""

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import ec2, ecs

from templates.database import PORT as DATABASE_PORT
from templates.needed import Needed
from templates.network import Network
from templates.parts import EVERYWHERE, HTTPS, connect
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack


@dataclass(frozen=True)
class TaskFirewall:
    """The tasks' security group, and the rules that their traffic needs."""

    group: ec2.SecurityGroup
    rules: list[ec2.SecurityGroupIngress | ec2.SecurityGroupEgress]


@dataclass(frozen=True)
class Place:
    """Where other tasks of the service stack run: the cluster, and the network with the rules
    that their traffic needs."""

    cluster: ecs.Cluster
    network: ecs.NetworkConfiguration
    rules: Sequence[str]


def connect_tasks(stack: Stack, service: ServiceSettings, needed: Needed) -> TaskFirewall:
    """Load balancer to tasks, tasks to database: both ends of each step."""
    group = stack.add(_security_group(needed.network, service.egress_ports))
    own = group.get_att("GroupId")
    return TaskFirewall(
        group,
        [
            *connect(
                ("BalancerToTasks", "TasksFromBalancer"),
                stack,
                needed.balancer.security_group,
                own,
                service.port,
            ),
            *connect(
                ("TasksToDatabase", "DatabaseFromTasks"),
                stack,
                own,
                needed.database.security_group,
                DATABASE_PORT,
            ),
        ],
    )


def _security_group(network: Network, ports: Sequence[int]) -> ec2.SecurityGroup:
    """Out by HTTPS, and by further ports of the settings: ECR, S3, CloudWatch Logs and Secrets
    Manager have no fixed addresses. Where the way out is endpoints, no route leads anywhere
    else."""
    opened = {HTTPS: "Images, logs and secrets.", **dict.fromkeys(ports, "The settings.")}
    return ec2.SecurityGroup(
        "SecurityGroup",
        GroupDescription="The tasks.",
        VpcId=network.vpc,
        SecurityGroupEgress=[
            ec2.SecurityGroupRule(
                CidrIp=EVERYWHERE,
                IpProtocol="tcp",
                FromPort=port,
                ToPort=port,
                Description=description,
            )
            for port, description in opened.items()
        ],
    )


def placement(
    settings: Settings, network: Network, firewall: TaskFirewall
) -> ecs.NetworkConfiguration:
    """A public address is the cheapest way out: no rule admits traffic to it from outside."""
    public = settings.network.egress == "public-ip"
    return ecs.NetworkConfiguration(
        AwsvpcConfiguration=ecs.AwsvpcConfiguration(
            AssignPublicIp="ENABLED" if public else "DISABLED",
            Subnets=network.public_subnets if public else network.private_subnets,
            SecurityGroups=[firewall.group.get_att("GroupId")],
        )
    )
