"""The deployments of ECS services, as ECS itself reports them.

Releases, rotations and restores read them here, and nowhere does the state of a service stand
for the state of its deployment. ECS keeps them for 90 days.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cfnlink.operations.clients import unpaginated
from cfnlink.operations.environment import Environment
from cfnlink.operations.service import task_definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_ecs.type_defs import (
        ServiceDeploymentBriefTypeDef,
        ServiceDeploymentTypeDef,
        ServiceRevisionSummaryTypeDef,
    )

# Of the other states ECS makes no further step.
ONGOING = {
    "PENDING",
    "IN_PROGRESS",
    "STOP_REQUESTED",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
}
STOPPABLE = {"PENDING", "IN_PROGRESS"}
SUCCESSFUL = "SUCCESSFUL"
WENT_BACK = "ROLLBACK_SUCCESSFUL"
PERCENT = 100


@dataclass(frozen=True)
class ServiceDeployment:
    """One deployment of a service, as it was when ECS was asked."""

    environment: Environment
    service: str
    known: "ServiceDeploymentTypeDef"

    @property
    def arn(self) -> str:
        """Return its ARN."""
        return self.known["serviceDeploymentArn"]

    @property
    def status(self) -> str:
        """Return its status in ECS's word."""
        return self.known["status"]

    @property
    def is_ongoing(self) -> bool:
        """Return whether ECS has still something to do for it."""
        return self.status in ONGOING

    @property
    def is_stoppable(self) -> bool:
        """Return whether ECS goes on with it, and can still take it back."""
        return self.status in STOPPABLE

    @property
    def is_successful(self) -> bool:
        """Return whether its tasks run, and those of the revision before do not."""
        return self.status == SUCCESSFUL

    @property
    def planned_seconds(self) -> float:
        """Return how long it waits by intention: bake times, and the steps of a shift.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
        """
        plan = self.known.get("deploymentConfiguration", {})
        linear, canary = plan.get("linearConfiguration"), plan.get("canaryConfiguration")
        minutes: float = plan.get("bakeTimeInMinutes", 0)
        if plan.get("strategy") == "CANARY" and canary:
            minutes += canary.get("canaryBakeTimeInMinutes", 0)
        if plan.get("strategy") == "LINEAR" and linear:
            steps = PERCENT / linear.get("stepPercent", PERCENT)
            minutes += steps * linear.get("stepBakeTimeInMinutes", 0)
        return minutes * 60

    @cached_property
    def definition(self) -> str:
        """Return the task definition that it deploys."""
        return _definitions(self.environment, [self.known["targetServiceRevision"]["arn"]])[0]

    @cached_property
    def replaced(self) -> str | None:
        """Return the task definition that ran before it; None where there was none."""
        arns = [each["arn"] for each in self.known.get("sourceServiceRevisions", [])]
        return next(iter(_definitions(self.environment, arns[:1])), None)

    @cached_property
    def result(self) -> str | None:
        """Return the task definition with which it ended; None where ECS does not say."""
        if self.is_successful:
            return self.definition
        back = self.known.get("rollback", {}).get("serviceRevisionArn")
        if self.status != WENT_BACK or not back:
            return None
        return next(iter(_definitions(self.environment, [back])), None)

    @property
    def reason(self) -> str:
        """Return why it is in its state, in ECS's words; empty where ECS gives none."""
        rollback = self.known.get("rollback", {}).get("reason", "")
        return rollback or self.known.get("statusReason", "")

    def words(self) -> str:
        """Return its state: tasks, share of the requests, stage, failed tasks, alarms."""
        target = self.known.get("targetServiceRevision", {})
        parts = [self.status, f"{_count(target)} new tasks run"]
        if pending := target.get("pendingTaskCount"):
            parts.append(f"{pending} begin")
        old = [each.get("runningTaskCount", 0) for each in self._sources()]
        parts += [f"{sum(old)} old ones run"] if sum(old) else []
        weight = target.get("requestedProductionTrafficWeight")
        parts += [f"{weight:g}% of the requests reach them"] if weight is not None else []
        if stage := self.known.get("lifecycleStage"):
            parts.append(f"stage {stage}")
        if failed := self.known.get("deploymentCircuitBreaker", {}).get("failureCount"):
            parts.append(f"{failed} failed")
        raised = self.known.get("alarms", {}).get("triggeredAlarmNames", [])
        parts += [f"alarm {name}" for name in raised]
        return ", ".join(parts)

    def image_change(self, tag: str | None = None) -> tuple[str, str] | None:
        """Return the tags of the image before and after, or None if no image changes.

        tag: the tag after, where only a change to that one counts. The tags are those of the
        containers that both task definitions have.
        """
        if self.replaced in (None, self.definition):
            return None
        before, after = (
            _tags(self.environment, each) for each in (self.replaced, self.definition)
        )
        for name in before.keys() & after.keys():
            if before[name] != after[name] and tag in (None, after[name]):
                return before[name], after[name]
        return None

    def stop(self) -> None:
        """Let ECS take it back; one that ended in the meantime is left as it is.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
        """
        ecs = self.environment.clients.ecs
        try:
            ecs.stop_service_deployment(serviceDeploymentArn=self.arn, stopType="ROLLBACK")
        except ecs.exceptions.ConflictException:
            return

    def _sources(self) -> "Iterable[ServiceRevisionSummaryTypeDef]":
        target = self.known.get("targetServiceRevision", {}).get("arn")
        sources = self.known.get("sourceServiceRevisions", [])
        return (each for each in sources if each.get("arn") != target)


def newest(environment: Environment, cluster: str, service: str) -> ServiceDeployment | None:
    """Return the newest deployment of a service; None where ECS keeps none any more."""
    listed = deployments(environment, cluster, service)
    return described(environment, service, listed[0]) if listed else None


def deployments(environment: Environment, cluster: str, service: str) -> list[str]:
    """Return the ARNs of a service's deployments, the newest first."""
    listed: list[ServiceDeploymentBriefTypeDef] = [
        *unpaginated(
            environment.clients.ecs.list_service_deployments,
            "serviceDeployments",
            next_key="nextToken",
            cluster=cluster,
            service=service,
        )
    ]
    listed.sort(key=lambda each: each["createdAt"], reverse=True)
    return [each["serviceDeploymentArn"] for each in listed]


def described(environment: Environment, service: str, arn: str) -> ServiceDeployment:
    """Return one deployment as it is now. service: the name that a message shows."""
    answer = environment.clients.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    return ServiceDeployment(environment, service, answer["serviceDeployments"][0])


def _count(revision: "ServiceRevisionSummaryTypeDef") -> str:
    return f"{revision.get('runningTaskCount', 0)} of {revision.get('requestedTaskCount', 0)}"


def _definitions(environment: Environment, revisions: list[str]) -> list[str]:
    """Return the task definitions of revisions, of those that ECS still knows."""
    if not revisions:
        return []
    ecs = environment.clients.ecs
    answer = ecs.describe_service_revisions(serviceRevisionArns=revisions)
    return [each["taskDefinition"] for each in answer["serviceRevisions"]]


def _tags(environment: Environment, definition: str | None) -> dict[str, str]:
    """Return the tag of each container's image; an image by its digest has none."""
    described = task_definition(environment, definition or "")
    images = {each["name"]: each["image"] for each in described["containerDefinitions"]}
    return {
        name: image.rpartition(":")[2]
        for name, image in images.items()
        if "@" not in image and ":" in image.rpartition("/")[2]
    }
