"""The picture of an environment, made from its system alone."""

from checks.folder import Folder
from checks.link import System
from reports.picture.layout import arrange
from reports.picture.scene import scene
from reports.picture.svg import render

__all__ = ["draw", "title"]


def draw(system: System, title: str) -> str:
    """The system as an SVG text: the same bytes wherever it is drawn."""
    return render(arrange(scene(system, title)))


def title(folder: Folder) -> str:
    """Project and environment, or the folder's name where the manifest has neither."""
    named = [folder.manifest.get(key) for key in ("project", "environment")]
    return " ".join(str(name) for name in named if name) or folder.path.resolve().name
