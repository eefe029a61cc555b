"""Route 53: a hosted zone that exists before the stacks, with an id that the caller says.

AWS chooses the id. A rehearsal of settings that name a zone by its id needs that zone: where
the caller reference has the form of an id, the zone gets this id.
"""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from ministack.services import route53
from registry import patch

ID = re.compile(r"Z[A-Z0-9]+")


@patch(route53, "_create_hosted_zone")
def _create(old: Callable[..., Any], body: bytes, *rest: Any) -> Any:
    asked = ET.fromstring(body).findtext("{*}CallerReference") or ""
    if not ID.fullmatch(asked):
        return old(body, *rest)
    chosen, route53._zone_id = route53._zone_id, lambda: asked
    try:
        return old(body, *rest)
    finally:
        route53._zone_id = chosen
