"""API and domain: values that AWS rejects or that are not recommended.

Also: a property that needs another; a resource that may exist once, that must be used, that
must be retained.
"""

from functools import partial
from math import inf

from cfnlink.aws.catalogue import facts, types, types_with
from cfnlink.lint.conditions import (
    ValueCondition,
    between,
    excluded_by,
    is_present,
    matches,
    needed_by,
    none_of,
    one_of,
)
from cfnlink.lint.rule import Faults, Row, Rule, property_rule, rule
from cfnlink.rules._api import (
    ACCOUNT,
    API,
    AUTHORIZER,
    DOMAIN,
    GUIDE,
    KEY,
    MAPPING,
    METHOD,
    PLAN,
    PLAN_KEY,
    REFERENCE,
    RESOURCE,
    RESPONSE,
    STAGE,
)
from cfnlink.system.resource import Resource

CALLS = "https://docs.aws.amazon.com/apigateway/latest/api/"
SHIELD = "https://docs.aws.amazon.com/waf/latest/developerguide/"
ZONE, RECORD = "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"
CERTIFICATE = "AWS::CertificateManager::Certificate"
LINE = r"(?=[^\n]*\$context\.\w*equestId)[^\n]{,3072}\n?"
BASE = r"[\w$.+!*'()-]"


NEW_POLICY = "SecurityPolicy_.*"
CALLERS = "CUSTOM|COGNITO_USER_POOLS|JWT"


def known(kind: str) -> ValueCondition:
    """Accept the names in a list of aws/api_gateway.yaml."""
    accepted: ValueCondition = facts("api_gateway")[kind].__contains__
    return accepted


# fmt: off
refused = partial(property_rule, docs=f"{CALLS}API_PutMethod.html", formerly="E9500")


def listed(
    code: str, on: str | tuple[str, ...], path: str | tuple[str, ...], kind: str, *, good: str
) -> type[Rule]:
    """Make a rule: a property has a value of a list of aws/api_gateway.yaml."""
    fix = f"write one of {', '.join(facts('api_gateway')[kind])}"
    return refused(code, on, path, known(kind), good=good, fix=fix)


method_has_a_known_verb = listed(
    "E9562", METHOD, ("HttpMethod", "Integration.IntegrationHttpMethod"), "http_methods",
    good="A method and its integration have an HTTP method that API Gateway knows.",
)
method_has_a_known_authorization = listed(
    "E9563", METHOD, "AuthorizationType", "authorization_types",
    good="A method has an AuthorizationType that API Gateway knows.",
)
integration_uri_is_an_address = refused(
    "E9564", METHOD, "Integration.Uri", matches(r"(https?://[^/]|arn:|\$\{).*"),
    good="The Uri of an integration is an ARN or begins with http:// or https://.",
    fix="begin it with http://",
)
integration_target_is_an_arn = refused(
    "E9565", METHOD, "Integration.IntegrationTarget", matches("arn:.*:loadbalancer/.*"),
    good="An IntegrationTarget is the ARN of a load balancer.", fix="use its ARN",
)
path_part_is_one_part = refused(
    "E9566", RESOURCE, "PathPart", matches(r"[^{}/+\s][^{}/\s]*|\{[\w.:-]+\+?\}"),
    good="A PathPart is one part of a path, {name} or {name+}.",
    fix="write one part without a slash, {name} or {name+}",
)
response_type_is_known = listed(
    "E9567", RESPONSE, "ResponseType", "gateway_response_types",
    good="A gateway response has a ResponseType that API Gateway knows.",
)
authorizer_type_is_known = listed(
    "E9568", AUTHORIZER, "Type", "authorizer_types",
    good="An authorizer has a Type that API Gateway knows.",
)
key_source_is_known = listed(
    "E9569", API, "ApiKeySourceType", "api_key_sources",
    good="An API has an ApiKeySourceType that API Gateway knows.",
)
security_policy_is_known = listed(
    "E9570", (API, DOMAIN), "SecurityPolicy", "security_policies",
    good="An API or a domain has a SecurityPolicy that API Gateway knows.",
)
base_path_has_no_slash_at_an_end = refused(
    "E9571", MAPPING, "BasePath", matches(rf"({BASE}([/\w$.+!*'()-]*{BASE})?)?"),
    good="A BasePath has letters and digits at both ends, and no other characters than a URL.",
    fix="leave out the slash at an end",
)
log_format_is_one_line_with_the_request = refused(
    "E9572", STAGE, "AccessLogSetting.Format", matches(LINE), required=True,
    good="The format of access logs is one line of at most 3 KB with $context.requestId.",
    fix="write one line of up to 3 KB with $context.requestId",
)
log_destination_is_a_group_or_stream = refused(
    "E9573", STAGE, "AccessLogSetting.DestinationArn",
    matches(r"arn:.*(:logs:|/amazon-apigateway-).*"),
    good="Access logs go to a log group, or to a stream named amazon-apigateway-*.",
    fix="name a log group's ARN, or a stream amazon-apigateway-*",
)
setting_has_a_method = refused(
    "E9574", STAGE, "MethodSettings.*.HttpMethod", matches(r"\*|[A-Z]{3,7}(?<!ALL)"),
    good="A setting of a stage is for one HTTP method, or * for all.", fix="use * for all",
)
logging_level_is_known = listed(
    "E9575", STAGE, "MethodSettings.*.LoggingLevel", "logging_levels",
    good="A setting of a stage has a LoggingLevel that API Gateway knows.",
)
stage_name_is_accepted = refused(
    "E9576", STAGE, "StageName", matches(r"[A-Za-z0-9_-]{1,128}"),
    good="A StageName has 1 to 128 letters, digits, - and _.",
    fix="use letters, digits, - and _ only",
)
quota_period_is_known = listed(
    "E9577", PLAN, "Quota.Period", "quota_periods",
    good="The quota of a usage plan has a Period that API Gateway knows.",
)
key_value_has_a_length = refused(
    "E9578", KEY, "Value", matches(r".{20,128}|\{\{.*"),
    good="The value of an API key has 20 to 128 characters.",
    fix="give it 20 to 128 characters, or none",
)

