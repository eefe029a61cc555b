"""The authorizer of the API: it checks the token of a request before the service sees it.

templates/authorizer.js is the function of `[api.jwt]`; docs/capabilities/tokens.md says what
it checks. CloudFormation has no JWT authorizer of a REST API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awacs import sts
from awacs.aws import Allow, Principal, Statement
from troposphere import Sub, apigateway, awslambda, iam, logs

from templates.account import Account
from templates.alarms import Metric, counted_lines
from templates.boundary import WRITE_LOGS
from templates.parts import expiring_log_group, local_arn
from templates.rights import allow, policy_document
from templates.roles import role, role_limits
from templates.settings import CognitoSettings, JwtSettings, Settings
from templates.stack import Stack

SOURCE = Path(__file__).with_suffix(".js")
RUNTIME = "nodejs24.x"
MEMORY_MIB = 256
# Longer than the function waits for the issuer's two pages.
TIMEOUT_SECONDS = 10
HEADER = "method.request.header.Authorization"
# What the function writes when it cannot get the keys, and Lambda when it ends the function.
# The metric Errors would count refused tokens too: 401 is an error of the function. Each text
# is longer than the 20 characters of a token that Node quotes where it is no JSON.
FAILURE_TEXTS = (
    "authorizer failed to get keys",
    f"Task timed out after {TIMEOUT_SECONDS}.00 seconds",
    "Error: Runtime exited with error",
)
# No header is ever empty: it is not documented that an empty value replaces the client's.
NO_TOKEN = {"X-Subject": "'none'", "X-Scopes": "'none'"}


@dataclass(frozen=True)
class Authorization:
    """What a method needs of the authorizer, and the headers that carry its answer."""

    paths: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def method_properties(self, path: str) -> dict[str, Any]:
        """Return the properties of the method that serves a path of the settings."""
        return dict(self.properties) if path in self.paths else {"AuthorizationType": "NONE"}

    def headers_of(self, path: str) -> Mapping[str, str]:
        """Return headers that replace a client's: with the token's content, or with none."""
        if not self.paths:
            return {}
        return self.headers if path in self.paths else NO_TOKEN


def function_name(settings: Settings) -> str:
    """Return the name of the function, by which alarms know it."""
    return f"{settings.system}-authorizer"


def failures(settings: Settings) -> Metric:
    """Return the number of times that the function could not check a token."""
    return Metric(settings.system, "AuthorizerFailures", {})


def add_authorizer(
    stack: Stack, settings: Settings, account: Account, rest_api: apigateway.RestApi
) -> Authorization:
    """Add the authorizer of the settings, if they have one; return what methods need of it."""
    jwt, cognito = settings.api.jwt, settings.api.cognito
    if cognito.user_pool_arn:
        return _user_pool(stack, cognito, rest_api)
    if not jwt.issuer:
        return Authorization()
    function = _add_function(stack, settings, account)
    authorizer = stack.add(_token_authorizer(rest_api, function, jwt))
    stack.add(_permission(rest_api, authorizer, function))
    return Authorization(
        jwt.paths,
        {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer.ref()},
        {"X-Subject": "context.authorizer.subject", "X-Scopes": "context.authorizer.scopes"},
    )


def _user_pool(
    stack: Stack, cognito: CognitoSettings, rest_api: apigateway.RestApi
) -> Authorization:
    """API Gateway itself asks the user pool. With a scope it takes access tokens only.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
    """
    authorizer = stack.add(
        apigateway.Authorizer(
            "UserPoolAuthorizer",
            RestApiId=rest_api.ref(),
            Name="user-pool",
            Type="COGNITO_USER_POOLS",
            ProviderARNs=[cognito.user_pool_arn],
            IdentitySource=HEADER,
        )
    )
    return Authorization(
        cognito.paths,
        {
            "AuthorizationType": "COGNITO_USER_POOLS",
            "AuthorizerId": authorizer.ref(),
            "AuthorizationScopes": list(cognito.scopes),
        },
        {
            "X-Subject": "context.authorizer.claims.sub",
            "X-Scopes": "context.authorizer.claims.scope",
        },
    )


def _token_authorizer(
    rest_api: apigateway.RestApi, function: awslambda.Function, jwt: JwtSettings
) -> apigateway.Authorizer:
    """The header is the key of the cache, so that one answer serves every method: the policy
    of the answer names all of them. A request without the header gets 401 without a call.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
    """
    return apigateway.Authorizer(
        "TokenAuthorizer",
        RestApiId=rest_api.ref(),
        Name="tokens",
        Type="REQUEST",
        AuthorizerUri=Sub(
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
            "${Function}/invocations",
            Function=function.get_att("Arn"),
        ),
        IdentitySource=HEADER,
        AuthorizerResultTtlInSeconds=jwt.cache_seconds,
    )


def _add_function(stack: Stack, settings: Settings, account: Account) -> awslambda.Function:
    """Add the function with its log and its role. It stands outside the VPC.

    It reserves no concurrency: that takes from what the account has for all functions, and
    Lambda refuses it where little is left. The stage's throttle limits its calls.
    """
    log_group = stack.add(expiring_log_group("AuthorizerLog", settings))
    stack.add(_failure_filter(log_group, failures(settings)))
    role = stack.add(_role(role_limits(settings, account), log_group))
    return stack.add(
        awslambda.Function(
            "Authorizer",
            FunctionName=function_name(settings),
            Description="Checks the tokens of the API's requests.",
            Runtime=RUNTIME,
            Architectures=["arm64"],
            Handler="index.handler",
            Code=awslambda.Code(ZipFile=SOURCE.read_text("utf-8")),
            Environment=awslambda.Environment(Variables=_variables(settings.api.jwt)),
            MemorySize=MEMORY_MIB,
            Timeout=TIMEOUT_SECONDS,
            Role=role.get_att("Arn"),
            LoggingConfig=awslambda.LoggingConfig(LogGroup=log_group.ref()),
        )
    )


def _variables(jwt: JwtSettings) -> dict[str, str]:
    """A slash at the end of the issuer is no part of the page's address.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest
    """
    issuer = jwt.issuer or ""
    return {
        "ISSUER": issuer,
        "DISCOVERY": f"{issuer.removesuffix('/')}/.well-known/openid-configuration",
        "AUDIENCES": " ".join(jwt.audience),
        "SCOPES": " ".join(jwt.scopes),
    }


def _role(limits: Mapping[str, Any], log_group: logs.LogGroup) -> iam.Role:
    """The function writes its log, and asks nothing else of AWS.

    Lambda documents no condition with which its service takes a role.
    """
    trust = policy_document(
        [
            Statement(
                Effect=Allow,
                Principal=Principal("Service", "lambda.amazonaws.com"),
                Action=[sts.AssumeRole],
            )
        ]
    )
    write = allow(WRITE_LOGS, [log_group.get_att("Arn")])
    return role("AuthorizerRole", trust, {"write-the-log": [write]}, limits)


def _permission(
    rest_api: apigateway.RestApi,
    authorizer: apigateway.Authorizer,
    function: awslambda.Function,
) -> awslambda.Permission:
    """Only this authorizer of this API may call the function."""
    return awslambda.Permission(
        "AuthorizerPermission",
        Action="lambda:InvokeFunction",
        FunctionName=function.get_att("Arn"),
        Principal="apigateway.amazonaws.com",
        SourceArn=local_arn(
            "execute-api",
            "${Api}/authorizers/${Authorizer}",
            Api=rest_api.ref(),
            Authorizer=authorizer.ref(),
        ),
    )


def _failure_filter(log_group: logs.LogGroup, failed: Metric) -> logs.MetricFilter:
    pattern = " ".join(f'?"{text}"' for text in FAILURE_TEXTS)
    return counted_lines("AuthorizerFailureFilter", log_group.ref(), pattern, failed)
