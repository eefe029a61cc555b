"""Settings of the API and its clients."""

from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from templates.settings.firewall import FirewallSettings
from templates.settings.tokens import CognitoSettings, JwtSettings
from templates.settings.values import (
    AnyOrigin,
    ApiPath,
    ClientId,
    HeaderText,
    Origin,
    Section,
    Text,
)

MOST_ORIGINS = 20
MOST_PATHS = 30
ORIGINS_VARIABLE = "CORS_ALLOW_ORIGINS"
SMOKE_CLIENT = "smoke"  # the client that every API has beside those of the settings


class Client(Section):
    """One user of the API: a key of its own and a plan of its own."""

    rate_limit: Annotated[float, Field(gt=0)] = 10
    """Requests a second in the long run."""
    burst_limit: Annotated[int, Field(ge=1)] = 20
    """Requests at once."""
    monthly_quota: Annotated[int, Field(ge=1)] = 1_000_000
    """Requests a month."""


class PathSettings(Section):
    """A path of the API that differs from the catch-all. `{proxy+}` at its end stands for
    all paths below, without the path above it."""

    key: bool = True
    """Ask for an API key. Without one, no client's limits apply, and the service must check
    who calls, such as by a webhook's signature."""
    rate_limit: Annotated[float, Field(gt=0)] | None = None
    """Ceiling for each HTTP method of this path, requests a second; left out, that of the
    API."""
    burst_limit: Annotated[int, Field(ge=1)] | None = None
    """Ceiling for each HTTP method of this path, requests at once; left out, twice the path's
    own `rate_limit`, at least 1 and at most that of the API."""
    timeout_seconds: Annotated[float, Field(ge=0.05, le=300)] | None = None
    """How long the gateway waits for the service on this path; left out, as the API does."""


class ApiSettings(Section):
    """The REST API in front of the service."""

    clients: Annotated[dict[ClientId, Client], Field(min_length=1)] = {"default": Client()}
    """The users of the API. A client's id cannot change: key ids depend on it."""
    rate_limit: Annotated[float, Field(gt=0)] = 100
    """Ceiling for all clients together, requests a second."""
    burst_limit: Annotated[int, Field(ge=1)] = 200
    """Ceiling for all clients together, requests at once."""
    timeout_seconds: Annotated[float, Field(ge=0.05, le=300)] = 29
    """How long the gateway waits for the service. Above 29 the account needs a higher quota:
    Maximum integration timeout in milliseconds, L-E5AE38E3."""
    paths: Annotated[dict[ApiPath, PathSettings], Field(max_length=MOST_PATHS)] = {}
    """Paths that differ. All other paths stay as they are: with a key and these limits."""
    default_endpoint: Literal["open", "closed"] = "open"
    """The API's own execute-api address. Close it once the domain answers: an API whose
    address is closed is down while its certificate waits."""
    stage: Annotated[
        str, Text(r"[A-Za-z0-9_\-]+", "letters, digits, _ and -, such as gateway-stage", 128)
    ] = "gateway-stage"
    """The name of the API's stage, which cannot change. No path of the service may begin with
    it."""
    cors_allow_origin: (
        AnyOrigin | Annotated[list[Origin], Field(min_length=1, max_length=MOST_ORIGINS)]
    ) = "*"
    """One origin, * for all, or a list of origins. With a list the service allows the origin
    of each request itself: CORS_ALLOW_ORIGINS names the list."""
    cors_allow_methods: HeaderText = "GET,POST,PUT,PATCH,DELETE,OPTIONS"
    """Methods that browsers may use."""
    cors_allow_headers: HeaderText = "Content-Type,X-Api-Key,Authorization"
    """Request headers that browsers may send."""
    cors_expose_headers: HeaderText = "x-amzn-RequestId"
    """Response headers that browsers may show to a page."""
    cors_allow_credentials: bool = False
    """Let browsers send cookies; needs origins, not *."""
    cors_max_age_seconds: Annotated[int, Field(ge=0, le=86_400)] = 3600
    """How long a browser may remember a preflight."""
    firewall: FirewallSettings = FirewallSettings()
    """Which requests reach the API."""
    jwt: JwtSettings = JwtSettings()
    """Tokens of any OpenID issuer."""
    cognito: CognitoSettings = CognitoSettings()
    """Access tokens of a Cognito user pool."""

    @property
    def timeouts(self) -> dict[str, float]:
        """How long the gateway waits, by the setting that says it."""
        own = {
            f'api.paths."{path}".timeout_seconds': each.timeout_seconds
            for path, each in self.paths.items()
            if each.timeout_seconds
        }
        return {"api.timeout_seconds": self.timeout_seconds, **own}

    def limits(self, path: str) -> tuple[float, int] | None:
        """Return the ceilings of a path that has its own: requests a second, and at once."""
        own = self.paths[path]
        if own.rate_limit is None and own.burst_limit is None:
            return None
        twice = ceil(2 * own.rate_limit) if own.rate_limit else self.burst_limit
        burst = own.burst_limit or min(twice, self.burst_limit)
        return own.rate_limit or self.rate_limit, burst

    @property
    def cors_origins(self) -> list[str]:
        """The allowed origins; the first is that of an answer which names only one."""
        given = self.cors_allow_origin
        return [given] if isinstance(given, str) else given

    @property
    def has_several_origins(self) -> bool:
        """Whether an answer's origin depends on the request."""
        return len(self.cors_origins) > 1
