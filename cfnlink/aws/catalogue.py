"""The catalogue: what is known about AWS, read from the files of this folder.

A file is read when it is first asked for, and only then are yaml and the rows' classes
imported: an answer of lint from its cache and `import build` need none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cfnlink.aws import files
    from cfnlink.aws.resource_type import ResourceType

FOLDER = Path(__file__).parent
PRICES = FOLDER / "prices"
TYPES_FILE = "cfnlink/aws/types.yaml"


class CatalogueError(ValueError):
    """A row of a data file does not have the columns that its description names."""


@overload
def facts(name: Literal["zones"]) -> files.Zones: ...
@overload
def facts(name: Literal["instance_classes"]) -> files.InstanceClasses: ...
@overload
def facts(name: Literal["postgresql"]) -> files.PostgreSql: ...
@overload
def facts(name: Literal["throttle_quotas"]) -> files.ThrottleQuotas: ...
@overload
def facts(name: Literal["cfn_lint"]) -> files.CfnLint: ...
@overload
def facts(name: Literal["quotas"]) -> files.Quotas: ...
@overload
def facts(name: Literal["iam"]) -> files.Iam: ...
@overload
def facts(name: Literal["rights"]) -> files.Rights: ...
@overload
def facts(name: Literal["endpoints"]) -> files.Endpoints: ...
@overload
def facts(name: Literal["metrics"]) -> files.Metrics: ...
@overload
def facts(name: Literal["durations"]) -> files.Durations: ...
@overload
def facts(name: Literal["events"]) -> files.Events: ...
@overload
def facts(name: Literal["subscriptions"]) -> files.Subscriptions: ...
@overload
def facts(name: Literal["shapes"]) -> files.Shapes: ...
@overload
def facts(name: Literal["macros"]) -> files.MacroFile: ...
@overload
def facts(name: Literal["containers"]) -> files.Containers: ...
@overload
def facts(name: Literal["price_selectors"]) -> files.PriceSelectors: ...
@overload
def facts(name: Literal["prices/sources"]) -> files.PriceSources: ...
@overload
def facts(name: Literal["prices/discounts"]) -> files.Discounts: ...
@overload
def facts(name: Literal["failures"]) -> list[dict[str, Any]]: ...
@overload
def facts(
    name: Literal[
        "types", "fits", "permissions", "api_gateway", "load_balancing", "stock_rules"
    ],
) -> dict[str, Any]: ...
def facts(name: str) -> Any:
    """Return the content of one file of this folder, with the types of its keys."""
    return _content(name)


def price_file(name: str) -> files.PriceFile:
    """Return the shipped prices of a region, or "global"."""
    content: files.PriceFile = _content(f"prices/{name}")
    return content


def price_regions() -> list[str]:
    """Return the regions whose prices are shipped."""
    others = ("global", "sources", "discounts")
    return sorted(file.stem for file in PRICES.glob("*.yaml") if file.stem not in others)


@cache
def _content(name: str) -> Any:
    import yaml  # noqa: PLC0415 (late: see above)

    return yaml.load((FOLDER / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)


def link_zones(region: str) -> list[str]:
    """Return the zones of a region that accept a VPC link; all of them if AWS does not say."""
    known = facts("zones")["regions"].get(region)
    return known.get("vpc_link", known["zones"]) if known else []


@cache
def types() -> Mapping[str, ResourceType]:
    """Return the rows of types.yaml by type, in its order. Raises CatalogueError."""
    from cfnlink.aws.resource_type import of_row  # noqa: PLC0415 (late: see above)

    return {name: of_row(name, row) for name, row in facts("types").items()}


@cache
def kinds() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return by kind the types that give it, each with Ref or the attributes that give it."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in {**types(), **facts("shapes")["without_row"]}:
        for kind, ways in values_of(name).gives.items():
            found.setdefault(kind, {})[name] = ways
    return found


@cache
def values_of(name: str) -> ResourceType:
    """Return what is known of the values of a type: forms, gives and references."""
    from cfnlink.aws.resource_type import of_row  # noqa: PLC0415 (late: see above)

    known = facts("shapes")["without_row"].get(name)
    return of_row(name, known) if known else resource_type(name)


def types_with(column: str) -> tuple[str, ...]:
    """Return the types whose row has something in a column of types.yaml."""
    return tuple(name for name, row in types().items() if getattr(row, column))


def resource_type(name: str) -> ResourceType:
    """Return what a type is; of a type without a row only its name is known."""
    from cfnlink.aws.resource_type import ResourceType  # noqa: PLC0415 (late: see above)

    return types().get(name) or ResourceType(type=name)


def without_row(name: str) -> str:
    """Return the message about a type that has no row; nothing stops for it."""
    return f"{name} has no row in {TYPES_FILE}"
