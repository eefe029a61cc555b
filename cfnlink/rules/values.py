"""API and domain: a resource that may exist once, that must be used, that must be retained."""

from cfnlink.aws.catalogue import types, types_with
from cfnlink.lint.conditions import needed_by
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.rules._api import (
    ACCOUNT,
    API,
    DOMAIN,
    GUIDE,
    KEY,
    MAPPING,
    METHOD,
    PLAN,
    PLAN_KEY,
    REFERENCE,
    RESOURCE,
)
from cfnlink.system.resource import Resource

CALLS = "https://docs.aws.amazon.com/apigateway/latest/api/"
ROUTES = "https://docs.aws.amazon.com/Route53/latest/APIReference/"
PRICES = "https://docs.aws.amazon.com/pricing-calculator/latest/userguide/"
KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"
ZONE, RECORD = "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"


@rule("E9589", RECORD, f"{ROUTES}API_ResourceRecordSet.html", formerly="E9510")
def routed_record_has_an_identifier(_: Resource) -> Faults:
    """A record with a routing policy has a SetIdentifier.
    Route 53 distinguishes records of one name by it."""
    for way in ("Weight", "Region", "GeoLocation", "Failover"):
        yield Row("SetIdentifier", needed_by(way), f"{way} needs it; set it")


# type -> properties whose values make two resources equal; the last one is reported
UNIQUE_KEYS = {
    RESOURCE: ("ParentId", "PathPart"),
    METHOD: ("RestApiId", "ResourceId", "HttpMethod"),
    MAPPING: ("BasePath", "DomainName"),
    KEY: ("Value",),
    RECORD: ("HostedZoneId", "HostedZoneName", "SetIdentifier", "Type", "Name"),
}


# not verified: AWS's documentation has no page of prices; the calculator compares them
@rule("W9910", types_with("expensive"), f"{PRICES}what-is-pricing-calculator.html")
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


@rule("W9591", "AWS::KMS::Key", f"{KMS}concepts.html", formerly="W9541")
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
