"""Write AWS's Metadata Context into the templates of an environment.

Why a resource exists comes from the docstring of the function that makes it, everything else
from the linked system. docs/decisions/0030-metadata-context.md has the choices.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.system.context import (
    Context,
    dependencies,
    exported,
    importers_of,
    resource_context,
    with_context,
)
from cfnlink.system.link import system_id
from cfnlink.system.resource import Body, System
from cfnlink.writer import (
    OneLine,
    OneLineList,
    in_reading_order,
    template_json,
    yaml_text,
)
from templates.reasons import Reason, pages, reason_of, summary
from templates.settings import Settings
from templates.settings.files import PROJECT_FILE, environment_path
from templates.stack import Stack, Tier

ROOT = Path(__file__).parents[1]
SHORT = 3  # properties that a line shows
AS = "As "  # then the resource that has the same reason
SHARED_IMPORTERS = ("every environment",)


def described(
    settings: Settings, tiers: list[Tier], templates: Mapping[str, Body], system: System
) -> dict[str, Body]:
    """Return the templates by tier, each with its Contexts as far as its body has room."""
    facts = _Facts(settings, system)
    return {
        tier.stack.tier: _fitting(
            templates[tier.stack.tier],
            facts.of_template(tier),
            facts.of_resources(tier.stack, templates[tier.stack.tier]),
        )
        for tier in tiers
    }


class _Facts:
    """What the linked system of an environment says of its templates."""

    def __init__(self, settings: Settings, system: System) -> None:
        self.settings = settings
        self.system = system
        self.importers = importers_of(system)
        self.dependencies = dependencies(system)

    def of_template(self, tier: Tier) -> Context:
        """Return what holds for a whole template: its shape, its source, its decisions."""
        stack, module = tier.stack, sys.modules[type(tier).__module__]
        file = f"{module.__name__.replace('.', '/')}.py"
        own = environment_path(self.settings.environment)
        source = PROJECT_FILE if stack.is_shared else own
        reasons = map(reason_of, stack.template.resources.values())
        named = [*pages(module.__doc__), *(page for each in reasons for page in each.pages)]
        titles = {page: _title(page) for page in sorted({*named})}
        refs = [OneLine(at=page, has=title) for page, title in titles.items() if title]
        return {
            "arch": f"{_without_tier(summary(module.__doc__)).rstrip('.')}; {self._way(stack)}",
            "must": [f"build.py writes this file, so change {source} or {file} and build"],
            **({"ref": refs} if refs else {}),
        }

    def _way(self, stack: Stack) -> str:
        """Return the tier between those that it reads and those that read it."""
        links = self.system.links
        read = sorted({each.exporter for each in links if each.tier == stack.tier})
        readers = sorted({each.tier for each in links if each.exporter == stack.tier})
        if stack.is_shared:
            readers = [*SHARED_IMPORTERS]
        return " -> ".join(", ".join(each) for each in (read, [stack.tier], readers) if each)

    def of_resources(self, stack: Stack, template: Body) -> dict[str, Context]:
        """Return what is known of each resource, by logical id.

        All environments share a stack, so its template names no tier that imports from it:
        an environment can lack the tier.
        """
        shared, found = exported(template) if stack.is_shared else set(), {}
        for logical_id, resource in stack.template.resources.items():
            name = system_id(stack.tier, logical_id)
            importers = self.importers.get(name, set())
            if stack.is_shared:
                importers = {*SHARED_IMPORTERS} if logical_id in shared else set()
            body = template["Resources"][logical_id]
            rules = resource_context(body, importers, self.settings.region)
            deps = self.dependencies.get(name)
            found[logical_id] = _in_order(reason_of(resource), rules, deps)
        return _without_repeats(found)


def _in_order(reason: Reason, rules: Context, deps: list[str] | None) -> Context:
    """Return a resource's Context in reading order: why, rules, source, links."""
    known = reason.context()
    why = {"why": known["why"]} if "why" in known else {}
    links = {"deps": OneLineList(deps)} if deps else {}
    return {**why, **_compact(rules), "trust": OneLine(known["trust"]), **links}


def _without_repeats(contexts: Mapping[str, Context]) -> dict[str, Context]:
    """Return the Contexts, in which a reason and its source stand once: then it is "As X"."""
    first: dict[tuple[str, str], str] = {}
    found = {}
    for name, context in contexts.items():
        reason = (context.get("why", ""), context["trust"].get("cite", ""))
        same = first.setdefault(reason, name)
        found[name] = context
        if same != name and "why" in context:
            short = {**_without("trust", context), "why": f"{AS}{same}"}
            found[name] = short if "must" in context else OneLine(short)
    return found


def _compact(rules: Context) -> Context:
    """Return the rules as YAML shows them: a short list or mapping on one line."""
    found = dict(rules)
    if len(found.get("must", ())) == 1:
        found["must"] = OneLineList(found["must"])
    if len(found.get("mutability", ())) <= SHORT:
        found |= {"mutability": OneLine(found["mutability"])} if "mutability" in found else {}
    return found


def _without_tier(text: str) -> str:
    """Return the first line of a tier's module without the tier's name."""
    head, colon, rest = text.partition(" tier: ")
    return rest[:1].upper() + rest[1:] if colon else head


@cache
def _title(page: str) -> str:
    """Return the title of a page of decisions; empty if there is none."""
    try:
        with (ROOT / page).open(encoding="utf-8") as lines:
            return next(lines, "").lstrip("# 0123456789.").strip()
    except OSError:
        return ""


def _fitting(template: Body, about: Context, resources: Mapping[str, Context]) -> Body:
    """Return a template with as much of its Contexts as its body has room for."""
    for kept in _less_and_less(resources):
        found = _joined(template, about, kept)
        if _fits(found):
            return found
    return template


def _less_and_less(contexts: Mapping[str, Context]) -> Iterator[Mapping[str, Context]]:
    """Yield the Contexts of resources, each time with less, in the order of AWS's advice.

    What only refers to another resource goes first, then sources, then links; rules stay.
    https://github.com/aws/agent-toolkit-for-aws: persist-template-context
    """
    yield contexts
    left = {
        name: context
        for name, context in contexts.items()
        if "must" in context or not str(context.get("why")).startswith(AS)
    }
    yield left
    for key in ("trust", "deps"):
        left = {name: _without(key, context) for name, context in left.items()}
        yield left
    yield {name: context for name, context in left.items() if "must" in context}


def _without(key: str, context: Context) -> Context:
    return {name: value for name, value in context.items() if name != key}


def _joined(template: Body, about: Context, resources: Mapping[str, Context]) -> Body:
    bodies = {
        name: with_context(body, resources[name]) if name in resources else body
        for name, body in template["Resources"].items()
    }
    return in_reading_order(with_context({**template, "Resources": bodies}, about))


def _fits(template: Body) -> bool:
    """Return whether CloudFormation takes a template as YAML and as JSON."""
    one_line = json.dumps(template, ensure_ascii=False)
    if len(one_line.encode()) <= LARGEST_BODY_BYTES // 2:
        return True  # YAML has less than twice of that
    texts = yaml_text(template), template_json(template, LARGEST_BODY_BYTES)
    return all(len(text.encode()) <= LARGEST_BODY_BYTES for text in texts)
