"""Operations while clients write and read rows through the API: what fails, waits or is lost.

Each task is a process and the database is a real PostgreSQL 15. Waits of AWS, such as between
two health checks, are shorter here by the factor of the emulator; what a request costs is not.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from build import main as build
from tests.helpers import SETTINGS
from tests.operations.helpers import Done, outputs, push, run
from tests.operations.load import CLIENTS, Load
from tests.operations.test_rotate import secret
from tests.rehearsal.cloud import Cloud, emulator
from tests.rehearsal.programs import OURS, Programs
from tests.reliability import record
from tests.tools import need

pytestmark = [pytest.mark.rehearsal, pytest.mark.faults]
SERVICE = Path(__file__).parents[1] / "rehearsal" / "emulator" / "sql_service.py"
TASKS = "minimum_tasks = 2\nmaximum_tasks = 4\nbake_minutes = 1"
CANARY_SHARE = 0.1
CANARY = f"""deployment = "canary"
canary_percent = {CANARY_SHARE * 100}
canary_minutes = 4"""
CLIENT = "\n[api.clients.load]\nrate_limit = 100\nburst_limit = 200\n"
# As long as all other minutes of the emulator.
MINUTE_SECONDS = 3
API = "shop-development-api"
ROWS = "SELECT id FROM rows"


@dataclass
class Shop:
    """An environment that serves: its account, its settings and its output."""

    cloud: Cloud
    programs: Programs
    psql: Path
    settings: Path

    @property
    def folder(self) -> Path:
        return self.settings / "output" / "development"

    def run(self, command: str, *options: str) -> Done:
        return run(self.cloud, command, self.folder, *options)

    def state(self, section: str, lines: str) -> None:
        """Add lines to a section of the settings, and build."""
        file = self.settings / "environments" / "development.toml"
        text = file.read_text("utf-8").replace(f"[{section}]\n", f"[{section}]\n{lines}\n")
        file.write_text(text, "utf-8")
        assert build(["development", "--settings", str(self.settings)]) == 0

    def image(self, tag: str, fault: str = "") -> None:
        """Push an image, which has a fault or none."""
        push(self.cloud, tag, "arm64")
        program = [need("emulator"), str(SERVICE), *([fault] if fault else [])]
        self.programs.run(f"*:{tag}", program)

    @contextmanager
    def load(self, operation: str, *, clean: bool = True) -> Iterator[Load]:
        """Send requests during a block, and record what became of them.

        clean: the block may cost no request and no write.
        """
        load = Load(self.url, self.key)
        with load.running():
            yield load
        kept = self.rows()
        record(f"under load: {operation}", load.requests, load.ended(kept))
        if clean:
            assert (load.failed, load.lost(kept)) == (0, 0), load.failures

    @property
    def url(self) -> str:
        """Where the emulator's API Gateway answers for the API."""
        host, stage = urlsplit(outputs(self.cloud, API)["Url"])[1:3]
        return f"{self.cloud.url}/restapis/{host.partition('.')[0]}{stage}/_user_request_"

    @property
    def key(self) -> str:
        identity = outputs(self.cloud, API)["KeyLoad"]
        api = self.cloud.client("apigateway")
        return str(api.get_api_key(apiKey=identity, includeValue=True)["value"])

    def rows(self) -> set[str]:
        """Return the rows that the database of today has."""
        url = secret(self.cloud, "UrlSecret")
        options = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", ROWS]
        done = subprocess.run(
            [self.psql, url, *options], capture_output=True, text=True, check=True
        )
        return {*done.stdout.split()}

    def scale(self, tasks: int) -> None:
        """Set the number of tasks as auto scaling does, and wait until they serve."""
        cluster, service = self.names
        ecs = self.cloud.client("ecs")
        ecs.update_service(cluster=cluster, service=service, desiredCount=tasks)
        self.settle()

    def settle(self) -> None:
        """Wait until the service is steady."""
        cluster, service = self.names
        waiter = self.cloud.client("ecs").get_waiter("services_stable")
        limits = {"Delay": 0.1, "MaxAttempts": 600}
        waiter.wait(cluster=cluster, services=[service], WaiterConfig=limits)

    @property
    def names(self) -> tuple[str, str]:
        """Return cluster and service."""
        found = outputs(self.cloud, "shop-development-service")
        return found["Cluster"], found["ServiceName"]

    def tasks(self) -> list[str]:
        cluster, service = self.names
        found = self.cloud.client("ecs").list_tasks(cluster=cluster, serviceName=service)
        return list(found["taskArns"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    psql = Path(need("postgres")).with_name("psql")
    home = tmp_path_factory.mktemp("load")
    programs = Programs(home / "programs.json")
    programs.run(OURS, [need("emulator"), SERVICE])
    settings = home / "settings"
    shutil.copytree(SETTINGS, settings)
    file = settings / "environments" / "development.toml"
    text = file.read_text("utf-8").replace("minimum_tasks = 1\nmaximum_tasks = 1", TASKS)
    file.write_text(text + CLIENT, "utf-8")
    assert build(["development", "--settings", str(settings)]) == 0
    options = {"DATABASES": str(psql.parent), "ALARM_MINUTE_SECONDS": str(MINUTE_SECONDS)}
    with emulator(home, **programs.variables, **options) as cloud:
        shop = Shop(cloud, programs, psql, settings)
        done = shop.run("deploy", "--image-tag", "1")
        assert done.code == 0, done.err
        assert shop.run("rotate").code == 0
        yield shop


@pytest.fixture(scope="module")
def canary(shop: Shop) -> Shop:
    """The same environment with canary deployments, which come last: tests run in reverse."""
    shop.state("service", CANARY)
    done = shop.run("deploy")
    assert done.code == 0, done.err
    return shop


def test_a_canary_s_good_release_costs_no_request(canary: Shop) -> None:
    canary.image("better")

    with canary.load("canary release of a good image"):
        done = canary.run("release", "--tag", "better")

    assert done.code == 0, done.err


def test_a_canary_that_answers_500_costs_a_share_of_the_requests(canary: Shop) -> None:
    canary.image("of-canary-error", "error")

    with canary.load("canary release of an image that answers 500", clean=False) as load:
        done = canary.run("release", "--tag", "of-canary-error")

    assert done.code == 1, done.out + done.err
    assert 0 < load.failed <= load.requests * CANARY_SHARE
    assert load.lost(canary.rows()) == 0


def test_a_good_release_costs_no_request(shop: Shop) -> None:
    shop.image("good")

    with shop.load("release of a good image"):
        done = shop.run("release", "--tag", "good")

    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("crash", "release of an image that ends at once"),
        ("unhealthy", "release of an image that is never healthy"),
    ],
)
def test_a_release_whose_tasks_do_not_come_up_costs_no_request(
    shop: Shop, fault: str, words: str
) -> None:
    shop.image(f"of-{fault}", fault)

    with shop.load(words):
        done = shop.run("release", "--tag", f"of-{fault}")

    assert done.code == 1, done.out


