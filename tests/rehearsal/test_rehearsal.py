"""Every stack that the AWS CLI deploys has the values that the templates state."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from build import main
from tests.helpers import SETTINGS, example_output
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud, emulator, stacks_of

DEVELOPMENT, PRODUCTION = example_output("development"), example_output("production")
pytestmark = [pytest.mark.rehearsal, pytest.mark.long]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Production, deployed by the commands that `make commands` prints."""
    with emulator(tmp_path_factory.mktemp("production")) as cloud:
        for stack in stacks_of(PRODUCTION):
            cloud.deploy(PRODUCTION, stack)
        yield cloud


def outputs(cloud: Cloud, stack: str) -> dict[str, str]:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def physical(cloud: Cloud, stack: str, logical_id: str) -> str:
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_two_subnets_of_each_kind_lie_in_two_zones(production: Cloud) -> None:
    subnets = production.client("ec2").describe_subnets()["Subnets"]
    vpc = physical(production, "shop-production-network", "Vpc")

    ours = [subnet for subnet in subnets if subnet["VpcId"] == vpc]
    zones = {subnet["AvailabilityZoneId"] for subnet in ours}
    assert (len(ours), zones) == (6, {"use1-az1", "use1-az2"})


def test_the_service_runs_on_fargate_as_drawn(production: Cloud) -> None:
    ecs = production.client("ecs")
    cluster = physical(production, "shop-production-service", "Cluster")
    service = physical(production, "shop-production-service", "Service")

    (found,) = ecs.describe_services(cluster=cluster, services=[service])["services"]
    task = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])[
        "taskDefinition"
    ]
    (container,) = task["containerDefinitions"]

    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert (task["cpu"], task["memory"]) == ("256", "512")
    assert container["portMappings"][0]["containerPort"] == 3000
    (secret,) = container["secrets"]
    assert secret["name"] == "DB_URL"
    assert secret["valueFrom"].startswith("arn:aws:secretsmanager:")
    assert container["image"].endswith(":1")
    assert container["readonlyRootFilesystem"] is True
    (volume,), (point,) = task["volumes"], container["mountPoints"]
    assert (point["containerPath"], point["readOnly"]) == ("/tmp", False)
    assert point["sourceVolume"] == volume["name"]


def test_db_url_is_whole(production: Cloud) -> None:
    secrets = production.client("secretsmanager")
    arn = physical(production, "shop-production-database", "UrlSecret")
    master = physical(production, "shop-production-database", "MasterSecret")

    url = secrets.get_secret_value(SecretId=arn)["SecretString"]
    user = json.loads(secrets.get_secret_value(SecretId=master)["SecretString"])

    assert url.startswith(f"postgres://{user['username']}:{user['password']}@")
    assert url.endswith(":5432/app?sslmode=require")
    assert user["password"].isalnum()


def test_auto_scaling_goes_from_two_to_six(production: Cloud) -> None:
    scaling = production.client("application-autoscaling")

    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)


def test_the_database_is_as_drawn(production: Cloud) -> None:
    (instance,) = production.client("rds").describe_db_instances()["DBInstances"]

    assert instance["DBInstanceIdentifier"] == "shop-production-1"
    assert instance["Engine"] == "postgres"
    assert instance["EngineVersion"].startswith("15.")
    assert instance["MultiAZ"] is True
    assert instance["BackupRetentionPeriod"] == 7


def test_every_client_has_a_key_and_a_plan_of_its_own(production: Cloud) -> None:
    api = production.client("apigateway")
    keys = api.get_api_keys(includeValues=True)["items"]
    plans = api.get_usage_plans()["items"]
    members = [api.get_usage_plan_keys(usagePlanId=plan["id"])["items"] for plan in plans]

    assert {(key["enabled"], len(key["value"]) >= 20) for key in keys} == {(True, True)}
    assert [plan["throttle"] for plan in plans] == [
        {"burstLimit": 20, "rateLimit": 10.0},
        {"burstLimit": 1, "rateLimit": 1.0},
    ]
    assert [[key["id"] for key in own] for own in members] == [[key["id"]] for key in keys]


def test_the_alias_leads_to_the_api(production: Cloud) -> None:
    zone = physical(production, "shop-account", "HostedZone")
    records = production.client("route53").list_resource_record_sets(HostedZoneId=zone)

    (alias,) = [r for r in records["ResourceRecordSets"] if r["Type"] == "A"]
    domain = production.client("apigateway").get_domain_name(domainName="api.example.com")
    assert alias["Name"] == "api.example.com."
    assert alias["AliasTarget"]["DNSName"].rstrip(".") == domain["regionalDomainName"]


def test_every_log_group_expires_after_seven_days(production: Cloud) -> None:
    groups = production.client("logs").describe_log_groups()["logGroups"]

    assert len(groups) == 5
    assert {group["retentionInDays"] for group in groups} == {7}


def test_rds_tells_the_alarm_topic_of_its_events(production: Cloud) -> None:
    rds = production.client("rds")
    topic = outputs(production, "shop-production-monitoring")["AlarmTopicArn"]

    (found,) = rds.describe_event_subscriptions()["EventSubscriptionsList"]

    assert (found["SnsTopicArn"], found["SourceIdsList"]) == (topic, ["shop-production-1"])
    assert "failover" in found["EventCategoriesList"]


def test_every_role_is_inside_the_boundary_of_the_account(production: Cloud) -> None:
    boundary = physical(production, "shop-account", "PermissionsBoundary")
    iam = production.client("iam")
    names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    roles = [iam.get_role(RoleName=name)["Role"] for name in names]

    assert len(roles) == 4
    assert {r["PermissionsBoundary"]["PermissionsBoundaryArn"] for r in roles} == {boundary}


