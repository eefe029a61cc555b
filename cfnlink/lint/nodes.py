"""A template as cfn-lint's nodes, each with a position of its own.

cfn-lint reports one match for each rule, message and position, and some of its rules read the
position. Plain data has none, so all its matches would have the same one.
"""

from itertools import count
from typing import Any

from cfnlint.decode.mark import Mark
from cfnlint.decode.node import dict_node, list_node, str_node


def positioned(template: Any) -> Any:
    """Return a copy of a template whose mappings, lists and texts have different lines."""
    lines = count()

    def node(value: Any) -> Any:
        mark = Mark(next(lines), 0)
        if isinstance(value, dict):
            pairs = {node(key): node(part) for key, part in value.items()}
            return dict_node(pairs, mark, mark)
        if isinstance(value, list):
            return list_node([node(part) for part in value], mark, mark)
        return str_node(value, mark, mark) if isinstance(value, str) else value

    return node(template)
