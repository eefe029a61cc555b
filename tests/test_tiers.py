"""Facts of production that a reviewer would ask for, tier by tier."""

import json
import re
from fnmatch import fnmatch
from typing import Any

import pytest

from build import Built, build
from cfnlink.operations.database import PSQL_TAG
from templates.settings import Client, Settings
from tests.helpers import changed, properties

System = dict[str, Any]


def resources_of(settings: Settings) -> System:
    return dict(build(settings).system.template["Resources"])


def of_type(system: System, kind: str) -> dict[str, Any]:
    return {name: body for name, body in system.items() if body["Type"] == kind}


def attributes(listed: list[dict[str, str]]) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in listed}


# Account


def test_the_account_stack_is_the_same_in_all_environments(built: dict[str, Built]) -> None:
    texts = {environment.files["account.yaml"] for environment in built.values()}
    tags = {json.dumps(manifest(environment)["tags"]) for environment in built.values()}

    assert len(texts) == len(tags) == 1


def manifest(environment: Built) -> dict[str, Any]:
    stacks = json.loads(environment.files["manifest.json"])["stacks"]
    return dict(stacks[0])


def test_images_keep_their_tags_and_are_scanned(system: System) -> None:
    repository = properties(system, "AccountRepository")

    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_tagged_images_go_only_by_a_count_in_the_hundreds(system: System) -> None:
    policy = properties(system, "AccountRepository")["LifecyclePolicy"]["LifecyclePolicyText"]
    chosen = [rule["selection"] for rule in json.loads(policy)["rules"]]

    for tagged in (each for each in chosen if each["tagStatus"] == "tagged"):
        assert tagged["countType"] == "imageCountMoreThan"
        assert tagged["countNumber"] >= 100


def test_no_image_of_the_service_pushes_psql_out(system: System) -> None:
    """What an earlier rule's tags match, no later rule expires."""
    policy = properties(system, "AccountRepository")["LifecyclePolicy"]["LifecyclePolicyText"]
    rules = sorted(json.loads(policy)["rules"], key=lambda rule: int(rule["rulePriority"]))

    assert rules[0]["selection"]["tagPatternList"] == ["psql-*"]
    assert PSQL_TAG.startswith("psql-")


def test_deleting_the_account_stack_leaves_everything(system: System) -> None:
    account = {name: body for name, body in system.items() if name.startswith("Account")}

    assert {body["DeletionPolicy"] for body in account.values()} == {"RetainExceptOnCreate"}


def test_an_existing_log_role_is_left_to_its_owner(production: Settings) -> None:
    system = resources_of(changed(production, "account.api_gateway_log_role", "existing"))

    assert not of_type(system, "AWS::ApiGateway::Account")


def test_a_zone_taken_by_id_is_not_created(production: Settings) -> None:
    system = resources_of(changed(production, "account.hosted_zone_id", "Z0123456789"))

    assert not of_type(system, "AWS::Route53::HostedZone")
    assert properties(system, "DnsAlias")["HostedZoneId"] == "Z0123456789"


def test_no_budget_leaves_the_account_stack_as_it_is(system: System) -> None:
    assert not of_type(system, "AWS::Budgets::Budget")


def test_a_budget_tells_by_mail_and_by_a_topic_that_admits_it(production: Settings) -> None:
    with_budget = changed(production, "account.monthly_budget_usd", 100)
    system = resources_of(changed(with_budget, "account.budget_email", "ops@example.com"))
    budget = properties(system, "AccountBudget")
    policy = properties(system, "AccountBudgetTopicPolicy")["PolicyDocument"]

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 100, "Unit": "USD"}
    assert "CostFilters" not in budget["Budget"]
    for notified in budget["NotificationsWithSubscribers"]:
        assert notified["Subscribers"] == [
            {"SubscriptionType": "SNS", "Address": {"Ref": "AccountBudgetTopic"}},
            {"SubscriptionType": "EMAIL", "Address": "ops@example.com"},
        ]
    assert policy["Statement"][0]["Principal"] == {"Service": "budgets.amazonaws.com"}


