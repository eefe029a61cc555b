"""Web ACLs of AWS WAF: their scope, and what they protect."""

import re

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import attribute
from cfnlink.system.network import BALANCER
from cfnlink.system.resource import Resource

WAF_DOCS = "https://docs.aws.amazon.com/waf/latest/APIReference/"
WAF_LOGS = "https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html"
ASSOCIATION, ACL = "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::WebACL"
DISTRIBUTION = "AWS::CloudFront::Distribution"
LOGGING = "AWS::WAFv2::LoggingConfiguration"
LOG_PREFIX = "aws-waf-logs-"
# what WAF writes to, and the property that names it
DESTINATIONS = {
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
}
# where a type names its web ACL, and the Scope of that
PLACES = {ASSOCIATION: (["WebACLArn"], "REGIONAL"),
          DISTRIBUTION: (["DistributionConfig", "WebACLId"], "CLOUDFRONT")}  # fmt: skip
PART = r"(?:[^:/{}]|\$\{[^{}]*\})+"
STAGE = re.compile(rf"arn:{PART}:apigateway:{PART}::/restapis/{PART}/stages/{PART}")
REST = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}"
NO_REST = "WAF protects no HTTP or WebSocket API; put CloudFront before it"
# what a web ACL does not protect, or not by this reference, and what to do
FIXES = {
    "AWS::ApiGateway::RestApi": f"it is no ARN; write {REST}",
    "AWS::ApiGateway::Stage": f"it is no ARN; write {REST}",
    "AWS::ApiGatewayV2::Api": NO_REST,
    "AWS::ApiGatewayV2::Stage": NO_REST,
    DISTRIBUTION: "a distribution names its web ACL in WebACLId; set it there",
}


@rule("E9902", ASSOCIATION, f"{WAF_DOCS}API_AssociateWebACL.html")
def association_names_what_waf_protects(association: Resource) -> Faults:
    """An association of a web ACL names the ARN of a resource that WAF protects.
    WAF takes the ARN of an application load balancer, of the stage of a REST API, and of some
    other services. It rejects all else with WAFInvalidParameterException."""
    value, written = (
        association.expression("ResourceArn"),
        association.text("ResourceArn") or "",
    )
    target = association.system.target(value) if attribute(value) else None
    fix = FIXES.get(target.type, "") if target else ""
    if target and target.type == BALANCER and target.get("Type") in ("network", "gateway"):
        fix = "WAF protects application load balancers only; name one"
    if ":apigateway:" in written and "/apis/" in written:
        fix = NO_REST
    elif "/restapis/" in written and not STAGE.fullmatch(written):
        fix = f"it is not the ARN of a stage; write {REST}"
    if fix:
        yield ["ResourceArn"], f"{target.name if target else written}: {fix}"


@rule("E9903", tuple(PLACES), f"{WAF_DOCS}API_CreateWebACL.html")
def web_acl_has_the_scope_of_what_it_protects(resource: Resource) -> Faults:
    """A web ACL of a distribution has the Scope CLOUDFRONT, every other one REGIONAL.
    CloudFront takes the ARN of a web ACL with the Scope CLOUDFRONT. An association takes one
    with the Scope REGIONAL. WAF and CloudFront reject the others."""
    path, needed = PLACES[resource.type]
    acl = resource.target(*path)
    if acl is None or acl.type != ACL:
        return
    scope = acl.get("Scope")
    if scope is not None and scope != needed:
        yield path, f"{acl.name} has the Scope {scope}; take one with the Scope {needed}"
    elif attribute(resource.expression(*path)) in ("Ref", "Id"):
        yield path, f"it is no ARN of {acl.name}; take its attribute Arn"


@rule("E9966", LOGGING, WAF_LOGS)
def web_acl_logs_where_waf_writes(logging: Resource) -> Faults:
    """What a web ACL logs to has a name that begins with aws-waf-logs-.
    WAF rejects every other log group, bucket and delivery stream, and says only that the ARN is
    not valid. A name that CloudFormation makes up begins with the stack's name."""
    for index, value in enumerate(logging.listed("LogDestinationConfigs")):
        for target in logging.system.named(value):
            key = DESTINATIONS.get(target.type)
            if key is None or _begins_as_waf_asks(target, key):
                continue
            path, name = ["LogDestinationConfigs", index], target.shown(key)
            stated = f"{target.name} has the {key} {name}" if name else f"{key} is not stated"
            yield path, f"{stated}; give {target.name} a {key} that begins with {LOG_PREFIX}"


def _begins_as_waf_asks(target: Resource, key: str) -> bool:
    """Whether a name begins so, or its beginning is known only when deployed."""
    begins = target.text(key)
    if target.is_missing(key):
        begins = target.stack
    return begins is None or begins.startswith((LOG_PREFIX, "${"))
