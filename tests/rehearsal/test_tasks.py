"""Tasks of a service are processes: ECS starts, checks, replaces and ends them as on AWS."""

import http.client
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from templates.settings import ServiceSettings
from tests.helpers import example_output
from tests.operations.helpers import Done, push, run, start
from tests.rehearsal.cloud import Cloud, emulator
from tests.rehearsal.emulator.pace import FACTOR
from tests.rehearsal.programs import (
    STAND_IN,
    Programs,
    example_programs,
    need_real_parts,
    real_parts,
)

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
DEVELOPMENT = example_output("development")
PATIENCE_SECONDS = 30
DEREGISTRATION_DELAY = timedelta(seconds=ServiceSettings().stop_timeout_seconds)

SAYS_ITS_VARIABLES = """
import json, os, sys
open(sys.argv[1], "w").write(json.dumps(dict(os.environ)))
os.execv(sys.executable, [sys.executable, sys.argv[2]])
"""
ANSWERS_500 = """
import sys; from pathlib import Path
source = Path(sys.argv[1]).read_text().replace("return 200, ", "return 500, ")
exec(compile(source, "service", "exec"), {"__name__": "__main__"})
"""
IGNORES_SIGTERM = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal = lambda *_: None
exec(compile(open(sys.argv[1]).read(), "service", "exec"), {"__name__": "__main__"})
"""


@dataclass
class Shop:
    """Development with real tasks, and what its clients see."""

    cloud: Cloud
    programs: Programs

    def release(self, tag: str) -> Done:
        push(self.cloud, tag, "arm64")
        return run(self.cloud, "release", DEVELOPMENT, "--tag", tag)

    def service(self) -> dict[str, Any]:
        ecs = self.cloud.client("ecs")
        (cluster,) = ecs.list_clusters()["clusterArns"]
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        (found,) = ecs.describe_services(cluster=cluster, services=arns)["services"]
        return dict(found)

    def tasks(self, status: str = "RUNNING") -> list[dict[str, Any]]:
        ecs, cluster = self.cloud.client("ecs"), self.service()["clusterArn"]
        arns = ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]) if arns else []

    def stopped(self, tag: str) -> list[dict[str, Any]]:
        """Return the stopped tasks of an image."""
        found = self.tasks("STOPPED")
        return [task for task in found if task["containers"][0]["image"].endswith(f":{tag}")]

    def scale(self, count: int) -> None:
        ecs, service = self.cloud.client("ecs"), self.service()
        named = {"cluster": service["clusterArn"]}
        ecs.update_service(service=service["serviceName"], desiredCount=count, **named)
        self.wait_until_steady()

    def wait_until_steady(self) -> None:
        service = self.service()
        self.cloud.client("ecs").get_waiter("services_stable").wait(
            cluster=service["clusterArn"],
            services=[service["serviceName"]],
            WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE_SECONDS},
        )

    def health(self) -> dict[str, str]:
        """Return the state of each target by its address."""
        balancing = self.cloud.client("elbv2")
        (group,) = balancing.describe_target_groups()["TargetGroups"]
        found = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        return {
            each["Target"]["Id"]: each["TargetHealth"]["State"]
            for each in found["TargetHealthDescriptions"]
        }

    def log(self, task: dict[str, Any]) -> str:
        """Return all that a task said."""
        logs = self.cloud.client("logs")
        (group,) = [
            each["logGroupName"]
            for each in logs.describe_log_groups()["logGroups"]
            if "service-LogGroup" in each["logGroupName"]
        ]
        stream = f"service/service/{task['taskArn'].rpartition('/')[2]}"
        events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
        return "\n".join(event["message"] for event in events)

    @contextmanager
    def requests(self) -> Iterator["Requests"]:
        """Ask the API again and again."""
        asked = Requests(self.cloud, self.key())
        thread = threading.Thread(target=asked.ask_until_over)
        thread.start()
        try:
            yield asked
        finally:
            asked.over.set()
            thread.join()

    def key(self) -> str:
        api = self.cloud.client("apigateway")
        return str(api.get_api_keys(includeValues=True)["items"][0]["value"])


@dataclass
class Requests:
    """A client of the API with a key, which counts what it is answered."""

    cloud: Cloud
    key: str
    answers: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> int:
        (api,) = self.cloud.client("apigateway").get_rest_apis()["items"]
        (stage,) = self.cloud.client("apigateway").get_stages(restApiId=api["id"])["item"]
        path = f"/restapis/{api['id']}/{stage['stageName']}/_user_request_/orders/7"
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port)
        connection.request("GET", path, headers={"x-api-key": self.key})
        status = connection.getresponse().status
        connection.close()
        return status

    def ask_until_over(self) -> None:
        while not self.over.wait(0.12):  # below the limit of the key
            self.answers.append(self.ask())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("tasks")
    programs = example_programs(home)
    for tag, source in (
        ("variables", SAYS_ITS_VARIABLES),
        ("answers-500", ANSWERS_500),
        ("ignores-sigterm", IGNORES_SIGTERM),
    ):
        more = [home / "variables.json"] if tag == "variables" else []
        programs.run(f"*:{tag}", [sys.executable, "-c", source, *more, STAND_IN])
    programs.run("*:crashes", [sys.executable, "-c", "import sys; print('no'); sys.exit(3)"])
    programs.run("*:silent", [sys.executable, "-c", "import time; time.sleep(600)"])
    programs.run("*:absent", None)
    with emulator(home, **programs.variables) as cloud:
        done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
        assert done.code == 0, done.err
        yield Shop(cloud, programs)


def address_of(task: dict[str, Any]) -> str:
    details = task["attachments"][0]["details"]
    return next(str(each["value"]) for each in details if "IPv4" in each["name"])


def test_a_task_gets_what_its_definition_says(shop: Shop) -> None:
    done = shop.release("variables")

    assert done.code == 0, done.err
    (task,) = shop.tasks()
    seen = json.loads((shop.programs.file.parent / "variables.json").read_text("utf-8"))
    secrets = shop.cloud.client("secretsmanager")
    (url,) = [
        secrets.get_secret_value(SecretId=each["ARN"])["SecretString"]
        for each in secrets.list_secrets()["SecretList"]
        if "Url" in each["Name"]
    ]
    assert (seen["DB_URL"], seen["PORT"], seen["DB_POOL_SIZE"]) == (url, "3000", "5")
    assert seen["LISTEN_ADDRESS"] == address_of(task)
    assert shop.health()[address_of(task)] == "healthy"


def test_a_good_release_costs_no_request(shop: Shop) -> None:
    before = shop.tasks()

    with shop.requests() as asked:
        done = shop.release("2")

    assert done.code == 0, done.err
    assert {*asked.answers} == {200}
    assert not {address_of(each) for each in before} & {*shop.health()}
    (old,) = [each for each in shop.tasks("STOPPED") if each["taskArn"] == before[0]["taskArn"]]
    assert old["containers"][0]["exitCode"] == 0
    assert '"message":"stopping"' in shop.log(old)
    assert old["stoppedAt"] - old["stoppingAt"] >= DEREGISTRATION_DELAY / FACTOR


@pytest.mark.parametrize(
    ("tag", "reason", "means"),
    [
        ("crashes", "Essential container in task exited", "the program ended by itself"),
        (
            "answers-500",
            "Task failed ELB health checks in (target-group arn:",
            "the new tasks of the service did not become healthy",
        ),
        ("absent", "CannotPullContainerError: ", "the registry has no image "),
    ],
)
def test_a_bad_release_goes_back_and_costs_no_request(
    shop: Shop, tag: str, reason: str, means: str
) -> None:
    before = shop.service()["taskDefinition"]

    with shop.requests() as asked:
        done = shop.release(tag)
    diagnosed = run(shop.cloud, "diagnose", DEVELOPMENT)

    assert done.code == 1, done.out
    assert means in done.err
    assert diagnosed.code == 1
    assert means in diagnosed.out
    assert {*asked.answers} == {200}
    assert shop.service()["taskDefinition"] == before
    assert len(shop.stopped(tag)) == 3
    assert all(each["stoppedReason"].startswith(reason) for each in shop.stopped(tag))
    if tag == "crashes":
        assert {each["containers"][0]["exitCode"] for each in shop.stopped(tag)} == {3}
        assert shop.log(shop.stopped(tag)[0]) == "no"
        assert "    log: no\n" in done.err


def test_a_release_under_way_is_stopped_and_costs_no_request(shop: Shop) -> None:
    before = shop.service()["taskDefinition"]
    push(shop.cloud, "silent", "arm64")

    with shop.requests() as asked:
        release = start(shop.cloud, "release", DEVELOPMENT, "--tag", "silent", "--watch")
        assert release.stdout
        said = next(line for line in release.stdout if ": IN_PROGRESS, " in line)
        stopped = run(shop.cloud, "release", DEVELOPMENT, "--stop")
        _, error = release.communicate(timeout=60)

    assert stopped.code == 0, stopped.err
    assert said.startswith("shop-development-service-Service: IN_PROGRESS, ")
    assert release.returncode == 1
    assert "AWS went back to " in error
    assert {*asked.answers} == {200}
    assert shop.service()["taskDefinition"] == before


@pytest.mark.parametrize(
    ("is_raised_before", "status"), [(False, "ROLLBACK_SUCCESSFUL"), (True, "SUCCESSFUL")]
)
def test_ecs_watches_no_alarm_if_one_is_in_alarm_when_a_deployment_begins(
    shop: Shop, status: str, *, is_raised_before: bool
) -> None:
    watch, ecs = shop.cloud.client("cloudwatch"), shop.cloud.client("ecs")
    shop.wait_until_steady()
    service = shop.service()
    first, second = service["deploymentConfiguration"]["alarms"]["alarmNames"][1:3]
    place = {"cluster": service["clusterArn"], "service": service["serviceName"]}

    def news(before: dict[str, Any]) -> list[str]:
        known = {each["id"] for each in before["events"]}
        events = shop.service()["events"]
        return [each["message"] for each in events if each["id"] not in known]

    def newest() -> Any:
        return ecs.list_service_deployments(**place)["serviceDeployments"][0]["status"]

    def set_state(name: str, state: str) -> None:
        watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")

    if is_raised_before:
        set_state(first, "ALARM")
    ecs.update_service(**place, forceNewDeployment=True)
    wait_until(lambda: "has started" in "".join(news(service)))
    set_state(second, "ALARM")
    wait_until(lambda: newest() in ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL"))
    found = newest()
    for name in (first, second):
        set_state(name, "OK")

    assert found == status


def test_tasks_follow_the_desired_count(shop: Shop) -> None:
    with shop.requests() as asked:
        shop.scale(3)
        assert sorted(shop.health().values()) == ["healthy"] * 3
        shop.scale(1)

    assert len(shop.tasks()) == 1
    assert {*asked.answers} == {200}


def test_a_dead_process_is_a_stopped_task_and_is_replaced(shop: Shop) -> None:
    shop.scale(2)
    task = shop.tasks()[0]

    os.kill(process_on(address_of(task)), signal.SIGKILL)
    wait_until(lambda: task["taskArn"] in {each["taskArn"] for each in shop.tasks("STOPPED")})
    shop.wait_until_steady()

    (found,) = [each for each in shop.tasks("STOPPED") if each["taskArn"] == task["taskArn"]]
    assert found["containers"][0]["exitCode"] == 137
    assert found["stopCode"] == "EssentialContainerExited"
    assert len(shop.tasks()) == 2
    shop.scale(1)


def test_a_process_that_ignores_sigterm_is_killed(shop: Shop) -> None:
    shop.release("ignores-sigterm")

    done = shop.release("3")

    assert done.code == 0, done.err
    (task,) = shop.stopped("ignores-sigterm")
    assert task["containers"][0]["exitCode"] == 137


def test_tasks_end_with_an_emulator_that_is_killed(tmp_path: Path) -> None:
    """The server of a database ends, too."""
    with emulator(tmp_path, **real_parts(tmp_path)) as cloud:
        shop = Shop(cloud, Programs(tmp_path))
        done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
        assert done.code == 0, done.err
        (instance,) = cloud.client("rds").describe_db_instances()["DBInstances"]
        endpoint = instance["Endpoint"]
        ended = [
            process_on(address_of(shop.tasks()[0])),
            process_on(endpoint["Address"], endpoint["Port"]),
        ]

        os.kill(process_on("127.0.0.1", cloud.port), signal.SIGKILL)

        wait_until(lambda: not any(map(is_alive, ended)))
    need_real_parts()


def test_tasks_end_with_an_emulator_that_still_waits_for_them(tmp_path: Path) -> None:
    programs = example_programs(tmp_path)
    programs.run("*:1", [sys.executable, "-c", ANSWERS_500, STAND_IN])
    with emulator(tmp_path, **programs.variables) as cloud:
        deploying = start(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
        shop = Shop(cloud, programs)
        wait_until(lambda: bool(cloud.client("ecs").list_clusters()["clusterArns"]))
        wait_until(lambda: "unhealthy" in shop.health().values())
        process = process_on(next(iter(shop.health())))
        deploying.kill()
        deploying.communicate()

    assert not is_alive(process)


def is_alive(process: int) -> bool:
    """Whether a process runs; one that nothing has waited for yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def process_on(address: str, port: int = 3000) -> int:
    """Return the process that listens on an address, as Linux tells it."""
    hexadecimal = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
    lines = Path("/proc/net/tcp").read_text("utf-8").splitlines()
    (socket,) = [
        line.split()[9]
        for line in lines
        if line.split()[1] == f"{hexadecimal}:{port:04X}" and line.split()[3] == "0A"
    ]
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == f"socket:[{socket}]":
                return int(link.parts[2])
        except OSError:
            continue  # a process that has ended meanwhile
    pytest.fail(f"no process listens on {address}")


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask until a fact holds; the pause only limits the load."""
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 20):
        if is_so():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen")
