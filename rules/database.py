"""What RDS takes of an instance of its own, and what guards its data and its bill."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import (
    Fault,
    Resource,
    Rule,
    between,
    facts,
    matches,
    none_of,
    one_of,
    references,
    text,
)
from _chain import stated as there

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
POSTGRESQL = facts("postgresql")
TODAY = datetime.now(UTC).date().isoformat()[:7]
ENDED = [
    major
    for major, dates in POSTGRESQL["versions"].items()
    if str(dates["community_end"])[:7] < TODAY
]
SQL = ("postgres", "mysql", "mariadb")
SOURCES = ("DBSnapshotIdentifier", "DBClusterSnapshotIdentifier", "SourceDbiResourceId",
           "SourceDBInstanceAutomatedBackupsArn", "SourceDBClusterIdentifier")  # fmt: skip


def alone(instance: Resource) -> bool:
    """Whether it is an instance of its own, not a cluster's member or a replica."""
    return all(map(instance.absent, ("DBClusterIdentifier", "SourceDBInstanceIdentifier")))


def created(instance: Resource) -> bool:
    """Whether it is made new, from no snapshot and no other instance."""
    return alone(instance) and all(map(instance.absent, SOURCES))


def restored(instance: Resource) -> bool:
    """Whether it is surely made from a snapshot."""
    return alone(instance) and bool(instance.get("DBSnapshotIdentifier"))


def runs(*engines: str) -> Callable[[Resource], bool]:
    """Whether it is an instance of its own of these engines."""
    return lambda instance: alone(instance) and instance.get("Engine") in engines


def guarded(name: str) -> Callable[[Resource], bool]:
    """Whether the instance is worth a standby, or leaves this guard to its default."""
    return lambda i: alone(i) and bool(i.flag("MultiAZ") or i.absent(name))


def unwatched(instance: Resource) -> bool:
    """Whether Performance Insights is surely off."""
    on = instance.flag("EnablePerformanceInsights")
    return alone(instance) and (on is False or instance.absent("EnablePerformanceInsights"))


def short_of_advanced(instance: Resource) -> bool:
    """Whether Performance Insights does not keep what the advanced mode needs."""
    days = instance.number("PerformanceInsightsRetentionPeriod")
    advanced = alone(instance) and instance.get("DatabaseInsightsMode") == "advanced"
    return advanced and (unwatched(instance) or (days is not None and days < 465))


def needs_password(instance: Resource) -> bool:
    """Whether RDS does not manage the master's password."""
    managed = instance.flag("ManageMasterUserPassword")
    manual = managed is False or instance.absent("ManageMasterUserPassword")
    return manual and created(instance) and runs(*SQL)(instance)


def growth(instance: Resource) -> float:
    """How far storage can grow, as a share of its size; far where unknown."""
    size, most = instance.number("AllocatedStorage"), instance.number("MaxAllocatedStorage")
    return most / size if size and most is not None else 9


def stored(*kinds: str, least: float = 0, most: float = 1e9) -> Callable[[Resource], bool]:
    """Whether storage is of these types, and its size in this range."""

    def when(instance: Resource) -> bool:
        # Many a published template of another engine asks for 5 GiB and gets them.
        usual = "gp2" if instance.get("Engine") == "postgres" else None
        default = usual if instance.absent("Iops") else "io1"
        kind = default if instance.absent("StorageType") else instance.get("StorageType")
        size = instance.number("AllocatedStorage") or 0
        return runs(*SQL)(instance) and kind in kinds and least <= size < most

    return when


class Row(NamedTuple):
    """What one property of an instance must be, `when` something else is so.

    Without `fits` the property must not be there; `there` means that it must.
    """

    name: str
    fits: Callable[[Any], bool] | None
    fault: str
    when: Callable[[Resource], bool] = alone
    absent: bool = False

    def broken(self, instance: Resource) -> bool:
        """Whether it is surely not as it must be."""
        absent = instance.absent(self.name)
        if not self.when(instance):
            return False
        if self.fits is None:
            return not absent and "Fn::If" not in str(instance.raw(self.name))
        if absent:
            return self.absent or self.fits is there
        value = instance.get(self.name)
        return value is not None and not self.fits(value)


class InstanceRule(Rule):
    """A rule about database instances: a row for each property that decides alone."""

    on = ("AWS::RDS::DBInstance",)
    source_url = API
    rows: ClassVar[tuple[Row, ...]] = ()

    def check(self, resource: Resource) -> Iterator[Fault]:
        for row in self.rows:
            if row.broken(resource):
                path = [] if resource.absent(row.name) else [row.name]
                yield path, f"{resource.name}: {row.name} {row.fault}"