def test_a_budget_by_tag_counts_only_the_project(production: Settings) -> None:
    with_budget = changed(production, "account.monthly_budget_usd", 100)
    system = resources_of(changed(with_budget, "account.budget_by_tag", value=True))

    filters = properties(system, "AccountBudget")["Budget"]["CostFilters"]
    assert filters == {"TagKeyValue": ["user:project$shop"]}


# Network


def test_subnets_lie_in_two_zones_by_id(system: System) -> None:
    subnets = of_type(system, "AWS::EC2::Subnet").values()

    zones = [body["Properties"]["AvailabilityZoneId"] for body in subnets]
    assert sorted(zones) == ["use1-az1"] * 3 + ["use1-az2"] * 3


def test_database_subnets_have_no_way_out(system: System) -> None:
    routed = {
        body["Properties"]["RouteTableId"]["Ref"]
        for body in of_type(system, "AWS::EC2::Route").values()
    }
    tables = {
        body["Properties"]["SubnetId"]["Ref"]: body["Properties"]["RouteTableId"]["Ref"]
        for body in of_type(system, "AWS::EC2::SubnetRouteTableAssociation").values()
    }

    assert len(tables) == 6
    assert tables["NetworkDatabaseSubnetA"] not in routed
    assert tables["NetworkDatabaseSubnetB"] not in routed


@pytest.mark.parametrize(
    ("gateways", "routes_b"), [(1, "NetworkNatGatewayA"), (2, "NetworkNatGatewayB")]
)
def test_nat_serves_both_zones(production: Settings, gateways: int, routes_b: str) -> None:
    nat = changed(
        changed(production, "network.egress", "nat"), "network.nat_gateways", gateways
    )
    system = resources_of(nat)

    assert len(of_type(system, "AWS::EC2::NatGateway")) == gateways
    assert properties(system, "NetworkPrivateDefaultRouteB")["NatGatewayId"] == {
        "Ref": routes_b
    }
    placement = properties(system, "ServiceService")["NetworkConfiguration"][
        "AwsvpcConfiguration"
    ]
    assert placement["AssignPublicIp"] == "DISABLED"
    assert placement["Subnets"] == [
        {"Ref": "NetworkPrivateSubnetA"},
        {"Ref": "NetworkPrivateSubnetB"},
    ]


