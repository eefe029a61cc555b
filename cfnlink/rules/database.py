"""Values that RDS accepts for a standalone instance, and what protects its data and budget."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import inf

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import (
    between,
    is_present,
    matches,
    must_be_absent,
    none_of,
    one_of,
)
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.expressions import references, text
from cfnlink.system.template import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
POSTGRESQL = facts("postgresql")
TODAY = datetime.now(UTC).date().isoformat()[:7]
ENDED = [
    major
    for major, dates in POSTGRESQL["versions"].items()
    if str(dates["community_end"])[:7] < TODAY
]
INSTANCE = "AWS::RDS::DBInstance"
UNSUPPORTED = "open-source-rds-extended-support-disabled"
SUPPORT = f"no such; use {UNSUPPORTED}"
NAME = r"(?i)(?!(admin|rdsadmin|template[01])$)[a-z]\w{0,62}"
USER = r"(?i).*\{\{.*|(?!pg_|(rds)?admin$)[a-z]\w{0,15}"
PASSWORD = r'.*\{\{.*|[^/"@ ]{8,128}'  # noqa: S105 (its form)
OWN = r"(?!(.*:)?alias/aws/(?!rds$)).*"
PINNED = r"\d+\.\d+.*|\D.*"
EXPIRED = ("rds-ca-2015", "rds-ca-2019")
INSIGHTS = "PerformanceInsights"
MAINTAINED = rf"(?!(\d|10|{'|'.join(ENDED)})(\.|$)).*"
SIZES = {kind: fact["size"] for kind, fact in POSTGRESQL["storage"].items()}
SQL = ("postgres", "mysql", "mariadb")
SOURCES = ("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier", "SourceDbiResourceId",
           "SourceDBInstanceAutomatedBackupsArn", "SourceDBClusterIdentifier")  # fmt: skip

POINT_IN_TIME_SOURCES = ("SourceDbiResourceId", "SourceDBInstanceAutomatedBackupsArn")


def alone(instance: Resource) -> bool:
    """Whether it is a standalone instance, no member of a cluster and no replica."""
    return all(map(instance.is_missing, ("DBClusterIdentifier", "SourceDBInstanceIdentifier")))


def created(instance: Resource) -> bool:
    """Whether it is created empty, from no snapshot and no other instance."""
    return alone(instance) and all(map(instance.is_missing, SOURCES))


def runs(instance: Resource, *engines: str) -> bool:
    """Whether it is a standalone instance of these engines."""
    return alone(instance) and instance.get("Engine") in engines


def unwatched(instance: Resource) -> bool:
    """Whether Performance Insights is known to be off."""
    on = instance.flag("EnablePerformanceInsights")
    return alone(instance) and (on is False or instance.is_missing("EnablePerformanceInsights"))


def short_of_advanced(instance: Resource) -> bool:
    """Whether Performance Insights does not keep what the advanced mode needs."""
    days = instance.number("PerformanceInsightsRetentionPeriod")
    advanced = alone(instance) and instance.get("DatabaseInsightsMode") == "advanced"
    return advanced and (unwatched(instance) or (days is not None and days < 465))


GROWTH = POSTGRESQL["storage_autoscaling"]


def room(instance: Resource) -> float:
    """Return how far storage can grow, in steps of RDS; one at least where it is unknown."""
    size, most = instance.number("AllocatedStorage"), instance.number("MaxAllocatedStorage")
    if size is None or most is None:
        return 1
    return float(
        (most - size) / (max(GROWTH["step_gib"], size * GROWTH["step_percent"] / 100) + 1)
    )


def storage(instance: Resource) -> str:
    """Return the type of an instance's storage; empty if it is unknown or another engine's."""
    # Many a published template of another engine asks for 5 GiB and gets them.
    usual = "gp3" if instance.get("Engine") == "postgres" else ""
    default = usual if instance.is_missing("Iops") else "io1"
    kind = default if instance.is_missing("StorageType") else instance.get("StorageType")
    return str(kind or "") if runs(instance, *SQL) else ""


@rule("E9220", INSTANCE, API)
def instance_values_are_accepted(instance: Resource) -> Faults:
    """RDS accepts the values of an instance.
    RDS rejects values that it does not know: types, names, ranges, reserved words."""
    postgres = runs(instance, "postgres")
    yield Row("CACertificateIdentifier", none_of(*EXPIRED), "use rds-ca-rsa2048-g1")
    if alone(instance):
        yield Row("StorageType", one_of(*POSTGRESQL["storage"]), "no such; use gp3")
        yield Row("EngineLifecycleSupport", one_of(*POSTGRESQL["lifecycle_support"]), SUPPORT)
        yield Row("MonitoringInterval", one_of(*POSTGRESQL["monitoring_intervals"]), "use 60")
        yield Row(
            "MasterUserPassword",
            matches(PASSWORD),
            'take 8 to 128, no / " @ or space',
        )
        yield Row("KmsKeyId", matches(OWN), "use alias/aws/rds or your own")
        yield Row("Port", between(1150, 65535), "choose one from 1150 to 65535")
    yield Row("DBName", matches(NAME), "choose another, of letters, digits and _", postgres)
    yield Row("MasterUsername", matches(USER), "choose another, of 1 to 16 letters", postgres)


@rule("E9221", INSTANCE, API)
def properties_go_together(instance: Resource) -> Faults:
    """An instance's properties agree with each other.
    Some properties need others, and some exclude each other. An instance from a snapshot has
    the user, name and encryption of the snapshot, and each storage type has its sizes. RDS
    rejects other combinations."""
    kind, size = storage(instance), instance.number("AllocatedStorage") or 0
    small, large = kind == "gp3" and 1 <= size < 400, kind == "gp3" and size >= 400
    double, shrinks = instance.flag("MultiAZ"), room(instance) < 0
    off, short = unwatched(instance), short_of_advanced(instance)
    watched = instance.number("MonitoringInterval") and instance.is_missing("MonitoringRoleArn")
    managed = instance.flag("ManageMasterUserPassword")
    unmanaged = managed is False and created(instance)
    burstable = re.fullmatch(
        r"db\.t(2|3|4g)\.(micro|small)", str(instance.get("DBInstanceClass"))
    )
    blind = burstable and instance.get("Engine") in ("mysql", "mariadb")
    bare = kind == "io1" and instance.is_missing("Iops")
    yield Row(
        "AvailabilityZone", must_be_absent, "RDS chooses it for MultiAZ; remove it", double
    )
    yield Row(
        "MaxAllocatedStorage", must_be_absent, "below AllocatedStorage; raise it", shrinks
    )
    yield Row("StorageType", must_be_absent, "io1 needs Iops; set it, or use gp3", bare)
    if kind in SIZES:
        least, most = SIZES[kind]
        yield Row("AllocatedStorage", between(least, most), f"take {least} to {most} GiB")
    for name, least, most in (("Iops", 12000, 64000), ("StorageThroughput", 500, 4000)):
        yield Row(name, must_be_absent, "gp3 under 400 GiB has none; remove it", small)
        yield Row(name, between(least, most), f"gp3 takes {least} to {most}", large)
    yield Row(
        "MonitoringInterval", must_be_absent, "it needs MonitoringRoleArn; set it", watched
    )
    yield Row(
        f"{INSIGHTS}RetentionPeriod", must_be_absent, "insights are off; enable them", off
    )
    yield Row(
        "DatabaseInsightsMode", must_be_absent, "advanced needs 465 days of insights", short
    )
    yield Row("EnablePerformanceInsights", none_of(True), "not on this class; set false", blind)
    yield Row("MasterUserPassword", must_be_absent, "RDS manages it; remove it", managed)
    yield Row("MasterUserPassword!", is_present, "set ManageMasterUserPassword", unmanaged)
    if alone(instance) and instance.get("DBSnapshotIdentifier"):
        for name in ("DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId"):
            yield Row(name, must_be_absent, "it comes from the snapshot; remove it")
    yield from _of_a_point_in_time(instance)


def _of_a_point_in_time(instance: Resource) -> Iterator[Row]:
    """One source and one moment of it, and nothing that the source brings itself."""
    if not alone(instance) or all(map(instance.is_missing, POINT_IN_TIME_SOURCES)):
        return
    for name in ("DBName", "StorageEncrypted", "KmsKeyId"):
        yield Row(name, must_be_absent, "it comes from the source; remove it")
    yield Row("DBSnapshotIdentifier", must_be_absent, "a second source; remove one of them")
    latest = instance.flag("UseLatestRestorableTime")
    yield Row("RestoreTime", must_be_absent, "it is the latest already; remove one", latest)
    if instance.is_missing("UseLatestRestorableTime"):
        yield Row("RestoreTime!", is_present, "say when, or UseLatestRestorableTime")


@rule("W9215", INSTANCE, API)
def instance_is_protected_and_affordable(instance: Resource) -> Faults:
    """An instance's data is protected and its cost is chosen.
    Choose what protects the data and what costs money: encryption, backups that outlive the
    instance, deletion protection and privacy; storage, support and insights."""
    if not instance.is_missing("PubliclyAccessible"):
        yield Row("PubliclyAccessible", one_of(False), "the internet gets in; set false")
    if not alone(instance):
        return
    double, postgres = instance.flag("MultiAZ"), runs(instance, "postgres")
    new, tight = created(instance), 0 <= room(instance) < 1
    ours = runs(instance, "postgres", "mysql")
    yield Row("PubliclyAccessible!", is_present, "the internet may get in; set false")
    yield Row("StorageEncrypted!", one_of(True), "it cannot be set later; set true", new)
    yield Row("BackupRetentionPeriod", between(1, inf), "there is no backup; keep 7 days")
    yield Row("BackupRetentionPeriod", between(7, inf), "too short; keep 7 days", double)
    if double or instance.is_missing("DeletionProtection"):
        yield Row(
            "DeletionProtection!", one_of(True), "a delete call is enough to lose it; set true"
        )
    if double or instance.is_missing("ApplyImmediately"):
        yield Row("ApplyImmediately!", one_of(False), "let changes wait for the window")
    yield Row("AllowMajorVersionUpgrade", one_of(False), "set true for one upgrade only")
    yield Row("DeleteAutomatedBackups!", one_of(False), "backups go with it; set false")
    yield Row("CopyTagsToSnapshot!", one_of(True), "set true")
    yield Row("AutoMinorVersionUpgrade", one_of(True), "set true")
    yield Row(
        "MaxAllocatedStorage",
        must_be_absent,
        "too low for RDS to grow; add 10 GiB and a tenth",
        tight,
    )
    yield Row("PerformanceInsightsRetentionPeriod", between(0, 7), "it costs; 7 days are free")
    yield Row("DatabaseInsightsMode", none_of("advanced"), "it is billed by vCPU; use standard")
    yield Row("EngineLifecycleSupport!", one_of(UNSUPPORTED), "it will cost; disable it", ours)
    yield Row("StorageType", none_of("gp2", "standard"), "it is older; use gp3", ours)
    yield Row("EngineVersion!", matches(PINNED), "it names no minor version; pin one", postgres)
    yield Row(
        "EngineVersion", matches(MAINTAINED), "no longer maintained; use a newer one", postgres
    )


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def window(value: str, days: tuple[str, ...]) -> list[int]:
    """The minutes of a window, counted from midnight or from Monday; none if malformed."""
    part = rf"({'|'.join(f'{day}:' for day in days)})([01]\d|2[0-3]):([0-5]\d)"
    match = re.fullmatch(f"{part}-{part}", value.lower().strip())
    if not match:
        return []
    start, end = (
        (DAYS.index(day[:3]) if day else 0) * 1440 + int(hour) * 60 + int(minute)
        for day, hour, minute in (match.groups()[:3], match.groups()[3:])
    )
    return list(range(start, start + (end - start) % (1440 * max(len(days), 1))))


@rule("E9210", INSTANCE, API)
def windows_do_not_overlap(instance: Resource) -> Faults:
    """Backup and maintenance windows are valid and do not overlap.
    Backup and maintenance windows take 30 minutes or more and are in UTC. RDS rejects
    windows that overlap."""
    taken: set[int] = set()
    for name, days, form in (
        ("PreferredBackupWindow", (), "hh:mm-hh:mm"),
        ("PreferredMaintenanceWindow", DAYS, "ddd:hh:mm-ddd:hh:mm"),
    ):
        value = instance.text(name)
        if value is None or "$" in value or "{" in value:
            continue
        minutes = window(value, days)
        if not 30 <= len(minutes) <= 1440:
            yield [name], f"{value} is no window; write {form}, 30 minutes or more"
        elif taken & {minute % 1440 for minute in minutes}:
            yield [name], f"{value} overlaps the backup window; move one of them"
        taken |= {minute % 1440 for minute in minutes}


LOGS = ["audit", "error", "general", "slowquery", "iam-db-auth-error"]
EXPORTS = {"postgres": POSTGRESQL["log_exports"], "mysql": LOGS, "mariadb": LOGS}
LIST = "EnableCloudwatchLogsExports"


def groups(instance: Resource) -> Iterator[tuple[int, str, str]]:
    """The index of each exported log, its name, and the log group that RDS writes to."""
    raw = instance.expression("DBInstanceIdentifier")
    referred = isinstance(raw, dict) and isinstance(raw.get("Ref"), str)
    identifier = f"${{{raw['Ref']}}}" if referred else text(raw)
    for index, log in instance.items(LIST):
        yield index, str(log), f"/aws/rds/instance/{identifier}/{log}"


@rule("E9205", INSTANCE, API)
def exports_exist(instance: Resource) -> Faults:
    """An instance exports logs that its engine has.
    Each engine exports logs of its own names; RDS rejects others."""
    known = EXPORTS.get(str(instance.get("Engine")))
    for index, log, _ in groups(instance):
        if known and log not in known:
            yield [LIST, index], f"there is no log {log}; export {' or '.join(known)}"


@rule("W9206", INSTANCE, f"{GUIDE}USER_LogAccess.Procedural.UploadtoCloudWatch.html")
def exports_expire(instance: Resource) -> Faults:
    """Exported logs have log groups that expire.
    RDS creates the log group of an exported log, and that group never expires: create the
    group /aws/rds/instance/<id>/<log> in the template, with RetentionInDays, before the
    instance."""
    known = {g.text("LogGroupName"): g for g in instance.template.of("AWS::Logs::LogGroup")}
    for index, log, name in groups(instance) if alone(instance) else ():
        group = known.get(name)
        if group is None:
            yield [LIST, index], f"no log group {name} lets this log expire; add it"
        elif group.is_missing("RetentionInDays"):
            yield [LIST, index], f"{group.name} keeps {log} without end; set RetentionInDays"
        elif not instance.waits_for(group):
            yield [LIST, index], f"RDS may make {name} first; depend on {group.name}"


VAULT = "AWS::SecretsManager::Secret"


def composed(secret: Resource, depth: int = 4) -> Iterator[Resource]:
    """Return the generated secrets from which another secret is composed, directly or not."""
    for name, _ in references(secret.expression("SecretString")):
        other = secret.template.resources.get(name)
        if other and other.type == VAULT and depth:
            yield from composed(other, depth - 1)
            yield from [other] if not other.is_missing("GenerateSecretString") else []


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
