"""Domain names, for settings and for rules alike."""


def is_within(name: str, zone: str) -> bool:
    """Whether a domain name is that of a hosted zone or lies below it.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-shared.html
    """
    return f".{name}".endswith(f".{zone}")
