"""Values that RDS accepts for a standalone instance, and what protects its data and budget."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from cfnlink.aws.catalogue import facts
from cfnlink.aws.rds import growth_gib, is_window, window_minutes, windows_overlap
from cfnlink.lint.conditions import (
    between,
    is_present,
    matches,
    must_be_absent,
    none_of,
    one_of,
)
from cfnlink.lint.rule import Faults, Row, property_rule, rule
from cfnlink.system.expressions import spelled
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
STORAGE_DOCS = f"{GUIDE}CHAP_Storage.html"
RESTORE = API.replace("CreateDBInstance.html", "RestoreDBInstance")
POSTGRESQL = facts("postgresql")
TODAY = datetime.now(UTC).date().isoformat()[:7]
ENDED = [
    major
    for major, dates in POSTGRESQL["versions"].items()
    if str(dates["community_end"])[:7] < TODAY
]
INSTANCE = "AWS::RDS::DBInstance"
UNSUPPORTED = "open-source-rds-extended-support-disabled"
INSIGHTS = "PerformanceInsights"
MAINTAINED = rf"(?!(\d|10|{'|'.join(ENDED)})(\.|$)).*"
SIZES = {kind: fact["size"] for kind, fact in POSTGRESQL["storage"].items()}
SQL = ("postgres", "mysql", "mariadb")
SOURCES = ("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier", "SourceDbiResourceId",
           "SourceDBInstanceAutomatedBackupsArn", "SourceDBClusterIdentifier")  # fmt: skip

POINT_IN_TIME_SOURCES = ("SourceDbiResourceId", "SourceDBInstanceAutomatedBackupsArn")


def is_single(instance: Resource) -> bool:
    """Whether it is a standalone instance, no member of a cluster and no replica."""
    return all(map(instance.is_missing, ("DBClusterIdentifier", "SourceDBInstanceIdentifier")))


def created(instance: Resource) -> bool:
    """Whether it is created empty, from no snapshot and no other instance."""
    return is_single(instance) and all(map(instance.is_missing, SOURCES))


def runs(instance: Resource, *engines: str) -> bool:
    """Whether it is a standalone instance of these engines."""
    return is_single(instance) and instance.get("Engine") in engines


def is_multi_az(instance: Resource) -> bool:
    """Whether an instance is known to have a standby in a second zone."""
    return instance.flag("MultiAZ") is True


def is_decided(instance: Resource, name: str) -> bool:
    """Whether a standalone instance must have a safe value: in two zones, or by default."""
    return is_single(instance) and (is_multi_az(instance) or instance.is_missing(name))


def is_of_a_point_in_time(instance: Resource) -> bool:
    """Whether a standalone instance is created from a point in time of another one."""
    return is_single(instance) and not all(map(instance.is_missing, POINT_IN_TIME_SOURCES))


def is_monitored_without_role(instance: Resource) -> bool:
    """Whether enhanced monitoring is on and lacks its role."""
    interval = instance.number("MonitoringInterval")
    return bool(interval) and instance.is_missing("MonitoringRoleArn")


def has_no_insights(instance: Resource) -> bool:
    """Whether Performance Insights is known to be off."""
    on = instance.flag("EnablePerformanceInsights")
    return is_single(instance) and (
        on is False or instance.is_missing("EnablePerformanceInsights")
    )


def lacks_days_of_insights(instance: Resource) -> bool:
    """Whether Performance Insights does not keep what the advanced mode needs."""
    days = instance.number("PerformanceInsightsRetentionPeriod")
    advanced = is_single(instance) and instance.get("DatabaseInsightsMode") == "advanced"
    return advanced and (has_no_insights(instance) or (days is not None and days < 465))


def is_too_small_for_insights(instance: Resource) -> bool:
    """Whether an instance of MySQL or MariaDB has a class without Performance Insights."""
    small = re.fullmatch(r"db\.t(2|3|4g)\.(micro|small)", str(instance.get("DBInstanceClass")))
    return small is not None and instance.get("Engine") in ("mysql", "mariadb")


def growth_steps(instance: Resource) -> float:
    """Return how far storage can grow, in steps of RDS; one at least where it is unknown."""
    size, most = instance.number("AllocatedStorage"), instance.number("MaxAllocatedStorage")
    if size is None or most is None:
        return 1
    return float(most - size) / growth_gib(size)


def storage(instance: Resource) -> str:
    """Return the type of an instance's storage; empty if it is unknown or another engine's."""
    # Many a published template of another engine asks for 5 GiB and gets them.
    usual = "gp3" if instance.get("Engine") == "postgres" else ""
    default = usual if instance.is_missing("Iops") else "io1"
    kind = default if instance.is_missing("StorageType") else instance.get("StorageType")
    return str(kind or "") if runs(instance, *SQL) else ""


def gp3_size(instance: Resource) -> float:
    """Return the GiB of an instance's gp3 storage; 0 if it is unknown or of another type."""
    return (instance.number("AllocatedStorage") or 0) if storage(instance) == "gp3" else 0


