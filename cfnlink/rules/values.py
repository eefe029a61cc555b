"""API and domain: faults that tables describe, one table for each shape of fault.

A value that AWS rejects or that is not recommended; a property that needs another; a
resource that may exist once, that must be used, that must be retained.
"""

from math import inf

from cfnlink.aws.catalogue import facts, types, types_with
from cfnlink.lint.conditions import (
    between,
    excluded_by,
    is_present,
    matches,
    needed_by,
    none_of,
    one_of,
)
from cfnlink.lint.rule import Faults, Row, rule
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
    STAGE,
)
from cfnlink.system.template import Resource

CALLS = "https://docs.aws.amazon.com/apigateway/latest/api/"
SHIELD = "https://docs.aws.amazon.com/waf/latest/developerguide/"
ZONE, RECORD = "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"
CERTIFICATE = "AWS::CertificateManager::Certificate"
LINE = r"(?=[^\n]*\$context\.\w*equestId)[^\n]{,3072}\n?"
BASE = r"[\w$.+!*'()-]"


def named(path: str, kind: str) -> Row:
    """Return a row that accepts the names in a list of facts/api_gateway.yaml."""
    known = facts("api_gateway")[kind]
    return Row(path, known.__contains__, f"write one of {', '.join(known)}")


REFUSED = {
    METHOD: (
        named("HttpMethod", "http_methods"),
        named("AuthorizationType", "authorization_types"),
        named("Integration.IntegrationHttpMethod", "http_methods"),
        Row("Integration.Uri", matches(r"(https?://[^/]|arn:|\$\{).*"), "begin it with http://"),
        Row("Integration.IntegrationTarget", matches("arn:.*:loadbalancer/.*"), "use its ARN"),
    ),
    RESOURCE: (
        Row("PathPart", matches(r"[^{}/+\s][^{}/\s]*|\{[\w.:-]+\+?\}"),
            "write one part without a slash, {name} or {name+}"),
    ),
    "AWS::ApiGateway::GatewayResponse": (named("ResponseType", "gateway_response_types"),),
    AUTHORIZER: (named("Type", "authorizer_types"),),
    API: (
        named("ApiKeySourceType", "api_key_sources"),
        named("SecurityPolicy", "security_policies"),
    ),
    DOMAIN: (named("SecurityPolicy", "security_policies"),),
    MAPPING: (
        Row("BasePath", matches(rf"({BASE}([/\w$.+!*'()-]*{BASE})?)?"), "no slash at an end"),
    ),
    STAGE: (
        Row("AccessLogSetting.Format!", matches(LINE),
            "write one line of up to 3 KB with $context.requestId"),
        Row("AccessLogSetting.DestinationArn", matches(r"arn:.*(:logs:|/amazon-apigateway-).*"),
            "name a log group's ARN, or a stream amazon-apigateway-*"),
        Row("MethodSettings.*.HttpMethod", matches(r"\*|[A-Z]{3,7}(?<!ALL)"), "use * for all"),
        named("MethodSettings.*.LoggingLevel", "logging_levels"),
        Row("StageName", matches(r"[A-Za-z0-9_-]{1,128}"), "use letters, digits, - and _ only"),
    ),
    PLAN: (named("Quota.Period", "quota_periods"),),
    KEY: (Row("Value", matches(r".{20,128}|\{\{.*"), "give it 20 to 128 characters, or none"),),
}  # fmt: skip
RECOMMENDED = {
    STAGE: (
        Row("AccessLogSetting!", is_present, "requests leave no trace; set it"),
        Row("AccessLogSetting.Format", matches(r"(?!.*identity\.apiKey(?!Id)).*"),
            "the keys themselves are logged; log $context.identity.apiKeyId"),
        Row("MethodSettings!", is_present, "nothing caps the requests; set a throttle"),
        Row("MethodSettings.*.DataTraceEnabled", none_of(True), "bodies are logged; set false"),
        Row("MethodSettings.*.MetricsEnabled", none_of(True), "each is billed; set false"),
        Row("CacheClusterEnabled", none_of(True), "a cache is billed by the hour; set false"),
        Row("MethodSettings.*.ThrottlingRateLimit", between(0.001, 10000), "set 1 to 10000"),
        Row("MethodSettings.*.ThrottlingBurstLimit", between(1, 5000), "set 1 to 5000"),
    ),
    METHOD: (
        Row("Integration.TimeoutInMillis", between(50, 29000), "more needs a higher quota"),
    ),
    API: (
        Row("EndpointConfiguration!", is_present, "it becomes edge-optimized; set REGIONAL"),
        Row("BinaryMediaTypes.*", matches(r".*(/|~1).*"), "write type/subtype"),
    ),
    PLAN: (
        Row("ApiStages!", none_of([]), "its keys have no effect; name a stage"),
        Row("Throttle!", is_present, "one caller may use all; set it"),
        Row("Throttle.RateLimit!", between(0.001, inf), "set one caller's requests a second"),
        Row("Throttle.BurstLimit!", between(1, inf), "set one caller's requests at once"),
        Row("Quota!", is_present, "nothing caps the month; set it"),
    ),
    KEY: (
        Row("Enabled!", one_of(True), "a disabled key gets 403; set true"),
        Row("Value", matches(r"\{\{.*"), "every reader of the template sees it; leave it out"),
    ),
    DOMAIN: (Row("SecurityPolicy!", none_of("TLS_1_0"), "older TLS is admitted; set TLS_1_2"),),
    MAPPING: (Row("Stage!", is_present, "callers choose the stage by the path; set it"),),
    "AWS::ApiGatewayV2::VpcLink": (
        Row("SecurityGroupIds!", none_of([]), "it gets the default group; name one"),
    ),
}  # fmt: skip
NEW_POLICY = "SecurityPolicy_.*"
CALLERS = "CUSTOM|COGNITO_USER_POOLS|JWT"
NEEDED = {
    METHOD: (
        Row("AuthorizerId", needed_by("AuthorizationType", CALLERS), "set it"),
        Row("Integration.IntegrationHttpMethod", needed_by("Type", "HTTP.*|AWS.*"), "set it"),
        Row("Integration.Uri", needed_by("Type", "HTTP.*|AWS.*"), "set it"),
        Row("Integration.IntegrationResponses", needed_by("Type", "HTTP"), "set it"),
        Row("Integration.RequestTemplates", needed_by("Type", "MOCK"), "set it"),
        Row("Integration.ConnectionId", needed_by("ConnectionType", "VPC_LINK"), "set it"),
    ),
    **dict.fromkeys((API, DOMAIN), (
        Row("EndpointAccessMode", needed_by("SecurityPolicy", NEW_POLICY), "set it"),
        Row("MutualTlsAuthentication", excluded_by("SecurityPolicy", NEW_POLICY), "remove one"),
    )),
    RECORD: (
        Row("ResourceRecords", excluded_by("AliasTarget"), "an alias has none; remove one"),
        *(Row("SetIdentifier", needed_by(way), f"{way} needs it; set it")
          for way in ("Weight", "Region", "GeoLocation", "Failover")),
    ),
}  # fmt: skip
ADVISED = {
    CERTIFICATE: (
        Row("DomainValidationOptions", needed_by("ValidationMethod", "DNS"), "set it"),
    ),
    STAGE: (
        Row(
            "MethodSettings.*.ThrottlingRateLimit", needed_by("ResourcePath", "/[*]"), "set it"
        ),
        Row(
            "MethodSettings.*.ThrottlingBurstLimit", needed_by("ResourcePath", "/[*]"), "set it"
        ),
    ),
}  # fmt: skip
# type -> properties whose values make two resources equal; the last one is reported
UNIQUE_KEYS = {
    RESOURCE: ("ParentId", "PathPart"),
    METHOD: ("RestApiId", "ResourceId", "HttpMethod"),
    MAPPING: ("BasePath", "DomainName"),
    RECORD: ("HostedZoneId", "HostedZoneName", "SetIdentifier", "Type", "Name"),
}
ONCE_IS_ENOUGH: dict[str, tuple[str, ...]] = {ACCOUNT: (), API: ("Name",)}
# type -> types that must refer to it (any, if none is named), and the fault without one
USED: dict[str, tuple[tuple[str, ...], str]] = {
    KEY: ((PLAN_KEY,), "is in no usage plan; add a UsagePlanKey"),
    PLAN: ((PLAN_KEY,), "has no key; add a UsagePlanKey"),
    DOMAIN: ((MAPPING, "AWS::ApiGatewayV2::ApiMapping"), "answers 403; add a BasePathMapping"),
    "AWS::KMS::Key": ((), "is billed, and nothing uses it; remove it"),
}


