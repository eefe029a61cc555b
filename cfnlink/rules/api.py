"""What makes a REST API work: its deployment and stage, its paths and integrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import matches, sibling_condition
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.rules._api import (
    API,
    DEPLOYMENT,
    GUIDE,
    MAPPING,
    METHOD,
    PLAN,
    REFERENCE,
    RESOURCE,
    RESPONSE,
    STAGE,
    api_of,
    apis_named,
    endpoint_type,
    parts,
)
from cfnlink.system.api import is_open, setting
from cfnlink.system.api_paths import path_of
from cfnlink.system.documents import document
from cfnlink.system.expressions import at, is_expression, literal_mapping, text
from cfnlink.system.resource import Resource

DEPLOY_DOCS = f"{REFERENCE}aws-resource-apigateway-deployment.html"
PROXY_DOCS = f"{GUIDE}api-gateway-set-up-simple-proxy.html"
VARIABLE_DOCS = f"{GUIDE}setup-http-integrations.html"
RESPONSE_DOCS = f"{GUIDE}supported-gateway-response-types.html"
MAPPED = ["Integration", "RequestParameters"]
RESPONSES = ("Integration", "IntegrationResponses")
STATUS = re.compile(r"statusCode['\"]?\s*:\s*['\"]?(\d{3})|[#$]")


@rule("E9501", DEPLOYMENT, DEPLOY_DOCS)
def deployment_waits_for_a_method(deployment: Resource) -> Faults:
    """A deployment waits for methods of its API.
    A deployment is a snapshot of its API, and AWS rejects a deployment of an API without
    methods. Only DependsOn makes the deployment wait for them."""
    api = api_of(deployment)
    if api is None or is_open(api) or api.is_exported:
        return
    methods = parts(api, METHOD)
    if not any(map(deployment.waits_for, methods)) and (methods or deployment.system.linked):
        yield [".."], f"{api.name} has no method yet; name its methods in DependsOn"


@rule("W9501", DEPLOYMENT, DEPLOY_DOCS)
def deployment_waits_for_every_method(deployment: Resource) -> Faults:
    """A deployment waits for every method and gateway response of its API.
    A deployment holds what exists when it is created: a method or gateway response that
    CloudFormation creates later is missing from the stage until the next deployment."""
    own = [p for p in parts(api_of(deployment), METHOD, RESPONSE) if "Condition" not in p.body]
    if late := [part.name for part in own if not deployment.waits_for(part)]:
        yield (
            deployment.depends_on_path,
            f"{', '.join(late)} may be made after it; add to DependsOn",
        )


@rule("W9502", DEPLOYMENT, DEPLOY_DOCS)
def deployment_id_changes_with_its_api(deployment: Resource) -> Faults:
    """A deployment's logical id changes with its API.
    CloudFormation never updates a deployment: under an unchanged logical id the stage keeps
    serving the old snapshot. Put a digest of the API's definition into the id."""
    if not re.search(r"[0-9$%]", deployment.name):
        yield [".."], f"{deployment.name} keeps its id; let it end in a digest of the API"


@rule("E9964", METHOD, DEPLOY_DOCS)
def deployed_method_has_an_integration(method: Resource) -> Faults:
    """A method of a deployed API has an integration.
    The deployment fails with "No integration defined for method". In an OpenAPI document each
    operation has its own x-amazon-apigateway-integration."""
    if method.is_missing("Integration") and parts(api_of(method), DEPLOYMENT):
        yield [], f"{method.name} has no integration; give it one"


@rule("E9503", DEPLOYMENT, DEPLOY_DOCS)
def deployment_creates_no_declared_stage(deployment: Resource) -> Faults:
    """A deployment does not create the stage that a Stage resource creates.
    A Deployment with a StageName creates that stage. A Stage resource of the same name then
    fails because the stage exists."""
    for stage in parts(api_of(deployment), STAGE):
        if deployment.text("StageName") in {stage.text("StageName")} - {None}:
            yield ["StageName"], f"{stage.name} makes that stage; remove StageName"


