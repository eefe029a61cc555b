"""Which origins the preflight of an API allows."""

import re
from typing import Any

from cfnlink.system.expressions import at, literal_mapping, text
from cfnlink.system.resource import Resource

HEADER = "Access-Control-Allow-Origin"
OVERRIDE = f"$context.responseOverride.header.{HEADER}"
COMPARED = re.compile(r"\$\w+ == \"(https?://[^\"$]+)\"")


def origin_template(method: Resource) -> tuple[list[Any], str] | None:
    """Return the response template that sets the allowed origin, and its path; None if no
    template does."""
    for n, response in method.entries("Integration", "IntegrationResponses"):
        for kind, template in literal_mapping(at(response, "ResponseTemplates")).items():
            said = text(template) or ""
            if OVERRIDE in said:
                path = ["Integration", "IntegrationResponses", n, "ResponseTemplates", kind]
                return path, said
    return None


def allowed_origins(method: Resource) -> list[str]:
    """Return the origins that a preflight allows, first the one that it names without a
    template."""
    found: list[str] = []
    for _, response in method.entries("Integration", "IntegrationResponses"):
        for name, value in literal_mapping(at(response, "ResponseParameters")).items():
            if str(name).lower() == f"method.response.header.{HEADER}".lower():
                found.append((text(value) or "${").strip("'"))
    template = origin_template(method)
    return [*found, *(COMPARED.findall(template[1]) if template else ())]
