"""The deployed database: its secrets, and SQL that a task inside the network sends.

Only tasks reach the instance, so SQL is a one-off Fargate task of psql in the service's
security group. ECS passes the secrets to the task. No command, task definition, log or
statement holds a secret: PostgreSQL gets a password's verifier.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from botocore.exceptions import ClientError

from cfnlink.operations.aws_cli import docker_login
from cfnlink.operations.check import FAILED, OK, WARNING, Found
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.image import ARCHITECTURES, repositories
from cfnlink.operations.instances import INSTANCE, describe_instance, modify_instance
from cfnlink.operations.service import Service
from cfnlink.operations.shared import is_refusal
from cfnlink.operations.stacks import pauses, physical, resources
from cfnlink.operations.task import one_off
from cfnlink.system.parts import Part
from cfnlink.system.resource import Body

# The parts of the database's stack that SQL needs.
NEEDED = (
    Part.OWNER_SECRET,
    Part.USER_SECRET,
    Part.URL_SECRET,
    Part.SQL_ROLE,
    Part.SQL_LOG_GROUP,
)
PSQL_TAG = "psql-15"
# AWS's copy of Docker's official image, whose psql is the first that knows \getenv. Not
# verified: no registry was asked (2026-11), so no digest of it stands here.
PSQL_SOURCE = "public.ecr.aws/docker/library/postgres:15-alpine"
RESETTING = "resetting-master-credentials"  # the status of an instance
PASSWORD_LENGTH, ITERATIONS = 32, 4096
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
SQL = {
    name: Path(__file__).with_name(f"{name}.sql").read_text("utf-8")
    for name in ("roles", "check", "counts", "revoke")
}
SCRIPT = """set -eu
run() { printf %s "$1" | psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1; }
"""
# The verifier as the owner, then the password as the user itself.
GIVE_RIGHTS = f"""{SCRIPT}run "$ROLES"
export PGUSER="$NEW_USER" PGPASSWORD="$NEW_PASSWORD"
run "$CHECK"
"""
REVOKE = f"""{SCRIPT}run "$REVOKE"
"""


@dataclass(frozen=True)
class Database:
    """The database's stack, and the physical names of its parts and its resources."""

    environment: Environment
    stack: Stack
    ids: Mapping[str, str]

    def versions(self, secret: str) -> dict[str, str]:
        """Return the current, pending and previous versions of a secret: stage to id."""
        client = self.environment.clients.secretsmanager
        found = client.describe_secret(SecretId=self.ids[secret])["VersionIdsToStages"]
        return {stage: version for version, stages in found.items() for stage in stages}

    def value(self, secret: str, version: str) -> str:
        """Return a version's value; the caller must hide it."""
        client = self.environment.clients.secretsmanager
        found = client.get_secret_value(SecretId=self.ids[secret], VersionId=version)
        return str(found["SecretString"])

    def user(self, version: str) -> dict[str, str]:
        """Return a version of the service's user: username, password, and the
        verifier if any."""
        return self.login(Part.USER_SECRET, version)

    def login(self, secret: str, version: str) -> dict[str, str]:
        """Return a version of a secret that holds a username and a password."""
        user: dict[str, str] = json.loads(self.value(secret, version))
        self.environment.report.hide(user.get("password", ""))
        self.environment.report.hide(user.get("verifier", ""))
        return user

    def url(self) -> SplitResult:
        """Return DB_URL as a task would get it now."""
        url = urlsplit(self.value(Part.URL_SECRET, self.versions(Part.URL_SECRET)[CURRENT]))
        self.environment.report.hide(url.password or "")
        return url

    def put_pending(self, secret: str, login: dict[str, str]) -> None:
        """Write a new version of a secret that is not current yet."""
        self.environment.clients.secretsmanager.put_secret_value(
            SecretId=self.ids[secret],
            ClientRequestToken=uuid4().hex,
            SecretString=json.dumps(login),
            VersionStages=[PENDING],
        )

    def move_stage(
        self, secret: str, stage: str, before: str, after: str | None = None
    ) -> None:
        """Move a stage of a secret from one version to another, or remove it.

        When an answer is lost, the SDK repeats the call, and AWS refuses the second one since
        the first version has the stage no more. So the stages decide whether an error is one.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
        """
        to = {"MoveToVersionId": after} if after else {}
        try:
            self.environment.clients.secretsmanager.update_secret_version_stage(
                SecretId=self.ids[secret], VersionStage=stage, RemoveFromVersionId=before, **to
            )
        except ClientError:
            if self.versions(secret).get(stage) != after:
                raise

    def set_owner_password(self, password: str) -> None:
        """Let RDS set the owner's password, and wait until it has.

        RDS sets it at once and asynchronously, for every value of ApplyImmediately. The first
        answer may be older than the call, so it does not count.
        https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
        """
        modify_instance(self.environment, self.ids[self.instance], MasterUserPassword=password)
        for number, pause in enumerate(pauses()):
            self.environment.pause(pause)
            found = describe_instance(self.environment, self.ids[self.instance])
            waits = "MasterUserPassword" in found.get("PendingModifiedValues", {})
            if number and not waits and found["DBInstanceStatus"] != RESETTING:
                return

    def address(self) -> str:
        """Return host and port of the instance, as in a URL."""
        found = describe_instance(self.environment, self.ids[self.instance])
        return f"{found['Endpoint']['Address']}:{found['Endpoint']['Port']}"

    @property
    def instance(self) -> str:
        """Return the logical id of the instance."""
        return next(iter(self.stack.of_type(INSTANCE)))