def test_endpoints_reach_all_that_a_task_needs(production: Settings) -> None:
    system = resources_of(changed(production, "network.egress", "endpoints"))

    names = {
        body["Properties"]["ServiceName"]["Fn::Sub"].rpartition("${AWS::Region}.")[2]
        for body in of_type(system, "AWS::EC2::VPCEndpoint").values()
    }
    assert names == {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager"}


def test_the_way_out_never_changes_what_other_stacks_import(production: Settings) -> None:
    def exports(egress: str) -> set[str]:
        built = build(changed(production, "network.egress", egress))
        outputs = json.loads(built.files["network.json"])["Outputs"]
        return {json.dumps(output, sort_keys=True) for output in outputs.values()}

    assert exports("public-ip") == exports("nat") == exports("endpoints")


# Security groups


def test_no_group_is_open_to_everything(system: System) -> None:
    groups = of_type(system, "AWS::EC2::SecurityGroup")

    assert len(groups) == 4
    for group in groups.values():
        (egress,) = group["Properties"]["SecurityGroupEgress"]
        assert egress["CidrIp"] == "255.255.255.255/32" or egress["FromPort"] == 443


def test_the_request_path_is_open_and_nothing_else(system: System) -> None:
    steps = {
        (
            rule["SourceSecurityGroupId"]["Fn::GetAtt"][0],
            rule["GroupId"]["Fn::GetAtt"][0],
            rule["FromPort"],
        )
        for rule in (
            body["Properties"]
            for body in of_type(system, "AWS::EC2::SecurityGroupIngress").values()
        )
    }

    assert steps == {
        ("ApiSecurityGroup", "LoadBalancerSecurityGroup", 80),
        ("LoadBalancerSecurityGroup", "ServiceSecurityGroup", 3000),
        ("ServiceSecurityGroup", "DatabaseSecurityGroup", 5432),
    }


def test_every_step_has_its_way_out(system: System) -> None:
    def pairs(kind: str, own: str, other: str) -> set[tuple[str, str, int]]:
        return {
            (rule[own]["Fn::GetAtt"][0], rule[other]["Fn::GetAtt"][0], rule["ToPort"])
            for rule in (body["Properties"] for body in of_type(system, kind).values())
        }

    into = pairs("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "GroupId")
    out = pairs("AWS::EC2::SecurityGroupEgress", "GroupId", "DestinationSecurityGroupId")
    assert into == out


# Database


def test_the_database_is_as_drawn(system: System) -> None:
    instance = properties(system, "DatabaseInstance")

    assert instance["Engine"] == "postgres"
    assert instance["EngineVersion"].startswith("15.")
    assert instance["DBInstanceClass"] == "db.t4g.micro"
    assert instance["MultiAZ"] is True
    assert instance["EnablePerformanceInsights"] is True
    assert instance["BackupRetentionPeriod"] == 7


def test_the_database_is_not_lost_by_accident(system: System) -> None:
    body = system["DatabaseInstance"]

    assert body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Snapshot"
    assert body["Properties"]["DeletionProtection"] is True
    assert body["Properties"]["DeleteAutomatedBackups"] is False
    assert body["Properties"]["StorageEncrypted"] is True


def test_the_database_maintains_itself(system: System) -> None:
    """Minor versions, room to grow, windows of its own, and nothing that is billed extra."""
    instance = properties(system, "DatabaseInstance")

    assert instance["AutoMinorVersionUpgrade"] is True
    assert instance["MaxAllocatedStorage"] > int(instance["AllocatedStorage"])
    assert instance["PreferredBackupWindow"] == "03:00-04:00"
    assert instance["PreferredMaintenanceWindow"] == "sun:04:30-sun:05:30"
    assert instance["DatabaseInsightsMode"] == "standard"
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
    assert (instance["DBName"], instance["Port"]) == ("app", "5432")
    assert instance["DBParameterGroupName"] == {"Ref": "DatabaseParameterGroup"}


def test_only_the_owner_s_password_outlives_the_stack(system: System) -> None:
    """What is composed can be composed again; logs and their groups go with the stack."""
    kept = {
        name
        for name, body in system.items()
        if body["Type"] in ("AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
        and (body["DeletionPolicy"], body["UpdateReplacePolicy"])
        == ("RetainExceptOnCreate", "Retain")
    }

    assert kept == {"DatabaseMasterSecret"}


def test_the_database_is_private_and_speaks_tls_only(system: System) -> None:
    assert properties(system, "DatabaseInstance")["PubliclyAccessible"] is False
    parameters = properties(system, "DatabaseParameterGroup")["Parameters"]
    assert parameters["rds.force_ssl"] == "1"


def test_extended_support_is_never_billed(system: System) -> None:
    support = properties(system, "DatabaseInstance")["EngineLifecycleSupport"]

    assert support == "open-source-rds-extended-support-disabled"


def test_the_generated_password_stays_what_it_is(system: System) -> None:
    """Any edit of this block makes CloudFormation write another password, silently."""
    assert properties(system, "DatabaseMasterSecret")["GenerateSecretString"] == {
        "SecretStringTemplate": '{"username": "dbadmin"}',
        "GenerateStringKey": "password",
        "PasswordLength": 32,
        "ExcludePunctuation": True,
    }


def test_the_instance_resolves_no_user_that_takes_turns(system: System) -> None:
    instance = properties(system, "DatabaseInstance")

    assert instance["MasterUsername"] == "dbadmin"
    assert instance["MasterUserPassword"]["Fn::Sub"][1] == {
        "Master": {"Ref": "DatabaseMasterSecret"}
    }


def test_the_first_url_works_without_sql(system: System) -> None:
    text, variables = properties(system, "DatabaseApplicationSecret")["SecretString"]["Fn::Sub"]

    assert json.loads(text) == {
        "username": "{{resolve:secretsmanager:${Master}:SecretString:username}}",
        "password": "{{resolve:secretsmanager:${Master}:SecretString:password}}",
    }
    assert variables == {"Master": {"Ref": "DatabaseMasterSecret"}}


def test_the_url_follows_the_user_whose_turn_it_is(system: System) -> None:
    text, variables = properties(system, "DatabaseUrlSecret")["SecretString"]["Fn::Sub"]

    assert text == (
        "postgres://{{resolve:secretsmanager:${Application}:SecretString:username}}"
        ":{{resolve:secretsmanager:${Application}:SecretString:password}}"
        "@${Host}:${Port}/app?sslmode=require"
    )
    assert variables["Application"] == {"Ref": "DatabaseApplicationSecret"}
    assert variables["Host"] == {"Fn::GetAtt": ["DatabaseInstance", "Endpoint.Address"]}


def test_the_url_can_verify_the_certificate(production: Settings) -> None:
    system = resources_of(changed(production, "database.ssl_mode", "verify-full"))

    text, _ = properties(system, "DatabaseUrlSecret")["SecretString"]["Fn::Sub"]
    assert text.endswith("?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem")


def test_no_export_names_what_a_restore_replaces(built: dict[str, Built]) -> None:
    outputs = json.loads(built["production"].files["database.json"])["Outputs"]

    assert set(outputs) == {"UrlSecret", "SecurityGroup"}


def test_a_restored_instance_leaves_out_what_the_snapshot_brings(production: Settings) -> None:
    restored = changed(production, "database.snapshot", "before-the-accident")
    instance = properties(
        resources_of(changed(restored, "database.generation", 2)), "DatabaseInstance"
    )

    assert instance["DBSnapshotIdentifier"] == "before-the-accident"
    assert instance["DBInstanceIdentifier"] == "shop-production-2"
    assert not {"DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId"} & set(instance)


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("latest", {"UseLatestRestorableTime": True}),
        ("2026-11-26T10:00:00Z", {"RestoreTime": "2026-11-26T10:00:00Z"}),
    ],
)
def test_an_instance_of_a_point_in_time_leaves_out_what_its_source_brings(
    production: Settings, time: str, moment: dict[str, Any]
) -> None:
    source = changed(production, "database.restore_source", "db-ABC")
    instance = properties(
        resources_of(changed(source, "database.restore_time", time)), "DatabaseInstance"
    )

    said = {"SourceDbiResourceId": "db-ABC", **moment}
    assert {name: instance.get(name) for name in said} == said
    names = {"RestoreTime", "UseLatestRestorableTime", "SourceDbiResourceId"}
    assert names & set(instance) == set(said)
    assert not {"DBName", "StorageEncrypted", "KmsKeyId"} & set(instance)


def test_tasks_for_sql_read_all_database_secrets_and_the_service_not_the_owner_s(
    system: System,
) -> None:
    def read(role: str) -> list[Any]:
        (policy,) = properties(system, role)["Policies"]
        (statement,) = [
            each
            for each in policy["PolicyDocument"]["Statement"]
            if each["Action"] == ["secretsmanager:GetSecretValue"]
        ]
        return list(statement["Resource"])

    assert read("DatabaseExecutionRole") == [
        {"Ref": "DatabaseMasterSecret"},
        {"Ref": "DatabaseApplicationSecret"},
    ]
    assert read("ServiceExecutionRole") == [{"Ref": "DatabaseUrlSecret"}]


def test_exported_logs_have_groups_that_expire(system: System) -> None:
    instance = system["DatabaseInstance"]
    groups = {
        name: body["Properties"]["LogGroupName"]
        for name, body in of_type(system, "AWS::Logs::LogGroup").items()
        if name in instance["DependsOn"]
    }

    assert set(groups.values()) == {
        f"/aws/rds/instance/{instance['Properties']['DBInstanceIdentifier']}/{export}"
        for export in instance["Properties"]["EnableCloudwatchLogsExports"]
    }


# Load balancer


def test_the_load_balancer_is_internal(system: System) -> None:
    assert properties(system, "LoadBalancerLoadBalancer")["Scheme"] == "internal"


def test_the_target_group_takes_tasks_and_is_never_replaced(
    system: System, production: Settings
) -> None:
    other = resources_of(changed(production, "service.port", 8080))

    targets = properties(system, "LoadBalancerTargetGroup")
    assert (targets["TargetType"], targets["Port"]) == ("ip", 80)
    assert targets["HealthCheckPort"] == "traffic-port"
    assert targets == properties(other, "LoadBalancerTargetGroup")


def test_a_task_is_asked_for_its_health(system: System) -> None:
    targets = properties(system, "LoadBalancerTargetGroup")

    assert targets["HealthCheckEnabled"] is True
    assert targets["HealthCheckProtocol"] == targets["Protocol"] == "HTTP"
    assert targets["HealthCheckPath"] == "/health"
    assert targets["HealthCheckTimeoutSeconds"] < targets["HealthCheckIntervalSeconds"]
    assert targets["HealthyThresholdCount"] < targets["UnhealthyThresholdCount"]
    assert targets["Matcher"] == {"HttpCode": "200"}


def test_answers_of_the_service_carry_cors_and_security_headers(system: System) -> None:
    headers = attributes(properties(system, "LoadBalancerListener")["ListenerAttributes"])

    assert headers["routing.http.response.access_control_allow_origin.header_value"] == "*"
    assert "routing.http.response.strict_transport_security.header_value" in headers
    assert headers["routing.http.response.x_content_type_options.header_value"] == "nosniff"


def test_the_load_balancer_waits_longer_than_the_gateway(system: System) -> None:
    balancer = attributes(
        properties(system, "LoadBalancerLoadBalancer")["LoadBalancerAttributes"]
    )
    gateway = properties(system, "ApiProxyMethod")["Integration"]["TimeoutInMillis"]

    assert int(balancer["idle_timeout.timeout_seconds"]) * 1000 > gateway


# Service


def container(system: System) -> dict[str, Any]:
    (only,) = properties(system, "ServiceTaskDefinition")["ContainerDefinitions"]
    return dict(only)


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


def test_the_image_tag_is_asked_for_and_the_only_parameter(built: dict[str, Built]) -> None:
    templates = {
        name: json.loads(text).get("Parameters", {})
        for name, text in built["production"].files.items()
        if name.endswith(".json") and name != "manifest.json"
    }

    named = {name: set(parameters) for name, parameters in templates.items() if parameters}
    assert named == {"service.json": {"ImageTag"}}
    assert "Default" not in templates["service.json"]["ImageTag"]


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


# API


def test_every_method_but_options_needs_a_key(system: System) -> None:
    methods = [
        body["Properties"] for body in of_type(system, "AWS::ApiGateway::Method").values()
    ]

    assert len(methods) == 4
    for method in methods:
        assert method["ApiKeyRequired"] is (method["HttpMethod"] != "OPTIONS")


def test_requests_go_through_the_link_to_the_balancer(system: System) -> None:
    for name in ("ApiRootMethod", "ApiProxyMethod"):
        integration = properties(system, name)["Integration"]
        assert integration["ConnectionType"] == "VPC_LINK"
        assert integration["ConnectionId"] == {"Ref": "ApiVpcLink"}
        assert integration["IntegrationTarget"] == {"Ref": "LoadBalancerLoadBalancer"}
        assert integration["Uri"].startswith("http://")


def test_the_path_is_passed_on_and_the_key_is_not(system: System) -> None:
    method = properties(system, "ApiProxyMethod")

    assert method["RequestParameters"] == {"method.request.path.proxy": True}
    assert method["Integration"]["RequestParameters"] == {
        "integration.request.path.proxy": "method.request.path.proxy",
        "integration.request.header.X-Request-Id": "context.requestId",
        "integration.request.header.X-Api-Key-Id": "context.identity.apiKeyId",
        "integration.request.header.X-Stage": "context.stage",
        "integration.request.header.x-api-key": "'hidden'",
    }


def test_errors_of_the_gateway_carry_cors(system: System) -> None:
    kinds = {
        body["Properties"]["ResponseType"]: body["Properties"]["ResponseParameters"]
        for body in of_type(system, "AWS::ApiGateway::GatewayResponse").values()
    }

    assert set(kinds) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for headers in kinds.values():
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_bodies_pass_as_they_are(system: System) -> None:
    """Binary for all, and so a conversion for the mock that answers preflights."""
    assert properties(system, "ApiRestApi")["BinaryMediaTypes"] == ["*/*"]
    mock = properties(system, "ApiProxyOptions")["Integration"]
    assert mock["ContentHandling"] == "CONVERT_TO_TEXT"
    assert mock["IntegrationResponses"][0]["ContentHandling"] == "CONVERT_TO_TEXT"


def test_each_client_has_a_key_and_a_plan(production: Settings) -> None:
    clients = {"web": Client(rate_limit=5), "mobile": Client()}
    system = resources_of(changed(production, "api.clients", clients))

    assert properties(system, "ApiApiKeyWeb")["Enabled"] is True
    assert properties(system, "ApiPlanWeb")["Throttle"]["RateLimit"] == 5
    assert properties(system, "ApiMembershipMobile")["KeyId"] == {"Ref": "ApiApiKeyMobile"}


def test_the_stage_has_a_ceiling_and_an_access_log(system: System) -> None:
    stage = properties(system, "ApiStage")

    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)
    assert "$context.requestId" in stage["AccessLogSetting"]["Format"]
    assert "\n" not in stage["AccessLogSetting"]["Format"]