TOGETHER = ("ResourceId", "ParentId", "DeploymentId", "Stage", "AuthorizerId",
            "RequestValidatorId")  # fmt: skip


@rule("E9504", (METHOD, RESOURCE, STAGE, PLAN, MAPPING), f"{REFERENCE}AWS_ApiGateway.html")
def named_resources_belong_to_one_api(resource: Resource) -> Faults:
    """Resources that are named together belong to one API.
    A method's resource, a stage's deployment, a plan's stage or a mapping's stage must be of
    the API that is named beside it. If it is not, API Gateway does not find it."""
    for place, api in apis_named(resource):
        for name in TOGETHER:
            other = resource.target(*place, name)
            its = other if other is None or other.type == API else api_of(other)
            if other and its and its is not api:
                yield [*place, name], f"{other.name} is of {its.name}, not of {api.name}"


def logs(stage: Resource) -> list[Any] | None:
    """Yield the paths at which a stage asks for logs."""
    if not stage.is_missing("AccessLogSetting", "DestinationArn"):
        return ["AccessLogSetting"]
    return next(iter(executions(stage)), None)


def executions(stage: Resource) -> list[list[Any]]:
    """Where a stage asks for execution logs."""
    settings = stage.entries("MethodSettings")
    asked = [n for n, entry in settings if entry.get("LoggingLevel") in ("ERROR", "INFO")]
    return [["MethodSettings", n, "LoggingLevel"] for n in asked]


@rule("W9505", STAGE, f"{GUIDE}set-up-logging.html")
def stage_with_logs_waits_for_the_log_role(stage: Resource) -> Faults:
    """A stage with logs depends on the account's log role.
    A stage cannot log before AWS::ApiGateway::Account gives API Gateway a role: "CloudWatch
    Logs role ARN must be set in account settings". Only DependsOn makes the stage wait."""
    place, accounts = logs(stage), stage.system.of("AWS::ApiGateway::Account")
    if place and stage.system.is_whole and not accounts:
        yield place, "nothing sets the account's log role; add an AWS::ApiGateway::Account"
    late = accounts and not any(map(stage.waits_for, accounts))
    if place and late and not stage.system.has_unknown_stacks:
        yield [".."], f"it may be made before {accounts[0].name}; name that in DependsOn"


@rule("W9506", STAGE, f"{GUIDE}api-gateway-variables-for-access-logging.html")
def access_log_variables_exist(stage: Resource) -> Faults:
    """An access log uses variables of API Gateway.
    API Gateway logs a $context variable that it does not know as "-" and reports no error."""
    log = facts("api_gateway")["access_log"]
    known = [name.rstrip("*") for name in log["variables"] + log["unverified"]]
    families = tuple(name for name in known if name.endswith("."))
    line = stage.text("AccessLogSetting", "Format") or ""
    for name in re.findall(r"\$context\.([\w.-]*\w)", line):
        if name not in known and not name.startswith(families):
            yield ["AccessLogSetting", "Format"], f"$context.{name} is unknown; correct it"


@rule("W9509", STAGE, f"{GUIDE}set-up-logging.html")
def execution_logs_expire(stage: Resource) -> Faults:
    """Execution logs are off or go to a group with a retention.
    With a LoggingLevel, API Gateway creates API-Gateway-Execution-Logs_<api>/<stage>, which
    never expires: create that group first, with a retention, or set the level to OFF."""
    groups = [g.text("LogGroupName") or "" for g in stage.system.of("AWS::Logs::LogGroup")]
    for path in executions(stage):
        if not any("Execution-Logs" in name for name in groups):
            yield path, "its log group never expires; make the group first, or set OFF"