def has_application_users(environment: Environment) -> bool:
    """Whether a template has the database, the secrets and the role that SQL needs."""
    return any(
        {*NEEDED} <= stack.parts.keys() and stack.of_type(INSTANCE)
        for stack in environment.stacks
    )


@dataclass(frozen=True)
class ServingUser:
    """The user that the secrets give to the service's tasks."""

    name: str
    is_owner: bool
    is_settled: bool
    """Whether the rotation that made it has ended, so that all tasks have it."""


def serving_user(database: Database) -> ServingUser:
    """Return the user that the secrets of the database name, by one question.

    Only a user that a rotation made has a verifier. AWSPENDING beside AWSCURRENT is one that
    the tasks do not all use yet.
    """
    client = database.environment.clients.secretsmanager
    found = client.get_secret_value(SecretId=database.ids[Part.USER_SECRET])
    user = json.loads(found["SecretString"])
    return ServingUser(
        name=user["username"],
        is_owner="verifier" not in user,
        is_settled=PENDING not in found["VersionStages"],
    )


def deployed_database(environment: Environment) -> Database:
    """Return the deployed database, or raise CommandError if SQL cannot be sent to it."""
    for stack in environment.stacks:
        if stack.of_type(INSTANCE):
            ids = {each.logical_id: each.id for each in resources(environment, stack.name)}
            for part in NEEDED:
                if part not in stack.parts:
                    raise environment.without(part)
            parts = {part: ids.get(name, "") for part, name in stack.parts.items()}
            missing = [stack.parts[part] for part in NEEDED if not parts[part]]
            if not missing:
                return Database(environment, stack, ids | parts)
            message = f"{stack.name} is not there, or older than {', '.join(missing)}"
            raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
    message = f"{environment.folder.path} has no stack with a database"
    raise CommandError(Exit.UNUSABLE, message, environment.build())


def new_user(name: str) -> dict[str, str]:
    """Return a user with a new password."""
    password = new_password()
    return {"username": name, "password": password, "verifier": verifier(password)}


def new_password() -> str:
    """Return a password of letters and digits, which need no escaping in a URL."""
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(PASSWORD_LENGTH))


def verifier(password: str, salt: bytes | None = None) -> str:
    """Return what PostgreSQL stores of a password; it logs no user in.

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


@dataclass(frozen=True)
class Psql:
    """Sends SQL to the database as its owner, in a task of psql in the service's network."""

    database: Database
    service: Service
    image: str

    def apply_grants(self, version: str) -> None:
        """Create the user of a version of the user's secret with roles.sql, and log
        in as it."""
        self.run(GIVE_RIGHTS, version)

    def revoke(self, version: str) -> None:
        """End every password and session except those of the user of a version."""
        self.run(REVOKE, version)

    def run(
        self,
        script: str,
        version: str,
        variables: Mapping[str, str] | None = None,
        hear: Callable[[str], None] | None = None,
    ) -> None:
        """Run a script with the user of a version of the user's secret.

        variables: what the script reads beside the connection. hear: gets each line of the
        task's log, which is printed, too.

        The task definition is registered for this one run: it names the version of the
        secret, which no override can say. What a killed run left registered goes with it.
        """
        environment = self.database.environment
        ecs = environment.clients.ecs
        self.database.environment.report.say(f"psql: {self.image}")
        asked = self._definition(script, version, variables or {})
        definition = ecs.register_task_definition(**asked)["taskDefinition"]
        try:
            why = one_off(environment, self.service, definition, hear=hear)
        except CommandError as stop:
            raise CommandError(
                stop.code, stop.message
            ) from None  # the next run sends the same again
        finally:
            self._deregister(definition["family"])
        if why:
            message = f"{self.database.stack.name}: the SQL failed: {why}"
            raise CommandError(Exit.FAILED, message, f"{REPAIRED}: {environment.command_line}")

    def _deregister(self, family: str) -> None:
        """Deregister the task definitions for SQL, if AWS lets the caller.

        A deploy role cannot: AWS limits that right to no resource. What stays is free, and
        holds no secret.
        """
        ecs = self.database.environment.clients.ecs
        found = ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")
        try:
            for arn in found["taskDefinitionArns"]:
                ecs.deregister_task_definition(taskDefinition=arn)
        except ClientError as error:
            if not is_refusal(error):
                raise
            words = "its task definitions stay: this role may not deregister them"
            self.database.environment.report.say(f"{family}: {words}")

    def _definition(self, script: str, version: str, more: Mapping[str, str]) -> Body:
        database = self.database
        iam, role = database.environment.clients.iam, database.ids[Part.SQL_ROLE]
        tags = [{"key": key, "value": value} for key, value in database.stack.tags.items()]
        return {
            "family": f"{database.stack.name}-sql",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": iam.get_role(RoleName=role)["Role"]["Arn"],
            "runtimePlatform": self.service.definition["runtimePlatform"],
            "containerDefinitions": [self._container(script, version, more)],
            "tags": tags,
        }

    def _container(self, script: str, version: str, more: Mapping[str, str]) -> Body:
        ids, given = self.database.ids, {**self._variables(), **more}
        user = f"{ids[Part.USER_SECRET]}:%s::{version}"
        hidden = {
            "PGUSER": f"{ids[Part.OWNER_SECRET]}:username::",
            "PGPASSWORD": f"{ids[Part.OWNER_SECRET]}:password::",
            "NEW_USER": user % "username",
            "NEW_PASSWORD": user % "password",
            "NEW_VERIFIER": user % "verifier",
        }
        return {
            "name": "psql",
            "image": self.image,
            "entryPoint": ["sh", "-c"],
            "command": [script],
            "readonlyRootFilesystem": True,
            "environment": [{"name": name, "value": value} for name, value in given.items()],
            "secrets": [{"name": name, "valueFrom": arn} for name, arn in hidden.items()],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": ids[Part.SQL_LOG_GROUP],
                    "awslogs-region": self.database.environment.region,
                    "awslogs-stream-prefix": "sql",
                },
            },
        }

    def _variables(self) -> dict[str, str]:
        """Return the variables of psql, and the SQL of the scripts."""
        host, _, port = self.database.address().rpartition(":")
        return {
            "PGHOST": host,
            "PGPORT": port,
            "PGDATABASE": self.database.url().path.lstrip("/"),
            "PGSSLMODE": "require",  # the image has no certificates of RDS
            "PGCONNECT_TIMEOUT": "10",
            "TASKS_SINCE": self.service.since.isoformat(),
            **{name.upper(): SQL[name] for name in ("roles", "check", "revoke")},
        }


