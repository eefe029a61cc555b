"""Database tier: one private PostgreSQL instance, its passwords and its URL.

The instance resolves MasterSecret only. DB_URL is composed from ApplicationSecret. That
secret starts as a copy of the master's credentials, so the first deployment needs no SQL;
after a rotation it holds the current user. Each update that makes CloudFormation resolve the
references gives DB_URL a user and a password that work.

docs/decisions/0014-restore-and-generations.md has the reasons.
"""

from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Sub, ec2, logs, rds, secretsmanager

from cfnlink.aws.limits import creatable_versions
from templates.account import Account
from templates.database_secrets import (
    DATABASE,
    application_secret,
    master_secret,
    reference,
    url_secret,
)
from templates.network import Network
from templates.parts import closed_group, expiring_log_group
from templates.roles import role_limits
from templates.settings import DatabaseSettings, Settings
from templates.stack import Stack, Tier, publish
from templates.task_roles import execution_role

PORT = 5432
LOG_EXPORTS = ("postgresql", "upgrade")
SLOW_STATEMENT_MS = 1000
LATEST = "latest"


@dataclass(frozen=True, kw_only=True)
class Database(Tier):
    """What the other tiers may use.

    The service reads the URL from the secret when a task starts. So the endpoint, which a
    restore changes, is not exported.
    """

    url_secret: AWSHelperFn
    security_group: AWSHelperFn


def database_tier(settings: Settings, account: Account, network: Network) -> Database:
    """Return PostgreSQL in subnets without a way out, and the role of tasks that
    send it SQL."""
    stack = Stack.of(settings, "database", "PostgreSQL in subnets that lead nowhere.")

    group = stack.add(closed_group("SecurityGroup", network.vpc, "The database."))
    subnets = stack.add(_subnet_group(network))
    parameters = stack.add(_parameter_group(settings.database))
    log_groups = _log_groups(stack, settings)
    master = stack.add(master_secret(settings.database.master_username))
    dependencies = _InstanceDependencies(group, subnets, parameters, master)
    instance = stack.add(_instance(settings, dependencies, log_groups))
    application = stack.add(application_secret(master))
    url = stack.add(url_secret(settings.database, instance, application))
    stack.name_parts(owner_secret=master, user_secret=application, url_secret=url)
    _add_sql_tasks(stack, settings, account, [master, application])

    return publish(
        Database,
        stack,
        url_secret=url.ref(),
        security_group=group.get_att("GroupId"),
    )


def _add_sql_tasks(
    stack: Stack, settings: Settings, account: Account, users: list[secretsmanager.Secret]
) -> None:
    """Add the role and the log of tasks that send SQL.

    Their task definition names the version of each secret that it reads, so the command that
    runs a task registers it. Role and log always exist.
    """
    log = stack.add(expiring_log_group("SqlLogGroup", settings))
    limits = role_limits(settings, account)
    role = stack.add(execution_role(account, [log], [user.ref() for user in users], limits))
    stack.name_parts(sql_role=role, sql_log_group=log)


@dataclass(frozen=True)
class _InstanceDependencies:
    """The resources that the instance needs."""

    group: ec2.SecurityGroup
    subnets: rds.DBSubnetGroup
    parameters: rds.DBParameterGroup
    master: secretsmanager.Secret


def _subnet_group(network: Network) -> rds.DBSubnetGroup:
    """Without a way out, in two zones: RDS asks for two, with a standby or without."""
    return rds.DBSubnetGroup(
        "SubnetGroup",
        DBSubnetGroupDescription="The database subnets of both zones.",
        SubnetIds=network.database_subnets,
    )


def _parameter_group(database: DatabaseSettings) -> rds.DBParameterGroup:
    """Without a name, so that the next major version can have another group."""
    return rds.DBParameterGroup(
        "ParameterGroup",
        Description="TLS only, slow statements logged.",
        Family=f"postgres{database.engine_version.partition('.')[0]}",
        Parameters={
            "rds.force_ssl": "1",
            "log_min_duration_statement": str(SLOW_STATEMENT_MS),
        },
    )


