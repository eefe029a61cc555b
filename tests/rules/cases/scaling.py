"""Bad cases of cfnlink/rules/scaling.py."""

from tests.rules.cases import REMOVE, case, chosen
from tests.template import ref, resource

TRACKED = "ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration"
WAITING = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}
M1 = {
    "Id": "m1",
    "MetricStat": {"Metric": WAITING, "Stat": "Maximum"},
    "ReturnData": False,
}
RATE = {"Id": "e1", "Expression": "m1 / tasks"}
PREDEFINED = "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification"
COUNTED = f"ServiceRequestScaling.{PREDEFINED}.ResourceLabel"
SECOND = {
    "ServiceService.LoadBalancers.0.AdvancedConfiguration": {
        "AlternateTargetGroupArn": ref("LoadBalancerTargetGroup")
    }
}
BAD_CASES = [
    case("W9467", SECOND, at=COUNTED),
    case(
        "E9460",
        {
            "ServiceScalableTarget.ResourceId": {
                "Fn::Sub": "service/${ServiceCluster}/${ServiceService}"
            }
        },
    ),
    case(
        "E9460",
        {
            "ServiceScalableTarget.ResourceId": {
                "Fn::Sub": "${ServiceCluster}/${ServiceService.Name}"
            }
        },
    ),
    case(
        "E9460",
        {
            "ServiceScalableTarget.ResourceId": {
                "Fn::Sub": "service/${ServiceCluster.Arn}/${ServiceService.Name}"
            }
        },
    ),
    case("E9487", {"ServiceScalableTarget.ScalableDimension": "rds:cluster:ReadReplicaCount"}),
    case("E9488", {"ServiceScalableTarget.MinCapacity": 7}),
    case(
        "E9460",
        {
            "OtherCluster": resource("AWS::ECS::Cluster"),
            "ServiceScalableTarget.ResourceId": {
                "Fn::Sub": "service/${OtherCluster}/${ServiceService.Name}"
            },
        },
        at="ServiceScalableTarget.ResourceId",
    ),
    case("W9461", {"ServiceScalableTarget.MinCapacity": 0}),
    case(
        "W9462",
        {"ServiceScalableTarget.SuspendedState": {"DynamicScalingInSuspended": True}},
        at="ServiceScalableTarget.SuspendedState.DynamicScalingInSuspended",
    ),
    case(
        "W9463",
        {"ServiceCpuScaling": REMOVE, "ServiceRequestScaling": REMOVE},
        at="ServiceScalableTarget.Properties",
    ),
    case(
        "W9946",
        {
            "ServiceService.LoadBalancers": REMOVE,
            "ServiceScalableTarget.MinCapacity": 0,
            "ServiceRequestScaling": REMOVE,
        },
        at="ServiceScalableTarget.MinCapacity",
    ),
    case(
        "E9782",
        {TRACKED: {"CustomizedMetricSpecification": {"Metrics": [M1, RATE]}, "TargetValue": 9}},
        at=f"{TRACKED}.CustomizedMetricSpecification.Metrics.1.Expression",
    ),
    case(
        "E9783",
        {TRACKED: {"CustomizedMetricSpecification": {"Metrics": [M1]}, "TargetValue": 9}},
        at=f"{TRACKED}.CustomizedMetricSpecification.Metrics",
    ),
    case("E9492", {"ServiceCpuScaling.PolicyType": "StepScaling"}),
    case("E9464", {"ServiceRequestScaling.PolicyName": "cpu"}),
    case(
        "W9465", {"ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.TargetValue": 160}
    ),
    case(
        "E9465",
        {
            (
                "ServiceRequestScaling.TargetTrackingScalingPolicyConfiguration.Predefi"
                "nedMetricSpecification.ResourceLabel"
            ): REMOVE
        },
    ),
    case(
        "E9465",
        {
            (
                "ServiceRequestScaling.TargetTrackingScalingPolicyConfiguration.Predefi"
                "nedMetricSpecification.ResourceLabel.Fn::Join.1"
            ): chosen(1, 0)
        },
        at=(
            "ServiceRequestScaling.TargetTrackingScalingPolicyConfiguration.Predefi"
            "nedMetricSpecification.ResourceLabel"
        ),
    ),
    case(
        "E9465",
        {
            (
                "ServiceRequestScaling.TargetTrackingScalingPolicyConfiguration.Predefi"
                "nedMetricSpecification.ResourceLabel.Fn::Join.1.1"
            ): ref("LoadBalancerTargetGroup")
        },
        at=(
            "ServiceRequestScaling.TargetTrackingScalingPolicyConfiguration.Predefi"
            "nedMetricSpecification.ResourceLabel"
        ),
    ),
    case(
        "E9465",
        {
            (
                "ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.PredefinedM"
                "etricSpecification.ResourceLabel"
            ): "app/a/b"
        },
    ),
    case(
        "W9466",
        {("ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.DisableScaleIn"): True},
    ),
    case(
        "W9465", {"ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.TargetValue": 95}
    ),
    case(
        "W9464",
        {
            "ServiceCpuScaling.Properties": {
                "PolicyType": "StepScaling",
                "ScalingTargetId": ref("ServiceScalableTarget"),
            }
        },
    ),
    case(
        "E9489",
        {"ServiceScalableTarget.ScheduledActions": [{"Schedule": "cron(0 8 * * *)"}]},
        at="ServiceScalableTarget.ScheduledActions.0.Schedule",
    ),
    case(
        "E9488",
        {
            "ServiceScalableTarget.ScheduledActions": [
                {"ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 2}}
            ]
        },
        at=("ServiceScalableTarget.ScheduledActions.0.ScalableTargetAction.MinCapacity"),
    ),
    case(
        "E9490",
        {
            (
                "ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.PredefinedM"
                "etricSpecification.PredefinedMetricType"
            ): "RDSReaderAverageCPUUtilization"
        },
    ),
    case(
        "E9491",
        {"ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration": REMOVE},
        at="ServiceCpuScaling.PolicyType",
    ),
    case(
        "E9493", {"ServiceCpuScaling.StepScalingPolicyConfiguration": {"StepAdjustments": []}}
    ),
]

ACCEPTED = [
    case(  # the number of messages is known without a task
        "W9946",
        {
            "ServiceService.LoadBalancers": REMOVE,
            "ServiceScalableTarget.MinCapacity": 0,
            "ServiceRequestScaling": REMOVE,
            TRACKED: {"CustomizedMetricSpecification": WAITING, "TargetValue": 9},
        },
    ),
    case(
        "E9490",
        {
            (
                "ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.PredefinedM"
                "etricSpecification.PredefinedMetricType"
            ): "ECSServiceAverageCPUUtilizationHighResolution"
        },
    ),
    case(
        "E9490",
        {
            (
                "ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration.PredefinedM"
                "etricSpecification.PredefinedMetricType"
            ): "ECSServiceAverageMemoryUtilizationHighResolution"
        },
    ),
]