def iops_that_fit(instance: Resource) -> str:
    """Return which Iops the io1 storage of an instance takes; nothing if it has them."""
    least, most = POSTGRESQL["storage"]["io1"]["iops_per_gib"]
    iops, size = instance.number("Iops"), instance.number("AllocatedStorage")
    largest = instance.number("MaxAllocatedStorage") or size
    if iops and size and largest and storage(instance) == "io1":
        if iops < least * largest:
            return f"at least {least * largest:g} for {largest:g} GiB"
        if iops > most * size:
            return f"at most {most * size:g} for {size:g} GiB"
    return ""


@rule("E9965", INSTANCE, f"{GUIDE}CHAP_Storage.html")
def iops_fit_the_largest_storage(instance: Resource) -> Faults:
    """The Iops of an instance fit the storage to which it may grow.
    An instance with io1 storage has 0.5 to 50 Iops for each GiB, and RDS compares them with
    MaxAllocatedStorage: "Invalid iops to max storage (GB) ratio"."""
    if fix := iops_that_fit(instance):
        yield ["Iops"], f"io1 takes {fix}; change the Iops or the storage"


# fmt: off
accepted = partial(property_rule, on=INSTANCE, docs=API, formerly="E9220")
together = partial(property_rule, on=INSTANCE, docs=API, formerly="E9221")
care = partial(property_rule, on=INSTANCE, docs=API, formerly="W9215")

storage_type_is_known = accepted(
    "E9271", path="StorageType", allowed=one_of(*POSTGRESQL["storage"]), only_if=is_single,
    good="An instance has a StorageType that RDS knows.", fix="no such; use gp3",
)
lifecycle_support_is_known = accepted(
    "E9272", path="EngineLifecycleSupport", allowed=one_of(*POSTGRESQL["lifecycle_support"]),
    good="An instance has an EngineLifecycleSupport that RDS knows.", only_if=is_single,
    fix=f"no such; use {UNSUPPORTED}",
)
monitoring_interval_is_known = accepted(
    "E9273", path="MonitoringInterval", allowed=one_of(*POSTGRESQL["monitoring_intervals"]),
    good="An instance has a MonitoringInterval that RDS knows.",
    only_if=is_single, fix="use 60",
)

storage_limit_is_not_below_the_storage = together(
    "E9280", path="MaxAllocatedStorage", allowed=must_be_absent,
    good="MaxAllocatedStorage is not below AllocatedStorage.",
    only_if=lambda instance: growth_steps(instance) < 0,
    fix="below AllocatedStorage; raise it",
)
io1_has_iops = together(
    "E9281", path="StorageType", allowed=must_be_absent,
    good="An instance with io1 storage has Iops.",
    only_if=lambda instance: storage(instance) == "io1" and instance.is_missing("Iops"),
    fix="io1 needs Iops; set it, or use gp3",
)


