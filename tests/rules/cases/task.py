"""Bad cases of cfnlink/rules/task.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path

TASK: Path = ("ServiceTaskDefinition", "Properties")
BOX: Path = (*TASK, "ContainerDefinitions", 0)
LOGS: Path = (*BOX, "LogConfiguration", "Options")
CHECK = {"Command": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]}
SIDECAR = {"Name": "proxy", "Image": "envoy:1", "Essential": True}


def case(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> BadCase:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return BadCase(rule, {path: value, **more.get("also", {})}, at or path, base)


def plus(entry: Any) -> Any:
    """A list with one more entry."""
    return lambda found: [*found, entry]


SECOND = {**SIDECAR, "PortMappings": [{"ContainerPort": 3000}]}
DIGEST = "registry.example.com/shop@sha256:" + 64 * "a"


class Tagged(BadCase):
    """A case where the image's tag is a parameter that takes no digest."""

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        tag = {"ServiceImageTag": {"Type": "String", "AllowedPattern": "[a-z0-9]+"}}
        return {**super().mutate(good), "Parameters": tag}


class Defaults(BadCase):
    """A case where the image's tag is latest by default."""

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        tag = {"ServiceImageTag": {"Type": "String", "Default": "latest"}}
        return {**super().mutate(good), "Parameters": tag}


