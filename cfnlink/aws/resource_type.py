"""What a type of resource is: the columns of types.yaml, which explains each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cfnlink.aws.catalogue import TYPES_FILE, CatalogueError

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
    no demand. unless_target: a property -> the values of the resource to which it refers, with
    which there is no demand. having: the text that the value of a property must hold for it.
    why: what the default does. docs: the page of AWS.
    """

    one_of: Properties
    unless: Properties = ()
    where: Properties = ()
    unless_target: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    having: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    docs: str = ""


@dataclass(frozen=True)
class RunsTasks:
    """Where a type says which task of ECS runs, and in which subnets.

    at: the property that holds the others, with * for each entry of a list; empty: the
    properties themselves. task: the task definition. network: the AwsvpcConfiguration. exec:
    whether ECS Exec is on.
    """

    at: str = ""
    task: str = "TaskDefinition"
    network: str = "NetworkConfiguration.AwsvpcConfiguration"
    exec: str = "EnableExecuteCommand"


@dataclass(frozen=True)
class InNetwork:
    """Where a type names its security groups and subnets, and what AWS asks of the subnets.

    subnets: a list of subnets, or one; subnet_group: a resource that has them. zones: how many
    zones AWS asks for. one_each: AWS refuses two subnets of one zone.
    """

    groups: str = ""
    subnets: str = ""
    subnet_group: str = ""
    zones: int = 1
    one_each: bool = False


@dataclass(frozen=True)
class Listens:
    """On which port a type listens.

    port: the property that states it. ports: those of which clients use one if it states none,
    by the value of the property `by`, or for `any`.
    """

    port: str = ""
    by: str = ""
    ports: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row of types.yaml. A type that has no row has only its name."""

    type: str
    holds_data: str = ""
    deletion_policy: Literal["", "Retain", "Snapshot"] = ""
    kept_because: str = ""
    replaced_by: str = ""
    is_guarded: bool = False
    opens: str = ""
    restarted_by: Properties = ()
    restart: str = ""
    drifts: Mapping[str, str] = field(default_factory=dict)
    deleted_by: Properties = ()
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
    forms: Mapping[str, Literal["ARN", "URL", "id or name"]] = field(default_factory=dict)
    gives: Mapping[str, Properties] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    demanded: tuple[Demand, ...] = ()
    advised: tuple[Demand, ...] = ()
    stated: tuple[Demand, ...] = ()
    runs_tasks: tuple[RunsTasks, ...] = ()
    in_network: InNetwork | None = None
    listens: Listens | None = None

    @property
    def iam_service(self) -> str:
        """The service in the Service Authorization Reference."""
        return self.service or self.type.split("::")[1].lower()

    @property
    def is_priced(self) -> bool:
        """Whether the bill knows what it costs, nothing included."""
        return bool(self.free or self.price or self.meter)

    @property
    def is_renewed(self) -> bool:
        """Whether normal life replaces it and nothing is lost with the old one."""
        return bool(self.replaced_by) and not self.holds_data


RECORDS: Mapping[str, Callable[..., Any]] = {
    "service_role": ServiceRole,
    "card": CardStyle,
    "in_network": InNetwork,
    "listens": Listens,
}


def of_row(name: str, row: Mapping[str, Any]) -> ResourceType:
    """Return a row of types.yaml with its types. Raises CatalogueError."""
    try:
        return ResourceType(type=name, **{key: _value(key, row[key]) for key in row})
    except (TypeError, AttributeError) as error:
        wrong = str(error).replace(
            ".__init__() got an unexpected keyword argument", ": no column"
        )
        message = f"{TYPES_FILE}: {name}: {wrong}; expected the columns of the file's head"
        raise CatalogueError(message) from None


def _value(column: str, given: Any) -> Any:
    """Return a column's value as ResourceType holds it."""
    if column == "arns":
        arns = {
            kind: arn if isinstance(arn, dict) else {"arn": arn} for kind, arn in given.items()
        }
        return {kind: Arn(**arn) for kind, arn in arns.items()}
    if column in ("demanded", "advised", "stated"):
        return tuple(Demand(**_with_tuples(each)) for each in given)
    if column == "runs_tasks":
        return tuple(RunsTasks(**each) for each in given)
    if record := RECORDS.get(column):
        return record(**_with_tuples(given))
    return _with_tuples(given)


def _with_tuples(given: Any) -> Any:
    """Return a value with tuples in place of its lists."""
    if isinstance(given, dict):
        return {key: _with_tuples(value) for key, value in given.items()}
    return tuple(given) if isinstance(given, list) else given
