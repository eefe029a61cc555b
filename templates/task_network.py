"""Where tasks run and what reaches them."""

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import ec2, ecs

from templates.database import PORT as DATABASE_PORT
from templates.needed import Needed
from templates.network import Network
from templates.parts import EVERYWHERE, HTTPS, connect
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack, Value


@dataclass(frozen=True)
class TaskFirewall:
    """The tasks' security group, and the rules that their traffic needs."""

    group: ec2.SecurityGroup
    rules: list[ec2.SecurityGroupIngress | ec2.SecurityGroupEgress]


@dataclass(frozen=True)
class Place:
    """Where the tasks of the service stack run: the cluster, and the network with the rules
    that their traffic needs."""

    cluster: ecs.Cluster
    network: ecs.NetworkConfiguration
    rules: Sequence[str]


def connect_tasks(stack: Stack, service: ServiceSettings, needed: Needed) -> TaskFirewall:
    """Load balancer to tasks, tasks to database: both ends of each step."""
    group = stack.add(_security_group(needed.network))
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
            *[stack.add(_outgoing(own, port)) for port in service.egress_ports],
        ],
    )


def _security_group(network: Network) -> ec2.SecurityGroup:
    """Out by HTTPS: ECR, S3, CloudWatch Logs and Secrets Manager have no fixed addresses. Where
    the way out is endpoints, no route leads anywhere else."""
    return ec2.SecurityGroup(
        "SecurityGroup",
        GroupDescription="The tasks.",
        VpcId=network.vpc,
        SecurityGroupEgress=[
            ec2.SecurityGroupRule(
                CidrIp=EVERYWHERE,
                IpProtocol="tcp",
                FromPort=HTTPS,
                ToPort=HTTPS,
                Description="Images, logs and secrets.",
            )
        ],
    )


def _outgoing(group: Value, port: int) -> ec2.SecurityGroupEgress:
    """A rule of its own: AWS does not say that a change of the group's list keeps the rules
    beside it, such as the one to the database.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    return ec2.SecurityGroupEgress(
        f"EgressPort{port}",
        GroupId=group,
        CidrIp=EVERYWHERE,
        IpProtocol="tcp",
        FromPort=port,
        ToPort=port,
        Description="The settings.",
    )


def place_of(
    settings: Settings, network: Network, cluster: ecs.Cluster, firewall: TaskFirewall
) -> Place:
    """Return where the tasks of a stack run."""
    rules = [str(rule.title) for rule in firewall.rules]
    return Place(cluster, _configuration(settings, network, firewall), rules)


def _configuration(
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
