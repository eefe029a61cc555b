"""Service tier: the container on Fargate, its roles, and how many of it run."""

from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Join, Sub, applicationautoscaling, ec2, ecs

from templates.account import Account
from templates.database import PORT as DATABASE_PORT
from templates.database import Database
from templates.load_balancer import LoadBalancer
from templates.network import EVERYWHERE, HTTPS, Network
from templates.parts import connect
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack, Tier, publish
from templates.task import CONTAINER, Task, add_task

# From a task's start until its failed health checks count.
GRACE_SECONDS = 60
SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 60, 300


@dataclass(frozen=True, kw_only=True)
class Service(Tier):
    """What the other tiers may use."""

    cluster: AWSHelperFn
    service_name: AWSHelperFn
    log_group: AWSHelperFn


@dataclass(frozen=True)
class _TaskFirewall:
    """The tasks' security group, and the rules that their traffic needs."""

    group: ec2.SecurityGroup
    rules: list[ec2.SecurityGroupIngress | ec2.SecurityGroupEgress]


@dataclass(frozen=True)
class _Running:
    """The cluster, the task and the firewall of the service."""

    cluster: ecs.Cluster
    task: Task
    firewall: _TaskFirewall


def service_tier(
    settings: Settings,
    account: Account,
    network: Network,
    database: Database,
    balancer: LoadBalancer,
) -> Service:
    """One service on Fargate, filled into the load balancer's target group."""
    stack = Stack.of(settings, "service", "The container on Fargate.")

    firewall = _firewall(stack, settings.service, network, database, balancer)
    secrets = {"DB_URL": database.url_secret} | settings.service.secrets
    task = add_task(stack, settings, account, secrets)
    cluster = stack.add(_cluster())
    running = _Running(cluster, task, firewall)
    service = stack.add(_service(settings, network, balancer, running))
    stack.name_parts(service=service)
    target = stack.add(_scalable_target(settings.service, cluster, service))
    stack.add(_cpu_policy(settings.service, target))
    stack.add(_request_policy(settings.service, target, balancer))

    return publish(
        Service,
        stack,
        cluster=cluster.ref(),
        service_name=service.get_att("Name"),
        log_group=task.log_group.ref(),
    )


def _firewall(
    stack: Stack,
    service: ServiceSettings,
    network: Network,
    database: Database,
    balancer: LoadBalancer,
) -> _TaskFirewall:
    """Load balancer to tasks, tasks to database: both ends of each step."""
    group = stack.add(_security_group(network))
    own = group.get_att("GroupId")
    return _TaskFirewall(
        group,
        [
            *connect(
                ("BalancerToTasks", "TasksFromBalancer"),
                stack,
                balancer.security_group,
                own,
                service.port,
            ),
            *connect(
                ("TasksToDatabase", "DatabaseFromTasks"),
                stack,
                own,
                database.security_group,
                DATABASE_PORT,
            ),
        ],
    )


def _security_group(network: Network) -> ec2.SecurityGroup:
    """Out by HTTPS only: ECR, S3, CloudWatch Logs and Secrets Manager have no fixed
    addresses. Where the way out is endpoints, no route leads anywhere else."""
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


def _cluster() -> ecs.Cluster:
    """Has both capacity providers; Container Insights would be billed by the metric."""
    return ecs.Cluster(
        "Cluster",
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        ClusterSettings=[ecs.ClusterSetting(Name="containerInsights", Value="disabled")],
    )


def _service(
    settings: Settings,
    network: Network,
    balancer: LoadBalancer,
    running: _Running,
) -> ecs.Service:
    """Without DesiredCount, which every update would reset: the service starts with one task,
    and auto scaling raises it to the minimum."""
    service = settings.service
    return ecs.Service(
        "Service",
        DependsOn=[rule.title for rule in running.firewall.rules],
        Cluster=running.cluster.ref(),
        TaskDefinition=running.task.definition.ref(),
        CapacityProviderStrategy=_capacity(service.spot_percent),
        NetworkConfiguration=_placement(settings, network, running.firewall),
        LoadBalancers=[
            ecs.LoadBalancer(
                ContainerName=CONTAINER,
                ContainerPort=service.port,
                TargetGroupArn=balancer.target_group,
            )
        ],
        HealthCheckGracePeriodSeconds=GRACE_SECONDS,
        DeploymentConfiguration=_rolling(),
        AvailabilityZoneRebalancing="ENABLED",
        EnableExecuteCommand=service.ecs_exec,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
    )


def _capacity(spot_percent: int) -> list[ecs.CapacityProviderStrategyItem]:
    """A strategy from the start: a change from LaunchType may replace the service. The first
    task is never on Spot, unless all tasks are."""
    spot = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE_SPOT", Weight=spot_percent
    )
    demand = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE", Base=1, Weight=100 - spot_percent
    )
    return [item for item in (demand, spot) if item.Weight]


def _placement(
    settings: Settings, network: Network, firewall: _TaskFirewall
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


def _rolling() -> ecs.DeploymentConfiguration:
    """Start new tasks beside the old ones; return to the old ones when the new ones fail."""
    return ecs.DeploymentConfiguration(
        MinimumHealthyPercent=100,
        MaximumPercent=200,
        DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
    )


def _scalable_target(
    service: ServiceSettings, cluster: ecs.Cluster, running: ecs.Service
) -> applicationautoscaling.ScalableTarget:
    """Without RoleARN: Application Auto Scaling uses its service-linked role."""
    return applicationautoscaling.ScalableTarget(
        "ScalableTarget",
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId=Sub(
            "service/${Cluster}/${Service}",
            Cluster=cluster.ref(),
            Service=running.get_att("Name"),
        ),
        MinCapacity=service.minimum_tasks,
        MaxCapacity=service.maximum_tasks,
    )


def _cpu_policy(
    service: ServiceSettings, target: applicationautoscaling.ScalableTarget
) -> applicationautoscaling.ScalingPolicy:
    metric = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ECSServiceAverageCPUUtilization"
    )
    return applicationautoscaling.ScalingPolicy(
        "CpuScaling", **_tracking("cpu", service.cpu_target_percent, metric, target)
    )


def _request_policy(
    service: ServiceSettings,
    target: applicationautoscaling.ScalableTarget,
    balancer: LoadBalancer,
) -> applicationautoscaling.ScalingPolicy:
    metric = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ALBRequestCountPerTarget",
        ResourceLabel=Join("/", [balancer.full_name, balancer.target_group_full_name]),
    )
    return applicationautoscaling.ScalingPolicy(
        "RequestScaling",
        **_tracking("requests", service.requests_per_target, metric, target),
    )


def _tracking(
    name: str,
    value: int,
    metric: applicationautoscaling.PredefinedMetricSpecification,
    target: applicationautoscaling.ScalableTarget,
) -> dict[str, Any]:
    """Scale out quickly and in slowly."""
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": target.ref(),
        "TargetTrackingScalingPolicyConfiguration": (
            applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
                PredefinedMetricSpecification=metric,
                TargetValue=value,
                ScaleOutCooldown=SCALE_OUT_SECONDS,
                ScaleInCooldown=SCALE_IN_SECONDS,
            )
        ),
    }
