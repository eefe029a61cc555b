"""Bad cases of cfnlink/rules/database.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path

I = "DatabaseInstance"  # noqa: E741
P = "Properties"


def instance(
    rule: str, at: tuple[str | int, ...] = (), base: str = "production", **to: Any
) -> BadCase:
    """A case of the instance's properties, seen at the first of them unless said."""
    first = next(iter(to))
    changes: dict[Path, Any] = {(I, P, name): value for name, value in to.items()}
    return BadCase(rule, changes, (I, P, *(at or (first,))), base)


def without(rule: str, name: str, base: str = "production") -> BadCase:
    """A property of the instance is missing."""
    return BadCase(rule, {(I, P, name): REMOVE}, (I, P), base)


def restored(**to: Any) -> BadCase:
    """A case of an instance that is made from another one at its latest moment."""
    values = {"SourceDbiResourceId": "db-ABC", "UseLatestRestorableTime": True}
    values |= {"DBName": REMOVE, "StorageEncrypted": REMOVE, **to}
    changes: dict[Path, Any] = {(I, P, name): value for name, value in values.items()}
    return BadCase("E9221", changes, (I, P, *to))


BAD_CASES = [
    instance(
        "E9205",
        ("EnableCloudwatchLogsExports", 1),
        EnableCloudwatchLogsExports=["postgresql", "slowquery"],
    ),
    BadCase(
        "W9206",
        {("DatabaseLogGroupUpgrade", P, "LogGroupName"): "/aws/rds/instance/shop-1/upgrade"},
        (I, P, "EnableCloudwatchLogsExports", 1),
    ),
    BadCase(
        "W9206",
        {("DatabaseLogGroupUpgrade", P, "RetentionInDays"): REMOVE},
        (I, P, "EnableCloudwatchLogsExports", 1),
    ),
    BadCase(
        "W9206",
        {(I, "DependsOn"): ["DatabaseLogGroupUpgrade"]},
        (I, P, "EnableCloudwatchLogsExports", 0),
    ),
    BadCase(
        "W9206",
        {(I, P, "DBInstanceIdentifier"): REMOVE},
        (I, P, "EnableCloudwatchLogsExports", 0),
    ),
    instance("E9210", PreferredMaintenanceWindow="sun:03:30-sun:04:30"),
    instance("E9210", PreferredMaintenanceWindow="sun:04:30-sun:04:45"),
    instance("E9210", PreferredMaintenanceWindow="04:30-05:30"),
    instance("E9210", PreferredBackupWindow="3:00-4:00"),
    instance("E9210", PreferredBackupWindow="03:00-03:15"),
    instance(
        "E9210",
        ("PreferredMaintenanceWindow",),
        PreferredBackupWindow="23:30-00:30",
        PreferredMaintenanceWindow="mon:00:00-mon:01:00",
    ),
    instance("E9221", Iops=3000),
    instance("E9221", StorageThroughput=125),
    instance("E9221", AllocatedStorage="10"),
    instance("E9221", ("AllocatedStorage",), StorageType="io1", Iops=1000),
    instance("E9221", StorageType="io1"),
    instance("E9221", ("Iops",), AllocatedStorage=500, Iops=3000),
    instance("E9220", StorageType="gp4"),
    instance("E9220", MasterUserPassword="two words"),
    instance("E9220", EngineLifecycleSupport="disabled"),
    instance("W9215", AllowMajorVersionUpgrade=True),
    instance("W9215", MaxAllocatedStorage=20),
    instance("W9215", MaxAllocatedStorage=21),
    instance("W9215", MaxAllocatedStorage=30),
    instance("W9215", MaxAllocatedStorage=440, AllocatedStorage="400"),
    instance("E9221", MaxAllocatedStorage=10),
    instance("E9221", AvailabilityZone="us-east-1a"),
    instance("W9215", PubliclyAccessible=True),
    without("W9215", "PubliclyAccessible"),
    instance("W9215", StorageEncrypted=False),
    without("W9215", "StorageEncrypted"),
    instance("W9215", BackupRetentionPeriod=1),
    instance("W9215", base="development", BackupRetentionPeriod=0),
    instance("W9215", DeletionProtection=False),
    without("W9215", "DeletionProtection"),
    instance("W9215", DeleteAutomatedBackups=True),
    without("W9215", "DeleteAutomatedBackups"),
    without("W9215", "CopyTagsToSnapshot"),
    instance("W9215", AutoMinorVersionUpgrade=False),
    instance("W9215", ApplyImmediately="true"),
    without("W9215", "ApplyImmediately", "development"),
    instance("E9221", ("PerformanceInsightsRetentionPeriod",), EnablePerformanceInsights=False),
    instance("E9221", DatabaseInsightsMode="advanced"),
    instance("E9221", ("EnablePerformanceInsights",), Engine="mysql"),
    instance("W9215", PerformanceInsightsRetentionPeriod=731),
    instance("W9215", DatabaseInsightsMode="advanced"),
    instance("W9215", EngineLifecycleSupport="open-source-rds-extended-support"),
    without("W9215", "EngineLifecycleSupport"),
    instance("W9215", StorageType="gp2"),
    instance("E9221", MonitoringInterval=60),
    instance("E9220", MonitoringInterval=20),
    instance("E9220", MasterUsername="admin"),
    instance("E9220", MasterUsername="pg_owner"),
    instance("E9220", MasterUsername="the-owner"),
    instance("E9220", DBName="rdsadmin"),
    instance("E9220", DBName="my-app"),
    instance("E9220", Port="80"),
    instance("E9220", MasterUserPassword="short"),
    instance("E9220", MasterUserPassword="with/a/slash"),
    instance("E9221", ("MasterUserPassword",), ManageMasterUserPassword=True),
    BadCase(
        "E9221",
        {(I, P, "ManageMasterUserPassword"): False, (I, P, "MasterUserPassword"): REMOVE},
        (I, P),
    ),
    instance("E9221", base="restored", DBName="app"),
    instance("E9221", base="restored", MasterUsername="owner"),
    instance("E9221", base="restored", StorageEncrypted=True),
    restored(DBName="app"),
    restored(StorageEncrypted=True),
    restored(DBSnapshotIdentifier="before"),
    restored(RestoreTime="2026-11-26T10:00:00Z"),
    BadCase(
        "E9221",
        {
            (I, P, "SourceDbiResourceId"): "db-ABC",
            (I, P, "DBName"): REMOVE,
            (I, P, "StorageEncrypted"): REMOVE,
        },
        (I, P),
    ),
    without("W9215", "EngineVersion"),
    instance("W9215", EngineVersion="15"),
    instance("W9215", EngineVersion="13.20"),
    instance("E9220", CACertificateIdentifier="rds-ca-2019"),
    instance("E9220", KmsKeyId="alias/aws/ebs"),
    instance(
        "W9241", ManageMasterUserPassword=True, MasterUserPassword={"Ref": "AWS::NoValue"}
    ),
]

ACCEPTED = [without("W9215", "StorageType"), instance("W9215", BackupRetentionPeriod=45)]