class EchoService(BaseHTTPRequestHandler):
    """A service that answers with what it saw."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing: the test looks at the answers."""


@pytest.fixture(scope="module")
def api(production: Cloud) -> Iterator[Cloud]:
    """Production with a small service registered as the load balancer's target."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoService)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    group = physical(production, "shop-production-load-balancer", "TargetGroup")
    target = {"Id": "127.0.0.1", "Port": server.server_port}
    balancing = production.client("elbv2")
    balancing.register_targets(TargetGroupArn=group, Targets=[target])
    yield production
    balancing.deregister_targets(TargetGroupArn=group, Targets=[target])
    server.shutdown()
    server.server_close()


def call(cloud: Cloud, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, Any]:
    """Status, headers and body of a request to the API's own name."""
    request = Request(f"{cloud.url}{path}", method=method, headers={"Host": "api.example.com"})
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def key_of(cloud: Cloud) -> str:
    key = outputs(cloud, "shop-production-api")["KeyDefault"]
    found = cloud.client("apigateway").get_api_key(apiKey=key, includeValue=True)
    return str(found["value"])


def test_a_request_without_a_key_is_refused_and_browsers_may_know(api: Cloud) -> None:
    status, headers, _ = call(api, "/pets/7")

    assert (status, headers["Access-Control-Allow-Origin"]) == (403, "*")


def test_a_request_with_the_key_reaches_the_service_by_its_path(api: Cloud) -> None:
    status, headers, body = call(api, "/pets/7", x_api_key=key_of(api))

    seen = json.loads(body)
    assert (status, seen["path"]) == (200, "/pets/7")
    assert headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert headers["Strict-Transport-Security"]
    assert key_of(api) not in json.dumps(seen)


def test_the_service_learns_the_request_the_key_and_the_stage(api: Cloud) -> None:
    _, headers, body = call(api, "/pets/7", x_api_key=key_of(api), x_request_id="forged")

    seen = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
    key = outputs(api, "shop-production-api")["KeyDefault"]
    assert seen["x-request-id"] == headers["x-amzn-requestid"]
    assert (seen["x-api-key-id"], seen["x-stage"]) == (key, "gateway-stage")


def test_the_root_reaches_the_service_too(api: Cloud) -> None:
    status, _, body = call(api, "/", x_api_key=key_of(api))

    assert (status, json.loads(body)["path"]) == (200, "/")


def test_a_preflight_needs_no_key(api: Cloud) -> None:
    status, headers, _ = call(api, "/pets/7", "OPTIONS", Origin="https://www.example.com")

    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Api-Key" in headers["Access-Control-Allow-Headers"]


def test_the_same_again_changes_nothing(production: Cloud) -> None:
    for stack in stacks_of(PRODUCTION):
        assert "No changes to deploy" in production.deploy(PRODUCTION, stack)


def test_a_changed_setting_changes_its_stack_alone(tmp_path: Path) -> None:
    folder = tmp_path / "output" / "development"
    text = (SETTINGS / "environments" / "development.toml").read_text("utf-8")
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)

    with emulator(tmp_path) as cloud:
        assert main(["--settings", str(tmp_path)]) == 0
        assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
        (tmp_path / "environments/development.toml").write_text(
            text.replace("[service]", "[service]\ncpu_target_percent = 45"), "utf-8"
        )
        assert main(["--settings", str(tmp_path)]) == 0
        said = json.loads(run(cloud, "deploy", folder, "--json").out)["stacks"]

    changed = [name for name, what in said.items() if what != "unchanged"]
    assert changed == ["shop-development-service"]


def test_a_budget_comes_with_its_mail_and_its_topic(tmp_path: Path) -> None:
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)
    project = (tmp_path / "project.toml").read_text("utf-8")
    budget = '[account]\nmonthly_budget_usd = 100\nbudget_email = "ops@example.com"'
    (tmp_path / "project.toml").write_text(project.replace("[account]", budget), "utf-8")
    assert main(["--settings", str(tmp_path)]) == 0
    folder = tmp_path / "output" / "development"

    with emulator(tmp_path) as cloud:
        cloud.deploy(folder, stacks_of(folder)[0])
        api, account = cloud.client("budgets"), "000000000000"
        (found,) = api.describe_budgets(AccountId=account)["Budgets"]
        asked = {"AccountId": account, "BudgetName": found["BudgetName"]}
        told = [
            subscriber["SubscriptionType"]
            for notification in api.describe_notifications_for_budget(**asked)["Notifications"]
            for subscriber in api.describe_subscribers_for_notification(
                **asked, Notification=notification
            )["Subscribers"]
        ]

    assert found["BudgetLimit"] == {"Amount": "100.0", "Unit": "USD"}
    assert told == ["SNS", "EMAIL", "SNS", "EMAIL"]


def test_everything_goes_in_reverse_and_what_is_kept_stays(tmp_path: Path) -> None:
    folder = DEVELOPMENT
    with emulator(tmp_path) as cloud:
        assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
        client = cloud.client("cloudformation")
        deleted = client.get_waiter("stack_delete_complete")
        for stack in reversed(stacks_of(folder)):
            client.update_termination_protection(
                StackName=stack["name"], EnableTerminationProtection=False
            )
            client.delete_stack(StackName=stack["name"])
            deleted.wait(
                StackName=stack["name"], WaiterConfig={"Delay": 0.1, "MaxAttempts": 99}
            )
        left = client.describe_stacks()["Stacks"]
        repositories = cloud.client("ecr").describe_repositories()["repositories"]
        snapshots = cloud.client("rds").describe_db_snapshots()["DBSnapshots"]

    assert [stack for stack in left if stack["StackStatus"] != "DELETE_COMPLETE"] == []
    assert len(repositories) == 1
    assert len(snapshots) == 1