def _log_groups(stack: Stack, settings: Settings) -> list[logs.LogGroup]:
    """Created before the instance, which would create them without an expiry."""
    return [
        stack.add(
            expiring_log_group(
                f"LogGroup{export.title()}",
                settings,
                LogGroupName=f"/aws/rds/instance/{settings.database_identifier}/{export}",
            )
        )
        for export in LOG_EXPORTS
    ]


def _instance(
    settings: Settings, dependencies: _InstanceDependencies, log_groups: list[logs.LogGroup]
) -> rds.DBInstance:
    """Deletion protection keeps a replaced instance; without it a snapshot remains."""
    database = settings.database
    return rds.DBInstance(
        "Instance",
        **_newer_than_known(database),
        DependsOn=[group.title for group in log_groups],
        DeletionPolicy="Snapshot",
        UpdateReplacePolicy="Snapshot",
        DBInstanceIdentifier=settings.database_identifier,
        Engine="postgres",
        EngineVersion=database.engine_version,
        DBInstanceClass=database.instance_class,
        **_content(database),
        MasterUserPassword=Sub(
            reference("Master", "password"), Master=dependencies.master.ref()
        ),
        **_storage(database),
        MultiAZ=database.multi_az,
        DBSubnetGroupName=dependencies.subnets.ref(),
        VPCSecurityGroups=[dependencies.group.get_att("GroupId")],
        PubliclyAccessible=False,
        Port=str(PORT),
        DBParameterGroupName=dependencies.parameters.ref(),
        **_upkeep(database),
        **_observation(),
    )


def _newer_than_known(database: DatabaseSettings) -> dict[str, Any]:
    """Keep cfn-lint from rejecting a minor version of RDS that is newer than cfn-lint."""
    if database.engine_version in creatable_versions():
        return {}
    return {"Metadata": {"cfn-lint": {"config": {"ignore_checks": ["E3691"]}}}}


def _content(database: DatabaseSettings) -> dict[str, Any]:
    """Return the source of the data; a source brings its own names and encryption.

    The resource id names the source: it stays valid when the instance is deleted and its
    automated backups remain. CloudFormation would treat an instance name as that of a
    replica. MasterUsername must be present, as RDS has it, because troposphere requires it.
    """
    if database.snapshot:
        return {"DBSnapshotIdentifier": database.snapshot}
    if database.restore_source:
        moment = {"RestoreTime": database.restore_time}
        return {
            "MasterUsername": database.master_username,
            "SourceDbiResourceId": database.restore_source,
            **(
                {"UseLatestRestorableTime": True} if database.restore_time == LATEST else moment
            ),
        }
    return {
        "DBName": DATABASE,
        "MasterUsername": database.master_username,
        "StorageEncrypted": True,
    }


def _storage(database: DatabaseSettings) -> dict[str, Any]:
    """gp3 under 400 GiB takes neither Iops nor StorageThroughput, not even its own."""
    return {
        "StorageType": "gp3",
        "AllocatedStorage": str(database.storage_gib),
        "MaxAllocatedStorage": database.storage_limit_gib,
    }


def _upkeep(database: DatabaseSettings) -> dict[str, Any]:
    return {
        "BackupRetentionPeriod": database.backup_days,
        "PreferredBackupWindow": database.backup_window,
        "PreferredMaintenanceWindow": database.maintenance_window,
        "AutoMinorVersionUpgrade": True,
        "ApplyImmediately": database.apply_immediately,
        **({"AllowMajorVersionUpgrade": True} if database.allow_major_upgrade else {}),
        "CopyTagsToSnapshot": True,
        "DeleteAutomatedBackups": False,
        "DeletionProtection": database.deletion_protection,
        # Otherwise extended support is billed by the vCPU-hour from the day that the
        # community ends a version's life, the standby included.
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    }


def _observation() -> dict[str, Any]:
    """Seven days of Performance Insights cost nothing in standard mode."""
    return {
        "EnableCloudwatchLogsExports": list(LOG_EXPORTS),
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 7,
        "DatabaseInsightsMode": "standard",
    }
