"""`rotate` is rehearsed with kills; the last test sends the SQL to a real PostgreSQL."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cfnlink.operations.database import PSQL_TAG, Database
from cfnlink.operations.diagnosis import Diagnosis, Finding
from cfnlink.operations.errors import CommandError
from cfnlink.operations.rollout import restart_tasks
from cfnlink.operations.service import Service
from tests.operations.fault_proxy import FaultProxy
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, Done, mirror, run, start, statuses
from tests.operations.postgres import MASTER, Server, with_postgres
from tests.operations.stubs import stubbed
from tests.operations.test_release import add_deployment
from tests.rehearsal.cloud import Cloud, stacks_of

pytestmark = pytest.mark.rehearsal
DATABASE = "shop-development-database"


@pytest.fixture(name="shop")
def deployed(cloud: Cloud) -> Cloud:
    return deploy(cloud)


def deploy(cloud: Cloud) -> Cloud:
    """Return an environment that runs; app_a serves."""
    done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    assert done.code == 0, done.err
    return cloud


def secret_id(cloud: Cloud, name: str) -> str:
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=DATABASE, LogicalResourceId=name
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def secret(cloud: Cloud, name: str, stage: str = "AWSCURRENT") -> str:
    found = cloud.client("secretsmanager").get_secret_value(
        SecretId=secret_id(cloud, name), VersionStage=stage
    )
    return str(found["SecretString"])


def user(cloud: Cloud, stage: str = "AWSCURRENT") -> dict[str, str]:
    return dict(json.loads(secret(cloud, "ApplicationSecret", stage)))


def stages(cloud: Cloud) -> set[str]:
    found = cloud.client("secretsmanager").describe_secret(
        SecretId=secret_id(cloud, "ApplicationSecret")
    )
    return {stage for each in found["VersionIdsToStages"].values() for stage in each}


def registered(cloud: Cloud, status: str) -> list[str]:
    found = cloud.client("ecs").list_task_definitions(
        familyPrefix=f"{DATABASE}-sql", status=status
    )
    return list(found["taskDefinitionArns"])


def definitions(cloud: Cloud) -> list[dict[str, Any]]:
    """What was registered for SQL and serves no more."""
    ecs = cloud.client("ecs")
    return [
        ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        for arn in registered(cloud, "INACTIVE")
    ]


def agrees(cloud: Cloud) -> None:
    """DB_URL, the secrets and the tasks are at the same user."""
    url = urlsplit(secret(cloud, "UrlSecret"))
    assert (url.username, url.password) == (user(cloud)["username"], user(cloud)["password"])
    assert "AWSPENDING" not in stages(cloud)


def hidden(cloud: Cloud, *commands: Done) -> None:
    """Nothing of any secret stands in what was said, in a log, or in a task definition."""
    known = [json.loads(secret(cloud, "MasterSecret"))["password"]]
    for stage in stages(cloud) & {"AWSCURRENT", "AWSPREVIOUS"}:
        known += [value for key, value in user(cloud, stage).items() if key != "username"]
    events = []
    logs = cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        found = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        events += [event["message"] for event in found]
    said = [text for command in commands for text in (command.out, command.err)]
    everything = "\n".join([*said, *events, json.dumps(definitions(cloud), default=str)])
    assert [value for value in known if value in everything] == []


def test_where_no_key_is_for_smoke_the_next_command_is_status(
    shop: Cloud, tmp_path: Path
) -> None:
    folder = shutil.copytree(DEVELOPMENT, tmp_path / "development")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["parts"]["smoke_key"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    done = run(shop, "rotate", folder)

    assert done.out.endswith(f"next: cfnlink status {folder}\n")


def test_two_users_take_turns_and_the_one_before_stays(shop: Cloud) -> None:
    before = secret(shop, "UrlSecret")

    first = run(shop, "rotate", DEVELOPMENT)
    second = run(shop, "rotate", DEVELOPMENT, "--json")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert "app_b: its turn begins, after app_a" in first.out
    assert json.loads(second.out)["user"] == "app_a"
    assert (user(shop)["username"], user(shop, "AWSPREVIOUS")["username"]) == ("app_a", "app_b")
    after = urlsplit(secret(shop, "UrlSecret"))
    assert after._replace(netloc="") == urlsplit(before)._replace(netloc="")
    assert after.netloc.split("@")[1] == urlsplit(before).netloc.split("@")[1]
    agrees(shop)
    hidden(shop, first, second)


def test_sql_runs_as_the_service_does_with_a_role_of_its_own(shop: Cloud) -> None:
    definition, again = definitions(shop)
    (container,) = definition["containerDefinitions"]
    ecs = shop.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    tasks = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
    found = ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"]
    assert "@sha256:" in container["image"]
    assert again["containerDefinitions"] == [container]
    assert secret_id(shop, "ExecutionRole") in definition["executionRoleArn"]
    assert definition.get("taskRoleArn", "") == ""
    assert definition["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert definition["taskDefinitionArn"] in [task["taskDefinitionArn"] for task in found]


@pytest.mark.parametrize(
    "step",
    [
        "its turn begins",
        "setting its password",
        "task arn:",
        "psql: nothing was run",
        "DB_URL names it",
        "new tasks begin",
    ],
)
@pytest.mark.long
@pytest.mark.fault("rotate is killed at a step", "the next run ends the same turn")
def test_killed_at_any_step_the_next_run_ends_the_same_turn(shop: Cloud, step: str) -> None:
    process = start(shop, "rotate", DEVELOPMENT)
    for line in process.stdout or ():
        if step in line:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)
    pending = user(shop, "AWSPENDING")

    done = run(shop, "rotate", DEVELOPMENT)

    assert done.code == 0, done.err
    assert "an earlier run ended without a word" in done.out
    assert user(shop) == pending
    assert pending["username"] == "app_b"
    assert registered(shop, "ACTIVE") == []
    agrees(shop)
    hidden(shop, done)


def test_an_interruption_names_the_next_command(shop: Cloud) -> None:
    process = start(shop, "rotate", DEVELOPMENT)
    for line in process.stdout or ():
        if "task arn:" in line:
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert f"next: cfnlink rotate {DEVELOPMENT}" in err
    assert run(shop, "rotate", DEVELOPMENT).code == 0


def test_tasks_that_may_have_another_user_are_renewed_before_a_turn_begins(
    shop: Cloud,
) -> None:
    """An update of the stack wrote both secrets again, as the owner."""
    as_owner(shop)
    later(shop)

    done = run(shop, "rotate", DEVELOPMENT)

    assert done.code == 0, done.err
    assert "renewing them first" in done.out
    agrees(shop)
    hidden(shop, done)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.fault("the answer to a moved stage is lost", "the stage is moved once")
def test_a_stage_that_was_moved_before_the_answer_was_lost_is_moved(
    shop: Cloud, between: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The SDK repeats the call, which Secrets Manager then refuses."""
    monkeypatch.setattr(FaultProxy, "lost", {"UpdateSecretVersionStage": number})

    done = run(shop, "rotate", DEVELOPMENT, AWS_ENDPOINT_URL=between)

    assert done.code == 0, done.err
    assert FaultProxy.lost["UpdateSecretVersionStage"] <= 0
    agrees(shop)


