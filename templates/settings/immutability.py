"""Settings that cannot change during an environment's life, compared with the earlier build.

AWS rejects these changes, or replaces what holds data. The committed output says what is
deployed.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cfnlink.aws.limits import version_number
from templates.settings.files import Fault, environment_path

Templates = dict[str, dict[str, Any]]
Properties = dict[str, Any]
# The setting, what is wrong with its change, what is expected, and steps that lead there.
Change = tuple[str, str, str] | tuple[str, str, str, str]

# Names that AWS accepts only at creation, and on which clients and data depend.
NAMES = {
    "database.master_username": ("database", "MasterSecret"),
    "api.stage": ("api", "Stage"),
}
# What an instance is made from, by setting; the properties that say it.
ORIGIN_SETTINGS = {
    "database.snapshot": ("DBSnapshotIdentifier",),
    "database.restore_source": ("SourceDbiResourceId",),
    "database.restore_time": ("RestoreTime", "UseLatestRestorableTime"),
}
ORIGINS = ("DBSnapshotIdentifier", "SourceDbiResourceId")
VPC = "AWS::EC2::VPC"
CIDR, ZONES = "network.cidr", "network.zones"


def is_same_system(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two manifests are of one system: one project and environment in one region.

    For AWS, every other system is new, and no change of it is a fault.
    """
    return all(before.get(k) == after.get(k) for k in ("project", "environment", "region"))


def immutable_changes(
    environment: str, before: Templates, after: Templates, way_out: str
) -> list[Fault]:
    """Return the changes between two builds of one system that must not be deployed.

    before, after: the templates of some tiers, by tier; a missing template is not compared.
    way_out: the command that builds an environment that was never deployed.
    """
    file = environment_path(environment)
    never = f"if {environment} was never deployed: {way_out}"
    old, new = _instance(before), _instance(after)
    found = [*_subnets(before, after), *_names(before, after)]
    found += [*_variables(before, after), *_open_paths(before, after, environment)]
    found += _addresses(before, after)
    if old and new and _identifier(old) == _identifier(new):
        found += [*_origin(old, new), *_lowered(old, new), *_major(old, new)]
    return [
        Fault(file, key, wrong, expected, "; or, ".join([*steps, never]))
        for key, wrong, expected, *steps in found
    ]


def replaces_database_with_empty(before: Templates, after: Templates) -> bool:
    """Whether an empty database would replace the one that was built."""
    old, new = _instance(before), _instance(after)
    is_other = _identifier(old) != _identifier(new)
    return bool(old and is_other and not any(new.get(each) for each in ORIGINS))


def _resources(templates: Templates, tier: str) -> dict[str, Any]:
    return dict(templates.get(tier, {}).get("Resources", {}))


def _properties(templates: Templates, tier: str, logical_id: str) -> Properties:
    return dict(_resources(templates, tier).get(logical_id, {}).get("Properties", {}))


def _instance(templates: Templates) -> Properties:
    return _properties(templates, "database", "Instance")


def _identifier(instance: Properties) -> str:
    return str(instance.get("DBInstanceIdentifier", ""))


def _origin(old: Properties, new: Properties) -> Iterator[Change]:
    """For another snapshot, source or time, AWS would replace the instance, whose name would
    still be taken."""
    generation = int(_identifier(new).rpartition("-")[2])
    for key, names in ORIGIN_SETTINGS.items():
        was, is_ = (_first(each, names) for each in (old, new))
        if was != is_:
            yield (
                key,
                f"changed from {was} to {is_} in generation {generation}",
                was,
                f"database.generation = {generation + 1} beside the new one",
            )


def _first(instance: Properties, names: tuple[str, ...]) -> str:
    """The first of some properties as the settings say it, or none."""
    found = next((instance[name] for name in names if instance.get(name)), "none")
    return "latest" if found is True else str(found)


def _lowered(old: Properties, new: Properties) -> Iterator[Change]:
    """RDS accepts neither an older version nor less storage."""
    for key, name, size in (
        ("database.engine_version", "EngineVersion", version_number),
        ("database.storage_gib", "AllocatedStorage", lambda text: (int(text),)),
    ):
        was, is_ = str(old.get(name, new[name])), str(new[name])
        if size(is_) < size(was):
            yield key, f"lowered from {was} to {is_}, which RDS refuses", f"{was} or higher"


def _major(old: Properties, new: Properties) -> Iterator[Change]:
    """RDS accepts another major version only if it is allowed.

    The parameter group of its family must come at once: in the maintenance window the group
    would come too early.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process.html
    """
    was, is_ = (str(each.get("EngineVersion", "")).partition(".")[0] for each in (old, new))
    is_allowed = new.get("AllowMajorVersionUpgrade") and new.get("ApplyImmediately")
    if was and int(is_) > int(was) and not is_allowed:
        yield (
            "database.engine_version",
            f"from PostgreSQL {was} to {is_} the database does not answer for minutes",
            f"PostgreSQL {was}",
            "allow_major_upgrade and apply_immediately beside it, as docs/operations.md says",
        )


def _names(before: Templates, after: Templates) -> Iterator[Change]:
    """Another stage has another address, and another owner is another database."""
    for key, (tier, logical_id) in NAMES.items():
        was, is_ = (_name(_properties(each, tier, logical_id)) for each in (before, after))
        if was and is_ and was != is_:
            wrong = f"changed from {was} to {is_}, which AWS cannot do"
            yield key, wrong, f'"{was}", which stays for its life'


