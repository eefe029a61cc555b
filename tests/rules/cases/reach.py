"""Bad cases of cfnlink/rules/reach.py."""

from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource

TO_INTERNET = resource(
    "AWS::EC2::Route",
    RouteTableId=ref("NetworkPrivateRouteTableA"),
    DestinationCidrBlock="0.0.0.0/0",
    GatewayId=ref("NetworkInternetGateway"),
)

SUBNET = "ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0"
CONTAINER = "ServiceTaskDefinition.ContainerDefinitions.0"

RUN_TASK = "arn:aws:states:::ecs:runTask.sync"


def run(key: str = "TaskDefinition", vpc: str = "AwsvpcConfiguration") -> dict[str, Any]:
    """Return a run of the service's task without a public address in a public subnet."""
    subnets = {"Subnets": [ref("NetworkPublicSubnetA")]}
    network = {"NetworkConfiguration": {vpc: subnets}}
    return {key: ref("ServiceTaskDefinition"), "LaunchType": "FARGATE", **network}


TEXT = """{"States": {"Each": {"Iterator": {"States": {"Run": {
    "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {
        "LaunchType": "FARGATE", "TaskDefinition": "${Task}", "Overrides.$": "$.overrides",
        "NetworkConfiguration": {"AwsvpcConfiguration": {
            "Subnets": ["${NetworkPublicSubnetA}"]}}}}}}}}}"""
RUNS = "Job.Definition.States.All.Branches.0.States.Run.Arguments"
PLACE = "NetworkConfiguration.AwsvpcConfiguration.Subnets.0"
UNREACHED = [
    case(
        "E9110",
        {"Job": resource("AWS::ECS::TaskSet", **run(vpc="AwsVpcConfiguration"))},
        at="Job.NetworkConfiguration.AwsVpcConfiguration.Subnets.0",
    ),
    case(
        "E9110",
        {
            "Job": resource(
                "AWS::Events::Rule",
                Targets=[
                    {},
                    {"EcsParameters": run("TaskDefinitionArn", "AwsVpcConfiguration")},
                ],
            )
        },
        at="Job.Targets.1.EcsParameters.NetworkConfiguration.AwsVpcConfiguration.Subnets.0",
    ),
    case(
        "E9110",
        {
            "Job": resource(
                "AWS::Scheduler::Schedule", Target={"EcsParameters": run("TaskDefinitionArn")}
            )
        },
        at=f"Job.Target.EcsParameters.{PLACE}",
    ),
    case(
        "E9110",
        {
            "Job": resource(
                "AWS::Pipes::Pipe",
                TargetParameters={"EcsTaskParameters": run("TaskDefinitionArn")},
            )
        },
        at=f"Job.TargetParameters.EcsTaskParameters.{PLACE}",
    ),
    case(
        "E9110",
        {
            "Job": resource(
                "AWS::StepFunctions::StateMachine",
                Definition={
                    "States": {
                        "All": {
                            "Branches": [
                                {"States": {"Run": {"Resource": RUN_TASK, "Arguments": run()}}}
                            ]
                        }
                    }
                },
            )
        },
        at=f"{RUNS}.{PLACE}",
    ),
    case(
        "E9110",
        {
            "Job": resource(
                "AWS::StepFunctions::StateMachine",
                DefinitionString={"Fn::Sub": TEXT},
                DefinitionSubstitutions={"Task": ref("ServiceTaskDefinition")},
            )
        },
        at="Job.DefinitionString",
    ),
]
# no service runs tasks
IDLE = {"ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets": [ref("Unknown")]}

