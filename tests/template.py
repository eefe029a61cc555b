"""Write the parts of a template in one line."""

from typing import Any


def ref(name: str) -> dict[str, Any]:
    """Return a Ref."""
    return {"Ref": name}


def get_att(name: str, attribute: str) -> dict[str, Any]:
    """Return a Fn::GetAtt."""
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a resource of a type, with properties if it has some."""
    return {"Type": kind, **({"Properties": properties} if properties else {})}