recommended = partial(
    property_rule, docs=f"{GUIDE}api-gateway-request-throttling.html", formerly="W9500"
)

stage_writes_access_logs = recommended(
    "W9562", STAGE, "AccessLogSetting", is_present, required=True,
    good="A stage writes access logs.",
    why="Without them nothing shows which requests came and how they ended.",
    fix="requests leave no trace; set it",
)
access_logs_hold_no_keys = recommended(
    "W9563", STAGE, "AccessLogSetting.Format", matches(r"(?!.*identity\.apiKey(?!Id)).*"),
    good="Access logs hold the id of an API key, not the key.",
    why="Every reader of the logs could otherwise use the keys of the callers.",
    fix="the keys themselves are logged; log $context.identity.apiKeyId",
)
stage_limits_requests = recommended(
    "W9564", STAGE, "MethodSettings", is_present, required=True,
    good="A stage has settings that limit requests.",
    why="Without them only the limit of the account's region caps the requests of all callers.",
    fix="nothing caps the requests; set a throttle",
)
bodies_are_not_logged = recommended(
    "W9565", STAGE, "MethodSettings.*.DataTraceEnabled", none_of(True),
    good="A stage does not log the bodies of requests.",
    why="Bodies and headers hold personal data and credentials.",
    fix="bodies are logged; set false",
)
detailed_metrics_are_off = recommended(
    "W9566", STAGE, "MethodSettings.*.MetricsEnabled", none_of(True),
    good="A stage has no metrics for each method.",
    why="CloudWatch bills each of these metrics as a custom metric.",
    fix="each is billed; set false",
)
stage_has_no_cache = recommended(
    "W9567", STAGE, "CacheClusterEnabled", none_of(True),
    good="A stage has no cache cluster.", why="A cache is billed by the hour, used or not.",
    fix="a cache is billed by the hour; set false",
)
rate_limit_is_within_the_quota = recommended(
    "W9568", STAGE, "MethodSettings.*.ThrottlingRateLimit", between(0.001, 10000),
    good="The rate limit of a stage is above 0 and within the quota of a region.",
    why="With 0 every request gets 429. A limit above the quota of the region limits nothing.",
    fix="set 1 to 10000",
)
burst_limit_is_within_the_quota = recommended(
    "W9569", STAGE, "MethodSettings.*.ThrottlingBurstLimit", between(1, 5000),
    good="The burst limit of a stage is above 0 and within the quota of a region.",
    why="With 0 every request gets 429. A limit above the quota of the region limits nothing.",
    fix="set 1 to 5000",
)
integration_timeout_is_within_the_quota = recommended(
    "W9570", METHOD, "Integration.TimeoutInMillis", between(50, 29000),
    good="An integration waits 0.05 to 29 seconds for its answer.",
    why="API Gateway accepts more only in an account whose quota was raised.",
    fix="write 50 to 29000; more needs a higher quota",
)
api_states_its_endpoint = recommended(
    "W9571", API, "EndpointConfiguration", is_present, required=True,
    good="An API states its type of endpoint.",
    why="The default is edge-optimized: every request takes a way through CloudFront.",
    fix="it becomes edge-optimized; set REGIONAL",
)
binary_types_are_media_types = recommended(
    "W9572", API, "BinaryMediaTypes.*", matches(r".*(/|~1).*"),
    good="BinaryMediaTypes have the form type/subtype.",
    why="API Gateway accepts another text, which matches no request.",
    fix="write type/subtype",
)
plan_has_a_stage = recommended(
    "W9573", PLAN, "ApiStages", none_of([]), required=True,
    good="A usage plan names a stage.", why="The keys of a plan without a stage open nothing.",
    fix="its keys have no effect; name a stage",
)
plan_limits_a_caller = recommended(
    "W9574", PLAN, "Throttle", is_present, required=True,
    good="A usage plan limits the requests of one caller.",
    why="One caller may otherwise use the whole limit of the stage.",
    fix="one caller may use all; set it",
)
plan_has_a_rate_limit = recommended(
    "W9575", PLAN, "Throttle.RateLimit", between(0.001, inf), required=True,
    good="The throttle of a usage plan has a RateLimit above 0.",
    why="Without it the throttle does not limit the rate; with 0 every request gets 429.",
    fix="set one caller's requests a second",
)
plan_has_a_burst_limit = recommended(
    "W9576", PLAN, "Throttle.BurstLimit", between(1, inf), required=True,
    good="The throttle of a usage plan has a BurstLimit of 1 or more.",
    why="With 0 every request gets 429.",
    fix="set one caller's requests at once",
)
plan_has_a_quota = recommended(
    "W9577", PLAN, "Quota", is_present, required=True,
    good="A usage plan has a quota.",
    why="A caller within the rate limit may otherwise send requests all month.",
    fix="nothing caps the month; set it",
)
key_is_enabled = recommended(
    "W9578", KEY, "Enabled", one_of(True), required=True,
    good="An API key is enabled.", why="A request with a disabled key gets 403.",
    fix="a disabled key gets 403; set true",
)
key_value_is_not_in_the_template = recommended(
    "W9579", KEY, "Value", matches(r"\{\{.*"),
    good="The value of an API key is not in the template.",
    why="Every reader of the template could use the key, and an account has a value once in a "
        "region: a second stack of the template fails. AWS generates a value.",
    fix="every reader sees it, and it exists once in an account and region; leave it out",
)
domain_refuses_old_tls = recommended(
    "W9580", DOMAIN, "SecurityPolicy", none_of("TLS_1_0"), required=True,
    good="A custom domain accepts TLS 1.2 or later.",
    why="TLS 1.0 and 1.1 have known weaknesses.",
    fix="older TLS is admitted; set TLS_1_2",
)
mapping_names_its_stage = recommended(
    "W9581", MAPPING, "Stage", is_present, required=True,
    good="A base path mapping names its stage.",
    why="Without it the first part of the path chooses the stage.",
    fix="callers choose the stage by the path; set it",
)
link_has_a_security_group = recommended(
    "W9582", "AWS::ApiGatewayV2::VpcLink", "SecurityGroupIds", none_of([]), required=True,
    good="A VPC link names its security groups.",
    why="Without them it has the default group of the VPC, whose rules may be any.",
    fix="it gets the default group; name one",
)

