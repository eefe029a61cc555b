"""Templates of two builds, which the settings of an environment are compared by."""

from typing import Any

Templates = dict[str, dict[str, Any]]
Properties = dict[str, Any]
# The setting, what is wrong with its change, what is expected, and steps that lead there.
Change = tuple[str, str, str] | tuple[str, str, str, str]


def resources(templates: Templates, tier: str) -> dict[str, Any]:
    """Return the resources of a tier; none if the build lacks it."""
    return dict(templates.get(tier, {}).get("Resources", {}))


def properties(templates: Templates, tier: str, logical_id: str) -> Properties:
    """Return the properties of a resource of a tier; none if the build lacks it."""
    return dict(resources(templates, tier).get(logical_id, {}).get("Properties", {}))
