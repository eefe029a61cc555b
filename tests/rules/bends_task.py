"""Bends of rules/task.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path

TASK: Path = ("ServiceTaskDefinition", "Properties")
BOX: Path = (*TASK, "ContainerDefinitions", 0)
LOGS: Path = (*BOX, "LogConfiguration", "Options")
CHECK = {"Command": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]}
SIDECAR = {"Name": "proxy", "Image": "envoy:1", "Essential": True}


def bend(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> Bend:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return Bend(rule, {path: value, **more.get("also", {})}, at or path, base)


def plus(entry: Any) -> Any:
    """A list with one more entry."""
    return lambda found: [*found, entry]


SECOND = {**SIDECAR, "PortMappings": [{"ContainerPort": 3000}]}
DIGEST = "registry.example.com/shop@sha256:" + 64 * "a"


class Tagged(Bend):
    """A bend where the image's tag is a parameter that takes no digest."""

    def apply(self, good: dict[str, Any]) -> dict[str, Any]:
        tag = {"ServiceImageTag": {"Type": "String", "AllowedPattern": "[a-z0-9]+"}}
        return {**super().apply(good), "Parameters": tag}


class Defaults(Bend):
    """A bend where the image's tag is latest by default."""

    def apply(self, good: dict[str, Any]) -> dict[str, Any]:
        tag = {"ServiceImageTag": {"Type": "String", "Default": "latest"}}
        return {**super().apply(good), "Parameters": tag}


