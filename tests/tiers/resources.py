"""Read the resources of a built environment."""

from typing import Any

from build import build
from templates.settings import Settings
from tests.helpers import properties

System = dict[str, Any]


def resources_of(settings: Settings) -> System:
    """Return the resources of an environment by system id."""
    return dict(build(settings).system.template["Resources"])


def of_type(system: System, kind: str) -> dict[str, Any]:
    """Return the resources of a type by system id."""
    return {name: body for name, body in system.items() if body["Type"] == kind}


def attributes(listed: list[dict[str, str]]) -> dict[str, str]:
    """Return a list of keys and values as a mapping."""
    return {entry["Key"]: entry["Value"] for entry in listed}


def container(system: System, definition: str = "ServiceTaskDefinition") -> dict[str, Any]:
    """Return the one container of a task definition."""
    (only,) = properties(system, definition)["ContainerDefinitions"]
    return dict(only)


def variables(container: dict[str, Any]) -> dict[str, Any]:
    """Return the plain variables of a container by name."""
    return {entry["Name"]: entry["Value"] for entry in container["Environment"]}
