"""Production has the facts that a reviewer asks for about the service."""

import json

import pytest

from build import Built
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, container, of_type, resources_of


def test_the_task_is_as_drawn(system: System) -> None:
    task = properties(system, "ServiceTaskDefinition")

    assert (task["Cpu"], task["Memory"]) == ("256", "512")
    assert task["RequiresCompatibilities"] == ["FARGATE"]
    assert container(system)["PortMappings"] == [{"ContainerPort": 3000, "Protocol": "tcp"}]


def test_the_task_runs_on_the_cpu_of_its_image(system: System) -> None:
    task = properties(system, "ServiceTaskDefinition")

    assert task["RuntimePlatform"] == {
        "CpuArchitecture": "ARM64",
        "OperatingSystemFamily": "LINUX",
    }
    assert task["TaskRoleArn"] != task["ExecutionRoleArn"]


def test_the_service_spreads_and_maintains_itself(system: System) -> None:
    """Its capacity, its spread over zones, its tags; and no door into the containers."""
    service = properties(system, "ServiceService")

    assert service["CapacityProviderStrategy"][0]["CapacityProvider"] == "FARGATE"
    assert service["AvailabilityZoneRebalancing"] == "ENABLED"
    assert service["PropagateTags"] == "SERVICE"
    assert service["EnableExecuteCommand"] is False


def test_db_url_comes_from_a_secret(system: System) -> None:
    assert container(system)["Secrets"] == [
        {"Name": "DB_URL", "ValueFrom": {"Ref": "DatabaseUrlSecret"}}
    ]
    assert "DB_URL" not in {entry["Name"] for entry in container(system)["Environment"]}


def test_further_variables_and_secrets_reach_the_container(production: Settings) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
    settings = changed(production, "service.environment", {"LOG_LEVEL": "info"})
    system = resources_of(changed(settings, "service.secrets", {"MAIL": f"{arn}:token::"}))

    assert {"Name": "LOG_LEVEL", "Value": "info"} in container(system)["Environment"]
    assert {"Name": "MAIL", "ValueFrom": f"{arn}:token::"} in container(system)["Secrets"]
    policy = properties(system, "ServiceExecutionRole")["Policies"][0]["PolicyDocument"]
    (reading,) = [
        s for s in policy["Statement"] if s["Action"] == ["secretsmanager:GetSecretValue"]
    ]
    assert reading["Resource"] == [{"Ref": "DatabaseUrlSecret"}, arn]


def test_a_parameter_is_a_secret_with_a_right_and_an_endpoint_of_its_own(
    production: Settings,
) -> None:
    arn = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/mail"
    settings = changed(production, "network.egress", "endpoints")
    system = resources_of(changed(settings, "service.secrets", {"MAIL": arn}))

    assert {"Name": "MAIL", "ValueFrom": arn} in container(system)["Secrets"]
    policy = properties(system, "ServiceExecutionRole")["Policies"][0]["PolicyDocument"]
    secrets, parameters = policy["Statement"][-2:]
    assert secrets["Resource"] == [{"Ref": "DatabaseUrlSecret"}]
    assert (parameters["Action"], parameters["Resource"]) == (["ssm:GetParameters"], [arn])
    endpoint = properties(system, "NetworkSsmEndpoint")["ServiceName"]["Fn::Sub"]
    assert endpoint.endswith(".ssm")
    document = properties(system, "AccountPermissionsBoundary")["PolicyDocument"]
    (reading,) = [s for s in document["Statement"] if s["Action"] == ["ssm:GetParameters"]]
    assert reading["Condition"]["StringEquals"] == {
        "aws:ResourceTag/project": "shop",
        "aws:ResourceTag/environment": "${aws:PrincipalTag/environment}",
    }


def test_egress_ports_open_the_tasks_and_nothing_else(
    production: Settings, system: System
) -> None:
    """The group itself stays as it is, and with it the rule to the database."""
    opened = resources_of(changed(production, "service.egress_ports", (587,)))

    assert {*opened} - {*system} == {"ServiceEgressPort587"}
    for name in system:
        assert opened[name].get("Properties") == system[name].get("Properties")
    rule = properties(opened, "ServiceEgressPort587")
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", 587, 587)
    assert rule["GroupId"] == {"Fn::GetAtt": ["ServiceSecurityGroup", "GroupId"]}


def test_permissions_are_of_the_task_role_and_of_its_environment(
    production: Settings, system: System
) -> None:
    arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    right = {"actions": ("ses:SendEmail",), "resources": (arn,)}
    given = resources_of(changed(production, "service.permissions", (right,)))

    assert {name for name in system if system[name] != given[name]} == {
        "AccountPermissionsBoundary",
        "ServiceTaskRole",
    }
    (policy,) = properties(given, "ServiceTaskRole")["Policies"]
    wanted = {"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": [arn]}
    assert policy["PolicyDocument"]["Statement"] == [wanted]
    document = properties(given, "AccountPermissionsBoundary")["PolicyDocument"]
    here = {"StringEquals": {"aws:PrincipalTag/environment": "production"}}
    assert wanted | {"Condition": here} in document["Statement"]


def test_updates_leave_the_number_of_tasks_to_auto_scaling(system: System) -> None:
    target = properties(system, "ServiceScalableTarget")

    assert "DesiredCount" not in properties(system, "ServiceService")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)


