"""The deployed database: its secrets, and SQL sent to it from inside the network.

Nothing but the tasks reaches the instance, so SQL is a one-off Fargate task of psql in the
service's security group. ECS hands it the secrets; none of them stands in a command, in
a task definition, in a log, or in a statement: PostgreSQL is given a password's verifier.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from botocore.exceptions import ClientError

from operations.aws_cli import docker_login
from operations.failure import REPAIRED
from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.service import Service
from operations.shared import is_refusal
from operations.stacks import resources
from operations.target import Stack, Target
from operations.task import one_off

INSTANCE = "AWS::RDS::DBInstance"
# What its template calls what SQL needs.
NEEDED = ("MasterSecret", "ApplicationSecret", "UrlSecret", "ExecutionRole", "SqlLogGroup")
PSQL_TAG = "psql-15"
# AWS's copy of Docker's official image, whose psql is the first that knows \getenv. Not
# verified: no registry was asked (2026-11), so no digest of it stands here.
PSQL_SOURCE = "public.ecr.aws/docker/library/postgres:15-alpine"
PASSWORD_LENGTH, ITERATIONS = 32, 4096
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
SQL = {
    name: Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("roles", "check")
}
# The verifier as the owner, then the password as the user itself.
SCRIPT = """set -eu
run() { printf %s "$1" | psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1; }
run "$ROLES"
export PGUSER="$NEW_USER" PGPASSWORD="$NEW_PASSWORD"
run "$CHECK"
"""


@dataclass(frozen=True)
class Database:
    """The database's stack, and what its template's names are at AWS."""

    target: Target
    stack: Stack
    ids: Mapping[str, str]

    def versions(self, secret: str) -> dict[str, str]:
        """Which version of a secret is current, pending and previous: stage to id."""
        client = self.target.client("secretsmanager")
        found = client.describe_secret(SecretId=self.ids[secret])["VersionIdsToStages"]
        return {stage: version for version, stages in found.items() for stage in stages}

    def value(self, secret: str, version: str) -> str:
        """A version's value; whoever reads it must hide it."""
        client = self.target.client("secretsmanager")
        found = client.get_secret_value(SecretId=self.ids[secret], VersionId=version)
        return str(found["SecretString"])

    def user(self, report: Reporter, version: str) -> dict[str, str]:
        """A version of the service's user: username, password, and the verifier if any."""
        user: dict[str, str] = json.loads(self.value("ApplicationSecret", version))
        report.hide(user.get("password", ""))
        report.hide(user.get("verifier", ""))
        return user

    def url(self, report: Reporter) -> SplitResult:
        """DB_URL as a task would get it now."""
        url = urlsplit(self.value("UrlSecret", self.versions("UrlSecret")[CURRENT]))
        report.hide(url.password or "")
        return url

    def address(self) -> str:
        """Host and port of the instance, as in a URL."""
        rds, name = self.target.client("rds"), self.ids[self.instance]
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return f"{found['Endpoint']['Address']}:{found['Endpoint']['Port']}"

    @property
    def instance(self) -> str:
        """The logical id of the instance."""
        return next(iter(self.stack.of_type(INSTANCE)))


def deployed_database(target: Target) -> Database:
    """The database that is deployed, or Stop where SQL cannot be sent to it."""
    for stack in target.stacks:
        if stack.of_type(INSTANCE):
            ids = {each.logical_id: each.id for each in resources(target, stack.name)}
            missing = [name for name in NEEDED if not ids.get(name)]
            if not missing:
                return Database(target, stack, ids)
            message = f"{stack.name} is not there, or older than {', '.join(missing)}"
            raise Stop(Exit.UNUSABLE, message, target.command("deploy"))
    message = f"{target.folder.path} has no stack with a database"
    raise Stop(Exit.UNUSABLE, message, target.build())


def new_user(name: str) -> dict[str, str]:
    """A user with a password of its own; letters and digits need no escaping in a URL."""
    letters = string.ascii_letters + string.digits
    password = "".join(secrets.choice(letters) for _ in range(PASSWORD_LENGTH))
    return {"username": name, "password": password, "verifier": verifier(password)}


def verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL stores of a password, which nobody can log in with.

    https://www.postgresql.org/docs/15/catalog-pg-authid.html and RFC 5803.
    """
    salt = salt or os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client, server = (
        hmac.digest(salted, key, "sha256") for key in (b"Client Key", b"Server Key")
    )
    stored = hashlib.sha256(client).digest()
    salt64, stored64, server64 = (
        base64.b64encode(each).decode() for each in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${ITERATIONS}:{salt64}${stored64}:{server64}"


def give_rights(
    report: Reporter, database: Database, service: Service, image: str, version: str
) -> None:
    """Make the user of a version of ApplicationSecret as roles.sql says, and log in as it.

    The task definition is registered for this one run: it names the version of the
    secret, which no override can say. What a killed run left registered goes with it.
    """
    target = database.target
    ecs = target.client("ecs")
    report.say(f"psql: {image}")
    asked = _definition(report, database, service, image, version)
    definition = ecs.register_task_definition(**asked)["taskDefinition"]
    try:
        why = one_off(target, report, service, definition)
    except Stop as stop:
        raise Stop(stop.code, stop.message) from None  # the next run sends the same again
    finally:
        _deregister(target, report, definition["family"])
    if why:
        message = f"{database.stack.name}: the SQL failed: {why}"
        raise Stop(Exit.FAILED, message, f"{REPAIRED}: {target.again}")


def _deregister(target: Target, report: Reporter, family: str) -> None:
    """Deregister what was registered for SQL, where AWS lets the caller.

    A deploy role may not: AWS limits that right to no resource. What stays is free, and
    holds no secret.
    """
    ecs = target.client("ecs")
    found = ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")
    try:
        for arn in found["taskDefinitionArns"]:
            ecs.deregister_task_definition(taskDefinition=arn)
    except ClientError as error:
        if not is_refusal(error):
            raise
        report.say(f"{family}: its task definitions stay: this role may not deregister them")


def _definition(
    report: Reporter, database: Database, service: Service, image: str, version: str
) -> dict[str, Any]:
    target, url = database.target, database.url(report)
    host, _, port = database.address().rpartition(":")
    role = target.client("iam").get_role(RoleName=database.ids["ExecutionRole"])["Role"]
    user = f"{database.ids['ApplicationSecret']}:%s::{version}"
    given = {
        "PGHOST": host,
        "PGPORT": port,
        "PGDATABASE": url.path.lstrip("/"),
        "PGSSLMODE": "require",  # the image has no certificates of RDS
        "PGCONNECT_TIMEOUT": "10",
        **{name.upper(): text for name, text in SQL.items()},
    }
    hidden = {
        "PGUSER": f"{database.ids['MasterSecret']}:username::",
        "PGPASSWORD": f"{database.ids['MasterSecret']}:password::",
        "NEW_USER": user % "username",
        "NEW_PASSWORD": user % "password",
        "NEW_VERIFIER": user % "verifier",
    }
    container = {
        "name": "psql",
        "image": image,
        "entryPoint": ["sh", "-c"],
        "command": [SCRIPT],
        "readonlyRootFilesystem": True,
        "environment": [{"name": name, "value": value} for name, value in given.items()],
        "secrets": [{"name": name, "valueFrom": arn} for name, arn in hidden.items()],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": database.ids["SqlLogGroup"],
                "awslogs-region": target.folder.region,
                "awslogs-stream-prefix": "sql",
            },
        },
    }
    return {
        "family": f"{database.stack.name}-sql",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": role["Arn"],
        "runtimePlatform": service.definition["runtimePlatform"],
        "containerDefinitions": [container],
        "tags": [{"key": key, "value": value} for key, value in database.stack.tags.items()],
    }


def psql_image(target: Target, service: Service) -> str:
    """The mirrored psql by its digest, or Stop with the command that mirrors it.

    What a task pulls is named by the digest of our own repository, whose tags are immutable.
    """
    repository = service.definition["containerDefinitions"][0]["image"].rpartition(":")[0]
    ecr, tag = target.client("ecr"), {"imageTag": PSQL_TAG}
    try:
        (found,) = ecr.describe_images(
            repositoryName=repository.partition("/")[2], imageIds=[tag]
        )["imageDetails"]
    except (ecr.exceptions.ImageNotFoundException, ValueError):
        machine = service.definition["runtimePlatform"]["cpuArchitecture"]
        platform = {"ARM64": "linux/arm64"}.get(machine, "linux/amd64")
        mirror = (
            f"docker buildx imagetools create --platform {platform} "
            f"--tag {repository}:{PSQL_TAG} {PSQL_SOURCE}"
        )
        steps = (docker_login(target, repository), mirror, target.again)
        message = f"{repository} has no image {PSQL_TAG}, with which SQL is sent"
        raise Stop(Exit.UNUSABLE, message, "\n".join(steps)) from None
    return f"{repository}@{found['imageDigest']}"