class ValuesAreTaken(InstanceRule):
    """RDS refuses values that it does not know: types, names, ranges, reserved words."""

    id = "E9220"
    shortdesc = "An instance's values are what RDS takes"
    rows = (
        Row("StorageType", one_of(*POSTGRESQL["storage"]), "is unknown; use gp3"),
        Row("EngineLifecycleSupport", one_of(*POSTGRESQL["lifecycle_support"]),
            "is unknown; use open-source-rds-extended-support-disabled"),
        Row("MonitoringInterval", one_of(*POSTGRESQL["monitoring_intervals"]),
            "is no interval; use 60, or 0 for none"),
        Row("DBName", matches(r"(?i)(?!(admin|rdsadmin|template[01])$)[a-z]\w{0,62}"),
            "is reserved or not of letters, digits and _; choose another", runs("postgres")),
        Row("MasterUsername", matches(r"(?i).*\{\{.*|(?!pg_|(rds)?admin$)[a-z]\w{0,15}"),
            "is reserved or not 1 to 16 letters, digits and _; choose another",
            runs("postgres")),
        Row("MasterUserPassword", matches(r'.*\{\{.*|[^/"@]{8,128}'),
            'takes 8 to 128 characters, but no / " @'),
        Row("CACertificateIdentifier", none_of("rds-ca-2015", "rds-ca-2019"),
            "has expired; use rds-ca-rsa2048-g1", lambda _: True),
        Row("KmsKeyId", matches(r"(?!(.*:)?alias/aws/(?!rds$)).*"),
            "is another service's key; use alias/aws/rds or your own"),
        Row("Port", between(1150, 65535), "is outside of 1150 to 65535; choose another"),
    )  # fmt: skip


class PropertiesGoTogether(InstanceRule):
    """Some properties need others, some exclude each other, and an instance made from a
    snapshot has its user, name and encryption from there, and each storage type has its
    sizes: RDS refuses the rest."""

    id = "E9221"
    shortdesc = "An instance's properties agree with each other"
    rows = (
        Row("AvailabilityZone", None, "is RDS's choice with MultiAZ; remove it",
            lambda i: bool(i.flag("MultiAZ"))),
        Row("MaxAllocatedStorage", None, "is below AllocatedStorage; raise it",
            lambda i: growth(i) < 1),
        Row("StorageType", None, "io1 needs Iops; set it, or use gp3",
            lambda i: i.absent("Iops") and stored("io1")(i)),
        *(Row("AllocatedStorage", between(low, high), f"is {low} to {high} GiB", stored(*kinds))
          for low, high, kinds in ((20, 65536, ("gp2", "gp3")), (100, 65536, ("io1", "io2")),
                                   (5, 3072, ("standard",)))),
        *(row for name, low, high in (("Iops", 12000, 64000), ("StorageThroughput", 500, 4000))
          for row in (
              Row(name, None, "is not for gp3 under 400 GiB; remove it",
                  stored("gp3", least=1, most=400)),
              Row(name, between(low, high), f"of gp3 is {low} to {high}",
                  stored("gp3", least=400)))),
        Row("MonitoringInterval", None, "needs MonitoringRoleArn; set it",
            lambda i: bool(i.number("MonitoringInterval")) and i.absent("MonitoringRoleArn")),
        Row("PerformanceInsightsRetentionPeriod", None,
            "needs EnablePerformanceInsights; set it", unwatched),
        Row("DatabaseInsightsMode", None,
            "advanced needs Performance Insights with 465 days", short_of_advanced),
        Row("EnablePerformanceInsights", none_of(True), "does not run on this class",
            lambda i: i.get("Engine") in ("mysql", "mariadb") and bool(re.fullmatch(
                r"db\.t(2|3|4g)\.(micro|small)", str(i.get("DBInstanceClass"))))),
        Row("MasterUserPassword", None, "is RDS's already; remove it",
            lambda i: bool(i.flag("ManageMasterUserPassword"))),
        Row("MasterUserPassword", there, "is missing; set ManageMasterUserPassword",
            needs_password),
        Row("MasterUsername", there, "is missing; set one",
            lambda i: created(i) and runs(*SQL)(i)),
        *(Row(name, None, "comes from the snapshot; remove it", restored)
          for name in ("DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId")),
    )  # fmt: skip


