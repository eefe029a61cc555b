"""Settings: everything that can differ between projects and environments."""

from templates.settings.api import (
    ORIGINS_VARIABLE,
    SMOKE_CLIENT,
    ApiSettings,
    Client,
    PathSettings,
)
from templates.settings.buckets import BucketSettings
from templates.settings.database import DatabaseSettings
from templates.settings.files import Fault, environment_names
from templates.settings.jobs import Job
from templates.settings.load import SettingsError, load_environments, schema
from templates.settings.model import AccountSettings, Settings
from templates.settings.network import NetworkSettings
from templates.settings.service import Permission, ServiceSettings
from templates.settings.tokens import CognitoSettings, JwtSettings
from templates.settings.usage import Usage
from templates.settings.workers import WorkerSettings

__all__ = [
    "ORIGINS_VARIABLE",
    "SMOKE_CLIENT",
    "AccountSettings",
    "ApiSettings",
    "BucketSettings",
    "Client",
    "CognitoSettings",
    "DatabaseSettings",
    "Fault",
    "Job",
    "JwtSettings",
    "NetworkSettings",
    "PathSettings",
    "Permission",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "Usage",
    "WorkerSettings",
    "environment_names",
    "load_environments",
    "schema",
]
