"""Tokens: the authorizer stands before the methods that need one, and turns off again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from build import build, main
from cfnlink import cli
from cfnlink.cost.bill import bill
from cfnlink.picture.cards import cards
from templates.settings import Settings
from templates.settings.combinations import invalid_combinations
from tests.helpers import SETTINGS, changed, properties
from tests.operations.roles import statements
from tests.tiers.resources import System, of_type, resources_of

ISSUER = "https://login.example.com/"
JWT = {"issuer": ISSUER, "audience": ("api",), "scopes": ("read",)}
POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbCdEfGhI"
COGNITO = {"user_pool_arn": POOL, "scopes": ("shop/read",)}
METHODS = ("ApiRootMethod", "ApiProxyMethod")


@pytest.fixture(scope="module")
def tokens(production: Settings) -> System:
    """Return production with tokens on every path."""
    return resources_of(changed(production, "api.jwt", JWT))


def headers(system: System, method: str) -> dict[str, str]:
    """Return the headers that a method sends to the service."""
    sent = properties(system, method)["Integration"]["RequestParameters"]
    prefix = "integration.request.header."
    return {
        name.removeprefix(prefix): value
        for name, value in sent.items()
        if name.startswith(prefix)
    }


def test_a_token_is_needed_beside_the_key_and_never_for_a_preflight(tokens: System) -> None:
    for method in METHODS:
        body = properties(tokens, method)
        assert body["AuthorizationType"] == "CUSTOM"
        assert body["AuthorizerId"] == {"Ref": "ApiTokenAuthorizer"}
        assert body["ApiKeyRequired"] is True
    for method in ("ApiRootOptions", "ApiProxyOptions"):
        body = properties(tokens, method)
        assert (body["AuthorizationType"], body["ApiKeyRequired"]) == ("NONE", False)


def test_the_service_gets_the_token_s_content_and_never_a_client_s(
    production: Settings, tokens: System
) -> None:
    """API Gateway replaces a header that the integration names."""
    verified = {
        "X-Subject": "context.authorizer.subject",
        "X-Scopes": "context.authorizer.scopes",
    }
    for method in METHODS:
        assert verified.items() <= headers(tokens, method).items()
    below = resources_of(changed(production, "api.jwt", {**JWT, "paths": ("/{proxy+}",)}))
    assert properties(below, "ApiRootMethod")["AuthorizationType"] == "NONE"
    assert {"X-Subject": "'none'", "X-Scopes": "'none'"}.items() <= headers(
        below, "ApiRootMethod"
    ).items()
    assert verified.items() <= headers(below, "ApiProxyMethod").items()


def test_only_this_authorizer_calls_the_function_and_it_only_writes_its_log(
    tokens: System,
) -> None:
    permission = properties(tokens, "ApiAuthorizerPermission")
    role = properties(tokens, "ApiAuthorizerRole")
    function = properties(tokens, "ApiAuthorizer")

    assert permission["Principal"] == "apigateway.amazonaws.com"
    text, names = permission["SourceArn"]["Fn::Sub"]
    assert text.endswith("${Api}/authorizers/${Authorizer}")
    assert names == {"Api": {"Ref": "ApiRestApi"}, "Authorizer": {"Ref": "ApiTokenAuthorizer"}}
    assert role["PermissionsBoundary"] == {"Ref": "AccountPermissionsBoundary"}
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == [{"Fn::GetAtt": ["ApiAuthorizerLog", "Arn"]}]
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "ApiAuthorizerLog"}}
    assert properties(tokens, "ApiAuthorizerLog") == {"RetentionInDays": 7}
    assert "VpcConfig" not in function
    assert function["Environment"]["Variables"] == {
        "ISSUER": ISSUER,
        "DISCOVERY": "https://login.example.com/.well-known/openid-configuration",
        "AUDIENCES": "api",
        "SCOPES": "read",
    }


def test_the_cache_asks_by_the_header_alone(tokens: System) -> None:
    authorizer = properties(tokens, "ApiTokenAuthorizer")

    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert authorizer["AuthorizerResultTtlInSeconds"] == 60


@pytest.mark.parametrize("key", ["jwt", "cognito"])
def test_the_deployment_waits_for_the_authorizer_and_follows_it(
    production: Settings, key: str
) -> None:
    section = JWT if key == "jwt" else COGNITO
    first = changed(production, f"api.{key}", section)
    again = changed(first, f"api.{key}.scopes", ("shop/write",))
    other = changed(first, f"api.{key}.paths", ("/",))
    ids = set()
    for settings in (production, first, again, other):
        ((name, body),) = of_type(resources_of(settings), "AWS::ApiGateway::Deployment").items()
        ids.add(name)
        if settings is not production:
            waits = set(body["DependsOn"])
            wanted = {"jwt": {"ApiTokenAuthorizer", "ApiAuthorizerPermission"}}
            assert wanted.get(key, {"ApiUserPoolAuthorizer"}) <= waits
    assert len(ids) == 4


def test_tokens_change_the_api_and_its_alarms_and_nothing_else(production: Settings) -> None:
    before, after = (build(changed(production, "api.jwt", jwt)) for jwt in ({}, JWT))
    old, new = (built.system.template["Resources"] for built in (before, after))

    assert {name for name in before.files if before.files[name] != after.files[name]} <= {
        "api.yaml", "api.json", "monitoring.yaml", "monitoring.json", "system.yaml",
        "manifest.json",  # the api stack has a role
    }  # fmt: skip
    assert [old[name]["Type"] for name in set(old) - set(new)] == [
        "AWS::ApiGateway::Deployment"
    ]
    assert {name for name in set(old) & set(new) if old[name] != new[name]} == {
        *METHODS, "ApiStage",
    }  # fmt: skip
    exports = [
        {str(output["Export"]) for output in built.system.template["Outputs"].values()
         if "Export" in output}
        for built in (before, after)
    ]  # fmt: skip
    assert exports[0] == exports[1]  # so that no alarm holds the function


def test_alarms_know_the_function_by_its_name(tokens: System) -> None:
    """The metric Errors would count each refused token."""
    failing = properties(tokens, "MonitoringAuthorizerFails")
    throttled = properties(tokens, "MonitoringAuthorizerThrottled")
    (written,) = properties(tokens, "ApiAuthorizerFailureFilter")["MetricTransformations"]

    assert (failing["Namespace"], failing["MetricName"]) == (
        written["MetricNamespace"], written["MetricName"],
    )  # fmt: skip
    assert (throttled["Namespace"], throttled["MetricName"]) == ("AWS/Lambda", "Throttles")
    name = properties(tokens, "ApiAuthorizer")["FunctionName"]
    assert throttled["Dimensions"] == [{"Name": "FunctionName", "Value": name}]


def test_a_user_pool_needs_no_function(production: Settings) -> None:
    system = resources_of(changed(production, "api.cognito", COGNITO))

    assert not of_type(system, "AWS::Lambda::Function")
    authorizer = properties(system, "ApiUserPoolAuthorizer")
    assert authorizer["Type"] == "COGNITO_USER_POOLS"
    assert authorizer["ProviderARNs"] == [POOL]
    for method in METHODS:
        body = properties(system, method)
        assert body["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert body["AuthorizationScopes"] == ["shop/read"]
        assert {
            "X-Subject": "context.authorizer.claims.sub",
            "X-Scopes": "context.authorizer.claims.scope",
        }.items() <= headers(system, method).items()


@pytest.mark.parametrize(
    ("changes", "wrong", "expected"),
    [
        ({"jwt": JWT, "cognito": COGNITO}, "a method has one authorizer", "one of the two"),
        ({"jwt": {**JWT, "paths": ("/orders",)}}, "/orders is no path", "one of /, "),
        ({"jwt": {**JWT, "paths": ("/", "/")}}, "stands twice", "each path once"),
        ({"jwt": {**JWT, "paths": ()}}, "a path is missing", "each path once"),
        ({"jwt": {"issuer": ISSUER}}, "a token for any other API would pass", "a list of one"),
        ({"cognito": {"user_pool_arn": POOL}}, "a token for any other API", "a list of one"),
        ({"jwt": {"cache_seconds": 9}}, "the API asks for no token", "issuer beside it"),
        ({"jwt": JWT, "cors_allow_headers": "*"}, "browsers could not send the token",
         "Authorization among its names"),
        ({"jwt": {**JWT, "audience": ("x" * 255,) * 10, "scopes": ("y" * 255,) * 10}},
         "characters, and a function's variables hold", "shorter or fewer ones"),
    ],
)  # fmt: skip
def test_impossible_combinations_are_refused(
    production: Settings, changes: dict[str, Any], wrong: str, expected: str
) -> None:
    api = production.api.model_dump() | changes
    (found,) = invalid_combinations(changed(production, "api", api))

    assert wrong in found.wrong
    assert found.expected.startswith(expected)


def test_a_path_of_the_settings_has_tokens_only_where_it_is_listed(
    production: Settings,
) -> None:
    """A webhook has neither key nor token; a page for people has a token alone. What stands
    beside and above them in the tree is the catch-all's."""
    paths = {"/hooks/{proxy+}": {"key": False}, "/me": {"key": False}, "/old": {}}
    listed = ("/", "/{proxy+}", "/me")
    api = production.api.model_dump() | {"paths": paths, "jwt": {**JWT, "paths": listed}}
    system = resources_of(changed(production, "api", api))

    found: dict[str, tuple[str, bool]] = {}
    for name, body in of_type(system, "AWS::ApiGateway::Method").items():
        sent = body["Properties"]
        if sent["HttpMethod"] != "OPTIONS":
            path = sent["Integration"]["Uri"].removeprefix("http://service.internal:80")
            found[path] = (sent["AuthorizationType"], sent["ApiKeyRequired"])
            needs = sent["AuthorizationType"] != "NONE"
            assert (headers(system, name)["X-Subject"] != "'none'") is needs
            assert ("W9512" in str(body.get("Metadata"))) is (found[path] == ("NONE", False))
    assert found == {
        "/": ("CUSTOM", True), "/{proxy}": ("CUSTOM", True),
        "/hooks": ("CUSTOM", True), "/hooks/{proxy}": ("NONE", False),
        "/me": ("CUSTOM", False), "/me/{proxy}": ("CUSTOM", True),
        "/old": ("NONE", True), "/old/{proxy}": ("CUSTOM", True),
    }  # fmt: skip