@rule("E9282", INSTANCE, API, formerly="E9221")
def allocated_storage_fits_its_type(instance: Resource) -> Faults:
    """AllocatedStorage is within the sizes of its storage type.
    Each storage type has a smallest and a largest size."""
    if (kind := storage(instance)) in SIZES:
        least, most = SIZES[kind]
        yield Row("AllocatedStorage", between(least, most), f"take {least} to {most} GiB")


small_gp3_has_no_iops = together(
    "E9283", path=("Iops", "StorageThroughput"), allowed=must_be_absent,
    good="A gp3 volume under 400 GiB has no Iops and no StorageThroughput.",
    only_if=lambda instance: 1 <= gp3_size(instance) < 400,
    fix="gp3 under 400 GiB has none; remove it", docs=STORAGE_DOCS,
)
large_gp3_iops_are_in_range = together(
    "E9284", path="Iops", allowed=between(12000, 64000),
    good="A gp3 volume of 400 GiB or more has 12000 to 64000 Iops.", docs=STORAGE_DOCS,
    only_if=lambda instance: gp3_size(instance) >= 400, fix="gp3 takes 12000 to 64000",
)
large_gp3_throughput_is_in_range = together(
    "E9285", path="StorageThroughput", allowed=between(500, 4000), docs=STORAGE_DOCS,
    good="A gp3 volume of 400 GiB or more has a StorageThroughput of 500 to 4000.",
    only_if=lambda instance: gp3_size(instance) >= 400, fix="gp3 takes 500 to 4000",
)
monitoring_has_a_role = together(
    "E9286", path="MonitoringInterval", allowed=must_be_absent,
    good="An instance with enhanced monitoring has a MonitoringRoleArn.",
    only_if=is_monitored_without_role, fix="it needs MonitoringRoleArn; set it",
)
insights_are_on_where_they_are_kept = together(
    "E9287", path=f"{INSIGHTS}RetentionPeriod", allowed=must_be_absent, only_if=has_no_insights,
    good="An instance with a retention of Performance Insights has them enabled.",
    fix="insights are off; enable them",
)
advanced_mode_keeps_insights = together(
    "E9288", path="DatabaseInsightsMode", allowed=must_be_absent,
    only_if=lacks_days_of_insights,
    good="An instance in the advanced mode of insights keeps them for 465 days.",
    fix="advanced needs 465 days of insights",
)
class_supports_insights = together(
    "E9289", path="EnablePerformanceInsights", allowed=none_of(True),
    only_if=is_too_small_for_insights,
    good="An instance with Performance Insights has a class that supports them.",
    fix="not on this class; set false", docs=f"{GUIDE}USER_DatabaseInsights.Engines.html",
)
unmanaged_password_is_given = together(
    "E9291", path="MasterUserPassword", allowed=is_present, required=True,
    good="An instance whose password RDS does not manage has a MasterUserPassword.",
    only_if=lambda instance: created(instance)
    and instance.flag("ManageMasterUserPassword") is False,
    fix="set ManageMasterUserPassword",
)
snapshot_brings_its_name = together(
    "E9292", path="DBName", allowed=must_be_absent, docs=f"{RESTORE}FromDBSnapshot.html",
    good="An instance of MySQL, MariaDB or PostgreSQL from a snapshot states no DBName.",
    why="RDS refuses the name: it comes from the snapshot.",
    only_if=lambda instance: runs(instance, *SQL) and instance.get("DBSnapshotIdentifier"),
    fix="it comes from the snapshot; remove it",
)
source_brings_its_name = together(
    "E9293", path="DBName", allowed=must_be_absent, docs=f"{RESTORE}ToPointInTime.html",
    good="An instance of MySQL, MariaDB or PostgreSQL from a point in time states no DBName.",
    why="RDS refuses the name: it comes from the source.",
    only_if=lambda instance: runs(instance, *SQL) and is_of_a_point_in_time(instance),
    fix="it comes from the source; remove it",
)
source_brings_its_properties = together(
    "W9298", path=("MasterUsername", "StorageEncrypted", "KmsKeyId"), allowed=must_be_absent,
    good="An instance from a snapshot or a point in time states no user and no encryption.",
    why="Both come from the source, and CloudFormation ignores the properties.",
    only_if=lambda instance: is_single(instance)
    and (instance.get("DBSnapshotIdentifier") or is_of_a_point_in_time(instance)),
    fix="it comes from the source; remove it", docs=f"{RESTORE}FromDBSnapshot.html",
)
instance_has_one_source = together(
    "E9294", path="DBSnapshotIdentifier", allowed=must_be_absent, only_if=is_of_a_point_in_time,
    good="An instance has one source: a snapshot or a point in time.",
    fix="a second source; remove one of them",
)


