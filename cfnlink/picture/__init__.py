"""The picture of an environment, made from its system only."""

from cfnlink.picture.layout import arrange
from cfnlink.picture.scene import scene
from cfnlink.picture.svg import render
from cfnlink.system.folder import Folder
from cfnlink.system.resource import System

__all__ = ["draw", "title"]


def draw(system: System, title: str) -> str:
    """Return the system as SVG text: the same bytes on every machine."""
    return render(arrange(scene(system, title)))


def title(folder: Folder) -> str:
    """Return project and environment, or the folder's name if the manifest has neither."""
    named = [folder.manifest.get(key) for key in ("project", "environment")]
    return " ".join(str(name) for name in named if name) or folder.path.resolve().name
