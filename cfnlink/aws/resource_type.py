"""What a type of resource is: the columns of types.yaml, which explains each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Properties = tuple[str, ...]


@dataclass(frozen=True)
class Arn:
    """The end of an ARN, and why no condition of a policy limits it further."""

    arn: str = ""
    wide: str = ""


@dataclass(frozen=True)
class ServiceRole:
    """A service-linked role, and the service for which IAM creates it."""

    name: str
    service: str


@dataclass(frozen=True)
class CardStyle:
    """How the picture shows a resource.

    rank: the place on the path of a request, or empty. side: the place in the side row, or 0.
    shows: the property to say of it.
    """

    icon: str
    category: str
    title: str
    rank: Literal["", "gateway", "link", "balancer", "compute", "data", "way out"] = ""
    side: int = 0
    shows: str = ""


@dataclass(frozen=True)
class Demand:
    """Properties of which a resource needs one.

    unless: properties with which the demand falls. where: properties without which there is
    no demand. why: what the default does.
    """

    one_of: Properties
    unless: Properties = ()
    where: Properties = ()
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row of types.yaml. A type that has no row has only its name."""

    type: str
    holds_data: str = ""
    deletion_policy: Literal["", "Retain", "Snapshot"] = ""
    kept_because: str = ""
    replaced_by: str = ""
    is_guarded: bool = False
    restarted_by: Properties = ()
    restart: str = ""
    drifts: Mapping[str, str] = field(default_factory=dict)
    named_by: str = ""
    names: Literal["stack", "logical id", "either"] = "stack"
    case: Literal["kept", "lower", "either"] = "kept"
    service: str = ""
    arns: Mapping[str, Arn] = field(default_factory=dict)
    created_in: Mapping[str, str] = field(default_factory=dict)
    tagged: Literal["as the schema says", "afterwards", "uncertain"] = "as the schema says"
    capability: Literal["", "CAPABILITY_IAM"] = ""
    service_role: ServiceRole | None = None
    resource_policy: str = ""
    free: str = ""
    item: str = ""
    price: str = ""
    meter: str = ""
    expensive: str = ""
    card: CardStyle | None = None
    gives: Mapping[str, Properties] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    demanded: tuple[Demand, ...] = ()
    advised: tuple[Demand, ...] = ()

    @property
    def is_priced(self) -> bool:
        """Whether the bill knows what it costs, nothing included."""
        return bool(self.free or self.price or self.meter)

    @property
    def is_renewed(self) -> bool:
        """Whether normal life replaces it and nothing is lost with the old one."""
        return bool(self.replaced_by) and not self.holds_data
