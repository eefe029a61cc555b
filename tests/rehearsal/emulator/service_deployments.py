"""ECS: the deployments and revisions of a service, and the wait of CloudFormation for them.

All follow from the `deployments` of the service. The tag of an image says how its tasks fare:
of `unhealthy...` they never become healthy, and a deployment of `failing...` trips the circuit
breaker. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs
from ministack.services.cloudformation import provisioners, stacks
from registry import Answer, Made, Properties, patch, store

UNHEALTHY, FAILING = "unhealthy", "failing"
SERVICE = "AWS::ECS::Service"
PAUSE_SECONDS = 0.02
ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
TRIPPED = "ECS deployment circuit breaker: tasks failed to start."
ASKED = "A rollback was requested."
# What CloudFormation says of a deployment that ECS took back; of a requested one not verified.
REFUSED = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
_records = store()
_revisions = store()


@patch(ecs, "_complete_service_deployment")
def _complete(
    old: Callable[..., None], cluster: str, key: str, *more: Any, **named: Any
) -> None:
    """A rollout was complete as soon as its tasks were there."""
    service = ecs._services.get(key)
    primary = ecs._primary_deployment(service) if service else None
    if primary and _has_image(primary["taskDefinition"], UNHEALTHY, FAILING):
        return
    old(cluster, key, *more, **named)


@patch(ecs, "_create_service")
def _create(old: Callable[..., Answer], data: Properties) -> Answer:
    return _noted(old, data, data.get("serviceName", ""))


@patch(ecs, "_update_service")
def _update(old: Callable[..., Answer], data: Properties) -> Answer:
    return _noted(old, data, data.get("service", ""))


def _noted(call: Callable[..., Answer], data: Properties, name: str) -> Answer:
    """Do a call, and note the deployment that it begins."""
    key = _key(data.get("cluster", "default"), name)
    known = {record["deployment"]["id"] for record in _follow(key)}
    answer = call(data)
    service = ecs._services.get(key)
    primary = ecs._primary_deployment(service) if service else None
    if primary and primary["id"] not in known:
        if _has_image(primary["taskDefinition"], UNHEALTHY, FAILING):
            primary["rolloutState"] = "IN_PROGRESS"  # of a first deployment, too
        if _has_image(primary["taskDefinition"], FAILING):
            _roll_back(key, primary, TRIPPED)
    _follow(key)
    return answer


def _key(cluster: str, service: str) -> str:
    return f"{ecs._resolve_cluster_name(cluster)}/{service.rpartition('/')[2]}"


def _is_under_way(deployment: Properties) -> bool:
    return bool(deployment["rolloutState"] == "IN_PROGRESS")


def _has_image(definition: str, *tags: str) -> bool:
    found = ecs._task_defs.get(ecs._resolve_td_key(definition), {})
    images = [each.get("image", "") for each in found.get("containerDefinitions", [])]
    return any(image.rpartition(":")[2].startswith(tags) for image in images)


def _roll_back(key: str, deployment: Properties, reason: str) -> None:
    """Put the last deployment that was complete back, as the circuit breaker does."""
    service = ecs._services[key]
    deployment |= {"rolloutState": "FAILED", "rolloutStateReason": reason, "desiredCount": 0}
    whole = [each for each in service["deployments"] if each["rolloutState"] == "COMPLETED"]
    for before in whole[:1]:
        deployment["status"] = "ACTIVE"
        before |= {"status": "PRIMARY", "desiredCount": service["desiredCount"]}
        before["rolloutState"] = "IN_PROGRESS"
        service["taskDefinition"] = before["taskDefinition"]
    ecs._reconcile_service_tasks(key.partition("/")[0], key)


def _follow(key: str) -> list[Properties]:
    """Return the deployments of a service as they are now, the oldest first."""
    service = ecs._services.get(key)
    if service is None:
        return []
    known = [each for each in _records.values() if each["serviceArn"] == service["serviceArn"]]
    for record in known:
        if record["status"] not in ENDED:
            _renew(service, record)
    ids = {record["deployment"]["id"] for record in known}
    for deployment in reversed(service["deployments"]):
        if deployment["id"] not in ids:
            known.append(_record(service, deployment, known[-1:]))
            _renew(service, known[-1])
    return known


def _record(service: Properties, deployment: Properties, last: list[Properties]) -> Properties:
    place = service["serviceArn"].partition(":service/")
    head, end = f"{place[0]}:service", f"{place[2]}/{uuid.uuid4().hex[:17]}"
    revision = f"{head}-revision/{end}"
    owner = {key: service[key] for key in ("serviceArn", "clusterArn")}
    _revisions[revision] = {
        **owner,
        "serviceRevisionArn": revision,
        "taskDefinition": deployment["taskDefinition"],
        "createdAt": time.time(),
    }
    record = {
        **owner,
        "serviceDeploymentArn": f"{head}-deployment/{end}",
        "deployment": deployment,
        "target": revision,
        "source": [each["effective"] for each in last],
        "createdAt": time.time(),
        "status": "PENDING",
    }
    _records[record["serviceDeploymentArn"]] = record
    return record


def _renew(service: Properties, record: Properties) -> None:
    """Derive the status of a deployment. That a newer one stops it is not verified."""
    deployment, primary = record["deployment"], ecs._primary_deployment(service)
    failed = deployment["rolloutState"] == "FAILED"
    back = failed and primary is not deployment
    if back:
        status = "ROLLBACK_IN_PROGRESS" if _is_under_way(primary) else "ROLLBACK_SUCCESSFUL"
    elif failed or primary is not deployment:
        status = "STOPPED"
    else:
        status = "IN_PROGRESS" if _is_under_way(deployment) else "SUCCESSFUL"
    record["status"] = status
    record["effective"] = (record["source"] or [record["target"]])[0]
    if status in ENDED:
        record["finishedAt"] = time.time()
        if not back and not failed:
            record["effective"] = record["target"]


def _found(arns: list[str]) -> Iterator[Properties]:
    for arn in arns:
        if arn in _records:
            service = _records[arn]["serviceArn"].partition(":service/")[2]
            _follow(service)
            yield _records[arn]


def _list(data: Properties) -> Answer:
    wanted = data.get("status")
    key = _key(data.get("cluster", "default"), data["service"])
    if key not in ecs._services:
        return error_response_json("ServiceNotFoundException", "Service not found.", 400)
    names = ("serviceDeploymentArn", "serviceArn", "clusterArn", "createdAt", "finishedAt")
    shown = [
        {
            **{name: record[name] for name in names if name in record},
            "targetServiceRevisionArn": record["target"],
            "status": record["status"],
        }
        for record in reversed(_follow(key))
        if not wanted or record["status"] in wanted
    ]
    return json_response({"serviceDeployments": shown})


def _describe(data: Properties) -> Answer:
    found = [_described(each) for each in _found(data["serviceDeploymentArns"])]
    return json_response({"serviceDeployments": found, "failures": []})


def _described(record: Properties) -> Properties:
    service = ecs._services[record["serviceArn"].partition(":service/")[2]]
    deployment, whole = record["deployment"], service["runningCount"]
    old = max(whole - deployment["runningCount"], 0)
    names = ("serviceDeploymentArn", "serviceArn", "clusterArn", "createdAt", "finishedAt")
    shown = {name: record[name] for name in names if name in record} | {
        "status": record["status"],
        "statusReason": deployment["rolloutStateReason"],
        "targetServiceRevision": _summary(record["target"], deployment),
        "sourceServiceRevisions": [
            {
                "arn": arn,
                "requestedTaskCount": old,
                "runningTaskCount": old,
                "pendingTaskCount": 0,
            }
            for arn in record["source"]
        ],
        "deploymentConfiguration": service["deploymentConfiguration"],
    }
    if record["status"].startswith("ROLLBACK"):
        reason = deployment["rolloutStateReason"]
        shown["rollback"] = {"reason": reason, "serviceRevisionArn": record["effective"]}
    return shown


def _summary(arn: str, deployment: Properties) -> Properties:
    """Return the counts of a revision, and its share of the requests where they are shifted."""
    percent = deployment.get("_percent")
    share = {} if percent is None else {"requestedProductionTrafficWeight": percent}
    return share | {
        "arn": arn,
        "requestedTaskCount": deployment["desiredCount"],
        "runningTaskCount": deployment["runningCount"],
        "pendingTaskCount": deployment["pendingCount"],
    }


def _describe_revisions(data: Properties) -> Answer:
    arns = data["serviceRevisionArns"]
    found = [_revisions[arn] for arn in arns if arn in _revisions]
    return json_response({"serviceRevisions": found, "failures": []})


def _stop(data: Properties) -> Answer:
    arn = data["serviceDeploymentArn"]
    for record in _found([arn]):
        if record["status"] in ENDED:
            words = f"The service deployment is {record['status']}."
            return error_response_json("ConflictException", words, 400)
        if record["status"] in ("PENDING", "IN_PROGRESS"):
            key = record["serviceArn"].partition(":service/")[2]
            _roll_back(key, record["deployment"], ASKED)
            _follow(key)
        return json_response({"serviceDeploymentArn": arn})
    return error_response_json("ServiceDeploymentNotFoundException", "Not found.", 400)


ecs._ACTION_MAP |= {
    "ListServiceDeployments": _list,
    "DescribeServiceDeployments": _describe,
    "DescribeServiceRevisions": _describe_revisions,
    "StopServiceDeployment": _stop,
}


@patch(stacks, "_runs_on_worker_thread")
def _waits(old: Callable[[str], bool], kind: str) -> bool:
    """The emulator would answer no request meanwhile, and no health check."""
    return kind == SERVICE or old(kind)


@patch(stacks, "_sends_back_failed_update")
def _sends_back(old: Callable[[str], bool], kind: str) -> bool:
    """A failed deployment left the service with the task definition that failed."""
    return kind == SERVICE or old(kind)


@patch(provisioners, "_ecs_service_create")
def _made(old: Callable[..., Made], *call: Any) -> Made:
    """CloudFormation did not wait until a service is steady."""
    return _steady(old(*call))


@patch(provisioners, "_ecs_service_update")
def _changed(old: Callable[..., Made], physical_id: str, *call: Any) -> Made:
    """Nor did it fail where ECS takes a deployment back."""
    known = len(_follow(physical_id.partition(":service/")[2]))
    return _steady(old(physical_id, *call), known)


def _steady(made: Made, known: int = 0) -> Made:
    """Wait for the deployment that a change began, if any; `known` were there before."""
    key = made[0].partition(":service/")[2]
    while begun := _follow(key)[known:]:
        if begun[-1]["status"] in ENDED:
            break
        time.sleep(PAUSE_SECONDS)
    if begun and begun[-1]["status"] != "SUCCESSFUL":
        raise ValueError(REFUSED)
    return made
