"""Provide small templates for the tests of the model."""

from typing import Any

from cfnlink.system.resource import Resource, System


def template(**resources: tuple[str, dict[str, Any]]) -> System:
    """Return a template of resources: NAME=(type after "AWS::", properties)."""
    bodies = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    return System({"Resources": bodies})


def one(kind: str, **properties: Any) -> Resource:
    """Return a resource that is alone in its template."""
    return template(Thing=(kind, properties)).resources["Thing"]
