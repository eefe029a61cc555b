"""Settings of the database."""

from typing import Annotated, Literal

from pydantic import Field

from templates.settings.values import Section, Text, WeeklyWindow, Window


class DatabaseSettings(Section):
    """The PostgreSQL instance."""

    engine_version: Annotated[
        str, Text(r"\d+\.\d+", "major and minor version, such as 15.19")
    ] = "15.19"
    """Minor version at creation; RDS upgrades minors itself. Never lower it."""
    allow_major_upgrade: bool = False
    """Let the next deployment change the major version; for that one only."""
    instance_class: Annotated[
        str, Text(r"db\.[a-z0-9]+\.[a-z0-9]+", "a class such as db.t4g.micro")
    ] = "db.t4g.micro"
    """The instance class; its memory bounds the connections."""
    multi_az: bool = True
    """A standby in the other zone."""
    storage_gib: Annotated[int, Field(ge=20, le=65_536)] = 20
    """gp3 storage in GiB."""
    storage_limit_gib: Annotated[int, Field(ge=20, le=65_536)] = 100
    """Limit of the automatic growth of storage, in GiB."""
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    """Days of automated backups."""
    backup_window: Window = "03:00-04:00"
    """Daily window in UTC, 30 minutes at least."""
    maintenance_window: WeeklyWindow = "sun:04:30-sun:05:30"
    """Weekly window in UTC, apart from the backup window."""
    deletion_protection: bool = True
    """The instance refuses deletion until this is turned off."""
    apply_immediately: bool = False
    """Apply a change that restarts the instance now instead of in the window."""
    ssl_mode: Literal["require", "verify-full"] = "require"
    """sslmode in DB_URL; verify-full needs the RDS certificates in the image."""
    master_username: Annotated[
        str,
        Text(
            r"(?!(admin|rdsadmin|user|root|app_[ab])$)[a-z][a-z0-9_]*",
            "small letters, digits and _, not a name that RDS or this project takes: "
            "admin, rdsadmin, user, root, app_a, app_b",
            16,
        ),
    ] = "dbadmin"
    """The owner of the instance. It stays for the life of the instance and its snapshots."""
    generation: Annotated[int, Field(ge=1, le=999)] = 1
    """Part of the instance's name. Raise it with each restore."""
    snapshot: (
        Annotated[str, Text(r"[A-Za-z][A-Za-z0-9:.\-_/]*", "a snapshot's id or ARN")] | None
    ) = None
    """The snapshot from which this generation was made; it stays for its whole life."""
    restore_source: (
        Annotated[str, Text(r"db-[A-Z0-9]+", "a resource id of RDS, such as db-ABCDEFGHIJK")]
        | None
    ) = None
    """The resource id of the instance whose data this generation was made from, in place of a
    snapshot. It stays for the whole life of this generation."""
    restore_time: (
        Annotated[
            str,
            Text(
                r"latest|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                '"latest", or a time in UTC, such as 2026-11-26T10:00:00Z',
            ),
        ]
        | None
    ) = None
    """The moment of that data; it stays for the whole life of this generation."""