def psql_image(environment: Environment, service: Service) -> str:
    """Return the mirrored psql by its digest.

    Raises CommandError with the command that mirrors it.
    A task pulls the digest from our own repository, whose tags are immutable.
    """
    repository = service.definition["containerDefinitions"][0]["image"].rpartition(":")[0]
    digest = _psql_digest(environment, repository)
    if digest is None:
        machine = service.definition["runtimePlatform"]["cpuArchitecture"]
        steps = _mirror_steps(environment, repository, ARCHITECTURES.get(machine, "amd64"))
        message = f"{repository} has no image {PSQL_TAG}, with which SQL is sent"
        raise CommandError(Exit.UNUSABLE, message, "\n".join(steps))
    return f"{repository}@{digest}"


def psql_mirrored(environment: Environment) -> Iterator[Found]:
    """Yield for our repositories whether they hold the psql that a deployment needs."""
    needed = has_application_users(environment)
    for repository, cpu in repositories(environment) if needed else []:
        name = physical(environment, repository.stack, repository.logical_id)
        if name:
            found = environment.clients.ecr.describe_repositories(repositoryNames=[name])
            uri = found["repositories"][0]["repositoryUri"]
            if _psql_digest(environment, uri):
                yield OK, f"{uri}:{PSQL_TAG} is there"
            else:
                says = f"{uri} has no image {PSQL_TAG}, which makes the service's database user"
                yield FAILED, says, "\n".join(_mirror_steps(environment, uri, cpu))


def _psql_digest(environment: Environment, uri: str) -> str | None:
    ecr = environment.clients.ecr
    try:
        found = ecr.describe_images(
            repositoryName=uri.partition("/")[2], imageIds=[{"imageTag": PSQL_TAG}]
        )
    except ecr.exceptions.ImageNotFoundException:
        return None
    return next((str(each["imageDigest"]) for each in found["imageDetails"]), None)


def _mirror_steps(environment: Environment, uri: str, cpu: str) -> tuple[str, str, str]:
    return docker_login(environment, uri), mirror_command(uri, cpu), environment.command_line


def mirror_command(repository: str, cpu: str) -> str:
    """Return the command that copies psql; repository: shell text."""
    image = f"{repository}:{PSQL_TAG}"
    return f"docker buildx imagetools create --platform linux/{cpu} --tag {image} {PSQL_SOURCE}"


def database_user(environment: Environment) -> Iterator[Found]:
    """Yield whether the service has a database user of its own."""
    if not has_application_users(environment):
        return
    try:
        user = serving_user(deployed_database(environment))
    except CommandError:
        return  # there is nothing to look at yet
    rotate = environment.command("rotate")
    if user.is_owner:
        yield WARNING, "the service is the owner of the database", rotate
    elif not user.is_settled:
        says = f"a rotation to {user.name} has not ended: tasks may have another user"
        yield WARNING, says, rotate
    else:
        yield OK, f"the service is {user.name}, which is not the owner"
