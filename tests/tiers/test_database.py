"""Production has the facts that a reviewer asks for about the database."""

import json
from typing import Any

import pytest

from build import Built
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of


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