@rule("E9295", INSTANCE, API, formerly="E9221")
def point_in_time_is_one(instance: Resource) -> Faults:
    """An instance from a point in time states one moment.
    RDS needs either RestoreTime or UseLatestRestorableTime."""
    if not is_of_a_point_in_time(instance):
        return
    if instance.flag("UseLatestRestorableTime"):
        yield Row("RestoreTime", must_be_absent, "it is the latest already; remove one")
    if instance.is_missing("UseLatestRestorableTime"):
        fix = "say when, or UseLatestRestorableTime"
        yield Row("RestoreTime", is_present, fix, required=True)


instance_is_private = care(
    "W9270", path="PubliclyAccessible", allowed=one_of(False), required=is_single,
    good="An instance is not publicly accessible.",
    why="With a public address its security groups alone keep the internet out.",
    fix="the internet may get in; set false",
)
instance_is_deletion_protected = care(
    "W9274", path="DeletionProtection", allowed=one_of(True), required=True,
    good="An instance has deletion protection, or one zone and says that it has none.",
    why="A call of DeleteDBInstance is otherwise enough to lose the data.",
    only_if=lambda instance: is_decided(instance, "DeletionProtection"),
    fix="a delete call is enough to lose it; set true",
)
changes_wait_for_the_window = care(
    "W9275", path="ApplyImmediately", allowed=one_of(False), required=True,
    good="Changes of an instance in two zones wait for its maintenance window.",
    why="Some changes restart the database.",
    only_if=lambda instance: is_decided(instance, "ApplyImmediately"),
    fix="let changes wait for the window",
)
storage_can_grow = care(
    "W9280", path="MaxAllocatedStorage", allowed=must_be_absent,
    good="MaxAllocatedStorage leaves room for one step of storage autoscaling.",
    why="RDS grows storage by 10 GiB or a tenth. Below that step it does not grow.",
    only_if=lambda instance: is_single(instance) and 0 <= growth_steps(instance) < 1,
    fix="too low for RDS to grow; add 10 GiB and a tenth",
)
extended_support_is_off = care(
    "W9283", path="EngineLifecycleSupport", allowed=one_of(UNSUPPORTED), required=True,
    good="An instance does not take part in RDS Extended Support.",
    why="RDS bills it by vCPU from the day after its standard support ends.",
    only_if=lambda instance: runs(instance, "postgres", "mysql"),
    fix="it will cost; disable it", docs=f"{GUIDE}extended-support-charges.html",
)
storage_is_gp3 = care(
    "W9284", path="StorageType", allowed=none_of("gp2", "standard"),
    good="An instance has gp3 storage, not an older type.",
    why="gp3 costs the same as gp2 and has more I/O at small sizes.", docs=STORAGE_DOCS,
    only_if=lambda instance: runs(instance, "postgres", "mysql"), fix="it is older; use gp3",
)
engine_version_is_maintained = care(
    "W9286", path="EngineVersion", allowed=matches(MAINTAINED),
    only_if=lambda instance: runs(instance, "postgres"),
    good="The PostgreSQL community maintains the EngineVersion.",
    why="Other versions get no repairs of security faults.",
    fix="no longer maintained; use a newer one", docs=POSTGRESQL["sources"]["calendar"]["url"],
)
# fmt: on


