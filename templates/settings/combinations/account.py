"""Combinations of the account, the region and the domain."""

from collections.abc import Iterator

from cfnlink.aws import limits
from cfnlink.aws.dns import is_within
from templates.settings.combinations.invalid import InvalidCombination, stated_in_vain
from templates.settings.expected import one_of
from templates.settings.model import Settings

# What the template and ECS put into the container:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
OWN_TAGS = ("project", "environment")  # of every stack


def _region(settings: Settings) -> Iterator[InvalidCombination]:
    yield from unknown_region(settings.region)


def unknown_region(region: str) -> Iterator[InvalidCombination]:
    """Yield the fault of a region that AWS does not have."""
    known = limits.regions()
    if region not in known:
        wrong = f"AWS has no region {region}"
        yield InvalidCombination(("region",), wrong, one_of(known, region, "regions"))


def _tags(settings: Settings) -> Iterator[InvalidCombination]:
    """IAM compares the keys of tags without regard to case."""
    for name in sorted(key for key in settings.tags if key.lower() in OWN_TAGS):
        yield InvalidCombination(
            (f"tags.{name}",), f"{name} is a tag of every stack already", "another key"
        )


def _domain(settings: Settings) -> Iterator[InvalidCombination]:
    domain, zone = settings.dns.domain, settings.account.hosted_zone
    if domain is None:
        return
    if zone is None:
        yield InvalidCombination(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} has no hosted zone",
            'account.hosted_zone in project.toml, such as "example.com"',
        )
    elif not is_within(domain, zone):
        yield InvalidCombination(
            ("dns.domain", "account.hosted_zone"),
            f"{domain} lies outside the hosted zone {zone}",
            f"a name that ends in .{zone}",
        )


def _zone_id(settings: Settings) -> Iterator[InvalidCombination]:
    account = settings.account
    if account.hosted_zone_id and account.hosted_zone is None:
        yield InvalidCombination(
            ("account.hosted_zone_id", "account.hosted_zone"),
            "the zone has an id and no name",
            'account.hosted_zone beside it, such as "example.com"',
        )


def _budget(settings: Settings) -> Iterator[InvalidCombination]:
    account, switch = settings.account, "account.monthly_budget_usd"
    if account.monthly_budget_usd is None:
        wrong, keys = "there is no budget of the account", ("budget_email", "budget_by_tag")
        yield from stated_in_vain(
            switch, account, keys, wrong, f"{switch} beside it, such as 100"
        )


def _retention(settings: Settings) -> Iterator[InvalidCombination]:
    if settings.logs.retention_days not in limits.retention_days():
        yield InvalidCombination(
            ("logs.retention_days",),
            f"CloudWatch Logs has no retention of {settings.logs.retention_days} days",
            one_of(limits.retention_days(), settings.logs.retention_days),
        )


CHECKS = (_region, _tags, _domain, _zone_id, _budget, _retention)