BAD_CASES = [
    case(
        "E9992",
        {
            "NetworkPrivateSubnetA.Tags": [],
            "Capacity": resource(
                "AWS::ECS::CapacityProvider",
                AutoScalingGroupProvider={"AutoScalingGroupArn": ref("Fleet")},
            ),
            "Fleet": resource(
                "AWS::AutoScaling::AutoScalingGroup",
                VPCZoneIdentifier=[ref("NetworkPrivateSubnetA")],
            ),
        },
        at="Fleet.VPCZoneIdentifier.0",
    ),
    *UNREACHED,
    case(
        "W9905",
        {
            "Orders": resource("AWS::SQS::Queue"),
            "Function": resource(
                "AWS::Lambda::Function",
                VpcConfig={"SubnetIds": [ref("NetworkPublicSubnetA")]},
                Environment={"Variables": {"ORDERS": ref("Orders")}},
            ),
        },
        at="Function.VpcConfig.SubnetIds",
    ),
    case(
        "W9904",
        {**IDLE, "NetworkS3Endpoint": REMOVE},
        at="NetworkEcrApiEndpoint.ServiceName",
        base="endpoints",
    ),
    case(
        "W9904",
        {**IDLE, "NetworkEcrApiEndpoint": REMOVE},
        at="NetworkEcrDkrEndpoint.ServiceName",
        base="endpoints",
    ),
    case(
        "E9110",
        {
            f"{CONTAINER}.Secrets": [
                {
                    "Name": "T",
                    "ValueFrom": {"Fn::Sub": "arn:aws:ssm:${AWS::Region}:1:parameter/t"},
                }
            ]
        },
        at=SUBNET,
        base="endpoints",
    ),
    case(
        "E9110",
        {f"{CONTAINER}.Image": {"Fn::Sub": "public.ecr.aws/example/report:${ImageTag}"}},
        at=SUBNET,
        base="endpoints",
    ),
    case("E9176", {"NetworkNatGatewayA.SubnetId": ref("NetworkPrivateSubnetA")}, base="nat"),
    case(
        "E9175",
        {"NetworkNatGatewayA.AllocationId": REMOVE},
        at="NetworkNatGatewayA.SubnetId",
        base="nat",
    ),
    case(
        "E9174",
        {"NetworkNatGatewayA.ConnectivityType": "private"},
        at="NetworkNatGatewayA.AllocationId",
        base="nat",
    ),
    case(
        "E9110",
        {"ServiceService.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp": "DISABLED"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
    ),
    case(
        "E9110",
        {
            "ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.1": ref(
                "NetworkPrivateSubnetB"
            )
        },
    ),
    case(
        "E9110",
        {"NetworkPublicDefaultRoute": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
    ),
    case(
        "E9110",
        {"NetworkPrivateDefaultRouteB": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.1",
        base="nat",
    ),
    case(
        "E9110",
        {"NetworkEcrApiEndpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"NetworkEcrDkrEndpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"NetworkLogsEndpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"NetworkSecretsManagerEndpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"NetworkS3Endpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"NetworkEcrDkrEndpoint.PrivateDnsEnabled": False},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {"ServiceService.EnableExecuteCommand": True},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="endpoints",
    ),
    case(
        "E9110",
        {
            "NetworkPublicDefaultRoute.DestinationCidrBlock": REMOVE,
            "NetworkPublicDefaultRoute.DestinationIpv6CidrBlock": "::/0",
        },
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
    ),
    case(
        "E9110",
        {"ServiceSecurityGroup.SecurityGroupEgress.0.CidrIp": "10.0.0.0/16"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9110",
        {"ServiceSecurityGroup.SecurityGroupEgress.0.IpProtocol": "udp"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9110",
        {"ServiceSecurityGroup.SecurityGroupEgress.0.ToPort": 442},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "W9173",
        {"NetworkLogsEndpoint.SecurityGroupIds": REMOVE},
        at="NetworkLogsEndpoint.ServiceName",
        base="endpoints",
    ),
    case(
        "W9174",
        {"NetworkS3Endpoint.RouteTableIds": [ref("NetworkPrivateRouteTableA")]},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
    ),
    case(
        "E9170",
        {
            "NetworkLogsEndpoint.ServiceName": {
                "Fn::Sub": "com.amazonaws.${AWS::Region}.cloudwatch-logs"
            }
        },
        base="endpoints",
    ),
    case(
        "E9171",
        {"NetworkLogsEndpoint.VpcEndpointType": REMOVE},
        at="NetworkLogsEndpoint.ServiceName",
        base="endpoints",
    ),
    case("E9172", {"NetworkS3Endpoint.SubnetIds": [ref("NetworkPrivateSubnetA")]}),
    case(
        "E9172",
        {"NetworkS3Endpoint.VpcEndpointType": "Interface"},
        at="NetworkS3Endpoint.RouteTableIds",
    ),
    case(
        "W9170",
        {"NetworkLogsEndpoint.ServiceName": "com.amazonaws.us-east-1.loggs"},
        base="endpoints",
    ),
    case(
        "E9173",
        {"NetworkVpc.EnableDnsHostnames": False},
        at="NetworkLogsEndpoint.PrivateDnsEnabled",
        base="endpoints",
    ),
    case(
        "E9173",
        {"NetworkVpc.EnableDnsSupport": False},
        at="NetworkLogsEndpoint.PrivateDnsEnabled",
        base="endpoints",
    ),
    case(
        "W9171",
        {"NetworkLogsEndpoint.PrivateDnsEnabled": REMOVE},
        at="NetworkLogsEndpoint.ServiceName",
        base="endpoints",
    ),
    case(
        "W9173",
        {"NetworkLogsEndpoint.SubnetIds": REMOVE},
        at="NetworkLogsEndpoint.ServiceName",
        base="endpoints",
    ),
    case(
        "W9173", {"NetworkS3Endpoint.RouteTableIds": REMOVE}, at="NetworkS3Endpoint.ServiceName"
    ),
    case(
        "W9172",
        {"NetworkLogsEndpoint.ServiceName": "com.amazonaws.us-east-1.ecs-agent"},
        base="endpoints",
    ),
    case("W9127", {"DatabaseSubnetGroup.SubnetIds.0": ref("NetworkPublicSubnetA")}),
    case("W9127", {"Added": TO_INTERNET}, at="LoadBalancerLoadBalancer.Subnets.0"),
    case(
        "W9980",
        {"LoadBalancerLoadBalancer.Scheme": "internet-facing"},
        at="LoadBalancerLoadBalancer.Subnets.0",
    ),
    case(
        "E9110",
        {
            "NetworkPublicDefaultRoute.DestinationCidrBlock": "10.0.0.0/8",
        },
        at=SUBNET,
    ),
    case("W9127", {"Added": TO_INTERNET}, at="ApiVpcLink.SubnetIds.0"),
    case(
        "W9144",
        {
            "NetworkS3Endpoint.PolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": ["arn:aws:s3:::uploads/*"],
                    }
                ]
            }
        },
    ),
    case(
        "W9175",
        {"NetworkS3Endpoint": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.Subnets.0",
        base="nat",
    ),
    case(
        "W9146",
        {"ServiceService.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp": "ENABLED"},
        base="nat",
    ),
]

ACCEPTED = [
    case(
        "W9980",
        {
            "LoadBalancerLoadBalancer.Scheme": "internet-facing",
            "LoadBalancerLoadBalancer.Subnets": [ref("NetworkPublicSubnetA")],
        },
    ),
    case(
        "E9172",
        {"NetworkS3Endpoint.VpcEndpointType": "Gateway"},
        template={"Transform": "CompleteEndpoint"},
    ),
    # only a run knows the public address, or the text of the definition
    *(
        case(
            "E9110",
            {
                "Job": resource(
                    "AWS::StepFunctions::StateMachine",
                    DefinitionString=text,
                    DefinitionSubstitutions={"Task": ref("ServiceTaskDefinition")},
                )
            },
        )
        for text in (
            TEXT.replace('"Subnets"', '"AssignPublicIp.$": "$.public", "Subnets"'),
            TEXT.replace('"Subnets"', '"AssignPublicIp": "ENABLED", "Subnets"'),
            "no JSON ${Task}",
        )
    ),
    case("W9904", IDLE, base="endpoints"),
    case("E9110", {f"{CONTAINER}.Image": ref("ServiceImageTag")}, base="endpoints"),
    case(
        "E9110",
        {
            "ServiceService.CapacityProviderStrategy": REMOVE,
            "ServiceService.LaunchType": "EC2",
            f"{CONTAINER}.Image": "public.ecr.aws/example/report:1",
        },
        base="endpoints",
    ),
    case(
        "W9170",
        {"NetworkLogsEndpoint.ServiceName": "com.amazonaws.us-east-1.bedrock-agentcore"},
        base="endpoints",
    ),
    case(
        "E9110",
        {
            "ServiceSecurityGroup.SecurityGroupEgress.0": {
                "DestinationPrefixListId": "pl-1",
                "IpProtocol": "-1",
            }
        },
    ),
    case("E9110", {"ServiceSecurityGroup.SecurityGroupEgress": REMOVE}),
    case(
        "E9110",
        {
            "NetworkPublicDefaultRoute.DestinationCidrBlock": REMOVE,
            "NetworkPublicDefaultRoute.DestinationIpv6CidrBlock": "::/0",
            "NetworkPublicSubnetA.Ipv6CidrBlock": "2001:db8::/64",
            "NetworkPublicSubnetB.Ipv6CidrBlock": "2001:db8:0:1::/64",
        },
    ),
    case(
        "W9173",
        {
            "NetworkLogsEndpoint.SecurityGroupIds": REMOVE,
            "Opened": resource(
                "AWS::EC2::SecurityGroupIngress",
                GroupId=get_att("NetworkVpc", "DefaultSecurityGroup"),
                CidrIp="10.0.0.0/16",
                IpProtocol="-1",
            ),
        },
        base="endpoints",
    ),
]
