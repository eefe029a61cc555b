"""Lint, price, draw and deploy the stacks of an environment as one system.

These names are the package's face, for programs in Python; everything else may change with
each release. `cfnlink.rules` is for cfn-lint.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cfnlink.cost.bill import Bill, bill_of
    from cfnlink.lint.command import check_all
    from cfnlink.lint.finding import Finding
    from cfnlink.picture import draw
    from cfnlink.system.folder import Folder, UnusableError, read
    from cfnlink.system.link import link
    from cfnlink.system.resource import Resource, System

__all__ = [
    "Bill",
    "Finding",
    "Folder",
    "Resource",
    "System",
    "UnusableError",
    "bill_of",
    "check_all",
    "draw",
    "link",
    "read",
]
MODULES = {
    "cost.bill": ("Bill", "bill_of"),
    "lint.command": ("check_all",),
    "lint.finding": ("Finding",),
    "picture": ("draw",),
    "system.folder": ("Folder", "UnusableError", "read"),
    "system.link": ("link",),
    "system.resource": ("Resource", "System"),
}


def __getattr__(name: str) -> Any:
    """Import a name of the face when it is used: a command needs few of them."""
    from importlib import import_module  # noqa: PLC0415 (as the rest)

    for module, names in MODULES.items():
        if name in names:
            return getattr(import_module(f"cfnlink.{module}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
