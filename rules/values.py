"""API and domain: the faults that tables can tell, one table for each shape of fault.

A value that AWS refuses or that is unwise, a property that needs another, a thing that may
exist once, that must be used, that must be kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import (
    NO_VALUE,
    Fault,
    Resource,
    Rule,
    at,
    between,
    facts,
    is_expression,
    matches,
    none_of,
    one_of,
    reached,
    stated,
)

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
ACCOUNT, API, AUTHORIZER, DOMAIN, KEY, MAPPING, METHOD, PLAN, PLAN_KEY, RESOURCE, STAGE = (
    f"AWS::ApiGateway::{kind}"
    for kind in (
        *("Account", "RestApi", "Authorizer", "DomainName", "ApiKey", "BasePathMapping"),
        *("Method", "UsagePlan", "UsagePlanKey", "Resource", "Stage"),
    )
)
ZONE, RECORD = "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"
CERTIFICATE = "AWS::CertificateManager::Certificate"
BASE = r"[\w$.+!*'()-]"
FOREVER = float("inf")

# of a type: a path (one that ends in ! must be there), what fits, what to do
Row = tuple[str, Callable[[Any], bool], str]


def named(kind: str) -> tuple[Callable[[Any], bool], str]:
    """Fits the names in a list of facts/api_gateway.yaml, and says which they are."""
    known = facts("api_gateway")[kind]
    return (lambda value: value in known), f"write one of {', '.join(known)}"


REFUSED: dict[str, list[Row]] = {
    METHOD: [
        ("HttpMethod", *named("http_methods")),
        ("AuthorizationType", *named("authorization_types")),
        ("Integration.IntegrationHttpMethod", *named("http_methods")),
        ("Integration.Uri", matches(r"(https?://[^/]|arn:|\$\{).*"), "begin it with http://"),
        ("Integration.IntegrationTarget", matches("arn:.*:loadbalancer/.*"), "no balancer's"),
    ],
    RESOURCE: [
        (
            *("PathPart", matches(r"[^{}/+\s][^{}/\s]*|\{[\w.:-]+\+?\}")),
            "write one part without a slash, {name} or {name+}",
        ),
    ],
    "AWS::ApiGateway::GatewayResponse": [("ResponseType", *named("gateway_response_types"))],
    AUTHORIZER: [("Type", *named("authorizer_types"))],
    API: [
        ("ApiKeySourceType", *named("api_key_sources")),
        ("SecurityPolicy", *named("security_policies")),
    ],
    DOMAIN: [
        ("SecurityPolicy", *named("security_policies")),
        ("CertificateArn", matches(r"(?!arn:.*:acm:(?!us-east-1)).*"), "take one of us-east-1"),
    ],
    MAPPING: [
        ("BasePath", matches(rf"({BASE}([/\w$.+!*'()-]*{BASE})?)?"), "no slash at an end"),
    ],
    STAGE: [
        (
            *("AccessLogSetting.Format!", matches(r"(?=.*\$context\.\w*equestId).{,3072}\n?")),
            "write one line of up to 3 KB with $context.requestId",
        ),
        (
            *(
                "AccessLogSetting.DestinationArn",
                matches(r"arn:.*(:logs:|/amazon-apigateway-).*"),
            ),
            "name a log group's ARN, or a stream amazon-apigateway-*",
        ),
        ("MethodSettings.*.HttpMethod", matches(r"\*|[A-Z]{3,7}(?<!ALL)"), "use * for all"),
        ("MethodSettings.*.LoggingLevel", *named("logging_levels")),
        ("StageName", matches(r"[A-Za-z0-9_-]{1,128}"), "use letters, digits, - and _ only"),
    ],
    PLAN: [("Quota.Period", *named("quota_periods"))],
    KEY: [("Value", matches(r".{20,128}|\{\{.*"), "give it 20 to 128 characters, or none")],
}
UNWISE: dict[str, list[Row]] = {
    STAGE: [
        ("AccessLogSetting!", stated, "requests leave no trace; set it"),
        (
            *("AccessLogSetting.Format", matches(r"(?s)(?!.*identity\.apiKey(?!Id)).*")),
            "the keys themselves are logged; log $context.identity.apiKeyId",
        ),
        ("MethodSettings!", stated, "nothing caps the requests; set a throttle"),
        ("MethodSettings.*.DataTraceEnabled", none_of(True), "bodies are logged; set false"),
        ("MethodSettings.*.MetricsEnabled", none_of(True), "each method is billed; set false"),
        ("CacheClusterEnabled", none_of(True), "a cache is billed by the hour; set false"),
        ("MethodSettings.*.ThrottlingRateLimit", between(0.001, 10000), "set 1 to 10000"),
        ("MethodSettings.*.ThrottlingBurstLimit", between(1, 5000), "set 1 to 5000"),
    ],
    METHOD: [("Integration.TimeoutInMillis", between(50, 29000), "more needs a raised quota")],
    API: [
        ("EndpointConfiguration!", stated, "it becomes edge-optimized; set Types to REGIONAL"),
        ("BinaryMediaTypes.*", matches(r".*(/|~1).*"), "write type/subtype"),
    ],
    PLAN: [
        ("ApiStages!", lambda value: value != [], "its keys open nothing; name a stage"),
        ("Throttle!", stated, "one caller may use all; set it"),
        ("Throttle.RateLimit!", between(0.001, FOREVER), "set what a caller may ask a second"),
        ("Throttle.BurstLimit!", between(1, FOREVER), "set what a caller may ask at once"),
        ("Quota!", stated, "nothing caps the month; set it"),
    ],
    KEY: [
        ("Enabled!", one_of(True), "a disabled key gets 403; set true"),
        ("Value", matches(r"\{\{.*"), "all who read the template read it; leave it out"),
    ],
    DOMAIN: [("SecurityPolicy!", none_of("TLS_1_0"), "older TLS is admitted; set TLS_1_2")],
    MAPPING: [("Stage!", stated, "callers choose the stage by the path; set it")],
    "AWS::ApiGatewayV2::VpcLink": [
        ("SecurityGroupIds!", lambda value: value != [], "it gets the default group; name one"),
    ],
}
DEAR = {
    "AWS::GlobalAccelerator::Accelerator": "it is billed by the hour, used or not",
    "AWS::NetworkFirewall::Firewall": "each zone is billed by the hour, used or not",
    "AWS::EC2::TransitGatewayAttachment": "it is billed by the hour, used or not",
    "AWS::CertificateManagerPCA::CertificateAuthority": "ACM's public certificates are free",
    "AWS::Shield::Protection": "Shield Advanced costs thousands a month",
}
# of a type: where a property matches, the one beside it must be there, or with a - must not
Need = tuple[str, str, str]
NEEDED: dict[str, list[Need]] = {
    METHOD: [
        ("AuthorizationType", "CUSTOM|COGNITO_USER_POOLS", "AuthorizerId"),
        ("Integration.Type", "HTTP.*|AWS.*", "IntegrationHttpMethod"),
        ("Integration.Type", "HTTP.*|AWS.*", "Uri"),
        ("Integration.Type", "HTTP", "IntegrationResponses"),
        ("Integration.Type", "MOCK", "RequestTemplates"),
        ("Integration.ConnectionType", "VPC_LINK", "ConnectionId"),
    ],
    **{
        kind: [
            ("SecurityPolicy", "SecurityPolicy_.*", "EndpointAccessMode"),
            ("SecurityPolicy", "SecurityPolicy_.*", "-MutualTlsAuthentication"),
        ]
        for kind in (API, DOMAIN)
    },
    RECORD: [
        ("AliasTarget", ".*", "-ResourceRecords"),
        *((way, ".*", "SetIdentifier") for way in ("Weight", "Region", "GeoLocation")),
        ("Failover", ".*", "SetIdentifier"),
    ],
}
ADVISED: dict[str, list[Need]] = {
    CERTIFICATE: [("ValidationMethod", "DNS", "DomainValidationOptions")],
    STAGE: [
        ("MethodSettings.*.ResourcePath", r"/\*", "ThrottlingRateLimit"),
        ("MethodSettings.*.ResourcePath", r"/\*", "ThrottlingBurstLimit"),
    ],
}
# of a type: the properties by which two are the same; the fault stands at the last
REFUSED_TWICE: dict[str, tuple[str, ...]] = {
    RESOURCE: ("ParentId", "PathPart"),
    METHOD: ("RestApiId", "ResourceId", "HttpMethod"),
    MAPPING: ("BasePath", "DomainName"),
    RECORD: ("HostedZoneId", "HostedZoneName", "SetIdentifier", "Type", "Name"),
}
ONCE_IS_ENOUGH: dict[str, tuple[str, ...]] = {ACCOUNT: (), API: ("Name",)}
# of a type: who must lead to it (anybody, if none is named), and what is wrong else
USED: dict[str, tuple[tuple[str, ...], str]] = {
    KEY: ((PLAN_KEY,), "is in no usage plan; add a UsagePlanKey"),
    PLAN: ((PLAN_KEY,), "has no key; add a UsagePlanKey"),
    DOMAIN: ((MAPPING, "AWS::ApiGatewayV2::ApiMapping"), "answers 403; add a BasePathMapping"),
    "AWS::KMS::Key": ((), "is billed, and nothing uses it; remove it"),
}
KEPT = {
    ZONE: "a new one has other name servers",
    ACCOUNT: "the logs of all APIs stop without it",
}


class Values(Rule):
    """Reads a table of rows: a path, what fits, and what to do."""

    table: dict[str, list[Row]] = {}

    def check(self, resource: Resource) -> Iterator[Fault]:
        for name, fits, advice in self.table[resource.kind]:
            *way, last = name.rstrip("!").split(".")
            for path, value in reached(resource.properties, [*way, last]):
                if value is not None and not is_expression(value) and not fits(value):
                    shown = "its own" if last == "Value" else str(value)[:60]  # a key is secret
                    yield path, f"{last} is {shown}; {advice}"
            for path, node in reached(resource.properties, way) if "!" in name else []:
                if at(node, last) is None and not is_expression(node):
                    yield path, f"{last} is missing; {advice}"


class ValuesAreTaken(Values):
    """AWS refuses a method, response type, policy, path or format by any form but its own;
    CloudFormation sees that only when it calls the service."""

    id = "E9500"
    shortdesc = "API and domain have values that AWS takes"
    source_url = "https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html"
    table, on = REFUSED, tuple(REFUSED)


class ValuesAreWise(Values):
    """Some defaults and values let everybody in, lose what is needed later, or refuse all:
    say what you want instead."""

    id = "W9500"
    shortdesc = "API and domain are capped, watched and safe"
    source_url = f"{GUIDE}api-gateway-request-throttling.html"
    table, on = UNWISE, tuple(UNWISE)


class NothingDearIsThere(Rule):
    """Some resources are billed by the hour whether they are used or not: take them on purpose,
    and say so."""

    id = "W9910"
    shortdesc = "Nothing is there that costs far more than its alternative"
    source_url = "https://docs.aws.amazon.com/cost-management/latest/userguide/what-is-costmanagement.html"
    on = tuple(DEAR)

    def check(self, resource: Resource) -> Iterator[Fault]:
        yield [], f"{resource.name} is dear: {DEAR[resource.kind]}"


class NeedsAreMet(Rule):
    """A value needs another property beside it, or rules it out: without an AuthorizerId no
    CUSTOM, without a statusCode no MOCK, with an alias no values."""

    id = "E9510"
    shortdesc = "What a value needs is there, and what it rules out is not"
    source_url = f"{REFERENCE}AWS_ApiGateway.html"
    table = NEEDED
    on = tuple(NEEDED)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for name, pattern, other in self.table[resource.kind]:
            *way, last = name.split(".")
            for path, node in reached(resource.properties, way):
                value, beside = at(node, last), at(node, other.strip("-"))
                if value is None or is_expression(value):
                    continue
                if not re.fullmatch(pattern, str(value), re.DOTALL):
                    continue
                there = beside not in (None, NO_VALUE)
                if there and other.startswith("-"):
                    yield [*path, other[1:]], f"it does not go with {last}; remove one of them"
                elif not there and not other.startswith("-"):
                    yield path or [last], f"{last} {value} needs {other}; set it"


class NeedsAreMetByAdvice(NeedsAreMet):
    """A certificate by DNS waits for somebody to make its records unless it knows their zone;
    a setting for all methods should cap them."""

    id = "W9510"
    table, on = ADVISED, tuple(ADVISED)


class NothingIsThereTwice(Rule):
    """A path, a method, a mapping or a record exists once: the second one is refused."""

    id = "E9540"
    shortdesc = "No path, method, mapping or record is there twice"
    source_url = "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html"
    table = REFUSED_TWICE
    on = tuple(REFUSED_TWICE)

    def check(self, resource: Resource) -> Iterator[Fault]:
        keys = self.table[resource.kind]
        for other in resource.chain.of(resource.kind):
            if other is resource:
                return
            same = all(other.raw(key) == resource.raw(key) for key in keys)
            known = not keys or resource.raw(keys[-1]) is not None
            if same and known and "Condition" not in {*other.body, *resource.body}:
                yield [*keys[-1:]], f"{other.name} is the same; keep one of them"


class OneIsEnough(NothingIsThereTwice):
    """A second log role of the account overwrites the first, and the metrics of two APIs with
    one name mix."""

    id = "W9540"
    shortdesc = "There is one log role, and one API of a name"
    table, on = ONCE_IS_ENOUGH, tuple(ONCE_IS_ENOUGH)


class WhatIsThereIsUsed(Rule):
    """A key in no plan opens nothing, a domain without a mapping answers 403, and an encryption
    key is billed although nothing uses it."""

    id = "W9541"
    shortdesc = "Keys, plans and domains are used"
    source_url = f"{GUIDE}api-gateway-api-usage-plans.html"
    on = tuple(USED)

    def check(self, resource: Resource) -> Iterator[Fault]:
        users, wrong = USED[resource.kind]
        if resource.chain.linked and not resource.users(*users):
            yield [], f"{resource.name} {wrong}"


class WhatCannotComeBackStays(Rule):
    """A zone that the registrar knows and the account's log role must outlive a deleted stack:
    DeletionPolicy and UpdateReplacePolicy Retain."""

    id = "W9542"
    shortdesc = "Hosted zone and log role outlive their stack"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "aws-attribute-deletionpolicy.html"
    )
    on = tuple(KEPT)

    def check(self, resource: Resource) -> Iterator[Fault]:
        if resource.kind == ZONE and not resource.absent("VPCs"):
            return
        for kept in (resource, *resource.targets("CloudWatchRoleArn")):
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if kept.body.get(policy) in (None, "Delete"):
                    own = ["..", policy] if policy in kept.body else [".."]
                    where = own if kept is resource else ["CloudWatchRoleArn"]
                    yield where, f"{KEPT[resource.kind]}; set {policy} of {kept.name} to Retain"
