"""Plant failures: answers of AWS by operation, for an environment whose stacks are all up.

botocore sends nothing: each answer is checked against the service's model, as its Stubber does,
in any order. What a failure does not plant is as in a deployment that went well.
"""

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.exceptions
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.validate import ParamValidator

from cfnlink.next_command import CommandLine
from cfnlink.operations.environment import Environment, Stack, open_environment
from tests.operations.stubs import RecordingReporter
from tests.rehearsal.cloud import new_client

ACCOUNT = "123456789012"
WHEN = datetime(2026, 11, 27, 10, tzinfo=UTC)
SERVICES = {
    "acm",
    "application-autoscaling",
    "cloudformation",
    "cloudwatch",
    "ecs",
    "elbv2",
    "logs",
    "route53",
    "sts",
}


@dataclass
class Planted:
    """What differs from an environment that is up.

    tier: that of the stack that failed; status: its state. failed: fields of its failed events.
    kind: of the operation. tasks: stopped ones. events: of the service, the newest first.
    health: of its targets. log: the last lines of a stopped task. errors: what AWS refuses, by
    operation. answers: by operation.
    """

    tier: str = "service"
    status: str = "UPDATE_ROLLBACK_COMPLETE"
    kind: str = "UPDATE_STACK"
    failed: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    health: list[dict[str, str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    resources: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    reason: str = ""
    alarms: frozenset[str] = frozenset()


def arn(stack: str) -> str:
    return f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{stack}/1"


@contextlib.contextmanager
def planted(
    folder: Path, plant: Planted, command: str = "diagnose", **options: Any
) -> Iterator[Environment]:
    """Return an environment with a planted failure; its reporter remembers what was said."""
    opened, current = _opened(folder)
    typed = CommandLine(command, folder, options)
    environment = replace(opened, report=RecordingReporter(), typed=typed)
    current[:] = [_Answers(environment, plant)]
    yield environment


@cache
def _opened(folder: Path) -> "tuple[Environment, list[_Answers]]":
    """Return an environment, and the place of what answers its clients."""
    environment = open_environment(folder)
    current: list[_Answers] = []

    def answer(**call: Any) -> Any:
        return current[0].answer(**call)

    for service in SERVICES:
        client = new_client(
            service,
            region_name="us-east-1",
            aws_access_key_id="stub",
            aws_secret_access_key="stub",
        )
        client.meta.events.register("before-call", answer, unique_id="planted")
        setattr(environment.clients, service.replace("-", "_"), client)
    return environment, current


class _Answers:
    def __init__(self, environment: Environment, plant: Planted) -> None:
        self.environment = environment
        self.plant = plant

    def answer(self, model: Any, params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        """Answer a call; one that nothing plants and no test knows is an error."""
        if text := self.plant.errors.get(model.name):
            code = "AccessDenied" if "not authorized" in text else "ValidationError"
            error = {"Error": {"Code": code, "Message": text}}
            return AWSResponse("", 403, HTTPHeaders(), None), {**error, "ResponseMetadata": {}}
        asked = params["body"] if isinstance(params["body"], dict) else {}
        known = self.plant.answers.get(model.name)
        found = copy.deepcopy(known) if known is not None else getattr(self, model.name)(asked)
        report = ParamValidator().validate(found, model.output_shape)
        if report.has_errors():
            raise botocore.exceptions.ParamValidationError(report=report.generate_report())
        return AWSResponse("", 200, HTTPHeaders(), None), {**found, "ResponseMetadata": {}}

    def _stack(self, asked: dict[str, Any]) -> Stack:
        named = str(asked.get("StackName", "")).rpartition(":stack/")[2].split("/")[0]
        name = named or str(asked.get("StackName", ""))
        return self.environment.stack(name)

    def _is_failed(self, stack: Stack) -> bool:
        return stack.tier == self.plant.tier

    def DescribeStacks(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        stack = self._stack(asked)
        failed = self._is_failed(stack)
        kind = self.plant.kind if failed else "UPDATE_STACK"
        operations = [{"OperationType": kind, "OperationId": "o"}]
        if failed and "ROLLBACK" in self.plant.status:
            operations.insert(0, {"OperationType": "ROLLBACK", "OperationId": "r"})
        parameters = [{"ParameterKey": "ImageTag", "ParameterValue": "7"}]
        described = {
            "StackName": stack.name,
            "StackId": arn(stack.name),
            "StackStatus": self.plant.status if failed else "UPDATE_COMPLETE",
            "StackStatusReason": self.plant.reason if failed else "",
            "CreationTime": WHEN,
            "Parameters": parameters if stack.image_tag else [],
            "LastOperations": operations,
        }
        return {"Stacks": [described]}

    def DescribeEvents(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        stack = self._stack(asked)
        if not self._is_failed(stack):
            return {"OperationEvents": []}
        defaults = {
            "StackId": arn(stack.name),
            "OperationId": "o",
            "EventType": "PROVISIONING_ERROR",
            "Timestamp": WHEN,
        }
        events = [
            {"EventId": str(number), **defaults, **each}
            for number, each in enumerate(self.plant.failed)
        ]
        begun = {**defaults, "EventId": "begun", "EventType": "STACK_EVENT"}
        wanted, is_all = asked.get("OperationId"), "Filters.FailedEvents" not in asked
        events += [begun] if is_all else []
        return {"OperationEvents": [each for each in events if each["OperationId"] == wanted]}

    def ListStackResources(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        stack = self._stack(asked)
        found = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": f"{stack.name}-{name}",
                "ResourceType": body["Type"],
                "ResourceStatus": self.plant.resources.get(name, "UPDATE_COMPLETE"),
                "LastUpdatedTimestamp": WHEN,
            }
            for name, body in stack.template["Resources"].items()
        ]
        return {"StackResourceSummaries": found}

    def DescribeServices(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        stack = next(each for each in self.environment.stacks if each.tier == "service")
        service = {
            "serviceName": f"{stack.name}-Service",
            "clusterArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c",
            "runningCount": 2,
            "desiredCount": 2,
            "loadBalancers": [{"targetGroupArn": "tg"}],
            "events": [{"message": text, "createdAt": WHEN} for text in self.plant.events],
        }
        return {"services": [service]}

    def ListTasks(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        return {"taskArns": [f"arn:task/{number}" for number, _ in enumerate(self.plant.tasks)]}

    def DescribeTasks(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        defaults = {
            "taskArn": "arn:task/1",
            "taskDefinitionArn": "d:1",
            "group": "service:shop-production-service-Service",
        }
        return {"tasks": [{**defaults, **each} for each in self.plant.tasks]}

    def DescribeTaskDefinition(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        options = {"awslogs-group": "g", "awslogs-stream-prefix": "p"}
        logs = {"logDriver": "awslogs", "options": options}
        containers = [{"name": "service", "image": "i:7", "logConfiguration": logs}]
        return {"taskDefinition": {"containerDefinitions": containers}}

    def GetLogEvents(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        return {"events": [{"message": text} for text in self.plant.log]}

    def ListServiceDeployments(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        return {"serviceDeployments": []}

    def DescribeTargetHealth(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        target = {"Id": "10.0.1.7", "Port": 3000}
        found = [{"Target": target, "TargetHealth": each} for each in self.plant.health]
        return {"TargetHealthDescriptions": found}

    def DescribeAlarms(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        """Return the alarms of the templates; nothing filters them by name."""
        found = [
            {
                "AlarmName": f"{stack.name}-{name}",
                "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}",
                "StateValue": "ALARM" if name in self.plant.alarms else "OK",
            }
            for stack in self.environment.stacks
            for name in stack.of_type("AWS::CloudWatch::Alarm")
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}

    def DescribeAlarmHistory(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        return {"AlarmHistoryItems": []}
