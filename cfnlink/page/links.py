"""Links in the picture: from each drawn resource to its row on the page."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from cfnlink.page.model import anchor
from cfnlink.system.resource import Resource

SVG = "http://www.w3.org/2000/svg"
DRAWN = "data-resource"


def linked(svg: str, resources: Mapping[str, Resource]) -> str:
    """The picture with links. What is drawn inside another resource has its own."""
    ET.register_namespace("", SVG)
    try:
        root = ET.fromstring(svg)  # noqa: S314 (our own drawing)
    except (ET.ParseError, ValueError):
        return svg  # a stranger's name may hold what XML cannot, and a browser takes
    root.set("role", "group")  # an image would hide its links
    root.set("style", f"--own: {root.get('width', '960')}px")  # for the page's style sheet
    _link(root, None, resources)
    return ET.tostring(root, "unicode")


def _link(node: Element, owner: str | None, resources: Mapping[str, Resource]) -> None:
    """Wrap what a node draws of its owner; links do not nest.

    Of resources that are drawn as one, group in group, the outermost is the owner.
    """
    children, first, run = list(node), True, None
    node[:] = []
    for child in children:
        own = child.get(DRAWN)
        if own or child.find(f".//*[@{DRAWN}]") is not None:
            together = owner is not None and len(children) == 1
            _link(child, owner if together else own or owner, resources)
            node.append(child)
            run = None
        elif owner is not None and owner in resources:
            if run is None:
                run, first = _anchor(resources[owner], first), False
                node.append(run)
            run.append(child)
        else:
            node.append(child)
    for link in node.iterfind(f"{{{SVG}}}a"):
        if not "".join(link.itertext()).strip():
            link.set("aria-label", str(owner))


def _anchor(resource: Resource, first: bool) -> Element:
    """A link; only the first of a resource takes part in going from link to link."""
    target = f"#{anchor('resource', resource.tier, resource.logical_id)}"
    stop = {} if first else {"tabindex": "-1"}
    return Element(f"{{{SVG}}}a", {"href": target, **stop})