sibling = partial(property_rule, docs=f"{CALLS}API_Integration.html", formerly="E9510")
sent = needed_by("Type", "HTTP.*|AWS.*")

custom_authorization_names_its_authorizer = sibling(
    "E9580", METHOD, "AuthorizerId", needed_by("AuthorizationType", CALLERS),
    good="A method with an authorizer names it.", fix="set it",
)
integration_has_a_verb = sibling(
    "E9581", METHOD, "Integration.IntegrationHttpMethod", sent,
    good="An integration of type HTTP or AWS has an IntegrationHttpMethod.", fix="set it",
)
integration_has_an_address = sibling(
    "E9582", METHOD, "Integration.Uri", sent,
    good="An integration of type HTTP or AWS has a Uri.", fix="set it",
)
http_integration_has_responses = sibling(
    "E9583", METHOD, "Integration.IntegrationResponses", needed_by("Type", "HTTP"),
    good="An integration of type HTTP has IntegrationResponses.", fix="set it",
)
mock_integration_has_a_template = sibling(
    "E9584", METHOD, "Integration.RequestTemplates", needed_by("Type", "MOCK"),
    good="An integration of type MOCK has a request template.",
    why="The template gives the statusCode of the answer.", fix="set it",
)
linked_integration_names_its_link = sibling(
    "E9585", METHOD, "Integration.ConnectionId", needed_by("ConnectionType", "VPC_LINK"),
    good="An integration through a VPC link names the link.", fix="set it",
)
new_policy_has_an_access_mode = sibling(
    "E9586", (API, DOMAIN), "EndpointAccessMode", needed_by("SecurityPolicy", NEW_POLICY),
    good="An API or a domain with a policy SecurityPolicy_* has an EndpointAccessMode.",
    fix="set it",
)
new_policy_excludes_client_certificates = sibling(
    "E9587", (API, DOMAIN), "MutualTlsAuthentication",
    excluded_by("SecurityPolicy", NEW_POLICY),
    good="A domain with a policy SecurityPolicy_* has no mutual TLS.", fix="remove one",
)
alias_has_no_records = sibling(
    "E9588", RECORD, "ResourceRecords", excluded_by("AliasTarget"),
    good="An alias has no ResourceRecords.", fix="an alias has none; remove one",
)


