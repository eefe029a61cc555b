"""EventBridge: a rule matches events, and its targets accept them."""

import re
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import sibling_condition
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.expressions import at, is_expression, text
from cfnlink.system.resource import Resource
from cfnlink.system.state_machines import STATE_MACHINE, lost_transitions

API = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_"
ACM_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-acm.html"
DOCS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
CERTIFICATE = "AWS::CertificateManager::Certificate"
PATTERN_DOCS = f"{DOCS}eb-event-patterns.html"
RULE, BUS = "AWS::Events::Rule", "AWS::Events::EventBus"
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


@rule("E9723", RULE, PATTERN_DOCS)
def event_pattern_is_valid(rule: Resource) -> Faults:
    """An event pattern's values are lists.
    EventBridge accepts a pattern only if each of its values is in a list that is not empty."""
    pattern = rule.expression("EventPattern")
    for path, value in leaves(pattern, []) if isinstance(pattern, dict) else ():
        if not is_expression(value) and not (isinstance(value, list) and value):
            yield ["EventPattern", *path], f"{value} is no list of values; write [...]"


NEAR = "(?i)(common|domain|certificate|host)(names?)?|cn|sans?|subjectalternativenames?"


def pattern_of(rule: Resource) -> dict[str, Any]:
    """Return the event pattern of a rule; empty if it has none or it is an expression."""
    pattern = rule.expression("EventPattern")
    return pattern if isinstance(pattern, dict) and not is_expression(pattern) else {}


def is_of_acm(pattern: dict[str, Any]) -> bool:
    """Whether a pattern is for events of ACM only."""
    return literals(pattern, "source") == ["aws.acm"]


@rule("W9786", RULE, PATTERN_DOCS, formerly="W9722")
def pattern_names_a_source(rule: Resource) -> Faults:
    """An event pattern says from which source its events come.
    Without source and detail-type it matches events of every source."""
    pattern = pattern_of(rule)
    if pattern and not SELECTING & set(pattern):
        yield ["EventPattern"], "it matches events of every source; add source and detail-type"


@rule("W9787", RULE, PATTERN_DOCS, formerly="W9722")
def pattern_field_exists(rule: Resource) -> Faults:
    """An event pattern has the fields of an event.
    A pattern with another field never matches, and EventBridge reports no error."""
    for key in set(pattern_of(rule)) - FIELDS:
        yield ["EventPattern", key], f"an event has no {key}; mind the spelling"


@rule("W9788", RULE, PATTERN_DOCS, formerly="W9722")
def pattern_source_is_spelled_as_aws_does(rule: Resource) -> Faults:
    """A source of events is spelled as AWS spells it.
    ACM's events come from aws.acm. Another source never matches."""
    for n, better in enumerate(map(sent, literals(pattern_of(rule), "source"))):
        if better:
            yield ["EventPattern", "source", n], f"AWS calls it {better}; write that"


@rule("W9789", RULE, PATTERN_DOCS, formerly="W9722")
def pattern_detail_type_is_sent(rule: Resource) -> Faults:
    """The source of an event pattern sends its detail-type.
    ACM sends events under six names. Another name never matches."""
    pattern = pattern_of(rule)
    sources = literals(pattern, "source")
    for n, name in enumerate(literals(pattern, "detail-type")):
        senders = next((by for of, by in EVENTS["senders"].items() if name.startswith(of)), ())
        path = ["EventPattern", "detail-type", n]
        known = name in EVENTS["acm"] or name.endswith(" via CloudTrail")
        if is_of_acm(pattern) and not known:
            yield path, f"ACM sends no {name}; use one of {', '.join(EVENTS['acm'])}"
        elif senders and sources and not set(senders) & set(sources):
            yield path, f"{name} comes from {senders[0]} and not from {sources}; correct one"