def as_owner(cloud: Cloud) -> None:
    """What CloudFormation writes when an update makes it resolve both secrets again."""
    owner = json.loads(secret(cloud, "MasterSecret"))
    url = urlsplit(secret(cloud, "UrlSecret"))
    place = url.netloc.split("@")[1]
    login = f"{owner['username']}:{owner['password']}"
    client = cloud.client("secretsmanager")
    values = {"ApplicationSecret": json.dumps(owner)}
    values["UrlSecret"] = url._replace(netloc=f"{login}@{place}").geturl()
    for name, value in values.items():
        client.put_secret_value(SecretId=secret_id(cloud, name), SecretString=value)


def test_deploy_gives_the_service_a_user_before_the_api_takes_requests(cloud: Cloud) -> None:
    done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")

    assert done.code == 0, done.err
    words = ["app_a: DB_URL names it", "new tasks begin", "taking over", "-api"]
    places = [done.out.index(each) for each in words]
    assert places == sorted(places)
    assert user(cloud)["username"] == "app_a"
    agrees(cloud)
    hidden(cloud, done)


def test_without_psql_deploy_ends_before_the_api_and_goes_on_once_it_is_there(
    cloud: Cloud,
) -> None:
    run(cloud, "deploy", DEVELOPMENT, "--only", "account")
    remove_psql(cloud)

    checked = run(cloud, "preflight", DEVELOPMENT, "--image-tag", "1")
    stopped = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    between = statuses(cloud)
    mirror(cloud)
    done = run(cloud, "deploy", DEVELOPMENT)

    assert "FAILED: psql: " in checked.out
    assert "docker buildx imagetools create" in checked.out
    assert stopped.code == 2
    again = f"cfnlink deploy {DEVELOPMENT} --image-tag 1"
    assert stopped.err.rstrip().endswith(again)
    assert "shop-development-service" in between
    assert "shop-development-api" not in between
    assert done.code == 0, done.err
    agrees(cloud)


