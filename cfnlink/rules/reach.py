"""Ways from subnets to the internet and to AWS services: routes, gateways and VPC endpoints."""

from cfnlink.aws.catalogue import facts
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.capacity import FLEET, groups_of_hosts, joins_cluster
from cfnlink.system.compute import environment
from cfnlink.system.endpoints import (
    endpoint_service,
    endpoint_services,
    has_no_private_dns,
    is_listed,
    kind_of_endpoint,
    may_hold_layers,
    misspelt_endpoint,
    plain_service,
)
from cfnlink.system.identity import statements
from cfnlink.system.network import (
    BALANCER,
    EC2,
    ENDPOINT,
    LINK,
    SUBNET,
    SUBNET_GROUP,
    connectivity,
    egress_of,
    route_table_of,
    serves_only_internal,
    subnets_at,
    subnets_of,
)
from cfnlink.system.resource import Resource
from cfnlink.system.task_runs import (
    RUNNERS,
    missing_of_hosts,
    required_services,
    runs_of,
    task_runs,
)

ECR_DOCS = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html"
RDS_DOCS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.html"
ELB_DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/"
VPC_DOCS = "https://docs.aws.amazon.com/vpc/latest/userguide/"
ECS_DOCS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
OUT = {"nat", "other"}
OPEN = "add egress to port 443"
LINK_DOCS = "https://docs.aws.amazon.com/vpc/latest/privatelink/"


@rule("E9110", RUNNERS, ECR_DOCS)
def tasks_reach_required_services(resource: Resource) -> Faults:
    """Fargate tasks reach the services of AWS and the registry that they need to start.
    A Fargate task fetches its image, secrets, parameters and log stream through its own
    subnet: by a public address and an internet gateway, a NAT gateway, or VPC endpoints for
    ecr.api, ecr.dkr, S3 (gateway), logs, secretsmanager and ssm. An image of a public registry
    needs a way to the internet. The security group allows requests to port 443. Otherwise the
    task stops with ResourceInitializationError or CannotPullContainerError."""
    for run in runs_of(resource):
        for path, subnet, services, is_blocked in run.missing_ways():
            missing = ", ".join(services)
            if is_blocked:
                yield path, f"they let no request to {missing} out; {OPEN}"
            else:
                remedy = "a route to a gateway, a public address or VPC endpoints"
                if {*services} & {*facts("endpoints")["public_registries"]}:
                    remedy = "a NAT gateway, or copy the image to ECR"
                yield path, f"tasks in {subnet.name} cannot reach {missing}; add {remedy}"


@rule("E9992", FLEET, f"{ECS_DOCS}vpc-endpoints.html")
def instances_reach_their_cluster(fleet: Resource) -> Faults:
    """Instances of a cluster reach ECS and the registry.
    The agent of an instance calls ECS, and pulls images, on port 443. Without a route, or the
    endpoints ecs, ecs-agent, ecs-telemetry, ecr.api, ecr.dkr and s3, the instance never joins
    the cluster, and its tasks stay in PROVISIONING."""
    names = ", ".join(group.name for group in groups_of_hosts((fleet,)))
    missing = missing_of_hosts(fleet) if joins_cluster(fleet) else ()
    for path, subnet, services, is_blocked in missing:
        fix = f"{names}: {OPEN}" if is_blocked else "add a NAT gateway or endpoints"
        yield path, f"instances in {subnet.name} cannot reach {', '.join(services)}; {fix}"


@rule("W9174", RUNNERS, f"{LINK_DOCS}vpc-endpoints-s3.html", formerly="W9111")
def endpoint_of_s3_serves_the_tasks(resource: Resource) -> Faults:
    """The S3 gateway endpoint is attached to the route tables of the tasks.
    The gateway endpoint of S3 serves the subnets whose route tables it names. Image layers of
    the other subnets pass the NAT gateway, which bills them by the gigabyte."""
    found = [e for e in resource.system.of(ENDPOINT) if endpoint_service(e) == "s3"]
    gateways = [e for e in found if e.get("VpcEndpointType") in (None, "Gateway")]
    for run in runs_of(resource) if gateways else ():
        for path, subnet in run.subnets:
            if egress_of(subnet) is not None and "s3" not in endpoint_services(subnet):
                yield path, f"{gateways[0].name} does not serve {subnet.name}; add its table"


