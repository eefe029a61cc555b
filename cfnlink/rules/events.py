"""EventBridge: a rule matches events, and its targets accept them."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import none_of, sibling_condition
from cfnlink.lint.rule import Fault, Faults, Row, rule
from cfnlink.system.expressions import at, is_expression, text
from cfnlink.system.identity import ROLE, statements
from cfnlink.system.template import Resource

API = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_"
ACM_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-acm.html"
DOCS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
CERTIFICATE = "AWS::CertificateManager::Certificate"
RULE, POLICY = "AWS::Events::Rule", "AWS::SNS::TopicPolicy"
EVENTS = facts("events")
SOURCES = {source for sources in EVENTS["senders"].values() for source in sources}
TEMPLATE = "Targets.*.InputTransformer.InputTemplate"
SELECTING = {"source", "detail-type", "account", "resources", "$or"}
FIELDS = {*SELECTING, "version", "id", "time", "region", "detail", "replay-name"}


def literals(pattern: Any, key: str) -> list[str]:
    """Return the values of a pattern's field; none unless all are plain text."""
    value = at(pattern, key) if isinstance(at(pattern, key), list) else []
    return [one for one in value if isinstance(one, str)] if "{" not in str(value) else []


def sent(source: str) -> str | None:
    """Return AWS's name for a source of events that is named otherwise."""
    bare = re.fullmatch(r"(?i)(aws[.:]|amazon[.:])?([\w-]+?)(\.amazonaws\.com)?", source)
    name = "aws." + EVENTS["aliases"].get(bare[2].lower(), bare[2].lower()) if bare else source
    known = bare and (bare[1] or bare[3] or name in SOURCES)
    return name if known and name != source else None


def leaves(node: Any, path: list[Any]) -> list[tuple[list[Any], Any]]:
    """Yield the values of a pattern at all depths."""
    if isinstance(node, dict) and node and not is_expression(node):
        return [leaf for key, value in node.items() for leaf in leaves(value, [*path, key])]
    return [(path, node)]


@rule("E9723", RULE, f"{DOCS}eb-event-patterns.html")
def pattern_is_valid(rule: Resource) -> Faults:
    """An event pattern's values are lists.
    EventBridge accepts a pattern only if each of its values is in a list that is not empty."""
    pattern = rule.expression("EventPattern")
    for path, value in leaves(pattern, []) if isinstance(pattern, dict) else ():
        if not is_expression(value) and not (isinstance(value, list) and value):
            yield ["EventPattern", *path], f"{value} is no list of values; write [...]"


NEAR = "(?i)(common|domain|certificate|host)(names?)?|cn|sans?|subjectalternativenames?"


@rule("W9722", RULE, ACM_EVENTS)
def pattern_matches_events(rule: Resource) -> Faults:
    """An event pattern matches events that AWS sends.
    A pattern matches only what AWS sends: ACM's events come from aws.acm, under six names,
    with a certificate's domain as CommonName and a number as DaysToExpiry. Another pattern
    never matches, and EventBridge reports no error."""
    pattern = rule.expression("EventPattern")
    if not isinstance(pattern, dict) or is_expression(pattern):
        return
    if pattern and not SELECTING & set(pattern):
        yield ["EventPattern"], "it matches events of every source; add source and detail-type"
    for key in set(pattern) - FIELDS:
        yield ["EventPattern", key], f"an event has no {key}; mind the spelling"
    sources = literals(pattern, "source")
    for n, better in enumerate(map(sent, sources)):
        yield from (
            [(["EventPattern", "source", n], f"AWS calls it {better}")] if better else ()
        )
    yield from _names(pattern, sources)
    detail = at(pattern, "detail") if sources == ["aws.acm"] else None
    for n, days in enumerate(literals(detail, "DaysToExpiry")):
        yield ["EventPattern", "detail", "DaysToExpiry", n], f"'{days}' is text; write a number"
    here = [one.get("DomainName") for one in rule.template.of(CERTIFICATE)]
    for n, name in enumerate(literals(detail, "CommonName")):
        if rule.template.linked and here and name not in here and None not in here:
            path = ["EventPattern", "detail", "CommonName", n]
            yield path, f"no certificate is of {name} but {', '.join(here)}; name that"


