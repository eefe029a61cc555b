"""The former names of the model."""

from cfnlink.system.resource import Resource
from cfnlink.system.resource import System as Template

__all__ = ["Resource", "Template"]