@rule("E9589", RECORD, f"{CALLS}API_Integration.html", formerly="E9510")
def routed_record_has_an_identifier(_: Resource) -> Faults:
    """A record with a routing policy has a SetIdentifier.
    Route 53 distinguishes records of one name by it."""
    for way in ("Weight", "Region", "GeoLocation", "Failover"):
        yield Row("SetIdentifier", needed_by(way), f"{way} needs it; set it")


beside = partial(property_rule, docs=f"{REFERENCE}AWS_ApiGateway.html", formerly="W9510")

validation_names_its_zone = beside(
    "W9583", CERTIFICATE, "DomainValidationOptions", needed_by("ValidationMethod", "DNS"),
    good="A certificate by DNS names the hosted zone that validates it.",
    why="Otherwise the stack waits until a person adds the validation record.", fix="set it",
)
setting_for_all_methods_has_a_rate = beside(
    "W9584", STAGE, "MethodSettings.*.ThrottlingRateLimit", needed_by("ResourcePath", "/[*]"),
    good="A setting for all methods of a stage has a rate limit.",
    why="Without it only the limit of the account's region caps the requests.", fix="set it",
)
setting_for_all_methods_has_a_burst = beside(
    "W9585", STAGE, "MethodSettings.*.ThrottlingBurstLimit", needed_by("ResourcePath", "/[*]"),
    good="A setting for all methods of a stage has a burst limit.",
    why="Without it only the limit of the account's region caps the requests.", fix="set it",
)
# fmt: on

# type -> properties whose values make two resources equal; the last one is reported
UNIQUE_KEYS = {
    RESOURCE: ("ParentId", "PathPart"),
    METHOD: ("RestApiId", "ResourceId", "HttpMethod"),
    MAPPING: ("BasePath", "DomainName"),
    KEY: ("Value",),
    RECORD: ("HostedZoneId", "HostedZoneName", "SetIdentifier", "Type", "Name"),
}