@rule("W9175", RUNNERS, f"{LINK_DOCS}vpc-endpoints-s3.html", formerly="W9111")
def image_layers_skip_the_nat(resource: Resource) -> Faults:
    """A network with a NAT gateway has a gateway endpoint for S3.
    Image layers come from S3, and a NAT gateway bills them by the gigabyte. The gateway
    endpoint of S3 is free."""
    if any(endpoint_service(endpoint) == "s3" for endpoint in resource.system.of(ENDPOINT)):
        return
    for run in runs_of(resource):
        for path, subnet in run.subnets if "s3" in required_services(run) else ():
            vpc = subnet.target("VpcId")
            if "nat" in (egress_of(subnet) or ()) and vpc and not vpc.is_exported:
                yield path, "image layers pass the NAT gateway; add a gateway endpoint for S3"


@rule(
    "W9905",
    "AWS::Lambda::Function",
    "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
)
def function_reaches_what_it_is_told(function: Resource) -> Faults:
    """A function in a VPC reaches the services of what its environment names.
    Its network interfaces have no public address, so that an internet gateway alone is no way
    out: it needs a NAT gateway, or an endpoint of the service of the secret, the queue or the
    table. Otherwise each call waits until the function's timeout."""
    told = [function.system.target(variable.value) for variable in environment(function)]
    known = facts("endpoints")["told"]
    services = {known[thing.type] for thing in told if thing and thing.type in known}
    for subnet in function.targets("VpcConfig", "SubnetIds") if services else ():
        ways, vpc = egress_of(subnet), subnet.target("VpcId")
        missing = ", ".join(sorted(services - endpoint_services(subnet)))
        if missing and vpc and not vpc.is_exported and ways is not None and not ways & OUT:
            fix = "add a NAT gateway or the endpoints"
            yield ["VpcConfig", "SubnetIds"], f"{subnet.name} has no way to {missing}; {fix}"
            return


@rule("W9904", ENDPOINT, ECR_DOCS)
def endpoints_for_tasks_are_complete(endpoint: Resource) -> Faults:
    """Private subnets with an endpoint of ECR have all that tasks need to start.
    Tasks in subnets without a way out pull their image by ecr.api, ecr.dkr and S3, and write
    their log by logs. If one is missing, each task stops before it starts: add the endpoint."""
    needed = facts("endpoints")["needed"]
    whole = {*needed["pull_image"], *needed["awslogs"]}
    busy = {subnet for run in task_runs(endpoint.system) for _, subnet in run.subnets}
    for subnet in subnets_of(endpoint) if endpoint_service(endpoint)[:4] == "ecr." else ():
        vpc, found = subnet.target("VpcId"), endpoint_services(subnet)
        known = vpc and not vpc.is_exported and egress_of(subnet) == set()
        first = endpoint_service(endpoint) == min({*found} & whole, default="")
        if known and first and whole - found and subnet not in busy:
            missing = ", ".join(sorted(whole - found))
            yield ["ServiceName"], f"{subnet.name} has no way to {missing}; add the endpoints"
            return


NAT, NAT_DOCS = f"{EC2}NatGateway", f"{VPC_DOCS}vpc-nat-gateway.html"


@rule("E9174", NAT, NAT_DOCS, formerly="E9108")
def private_nat_gateway_has_no_address(gateway: Resource) -> Faults:
    """A private NAT gateway has no Elastic IP.
    EC2 rejects one with an address."""
    if connectivity(gateway) == "private" and not gateway.is_missing("AllocationId"):
        yield ["AllocationId"], "a private NAT gateway has no address; leave it out"


@rule("E9175", NAT, NAT_DOCS, formerly="E9108")
def public_nat_gateway_has_an_address(gateway: Resource) -> Faults:
    """A public NAT gateway has an Elastic IP.
    EC2 rejects one without an address."""
    if connectivity(gateway) == "public" and gateway.is_missing("AllocationId"):
        yield ["SubnetId"], f"{gateway.name} has no address; set its AllocationId"


@rule("E9176", NAT, NAT_DOCS, formerly="E9108")
def public_nat_gateway_is_in_a_public_subnet(gateway: Resource) -> Faults:
    """A public NAT gateway lies in a subnet with a route to the internet gateway.
    In another subnet it reaches nothing."""
    subnet = gateway.target("SubnetId")
    judged = connectivity(gateway) == "public" and not gateway.is_missing("AllocationId")
    if judged and subnet and egress_of(subnet) in (set(), {"nat"}):
        yield ["SubnetId"], f"{subnet.name} has no internet route; take a public subnet"


