"""Bad cases of cfnlink/rules/task.py."""

from typing import Any

from tests.rules.cases import REMOVE, case, chosen, plus
from tests.template import get_att, ref, resource

CHECK = {"Command": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]}
SIDECAR = {"Name": "proxy", "Image": "envoy:1", "Essential": True}
SECOND = {
    "Name": "proxy",
    "Image": "envoy:1",
    "Essential": True,
    "PortMappings": [{"ContainerPort": 3000}],
}
# The image's tag is a parameter that takes no digest.
TAGGED = {"Parameters": {"ServiceImageTag": {"Type": "String", "AllowedPattern": "[a-z0-9]+"}}}
# The image's tag is latest by default.
LATEST = {"Parameters": {"ServiceImageTag": {"Type": "String", "Default": "latest"}}}

NETWORK = {"AwsvpcConfiguration": {"Subnets": [ref("NetworkPublicSubnetA")]}}


def schedule(**parameters: Any) -> dict[str, Any]:
    """Return a schedule that runs the service's task."""
    given = {"TaskDefinitionArn": ref("ServiceTaskDefinition"), **parameters}
    return resource("AWS::Scheduler::Schedule", Target={"EcsParameters": given})


BAD_CASES = [
    case("E9960", {"Daily": schedule()}, at="Daily.Target.EcsParameters"),
    case(
        "E9960",
        {
            "Daily": schedule(NetworkConfiguration=NETWORK),
            "ServiceTaskDefinition.NetworkMode": "bridge",
        },
        at="Daily.Target.EcsParameters.NetworkConfiguration",
    ),
    case(
        "E9961",
        {
            "Daily": schedule(LaunchType="FARGATE"),
            "ServiceTaskDefinition.RequiresCompatibilities": ["EC2"],
        },
        at="Daily.Target.EcsParameters.LaunchType",
    ),
    case(
        "E9401",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Cpu": 512},
        at="ServiceTaskDefinition.ContainerDefinitions.0",
    ),
    case(
        "E9401",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Memory": "1024"},
        at="ServiceTaskDefinition.ContainerDefinitions.0",
    ),
    case(
        "E9401",
        {"ServiceTaskDefinition.ContainerDefinitions.0.MemoryReservation": 1024},
        at="ServiceTaskDefinition.ContainerDefinitions.0",
    ),
    case(
        "E9401",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Memory": 128,
            "ServiceTaskDefinition.ContainerDefinitions.0.MemoryReservation": 256,
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.MemoryReservation",
    ),
    case(
        "E9402",
        {"ServiceTaskDefinition.ContainerDefinitions": chosen(0, 0)},
        at="ServiceTaskDefinition.ContainerDefinitions.1",
    ),
    case(
        "E9402",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.PortMappings": plus(
                {"ContainerPort": "3000"}
            )
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.PortMappings.1",
    ),
    case(
        "E9402",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment": plus(
                {"Name": "DB_URL", "Value": "x"}
            )
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0",
    ),
    case(
        "W9402",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Environment": chosen(0, 0)},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.1",
    ),
    case(
        "E9481",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.MountPoints": [
                {"SourceVolume": "tmp", "ContainerPath": "/tmp"}
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.MountPoints.0",
    ),
    case(
        "E9481",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.DependsOn": [
                {"ContainerName": "proxi", "Condition": "START"}
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.DependsOn.0",
    ),
    case(
        "E9482",
        {
            "ServiceTaskDefinition.ContainerDefinitions": plus(SIDECAR),
            "ServiceTaskDefinition.ContainerDefinitions.0.DependsOn": [
                {"ContainerName": "proxy", "Condition": "HEALTHY"}
            ],
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.DependsOn.0.Condition",
    ),
    case(
        "E9482",
        {
            "ServiceTaskDefinition.ContainerDefinitions": plus(SIDECAR),
            "ServiceTaskDefinition.ContainerDefinitions.0.DependsOn": [
                {"ContainerName": "proxy", "Condition": "SUCCESS"}
            ],
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.DependsOn.0.Condition",
    ),
    case("E9471", {"ServiceTaskDefinition.ContainerDefinitions.0.StopTimeout": 121}),
    case(
        "E9471",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"],
                "Interval": 301,
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Interval",
    ),
    case(
        "E9471",
        {"ServiceTaskDefinition.EphemeralStorage": {"SizeInGiB": 20}},
        at="ServiceTaskDefinition.EphemeralStorage.SizeInGiB",
    ),
    case(
        "E9479",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["/bin/check"]
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
    case(
        "E9479",
        {"ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {"Command": ["CMD"]}},
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
    case(
        "E9479",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["CMD", "check me || exit 1"]
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
    case(
        "W9470",
        {"ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": CHECK},
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
    case("E9470", {"ServiceTaskDefinition.ContainerDefinitions.0.Privileged": True}),
    case(
        "E9470",
        {("ServiceTaskDefinition.ContainerDefinitions.0.LinuxParameters.Swappiness"): 60},
    ),
    case(
        "E9472",
        {
            ("ServiceTaskDefinition.ContainerDefinitions.0.LinuxParameters.Capabilities"): {
                "Add": ["NET_ADMIN"]
            }
        },
        at=("ServiceTaskDefinition.ContainerDefinitions.0.LinuxParameters.Capabilities.Add.0"),
    ),
    case(
        "E9473",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.ResourceRequirements": [
                {"Type": "GPU", "Value": "1"}
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.ResourceRequirements.0",
    ),
    case("E9474", {"ServiceTaskDefinition.PidMode": "host"}),
    case("E9470", {"ServiceTaskDefinition.IpcMode": "task"}),
    case(
        "E9475",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-stream-prefix"
            ): REMOVE
        },
    ),
    case(
        "E9478",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options.mode"
            ): "blocking"
        },
        at=(
            "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
            "max-buffer-size"
        ),
    ),
    case(
        "E9477",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options.mode"
            ): "nonblocking"
        },
    ),
    case(
        "E9483",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration": {
                "LogDriver": "awsfirelens"
            }
        },
        at=("ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.LogDriver"),
    ),
    case(
        "I9472",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options.mode"
            ): REMOVE
        },
    ),
    case(
        "W9473",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "max-buffer-size"
            ): REMOVE
        },
    ),
    case(
        "W9474",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-region"
            ): "eu-west-1"
        },
    ),
    case("W9471", {"ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration": REMOVE}),
    case(
        "W9475",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-create-group"
            ): "true"
        },
    ),
    case(
        "W9476",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-group"
            ): "/ecs/service"
        },
    ),
    case("E9476", {"ServiceTaskDefinition.ExecutionRoleArn": REMOVE}),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:url"
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": "{{resolve:secretsmanager:db}}"
        },
    ),
    case(
        "E9484",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": "registry.example.com/shop:1-amd64"
        },
    ),
    case(
        "E9484",
        {
            "ServiceTaskDefinition.RuntimePlatform": REMOVE,
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": "registry.example.com/shop:1-arm64",
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9480",
        {
            "ServiceTaskDefinition.RuntimePlatform.OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"
        },
        at="ServiceTaskDefinition.RuntimePlatform",
    ),
    case(
        "E9486",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": {
                "Fn::Sub": "${AccountRepository}:1"
            }
        },
    ),
    case(
        "E9486",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Image.Fn::Join.0": "-"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9485",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Image": "registry.example.com/shop@1"},
    ),
    case(
        "E9485",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Image.Fn::Join.0": "@"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
        template=TAGGED,
    ),
    case(
        "E9405",
        {"ServiceTaskDefinition.ContainerDefinitions": plus(SECOND)},
        at="ServiceTaskDefinition.ContainerDefinitions.1.PortMappings.0",
    ),
    case(
        "W9477",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": get_att(
                "AccountRepository", "RepositoryUri"
            )
        },
    ),
    case(
        "W9477",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Image.Fn::Join.1.1": "latest"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "W9883",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.0": {
                "Name": "CREDENTIAL",
                "Value": "hunter2",
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.0.Value",
    ),
    case(
        "W9884",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.0": {
                "Name": "DB",
                "Value": "pg://me:pw@host/db",
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.0.Value",
    ),
    case("W9483", {"ServiceTaskDefinition.ContainerDefinitions.0.Environment.0.Value": "8080"}),
    case(
        "W9486", {"ServiceTaskDefinition.ContainerDefinitions.0.ReadonlyRootFilesystem": REMOVE}
    ),
    case(
        "W9485",
        {"ServiceTaskDefinition.ContainerDefinitions.0.ReadonlyRootFilesystem": True},
        base="exec",
    ),
    case(
        "W9480",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Image.Fn::Join.0": "/"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "W9482",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1"
        },
    ),
    case(
        "W9481",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Essential": True},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
        template=LATEST,
    ),
    case(
        "W9484",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["CMD-SHELL", "check http://localhost:8080/health"]
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
    case(
        "W9484",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck": {
                "Command": ["CMD-SHELL", "check http://127.0.0.1/health"]
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.HealthCheck.Command",
    ),
]

ACCEPTED = [
    case("E9960", {"Daily": schedule(NetworkConfiguration=NETWORK)}),
    case("E9960", {"Daily": schedule(NetworkConfiguration=ref("Given"))}),
    case("E9960", {"Daily": schedule(), "ServiceTaskDefinition.NetworkMode": ref("Mode")}),
    case("E9961", {"Daily": schedule(LaunchType="FARGATE")}),
    case(
        "E9485",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": "registry.example.com/shop@sha256:"
            + "a" * 64
        },
    ),
    case(
        "E9485",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Image": {
                "Fn::Sub": "${AccountRepository.RepositoryUri}@${Digest}"
            }
        },
    ),
    case(
        "E9405",
        {
            "ServiceTaskDefinition.ContainerDefinitions": plus(
                {
                    "Name": "proxy",
                    "Image": "envoy:1",
                    "Essential": True,
                    "PortMappings": [{"ContainerPort": 3000, "Protocol": "udp"}],
                }
            )
        },
    ),
]

ACCEPTED = [
    case(
        "W9476",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-group"
            ): "orders-logs",
            "Logs": resource("AWS::Logs::LogGroup", LogGroupName="orders-logs"),
        },
    ),
]