class ChoicesAreMade(InstanceRule):
    """What guards the data and what costs money is chosen on purpose: encryption, backups
    that outlive the instance, protection and privacy; storage, support and insights."""

    id = "W9215"
    shortdesc = "An instance's data is guarded and its cost is no surprise"
    source_url = f"{GUIDE}CHAP_BestPractices.html"
    rows = (
        Row("StorageEncrypted", one_of(True), "can never be set later; set true", created,
            absent=True),
        Row("BackupRetentionPeriod", between(1, 35), "keeps no backup; keep 7 days"),
        Row("BackupRetentionPeriod", between(7, 35), "is short; keep 7 days",
            lambda i: alone(i) and bool(i.flag("MultiAZ"))),
        Row("DeletionProtection", one_of(True), "should be true",
            guarded("DeletionProtection"), absent=True),
        Row("AllowMajorVersionUpgrade", one_of(False), "should be true for one upgrade only"),
        Row("DeleteAutomatedBackups", one_of(False), "should be false", absent=True),
        Row("CopyTagsToSnapshot", one_of(True), "should be true", absent=True),
        Row("AutoMinorVersionUpgrade", one_of(True), "should be true"),
        Row("ApplyImmediately", one_of(False), "should be false: changes wait for the window",
            guarded("ApplyImmediately"), absent=True),
        Row("PubliclyAccessible", one_of(False), "should be false, or the internet gets in",
            lambda i: alone(i) or not i.absent("PubliclyAccessible"), absent=True),
        Row("MaxAllocatedStorage", None, "leaves no room; exceed AllocatedStorage by 10 %",
            lambda i: 1 <= growth(i) < 1.1),
        Row("PerformanceInsightsRetentionPeriod", between(0, 7), "costs; 7 days are free"),
        Row("DatabaseInsightsMode", none_of("advanced"), "is billed by vCPU; use standard"),
        Row("EngineLifecycleSupport", one_of("open-source-rds-extended-support-disabled"),
            "lets extended support cost one day; disable it", runs("postgres", "mysql"),
            absent=True),
        Row("StorageType", none_of("gp2", "standard"), "is of the older kind; use gp3",
            runs("postgres", "mysql"), absent=True),
        Row("EngineVersion", matches(r"\d+\.\d+.*|\D.*"), "leaves the minor open; pin it",
            runs("postgres"), absent=True),
        Row("EngineVersion", matches(rf"(?!(\d|10|{'|'.join(ENDED)})(\.|$)).*"),
            "is no longer maintained; move on", runs("postgres")),
    )  # fmt: skip


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


class WindowsDoNotOverlap(InstanceRule):
    """Backup and maintenance windows take 30 minutes to a day, are in UTC and must not
    overlap, or RDS refuses them."""

    id = "E9210"
    shortdesc = "Backup and maintenance windows are valid and apart"
    source_url = f"{GUIDE}USER_WorkingWithAutomatedBackups.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        taken: set[int] = set()
        for name, days, form in (
            ("PreferredBackupWindow", (), "hh:mm-hh:mm"),
            ("PreferredMaintenanceWindow", DAYS, "ddd:hh:mm-ddd:hh:mm"),
        ):
            value = resource.text(name)
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
    raw = instance.raw("DBInstanceIdentifier")
    referred = isinstance(raw, dict) and isinstance(raw.get("Ref"), str)
    identifier = f"${{{raw['Ref']}}}" if referred else text(raw)
    for index, log in instance.items(LIST):
        yield index, str(log), f"/aws/rds/instance/{identifier}/{log}"


class ExportsExist(InstanceRule):
    """Each engine exports logs of its own names; RDS refuses others."""

    id = "E9205"
    shortdesc = "Exported logs are the engine's"
    source_url = f"{GUIDE}USER_LogAccess.Procedural.UploadtoCloudWatch.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        known = EXPORTS.get(str(resource.get("Engine")))
        for index, log, _ in groups(resource):
            if known and log not in known:
                yield [LIST, index], f"there is no log {log}; export {' or '.join(known)}"


class ExportsExpire(InstanceRule):
    """RDS makes the log group of an exported log itself, and it never expires: make the
    group /aws/rds/instance/<id>/<log> in the template, with RetentionInDays, before the
    instance."""

    id = "W9206"
    shortdesc = "Exported logs have log groups that expire"
    source_url = f"{GUIDE}USER_LogAccess.Procedural.UploadtoCloudWatch.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        known = {g.text("LogGroupName"): g for g in resource.chain.of("AWS::Logs::LogGroup")}
        for index, log, name in groups(resource) if alone(resource) else ():
            group = known.get(name)
            if group is None:
                yield [LIST, index], f"no log group {name} lets this log expire; add it"
            elif group.absent("RetentionInDays"):
                yield [LIST, index], f"{group.name} keeps {log} for ever; set RetentionInDays"
            elif not resource.waits_for(group):
                yield [LIST, index], f"RDS may make {name} first; depend on {group.name}"


VAULT = "AWS::SecretsManager::Secret"


def composed(secret: Resource, depth: int = 4) -> Iterator[Resource]:
    """The generated secrets of which another is composed, at first hand or second."""
    for name, _ in references(secret.raw("SecretString")):
        other = secret.chain.resources.get(name)
        if other and other.kind == VAULT and depth:
            yield from composed(other, depth - 1)
            yield from [other] if not other.absent("GenerateSecretString") else []


class ManagedPasswordIsUsed(InstanceRule):
    """With ManageMasterUserPassword RDS makes the master's password and changes it: what
    composes the master's DB_URL of another secret connects with a wrong one."""

    id = "W9241"
    shortdesc = "A managed master's password comes from RDS's secret"
    source_url = f"{GUIDE}rds-secrets-manager.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        key, master = "ManageMasterUserPassword", resource.get("MasterUsername")
        for secret, _ in resource.users(VAULT) if resource.flag(key) and master else ():
            for source in composed(secret):
                template = source.text("GenerateSecretString", "SecretStringTemplate") or ""
                if re.search(rf'"username"\s*:\s*"{re.escape(str(master))}"', template):
                    what = f"{secret.name} takes {master}'s password from {source.name}"
                    yield [key], f"{what}; use MasterUserSecret.SecretArn"
                    return
