"""Supporting resources: secrets, images, topics and others beside the path of a request."""

from collections.abc import Iterator
from dataclasses import replace

from cfnlink.aws.catalogue import resource_type, types
from cfnlink.picture.card import DATA, card, count, style_of
from cfnlink.picture.facts import Facts, listed
from cfnlink.picture.model import Card, Line
from cfnlink.system.references import at

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name
TASK = "AWS::ECS::TaskDefinition"
WEB_ACL = "AWS::WAFv2::WebACL"


def supporting_resources(facts: Facts, shown: set[str]) -> list[Card]:
    """Return a card for each secret that tasks read, and one for each other resource."""
    rest = tuple(key for key in facts.of(SECRET) if not _secret_name(facts, key))
    found = []
    for kind in _kinds():
        keys = [key for key in facts.of(kind) if key not in shown and key not in rest]
        found += [_item(facts, key) for key in keys]
        if kind == WEB_ACL and rest:
            title = f"{len(rest)} more secrets" if len(rest) > 1 else "Another secret"
            line = Line("not read by tasks")
            found.append(Card(rest[0], "secret", "security", title, DATA, (line,), rest))
    return [*found, *_without_row(facts)]


def _kinds() -> list[str]:
    """Return the types of the side row, in its order."""
    cards = {name: row.card for name, row in types().items() if row.card and row.card.side}
    return sorted(cards, key=lambda name: cards[name].side)


def _without_row(facts: Facts) -> Iterator[Card]:
    """Yield a plain card for each type of which the catalogue knows nothing."""
    kinds = dict.fromkeys(facts.type(key) for key in facts.resources)
    for kind in [kind for kind in kinds if "::" in kind and kind not in types()]:
        keys = tuple(facts.of(kind))
        one = facts.resources[keys[0]].logical_id
        text = one if len(keys) == 1 else count(len(keys), "resource")
        made = card(facts, keys[0], Line(text))
        yield replace(made, resources=keys, subnets=(), groups=())


def _item(facts: Facts, key: str) -> Card:
    kind = facts.type(key)
    style = style_of(kind)
    title, text = style.title, facts.text(key, style.shows or resource_type(kind).named_by)
    if kind == "AWS::SNS::Topic":
        alarms = len(facts.users_of(key, "AWS::CloudWatch::Alarm"))
        text = f"told by {count(alarms, 'alarm')}"
    elif kind == SECRET:
        title, text = _secret_name(facts, key), "secret of the tasks"
    elif kind == "AWS::ECR::Repository":
        fixed = facts.text(key, "ImageTagMutability") == "IMMUTABLE"
        text = "immutable tags" if fixed else text
    lines = (Line(text),) if text else ()
    return Card(key, style.icon, style.category, title, DATA, lines, (key,))


def _secret_name(facts: Facts, key: str) -> str:
    """Return the name of the variable in which a container gets a secret."""
    for task in facts.users_of(key, TASK):
        for container in facts.items(task, "ContainerDefinitions"):
            for secret in listed(at(container, "Secrets")):
                if key in facts.refs(at(secret, "ValueFrom")):
                    return facts.literal(at(secret, "Name"))
    return ""