@rule("E9500", tuple(REFUSED), f"{CALLS}API_PutMethod.html")
def api_values_are_accepted(resource: Resource) -> Faults:
    """API and domain have values that AWS accepts.
    AWS rejects a method, response type, policy, path or format of another form.
    CloudFormation reports that only when it calls the service."""
    return REFUSED[resource.type]


@rule("W9500", tuple(RECOMMENDED), f"{GUIDE}api-gateway-request-throttling.html")
def api_values_are_recommended(resource: Resource) -> Faults:
    """API and domain have limits, logs and safe values.
    Some defaults and values admit every caller, lose information that is needed later, or
    reject every request: state the value that you want."""
    return RECOMMENDED[resource.type]


@rule("W9910", types_with("expensive"), f"{SHIELD}ddos-advanced-summary-deciding.html")
def no_resource_is_expensive(resource: Resource) -> Faults:
    """No resource costs far more than its alternative.
    AWS bills some resources by the hour even if they are unused: use them only if you need
    them."""
    yield [], f"{resource.name} is expensive: {types()[resource.type].expensive}"


@rule("E9510", tuple(NEEDED), f"{CALLS}API_Integration.html")
def required_siblings_are_present(resource: Resource) -> Faults:
    """A property has the properties that its value needs, and none that it excludes.
    Some values need another property beside it or exclude one: CUSTOM needs an AuthorizerId,
    MOCK needs a statusCode, an alias excludes ResourceRecords."""
    return NEEDED[resource.type]


