"""What AWS offers here and now: zones, and versions of the database's engine."""

from collections.abc import Iterator

from cfnlink.aws.limits import zones
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, WARNING, Found
from cfnlink.operations.environment import Environment
from cfnlink.operations.instances import INSTANCE
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.system.expressions import references
from cfnlink.system.resource import Body, Resource

OFFERED = "DBInstanceClass,StorageType,MultiAZCapable"


def availability_zones(context: PreflightContext) -> Iterator[Found]:
    """Whether the account sees the zones of the subnets, and VPC links reach theirs.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html
    """
    subnets = {each.name: each for each in context.system.of("AWS::EC2::Subnet")}
    wanted = {zone for each in subnets.values() if (zone := _zone(each))}
    if not wanted:
        return
    answer = context.environment.clients.ec2.describe_availability_zones()
    seen = [
        zone["ZoneId"] for zone in answer["AvailabilityZones"] if zone["State"] == "available"
    ]
    known = zones(context.environment.region)
    linkable = known.vpc_link if known.is_verified else []
    linked = {
        zone
        for link in context.system.of("AWS::ApiGatewayV2::VpcLink")
        for name, _ in references(link.properties.get("SubnetIds"))
        if name in subnets and (zone := _zone(subnets[name]))
    }
    good = ", ".join(zone for zone in seen if not linkable or zone in linkable)
    fix = context.environment.change_setting(
        "project.toml", f"set [network] zones to two of {good}"
    )
    for zone in sorted(wanted - {*seen}):
        yield FAILED, f"{zone} is no zone that this account can use", fix
    for zone in sorted(linked - {*linkable} if linkable else []):
        yield FAILED, f"{zone} takes no VPC link", fix
    if linked and not linkable:
        yield (
            WARNING,
            f"not known which zones of {context.environment.region} take VPC links",
        )
    elif wanted <= {*seen} and linked <= {*linkable}:
        yield OK, f"{', '.join(sorted(wanted))} can be used"


def engine_versions(context: PreflightContext) -> Iterator[Found]:
    """Whether each database that is still to come can be had in its version and class.

    Without IncludeAll only versions are listed that can be created:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html
    """
    for instance in context.not_yet_deployed(INSTANCE):
        wanted = instance.properties
        engine, version = wanted.get("Engine"), wanted.get("EngineVersion")
        if not isinstance(engine, str) or not isinstance(version, str):
            continue
        creatable = _creatable(context.environment, engine)
        near = [each for each in creatable if each.split(".")[0] == version.split(".")[0]]
        if version not in creatable and version not in {each.split(".")[0] for each in near}:
            says = f"{engine} {version} cannot be created any more"
            newest = near[-1] if near else "the newest that AWS lists"
            words = f'set [database] engine_version = "{newest}"'
            environment = context.environment
            yield FAILED, says, environment.change_setting(environment.environment_file, words)
        else:
            yield _orderable(context.environment, engine, version, wanted)


def _orderable(environment: Environment, engine: str, version: str, wanted: Body) -> Found:
    """Whether the class is offered for that version, in several zones where it must be."""
    rds = environment.clients.rds
    paginator = rds.get_paginator("describe_orderable_db_instance_options")
    name = wanted.get("DBInstanceClass")
    asked: Body = {
        "Engine": engine,
        "EngineVersion": version,
        "DBInstanceClass": name,
    }
    options = [
        option
        for page in paginator.paginate(**asked)
        for option in page["OrderableDBInstanceOptions"]
        if option.get("StorageType") == wanted.get("StorageType", option.get("StorageType"))
        and (option.get("MultiAZCapable") or wanted.get("MultiAZ") not in (True, "true"))
    ]
    kind = f"{engine} {version} on {name}"
    if options:
        return OK, f"{kind} can be created"
    command = aws(
        environment,
        *("rds", "describe-orderable-db-instance-options"),
        *("--engine", engine, "--engine-version", version),
        *("--query", f"OrderableDBInstanceOptions[].[{OFFERED}]", "--output", "text"),
    )
    return FAILED, f"{kind} is not offered here as the template wants it", command


def _creatable(environment: Environment, engine: str) -> list[str]:
    paginator = environment.clients.rds.get_paginator("describe_db_engine_versions")
    pages = paginator.paginate(Engine=engine)
    found = [each["EngineVersion"] for page in pages for each in page["DBEngineVersions"]]
    return sorted(
        found, key=lambda text: [int(part) for part in text.split(".") if part.isdigit()]
    )


def _zone(subnet: Resource) -> str | None:
    found = subnet.properties.get("AvailabilityZoneId")
    return found if isinstance(found, str) else None