def test_what_cloudformation_resolves_again_works_and_the_next_deploy_leaves_the_owner(
    shop: Cloud,
) -> None:
    as_owner(shop)

    told = run(shop, "status", DEVELOPMENT)
    done = run(shop, "deploy", DEVELOPMENT)

    assert "warning: database user: the service is the owner of the database" in told.out
    assert f"cfnlink rotate {DEVELOPMENT}" in told.out
    assert done.code == 0, done.err
    assert user(shop)["username"] in ("app_a", "app_b")
    assert "ok: database user: the service is app_" in run(shop, "status", DEVELOPMENT).out
    agrees(shop)


def test_after_a_revocation_cloudformation_resolves_what_is_valid(
    shop: Cloud, tmp_path: Path
) -> None:
    """The AWS CLI updates the secrets, which makes CloudFormation resolve them again."""
    folder = Path(shutil.copytree(DEVELOPMENT.parents[1], tmp_path / "shop"))
    folder = folder / "output" / DEVELOPMENT.name
    template = folder / "database.yaml"
    text = template.read_text("utf-8")
    for words in ("DB_URL of the service.", "The database user whose turn it is."):
        assert words in text
        text = text.replace(words, "Another description.")
    template.write_text(text, "utf-8")
    before = secret(shop, "MasterSecret")
    assert run(shop, "rotate", DEVELOPMENT, "--revoke").code == 0

    shop.deploy(folder, next(s for s in stacks_of(folder) if s["name"] == DATABASE))
    resolved, owner = user(shop), json.loads(secret(shop, "MasterSecret"))
    agrees(shop)
    done = run(shop, "deploy", folder)

    assert resolved == owner != json.loads(before)
    assert done.code == 0, done.err
    assert user(shop)["username"] != owner["username"]
    agrees(shop)


def test_a_deployment_that_changes_nothing_sends_no_sql(shop: Cloud) -> None:
    done = run(shop, "deploy", DEVELOPMENT)

    assert done.code == 0, done.err
    assert "psql" not in done.out


def test_an_answer_older_than_the_owner_s_new_password_does_not_count() -> None:
    """Replayed: the emulator sets a password at once."""
    done = {"DBInstanceStatus": "available"}
    pending = {**done, "PendingModifiedValues": {"MasterUserPassword": "****"}}
    with stubbed(DEVELOPMENT, "rds") as (environment, stubs):
        stack = next(each for each in environment.stacks if each.tier == "database")
        named = {"DBInstances": [{**done, "DBInstanceIdentifier": "shop"}]}
        stubs["rds"].add_response("describe_db_instances", named)  # it is not stopped
        stubs["rds"].add_response("modify_db_instance", {})
        for answer in (done, pending, done):
            stubs["rds"].add_response("describe_db_instances", {"DBInstances": [answer]})

        Database(environment, stack, {"Instance": "shop"}).set_owner_password("of-a-test")


