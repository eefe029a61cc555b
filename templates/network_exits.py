"""Ways out of the private subnets: NAT gateways or endpoints.

docs/decisions/0006-way-out.md has the reasons.
"""

from troposphere import Sub, ec2

from templates.parts import EVERYWHERE, HTTPS, NO_EGRESS
from templates.settings import NetworkSettings, Settings
from templates.stack import Stack


def s3_endpoint(vpc: ec2.VPC, tables: list[ec2.RouteTable]) -> ec2.VPCEndpoint:
    """Free; image layers come from S3 and then do not pass the NAT gateway."""
    return ec2.VPCEndpoint(
        "S3Endpoint",
        VpcId=vpc.ref(),
        VpcEndpointType="Gateway",
        ServiceName=Sub("com.amazonaws.${AWS::Region}.s3"),
        RouteTableIds=[table.ref() for table in tables],
    )


def add_nat(
    stack: Stack,
    network: NetworkSettings,
    internet: ec2.Route,
    public: list[ec2.Subnet],
    private: list[ec2.RouteTable],
) -> None:
    """One gateway serves both zones, so both zones depend on the first."""
    address = stack.add(_address("NatAddressA", internet))
    gateway = stack.add(_nat_gateway("NatGatewayA", public[0], address))
    stack.add(_nat_route("PrivateDefaultRouteA", private[0], gateway))
    if network.nat_gateways > 1:
        address = stack.add(_address("NatAddressB", internet))
        gateway = stack.add(_nat_gateway("NatGatewayB", public[1], address))
    stack.add(_nat_route("PrivateDefaultRouteB", private[1], gateway))


def _address(logical_id: str, internet: ec2.Route) -> ec2.EIP:
    """A public address, and so its gateway, waits for the attachment of the internet
    gateway."""
    return ec2.EIP(logical_id, DependsOn=[internet.title], Domain="vpc")


def _nat_gateway(logical_id: str, subnet: ec2.Subnet, address: ec2.EIP) -> ec2.NatGateway:
    return ec2.NatGateway(
        logical_id,
        SubnetId=subnet.ref(),
        AllocationId=address.get_att("AllocationId"),
    )


def _nat_route(logical_id: str, table: ec2.RouteTable, gateway: ec2.NatGateway) -> ec2.Route:
    return ec2.Route(
        logical_id,
        RouteTableId=table.ref(),
        DestinationCidrBlock=EVERYWHERE,
        NatGatewayId=gateway.ref(),
    )


def add_endpoints(
    stack: Stack, settings: Settings, vpc: ec2.VPC, subnets: list[ec2.Subnet]
) -> None:
    """The endpoints that a task needs without a route out: images, logs, secrets, queues.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    group = stack.add(_endpoint_group(settings.network, vpc))
    stack.add(_endpoint("EcrApiEndpoint", "ecr.api", group, subnets))
    stack.add(_endpoint("EcrDkrEndpoint", "ecr.dkr", group, subnets))
    stack.add(_endpoint("LogsEndpoint", "logs", group, subnets))
    stack.add(_endpoint("SecretsManagerEndpoint", "secretsmanager", group, subnets))
    if settings.workers:
        stack.add(_endpoint("SqsEndpoint", "sqs", group, subnets))
    if settings.service.reads_parameters:
        stack.add(_endpoint("SsmEndpoint", "ssm", group, subnets))
    if settings.service.ecs_exec:
        stack.add(_endpoint("SsmMessagesEndpoint", "ssmmessages", group, subnets))


def _endpoint_group(network: NetworkSettings, vpc: ec2.VPC) -> ec2.SecurityGroup:
    """Admits the whole VPC: private DNS sends tasks in public subnets to the endpoints too,
    while the way out changes. The tasks' group comes in a later stack, whose import would
    block the change."""
    return ec2.SecurityGroup(
        "EndpointSecurityGroup",
        GroupDescription="The interface endpoints.",
        VpcId=vpc.ref(),
        SecurityGroupIngress=[
            ec2.SecurityGroupRule(
                CidrIp=str(network.cidr),
                IpProtocol="tcp",
                FromPort=HTTPS,
                ToPort=HTTPS,
                Description="Tasks in any subnet.",
            )
        ],
        SecurityGroupEgress=[NO_EGRESS],
    )


def _endpoint(
    logical_id: str, service: str, group: ec2.SecurityGroup, subnets: list[ec2.Subnet]
) -> ec2.VPCEndpoint:
    return ec2.VPCEndpoint(
        logical_id,
        VpcId=group.properties["VpcId"],
        VpcEndpointType="Interface",
        ServiceName=Sub("com.amazonaws.${AWS::Region}." + service),
        PrivateDnsEnabled=True,
        SubnetIds=[subnet.ref() for subnet in subnets],
        SecurityGroupIds=[group.get_att("GroupId")],
    )
