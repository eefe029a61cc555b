"""Bad cases of cfnlink/rules/database.py."""

from tests.rules.cases import REMOVE, case
from tests.template import ref

BAD_CASES = [
    case(
        "E9962",
        {"DatabaseInstance.EnableCloudwatchLogsExports": ["postgresql", "slowquery"]},
        at="DatabaseInstance.EnableCloudwatchLogsExports.1",
    ),
    case(
        "W9206",
        {"DatabaseLogGroupUpgrade.LogGroupName": "/aws/rds/instance/shop-1/upgrade"},
        at="DatabaseInstance.EnableCloudwatchLogsExports.1",
    ),
    case(
        "W9206",
        {"DatabaseLogGroupUpgrade.RetentionInDays": REMOVE},
        at="DatabaseInstance.EnableCloudwatchLogsExports.1",
    ),
    case(
        "W9206",
        {"DatabaseInstance.DependsOn": ["DatabaseLogGroupUpgrade"]},
        at="DatabaseInstance.EnableCloudwatchLogsExports.0",
    ),
    case(
        "W9206",
        {"DatabaseInstance.DBInstanceIdentifier": REMOVE},
        at="DatabaseInstance.EnableCloudwatchLogsExports.0",
    ),
    case("E9210", {"DatabaseInstance.PreferredMaintenanceWindow": "sun:03:30-sun:04:30"}),
    case("E9210", {"DatabaseInstance.PreferredMaintenanceWindow": "sun:04:30-sun:04:45"}),
    case("E9210", {"DatabaseInstance.PreferredMaintenanceWindow": "04:30-05:30"}),
    case("E9210", {"DatabaseInstance.PreferredBackupWindow": "3:00-4:00"}),
    case("E9210", {"DatabaseInstance.PreferredBackupWindow": "03:00-03:15"}),
    case(
        "E9210",
        {
            "DatabaseInstance.PreferredBackupWindow": "23:30-00:30",
            "DatabaseInstance.PreferredMaintenanceWindow": "mon:00:00-mon:01:00",
        },
        at="DatabaseInstance.PreferredMaintenanceWindow",
    ),
    case("E9283", {"DatabaseInstance.Iops": 3000}),
    case("E9283", {"DatabaseInstance.StorageThroughput": 125}),
    case("E9282", {"DatabaseInstance.AllocatedStorage": "10"}),
    case(
        "E9282",
        {"DatabaseInstance.StorageType": "io1", "DatabaseInstance.Iops": 1000},
        at="DatabaseInstance.AllocatedStorage",
    ),
    case("E9281", {"DatabaseInstance.StorageType": "io1"}),
    case(
        "E9284",
        {"DatabaseInstance.AllocatedStorage": 500, "DatabaseInstance.Iops": 3000},
        at="DatabaseInstance.Iops",
    ),
    case(
        "E9965",
        {
            "DatabaseInstance.StorageType": "io1",
            "DatabaseInstance.AllocatedStorage": "100",
            "DatabaseInstance.Iops": 1000,
            "DatabaseInstance.MaxAllocatedStorage": 5000,
        },
        at="DatabaseInstance.Iops",
    ),
    case(
        "E9965",
        {
            "DatabaseInstance.StorageType": "io1",
            "DatabaseInstance.AllocatedStorage": "100",
            "DatabaseInstance.Iops": 5001,
        },
        at="DatabaseInstance.Iops",
    ),
    case("E9271", {"DatabaseInstance.StorageType": "gp4"}),
    case("E9274", {"DatabaseInstance.MasterUserPassword": "two words"}),
    case("E9272", {"DatabaseInstance.EngineLifecycleSupport": "disabled"}),
    case("W9276", {"DatabaseInstance.AllowMajorVersionUpgrade": True}),
    case("W9280", {"DatabaseInstance.MaxAllocatedStorage": 20}),
    case("W9280", {"DatabaseInstance.MaxAllocatedStorage": 21}),
    case("W9280", {"DatabaseInstance.MaxAllocatedStorage": 30}),
    case(
        "W9280",
        {
            "DatabaseInstance.MaxAllocatedStorage": 440,
            "DatabaseInstance.AllocatedStorage": "400",
        },
    ),
    case("E9280", {"DatabaseInstance.MaxAllocatedStorage": 10}),
    case("E9279", {"DatabaseInstance.AvailabilityZone": "us-east-1a"}),
    case("W9270", {"DatabaseInstance.PubliclyAccessible": True}),
    case("W9270", {"DatabaseInstance.PubliclyAccessible": REMOVE}),
    case("W9271", {"DatabaseInstance.StorageEncrypted": False}),
    case("W9271", {"DatabaseInstance.StorageEncrypted": REMOVE}),
    case("W9273", {"DatabaseInstance.BackupRetentionPeriod": 1}),
    case("W9272", {"DatabaseInstance.BackupRetentionPeriod": 0}, base="development"),
    case("W9274", {"DatabaseInstance.DeletionProtection": False}),
    case("W9274", {"DatabaseInstance.DeletionProtection": REMOVE}),
    case("W9277", {"DatabaseInstance.DeleteAutomatedBackups": True}),
    case("W9277", {"DatabaseInstance.DeleteAutomatedBackups": REMOVE}),
    case("W9278", {"DatabaseInstance.CopyTagsToSnapshot": REMOVE}),
    case("W9279", {"DatabaseInstance.AutoMinorVersionUpgrade": False}),
    case("W9275", {"DatabaseInstance.ApplyImmediately": "true"}),
    case("W9275", {"DatabaseInstance.ApplyImmediately": REMOVE}, base="development"),
    case(
        "E9287",
        {"DatabaseInstance.EnablePerformanceInsights": False},
        at="DatabaseInstance.PerformanceInsightsRetentionPeriod",
    ),
    case("E9288", {"DatabaseInstance.DatabaseInsightsMode": "advanced"}),
    case(
        "E9289",
        {"DatabaseInstance.Engine": "mysql"},
        at="DatabaseInstance.EnablePerformanceInsights",
    ),
    case("W9281", {"DatabaseInstance.PerformanceInsightsRetentionPeriod": 731}),
    case("W9282", {"DatabaseInstance.DatabaseInsightsMode": "advanced"}),
    case(
        "W9283", {"DatabaseInstance.EngineLifecycleSupport": "open-source-rds-extended-support"}
    ),
    case("W9283", {"DatabaseInstance.EngineLifecycleSupport": REMOVE}),
    case("W9284", {"DatabaseInstance.StorageType": "gp2"}),
    case("E9286", {"DatabaseInstance.MonitoringInterval": 60}),
    case("E9273", {"DatabaseInstance.MonitoringInterval": 20}),
    case("E9278", {"DatabaseInstance.MasterUsername": "admin"}),
    case("E9278", {"DatabaseInstance.MasterUsername": "pg_owner"}),
    case("E9278", {"DatabaseInstance.MasterUsername": "the-owner"}),
    case("E9277", {"DatabaseInstance.DBName": "rdsadmin"}),
    case("E9277", {"DatabaseInstance.DBName": "my-app"}),
    case("E9276", {"DatabaseInstance.Port": "80"}),
    case("E9274", {"DatabaseInstance.MasterUserPassword": "short"}),
    case("E9274", {"DatabaseInstance.MasterUserPassword": "with/a/slash"}),
    case(
        "E9290",
        {"DatabaseInstance.ManageMasterUserPassword": True},
        at="DatabaseInstance.MasterUserPassword",
    ),
    case(
        "E9291",
        {
            "DatabaseInstance.ManageMasterUserPassword": False,
            "DatabaseInstance.MasterUserPassword": REMOVE,
        },
        at="DatabaseInstance.Properties",
    ),
    case("E9292", {"DatabaseInstance.DBName": "app"}, base="restored"),
    case("W9298", {"DatabaseInstance.MasterUsername": "owner"}, base="restored"),
    case("W9298", {"DatabaseInstance.StorageEncrypted": True}, base="restored"),
    case(
        "E9293",
        {
            "DatabaseInstance.SourceDbiResourceId": "db-ABC",
            "DatabaseInstance.UseLatestRestorableTime": True,
            "DatabaseInstance.DBName": "app",
            "DatabaseInstance.StorageEncrypted": REMOVE,
        },
        at="DatabaseInstance.DBName",
    ),
    case(
        "W9298",
        {
            "DatabaseInstance.SourceDbiResourceId": "db-ABC",
            "DatabaseInstance.UseLatestRestorableTime": True,
            "DatabaseInstance.DBName": REMOVE,
            "DatabaseInstance.StorageEncrypted": True,
        },
        at="DatabaseInstance.StorageEncrypted",
    ),
    case(
        "E9294",
        {
            "DatabaseInstance.SourceDbiResourceId": "db-ABC",
            "DatabaseInstance.UseLatestRestorableTime": True,
            "DatabaseInstance.DBName": REMOVE,
            "DatabaseInstance.StorageEncrypted": REMOVE,
            "DatabaseInstance.DBSnapshotIdentifier": "before",
        },
        at="DatabaseInstance.DBSnapshotIdentifier",
    ),
    case(
        "E9295",
        {
            "DatabaseInstance.SourceDbiResourceId": "db-ABC",
            "DatabaseInstance.UseLatestRestorableTime": True,
            "DatabaseInstance.DBName": REMOVE,
            "DatabaseInstance.StorageEncrypted": REMOVE,
            "DatabaseInstance.RestoreTime": "2026-11-26T10:00:00Z",
        },
        at="DatabaseInstance.RestoreTime",
    ),
    case(
        "E9295",
        {
            "DatabaseInstance.SourceDbiResourceId": "db-ABC",
            "DatabaseInstance.DBName": REMOVE,
            "DatabaseInstance.StorageEncrypted": REMOVE,
        },
        at="DatabaseInstance.Properties",
    ),
    case("W9285", {"DatabaseInstance.EngineVersion": REMOVE}),
    case("W9285", {"DatabaseInstance.EngineVersion": "15"}),
    case("W9286", {"DatabaseInstance.EngineVersion": "13.20"}),
    case("E9270", {"DatabaseInstance.CACertificateIdentifier": "rds-ca-2019"}),
    case("E9275", {"DatabaseInstance.KmsKeyId": "alias/aws/ebs"}),
    case(
        "W9241",
        {
            "DatabaseInstance.ManageMasterUserPassword": True,
            "DatabaseInstance.MasterUserPassword": ref("AWS::NoValue"),
        },
    ),
    case(
        "E9285",
        {"DatabaseInstance.AllocatedStorage": 500, "DatabaseInstance.StorageThroughput": 125},
        at="DatabaseInstance.StorageThroughput",
    ),
]

ACCEPTED = [
    case(
        "E9282",
        {"DatabaseInstance.StorageType": "gp2", "DatabaseInstance.AllocatedStorage": 5},
    ),
    case("W9284", {"DatabaseInstance.StorageType": REMOVE}),
    case("W9273", {"DatabaseInstance.BackupRetentionPeriod": 45}),
]