def _name(properties: Properties) -> str | None:
    """Return the name in a stage, or in the secret that the instance is created with."""
    generated = properties.get("GenerateSecretString", {}).get("SecretStringTemplate")
    if generated:
        return str(json.loads(generated).get("username"))
    stage = properties.get("StageName")
    return stage if isinstance(stage, str) else None


def _subnets(before: Templates, after: Templates) -> Iterator[Change]:
    """Address blocks and zones are create-only, and other stacks import the subnets."""
    old, new = _resources(before, "network"), _resources(after, "network")
    moved: dict[str, Change] = {}
    for name, body in old.items():
        for property_ in ("AvailabilityZoneId", "CidrBlock"):
            was = body.get("Properties", {}).get(property_)
            is_ = new.get(name, {}).get("Properties", {}).get(property_)
            if was and is_ and was != is_:
                key = _network_key(name, body.get("Type"), property_)
                wrong = f"{name} would move from {was} to {is_}, which AWS cannot do"
                expected = f"{was}, since another network is another environment"
                moved.setdefault(key, (key, wrong, expected))
    for key, change in moved.items():
        if CIDR not in moved or key in (CIDR, ZONES):  # the subnets follow from the VPC's range
            yield change


def _network_key(name: str, resource_type: str, property_: str) -> str:
    """Return the setting behind a property: PrivateSubnetA, CidrBlock ->
    network.private_cidrs."""
    if property_ == "AvailabilityZoneId":
        return ZONES
    kind = name.partition("Subnet")[0].lower()
    return CIDR if resource_type == VPC else f"network.{kind}_cidrs"


def _variables(before: Templates, after: Templates) -> Iterator[Change]:
    """CloudFormation creates a resource before it deletes another one, and API Gateway takes
    one variable at a level."""
    old, new = (_variable_parts(_resources(each, "api")) for each in (before, after))
    for parent in sorted(old.keys() & new.keys()):
        was, is_ = old[parent], new[parent]
        if was != is_:
            level = "API Gateway takes one variable at a level"
            wrong = f"{is_} takes the place of the deployed {was}, and {level}"
            expected = "two deployments"
            step = "deploy without the paths of this level, then with the new ones"
            yield "api.paths", wrong, expected, step


def _variable_parts(resources: dict[str, Any]) -> dict[str, str]:
    """Return the variable below each resource of the API that has one, by the reference."""
    parts = (body.get("Properties", {}) for body in resources.values())
    return {
        json.dumps(part.get("ParentId"), sort_keys=True): str(part["PathPart"])
        for part in parts
        if str(part.get("PathPart", "")).startswith("{")
    }


def _open_paths(before: Templates, after: Templates, environment: str) -> Iterator[Change]:
    """CloudFormation deletes a method after it has made the new deployment of the API, so the
    deployment still has it: a path that was open would stay open, without the key or the token
    that the catch-all asks for.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html
    """
    old, new = _resources(before, "api"), _resources(after, "api")
    catch_all = _asked(new.get("ProxyMethod", {}))
    for name, body in old.items():
        method = body.get("Properties", {})
        missing = catch_all - _asked(body) if method.get("HttpMethod") == "ANY" else set()
        if name not in new and missing:
            path, asked = _service_path(method), " and no ".join(sorted(missing))
            wrong = f"{path} asks for no {asked}, and its removal leaves it so"
            expected = (
                "a deployment in which it asks for what /{proxy+} does, before the removal"
            )
            asks = {"key": "key = true", "token": f'"{path}" in api.jwt.paths'}
            asking = " and ".join(asks[each] for each in sorted(missing))
            step = f'keep [api.paths."{path}"] with {asking}, build and deploy, then remove it'
            undo = f"if only the last build has it: git checkout -- output/{environment}"
            yield "api.paths", wrong, expected, f"{step}; or, {undo}"
            return  # others are often above or below this one


def _asked(method: Mapping[str, Any]) -> set[str]:
    """Return what a method asks of a client."""
    own = method.get("Properties", {})
    has_token = own.get("AuthorizationType", "NONE") != "NONE"
    asks = {"key": own.get("ApiKeyRequired"), "token": has_token}
    return {name for name, is_asked in asks.items() if is_asked}


def _addresses(before: Templates, after: Templates) -> Iterator[Change]:
    """CloudFormation leaves the policy of an API as it is when the property Policy goes.

    https://github.com/aws/aws-cdk/issues/21840
    https://github.com/serverless/serverless/pull/7138
    """
    was, is_ = (_properties(each, "api", "RestApi") for each in (before, after))
    statements = was.get("Policy", {}).get("Statement", [])
    if is_ and "Policy" not in is_ and any(each["Effect"] == "Deny" for each in statements):
        yield (
            "api.firewall.allow",
            "the removal of the list leaves its policy in AWS, which denies other addresses",
            "a deployment that admits every address, before the removal",
            'allow = ["0.0.0.0/0"], build and deploy, then remove it',
        )


def _service_path(method: Properties) -> str:
    """Return the path to which a method passes its requests, as the settings write it."""
    uri = str(method.get("Integration", {}).get("Uri", ""))
    path = "/" + uri.partition("://")[2].partition("/")[2]
    return path.replace("{proxy}", "{proxy+}")