BENDS = [
    bend("E9401", (*BOX, "Cpu"), 512, BOX),
    bend("E9401", (*BOX, "Memory"), "1024", BOX),
    bend("E9401", (*BOX, "MemoryReservation"), 1024, BOX),
    Bend("E9401", {(*BOX, "Memory"): 128, (*BOX, "MemoryReservation"): 256},
         (*BOX, "MemoryReservation")),
    bend("E9402", (*TASK, "ContainerDefinitions"), lambda c: [*c, c[0]],
         (*TASK, "ContainerDefinitions", 1)),
    bend("E9402", (*BOX, "PortMappings"), lambda c: [*c, {"ContainerPort": "3000"}],
         (*BOX, "PortMappings", 1)),
    bend("E9402", (*BOX, "Environment"), plus({"Name": "DB_URL", "Value": "x"}),
         (*BOX, "Secrets", 0)),
    bend("W9402", (*BOX, "Environment"), lambda found: [found[0], found[0]],
         (*BOX, "Environment", 1)),
    bend("E9403", (*BOX, "MountPoints"), [{"SourceVolume": "tmp", "ContainerPath": "/tmp"}],
         (*BOX, "MountPoints", 0)),
    bend("E9403", (*BOX, "DependsOn"), [{"ContainerName": "proxi", "Condition": "START"}],
         (*BOX, "DependsOn", 0)),
    *(
        Bend("E9403", {(*TASK, "ContainerDefinitions"): plus(SIDECAR),
                       (*BOX, "DependsOn"): [{"ContainerName": "proxy", "Condition": on}]},
             (*BOX, "DependsOn", 0, "Condition"))
        for on in ("HEALTHY", "SUCCESS")
    ),
    bend("E9404", (*BOX, "StopTimeout"), 121),
    bend("E9404", (*BOX, "HealthCheck"), {**CHECK, "Interval": 301},
         (*BOX, "HealthCheck", "Interval")),
    bend("E9404", (*TASK, "EphemeralStorage"), {"SizeInGiB": 20},
         (*TASK, "EphemeralStorage", "SizeInGiB")),
    *(
        bend("E9404", (*BOX, "HealthCheck"), {"Command": command},
             (*BOX, "HealthCheck", "Command"))
        for command in (["/bin/check"], ["CMD"], ["CMD", "check me || exit 1"])
    ),
    bend("W9404", (*BOX, "HealthCheck"), CHECK, (*BOX, "HealthCheck", "Command")),
    bend("E9404", (*BOX, "Privileged"), True),
    bend("E9404", (*BOX, "LinuxParameters", "Swappiness"), 60),
    bend("E9404", (*BOX, "LinuxParameters", "Capabilities"), {"Add": ["NET_ADMIN"]},
         (*BOX, "LinuxParameters", "Capabilities", "Add", 0)),
    bend("E9404", (*BOX, "ResourceRequirements"), [{"Type": "GPU", "Value": "1"}],
         (*BOX, "ResourceRequirements", 0)),
    bend("E9404", (*TASK, "PidMode"), "host"),
    bend("E9404", (*TASK, "IpcMode"), "task"),
    bend("E9404", (*LOGS, "awslogs-stream-prefix"), REMOVE, LOGS),
    bend("E9404", (*LOGS, "mode"), "blocking", (*LOGS, "max-buffer-size")),
    bend("E9404", (*LOGS, "mode"), "nonblocking"),
    bend("E9403", (*BOX, "LogConfiguration"), {"LogDriver": "awsfirelens"},
         (*BOX, "LogConfiguration", "LogDriver")),
    bend("W9404", (*LOGS, "mode"), REMOVE, LOGS),
    bend("W9404", (*LOGS, "max-buffer-size"), REMOVE, LOGS),
    bend("W9404", (*LOGS, "awslogs-region"), "eu-west-1"),
    bend("W9404", (*BOX, "LogConfiguration"), REMOVE, BOX),
    bend("W9404", (*LOGS, "awslogs-create-group"), "true"),
    bend("W9404", (*LOGS, "awslogs-group"), "/ecs/service"),
    bend("E9404", (*TASK, "ExecutionRoleArn"), REMOVE, TASK),
    bend("E9813", (*BOX, "Secrets", 0, "ValueFrom"),
         "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:url"),
    bend("E9813", (*BOX, "Secrets", 0, "ValueFrom"), "{{resolve:secretsmanager:db}}"),
    bend("E9416", (*BOX, "Image"), "registry.example.com/shop:1-amd64"),
    bend("E9416", (*TASK, "RuntimePlatform"), REMOVE, (*BOX, "Image"),
         also={(*BOX, "Image"): "registry.example.com/shop:1-arm64"}),
    bend("E9404", (*TASK, "RuntimePlatform", "OperatingSystemFamily"),
         "WINDOWS_SERVER_2022_CORE", (*TASK, "RuntimePlatform")),
    bend("E9416", (*BOX, "Image"), {"Fn::Sub": "${AccountRepository}:1"}),
    bend("E9416", (*BOX, "Image", "Fn::Join", 0), "-", (*BOX, "Image")),
    bend("E9416", (*BOX, "Image"), "registry.example.com/shop@1"),
    Tagged("E9416", {(*BOX, "Image", "Fn::Join", 0): "@"}, (*BOX, "Image")),
    bend("E9405", (*TASK, "ContainerDefinitions"), plus(SECOND),
         (*TASK, "ContainerDefinitions", 1, "PortMappings", 0)),
    bend("W9404", (*BOX, "Image"), {"Fn::GetAtt": ["AccountRepository", "RepositoryUri"]}),
    bend("W9404", (*BOX, "Image", "Fn::Join", 1, 1), "latest", (*BOX, "Image")),
    bend("W9805", (*BOX, "Environment", 0), {"Name": "CREDENTIAL", "Value": "hunter2"},
         (*BOX, "Environment", 0, "Value")),
    bend("W9805", (*BOX, "Environment", 0), {"Name": "DB", "Value": "pg://me:pw@host/db"},
         (*BOX, "Environment", 0, "Value")),
    bend("W9420", (*BOX, "Environment", 0, "Value"), "8080"),
    bend("W9421", (*BOX, "ReadonlyRootFilesystem"), REMOVE, BOX),
    bend("W9421", (*BOX, "ReadonlyRootFilesystem"), True, base="exec"),
    bend("W9416", (*BOX, "Image", "Fn::Join", 0), "/", (*BOX, "Image")),
    bend("W9416", (*BOX, "Image"), "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1"),
    Defaults("W9416", {(*BOX, "Essential"): True}, (*BOX, "Image")),
    *(
        bend("W9420", (*BOX, "HealthCheck"), {"Command": ["CMD-SHELL", f"check http://{own}"]},
             (*BOX, "HealthCheck", "Command"))
        for own in ("localhost:8080/health", "127.0.0.1/health")
    ),
]  # fmt: skip

FINE = [
    bend("E9416", (*BOX, "Image"), DIGEST),
    bend("E9416", (*BOX, "Image"), {"Fn::Sub": "${AccountRepository.RepositoryUri}@${Digest}"}),
    bend("E9405", (*TASK, "ContainerDefinitions"), plus({**SECOND, "PortMappings": [
        {"ContainerPort": 3000, "Protocol": "udp"}]})),
]  # fmt: skip
