"""Small things that several tests need."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from templates.settings import Settings

PROJECT = {
    "project": "shop",
    "region": "us-east-1",
    "account": {"hosted_zone": "example.com"},
    "network": {"zones": ["use1-az1", "use1-az2"]},
}


def changed(settings: Settings, key: str, value: Any) -> Settings:
    """The same settings with one of them changed: changed(s, "api.rate_limit", 50)."""
    content = settings.model_dump()
    table = content
    *path, last = key.split(".")
    for part in path:
        table = table[part]
    table[last] = value
    return Settings.model_validate(content)


def write_settings(folder: Path, project: str, **environments: str) -> Path:
    """A settings folder with these files, as TOML text."""
    (folder / "environments").mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(project, "utf-8")
    for name, text in environments.items():
        (folder / "environments" / f"{name}.toml").write_text(text, "utf-8")
    return folder


def properties(resources: Mapping[str, Any], system_id: str) -> dict[str, Any]:
    """The properties of one resource of a linked system."""
    return dict(resources[system_id]["Properties"])
