"""Settings of the tokens that callers of the API send."""

from typing import Annotated

from pydantic import Field

from templates.settings.values import Section, Text

# The catch-all of the API: its root, and every path that api.paths does not name.
ROOT, EVERY_PATH = "/", "/{proxy+}"
EVERYTHING = (ROOT, EVERY_PATH)
Issuer = Annotated[
    str,
    Text(
        r"https://[a-z0-9.\-]+(:\d+)?(/[A-Za-z0-9._~\-]+)*/?",
        "an https address as the claim iss has it, such as https://login.example.com/",
        512,
    ),
]
# Lambda's variables and the scopes of a token are texts with spaces between the words.
Word = Annotated[
    str, Text(r"[!-~]+", "a text without spaces, such as https://api.example.com", 255)
]
UserPoolArn = Annotated[
    str,
    Text(
        r"arn:[a-z-]+:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[a-z0-9-]+_[A-Za-z0-9]+",
        "the ARN of a user pool",
    ),
]


class JwtSettings(Section):
    """Tokens of any OpenID issuer, which a function checks."""

    issuer: Issuer | None = None
    """The claim iss of its tokens, to the last character; left out, the API asks for no
    token. The issuer's page /.well-known/openid-configuration leads to its keys."""
    audience: Annotated[tuple[Word, ...], Field(max_length=10)] = ()
    """The claim aud has one of these."""
    scopes: Annotated[tuple[Word, ...], Field(max_length=10)] = ()
    """The claim scope or scp has one of these; left out, the service decides."""
    paths: Annotated[tuple[str, ...], Field(max_length=50)] = EVERYTHING
    """Where a token is needed: "/", "/{proxy+}" for all that no other path takes, and entries
    of api.paths."""
    cache_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long API Gateway remembers the answer for a token, and serves a token that has
    expired since; 0 asks the function for each request."""


class CognitoSettings(Section):
    """Access tokens of a Cognito user pool, which API Gateway checks without a function."""

    user_pool_arn: UserPoolArn | None = None
    """The pool, which belongs to no stack of this project; left out, the API asks for no
    token."""
    scopes: Annotated[tuple[Word, ...], Field(max_length=10)] = ()
    """An access token has one of these. Without a scope, Cognito would accept identity tokens
    of every app client."""
    paths: Annotated[tuple[str, ...], Field(max_length=50)] = EVERYTHING
    """Where a token is needed, as in api.jwt."""
