"""Resources that outlive their stack, and names that allow a replacement."""

from cfnlink.aws.catalogue import resource_type, types, types_with
from cfnlink.lint.conditions import matches, must_not_be_literal
from cfnlink.lint.rule import WHOLE, Faults, Row, rule
from cfnlink.rules.database import is_single
from cfnlink.rules.secret import is_masters
from cfnlink.system.expressions import attribute, references
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
EXPORTS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html"
DATABASE, SECRET = "AWS::RDS::DBInstance", "AWS::SecretsManager::Secret"
KEY, LOGS = "AWS::KMS::Key", "AWS::Logs::LogGroup"
KEPT = tuple(name for name in types_with("deletion_policy") if not types()[name].kept_because)
CURE = "it blocks a replacement; end it with a generation, or leave it out"
NAMES = {
    name: Row(
        resource_type(name).named_by,
        matches(r".*\d") if name == DATABASE else must_not_be_literal,
        CURE,
    )
    for name in (
        DATABASE,
        "AWS::RDS::DBParameterGroup",
        "AWS::RDS::DBSubnetGroup",
        SECRET,
        "AWS::IAM::Role",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        LOGS,
        "AWS::ECS::Cluster",
    )
}


def holds_data(resource: Resource) -> bool:
    """Whether the resource holds data, or is the master's secret or key of a database."""
    if resource.type == SECRET:
        return is_masters(resource)
    if resource.type == KEY:
        return any(path == ["KmsKeyId"] for _, path in resource.users(DATABASE))
    return is_single(resource)


@rule("W9216", KEPT, f"{DOCS}aws-attribute-deletionpolicy.html")
def resource_with_data_outlives_its_stack(resource: Resource) -> Faults:
    """Databases, their secrets, keys and images outlive their stack.
    Without DeletionPolicy and UpdateReplacePolicy Snapshot or Retain, CloudFormation deletes
    the data, the master's password or key, or the images that run, with the resource."""
    right = types()[resource.type].deletion_policy
    for policy, path in resource.missing_retention(right) if holds_data(resource) else ():
        default = resource.type == DATABASE and policy == "DeletionPolicy" and path == [".."]
        if not default:  # RDS snapshots what is only deleted
            yield path, f"{resource.name} would go with all it holds; set {policy} to {right}"


@rule("W9229", types_with("replaced_by"), EXPORTS)
def export_rests_on_nothing_that_is_replaced(resource: Resource) -> Faults:
    """An export is not a value of what normal life replaces.
    CloudFormation does not change an export that a stack imports, so the export blocks the
    replacement: the update ends with "cannot be updated as it is in use by". Pass the value
    through a resource that stays, such as a secret or a parameter."""
    because = types()[resource.type].replaced_by
    for output, body in resource.system.outputs():
        value = body.get("Value")
        stays = (attribute(value) or "").endswith("Port")  # the copy listens there too
        exported = resource.name in {name for name, _ in references(value)}
        if exported and body.get("Export") and not stays:
            wrong = f"it exports a value of {resource.name}, and {because}"
            yield [*WHOLE, "Outputs", output, "Value"], f"{wrong}; pass it through a secret"


@rule("W9224", tuple(NAMES), f"{DOCS}aws-properties-name.html")
def physical_name_allows_a_replacement(resource: Resource) -> Faults:
    """Physical names do not block a replacement.
    A fixed physical name collides in a second stack and blocks a replacement; that of a
    retained log group blocks it without end. End an instance's name with a generation (-1),
    and leave the other names out."""
    if str(resource.get("RoleName")).startswith("dms-"):  # DMS looks for roles of these names
        return
    if resource.type != LOGS or str(resource.body.get("DeletionPolicy")).startswith("Retain"):
        yield NAMES[resource.type]
