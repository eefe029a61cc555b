"""Join nested stacks with their parents: the parameters go in, and the outputs come out."""

import re
from typing import Any

from cfnlink.system.expressions import VARIABLE, at

Body = dict[str, Any]
Values = dict[str, Any]  # by Ref or by the text of GetAtt


def join_nested(template: Body, values: Values) -> None:
    """Replace, in a linked template, what names a value of another stack by its expression."""
    if not values:
        return
    for section in ("Resources", "Outputs"):
        for name, body in (template.get(section) or {}).items():
            template[section][name] = _joined(body, values, frozenset())
    inside = str([template.get(section) for section in ("Conditions", "Rules")])
    for name in values.keys() & (template.get("Parameters") or {}).keys():
        if f"'{name}'" not in inside:
            del template["Parameters"][name]


def nested_values(
    template: Body, parent: str, child: dict[str, str], outputs: Values
) -> Values:
    """Return the values that a nested stack gets and gives.

    parent: the id of the stack's resource in the system. child: the ids of its parameters in
    the system, by name. outputs: the values of its outputs, by name.
    """
    given = at(template, "Resources", parent, "Properties", "Parameters") or {}
    parameters = template.get("Parameters") or {}
    taken = {
        joined: value
        for name, joined in child.items()
        if isinstance(given, dict)
        and (value := _fitting(given.get(name), at(parameters, joined, "Type"))) is not None
    }
    return taken | {f"{parent}.Outputs.{name}": value for name, value in outputs.items()}


def _fitting(value: Any, kind: Any) -> Any:
    """Return an expression in the form that the parameter's type gives, or None."""
    if not isinstance(value, dict):
        return None  # a literal value is the parameter's own
    if "List" not in str(kind):
        return value
    joined = at(value, "Fn::Join")
    is_list = isinstance(joined, list) and len(joined) == 2 and joined[0] == ","
    return joined[1] if is_list else None


def _joined(node: Any, values: Values, inside: frozenset[str]) -> Any:
    if isinstance(node, list):
        return [_joined(part, values, inside) for part in node]
    if not isinstance(node, dict):
        return node
    name = _named(node)
    if name in values and name not in inside:
        return _joined(values[name], values, inside | {name})
    if len(node) == 1 and "Fn::Sub" in node:
        return _sub(node["Fn::Sub"], values, inside)
    return {key: _joined(part, values, inside) for key, part in node.items()}


def _named(node: Body) -> str:
    """Return what a Ref or GetAtt names."""
    if len(node) != 1:
        return ""
    ref, attribute = node.get("Ref"), node.get("Fn::GetAtt")
    if isinstance(attribute, list) and all(isinstance(part, str) for part in attribute):
        return ".".join(attribute)
    return str(ref or attribute or "")


def _sub(argument: Any, values: Values, inside: frozenset[str]) -> Body:
    text, own = (
        argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    )
    if not isinstance(text, str) or not isinstance(own, dict):
        return {"Fn::Sub": argument}
    own = {key: _joined(part, values, inside) for key, part in own.items()}
    named = {name for name in VARIABLE.findall(text) if name in values} - {*own} - inside
    taken = {
        re.sub(r"\W", "", name): _joined(values[name], values, inside | {name})
        for name in named
        if not isinstance(values[name], list)
    }
    text = VARIABLE.sub(
        lambda m: f"${{{re.sub(r'[^A-Za-z0-9]', '', m[1])}}}" if m[1] in named else m[0], text
    )
    return {"Fn::Sub": [text, own | taken] if own or taken else text}