# not verified except for Shield Advanced: the pages of prices were not read
@rule("W9910", types_with("expensive"), f"{SHIELD}ddos-advanced-summary-deciding.html")
def no_resource_is_expensive(resource: Resource) -> Faults:
    """No resource costs far more than its alternative.
    AWS bills some resources by the hour even if they are unused: use them only if you need
    them."""
    yield [], f"{resource.name} is expensive: {types()[resource.type].expensive}"


def duplicate(resource: Resource, *keys: str) -> Faults:
    """Yield the fault of a resource if an earlier one has the same properties."""
    if twin := resource.duplicate_of(*keys):
        yield [*keys[-1:]], f"{twin.name} is the same; keep one of them"


# verified for mappings and keys only: no page of AWS says it of paths, methods and records
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html
@rule("E9540", tuple(UNIQUE_KEYS), f"{CALLS}API_CreateBasePathMapping.html")
def path_method_mapping_or_record_is_unique(resource: Resource) -> Faults:
    """No path, method, mapping, record or value of an API key exists twice.
    A path, a method, a mapping, a record or a key's value exists once: AWS rejects the second
    one."""
    return duplicate(resource, *UNIQUE_KEYS[resource.type])


METRICS = f"{GUIDE}api-gateway-metrics-and-dimensions.html"


@rule("W9586", ACCOUNT, METRICS, formerly="W9540")
def account_has_one_log_role(resource: Resource) -> Faults:
    """There is one log role of API Gateway.
    A second log role of the account overwrites the first."""
    return duplicate(resource)


@rule("W9587", API, METRICS, formerly="W9540")
def api_name_is_unique(resource: Resource) -> Faults:
    """There is one API of a name.
    The metrics of two APIs with one name mix."""
    return duplicate(resource, "Name")


PLANS = f"{GUIDE}api-gateway-api-usage-plans.html"


def unused(resource: Resource, wrong: str, *users: str) -> Faults:
    """Yield the fault of a resource to which no resource of some types refers."""
    if resource.system.linked and not resource.users(*users):
        yield [], f"{resource.name} {wrong}"


@rule("W9588", KEY, PLANS, formerly="W9541")
def key_is_in_a_plan(key: Resource) -> Faults:
    """An API key is in a usage plan.
    A key in no plan has no effect."""
    return unused(key, "is in no usage plan; add a UsagePlanKey", PLAN_KEY)


@rule("W9589", PLAN, PLANS, formerly="W9541")
def plan_has_a_key(plan: Resource) -> Faults:
    """A usage plan has a key.
    A plan without a key limits no caller."""
    return unused(plan, "has no key; add a UsagePlanKey", PLAN_KEY)


@rule("W9590", DOMAIN, PLANS, formerly="W9541")
def domain_has_a_mapping(domain: Resource) -> Faults:
    """A custom domain has a base path mapping.
    A domain without a mapping answers 403."""
    mappings = (MAPPING, "AWS::ApiGatewayV2::ApiMapping")
    return unused(domain, "answers 403; add a BasePathMapping", *mappings)


@rule("W9591", "AWS::KMS::Key", PLANS, formerly="W9541")
def encryption_key_is_used(key: Resource) -> Faults:
    """An encryption key is used.
    KMS bills each key by the month, used or not."""
    return unused(key, "is billed, and nothing uses it; remove it")


@rule("W9542", types_with("kept_because"), f"{REFERENCE}aws-attribute-deletionpolicy.html")
def zone_and_log_role_outlive_their_stack(resource: Resource) -> Faults:
    """Hosted zone and log role outlive their stack.
    A hosted zone that the registrar knows, and the account's log role, must outlive a
    deleted stack: set DeletionPolicy and UpdateReplacePolicy to Retain."""
    if resource.type == ZONE and not resource.is_missing("VPCs"):
        return
    for kept in (resource, *resource.targets("CloudWatchRoleArn")):
        for policy, own in kept.missing_retention("Snapshot"):
            where = own if kept is resource else ["CloudWatchRoleArn"]
            because = types()[resource.type].kept_because
            yield where, f"{because}; set {policy} of {kept.name} to Retain"