def test_alarms_take_an_image_back_that_answers_500(shop: Shop) -> None:
    shop.image("of-error", "error")

    with shop.load("release of an image that answers 500", clean=False) as load:
        done = shop.run("release", "--tag", "of-error")
        assert done.code == 1, done.out + done.err
        failed = load.failed
        load.wait_for_more()
        assert load.failed == failed > 0

    assert load.lost(shop.rows()) == 0


def test_smoke_in_a_release_takes_an_image_back_that_answers_500(shop: Shop) -> None:
    shop.image("of-smoke-error", "error")

    with shop.load("release --smoke of an image that answers 500", clean=False) as load:
        done = shop.run("release", "--tag", "of-smoke-error", "--smoke", "--ignore-alarms")
        assert done.code == 1, done.out + done.err
        failed = load.failed
        load.wait_for_more()
        assert load.failed == failed > 0

    assert load.lost(shop.rows()) == 0


def test_a_rotation_costs_no_request(shop: Shop) -> None:
    with shop.load("rotation"):
        done = shop.run("rotate")

    assert done.code == 0, done.err


def test_a_revocation_costs_no_request(shop: Shop) -> None:
    with shop.load("rotation that revokes"):
        done = shop.run("rotate", "--revoke")

    assert done.code == 0, done.err


def test_scaling_costs_no_request(shop: Shop) -> None:
    with shop.load("scale out from 2 to 4 tasks, and in again") as load:
        shop.scale(4)
        load.wait_for_more()
        shop.scale(2)


def test_a_stopped_task_costs_no_request(shop: Shop) -> None:
    cluster, _ = shop.names
    first = shop.tasks()[0]

    with shop.load("a task is stopped"):
        shop.cloud.client("ecs").stop_task(cluster=cluster, task=first)
        shop.settle()
        assert first not in shop.tasks()


def test_a_task_that_ends_by_itself_costs_what_it_was_answering(shop: Shop) -> None:
    first = shop.tasks()

    with shop.load("a task ends by itself", clean=False) as load:
        request = Request(f"{shop.url}/end", b"", {"x-api-key": shop.key}, method="POST")
        with pytest.raises(HTTPError):
            urlopen(request)
        while {*shop.tasks()} == {*first}:
            load.wait_for_more(1)
        shop.settle()

    assert load.failed <= CLIENTS
    assert load.lost(shop.rows()) == 0


def test_a_restart_of_the_database_loses_no_write(shop: Shop) -> None:
    (instance,) = shop.cloud.client("rds").describe_db_instances()["DBInstances"]
    name = instance["DBInstanceIdentifier"]

    with shop.load("the database is restarted"):
        rds = shop.cloud.client("rds")
        rds.reboot_db_instance(DBInstanceIdentifier=name)
        waiter = rds.get_waiter("db_instance_available")
        waiter.wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})


def test_a_drill_costs_no_request(shop: Shop) -> None:
    with shop.load("restore drill"):
        done = shop.run("restore", "--drill")

    assert done.code == 0, done.err


def test_a_restore_loses_what_was_written_after_its_moment(shop: Shop) -> None:
    """The database goes back to the moment at which the new instance is made."""
    asked = shop.run("restore", "--time", "latest")
    shop.state("database", asked.out.partition("[database]\n")[2])
    with shop.load("restore to the latest time", clean=False) as load:
        before = {*load.written}
        done = shop.run("restore", "--time", "latest")

    assert done.code == 0, asked.out + done.err
    assert before <= shop.rows()