def test_the_deployment_waits_for_all_that_it_shows(system: System) -> None:
    ((_, deployment),) = of_type(system, "AWS::ApiGateway::Deployment").items()

    shown = {
        name
        for kind in ("Method", "GatewayResponse", "Resource")
        for name in of_type(system, f"AWS::ApiGateway::{kind}")
    }
    assert shown <= set(deployment["DependsOn"])


def test_the_service_learns_who_asked_and_the_log_has_the_same_ids(system: System) -> None:
    log = json.loads(properties(system, "ApiStage")["AccessLogSetting"]["Format"])

    for method in ("ApiRootMethod", "ApiProxyMethod"):
        sent = properties(system, method)["Integration"]["RequestParameters"]
        headers = {
            name.removeprefix("integration.request.header."): f"${value}"
            for name, value in sent.items()
            if name.startswith("integration.request.header.X-")
        }
        assert headers == {
            "X-Request-Id": log["requestId"],
            "X-Api-Key-Id": log["keyId"],
            "X-Stage": log["stage"],
        }


@pytest.mark.parametrize(("timeout", "idle"), [(0.05, "60"), (29, "60"), (120.5, "126")])
def test_the_gateway_gives_up_before_the_balancer(
    production: Settings, timeout: float, idle: str
) -> None:
    system = resources_of(changed(production, "api.timeout_seconds", timeout))
    balancer = properties(system, "LoadBalancerLoadBalancer")["LoadBalancerAttributes"]
    integration = properties(system, "ApiProxyMethod")["Integration"]

    assert attributes(balancer)["idle_timeout.timeout_seconds"] == idle
    assert integration["TimeoutInMillis"] < 1000 * int(idle)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/gateway-stage/orders/7", "/orders/7"),
        ("/gateway-stage/", "/"),
        ("/gateway-stage", "/"),
        ("/gateway-stage/gateway-stage/a", "/gateway-stage/a"),
    ],
)
def test_the_balancer_removes_the_stage_from_a_path(
    system: System, path: str, seen: str
) -> None:
    rule = properties(system, "LoadBalancerWithoutStage")
    (transform,) = rule["Transforms"]
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    patterns = rule["Conditions"][0]["PathPatternConfig"]["Values"]

    assert any(fnmatch(path, pattern) for pattern in patterns)
    assert re.sub(rewrite["Regex"], rewrite["Replace"].replace("$1", r"\1"), path) == seen


