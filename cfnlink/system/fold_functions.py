"""Compute one intrinsic function whose arguments are folded already.

Each function returns a value, or the expression itself in its one form if only AWS knows the
value. The text of an expression is a list of pieces: texts, and references between them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

from cfnlink.system.expressions import VARIABLE, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from cfnlink.system.fold import Folding

Piece = Any  # a text, or an expression
MOST_BLOCKS = 256  # of Fn::Cidr
# Ids, names and ARNs hold none of these, so a text of references can be split at them.
SEPARATORS = frozenset(",|; \n\t")


def single(node: Any) -> tuple[str, Any]:
    """Return the only key of a mapping and its value, or an empty key."""
    if not isinstance(node, dict) or len(node) != 1:
        return "", None
    ((name, argument),) = node.items()
    return (name, argument) if isinstance(name, str) else ("", None)


def is_literal(value: Any) -> bool:
    """Whether a value is a text, a number or a boolean."""
    return isinstance(value, (str, int, float))


def written(value: Any) -> str:
    """Return a literal as CloudFormation writes it into a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def pieces(value: Any) -> list[Piece] | None:
    """Return the pieces of a folded text; None for what is no text."""
    if is_literal(value):
        return [written(value)]
    name, argument = single(value)
    if name != "Fn::Sub":
        return [value] if name == "Ref" or name.startswith("Fn::") else None
    text, variables = _sub_arguments(argument)
    if text is None:
        return [value]
    found: list[Piece] = []
    end = 0
    for match in VARIABLE.finditer(text):
        found.append(text[end : match.start()].replace("${!", "${"))
        found.append(variables.get(match[1], reference(match[1])))
        end = match.end()
    return [*found, text[end:].replace("${!", "${")]


def of_text(parts: list[Piece]) -> Any:
    """Return the value of pieces: a text, the reference that stands alone, or a Sub."""
    known = [part for part in parts if part != ""]
    if all(isinstance(part, str) for part in known):
        return "".join(known)
    if len(known) == 1:
        return known[0]
    variables: dict[str, Any] = {}
    text = "".join(_inside(part, variables) for part in known)
    return {"Fn::Sub": [text, variables] if variables else text}


def _inside(part: Piece, variables: dict[str, Any]) -> str:
    """Return a piece as a Sub writes it; what no name can express becomes a variable."""
    if isinstance(part, str):
        return part.replace("${", "${!")
    name, argument = single(part)
    if name == "Ref" and isinstance(argument, str):
        return f"${{{argument}}}"
    if name == "Fn::GetAtt":
        path = argument if isinstance(argument, list) else [argument]
        if path and all(isinstance(step, str) for step in path):
            return f"${{{'.'.join(path)}}}"
    written_out = json.dumps(part, sort_keys=True, default=str)
    own = f"{name.removeprefix('Fn::')}{crc32(written_out.encode()):08x}"
    variables[own] = part
    return f"${{{own}}}"


def reference(name: str) -> dict[str, Any]:
    """Return the Ref or GetAtt that the name of a variable in a Sub stands for."""
    head, dot, attribute = name.partition(".")
    return {"Fn::GetAtt": [head, attribute]} if dot else {"Ref": name}


def _sub_arguments(argument: Any) -> tuple[str | None, dict[str, Any]]:
    if isinstance(argument, str):
        return argument, {}
    if isinstance(argument, list) and len(argument) == 2:
        text, variables = argument
        if isinstance(text, str) and isinstance(variables, dict):
            return text, variables
    return None, {}


def _sub(folding: Folding, argument: Any) -> Any:
    whole = {"Fn::Sub": argument}
    parts: list[Piece] = []
    for piece in pieces(whole) or []:
        name, given = single(piece)
        constant = folding.parameter(given) if name == "Ref" else None
        value = piece if constant is None or isinstance(constant, list) else constant
        inner = pieces(value)
        if inner is None:
            return whole
        parts += inner
    return whole if parts == [whole] else of_text(parts)


def _join(_: Folding, argument: Any) -> Any:
    whole = {"Fn::Join": argument}
    if not isinstance(argument, list) or len(argument) != 2:
        return whole
    separator, entries = argument
    if not isinstance(separator, str) or not isinstance(entries, list):
        inner = at(entries, "Fn::Split")
        same = isinstance(inner, list) and len(inner) == 2 and inner[0] == separator
        return inner[1] if same else whole
    parts: list[Piece] = []
    for index, entry in enumerate(entries):
        inner = None if single(entry)[0] == "Fn::If" and len(entries) > 1 else pieces(entry)
        if inner is None:
            return whole
        parts += [separator] * (index > 0) + inner
    return of_text(parts)


def _split(folding: Folding, argument: Any) -> Any:
    whole = {"Fn::Split": argument}
    if not isinstance(argument, list) or len(argument) != 2:
        return whole
    separator, source = argument
    if not isinstance(separator, str) or not separator:
        return whole
    if single(source)[0] == "Fn::Join":
        inner = source["Fn::Join"]
        same = isinstance(inner, list) and len(inner) == 2 and inner[0] == separator
        return inner[1] if same else whole
    parts = pieces(source)
    if parts is None or not all(_is_undivided(folding, part, separator) for part in parts):
        return whole
    if len(parts) == 1 and not _is_single(folding, parts[0]):
        return whole
    found: list[list[Piece]] = [[]]
    for part in parts:
        first, *rest = part.split(separator) if isinstance(part, str) else [part]
        found[-1].append(first)
        found += [[entry] for entry in rest]
    return [of_text(entry) for entry in found]