@rule("E9210", INSTANCE, API)
def backup_and_maintenance_windows_do_not_overlap(instance: Resource) -> Faults:
    """Backup and maintenance windows are valid and do not overlap.
    Backup and maintenance windows take 30 minutes or more and are in UTC. RDS rejects
    windows that overlap."""
    taken = range(0)
    for name, weekly, form in (
        ("PreferredBackupWindow", False, "hh:mm-hh:mm"),
        ("PreferredMaintenanceWindow", True, "ddd:hh:mm-ddd:hh:mm"),
    ):
        value = instance.text(name)
        if value is None or "$" in value or "{" in value:
            continue
        minutes = window_minutes(value, weekly=weekly)
        if not is_window(minutes):
            yield [name], f"{value} is no window; write {form}, 30 minutes or more"
        elif windows_overlap(taken, minutes):
            yield [name], f"{value} overlaps the backup window; move one of them"
        taken = minutes


LIST = "EnableCloudwatchLogsExports"


def groups(instance: Resource) -> Iterator[tuple[int, str, str]]:
    """The index of each exported log, its name, and the log group that RDS writes to."""
    raw = instance.expression("DBInstanceIdentifier")
    identifier = spelled(raw) or f"${{{instance.name}}}"
    for index, log in instance.items(LIST):
        yield index, str(log), f"/aws/rds/instance/{identifier}/{log}"


@rule("W9206", INSTANCE, f"{GUIDE}USER_LogAccess.Procedural.UploadtoCloudWatch.html")
def exported_logs_expire(instance: Resource) -> Faults:
    """Exported logs have log groups that expire.
    RDS creates the log group of an exported log, and that group never expires: create the
    group /aws/rds/instance/<id>/<log> in the template, with RetentionInDays, before the
    instance."""
    known = {g.text("LogGroupName"): g for g in instance.system.of("AWS::Logs::LogGroup")}
    for index, log, name in groups(instance) if is_single(instance) else ():
        group = known.get(name)
        if group is None and f"${{{instance.name}}}" in name:
            what = f"the group of {log} has a name that RDS makes up"
            yield [LIST, index], f"{what}; state DBInstanceIdentifier, and add the group"
        elif group is None:
            yield [LIST, index], f"no log group {name} lets this log expire; add it"
        elif group.is_missing("RetentionInDays"):
            yield [LIST, index], f"{group.name} keeps {log} without end; set RetentionInDays"
        elif not instance.waits_for(group) and not group.waits_for(instance):
            yield [LIST, index], f"RDS may make {name} first; depend on {group.name}"


VAULT = "AWS::SecretsManager::Secret"


def composed(secret: Resource, depth: int = 4) -> Iterator[Resource]:
    """Return the generated secrets from which another secret is composed, directly or not."""
    if not depth:
        return
    for other in secret.system.named(secret.expression("SecretString"), VAULT):
        yield from composed(other, depth - 1)
        if not other.is_missing("GenerateSecretString"):
            yield other


@rule("W9241", INSTANCE, f"{GUIDE}rds-secrets-manager.html")
def managed_password_is_used(instance: Resource) -> Faults:
    """A managed master's password comes from RDS's secret.
    With ManageMasterUserPassword RDS creates the master's password and changes it: a DB_URL
    that is composed from another secret has a wrong password."""
    key, master = "ManageMasterUserPassword", instance.get("MasterUsername")
    for secret in instance.used_by(VAULT) if instance.flag(key) and master else ():
        for source in composed(secret):
            template = source.text("GenerateSecretString", "SecretStringTemplate") or ""
            if re.search(rf'"username"\s*:\s*"{re.escape(str(master))}"', template):
                what = f"{secret.name} takes {master}'s password from {source.name}"
                yield [key], f"{what}; use MasterUserSecret.SecretArn"
                return