@pytest.mark.parametrize("path", ["/", "/orders", "/gateway-stages", "/a/gateway-stage/b"])
def test_the_balancer_leaves_every_other_path(system: System, path: str) -> None:
    rule = properties(system, "LoadBalancerWithoutStage")
    patterns = rule["Conditions"][0]["PathPatternConfig"]["Values"]

    assert not any(fnmatch(path, pattern) for pattern in patterns)


@pytest.mark.parametrize("allowed", [True, False])
def test_every_listener_attribute_is_sent_empty_when_it_is_off(
    production: Settings, allowed: bool
) -> None:
    """ELB keeps the value of an attribute that a template no longer names."""
    one = changed(production, "api.cors_allow_origin", "https://www.example.com")
    system = resources_of(changed(one, "api.cors_allow_credentials", allowed))
    sent = attributes(properties(system, "LoadBalancerListener")["ListenerAttributes"])
    every = attributes(
        properties(resources_of(production), "LoadBalancerListener")["ListenerAttributes"]
    )

    assert sent.keys() == every.keys()
    credentials = sent["routing.http.response.access_control_allow_credentials.header_value"]
    assert credentials == ("true" if allowed else "")


@pytest.mark.parametrize(
    ("key", "value"), [("database.ssl_mode", "verify-full"), ("database.generation", 2)]
)
def test_another_db_url_starts_new_tasks(
    production: Settings, key: str, value: str | int
) -> None:
    """ECS reads a secret only when a task starts: another task definition starts them."""
    before = properties(resources_of(production), "ServiceTaskDefinition")
    after = properties(resources_of(changed(production, key, value)), "ServiceTaskDefinition")

    assert before != after


