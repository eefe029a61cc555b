"""Documents: what stands in a property as a mapping, or as JSON text with variables."""

import json
from typing import Any

from cfnlink.system.expressions import VARIABLE, is_expression, spelled
from cfnlink.system.fold_functions import reference
from cfnlink.system.resource import Body

UNKNOWN = {"Ref": "?"}  # an expression of which nothing is known


def document(value: Any, variables: Body | None = None) -> Any:
    """Return a mapping, or that of a JSON text, with expressions for its ${...} variables.

    `variables` holds the values that the type itself puts in, such as DefinitionSubstitutions.
    The answer is None if the text is no JSON, or unknown.
    """
    content = value
    if isinstance(value, str) or is_expression(value):
        try:
            content = json.loads(spelled(value) or "null", strict=False)
        except ValueError:
            return None
    return _with_expressions(content, variables or {})


def _with_expressions(node: Any, variables: Body) -> Any:
    if isinstance(node, dict) and not is_expression(node):
        return {key: _with_expressions(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_expressions(value, variables) for value in node]
    return _expression(node, variables) if isinstance(node, str) else node


def _expression(text: str, variables: Body) -> Any:
    """Return a text as the expression that CloudFormation puts there."""
    names = VARIABLE.findall(text)
    if not names:
        return text
    if not VARIABLE.fullmatch(text):
        return {
            "Fn::Sub": [text, {name: variables[name] for name in names if name in variables}]
        }
    (name,) = names
    return variables[name] if name in variables else reference(name)