def _names(pattern: dict[str, Any], sources: list[str]) -> Iterator[Fault]:
    only_acm = sources == ["aws.acm"]
    for n, name in enumerate(literals(pattern, "detail-type")):
        senders = next((by for of, by in EVENTS["senders"].items() if name.startswith(of)), ())
        path = ["EventPattern", "detail-type", n]
        if only_acm and name not in EVENTS["acm"] and not name.endswith(" via CloudTrail"):
            yield path, f"ACM sends no {name}; use one of {', '.join(EVENTS['acm'])}"
        elif senders and sources and not set(senders) & set(sources):
            yield path, f"{name} comes from {senders[0]} and not from {sources}; correct one"
    detail = pattern.get("detail")
    for key in detail if only_acm and isinstance(detail, dict) else ():
        if key != "CommonName" and re.fullmatch(NEAR, re.sub("[-_ ]", "", str(key))):
            yield ["EventPattern", "detail", key], f"ACM sends no {key}; use CommonName"


def listens(rule: Any) -> bool:
    """Whether a rule for AWS's events is on the default bus."""
    bus, sources = rule.get("EventBusName"), literals(rule.get("EventPattern"), "source")
    known = isinstance(bus, str) and not bus.startswith("arn:") and bus != "default"
    return not known or not any(source.startswith("aws.") for source in sources)


def fills(transformer: Any) -> bool:
    """Whether an input template uses only what its map defines."""
    paths = transformer.get("InputPathsMap", {})
    used = re.findall(r"<([\w-]+)>", text(transformer.get("InputTemplate")) or "")
    return not isinstance(paths, dict) or is_expression(paths) or set(used) <= set(paths)


@rule("W9724", RULE, f"{API}PutRule.html")
def rule_does_its_work(_: Resource) -> Faults:
    """A rule is enabled, on the bus that has its events, and fills its template.
    A disabled rule matches nothing. AWS's own events go to the default bus only. A message
    lacks each <name> of its template that InputPathsMap does not define."""
    yield Row("State", none_of("DISABLED"), "the rule is disabled; enable it")
    yield Row(
        "EventBusName",
        sibling_condition(listens),
        "AWS's events are on the default bus; drop it",
    )
    yield Row(
        TEMPLATE, sibling_condition(fills), "a <name> in it is not in InputPathsMap; add it"
    )


def admits(resource: Resource, action: str) -> bool:
    """Whether a policy or trust lets EventBridge do something; true if unknown."""
    found, ours = (
        list(statements(resource)),
        re.compile(r"\bevents\.amazonaws|'\*'|^\*$|Ref|Fn::"),
    )
    known = found and "Fn::If" not in str(resource.properties)
    free = [s for s in found if s.allows and ours.search(str(s.body.get("Principal")))]
    names = [str(name).lower() for s in free for _, name in s.values_at("Action")]
    return not known or any(fnmatchcase(action, name) for name in names)


@rule("W9723", RULE, f"{DOCS}eb-use-resource-based.html")
def targets_are_reached(rule: Resource) -> Faults:
    """A target's topic or role admits EventBridge.
    EventBridge publishes to a topic only if the topic's policy allows events.amazonaws.com
    to do so, and uses a role only if the role trusts it. Otherwise the rule matches and no
    message arrives."""
    for n, target in rule.entries("Targets"):
        topic, path = rule.template.target(target.get("Arn")), ["Targets", n]
        role = rule.template.target(target.get("RoleArn"))
        if role and role.type == ROLE and not admits(role, "sts:assumerole"):
            yield [*path, "RoleArn"], f"{role.name} must trust events.amazonaws.com"
        if topic is None or topic.type != "AWS::SNS::Topic" or target.get("RoleArn"):
            continue
        policies = [p for p, way in topic.users(POLICY) if way[:1] == ["Topics"]]
        admitted = any(admits(one, "sns:publish") for one in policies)
        if not admitted and (policies or not topic.is_exported):
            yield (
                [*path, "Arn"],
                f"a policy of {topic.name} must allow events.amazonaws.com to publish",
            )