# DNS


def test_the_alias_leads_to_the_regional_domain(system: System) -> None:
    alias = properties(system, "DnsAlias")

    assert alias["Name"] == "api.example.com"
    assert alias["AliasTarget"]["DNSName"] == {
        "Fn::GetAtt": ["DnsDomainName", "RegionalDomainName"]
    }
    assert "TTL" not in alias


def test_a_first_domain_leaves_the_other_address_open(production: Settings) -> None:
    """Closed at once, the API would be down until the certificate is there."""
    without = changed(production, "dns.domain", None)
    before, after = resources_of(without), resources_of(production)

    assert properties(before, "ApiRestApi") == properties(after, "ApiRestApi")
    assert properties(after, "ApiRestApi")["DisableExecuteApiEndpoint"] is False
    assert not of_type(before, "AWS::ApiGateway::DomainName")


def test_a_setting_closes_the_other_address(production: Settings) -> None:
    closed = resources_of(changed(production, "api.default_endpoint", "closed"))

    assert properties(closed, "ApiRestApi")["DisableExecuteApiEndpoint"] is True


def test_no_address_takes_tls_below_1_2(system: System) -> None:
    """While the API's own address is open, the API's policy is that of its domain too."""
    api = properties(system, "ApiRestApi")

    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["EndpointAccessMode"] == "BASIC", "an enhanced policy asks for a mode"
    assert properties(system, "DnsDomainName")["SecurityPolicy"] == "TLS_1_2"