@rule("W9790", RULE, ACM_EVENTS, formerly="W9722")
def pattern_of_acm_names_its_fields(rule: Resource) -> Faults:
    """A pattern of ACM's events names the domain as ACM does.
    ACM sends a certificate's domain as CommonName. Another field never matches."""
    pattern = pattern_of(rule)
    detail = pattern.get("detail")
    for key in detail if is_of_acm(pattern) and isinstance(detail, dict) else ():
        if key != "CommonName" and re.fullmatch(NEAR, re.sub("[-_ ]", "", str(key))):
            yield ["EventPattern", "detail", key], f"ACM sends no {key}; use CommonName"


@rule("W9791", RULE, ACM_EVENTS, formerly="W9722")
def pattern_of_acm_has_days_as_number(rule: Resource) -> Faults:
    """A pattern of ACM's events has DaysToExpiry as a number.
    ACM sends a number, which text never matches."""
    pattern = pattern_of(rule)
    detail = at(pattern, "detail") if is_of_acm(pattern) else None
    for n, days in enumerate(literals(detail, "DaysToExpiry")):
        yield ["EventPattern", "detail", "DaysToExpiry", n], f"'{days}' is text; write a number"


@rule("W9792", RULE, ACM_EVENTS, formerly="W9722")
def pattern_of_acm_has_a_certificate(rule: Resource) -> Faults:
    """A pattern of ACM's events names the domain of a certificate.
    A pattern for another domain never matches."""
    pattern = pattern_of(rule)
    detail = at(pattern, "detail") if is_of_acm(pattern) else None
    here = [one.get("DomainName") for one in rule.system.of(CERTIFICATE)]
    known = rule.system.linked and here and None not in here
    for n, name in enumerate(literals(detail, "CommonName") if known else []):
        if name not in here:
            path = ["EventPattern", "detail", "CommonName", n]
            yield (
                path,
                f"no certificate is of {name} but {', '.join(map(str, here))}; name that",
            )


@rule("W9794", RULE, f"{API}PutRule.html", formerly="W9724")
def rule_is_on_its_bus(rule: Resource) -> Faults:
    """A rule for events of AWS is on the default bus.
    AWS's own events go to the default bus only. Another bus gets them from a rule that sends
    them there."""
    name, bus = rule.get("EventBusName"), rule.target("EventBusName")
    own = isinstance(name, str) and not name.startswith("arn:") and name != "default"
    feeders = [user for user, path in bus.users(RULE) if path[:1] == ["Targets"]] if bus else []
    sources = literals(rule.expression("EventPattern"), "source")
    aws = [one for one in sources if re.match(r"aws\.(?!partner)", one)]
    if aws and (own or (bus and bus.type == BUS and not feeders)):
        yield ["EventBusName"], f"{aws[0]} sends to the default bus; leave this one out"


def fills(transformer: Any) -> bool:
    """Whether an input template uses only what its map defines."""
    paths = transformer.get("InputPathsMap", {})
    used = re.findall(r"<([\w-]+)>", text(transformer.get("InputTemplate")) or "")
    return not isinstance(paths, dict) or is_expression(paths) or set(used) <= set(paths)


input_template_uses_its_map = property_rule(
    "W9795", RULE, TEMPLATE, sibling_condition(fills), formerly="W9724",
    good="An input template uses only what its map defines.",
    why="The message lacks each other <name>.", docs=f"{DOCS}eb-transform-target-input.html",
    fix="a <name> in it is not in InputPathsMap; add it",
)  # fmt: skip


@rule(
    "E9993",
    STATE_MACHINE,
    "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-states.html",
)
def next_state_exists(machine: Resource) -> Faults:
    """A state goes on with a state that its machine has.
    Step Functions refuses a definition with a StartAt, Next or Default that names no state of
    the same machine, branch or iterator: MISSING_TRANSITION_TARGET."""
    for path, name in lost_transitions(machine):
        yield [*path], f"no state is called {name}; name one that exists"