def test_scaling_follows_cpu_and_requests(system: System) -> None:
    metrics = {
        body["Properties"]["TargetTrackingScalingPolicyConfiguration"][
            "PredefinedMetricSpecification"
        ]["PredefinedMetricType"]
        for body in of_type(system, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    }

    assert metrics == {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}


def test_a_failing_release_goes_back(system: System) -> None:
    deployment = properties(system, "ServiceService")["DeploymentConfiguration"]

    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_the_image_tag_is_the_only_parameter_without_a_default(built: dict[str, Built]) -> None:
    templates = {
        name: json.loads(text).get("Parameters", {})
        for name, text in built["production"].files.items()
        if name.endswith(".json") and name != "manifest.json"
    }

    named = {name: set(parameters) for name, parameters in templates.items() if parameters}
    assert named == {"service.json": {"ImageTag", "DeploymentAlarms"}}
    assert "Default" not in templates["service.json"]["ImageTag"]
    assert templates["service.json"]["DeploymentAlarms"]["Default"] == ""


@pytest.mark.parametrize(
    ("spot", "strategy"),
    [
        (0, [("FARGATE", 1, 100)]),
        (40, [("FARGATE", 1, 60), ("FARGATE_SPOT", None, 40)]),
        (100, [("FARGATE_SPOT", None, 100)]),
    ],
)
def test_spot_takes_its_share(production: Settings, spot: int, strategy: list[object]) -> None:
    system = resources_of(changed(production, "service.spot_percent", spot))

    items = properties(system, "ServiceService")["CapacityProviderStrategy"]
    assert strategy == [(i["CapacityProvider"], i.get("Base"), i["Weight"]) for i in items]


def test_a_read_only_root_has_a_volume_for_each_writable_path(production: Settings) -> None:
    paths = ("/tmp", "/var/cache/shop")
    system = resources_of(changed(production, "service.writable_paths", paths))

    task, only = properties(system, "ServiceTaskDefinition"), container(system)
    assert only["ReadonlyRootFilesystem"] is True
    assert [point["ContainerPath"] for point in only["MountPoints"]] == [*paths]
    assert not any(point["ReadOnly"] for point in only["MountPoints"])
    mounted = [{"Name": point["SourceVolume"]} for point in only["MountPoints"]]
    assert task["Volumes"] == mounted


@pytest.mark.parametrize(("key", "value"), [("read_only", False), ("writable_paths", ())])
def test_nothing_is_mounted_where_nothing_needs_it(
    production: Settings, key: str, value: object
) -> None:
    system = resources_of(changed(production, f"service.{key}", value))

    assert "MountPoints" not in container(system)
    assert "Volumes" not in properties(system, "ServiceTaskDefinition")
    assert container(system)["ReadonlyRootFilesystem"] is (key != "read_only")


def test_exec_needs_its_channel(production: Settings) -> None:
    system = resources_of(changed(production, "service.ecs_exec", value=True))

    policy = properties(system, "ServiceTaskRole")["Policies"][0]["PolicyDocument"]
    assert "ssmmessages:OpenDataChannel" in policy["Statement"][0]["Action"]


def test_every_role_has_the_boundary_and_the_tags_that_it_compares(system: System) -> None:
    roles = of_type(system, "AWS::IAM::Role")

    for name, role in roles.items():
        assert role["Properties"]["PermissionsBoundary"] == {
            "Ref": "AccountPermissionsBoundary"
        }
        if name != "AccountApiGatewayLogRole":
            tags = {tag["Key"]: tag["Value"] for tag in role["Properties"]["Tags"]}
            assert tags == {"project": "shop", "environment": "production"}
    assert len(roles) == 4


def test_the_boundary_separates_environments_by_the_tags_of_the_caller(system: System) -> None:
    document = properties(system, "AccountPermissionsBoundary")["PolicyDocument"]

    (secrets,) = [
        each
        for each in document["Statement"]
        if each["Action"] == ["secretsmanager:GetSecretValue"]
    ]
    assert secrets["Condition"]["StringEquals"] == {
        "aws:ResourceTag/project": "shop",
        "aws:ResourceTag/environment": "${aws:PrincipalTag/environment}",
    }
    assert "production" not in json.dumps(document)


def test_the_boundary_lets_api_gateways_log_role_write_every_log(system: System) -> None:
    document = properties(system, "AccountPermissionsBoundary")["PolicyDocument"]

    (condition,) = [
        each["Condition"]["ArnLike"]
        for each in document["Statement"]
        if "ArnLike" in each.get("Condition", {})
    ]
    named = condition["aws:PrincipalArn"][0]["Fn::Sub"][1]
    assert named == {"Stack": "shop-account", "Role": "ApiGatewayLogRole"}
    assert f"Account{named['Role']}" in of_type(system, "AWS::IAM::Role")


def test_a_task_definition_outlives_its_successor(system: System) -> None:
    """No right to deregister it can be limited to one environment."""
    definition = system["ServiceTaskDefinition"]

    assert (definition["DeletionPolicy"], definition["UpdateReplacePolicy"]) == (
        "Retain",
        "Retain",
    )


def test_policies_name_their_resources(system: System) -> None:
    wide = {
        action
        for role in of_type(system, "AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == ["*"]
        for action in statement["Action"]
    }

    assert wide == {"ecr:GetAuthorizationToken"}  # AWS takes no resource for it