# Monitoring


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_every_log_group_expires(built: dict[str, Built], environment: str) -> None:
    system = built[environment].system.template["Resources"]

    days = [
        b["Properties"]["RetentionInDays"]
        for b in of_type(system, "AWS::Logs::LogGroup").values()
    ]
    assert days == [7, 7, 7, 7, 7]


def test_an_alarm_watches_each_tier(system: System) -> None:
    alarms = [body["Properties"] for body in of_type(system, "AWS::CloudWatch::Alarm").values()]

    assert {alarm["Namespace"] for alarm in alarms} == {
        "AWS/ApiGateway",
        "AWS/ApplicationELB",
        "AWS/ECS",
        "AWS/RDS",
        "shop-production",
    }
    for alarm in alarms:
        assert alarm["AlarmActions"] == [{"Ref": "MonitoringAlarmTopic"}]


def test_an_alarm_notifies_after_all_its_datapoints(system: System) -> None:
    """Every datapoint of its periods, on the way in and on the way out, in words."""
    for body in of_type(system, "AWS::CloudWatch::Alarm").values():
        alarm = body["Properties"]
        assert alarm["AlarmDescription"]
        assert alarm["OKActions"] == alarm["AlarmActions"]
        assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
        wanted = "breaching" if alarm["MetricName"] == "HealthyHostCount" else "notBreaching"
        assert alarm["TreatMissingData"] == wanted
        assert bool(alarm["Dimensions"]) is (alarm["Namespace"] != "shop-production")