@rule("W9510", tuple(ADVISED), f"{REFERENCE}AWS_ApiGateway.html")
def recommended_siblings_are_present(resource: Resource) -> Faults:
    """A property has the properties that its value should have.
    A certificate by DNS waits for its validation records unless it names the hosted zone. A
    setting for all methods should limit them."""
    return ADVISED[resource.type]


def duplicate(resource: Resource, keys: tuple[str, ...]) -> Faults:
    """Yield the fault of a resource if an earlier one has the same properties."""
    if twin := resource.duplicate_of(*keys):
        yield [*keys[-1:]], f"{twin.name} is the same; keep one of them"


# verified for mappings only: no page of AWS says it of paths, methods and records
@rule("E9540", tuple(UNIQUE_KEYS), f"{CALLS}API_CreateBasePathMapping.html")
def nothing_is_there_twice(resource: Resource) -> Faults:
    """No path, method, mapping or record exists twice.
    A path, a method, a mapping or a record exists once: AWS rejects the second one."""
    return duplicate(resource, UNIQUE_KEYS[resource.type])


@rule("W9540", tuple(ONCE_IS_ENOUGH), f"{GUIDE}api-gateway-metrics-and-dimensions.html")
def one_is_enough(resource: Resource) -> Faults:
    """There is one log role, and one API of a name.
    A second log role of the account overwrites the first, and the metrics of two APIs with one
    name mix."""
    return duplicate(resource, ONCE_IS_ENOUGH[resource.type])


@rule("W9541", tuple(USED), f"{GUIDE}api-gateway-api-usage-plans.html")
def what_is_there_is_used(resource: Resource) -> Faults:
    """Keys, plans and domains are used.
    A key in no plan has no effect, a domain without a mapping answers 403, and an unused
    encryption key is billed."""
    users, wrong = USED[resource.type]
    if resource.template.linked and not resource.users(*users):
        yield [], f"{resource.name} {wrong}"


@rule("W9542", types_with("kept_because"), f"{REFERENCE}aws-attribute-deletionpolicy.html")
def what_cannot_come_back_stays(resource: Resource) -> Faults:
    """Hosted zone and log role outlive their stack.
    A hosted zone that the registrar knows, and the account's log role, must outlive a
    deleted stack: set DeletionPolicy and UpdateReplacePolicy to Retain."""
    if resource.type == ZONE and not resource.is_missing("VPCs"):
        return
    for kept in (resource, *resource.targets("CloudWatchRoleArn")):
        for policy, own in kept.missing_retention("Snapshot"):
            where = own if kept is resource else ["CloudWatchRoleArn"]
            yield (
                where,
                f"{types()[resource.type].kept_because}; set {policy} of {kept.name} to Retain",
            )
