"""A new password for the database with no request failing: two users take turns.

The user that no task uses gets a new password; once it can log in and read, the secrets
name it, and new tasks take over. The user before it stays valid until its own next turn.
The SQL runs on every resumption, and again when the old tasks are gone, since they may have
created tables until then.

Each step leaves its trace in the secrets' stages, and the next run carries on from there:
AWSPENDING alone is a user that is being made, AWSPENDING beside AWSCURRENT one that the
tasks do not all use yet.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
"""

import json
import time
from argparse import Namespace
from uuid import uuid4

from botocore.exceptions import ClientError

from operations.database import (
    CURRENT,
    PENDING,
    Database,
    deployed_database,
    give_rights,
    new_user,
    psql_image,
)
from operations.failure import REPAIRED
from operations.lease import lease
from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.service import Service, deployed_service, stopped_tasks
from operations.stacks import pauses
from operations.target import IMAGE_TAG, Target

TURN = "ApplicationSecret"
STEADY_SECONDS = 900


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `rotate`."""
    with lease(target, report, "rotate", options.wait * 60):
        return rotate(target, report)


def rotate(target: Target, report: Reporter) -> Exit:
    """One turn, from wherever the last one was left."""
    service, database = deployed_service(target), deployed_database(target)
    image = psql_image(target, service)
    versions = database.versions(TURN)
    if PENDING not in versions:
        versions = _begin(target, report, database, service)
    pending = versions[PENDING]
    user = database.user(report, pending)
    report.say(f"{user['username']}: setting its password and its rights")
    give_rights(report, database, service, image, pending)
    if versions[CURRENT] != pending:
        _move_stage(database, CURRENT, versions[CURRENT], pending)
    write_url(report, database, user)
    report.say(f"{user['username']}: new tasks begin to use it")
    renew(target, report, service)
    report.say(f"{user['username']}: taking over what the old tasks have created")
    give_rights(report, database, service, image, pending)
    _move_stage(database, PENDING, pending)
    report.result({"user": user["username"]})
    report.say(f"done: the service is {user['username']}; the user before it stays valid")
    report.next(target.proof())
    return Exit.DONE


def _begin(
    target: Target, report: Reporter, database: Database, service: Service
) -> dict[str, str]:
    """The user that no task can have, with a new password; the stages with it."""
    client = target.client("secretsmanager")
    url = database.url(report)
    if _older(database, service):
        report.say(f"{url.username}: some tasks are older than their URL; renewing them first")
        renew(target, report, service)
    name = url.path.lstrip("/")
    current = database.user(report, database.versions(TURN)[CURRENT])["username"]
    turns = (f"{name}_a", f"{name}_b")
    least = min(turns, key=lambda each: (each == url.username, each == current))
    client.put_secret_value(
        SecretId=database.ids[TURN],
        ClientRequestToken=uuid4().hex,
        SecretString=json.dumps(new_user(least)),
        VersionStages=[PENDING],
    )
    report.say(f"{least}: its turn begins, after {url.username}")
    return database.versions(TURN)


def _older(database: Database, service: Service) -> bool:
    """Whether tasks may run that read DB_URL before it was what it is."""
    client = database.target.client("secretsmanager")
    url = client.get_secret_value(SecretId=database.ids["UrlSecret"])
    return bool(service.since < url["CreatedDate"])


def write_url(report: Reporter, database: Database, user: dict[str, str]) -> None:
    """Write the address of the instance, a user and its password into DB_URL."""
    url = database.url(report)
    login = f"{user['username']}:{user['password']}"
    named = url._replace(netloc=f"{login}@{database.address()}")
    if named == url:
        return
    client = database.target.client("secretsmanager")
    client.put_secret_value(
        SecretId=database.ids["UrlSecret"],
        ClientRequestToken=uuid4().hex,
        SecretString=named.geturl(),
    )
    report.say(f"{user['username']}: DB_URL names it")


def renew(target: Target, report: Reporter, service: Service) -> None:
    """New tasks in place of all that run, since ECS reads secrets when a task starts.

    Stop where they do not come up: the circuit breaker then makes another deployment the
    primary one.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    ecs = target.client("ecs")
    names = {"cluster": service.cluster, "service": service.name}
    found = ecs.update_service(**names, forceNewDeployment=True)["service"]
    mine = next(each["id"] for each in found["deployments"] if each["status"] == "PRIMARY")
    end = time.monotonic() + STEADY_SECONDS
    for pause in pauses():
        answer = ecs.describe_services(cluster=service.cluster, services=[service.name])
        deployments = {each["id"]: each for each in answer["services"][0]["deployments"]}
        new = deployments.pop(mine, {})  # just begun, it may not be known everywhere yet
        old = sum(each["runningCount"] for each in deployments.values())
        running = f"{new.get('runningCount', 0)} new tasks run, and {old} old ones"
        report.working("service", running)
        first, state = new.get("status", "PRIMARY") == "PRIMARY", new.get("rolloutState")
        if first and state == "COMPLETED" and not old:
            report.working("service")
            return
        if not first or state == "FAILED" or time.monotonic() > end:
            stopped = stopped_tasks(target, target.holding(IMAGE_TAG)) or [running]
            message = "\n  ".join([f"{service.name}: the new tasks do not come up", *stopped])
            raise Stop(Exit.FAILED, message, f"{REPAIRED}: {target.again}")
        target.pause(pause)


def _move_stage(database: Database, stage: str, before: str, after: str | None = None) -> None:
    """Move a stage of the users' secret from one version to another, or remove it.

    When an answer is lost, the SDK repeats the call, and AWS refuses the second one since the
    first version has the stage no more. So the stages decide whether an error is one.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
    """
    to = {"MoveToVersionId": after} if after else {}
    try:
        database.target.client("secretsmanager").update_secret_version_stage(
            SecretId=database.ids[TURN], VersionStage=stage, RemoveFromVersionId=before, **to
        )
    except ClientError:
        if database.versions(TURN).get(stage) != after:
            raise