@rule("E9516", METHOD, f"{REFERENCE}aws-properties-apigateway-method-integrationresponse.html")
def integration_responses_are_declared(resource: Resource) -> Faults:
    """A method declares the headers and statuses of its integration responses.
    An integration response may set only headers that the method response of the same status
    declares, or the deployment fails. Without such a method response API Gateway answers
    500. A proxy passes the answer on and reads no integration response."""
    responses = resource.expression("MethodResponses") or []
    proxy = str(resource.get("Integration", "Type")).endswith("_PROXY")
    codes = responses if isinstance(responses, list) else [{}]
    parts = [
        *codes,
        *(at(e, key) for e in codes for key in ("StatusCode", "ResponseParameters")),
    ]
    if proxy or not isinstance(responses, list) or any(map(is_expression, parts)):
        return
    declared = {
        str(at(entry, "StatusCode")): literal_mapping(at(entry, "ResponseParameters"))
        for entry in responses
    }
    given = resource.entries(*RESPONSES)
    for n, entry in given:
        status, headers = (
            entry.get("StatusCode"),
            literal_mapping(entry.get("ResponseParameters")),
        )
        if not isinstance(status, (str, int)):
            continue
        if str(status) not in declared and (headers or len(given) == 1):
            yield [*RESPONSES, n, "StatusCode"], f"no method response has {status}; add it"
        for key in headers if str(status) in declared else ():
            if key not in declared[str(status)]:
                path = [*RESPONSES, n, "ResponseParameters", key]
                yield path, f"the method response {status} does not declare it; add it: true"


@rule("E9517", (METHOD, RESPONSE), f"{GUIDE}request-response-data-mappings.html")
def parameter_mappings_are_accepted(resource: Resource) -> Faults:
    """Parameter mappings have keys and values that API Gateway accepts.
    API Gateway maps parameters by expressions: a key names request or response and place; a
    value is 'text' in single quotes or another such expression."""
    for path, kind in places(resource):
        forms = facts("api_gateway")["mappings"][kind]
        for key, raw in literal_mapping(resource.expression(*path)).items():
            value, right = text(raw) or "$", forms.get("value", "")
            if not re.search(forms["key"], str(key)):
                yield (
                    [*path, key],
                    f"{key} is no {kind.replace('_', ' ')} parameter; correct it",
                )
            elif value[0] != "$" and not re.search(right, value, re.DOTALL):
                yield [*path, key], f"the value of {key} lacks single quotes inside; add them"


def places(resource: Resource) -> Iterator[tuple[list[Any], str]]:
    """Where a resource maps parameters, and of which kind they are."""
    if resource.type == RESPONSE:
        yield ["ResponseParameters"], "gateway_response"
        return
    yield ["RequestParameters"], "method_request"
    yield ["Integration", "RequestParameters"], "integration_request"
    for way, kind in (
        (["MethodResponses"], "method_response"),
        ([*RESPONSES], "integration_response"),
    ):
        for n, _ in resource.items(*way):
            yield [*way, n, "ResponseParameters"], kind


@rule("E9594", METHOD, f"{GUIDE}how-to-mock-integration.html", formerly="E9521")
def mock_has_a_status(method: Resource) -> Faults:
    """A MOCK integration has the statusCode of a response.
    A MOCK integration answers with the statusCode of its request template. It answers 500
    without one. A status that no response has becomes another status."""
    if method.get("Integration", "Type") != "MOCK":
        return
    responses = [entry for _, entry in method.entries(*RESPONSES)]
    statuses = [str(entry.get("StatusCode")) for entry in responses]
    whole = len(responses) == len(method.listed(*RESPONSES)) and "{" not in str(statuses)
    sure = whole and not any(entry.get("SelectionPattern") for entry in responses)
    path = ["Integration", "RequestTemplates"]
    for kind, template in literal_mapping(method.expression(*path)).items():
        given = STATUS.search(text(template) or "$")
        if given is None:
            yield [*path, kind], 'it answers 500; write {"statusCode": 200}'
        elif sure and given[1] and given[1] not in statuses:
            yield [*path, kind], f"no response has {given[1]}; write one of {statuses}"