@rule("W9127", (SUBNET_GROUP, BALANCER, LINK), RDS_DOCS)
def private_subnets_have_no_internet_route(resource: Resource) -> Faults:
    """Subnets of databases, internal balancers and links have no internet route.
    The subnets of a database, of an internal load balancer and of a VPC link need no route
    to the internet gateway. Without such a route no mistake in a security group can expose
    them."""
    database = resource.type not in (BALANCER, LINK)
    key = "Subnets" if resource.type == BALANCER else "SubnetIds"
    for path, subnet in subnets_at(resource, key):
        if "internet" in (egress_of(subnet) or ()) and (
            database or serves_only_internal(subnet)
        ):
            yield path, f"{subnet.name} is public; take a private subnet, or end its route"


@rule("W9980", BALANCER, f"{ELB_DOCS}application/application-load-balancers.html")
def public_balancer_has_an_internet_route(balancer: Resource) -> Faults:
    """The subnets of an internet-facing load balancer have a route to the internet gateway.
    Without the route no client reaches the load balancer: each connection times out."""
    internal = balancer.expression("Scheme") not in (None, "internet-facing")
    paths = () if internal else ("Subnets.*", "SubnetMappings.*.SubnetId")
    for path, subnet in balancer.references_from(*paths):
        if subnet.type == SUBNET and egress_of(subnet) in (set(), {"nat"}):
            yield path, f"{subnet.name} has no internet route; take a public subnet"


SUPPORT_DOCS = f"{LINK_DOCS}aws-services-privatelink-support.html"


@rule("E9170", ENDPOINT, SUPPORT_DOCS, formerly="E9112")
def endpoint_service_exists(endpoint: Resource) -> Faults:
    """AWS offers the service that a VPC endpoint names.
    A ServiceName is com.amazonaws.<region>.<service>."""
    if meant := misspelt_endpoint(endpoint):
        name = endpoint_service(endpoint)
        yield ["ServiceName"], f"there is no endpoint {name}; take {meant}"


@rule("E9171", ENDPOINT, SUPPORT_DOCS, formerly="E9112")
def gateway_endpoint_is_for_s3_or_dynamodb(endpoint: Resource) -> Faults:
    """A gateway endpoint is for S3 or DynamoDB.
    AWS offers interface endpoints for all other services."""
    names, name = facts("endpoints"), endpoint_service(endpoint)
    without_gateway = name in set(names["interface"]) - set(names["gateway"])
    judged = kind_of_endpoint(endpoint) == "Gateway" and not misspelt_endpoint(endpoint)
    if judged and without_gateway:
        yield ["ServiceName"], f"{name} has no gateway; set VpcEndpointType: Interface"


@rule("E9172", ENDPOINT, SUPPORT_DOCS, formerly="E9112")
def endpoint_has_the_properties_of_its_type(endpoint: Resource) -> Faults:
    """A gateway endpoint has route tables, an interface endpoint subnets and groups.
    EC2 rejects the properties of the other type."""
    kind = kind_of_endpoint(endpoint)
    foreign = {"Gateway": "SubnetIds SecurityGroupIds", "Interface": "RouteTableIds"}
    for key in foreign.get(kind, "").split():
        if endpoint.expression(key) not in (None, []):
            yield [key], f"an endpoint of type {kind} takes no {key}; leave it out"


@rule("E9173", ENDPOINT, SUPPORT_DOCS, formerly="E9112")
def private_dns_has_a_vpc_with_dns(endpoint: Resource) -> Faults:
    """Private DNS of an endpoint is in a VPC with DNS.
    Private DNS needs a VPC with EnableDnsSupport and EnableDnsHostnames."""
    vpc = endpoint.target("VpcId")
    private = vpc and vpc.type == f"{EC2}VPC" and endpoint.flag("PrivateDnsEnabled")
    for key, usual in ("EnableDnsHostnames", False), ("EnableDnsSupport", True):
        if private and vpc and (usual if vpc.is_missing(key) else vpc.flag(key)) is False:
            yield ["PrivateDnsEnabled"], f"private DNS needs {key}: true in {vpc.name}"


def default_is_used(resource: Resource) -> bool:
    """Whether the template uses the VPC's default group."""
    return "DefaultSecurityGroup" in str(resource.system.template)


