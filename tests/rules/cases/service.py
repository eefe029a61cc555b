"""Bad cases of cfnlink/rules/service.py."""

from tests.rules.cases import REMOVE, case, chosen, plus
from tests.template import ref, resource

BAD_CASES = [
    case("E9430", {"ServiceService.LoadBalancers.0.ContainerName": "web"}),
    case("E9430", {"ServiceService.LoadBalancers.0.ContainerPort": 8080}),
    case("W9440", {"ServiceService.DesiredCount": 2}),
    case("E9440", {"ServiceService.LaunchType": "FARGATE"}),
    case("E9443", {"ServiceService.SchedulingStrategy": "DAEMON"}),
    case(
        "E9441",
        {
            "ServiceService.CapacityProviderStrategy": plus(
                {"CapacityProvider": "FARGATE_SPOT", "Base": 1, "Weight": 1}
            )
        },
    ),
    case(
        "E9442",
        {"ServiceService.CapacityProviderStrategy.0.Weight": 0},
        at="ServiceService.CapacityProviderStrategy",
    ),
    case(
        "E9433",
        {"ServiceCluster.CapacityProviders": ["FARGATE_SPOT"]},
        at="ServiceService.CapacityProviderStrategy.0.CapacityProvider",
    ),
    case(
        "W9441",
        {"ServiceService.CapacityProviderStrategy.0.CapacityProvider": "FARGATE_SPOT"},
        at="ServiceService.CapacityProviderStrategy",
    ),
    case(
        "W9436",
        {
            "ServiceOwnListener": resource(
                "AWS::ElasticLoadBalancingV2::Listener",
                DefaultActions=[
                    {"Type": "forward", "TargetGroupArn": ref("LoadBalancerTargetGroup")}
                ],
            ),
            "LoadBalancerListener.DefaultActions": [],
            "LoadBalancerWithoutStage": REMOVE,
        },
        at="ServiceService.LoadBalancers.0.TargetGroupArn",
    ),
    case(
        "W9434",
        {
            "ServiceRule": resource(
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                Actions=[{"Type": "forward", "TargetGroupArn": ref("LoadBalancerTargetGroup")}],
            ),
            "LoadBalancerListener.DefaultActions": [],
            "LoadBalancerWithoutStage": REMOVE,
        },
        at="ServiceService.LoadBalancers.0.TargetGroupArn",
    ),
    case("W9435", {"ServiceService.DependsOn": chosen(1, 2, 3)}),
    case(
        "W9435",
        {"ServicePolicy": resource("AWS::IAM::Policy", Roles=[ref("ServiceTaskRole")])},
        at="ServiceService.DependsOn",
    ),
    case("E9444", {"ServiceService.DeploymentConfiguration.MaximumPercent": 100}),
    case(
        "E9445",
        {
            "ServiceService.DeploymentConfiguration.MinimumHealthyPercent": 50,
            "ServiceService.DeploymentConfiguration.MaximumPercent": 100,
        },
        at="ServiceService.DeploymentConfiguration.MaximumPercent",
    ),
    case("W9443", {"ServiceService.DeploymentConfiguration.DeploymentCircuitBreaker": REMOVE}),
    case(
        "W9443",
        {("ServiceService.DeploymentConfiguration.DeploymentCircuitBreaker.Rollback"): False},
        at="ServiceService.DeploymentConfiguration.DeploymentCircuitBreaker",
    ),
    case("W9444", {"ServiceService.DeploymentConfiguration.MinimumHealthyPercent": 0}),
    case("W9446", {"ServiceService.AvailabilityZoneRebalancing": "DISABLED"}),
    case("W9445", {"ServiceService.HealthCheckGracePeriodSeconds": 0}),
    case("W9445", {"ServiceService.HealthCheckGracePeriodSeconds": REMOVE}),
    case(
        "E9447",
        {"ServiceService.LoadBalancers": REMOVE},
        at="ServiceService.HealthCheckGracePeriodSeconds",
    ),
    case(
        "W9447", {"ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets": chosen(0)}
    ),
    case(
        "W9447",
        {"NetworkPublicSubnetB.AvailabilityZoneId": "use1-az1"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets",
    ),
    case("W9448", {"ServiceService.ServiceName": "shop"}),
    case("W9449", {"ServiceService.PlatformVersion": "1.3.0"}),
    case(
        "W9449",
        {
            "Daily": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {"Target": {"EcsParameters": {"PlatformVersion": "1.3.0"}}},
            }
        },
        at="Daily.Target.EcsParameters.PlatformVersion",
    ),
    case("W9450", {"ServiceService.Cluster": REMOVE}),
    case(
        "W9451",
        {"ServiceCluster.ClusterSettings.0.Value": "enhanced"},
        at="ServiceCluster.ClusterSettings.0",
    ),
    case(
        "E9446",
        {"ServiceService.DeploymentController": {"Type": "CODE_DEPLOY"}},
        at="ServiceService.DeploymentConfiguration.DeploymentCircuitBreaker",
    ),
    case(
        "E9446",
        {"ServiceService.DeploymentController": {"Type": "EXTERNAL"}},
        at="ServiceService.DeploymentConfiguration.DeploymentCircuitBreaker",
    ),
    case("W9442", {"ServiceService.DeploymentConfiguration": REMOVE}),
]

ACCEPTED = [
    case(
        "W9435",
        {"ServiceService.DependsOn": chosen(1, 2, 3), "ServiceService.DesiredCount": 0},
    ),
    case(
        "W9447",
        {
            "ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets": chosen(0),
            "ServiceScalableTarget.MinCapacity": 1,
        },
    ),
    case(
        "E9447",
        {
            "ServiceService.LoadBalancers": REMOVE,
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["CMD", "/health"]
            },
        },
    ),
]