@rule("E9595", METHOD, f"{GUIDE}how-to-mock-integration.html", formerly="E9521")
def mock_template_stays_text(method: Resource) -> Faults:
    """The template of a MOCK integration stays text.
    The integration answers 500 if binary media types turn its template into bytes."""
    if method.get("Integration", "Type") != "MOCK":
        return
    api, handling = api_of(method), method.expression("Integration", "ContentHandling")
    media = setting(api, "BinaryMediaTypes") if api else []
    known = map(str, media if isinstance(media, list) else [])
    if {"*/*", "*~1*"} & set(known) and handling in (None, "CONVERT_TO_BINARY"):
        said = "it answers 500 under BinaryMediaTypes */*"
        yield ["Integration"], f"{said}; set ContentHandling to CONVERT_TO_TEXT"


class PathParameters(NamedTuple):
    """What an HTTP integration does with the variables of its path."""

    uri: str
    wanted: set[str]  # integration.request.path.<variable>, for each {variable} of the Uri
    mapped: dict[str, Any]
    declared: dict[str, Any]

    @classmethod
    def of(cls, method: Resource) -> PathParameters | None:
        """Return those of a method; None without an HTTP integration, or if one is unknown."""
        places = (MAPPED, ["RequestParameters"])
        unknown = any(is_expression(method.expression(*place)) for place in places)
        if unknown or method.get("Integration", "Type") not in ("HTTP", "HTTP_PROXY"):
            return None
        uri = re.sub(r"\$\{[^}]*\}", "", method.text("Integration", "Uri") or "")
        wanted = {f"integration.request.path.{v}" for v in re.findall(r"\{([^{}]+)\}", uri)}
        mapped, declared = (literal_mapping(method.expression(*place)) for place in places)
        return cls(uri, wanted, mapped, declared)


@rule("E9590", METHOD, VARIABLE_DOCS, formerly="E9524")
def uri_variable_is_mapped(method: Resource) -> Faults:
    """Each variable of a Uri is mapped.
    Calls fail if no integration.request.path.<variable> fills a {variable} of the Uri."""
    if path := PathParameters.of(method):
        for name in sorted(path.wanted - set(path.mapped)):
            yield ["Integration", "Uri"], f"no parameter fills it; map {name}"


@rule("E9591", METHOD, VARIABLE_DOCS, formerly="E9524")
def mapped_parameter_is_declared(method: Resource) -> Faults:
    """A method declares the parameters that its integration reads.
    API Gateway rejects a mapping of a parameter that RequestParameters does not have."""
    path = PathParameters.of(method)
    for key, value in path.mapped.items() if path else ():
        source = str(text(value))
        given = re.match(r"method\.request\.(?!body)", source)
        if path and given and source not in path.declared:
            yield [*MAPPED, key], f"{source} is not declared; add it to RequestParameters"


@rule("E9592", METHOD, VARIABLE_DOCS, formerly="E9524")
def mapped_path_parameter_is_in_the_uri(method: Resource) -> Faults:
    """A mapped path parameter is a variable of the Uri.
    API Gateway rejects a path parameter that the Uri does not have."""
    path = PathParameters.of(method)
    for key in path.mapped if path and path.uri else ():
        given = str(key).startswith("integration.request.path.")
        if path and given and key not in path.wanted:
            yield [*MAPPED, key], "the Uri has no such variable; add it or drop this"


@rule("E9593", METHOD, VARIABLE_DOCS, formerly="E9524")
def declared_path_parameter_is_in_the_path(method: Resource) -> Faults:
    """A declared path parameter is a variable of the resource's path.
    A parameter that the path does not have is always empty."""
    path, known = PathParameters.of(method), path_of(method.target("ResourceId"))
    names = re.findall(r"/\{([^/]+?)\+?\}(?=/|$)", known or "")
    for key in path.declared if path and known is not None else ():
        kind, _, name = str(key).partition("method.request.path.")
        if not kind and name and name not in names:
            yield ["RequestParameters", key], f"the path has no {{{name}}}; correct the name"