def test_the_bill_has_the_calls_that_the_cache_leaves(production: Settings) -> None:
    """30 million calls: 29 x 0.20 USD, and 150,000 GB-seconds, which are free."""
    settings = changed(changed(production, "api.jwt", JWT), "usage.token_calls", 30_000_000)
    built = build(settings)
    found = bill(built.system, json.loads(built.files["manifest.json"]))
    lines = {line.item: line for line in found.lines if line.resource == "ApiAuthorizer"}

    assert round(lines["calls"].per_month, 2) == 5.8
    assert (lines["duration"].free, lines["duration"].per_month) == (150_000, 0)
    assert not [line for line in found.not_priced if line.resource.startswith("Api")]


def test_the_picture_says_what_checks_tokens_at_the_api(production: Settings) -> None:
    for key, section, words in (
        ("jwt", JWT, "token checked by a function"),
        ("cognito", COGNITO, "token checked by a user pool"),
    ):
        drawn = list(cards(build(changed(production, f"api.{key}", section)).system))
        (api,) = [card for card in drawn if card.title == "API Gateway"]
        assert words in [line.text for line in api.lines]
        assert "Lambda" not in [card.title for card in drawn]


@pytest.mark.long
def test_lint_is_clean_and_the_deploy_role_reaches_this_function_alone(tmp_path: Path) -> None:
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "environments" / "production.toml"
    text, folder = file.read_text("utf-8"), tmp_path / "output" / "production"
    jwt = (
        f'[api.jwt]\nissuer = "{ISSUER}"\naudience = ["api"]\npaths = ["/{{proxy+}}", "/me"]\n'
    )
    pool = f'[api.cognito]\nuser_pool_arn = "{POOL}"\nscopes = ["shop/read"]\n'
    build_it = ["--settings", str(tmp_path), "production", "--never-deployed", "production"]
    for section in (jwt, pool):
        paths = '[api.paths."/me"]\nkey = false\n' if section is jwt else ""
        file.write_text(f"{text}\n{section}{paths}", "utf-8")
        assert main(build_it) == 0
        assert cli.main(["lint", str(folder)]) == 0
        if section is jwt:
            own = {
                str(statement["Resource"])
                for statement in statements(folder)
                if "lambda:CreateFunction" in statement["Action"]
            }
            assert own == {
                "['arn:aws:lambda:us-east-1:111122223333:function:shop-production-authorizer']"
            }