@pytest.mark.parametrize("step", ["RDS sets", "ending every older", "task arn:"])
@pytest.mark.long
@pytest.mark.fault("rotate --revoke is killed at a step", "the next run ends it")
def test_a_killed_revocation_is_ended_by_the_next_run(shop: Cloud, step: str) -> None:
    before = secret(shop, "MasterSecret")
    process = start(shop, "rotate", DEVELOPMENT, "--revoke")
    for line in process.stdout or ():
        if step in line:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)

    done = run(shop, "rotate", DEVELOPMENT, "--revoke")

    assert done.code == 0, done.err
    assert secret(shop, "MasterSecret") != before
    versions = shop.client("secretsmanager").describe_secret(
        SecretId=secret_id(shop, "MasterSecret")
    )["VersionIdsToStages"]
    assert "AWSPENDING" not in [stage for each in versions.values() for stage in each]
    agrees(shop)
    hidden(shop, done)


def remove_psql(cloud: Cloud) -> dict[str, Any]:
    ecr = cloud.client("ecr")
    (repository,) = ecr.describe_repositories()["repositories"]
    # The emulator has it once it is asked for.
    ecr.describe_images(
        repositoryName=repository["repositoryName"], imageIds=[{"imageTag": PSQL_TAG}]
    )
    ecr.batch_delete_image(
        repositoryName=repository["repositoryName"], imageIds=[{"imageTag": PSQL_TAG}]
    )
    return dict(repository)


def later(cloud: Cloud) -> None:
    """The emulator keeps whole seconds of a secret: the next one is certainly later."""
    client = cloud.client("secretsmanager")
    url = secret_id(cloud, "UrlSecret")
    first = client.get_secret_value(SecretId=url)["CreatedDate"]
    while client.get_secret_value(SecretId=url)["CreatedDate"] == first:
        client.put_secret_value(SecretId=url, SecretString=secret(cloud, "UrlSecret"))


def test_without_psql_nothing_begins_and_the_command_that_mirrors_it_is_reported(
    shop: Cloud,
) -> None:
    repository = remove_psql(shop)

    done = run(shop, "rotate", DEVELOPMENT)

    assert done.code == 2
    assert "docker buildx imagetools create --platform linux/arm64" in done.err
    assert f"{repository['repositoryUri']}:{PSQL_TAG}" in done.err
    assert "AWSPENDING" not in stages(shop)


def test_what_was_never_deployed_has_nothing_to_rotate(cloud: Cloud) -> None:
    done = run(cloud, "rotate", DEVELOPMENT)

    assert done.code == 2
    assert f"next: cfnlink deploy {DEVELOPMENT}" in done.err