# not verified: that the integration fails; the page says only where a variable may stand
@rule("E9525", METHOD, f"{GUIDE}aws-api-gateway-stage-variables-reference.html")
def used_stage_variables_are_set(method: Resource) -> Faults:
    """A stage sets the stage variables of an integration.
    A stageVariables.<name> is empty, and the integration fails, if no stage of the API has
    it in its Variables."""
    api = api_of(method)
    stages = parts(api, STAGE)
    known = [stage.expression("Variables") or {} for stage in stages]
    if api is None or api.is_exported or not stages or any(map(is_expression, known)):
        return
    for key in ("Uri", "ConnectionId", "Credentials"):
        said = method.text("Integration", key) or ""
        for name in re.findall(r"stageVariables\.(\w+)", said):
            if not any(name in one for one in known):
                yield ["Integration", key], f"no stage has the variable {name}; set it"


@rule("W9597", RESOURCE, RESPONSE_DOCS, formerly="W9525")
def leaf_of_the_path_has_a_method(resource: Resource) -> Faults:
    """Every leaf of an API has a method.
    A resource without a method answers 403 Missing Authentication Token."""
    api = api_of(resource)
    if api is None or is_open(api) or resource.is_exported:
        return
    verbs = {str(method.get("HttpMethod")) for method in resource.used_by(METHOD)}
    if verbs == {"OPTIONS"} or not resource.users(METHOD, RESOURCE):
        yield [], f"{resource.name} has no method, OPTIONS aside, and answers 403; add one"


@rule("W9598", RESOURCE, PROXY_DOCS, formerly="W9525")
def root_beside_a_proxy_has_a_method(resource: Resource) -> Faults:
    """The root of an API with {proxy+} has a method.
    {proxy+} does not match the root, which answers 403 Missing Authentication Token."""
    api = api_of(resource)
    if api is None or is_open(api) or resource.is_exported:
        return
    top = resource.target("ParentId") is api and not api.is_exported
    root = [m for m in parts(api, METHOD) if m.target("ResourceId") is api]
    bare = top and all(method.get("HttpMethod") == "OPTIONS" for method in root)
    if bare and str(resource.get("PathPart")).endswith("+}"):
        yield ["PathPart"], f"it does not match /; give the root of {api.name} a method"


PRIVATE = r"(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.).*"


def lets_someone_in(policy: Any) -> bool:
    """Whether a resource policy is known to admit a caller from the internet."""
    given = at(document(policy), "Statement")
    statements = given if isinstance(given, list) else [given]
    allows = [one for one in statements if at(one, "Effect") == "Allow"]
    denies = [one for one in statements if at(one, "Effect") == "Deny"]
    shut = any(hidden(one, "Not") for one in denies)
    unmet = [hidden(one) for one in allows]
    return not shut and (not allows or not all(unmet))


def private_only(statement: Any, test: str) -> bool:
    """Whether a statement tests the caller's address against private ranges alone."""
    found = at(statement, "Condition", test, "aws:SourceIp")
    sources = found if isinstance(found, list) else [found]
    return bool(sources) and all(re.fullmatch(PRIVATE, str(source)) for source in sources)


def hidden(statement: Any, negation: str = "") -> bool:
    """Whether a statement tests for private addresses, or for nothing but the VPC."""
    tests = at(statement, "Condition")
    keys = at(tests, f"String{negation}Equals") if len(tests or ()) == 1 else None
    vpc = keys and all(re.fullmatch("aws:sourcevpce?", str(key).lower()) for key in keys)
    return bool(vpc) or private_only(statement, f"{negation}IpAddress")


