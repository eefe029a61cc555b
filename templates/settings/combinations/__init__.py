"""Combinations of settings that are invalid: each check has one reason and an expectation."""

from collections.abc import Iterator

from templates.settings.combinations import (
    account,
    api,
    buckets,
    database,
    deployment,
    firewall,
    jobs,
    network,
    paths,
    service,
    tokens,
    tracing,
    workers,
)
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.model import Settings

CHECKS = (
    *account.CHECKS,
    *network.CHECKS,
    *database.CHECKS,
    *service.CHECKS,
    *deployment.CHECKS,
    *jobs.CHECKS,
    *api.CHECKS,
    *paths.CHECKS,
    *tokens.CHECKS,
    *firewall.CHECKS,
    *tracing.CHECKS,
    *workers.CHECKS,
    *buckets.CHECKS,
)


def invalid_combinations(settings: Settings) -> Iterator[InvalidCombination]:
    """Yield invalid combinations of settings with valid single values, one for each cause."""
    for check in CHECKS:
        yield from check(settings)