def test_new_tasks_that_do_not_come_up_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replayed. At first the list does not hold the new deployment."""
    before = {"serviceDeploymentArn": "arn:0", "createdAt": "2026-11-23T00:00:00Z"}
    whole = {**before, "status": "SUCCESSFUL"}
    known = {"status": "ROLLBACK_SUCCESSFUL", "statusReason": "circuit breaker"}
    stopped = (Finding("s", "", "", "no such user"),)
    monkeypatch.setattr(
        "cfnlink.operations.rollout.diagnose_tasks",
        lambda _, stack: Diagnosis(stack, "", stopped),
    )
    with stubbed(PRODUCTION, "ecs") as (environment, stubs):
        stubs["ecs"].add_response("list_service_deployments", {"serviceDeployments": [before]})
        stubs["ecs"].add_response("update_service", {"service": {}})
        stubs["ecs"].add_response("list_service_deployments", {"serviceDeployments": [before]})
        stubs["ecs"].add_response(
            "describe_service_deployments", {"serviceDeployments": [whole]}
        )
        add_deployment(stubs["ecs"], **known)
        service = Service("s", "c", {}, {}, None)  # type: ignore[arg-type]
        with pytest.raises(CommandError) as stop:
            restart_tasks(environment, [service])

    why = "ECS went back to the task definition before: circuit breaker"
    assert stop.value.message == (f"s: the new tasks do not come up: {why}\n  no such user")


def deploy_on_postgres(cloud: Cloud, server: Server) -> Cloud:
    """As deploy(), on a real server: what the owner has made before, it has as on RDS."""
    assert run(cloud, "deploy", DEVELOPMENT, "--only", "database").code == 0
    password = json.loads(secret(cloud, "MasterSecret"))["password"]
    server.sql(f"ALTER ROLE {MASTER} PASSWORD '{password}'", "rdsadmin", "rdsadmin")
    server.sql("CREATE TABLE old ()", MASTER, password)
    return deploy(cloud)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Server]]:
    with with_postgres(tmp_path_factory.mktemp("real")) as (cloud, server):
        yield deploy_on_postgres(cloud, server), server


@pytest.mark.long
def test_the_users_log_in_to_a_real_database_by_what_their_secrets_hold(
    real: tuple[Cloud, Server],
) -> None:
    cloud, server = real
    server.sql(f"ALTER ROLE {MASTER} PASSWORD 'another'", "rdsadmin", "rdsadmin")
    wrong = run(cloud, "rotate", DEVELOPMENT)
    waiting = user(cloud, "AWSPENDING")
    password = json.loads(secret(cloud, "MasterSecret"))["password"]
    server.sql(f"ALTER ROLE {MASTER} PASSWORD '{password}'", "rdsadmin", "rdsadmin")

    first = run(cloud, "rotate", DEVELOPMENT)
    second = run(cloud, "rotate", DEVELOPMENT)

    assert wrong.code == 1
    assert "password authentication failed" in wrong.out
    assert user(cloud, "AWSPREVIOUS") == waiting
    assert (first.code, second.code) == (0, 0), first.out + first.err + second.out + second.err
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        one = user(cloud, stage)
        assert server.sql("SELECT count(*) FROM old", one["username"], one["password"]) == "0"
        assert one["password"] not in server.log()
    hidden(cloud, wrong, first, second)


@pytest.mark.long
def test_a_revocation_ends_every_older_password_and_session(
    real: tuple[Cloud, Server],
) -> None:
    cloud, server = real
    run(cloud, "rotate", DEVELOPMENT)
    owner = json.loads(secret(cloud, "MasterSecret"))
    old = [user(cloud), user(cloud, "AWSPREVIOUS"), owner]

    with sessions(server, old) as open_sessions:
        done = run(cloud, "rotate", DEVELOPMENT, "--revoke")
        ended = [session.wait(timeout=30) for session in open_sessions]

    assert done.code == 0, done.out + done.err
    assert 0 not in ended
    for one in old:
        with pytest.raises(AssertionError, match="password authentication failed"):
            server.sql("SELECT 1", one["username"], one["password"])
    new = user(cloud), json.loads(secret(cloud, "MasterSecret"))
    for one in new:
        assert server.sql("SELECT 1", one["username"], one["password"]) == "1"
    assert run(cloud, "rotate", DEVELOPMENT).code == 0
    hidden(cloud, done)


@contextmanager
def sessions(
    server: Server, users: list[dict[str, str]]
) -> Iterator[list["subprocess.Popen[str]"]]:
    """Return a session of each user that waits for the server to end it."""
    with ExitStack() as stack:
        opened = []
        for one in users:
            command, environment = server.command(one["username"], one["password"])
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, "--command=SELECT 'begun'", "--command=SELECT pg_sleep(600)"],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            opened.append(process)
        yield opened