@rule("W9170", ENDPOINT, SUPPORT_DOCS, formerly="W9115")
def endpoint_service_is_listed(endpoint: Resource) -> Faults:
    """AWS's list has the service of a VPC endpoint.
    A name that is not in AWS's list, as of the date in our facts, may be misspelt."""
    name = plain_service(endpoint)
    if not is_listed(name):
        yield ["ServiceName"], f"AWS's list has no endpoint {name}; check its spelling"


@rule("W9171", ENDPOINT, SUPPORT_DOCS, formerly="W9115")
def interface_endpoint_has_private_dns(endpoint: Resource) -> Faults:
    """An interface endpoint has private DNS.
    Clients do not use an interface endpoint without private DNS."""
    name, kind = plain_service(endpoint), endpoint.get("VpcEndpointType")
    judged = kind == "Interface" and name and is_listed(name)
    gateways = facts("endpoints")["gateway"]
    if judged and name not in gateways and has_no_private_dns(endpoint):
        yield ["ServiceName"], f"clients do not find {endpoint.name}; set PrivateDnsEnabled"


@rule("W9172", ENDPOINT, SUPPORT_DOCS, formerly="W9115")
def endpoint_is_used_by_fargate(endpoint: Resource) -> Faults:
    """Tasks on Fargate use an endpoint.
    Fargate does not use the endpoints of ECS, which are billed by the hour."""
    name, tasks = plain_service(endpoint), endpoint.system.of("AWS::ECS::TaskDefinition")
    fargate = all("FARGATE" in str(t.expression("RequiresCompatibilities")) for t in tasks)
    if name in facts("endpoints")["needed"]["instances"] and tasks and fargate:
        yield ["ServiceName"], f"Fargate does not use {name}; leave the endpoint out"


# https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
@rule("W9173", ENDPOINT, SUPPORT_DOCS, formerly="W9115")
def endpoint_serves_clients(endpoint: Resource) -> Faults:
    """An interface endpoint has subnets and groups, a gateway endpoint route tables.
    An interface endpoint without a subnet cannot be reached. One without security groups gets
    the VPC's default group, which admits only its own members. A gateway endpoint without a
    route table has no effect."""
    needed = {"Interface": "SubnetIds SecurityGroupIds", "Gateway": "RouteTableIds"}
    for key in needed.get(str(endpoint.get("VpcEndpointType")), "").split():
        nothing = endpoint.is_missing(key) or endpoint.expression(key) == []
        if nothing and not (key == "SecurityGroupIds" and default_is_used(endpoint)):
            yield ["ServiceName"], f"{endpoint.name} serves no client; set its {key}"


@rule("W9144", ENDPOINT, ECR_DOCS)
def s3_endpoint_allows_image_layers(endpoint: Resource) -> Faults:
    """The policy of the S3 endpoint allows ECR's bucket of layers.
    ECR keeps image layers in AWS's bucket prod-<region>-starport-layer-bucket: if the policy
    of the S3 endpoint allows only other buckets, tasks cannot pull their image."""
    given, served = list(statements(endpoint)), endpoint.targets("RouteTableIds")
    known = all({"Effect", "Resource"} <= {*statement.body} for statement in given)
    listed = [entry for s in given if s.allows for _, entry in s.values_at("Resource")]
    if endpoint_service(endpoint) != "s3" or not known or not listed:
        return
    if any(map(may_hold_layers, listed)) or endpoint.undecided("PolicyDocument"):
        return
    for run in task_runs(endpoint.system):
        tables = [route_table_of(subnet) for _, subnet in run.subnets]
        served_table = any(table in served for table in tables if table)
        if served_table and "s3" in required_services(run):
            what = "arn:aws:s3:::prod-<region>-starport-layer-bucket/*"
            yield ["PolicyDocument"], f"{run.resource.name} cannot pull images; allow {what}"
            return


@rule("W9146", RUNNERS, f"{VPC_DOCS}vpc-nat-gateway.html")
def task_behind_nat_has_no_public_address(resource: Resource) -> Faults:
    """Tasks behind a NAT gateway have no public address.
    Behind a NAT gateway a public address of a task is billed and unused: assign none there,
    or take subnets with a route to the internet gateway."""
    for run in runs_of(resource):
        found = [egress_of(subnet) or set() for _, subnet in run.subnets]
        behind = any("nat" in ways and "internet" not in ways for ways in found)
        if behind and run.has_public_ip:
            yield (
                [*run.public_ip_path],
                "the subnet leads to a NAT gateway; set AssignPublicIp to DISABLED",
            )
