"""The two ways of teaching ministack: a type that it lacks, a function that errs."""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]  # physical id, GetAtt attributes
Answer = tuple[int, dict[str, Any], Any]  # status, headers, body

# Maps whose keys are the user's own and keep their case.
VERBATIM = {"Options", "DockerLabels"}

_STORES: list[Any] = []


def store() -> Any:
    """A dictionary per account and region, emptied by POST /_ministack/reset."""
    _STORES.append(AccountRegionScopedDict())
    return _STORES[-1]


def teach(
    resource_type: str,
    create: Callable[[str, Properties, str], Made],
    delete: Callable[[str, Properties], None],
    update: Callable[[str, Properties, Properties, str], Made] | None = None,
    replacing: tuple[str, ...] = (),
) -> None:
    """Give a type its handlers; a change to a `replacing` property makes it anew.

    Without them a change set is refused whole: "Template format error:
    Unrecognized resource types: [...]".
    """
    handlers: dict[str, Any] = {"create": create, "delete": delete}
    if update:
        handlers["update"] = update
    provisioners._RESOURCE_HANDLERS[resource_type] = handlers
    provisioners._REPLACING_PROPERTIES[resource_type] = replacing


def patch(module: ModuleType, name: str) -> Callable[[Callable[..., Any]], Any]:
    """Put the decorated function, which gets the old one first, in its place."""

    def replace(better: Callable[..., Any]) -> Callable[..., Any]:
        old = getattr(module, name)
        new = functools.partial(better, old)
        setattr(module, name, new)
        # ministack also keeps the function itself in its dispatch tables.
        actions = getattr(module, "_ACTION_MAP", getattr(module, "_ACTION_HANDLERS", {}))
        for table in (ec2._ACTION_MAP, actions, *provisioners._RESOURCE_HANDLERS.values()):
            table.update({key: new for key, held in table.items() if held is old})
        return better

    return replace


def camel(value: Any) -> Any:
    """A template's value with the keys that most APIs use."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].lower() + key[1:]: item if key in VERBATIM else camel(item)
        for key, item in value.items()
    }


def require(found: bool, message: str) -> None:
    """Fail the resource as AWS does where ministack would let it pass."""
    if not found:
        raise ValueError(message)


def accepted(response: Answer) -> str:
    """The body of an emulator's own answer; its error fails the resource."""
    status, _, body = response
    text = body.decode() if isinstance(body, bytes) else str(body)
    require(status < 400, text)
    return text


@patch(app, "_reset_all_state")
def _reset(old: Callable[[], None]) -> None:
    old()
    for kept in _STORES:
        kept.clear()
