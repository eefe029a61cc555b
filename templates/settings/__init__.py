"""Settings: everything that can differ between projects and environments."""

from templates.settings.files import Fault, environment_names
from templates.settings.load import SettingsError, load_environments, schema
from templates.settings.model import (
    SMOKE_CLIENT,
    AccountSettings,
    ApiSettings,
    Client,
    DatabaseSettings,
    NetworkSettings,
    ServiceSettings,
    Settings,
    Usage,
)

__all__ = [
    "SMOKE_CLIENT",
    "AccountSettings",
    "ApiSettings",
    "Client",
    "DatabaseSettings",
    "Fault",
    "NetworkSettings",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "Usage",
    "environment_names",
    "load_environments",
    "schema",
]