def _is_undivided(folding: Folding, part: Piece, separator: str) -> bool:
    """Whether a piece is a text, or a reference to what cannot hold the separator."""
    name, argument = single(part)
    text = name == "Ref" and at(folding.template, "Parameters", argument, "Type") == "String"
    one = name in ("Ref", "Fn::GetAtt") and not text and separator in SEPARATORS
    return one or isinstance(part, str)


def _is_single(folding: Folding, part: Piece) -> bool:
    """Whether a piece is a text, or the id of a resource: the whole list has one entry."""
    name, argument = single(part)
    owner = argument if name == "Ref" else at(argument, 0)
    kind = str(at(folding.template, "Resources", owner, "Type"))
    is_id = name == "Ref" or str(at(argument, 1)).endswith(("Id", "Arn", "ARN"))
    return isinstance(part, str) or (is_id and kind.startswith("AWS::EC2::"))


def _select(_: Folding, argument: Any) -> Any:
    whole = {"Fn::Select": argument}
    if not isinstance(argument, list) or len(argument) != 2:
        return whole
    index, entries = argument
    if not str(index).isdecimal() or not isinstance(entries, list):
        return whole
    before = entries[: int(index) + 1]
    if len(before) <= int(index) or any(single(entry)[0] == "Fn::If" for entry in before):
        return whole
    return before[-1]


def _find_in_map(folding: Folding, argument: Any) -> Any:
    whole = {"Fn::FindInMap": argument}
    if not isinstance(argument, list) or len(argument) < 3:
        return whole
    name, *keys = argument[:3]
    if not all(map(is_literal, keys)):
        return whole
    mapping = folding.mapping(name)
    if not isinstance(mapping, dict):
        return whole
    found = at(mapping, *map(written, keys))
    if found is None and len(argument) == 4:
        found = at(argument[3], "DefaultValue")
    return whole if found is None or isinstance(found, dict) else found


def _get_att(_: Folding, argument: Any) -> Any:
    """Return the form with a name and an attribute."""
    path = argument.split(".") if isinstance(argument, str) else argument
    if not isinstance(path, list) or len(path) < 2 or not all(isinstance(p, str) for p in path):
        return {"Fn::GetAtt": argument}
    return {"Fn::GetAtt": [path[0], ".".join(path[1:])]}


def _if(_: Folding, argument: Any) -> Any:
    """Return the value of both branches if it is the same."""
    same = isinstance(argument, list) and len(argument) == 3 and argument[1] == argument[2]
    return argument[1] if same else {"Fn::If": argument}


def _cidr(folding: Folding, argument: Any) -> Any:
    """Return the first blocks of a literal block, or of that of a VPC.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
    """
    from ipaddress import ip_network  # noqa: PLC0415 (few templates have Fn::Cidr)

    whole = {"Fn::Cidr": argument}
    if not isinstance(argument, list) or len(argument) != 3:
        return whole
    block, *numbers = map(str, (_block_of(folding, argument[0]), *argument[1:]))
    if "/" not in block:
        return whole
    if not all(text.isdecimal() for text in numbers):
        return whole
    try:
        network = ip_network(block, strict=False)
        blocks = network.subnets(new_prefix=network.max_prefixlen - int(numbers[1]))
        found = [str(each) for each, _ in zip(blocks, range(MOST_BLOCKS), strict=False)]
    except ValueError:
        return whole
    count = int(numbers[0])
    return found[:count] if 0 < count <= len(found) else whole


def _block_of(folding: Folding, value: Any) -> Any:
    """Return the block of a VPC for its attribute CidrBlock, or the value."""
    path = at(value, "Fn::GetAtt")
    if not isinstance(path, list) or path[1:] != ["CidrBlock"]:
        return value
    vpc = at(folding.template, "Resources", path[0])
    is_vpc = at(vpc, "Type") == "AWS::EC2::VPC"
    return folding.value(at(vpc, "Properties", "CidrBlock")) if is_vpc else value


def _length(_: Folding, argument: Any) -> Any:
    known = isinstance(argument, list) and all(
        single(entry)[0] != "Fn::If" for entry in argument
    )
    return len(argument) if known else {"Fn::Length": argument}


def _to_json_string(_: Folding, argument: Any) -> Any:
    whole = {"Fn::ToJsonString": argument}
    if not isinstance(argument, (dict, list)) or _has_expression(argument):
        return whole
    return json.dumps(argument, separators=(",", ":"))


def _has_expression(node: Any) -> bool:
    if isinstance(node, dict):
        name, _ = single(node)
        return (
            name == "Ref" or name.startswith("Fn::") or any(map(_has_expression, node.values()))
        )
    return isinstance(node, list) and any(map(_has_expression, node))


FUNCTIONS: dict[str, Callable[[Folding, Any], Any]] = {
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Cidr": _cidr,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json_string,
}
