"""Combinations of the API's settings."""

from collections.abc import Iterator

from cfnlink.aws import limits
from templates.settings.api import (
    ORIGINS_VARIABLE,
    SMOKE_CLIENT,
    ApiSettings,
    Client,
    PathSettings,
)
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.model import Settings


def _throttles(settings: Settings) -> Iterator[InvalidCombination]:
    api = settings.api
    rate, burst = limits.throttle_quota(settings.region)
    account = Client(rate_limit=rate, burst_limit=burst)
    for limit in ("rate_limit", "burst_limit"):
        ceiling = getattr(api, limit)
        if ceiling > getattr(account, limit):
            yield InvalidCombination(
                (f"api.{limit}", "region"),
                f"{ceiling:g} exceeds what an AWS account has in {settings.region}",
                f"{getattr(account, limit):g} or less",
            )
    for name, client in api.clients.items():
        yield from above_ceiling(("api", "clients", name), client, api)


def above_ceiling(
    place: tuple[str, ...], own: Client | PathSettings, api: ApiSettings
) -> Iterator[InvalidCombination]:
    """Yield the limits of a client or a path that exceed those of the API.

    place: the key of its section.
    """
    for limit in ("rate_limit", "burst_limit"):
        mine, ceiling = getattr(own, limit), getattr(api, limit)
        if mine is not None and mine > ceiling:
            yield InvalidCombination(
                ((*place, limit), f"api.{limit}"),
                f"{mine:g} exceeds the ceiling api.{limit} = {ceiling:g}",
                f"{ceiling:g} or less, or a higher api.{limit}",
            )


def _clients(settings: Settings) -> Iterator[InvalidCombination]:
    if SMOKE_CLIENT in settings.api.clients:
        yield InvalidCombination(
            (f"api.clients.{SMOKE_CLIENT}",),
            f"{SMOKE_CLIENT} is the client of `make smoke`, which every API has already",
            "another name",
        )


def _cors(settings: Settings) -> Iterator[InvalidCombination]:
    api = settings.api
    if api.cors_allow_credentials and api.cors_origins == ["*"]:
        yield InvalidCombination(
            ("api.cors_allow_credentials", "api.cors_allow_origin"),
            "browsers refuse credentials where every origin is allowed",
            'one origin, such as cors_allow_origin = "https://www.example.com"',
        )
    if len(set(api.cors_origins)) < len(api.cors_origins):
        yield InvalidCombination(
            ("api.cors_allow_origin",), "an origin stands twice in the list", "each one once"
        )
    for key in ("environment", "secrets"):
        if api.has_several_origins and ORIGINS_VARIABLE in getattr(settings.service, key):
            yield InvalidCombination(
                (f"service.{key}.{ORIGINS_VARIABLE}", "api.cors_allow_origin"),
                f"{ORIGINS_VARIABLE} names the origins of api.cors_allow_origin already",
                "another name",
            )


def _default_endpoint(settings: Settings) -> Iterator[InvalidCombination]:
    if settings.api.default_endpoint == "closed" and settings.dns.domain is None:
        yield InvalidCombination(
            ("api.default_endpoint", "dns.domain"),
            "no address leads to the API",
            '"open", or dns.domain beside it',
        )


CHECKS = (_throttles, _clients, _cors, _default_endpoint)