BAD_CASES = [
    case("E9401", (*BOX, "Cpu"), 512, BOX),
    case("E9401", (*BOX, "Memory"), "1024", BOX),
    case("E9401", (*BOX, "MemoryReservation"), 1024, BOX),
    BadCase("E9401", {(*BOX, "Memory"): 128, (*BOX, "MemoryReservation"): 256},
         (*BOX, "MemoryReservation")),
    case("E9402", (*TASK, "ContainerDefinitions"), lambda c: [*c, c[0]],
         (*TASK, "ContainerDefinitions", 1)),
    case("E9402", (*BOX, "PortMappings"), lambda c: [*c, {"ContainerPort": "3000"}],
         (*BOX, "PortMappings", 1)),
    case("E9402", (*BOX, "Environment"), plus({"Name": "DB_URL", "Value": "x"}),
         (*BOX, "Secrets", 0)),
    case("W9402", (*BOX, "Environment"), lambda found: [found[0], found[0]],
         (*BOX, "Environment", 1)),
    case("E9403", (*BOX, "MountPoints"), [{"SourceVolume": "tmp", "ContainerPath": "/tmp"}],
         (*BOX, "MountPoints", 0)),
    case("E9403", (*BOX, "DependsOn"), [{"ContainerName": "proxi", "Condition": "START"}],
         (*BOX, "DependsOn", 0)),
    *(
        BadCase("E9403", {(*TASK, "ContainerDefinitions"): plus(SIDECAR),
                       (*BOX, "DependsOn"): [{"ContainerName": "proxy", "Condition": on}]},
             (*BOX, "DependsOn", 0, "Condition"))
        for on in ("HEALTHY", "SUCCESS")
    ),
    case("E9404", (*BOX, "StopTimeout"), 121),
    case("E9404", (*BOX, "HealthCheck"), {**CHECK, "Interval": 301},
         (*BOX, "HealthCheck", "Interval")),
    case("E9404", (*TASK, "EphemeralStorage"), {"SizeInGiB": 20},
         (*TASK, "EphemeralStorage", "SizeInGiB")),
    *(
        case("E9404", (*BOX, "HealthCheck"), {"Command": command},
             (*BOX, "HealthCheck", "Command"))
        for command in (["/bin/check"], ["CMD"], ["CMD", "check me || exit 1"])
    ),
    case("W9404", (*BOX, "HealthCheck"), CHECK, (*BOX, "HealthCheck", "Command")),
    case("E9404", (*BOX, "Privileged"), True),
    case("E9404", (*BOX, "LinuxParameters", "Swappiness"), 60),
    case("E9404", (*BOX, "LinuxParameters", "Capabilities"), {"Add": ["NET_ADMIN"]},
         (*BOX, "LinuxParameters", "Capabilities", "Add", 0)),
    case("E9404", (*BOX, "ResourceRequirements"), [{"Type": "GPU", "Value": "1"}],
         (*BOX, "ResourceRequirements", 0)),
    case("E9404", (*TASK, "PidMode"), "host"),
    case("E9404", (*TASK, "IpcMode"), "task"),
    case("E9404", (*LOGS, "awslogs-stream-prefix"), REMOVE, LOGS),
    case("E9404", (*LOGS, "mode"), "blocking", (*LOGS, "max-buffer-size")),
    case("E9404", (*LOGS, "mode"), "nonblocking"),
    case("E9403", (*BOX, "LogConfiguration"), {"LogDriver": "awsfirelens"},
         (*BOX, "LogConfiguration", "LogDriver")),
    case("W9404", (*LOGS, "mode"), REMOVE, LOGS),
    case("W9404", (*LOGS, "max-buffer-size"), REMOVE, LOGS),
    case("W9404", (*LOGS, "awslogs-region"), "eu-west-1"),
    case("W9404", (*BOX, "LogConfiguration"), REMOVE, BOX),
    case("W9404", (*LOGS, "awslogs-create-group"), "true"),
    case("W9404", (*LOGS, "awslogs-group"), "/ecs/service"),
    case("E9404", (*TASK, "ExecutionRoleArn"), REMOVE, TASK),
    case("E9813", (*BOX, "Secrets", 0, "ValueFrom"),
         "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:url"),
    case("E9813", (*BOX, "Secrets", 0, "ValueFrom"), "{{resolve:secretsmanager:db}}"),
    case("E9416", (*BOX, "Image"), "registry.example.com/shop:1-amd64"),
    case("E9416", (*TASK, "RuntimePlatform"), REMOVE, (*BOX, "Image"),
         also={(*BOX, "Image"): "registry.example.com/shop:1-arm64"}),
    case("E9404", (*TASK, "RuntimePlatform", "OperatingSystemFamily"),
         "WINDOWS_SERVER_2022_CORE", (*TASK, "RuntimePlatform")),
    case("E9416", (*BOX, "Image"), {"Fn::Sub": "${AccountRepository}:1"}),
    case("E9416", (*BOX, "Image", "Fn::Join", 0), "-", (*BOX, "Image")),
    case("E9416", (*BOX, "Image"), "registry.example.com/shop@1"),
    Tagged("E9416", {(*BOX, "Image", "Fn::Join", 0): "@"}, (*BOX, "Image")),
    case("E9405", (*TASK, "ContainerDefinitions"), plus(SECOND),
         (*TASK, "ContainerDefinitions", 1, "PortMappings", 0)),
    case("W9404", (*BOX, "Image"), {"Fn::GetAtt": ["AccountRepository", "RepositoryUri"]}),
    case("W9404", (*BOX, "Image", "Fn::Join", 1, 1), "latest", (*BOX, "Image")),
    case("W9805", (*BOX, "Environment", 0), {"Name": "CREDENTIAL", "Value": "hunter2"},
         (*BOX, "Environment", 0, "Value")),
    case("W9805", (*BOX, "Environment", 0), {"Name": "DB", "Value": "pg://me:pw@host/db"},
         (*BOX, "Environment", 0, "Value")),
    case("W9420", (*BOX, "Environment", 0, "Value"), "8080"),
    case("W9421", (*BOX, "ReadonlyRootFilesystem"), REMOVE, BOX),
    case("W9421", (*BOX, "ReadonlyRootFilesystem"), True, base="exec"),
    case("W9416", (*BOX, "Image", "Fn::Join", 0), "/", (*BOX, "Image")),
    case("W9416", (*BOX, "Image"), "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1"),
    Defaults("W9416", {(*BOX, "Essential"): True}, (*BOX, "Image")),
    *(
        case("W9420", (*BOX, "HealthCheck"), {"Command": ["CMD-SHELL", f"check http://{own}"]},
             (*BOX, "HealthCheck", "Command"))
        for own in ("localhost:8080/health", "127.0.0.1/health")
    ),
]  # fmt: skip

ACCEPTED = [
    case("E9416", (*BOX, "Image"), DIGEST),
    case("E9416", (*BOX, "Image"), {"Fn::Sub": "${AccountRepository.RepositoryUri}@${Digest}"}),
    case("E9405", (*TASK, "ContainerDefinitions"), plus({**SECOND, "PortMappings": [
        {"ContainerPort": 3000, "Protocol": "udp"}]})),
]  # fmt: skip
