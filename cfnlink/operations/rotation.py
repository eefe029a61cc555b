"""Give the database a new password while no request fails: two users take turns.

The user that no task uses gets a new password; once it can log in and read, the secrets name
it, and new tasks take over. The earlier user stays valid until its next turn. The SQL runs
on every resumption, and again when the old tasks have stopped, because they may have created
tables until then. | The stages of the secrets record each step, and the next run continues
from there: AWSPENDING alone is a user that is being created, AWSPENDING beside AWSCURRENT
one that not all tasks use yet.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
"""

from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from cfnlink.operations.database import (
    CURRENT,
    PENDING,
    PREVIOUS,
    Database,
    Psql,
    deployed_database,
    has_application_users,
    new_password,
    new_user,
    psql_image,
    serving_user,
)
from cfnlink.operations.environment import Environment
from cfnlink.operations.rollout import restart_tasks
from cfnlink.operations.service import Service, deployed_service, deployed_services
from cfnlink.system.parts import Part

USER_SECRET, MASTER = Part.USER_SECRET, Part.OWNER_SECRET


def deployed_psql(environment: Environment) -> Psql:
    """Return what sends SQL to the deployed database. Raises CommandError."""
    service, database = deployed_service(environment), deployed_database(environment)
    return Psql(database, service, psql_image(environment, service))


def leave_owner(environment: Environment) -> None:
    """Give the service a database user of its own where it is the owner, or half way there.

    It is the owner after its first deployment, and after an update of the stack that made
    CloudFormation write the secrets again. SQL needs the cluster, the subnets and the security
    group of the service's stack, so the first tasks begin as the owner and are replaced once.
    """
    if not has_application_users(environment):
        return
    database = deployed_database(environment)
    user = serving_user(database)
    if user.is_owner or not user.is_settled:
        environment.report.say(f"{database.stack.name}: the service gets a user of its own")
        take_turn(deployed_psql(environment))


def take_turn(psql: Psql) -> str:
    """Do one turn, from every state of the last one; return the user of the turn."""
    database, report = psql.database, psql.database.environment.report
    if PENDING in database.versions(MASTER):
        set_owner_password(database)  # an earlier run ended before it
    versions = database.versions(USER_SECRET)
    if PENDING not in versions:
        versions = _create_pending_user(psql)
    pending = versions[PENDING]
    user = database.user(pending)
    name = user["username"]
    report.say(f"{name}: setting its password and its rights")
    psql.apply_grants(pending)
    if versions[CURRENT] != pending:
        database.move_stage(USER_SECRET, CURRENT, versions[CURRENT], pending)
    write_url(database, user)
    report.say(f"{name}: new tasks begin to use it")
    restart_tasks(database.environment, deployed_services(database.environment))
    report.say(f"{name}: taking over what the old tasks have created")
    psql.apply_grants(pending)
    database.move_stage(USER_SECRET, PENDING, pending)
    return name


def revoke(psql: Psql) -> None:
    """End every older password and session, the owner's included.

    The owner's password comes first, so that no session begins with it after the others
    ended. Its secret and its instance agree when CloudFormation resolves the secret again.
    """
    database, report = psql.database, psql.database.environment.report
    set_owner_password(database)
    report.say("ending every older password and session")
    now = replace(psql, service=deployed_service(database.environment))
    versions = database.versions(USER_SECRET)
    now.revoke(versions[CURRENT])
    if PREVIOUS in versions:  # else a restore would set its password again
        database.move_stage(USER_SECRET, PREVIOUS, versions[PREVIOUS])


def set_owner_password(database: Database) -> None:
    """Give the owner a new password, from wherever the last run was left.

    AWSPENDING of its secret is the password that RDS is asked to set.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    versions = database.versions(MASTER)
    if PENDING not in versions:
        owner = database.login(MASTER, versions[CURRENT])
        database.put_pending(MASTER, {**owner, "password": new_password()})
        versions = database.versions(MASTER)
    owner = database.login(MASTER, versions[PENDING])
    database.environment.report.say(f"{owner['username']}: RDS sets its new password")
    database.set_owner_password(owner["password"])
    if versions[CURRENT] != versions[PENDING]:
        database.move_stage(MASTER, CURRENT, versions[CURRENT], versions[PENDING])
    database.move_stage(MASTER, PENDING, versions[PENDING])


def _create_pending_user(psql: Psql) -> dict[str, str]:
    """Give the user that no task has a new password; return the stages with it."""
    database, report = psql.database, psql.database.environment.report
    url = database.url()
    services = deployed_services(database.environment)
    if _older(database, services):
        report.say(f"{url.username}: some tasks are older than their URL; renewing them first")
        restart_tasks(database.environment, services)
    name = url.path.lstrip("/")
    current = database.user(database.versions(USER_SECRET)[CURRENT])["username"]
    turns = (f"{name}_a", f"{name}_b")
    free = [turn for turn in turns if turn not in (url.username, current)]
    turn = free[0] if free else next(turn for turn in turns if turn != url.username)
    database.put_pending(USER_SECRET, new_user(turn))
    report.say(f"{turn}: its turn begins, after {url.username}")
    return database.versions(USER_SECRET)


def _older(database: Database, services: Iterable[Service]) -> bool:
    """Whether tasks may run that read an earlier DB_URL."""
    client = database.environment.clients.secretsmanager
    url = client.get_secret_value(SecretId=database.ids[Part.URL_SECRET])
    return any(service.since < url["CreatedDate"] for service in services)


def write_url(database: Database, user: dict[str, str]) -> None:
    """Write the address of the instance, a user and its password into DB_URL."""
    url = database.url()
    login = f"{user['username']}:{user['password']}"
    named = url._replace(netloc=f"{login}@{database.address()}")
    if named == url:
        return
    client = database.environment.clients.secretsmanager
    client.put_secret_value(
        SecretId=database.ids[Part.URL_SECRET],
        ClientRequestToken=uuid4().hex,
        SecretString=named.geturl(),
    )
    database.environment.report.say(f"{user['username']}: DB_URL names it")
