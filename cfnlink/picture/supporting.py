"""Supporting resources: secrets, images, topics and others beside the path of a request."""

from cfnlink.picture.card import DATA, count
from cfnlink.picture.facts import Facts, listed
from cfnlink.picture.model import Card, Line
from cfnlink.system.references import at

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name
TASK = "AWS::ECS::TaskDefinition"
# Icon, category, title, and the property to say of it.
SUPPORTING = {
    "AWS::CertificateManager::Certificate": (
        "certificate",
        "security",
        "Certificate",
        "DomainName",
    ),
    "AWS::Route53::HostedZone": ("dns", "network", "Hosted zone", "Name"),
    "AWS::WAFv2::WebACL": ("shield", "security", "Firewall", "Name"),
    "AWS::SNS::Topic": ("topic", "management", "Alarm topic", "TopicName"),
    "AWS::ECR::Repository": ("repository", "compute", "Image repository", "RepositoryName"),
    SECRET: ("secret", "security", "Secret", "Name"),
    "AWS::CloudWatch::Dashboard": ("dashboard", "management", "Dashboard", "DashboardName"),
}


def supporting_resources(facts: Facts, shown: set[str]) -> list[Card]:
    """Return a card for each secret that tasks read, and one for each other resource."""
    rest = tuple(key for key in facts.of(SECRET) if not _secret_name(facts, key))
    found = []
    for kind, look in SUPPORTING.items():
        keys = [key for key in facts.of(kind) if key not in shown and key not in rest]
        found += [_item(facts, key, look) for key in keys]
        if kind.endswith("::WebACL") and rest:
            title = f"{len(rest)} more secrets" if len(rest) > 1 else "Another secret"
            line = Line("not read by tasks")
            found.append(Card(rest[0], "secret", "security", title, DATA, (line,), rest))
    return found


def _item(facts: Facts, key: str, look: tuple[str, str, str, str]) -> Card:
    icon, category, title, name = look
    kind, text = facts.type(key), facts.text(key, name)
    if kind == "AWS::SNS::Topic":
        alarms = len(facts.users_of(key, "AWS::CloudWatch::Alarm"))
        text = f"told by {count(alarms, 'alarm')}"
    elif kind == SECRET:
        title, text = _secret_name(facts, key), "secret of the tasks"
    elif kind == "AWS::ECR::Repository":
        fixed = facts.text(key, "ImageTagMutability") == "IMMUTABLE"
        text = "immutable tags" if fixed else text
    lines = (Line(text),) if text else ()
    return Card(key, icon, category, title, DATA, lines, (key,))


def _secret_name(facts: Facts, key: str) -> str:
    """Return the name of the variable in which a container gets a secret."""
    for task in facts.users_of(key, TASK):
        for container in facts.items(task, "ContainerDefinitions"):
            for secret in listed(at(container, "Secrets")):
                if key in facts.refs(at(secret, "ValueFrom")):
                    return facts.literal(at(secret, "Name"))
    return ""
