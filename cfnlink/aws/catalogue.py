"""The catalogue: what is known about AWS, read from the files of this folder.

A file is read when it is first asked for, and yaml is imported only then: an answer of lint
from its cache and `import build` read none.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cfnlink.aws.resource_type import Arn, CardStyle, Demand, ResourceType, ServiceRole

FOLDER = Path(__file__).parent
TYPES_FILE = "cfnlink/aws/types.yaml"


class CatalogueError(ValueError):
    """A file of the catalogue does not have the form that its head describes."""


@cache
def facts(name: str) -> Any:
    """Return the content of one file of this folder."""
    import yaml  # noqa: PLC0415 (an answer of lint from its cache needs none)

    return yaml.load((FOLDER / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)


@cache
def types() -> Mapping[str, ResourceType]:
    """Return the rows of types.yaml by type, in its order. Raises CatalogueError."""
    return {name: resource_type_of(name, row) for name, row in facts("types").items()}


def resource_type(name: str) -> ResourceType:
    """Return what a type is; of a type without a row only its name is known."""
    return types().get(name) or ResourceType(type=name)


def without_row(name: str) -> str:
    """Return the message about a type that has no row; nothing stops for it."""
    return f"{name} has no row in {TYPES_FILE}"


def resource_type_of(name: str, row: Mapping[str, Any]) -> ResourceType:
    """Return a row of types.yaml with its types. Raises CatalogueError."""
    try:
        return ResourceType(type=name, **{key: _typed(key, row[key]) for key in row})
    except (TypeError, AttributeError) as error:
        wrong = str(error).removeprefix("ResourceType.__init__() ")
        message = f"{TYPES_FILE}: {name}: {wrong}; expected the columns of the file's head"
        raise CatalogueError(message) from None


def _typed(column: str, given: Any) -> Any:
    """Return a column's value as ResourceType holds it."""
    if column == "arns":
        return {kind: Arn(**(arn if isinstance(arn, dict) else {"arn": arn}))
                for kind, arn in given.items()}  # fmt: skip
    if column in ("demanded", "advised"):
        return tuple(Demand(**_tuples(each)) for each in given)
    if column == "service_role":
        return ServiceRole(**given)
    if column == "card":
        return CardStyle(**given)
    return _tuples(given)


def _tuples(given: Any) -> Any:
    """Return a value with tuples in place of its lists."""
    if isinstance(given, dict):
        return {key: _tuples(value) for key, value in given.items()}
    return tuple(given) if isinstance(given, list) else given