def test_a_certificate_that_is_not_renewed_is_reported(system: System) -> None:
    rule = properties(system, "MonitoringCertificateExpiry")

    assert rule["EventPattern"]["detail"] == {"CommonName": ["api.example.com"]}
    assert rule["Targets"] == [{"Arn": {"Ref": "MonitoringAlarmTopic"}, "Id": "topic"}]
    policy = properties(system, "MonitoringAlarmTopicPolicy")["PolicyDocument"]
    (statement,) = [s for s in policy["Statement"] if "events.amazonaws.com" in str(s)]
    assert "Condition" not in statement, "SNS drops what EventBridge publishes under one"


def test_every_publisher_of_the_topic_is_named_in_its_policy(system: System) -> None:
    policy = properties(system, "MonitoringAlarmTopicPolicy")["PolicyDocument"]

    assert {s["Principal"]["Service"]: "Condition" in s for s in policy["Statement"]} == {
        "cloudwatch.amazonaws.com": True,
        "events.rds.amazonaws.com": True,
        "events.amazonaws.com": False,
    }


def test_a_failed_deployment_is_reported(system: System) -> None:
    rule = properties(system, "MonitoringFailedDeployments")
    (service,) = rule["EventPattern"]["resources"]

    assert rule["EventPattern"]["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert service["Fn::Sub"][1] == {
        "Cluster": {"Ref": "ServiceCluster"},
        "Service": {"Fn::GetAtt": ["ServiceService", "Name"]},
    }
    assert rule["Targets"] == [{"Arn": {"Ref": "MonitoringAlarmTopic"}, "Id": "topic"}]


def test_failover_low_storage_and_maintenance_are_reported(system: System) -> None:
    found = properties(system, "MonitoringDatabaseEvents")

    assert found["SourceIds"] == [
        properties(system, "DatabaseInstance")["DBInstanceIdentifier"]
    ]
    assert found["SnsTopicArn"] == {"Ref": "MonitoringAlarmTopic"}
    assert {"failover", "low storage", "maintenance"} <= set(found["EventCategories"])


@pytest.mark.parametrize("size", [20, 21, 100, 399, 1000, 6000])
def test_the_storage_alarm_stays_silent_until_rds_should_have_grown(
    production: Settings, size: int
) -> None:
    """RDS grows at a tenth of the day's size, which is the first size or more."""
    bigger = changed(production, "database.storage_limit_gib", 2 * size + 20)
    alarm = properties(
        resources_of(changed(bigger, "database.storage_gib", size)), "MonitoringDatabaseStorage"
    )

    assert 0 < alarm["Threshold"] < size * 1024**3 / 10


def test_an_email_address_is_subscribed(production: Settings) -> None:
    system = resources_of(changed(production, "monitoring.alarm_email", "ops@example.com"))

    assert properties(system, "MonitoringAlarmTopic")["Subscription"] == [
        {"Protocol": "email", "Endpoint": "ops@example.com"}
    ]


def test_the_dashboard_is_json(system: System) -> None:
    text, _ = properties(system, "MonitoringDashboard")["DashboardBody"]["Fn::Sub"]

    assert len(json.loads(text)["widgets"]) == 8
