"""Write the parts of a template in one line, and read a template as rules do."""

from typing import Any

from cfnlint.template.template import Template


def ref(name: str) -> dict[str, Any]:
    """Return a Ref."""
    return {"Ref": name}


def get_att(name: str, attribute: str) -> dict[str, Any]:
    """Return a Fn::GetAtt."""
    return {"Fn::GetAtt": [name, attribute]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a resource of a type, with properties if it has some."""
    return {"Type": kind, **({"Properties": properties} if properties else {})}


def read(template: dict[str, Any], region: str = "us-east-1") -> Template:
    """Return a template as our rules read it.

    cfn-lint's own rules need its graph as well, which takes longer than all of ours.
    """
    cfn = Template.__new__(Template)
    cfn.template, cfn.regions = template, [region]
    return cfn