def any_by_any(integration: Any) -> bool:
    """Whether a proxy passes the caller's method on."""
    given = integration.get("IntegrationHttpMethod")
    proxy = integration.get("Type") == "HTTP_PROXY" and isinstance(given, str)
    return not proxy or given == "ANY"


def catches_all(resource: Resource) -> bool:
    """Whether a resource is meant for all paths: ANY method of the root's only child."""
    api = api_of(resource)
    if api is None or is_open(api) or api.is_exported:
        return False
    only = parts(api, RESOURCE) == [resource] and resource.target("ParentId") is api
    return only and any(m.get("HttpMethod") == "ANY" for m in resource.used_by(METHOD))


def unquoted(templates: Any) -> bool:
    """Whether no response template puts quotes around messageString."""
    said = [text(template) or "" for template in literal_mapping(templates).values()]
    return not any(re.search(r"""["']\$context\.error\.messageString["']""", t) for t in said)


# fmt: off
effective = partial(property_rule, docs=PROXY_DOCS, formerly="W9508")

proxy_passes_the_verb_on = effective(
    "W9592", METHOD, "Integration.IntegrationHttpMethod", sibling_condition(any_by_any),
    good="A proxy of all methods passes the method on.",
    why="A fixed IntegrationHttpMethod turns all requests into that method.",
    only_if=lambda method: method.get("HttpMethod") == "ANY",
    fix="all methods become this one; set ANY",
)
error_message_has_no_quotes = effective(
    "W9594", RESPONSE, "ResponseTemplates", unquoted,
    good="A response template puts no quotes around $context.error.messageString.",
    why="The variable brings its own quotes.",
    fix="messageString has quotes of its own; drop these",
)
catch_all_path_is_greedy = effective(
    "W9595", RESOURCE, "PathPart", matches(r"(?!\{[^+]*\}$).*"), only_if=catches_all,
    good="A path variable that catches all paths ends with +.",
    why="A variable without + matches one part of a path only.",
    fix="it matches one part only; end it with +}",
)
policy_admits_the_internet = effective(
    "W9596", API, "Policy", lets_someone_in,
    good="The policy of an API on the internet admits public addresses.",
    why="Such an API sees public addresses and no VPC: no caller has a private address.",
    only_if=lambda api: endpoint_type(api) in ("EDGE", "REGIONAL"),
    fix="no caller comes from there; admit public addresses",
    docs=f"{GUIDE}apigateway-resource-policies-aws-condition-keys.html",
)
# fmt: on


@rule("E9596", RESOURCE, PROXY_DOCS, formerly="E9541")
def greedy_path_has_nothing_below(resource: Resource) -> Faults:
    """No path is below {name+}.
    A greedy variable takes the rest of the path: API Gateway rejects a resource below it."""
    parent = resource.target("ParentId")
    if parent is not None and str(parent.get("PathPart")).endswith("+}"):
        yield (
            ["ParentId"],
            f"{parent.name} is greedy: nothing can come below it; choose another parent",
        )


# not verified: no page of AWS says that siblings have one variable only; API Gateway answers
# "A sibling of this resource already has a variable path part"
@rule("E9597", RESOURCE, VARIABLE_DOCS, formerly="E9541")
def path_has_one_variable_at_a_place(resource: Resource) -> Faults:
    """A path has one variable at a place.
    API Gateway rejects a second sibling that is a variable."""
    parent, part = resource.target("ParentId"), str(resource.get("PathPart"))
    for other in resource.system.of(RESOURCE) if parent and part.startswith("{") else []:
        if other is resource:
            return
        theirs, beside = other.get("PathPart"), other.expression("ParentId")
        variable = str(theirs).startswith("{") and theirs != part
        same = beside == resource.expression("ParentId") and "Condition" not in other.body
        if variable and same:
            yield ["PathPart"], f"{other.name} is {theirs} at the same place; keep one"
