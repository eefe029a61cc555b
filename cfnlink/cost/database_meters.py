"""What a database costs while it runs, and what it leaves."""

from collections.abc import Iterator

from cfnlink.cost.billed import (
    BETWEEN_ZONES,
    DAYS_A_MONTH,
    BilledResource,
    Meter,
    NotPriced,
    Part,
)
from cfnlink.system.network import INSTANCE

BACKUP = "rds_backup_beyond_free"


def database(billed: BilledResource) -> Iterator[Part]:
    """The instance with its standby, storage, and the excess over the free amounts."""
    engine = billed.get("Engine", default="postgres")
    if engine != "postgres":
        yield NotPriced(f"{engine} instance", "the bill knows RDS for PostgreSQL only")
        return
    zones = "multi" if billed.flag("MultiAZ") else "single"
    yield _instance(billed, zones)
    yield from _insights(billed)
    yield from _storage(billed, zones)
    yield from _traffic(billed)


def _instance(billed: BilledResource, zones: str) -> Part:
    """The instance and its standby, at the term of the settings."""
    name = billed.get("DBInstanceClass")
    if name is None:
        return NotPriced("instance", "DBInstanceClass is not stated")
    term = str(billed.usage.get("database_term") or "on-demand")
    suffix = "" if term == "on-demand" else "_ri_" + term.replace("-", "_")
    return Meter(
        f"{name}, {zones} zone, {term}",
        billed.hours,
        f"rds_pg_{name}_{zones}{suffix}",
        f"{billed.hours:g} h",
    )


def _storage(billed: BilledResource, zones: str) -> Iterator[Part]:
    """Storage as the template states it, its growth, and backups above the free size."""
    kind = billed.get("StorageType", default="gp2")
    if kind != "gp3":
        yield NotPriced(f"{kind} storage", "the bill knows gp3 storage only")
        return
    if billed.get("Iops") is not None or billed.get("StorageThroughput") is not None:
        yield NotPriced("provisioned IOPS", "the bill knows what gp3 storage includes only")
    storage = billed.number("AllocatedStorage", default=20)
    yield Meter("gp3 storage", storage, f"rds_gp3_{zones}", f"{storage:g} GB")
    growth, backup = billed.assumed("storage_growth_gb"), billed.assumed("backup_gb")
    if growth:
        text = f"{growth:g} GB of growth"
        yield Meter("grown storage", growth, f"rds_gp3_{zones}", text, usage=True)
    if backup:
        text = f"{backup:g} GB beyond the free size of the database"
        yield Meter("backups", backup, BACKUP, text, usage=True)


def _traffic(billed: BilledResource) -> Iterator[Meter]:
    """What only the load on the database decides.

    Tasks in the other zone pay for what they send and receive; replication is free. A
    burstable class is billed for what it computes above its baseline:
    https://aws.amazon.com/rds/postgresql/pricing/
    """
    data, hours = billed.assumed("data_zones_gb"), billed.assumed("cpu_credit_hours")
    text, name = f"{data:g} GB between tasks and database", "data_zones_gb"
    yield Meter("data between zones", data, BETWEEN_ZONES, text, usage=True, setting=name)
    if str(billed.get("DBInstanceClass")).startswith("db.t"):
        text, name = f"{hours:g} vCPU-hours above the baseline", "cpu_credit_hours"
        price = "rds_t4g_cpu_credit"
        yield Meter("CPU credits", hours, price, text, usage=True, setting=name)


def _insights(billed: BilledResource) -> Iterator[NotPriced]:
    """Seven days of Performance Insights are free; the bill knows no price of more."""
    if billed.get("DatabaseInsightsMode") == "advanced":
        yield NotPriced("Database Insights", "the bill knows no advanced mode")
    days = billed.number("PerformanceInsightsRetentionPeriod", default=7)
    if days > 7:
        yield NotPriced("Performance Insights", f"{days:g} days are kept, and 7 are free")


def remains(billed: BilledResource) -> Iterator[Part]:
    """What a deleted DB instance leaves: without a database no backup of it is free.

    A snapshot is billed for the data that it holds, at most the storage of the instance.
    https://aws.amazon.com/blogs/database/demystifying-amazon-rds-backup-storage-costs/
    """
    policy = billed.resource.body.get("DeletionPolicy")
    if billed.resource.type != INSTANCE or policy == "Retain":
        return
    storage = billed.number("AllocatedStorage", default=20)
    if policy in (None, "Snapshot"):
        yield Meter("final snapshot", storage, BACKUP, f"at most {storage:g} GB")
    days = billed.number("BackupRetentionPeriod", default=1)
    if not billed.flag("DeleteAutomatedBackups", default=True):
        text = f"at most {storage:g} GB x {days:g} of {DAYS_A_MONTH} days, then gone"
        yield Meter("automated backups", automated_backups(storage, days), BACKUP, text)


def automated_backups(storage: float, days: float) -> float:
    """Return the GB-months of automated backups that end after some days, at most."""
    return storage * days / DAYS_A_MONTH
